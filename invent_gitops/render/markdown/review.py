"""Who has to approve a plan, as lines of the comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.review import ReviewNeed, ReviewNotice
from invent_gitops.render.markdown.markup import code, text

_OF_A_FORK = (
    "👤 **No approval can count**: this pull request comes from a fork. After the merge, have a person review the "
    "plan. Then run the workflow by hand with its digest."
)


def review_lines(notice: ReviewNotice | None) -> Iterator[str]:
    """Yield one line that says whose approvals are needed, or that nobody's are checked; nothing without a notice."""
    if notice is None:
        return
    if notice.fork:
        yield from ("", _OF_A_FORK)
    elif notice.unknown:
        yield from ("", f"⚠️ **Who has to approve is not known**: {text(notice.unknown)}")
    elif notice.need is None:
        missing = f"{code('invent.yaml')} on {code(notice.branch)} has no {code('review:')}"
        yield from ("", f"Nobody's approval is checked: {missing}.")
    else:
        yield from ("", _need(notice.need))


def _need(need: ReviewNeed) -> str:
    plural = "" if need.approvals == 1 else "s"
    which = "" if need.stale_counts else " of this commit"
    more = f", since {text(need.approvals_since)}" if need.approvals_since else ""
    groups = " or ".join(code(group) for group in need.groups)
    condition = f" One of them has to come from {groups}, since {text(need.groups_since)}." if groups else ""
    if groups and need.approvals == 1:
        condition = f" It has to come from {groups}, since {text(need.groups_since)}."
    others = "Neither the author nor who pushed last counts."
    return f"👤 **Needs {need.approvals} approval{plural}**{which}{more}.{condition} {others}"
