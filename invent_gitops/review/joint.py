"""The body of the one comment that shows the plans of several workspaces: a section for each that changes.

    <!-- invent-gitops 1 plans project=examples/ commit=… digest=none current -->
    <!-- invent-gitops: plan of acme digest=v2:… -->
    <!-- invent-gitops: approved … -->
    <!-- invent-gitops: plan of globex digest=v2:… -->
    <!-- invent-gitops: the plans begin -->
    > a banner, if it is outdated
    how many workspaces change
    a heading and the plan of each that is shown

What is approved is said above all that people read, in an encoding. Whatever has no room is approved by nobody, so it
has no line above.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from invent_gitops.model.digest import OLD_PATTERN, PATTERN
from invent_gitops.render.markdown.markup import code
from invent_gitops.review.comment import BODY_LIMIT, RenderBody, banner, footer, harmless, joined
from invent_gitops.review.evidence import approved_in
from invent_gitops.review.marker import Marker, encoded
from invent_gitops.values import Struct, replace

_ENDS = "<!-- invent-gitops: the plans begin -->"
_PLAN_OF = re.compile(
    rf"<!-- invent-gitops: plan of (?P<workspace>[A-Za-z0-9_.~%]+) digest=(?P<digest>{PATTERN}|{OLD_PATTERN}|none) -->"
)
# Characters: of all lines that hold requests, of the shortest section, and of the names of what is left out.
# What a page says that had room for none of its entries. No name can say it: markup that people wrote is escaped.
_ALL_CUT = re.compile(r"\*\*Cut to fit: ([\d,]+) of \1 entries are not shown")
_APPROVED_ROOM, _SECTION_ROOM, _NAMES_ROOM = 20_000, 4_000, 2_000
_SPLIT = "Nothing of them is approved by this comment. Divide the pull request, or have their plans approved by digest."


class Section(Struct, frozen=True):
    """The plan of a workspace: `digest` is "" where it has none, `approved` is the line of its requests or ""."""

    workspace: str
    digest: str
    approved: str
    render: RenderBody

    def lines(self, *, with_requests: bool) -> str:
        """Return what stands above all text."""
        line = f"<!-- invent-gitops: plan of {encoded(self.workspace)} digest={self.digest or 'none'} -->"
        return f"{line}\n{self.approved}" if with_requests and self.approved else line


class Evidence(Struct, frozen=True):
    """What the lines above the text say of one workspace."""

    digest: str
    approved: str


def joint_body(marker: Marker, sections: Sequence[Section], total: int, note: str = "") -> str:
    """Return the comment about `total` workspaces, of which those in `sections` have something to say.

    `note` is Markdown that it begins with, "" for none.
    """
    with_requests = _with_requests(sections)
    lines = {it.workspace: it.lines(with_requests=it.workspace in with_requests) for it in sections}
    frame = "\n".join([marker.line(), _ENDS, banner(marker, "x" * 100), footer(marker)])
    texts = _texts(sections, BODY_LIMIT - len(frame) - len(note) - _NAMES_ROOM - 1_000, lines)
    omitted = [section.workspace for section in sections if section.workspace not in texts]
    above = "\n".join([marker.line(), *(lines[name] for name in texts), _ENDS])
    is_old = marker.status == "outdated"
    reason = "which is no longer the newest of this pull request"
    return joined(
        above,
        banner(marker, reason) if is_old else "",
        _summary(len(sections), total),
        note,
        _omitted(omitted, len(sections)),
        *texts.values(),
        footer(marker),
    )


def joint_page(sections: Sequence[Section], total: int, limit: int, note: str = "") -> str:
    """Return the same without what is hidden, for the summary of a step."""
    texts = _texts(sections, limit - len(note) - _NAMES_ROOM - 500, {})
    omitted = [section.workspace for section in sections if section.workspace not in texts]
    return joined(
        _summary(len(sections), total), f"\n{note}" if note else "", _omitted(omitted, len(sections)), *texts.values()
    )


def outdated_joint_body(body: str, marker: Marker) -> str:
    """Return a body marked as outdated, and otherwise as it was."""
    lines = body.replace("\r\n", "\n").split("\n")
    old = replace(marker, status="outdated").line()
    end = lines.index(_ENDS) if _ENDS in lines else 0
    warning = banner(marker, "and a newer one is being planned")
    return "\n".join([old, *lines[1 : end + 1], "", warning, *lines[end + 1 :]])


def evidence_in(body: str) -> Mapping[str, Evidence] | None:
    """Return what each workspace's plan is, by its name; None where the lines above the text were edited."""
    by_workspace: dict[str, Evidence] = {}
    lines = iter(body.replace("\r\n", "\n").split("\n")[1:])
    workspace = ""
    for line in lines:
        if line == _ENDS:
            return by_workspace
        if match := _PLAN_OF.fullmatch(line):
            workspace = unquote(match["workspace"])
            if workspace in by_workspace:
                return None
            by_workspace[workspace] = Evidence(match["digest"].removeprefix("none"), "")
        elif workspace and not by_workspace[workspace].approved and approved_in(f"\n{line}"):
            by_workspace[workspace] = replace(by_workspace[workspace], approved=line)
        else:
            return None
    return None


def _with_requests(sections: Sequence[Section]) -> set[str]:
    """Whose requests have room, the shortest lines first; of the others the digest has to do."""
    room, chosen = _APPROVED_ROOM, set()
    for section in sorted(sections, key=lambda section: len(section.approved)):
        room -= len(section.approved) + 1
        if room >= 0:
            chosen.add(section.workspace)
    return chosen


def _texts(sections: Sequence[Section], room: int, lines: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each section that fits beside its `lines`, by its workspace.

    Each gets an equal share of what the ones before it left, and enough for a few entries.
    """
    texts: dict[str, str] = {}
    for index, section in enumerate(sections):
        heading = f"## {code(section.workspace)}\n\n"
        cost = len(heading) + len(lines.get(section.workspace, "")) + 3
        share = min(room, max(room // (len(sections) - index), _SECTION_ROOM)) - cost
        text = harmless(section.render(max(0, share)))
        # A reviewer who saw no entry of it cannot have approved it.
        if len(text) + cost <= room and not _ALL_CUT.search(text):
            texts[section.workspace] = heading + text
            room -= len(text) + cost
    return texts


def _summary(count: int, total: int) -> str:
    if not count:
        return f"### Nothing changes in any of {total} workspaces"
    return f"**{count} of {total} workspaces {'has' if count == 1 else 'have'} something to show.**"


def _omitted(names: Sequence[str], count: int) -> str:
    if not names:
        return ""
    listed, room = [], _NAMES_ROOM - 200
    for name in names:
        room -= len(name) + 4
        if room >= 0:
            listed.append(code(name))
    more = f" and {len(names) - len(listed)} more" if len(listed) < len(names) else ""
    return f"**Cut here: {len(names)} of {count} are not shown:** {', '.join(listed)}{more}. {_SPLIT}"
