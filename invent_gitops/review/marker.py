"""The hidden first line of a comment or issue of ours: what it is about, and whether it still counts."""

from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import quote

from invent_gitops.values import Struct

# What a comment of ours begins with, also where a person has edited it since.
OPENING = "<!-- invent-gitops "
_MARKER = re.compile(
    r"<!-- invent-gitops 1 (?P<kind>plans?|report|drift|result) project=(?P<project>[A-Za-z0-9_.~/%]*)"
    r"(?: workspace=(?P<workspace>[A-Za-z0-9_.~%]+))?"
    r" commit=(?P<commit>[0-9a-f]{40}|[0-9a-f]{64})"
    r" digest=(?P<digest>v2:(?:0|[1-9][0-9]{0,8}):[0-9a-f]{16}:[0-9a-f]{64}|sha256:[0-9a-f]{64}|none)"
    r" (?P<status>current|outdated|superseded) -->"
)

MarkerKind = Literal["plan", "plans", "report", "drift", "result"]
MarkerStatus = Literal["current", "outdated", "superseded"]


class Marker(Struct, frozen=True):
    """What a comment is about: `project` and `workspace` ("" without) as `encoded` gives them, the commit that was
    planned, the digest of the plan that people saw ("" for none). `plans` are those of several workspaces."""

    kind: MarkerKind
    project: str
    commit: str
    digest: str
    status: MarkerStatus = "current"
    workspace: str = ""

    def line(self) -> str:
        """Return the first line of the body."""
        scope = f"project={self.project}{f' workspace={self.workspace}' if self.workspace else ''}"
        return f"{OPENING}1 {self.kind} {scope} commit={self.commit} digest={self.digest or 'none'} {self.status} -->"


def encoded(text: str) -> str:
    """Return the folder of a project, or a workspace, as it appears in a marker: nothing that could end a comment."""
    return quote(text.encode("utf-8", "surrogateescape"), safe="/").replace("-", "%2D")


def read_marker(body: str) -> Marker | None:
    """Return the marker that a body begins with, or None if there is none or it was edited."""
    match = _MARKER.fullmatch(body.split("\n", 1)[0].removesuffix("\r"))
    if not match:
        return None
    digest: Any = match["digest"] if match["digest"] != "none" else ""
    kind: Any = match["kind"]
    status: Any = match["status"]
    return Marker(kind, match["project"], match["commit"], digest, status, match["workspace"] or "")
