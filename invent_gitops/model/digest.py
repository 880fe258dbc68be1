"""The digest of a plan: what it creates, and in which account.

    v2:12:5f0c2a9be1d34c77:9a0e…

That is the version of the format, the number of broadcasts, a mark of the destination (org, API and workspace), and the
SHA-256 over all of it. Until version 2 a digest was `sha256:…`, and did not say for which account it was.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from operator import itemgetter

from invent_gitops.model.broadcast import Request
from invent_gitops.values import Struct

# The program and its schemas agree on these patterns. A workflow's output holds a digest as it is.
PATTERN = r"v2:(?P<count>0|[1-9][0-9]{0,8}):(?P<mark>[0-9a-f]{16}):(?P<hash>[0-9a-f]{64})"
OLD_PATTERN = r"sha256:[0-9a-f]{64}"
# Made once: `json.dumps` makes one for each call.
_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class Destination(Struct, frozen=True):
    """The account that a plan is for: `api` is the base URL, `workspace` is "" in a project without workspaces."""

    org: str
    api: str
    workspace: str = ""

    @property
    def mark(self) -> str:
        """16 hexadecimal digits that tell this destination from others; the hash of a digest holds the whole of it."""
        return _hash([self.org, self.api, self.workspace])[:16]


class Claim(Struct, frozen=True):
    """What a digest says of itself: the number of broadcasts, and the mark of its destination."""

    count: int
    mark: str


def digest(destination: Destination, requests: Iterable[tuple[str, Request]]) -> str:
    """Return the digest of requests with their keys, in whatever order they come."""
    return digest_of(destination, (entry(key, request) for key, request in sorted(requests, key=itemgetter(0))))


def entry(key: str, request: Request) -> str:
    """Return what the digest has of one request; for many digests of the same requests, write each down once."""
    return _SORTED.encode({"key": key, "request": request.as_json()})


def digest_of(destination: Destination, entries: Iterable[str]) -> str:
    """Return the digest over entries in the order of their keys."""
    head = json.dumps([2, destination.org, destination.api, destination.workspace], separators=(",", ":"))
    # Entry by entry, since the text of them all would be as large as the plan.
    body, count = hashlib.sha256(f"[{head},[".encode()), 0
    for count, text in enumerate(entries, start=1):
        body.update(f",{text}".encode() if count > 1 else text.encode())
    body.update(b"]]")
    return f"v2:{count}:{destination.mark}:{body.hexdigest()}"


def read_digest(text: str) -> Claim | None:
    """Return what a digest says of itself; None for a text that is none, or an old one."""
    match = re.fullmatch(PATTERN, text)
    return Claim(int(match["count"]), match["mark"]) if match else None


def is_old_digest(text: object) -> bool:
    """Return whether this is a digest that an older version of the program has made."""
    return isinstance(text, str) and re.fullmatch(OLD_PATTERN, text) is not None


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()
