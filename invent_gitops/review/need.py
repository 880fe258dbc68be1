"""What a plan needs by the rule of its base branch: how many approvals, and whose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from invent_gitops.model.broadcast import Request
from invent_gitops.model.review import BaseRule, ReviewNeed
from invent_gitops.values import replace

_KEY_LENGTH = 60
# How GitHub ends the login of an app; no person can have such a login.
_BOT = "[bot]"


def needed(base: BaseRule, requests: Mapping[str, Request] | None) -> ReviewNeed | None:
    """Return what `requests`, the creates of a plan by key, need; None where they need nothing.

    With None for the requests nobody knows them: then they may go to everyone. What is not known counts as more
    contacts than any threshold, and the numbers of the base branch count, not those of the pull request.
    """
    rule = base.rule
    if rule is None or requests == {}:
        return None
    approvals, since = rule.approvals, ""
    for threshold, number in rule.over:
        if number > approvals and (reason := _above(threshold, base, requests)):
            approvals, since = number, reason
    everyone = _to_everyone(requests) if rule.send_to_all else ""
    groups = rule.send_to_all if everyone else ()
    return ReviewNeed(approvals, since, groups, everyone, stale_counts=not rule.dismiss_stale)


def is_bot(login: str) -> bool:
    """Return whether a login is that of an app, such as `github-actions[bot]`."""
    return login.endswith(_BOT)


def with_bots(need: ReviewNeed, author: str, pushers: Collection[str]) -> ReviewNeed:
    """Return one approval more where a bot opened the pull request and a bot pushed it.

    Whoever had it do so may be the one who approves, and GitHub does not say who that was.
    """
    if not is_bot(author) or not any(is_bot(pusher) for pusher in pushers):
        return need
    reason = "a bot opened and pushed it"
    since = f"{need.approvals_since}, and {reason}" if need.approvals_since else reason
    return replace(need, approvals=need.approvals + 1, approvals_since=since)


def _to_everyone(requests: Mapping[str, Request] | None) -> str:
    """Return why somebody must look at what goes to everyone; "" where nothing does."""
    if requests is None:
        return "its plan has no room in the comment and may go to everyone"
    keys = [key for key, request in sorted(requests.items()) if request.send_to_all]
    if not keys:
        return ""
    return (
        "it goes to everyone"
        if len(requests) == 1
        else f"{_named(keys)} go{'es' if len(keys) == 1 else ''} to everyone"
    )


def _above(threshold: int, base: BaseRule, requests: Mapping[str, Request] | None) -> str:
    """Return why the plan counts as one to more contacts than `threshold`; "" where it surely is not."""
    if requests is None:
        return "its plan has no room in the comment, so its audience is not known"
    return next(_reasons(threshold, base, requests), "")


def _reasons(threshold: int, base: BaseRule, requests: Mapping[str, Request]) -> Iterator[str]:
    for key, request in sorted(requests.items()):
        counts = [base.contacts.get(id) for id in request.segment_ids]
        total = sum(count for count in counts if count is not None)
        if request.send_to_all:
            yield f"{_named([key])} goes to everyone"
        elif total > threshold:
            yield f"{_named([key])} goes to more than {threshold:,} contacts"
        elif None in counts:
            yield f"the base branch has no number of contacts for {_named([key])}"


def _named(keys: list[str]) -> str:
    shown_keys = [key if len(key) <= _KEY_LENGTH else f"{key[:_KEY_LENGTH]}…" for key in keys[:3]]
    return ", ".join([*shown_keys, *([f"{len(keys) - 3} more"] if len(keys) > 3 else [])])
