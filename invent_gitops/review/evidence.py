"""What a plan creates, as one hidden line of a comment: so that a refused apply can name each field that differs.

    <!-- invent-gitops: approved eNpV… -->

The line is base64 of zlib of JSON, bounded both ways; what does not fit is left out, and the digest has to do.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from invent_gitops.errors import Refused
from invent_gitops.model.broadcast import Request, read_request
from invent_gitops.model.context import Context
from invent_gitops.model.digest import Destination, digest
from invent_gitops.model.instant import read_instant
from invent_gitops.model.plan import Item, Plan
from invent_gitops.plan.approval import approved_plan
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.loosening import is_held_back
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.text.secret import hide
from invent_gitops.values import Struct

# Characters of the line, and bytes of what it unpacks to: a short line may unpack to a thousand times its length.
LINE_LIMIT = 15_000
PACKED_LIMIT = 1_000_000
_BEGIN, _END = "<!-- invent-gitops: approved ", " -->"
# In its place for a plan that policies.loosening held back: the line, and why nothing of the plan was to be created.
_WEAKER = "<!-- invent-gitops: held back since rules are weaker -->"
_NOT_COMPARED = "<!-- invent-gitops: held back since rules cannot be compared -->"
HELD_BACK: Mapping[str, str] = {
    _WEAKER: "the pull request makes rules weaker",
    _NOT_COMPARED: "its rules could not be compared with those of the base",
}
# No dash, so that nothing in it could end the HTML comment.
_LINE = re.compile(rf"{_BEGIN}([A-Za-z0-9+/]+={{0,2}}){_END}")


class ReviewedPlan(Struct, frozen=True):
    """The requests that a reviewed plan creates, by key, and when and for which account it was made.

    `workspace` is "" in a project without workspaces.
    """

    at: datetime
    org: str
    api: str
    workspace: str
    requests: Mapping[str, Request]

    @property
    def digest(self) -> str:
        return digest(Destination(self.org, self.api, self.workspace), self.requests.items())

    def as_document(self) -> str:
        """Return the same as a plan document, which `apply --plan` takes."""
        items = tuple(Item(key, "create", request) for key, request in sorted(self.requests.items()))
        plan = Plan(Context(self.at, self.org, self.api, self.workspace), items)
        return document("plan", 0, plan_json(plan))


def approved_line(plan: Mapping[str, Any]) -> str:
    """Return the line of a plan document; "" where it creates too much for one, or is no whole plan."""
    try:
        requests = {key: request.as_json() for key, request in approved_plan(plan).requests.items()}
    except Refused:
        return ""
    about = {name: plan.get(name) for name in ("at", "org", "api", "workspace")} | {"requests": requests}
    text = json.dumps(about, sort_keys=True, separators=(",", ":"))
    if hide(text) != text:
        # Packed, a secret would be found by nobody who searches for it. The digest remains.
        return ""
    packed = text.encode()
    line = f"{_BEGIN}{base64.b64encode(zlib.compress(packed, 9)).decode()}{_END}"
    return line if len(packed) <= PACKED_LIMIT and len(line) <= LINE_LIMIT and read_approved(line) else ""


def held_back_line(plan: Mapping[str, Any]) -> str:
    """Return the line of a plan document that rules hold back, which approves nothing; "" for any other."""
    if not is_held_back(plan) or plan.get("problems") or plan.get("error"):
        return ""
    return _NOT_COMPARED if plan["loosened"].get("error") else _WEAKER


def approved_in(body: str) -> str:
    """Return the line in a body of ours, which is its second one; "" if there is none. It may be damaged."""
    second = body.replace("\r\n", "\n").split("\n", 2)[1:2]
    is_ours = bool(second) and (second[0].startswith(_BEGIN) or second[0] in HELD_BACK)
    return second[0] if is_ours and len(second[0]) <= LINE_LIMIT else ""


def read_approved(line: str) -> ReviewedPlan | None:
    """Return what a line says; None for what is no such line. The marker says whether its digest is what people saw."""
    match = _LINE.fullmatch(line) if len(line) <= LINE_LIMIT else None
    if not match:
        return None
    try:
        unpacking = zlib.decompressobj()
        packed = unpacking.decompress(base64.b64decode(match[1], validate=True), PACKED_LIMIT + 1)
        if len(packed) > PACKED_LIMIT or not unpacking.eof or unpacking.unused_data:
            return None
        about = json.loads(packed)
        at, org, api, workspace, requests = (about[name] for name in ("at", "org", "api", "workspace", "requests"))
        requests_by_key = {str(key): read_request(request) for key, request in requests.items()}
        moment = read_instant(at)
        is_text = all(isinstance(value, str) for value in (org, api, workspace or ""))
        if not moment or not is_text or len(about) != 5:
            return None
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError, zlib.error):
        return None
    return ReviewedPlan(moment, org, api, workspace or "", requests_by_key)
