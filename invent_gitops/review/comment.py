"""The body of the comment on a pull request and of the issue about drift: a hidden first line that says what it is,
and below it what people read.

    <!-- invent-gitops 1 plan project=examples/ workspace=acme commit=… digest=… current -->
    <!-- invent-gitops: approved … -->
    a heading, if there are workspaces
    > a banner, if it is outdated
    <!-- invent-gitops: the outcome of 2026-11-20T12:00:00Z begins -->
    the outcome of the apply, once there is one; below it those of earlier runs
    <!-- invent-gitops: the outcome ends -->
    <!-- invent-gitops: the plan begins -->
    the plan that was reviewed
    <!-- invent-gitops: the plan ends -->

The second line holds what the plan creates (`review/evidence.py`), where it fits. The first two
lines hold text of people in an encoding only. Nothing below can be taken for them or for the other lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from invent_gitops.model.digest import is_old_digest, read_digest
from invent_gitops.render.documents.loosening import is_held_back
from invent_gitops.render.markdown.headline import NOTHING
from invent_gitops.render.markdown.markup import code
from invent_gitops.review.evidence import LINE_LIMIT, approved_in
from invent_gitops.review.marker import OPENING, Marker, read_marker
from invent_gitops.values import replace

# GitHub refuses more than 65,536 characters.
BODY_LIMIT = 60_000
_PLAN_BEGINS = "<!-- invent-gitops: the plan begins -->"
_PLAN_ENDS = "<!-- invent-gitops: the plan ends -->"
_OUTCOME = re.compile(
    r"<!-- invent-gitops: the outcome of ([0-9TZ:-]*) begins -->\n(.*?)\n<!-- invent-gitops: the outcome ends -->",
    re.DOTALL,
)
_CUT = "**Cut here.** The earlier version of this comment shows the rest, and `invent-gitops state list` every id."
# Fewer would not even hold the headline of an outcome.
_LEAST = 20_000

# Renders as Markdown in at most that many characters.
RenderBody = Callable[[int], str]


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the digest of a plan document, or "" where there is no plan, and where all of it is held back."""
    digest = document.get("digest")
    failed = document.get("problems") or document.get("error") or is_held_back(document)
    is_digest = isinstance(digest, str) and (read_digest(digest) or is_old_digest(digest))
    return str(digest) if is_digest and not failed else ""


def plan_body(marker: Marker, render: RenderBody, approved: str = "") -> str:
    """Return a plan; with a banner if its marker says that it is outdated. `approved` is the line that holds its
    requests.
    """

    def put(text: str, warning: str) -> str:
        return joined(_top(marker, approved), warning, _PLAN_BEGINS, text, footer(marker), _PLAN_ENDS)

    warning = banner(marker, "which is no longer the newest of this pull request")
    # The room for the banner is kept free, so that one can be put there later.
    return put(_fit(render, lambda text: put(text, warning)), warning if marker.status == "outdated" else "")


def outdated_body(body: str, marker: Marker) -> str:
    """Return a body marked as outdated, and otherwise as it was."""
    old = replace(marker, status="outdated")
    # Only a body that a person has edited since may be too long.
    plan = plan_in(body)[: BODY_LIMIT - LINE_LIMIT - 1_000] if len(body) > BODY_LIMIT else plan_in(body)
    head = _top(old, approved_in(body))
    return joined(head, banner(marker, "and a newer one is being planned"), _PLAN_BEGINS, plan, _PLAN_ENDS)


def report_body(marker: Marker, render: RenderBody, before: str, when: str = "", *, complete: bool = False) -> str:
    """Return the outcome of an apply that ended at `when` (RFC 3339), above what `before` ("" for none) shows already.

    That is the plan, and the outcomes of earlier runs, unless this one is `complete`: it tells of every broadcast of
    the plan by itself. Where they do not leave it the room that it needs, the oldest outcomes are left out, then the
    plan, and the last outcome is cut, so that no run takes away the ids that another one has shown.
    """
    plan = plan_in(before)
    outcomes = {} if complete else outcomes_in(before)
    # One of the same time is this one, written before.
    earlier = [(at, text) for at, text in outcomes.items() if at != when and not text.startswith(f"### {NOTHING}")]
    title = "The plan as it was reviewed" if marker.status == "current" else "A plan, which was outdated"

    def put(text: str) -> str:
        runs = "<details open><summary>Earlier runs</summary>"
        parts = [runs, *(_outcome(at, text) for at, text in earlier), "</details>"] if earlier else []
        folded = f"<details><summary>{title}</summary>"
        parts += [folded, _PLAN_BEGINS, plan, _PLAN_ENDS, "</details>"] if plan else []
        return joined(_top(marker, approved_in(before)), _outcome(when, text), *parts)

    room = BODY_LIMIT - len(render(_LEAST))
    while len(earlier) > 1 and len(put("x")) > room:
        earlier.pop()
    if plan and len(put("x")) > room:
        plan = "The plan has no room below this outcome; the earlier version of this comment shows it."
    if earlier and (excess := len(put("x")) - room) > 0:
        at, outcome = earlier[0]
        earlier = [(at, _cut(outcome, len(outcome) - excess))]
    return put(_fit(render, put))


def superseded_body(marker: Marker, url: str) -> str:
    """Return what is left of a second comment for one project, which two runs at once have made."""
    old = replace(marker, digest="", status="superseded")
    return joined(_top(old), f"Superseded by {f'[another comment]({url})' if url else 'another comment'}.")


def drift_body(marker: Marker, render: RenderBody) -> str:
    """Return the issue about what needs a person."""
    notice = "This is kept up to date, and closed when all is well. Do not edit it: it would be written over."

    def put(text: str) -> str:
        return joined(_top(marker), text, f"{footer(marker)}<br><sub>{notice}</sub>")

    return put(_fit(render, put))


def well_body(marker: Marker, when: str) -> str:
    """Return the issue while nothing needs a person; `when` is for people, "" if it is not known."""
    return joined(_top(marker), f"### ✅ All is well{f' as of {when}' if when else ''}", footer(marker))


def plan_in(body: str) -> str:
    """Return the plan in a body of ours, "" if it shows none; of a plan whose lines were edited away, all but the
    first.
    """
    text = body.replace("\r\n", "\n")
    begin, end = text.find(f"\n{_PLAN_BEGINS}\n"), text.rfind(f"\n{_PLAN_ENDS}")
    if 0 <= begin < end:
        return text[begin + len(_PLAN_BEGINS) + 2 : end].strip("\n")
    marker, below = read_marker(body), text.partition("\n")[2]
    below = below.removeprefix(approved_in(body))
    return harmless(below.strip("\n")) if marker and marker.kind == "plan" else ""


def outcomes_in(body: str) -> dict[str, str]:
    """Return the outcomes of applies in a body of ours by when they ended, newest first."""
    return {when: text.strip("\n") for when, text in _OUTCOME.findall(body.replace("\r\n", "\n"))}


def same(body: str, other: str) -> bool:
    """Return whether two bodies read the same; GitHub may give back other line ends."""
    return body.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _outcome(when: str, text: str) -> str:
    return joined(f"{OPENING[:-1]}: the outcome of {when} begins -->", text, f"{OPENING[:-1]}: the outcome ends -->")


def _cut(text: str, room: int) -> str:
    """Return an outcome cut to at most `room` characters at the end of a line; without any room, the notice alone."""
    kept = text[: max(0, room - len(_CUT) - 2)].rpartition("\n")[0]
    return f"{kept}\n\n{_CUT}".strip()


def banner(marker: Marker, reason: str) -> str:
    """Return the warning on top of a comment that is outdated."""
    warning = f"this plan was made for commit {marker.commit[:7]}, {reason}. Do not approve it."
    return f"> [!WARNING]\n> **Outdated**: {warning}"


def footer(marker: Marker) -> str:
    """Return the commit, and the folder of the project."""
    folder = f" in {code(unquote(marker.project))}" if marker.project else ""
    return f"<sub>For commit {marker.commit}{folder}</sub>"


def _top(marker: Marker, approved: str = "") -> str:
    """Return the first line, that of what was approved, and below them what tells the comments of several workspaces
    apart.
    """
    first = f"{marker.line()}\n{approved}" if approved else marker.line()
    return joined(first, f"## {code(unquote(marker.workspace))}" if marker.workspace else "")


def _fit(render: RenderBody, put: Callable[[str], str]) -> str:
    """Return the content, as long as it may be where `put` places it."""
    return harmless(render(max(0, BODY_LIMIT - len(put("x")))))


def harmless(text: str) -> str:
    """Text without any line of ours, and with the line ends that a body keeps. Markdown made here has no others."""
    return re.sub("<!--(?=[^\n]*invent-gitops)", "<!- ", text).replace("\r\n", "\n").replace("\r", "\n")


def joined(*parts: str) -> str:
    """Parts with a blank line between them, except below the first one; empty ones are left out."""
    return "\n".join(("\n" if index > 1 else "") + part for index, part in enumerate(filter(None, parts)))
