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

The second line holds what the plan creates (`render/approved.py`), where it fits. Nothing that a person wrote can stand
in the first two lines but in an encoding of its own, and nothing below can be taken for them or for the other lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, unquote

from invent_gitops.model.digest import is_old_digest, read_digest
from invent_gitops.render.markdown.headline import NOTHING
from invent_gitops.render.markdown.markup import code
from invent_gitops.review.evidence import LINE_LIMIT, approved_in

# GitHub refuses more than 65,536 characters.
BODY_LIMIT = 60_000
# What a comment of ours begins with, also one that somebody has edited since.
OPENING = "<!-- invent-gitops "
_PLAN_BEGINS = "<!-- invent-gitops: the plan begins -->"
_PLAN_ENDS = "<!-- invent-gitops: the plan ends -->"
_OUTCOME = re.compile(
    r"<!-- invent-gitops: the outcome of ([0-9TZ:-]*) begins -->\n(.*?)\n<!-- invent-gitops: the outcome ends -->",
    re.DOTALL,
)
_MARKER = re.compile(
    r"<!-- invent-gitops 1 (?P<kind>plan|report|drift) project=(?P<project>[A-Za-z0-9_.~/%]*)"
    r"(?: workspace=(?P<workspace>[A-Za-z0-9_.~%]+))?"
    r" commit=(?P<commit>[0-9a-f]{40}|[0-9a-f]{64})"
    r" digest=(?P<digest>v2:(?:0|[1-9][0-9]{0,8}):[0-9a-f]{16}:[0-9a-f]{64}|sha256:[0-9a-f]{64}|none)"
    r" (?P<status>current|outdated|superseded) -->"
)
_CUT = "**Cut here.** The earlier version of this comment shows the rest, and `invent-gitops state list` every id."
# Fewer would not even hold the headline of an outcome.
_LEAST = 20_000

Kind = Literal["plan", "report", "drift"]
Status = Literal["current", "outdated", "superseded"]
# Renders as Markdown in at most so many characters.
Content = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Marker:
    """What a comment is about: `project` and `workspace` ("" without) as `encoded` gives them, the commit that was
    planned, the digest of the plan that people saw ("" for none)."""

    kind: Kind
    project: str
    commit: str
    digest: str
    status: Status = "current"
    workspace: str = ""

    def line(self) -> str:
        whose = f"project={self.project}{f' workspace={self.workspace}' if self.workspace else ''}"
        return f"{OPENING}1 {self.kind} {whose} commit={self.commit} digest={self.digest or 'none'} {self.status} -->"


def encoded(words: str) -> str:
    """The folder of a project, or a workspace, as it stands in a marker: nothing that could end a comment."""
    return quote(words.encode("utf-8", "surrogateescape"), safe="/").replace("-", "%2D")


def read_marker(body: str) -> Marker | None:
    """The marker that a body begins with, or None if there is none or it was edited."""
    match = _MARKER.fullmatch(body.split("\n", 1)[0].removesuffix("\r"))
    if not match:
        return None
    digest: Any = match["digest"] if match["digest"] != "none" else ""
    kind: Any = match["kind"]
    status: Any = match["status"]
    return Marker(kind, match["project"], match["commit"], digest, status, match["workspace"] or "")


def digest_of(document: Mapping[str, Any]) -> str:
    """The digest of a plan document, or "" where there is no plan."""
    digest = document.get("digest")
    failed = document.get("problems") or document.get("error")
    known = isinstance(digest, str) and (read_digest(digest) or is_old_digest(digest))
    return str(digest) if known and not failed else ""


def plan_body(marker: Marker, content: Content, approved: str = "") -> str:
    """A plan; with a banner if its marker says that it is outdated. `approved` is the line that holds its requests."""

    def put(text: str, banner: str) -> str:
        return _joined(_top(marker, approved), banner, _PLAN_BEGINS, text, _footer(marker), _PLAN_ENDS)

    banner = _banner(marker, "which is no longer the newest of this pull request")
    # The room for the banner is kept free, so that one can be put there later.
    return put(_fit(content, lambda text: put(text, banner)), banner if marker.status == "outdated" else "")


def outdated_body(body: str, marker: Marker) -> str:
    """A body marked as outdated, and otherwise as it was."""
    old = replace(marker, status="outdated")
    # Only one that somebody has edited since may be too long.
    plan = plan_in(body)[: BODY_LIMIT - LINE_LIMIT - 1_000] if len(body) > BODY_LIMIT else plan_in(body)
    head = _top(old, approved_in(body))
    return _joined(head, _banner(marker, "and a newer one is being planned"), _PLAN_BEGINS, plan, _PLAN_ENDS)


def report_body(marker: Marker, content: Content, before: str, when: str = "", *, complete: bool = False) -> str:
    """The outcome of an apply that ended at `when` (RFC 3339), above what `before` ("" for none) shows already.

    That is the plan, and the outcomes of earlier runs, unless this one is `complete`: it tells of every broadcast of
    the plan by itself. Where they do not leave it the room that it needs, the oldest outcomes are left out, then the
    plan, and the last outcome is cut, so that no run takes away the ids that another one has shown.
    """
    plan = plan_in(before)
    found = {} if complete else outcomes_in(before)
    # One of the same time is this one, written before.
    earlier = [(at, one) for at, one in found.items() if at != when and not one.startswith(f"### {NOTHING}")]
    title = "The plan as it was reviewed" if marker.status == "current" else "A plan, which was outdated"

    def put(text: str) -> str:
        runs = "<details open><summary>Earlier runs</summary>"
        parts = [runs, *(_outcome(*one) for one in earlier), "</details>"] if earlier else []
        folded = f"<details><summary>{title}</summary>"
        parts += [folded, _PLAN_BEGINS, plan, _PLAN_ENDS, "</details>"] if plan else []
        return _joined(_top(marker, approved_in(before)), _outcome(when, text), *parts)

    room = BODY_LIMIT - len(content(_LEAST))
    while len(earlier) > 1 and len(put("x")) > room:
        earlier.pop()
    if plan and len(put("x")) > room:
        plan = "The plan has no room below this outcome; the earlier version of this comment shows it."
    if earlier and (excess := len(put("x")) - room) > 0:
        at, one = earlier[0]
        earlier = [(at, _cut(one, len(one) - excess))]
    return put(_fit(content, put))


def superseded_body(marker: Marker, url: str) -> str:
    """What is left of a second comment for one project, which two runs at once have made."""
    old = replace(marker, digest="", status="superseded")
    return _joined(_top(old), f"Superseded by {f'[another comment]({url})' if url else 'another comment'}.")


def drift_body(marker: Marker, content: Content) -> str:
    """The issue about what needs a person."""
    words = "This is kept up to date, and closed when all is well. Do not edit it: it would be written over."

    def put(text: str) -> str:
        return _joined(_top(marker), text, f"{_footer(marker)}<br><sub>{words}</sub>")

    return put(_fit(content, put))


def well_body(marker: Marker, when: str) -> str:
    return _joined(_top(marker), f"### ✅ All is well{f' as of {when}' if when else ''}", _footer(marker))


def plan_in(body: str) -> str:
    """The plan in a body of ours, "" if it shows none; of a plan whose lines were edited away, all but the first."""
    text = body.replace("\r\n", "\n")
    begin, end = text.find(f"\n{_PLAN_BEGINS}\n"), text.rfind(f"\n{_PLAN_ENDS}")
    if 0 <= begin < end:
        return text[begin + len(_PLAN_BEGINS) + 2 : end].strip("\n")
    marker, below = read_marker(body), text.partition("\n")[2]
    below = below.removeprefix(approved_in(body))
    return _harmless(below.strip("\n")) if marker and marker.kind == "plan" else ""


def outcomes_in(body: str) -> dict[str, str]:
    """The outcomes of applies in a body of ours by when they ended, newest first."""
    return {when: text.strip("\n") for when, text in _OUTCOME.findall(body.replace("\r\n", "\n"))}


def same(body: str, other: str) -> bool:
    """Whether two bodies read the same; GitHub may give back other line ends."""
    return body.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _outcome(when: str, text: str) -> str:
    return _joined(f"{OPENING[:-1]}: the outcome of {when} begins -->", text, f"{OPENING[:-1]}: the outcome ends -->")


def _cut(text: str, room: int) -> str:
    """An outcome on whole lines, in at most so much, or what stands in its place where there is no room at all."""
    kept = text[: max(0, room - len(_CUT) - 2)].rpartition("\n")[0]
    return f"{kept}\n\n{_CUT}".strip()


def _banner(marker: Marker, why: str) -> str:
    return f"> [!WARNING]\n> **Outdated**: this plan was made for commit {marker.commit[:7]}, {why}. Do not approve it."


def _footer(marker: Marker) -> str:
    folder = f" in {code(unquote(marker.project))}" if marker.project else ""
    return f"<sub>For commit {marker.commit}{folder}</sub>"


def _top(marker: Marker, approved: str = "") -> str:
    """The first line, that of what was approved, and below them what tells the comments of several workspaces apart."""
    first = f"{marker.line()}\n{approved}" if approved else marker.line()
    return _joined(first, f"## {code(unquote(marker.workspace))}" if marker.workspace else "")


def _fit(content: Content, put: Callable[[str], str]) -> str:
    """The content, as long as it may be where `put` puts it."""
    return _harmless(content(max(0, BODY_LIMIT - len(put("x")))))


def _harmless(text: str) -> str:
    """Text without any line of ours. Markdown made here holds none; this is so whatever made it."""
    return re.sub("<!--(?=[^\n]*invent-gitops)", "<!- ", text)


def _joined(*parts: str) -> str:
    return "\n".join(("\n" if index > 1 else "") + part for index, part in enumerate(filter(None, parts)))
