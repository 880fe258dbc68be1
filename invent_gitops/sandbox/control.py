"""What a person does in Invent's dashboard, as requests beside the documented ones: it changes what the lists show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import unquote

from invent_gitops.sandbox.contract import (
    STATISTICS,
    STATUSES,
    WRITABLE,
    Rejection,
    check_create,
    is_text,
    read_moment,
    read_object,
)
from invent_gitops.values import Struct

PREFIX = "/_sandbox/"

_PATH = re.compile(PREFIX + r"orgs/([^/]+)/(broadcasts|segments)/([^/]+)")
_COUNTS = ("contacts_count", *STATISTICS)
_MOMENTS = ("started_at", "completed_at")
_FIELDS = (*WRITABLE, "status", *_MOMENTS, "error_message", "templates", *_COUNTS)


class Control(Struct, frozen=True):
    """A change that is asked for: `delete` or else set fields of one thing."""

    collection: Literal["broadcasts", "segments"]
    org: str
    id: str
    delete: bool


def find_control(method: str, path: str) -> Control:
    """Return what a method and a percent-encoded path ask for; `Rejection` with 404 or 405."""
    match = _PATH.fullmatch(path)
    if not match:
        raise Rejection(404, f"There is no such control; there are {PREFIX}orgs/ORG/broadcasts/ID and …/segments/ID.")
    if method not in ("POST", "DELETE"):
        raise Rejection(405, "A control answers to POST, DELETE only.", {"allow": "POST, DELETE"})
    collection: Literal["broadcasts", "segments"] = "broadcasts" if match[2] == "broadcasts" else "segments"
    return Control(collection, unquote(match[1]), unquote(match[3]), method == "DELETE")


def read_segment_change(body: bytes) -> tuple[str | None, int | None]:
    """Return the new name and count of a segment, None for what stays; `Rejection` with 400 or 413."""
    wish = read_object(body, ("name", "contacts_count"))
    name, count = wish.get("name"), wish.get("contacts_count")
    if name is not None and not (is_text(name) and len(name) <= 128):
        raise Rejection(400, "name must be a string of 1 to 128 characters.")
    if count is not None and not _is_count(count):
        raise Rejection(400, "contacts_count must be a whole number that is not negative.")
    return name, count


def read_broadcast_change(id: str, body: bytes, now: str) -> dict[str, Any]:
    """Return the fields of a broadcast to set, each as the lists show it; `Rejection` with 400 or 413."""
    wish = read_object(body, _FIELDS)
    # What can be created is held to the rules of a create; what is not written is not changed.
    created = check_create({"name": "x", **{name: wish[name] for name in WRITABLE if name in wish}})
    change = {name: created[name] if name in created else _read_field(name, value) for name, value in wish.items()}
    if "templates" in change:
        numbered = enumerate(change["templates"], start=1)
        change["templates"] = [_new_template(id, number, template, now) for number, template in numbered]
    return change


def with_consequences(change: Mapping[str, Any], broadcast: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Return the change, and what Invent would do by itself when a broadcast gets this status, unless the change says
    it.
    """
    status, contacts = change.get("status"), change.get("contacts_count", broadcast["contacts_count"])
    own: dict[str, Any] = {}
    if status in ("SENDING", "SENT", "FAILED"):
        own["started_at"] = broadcast["started_at"] or now
    if status in ("SENT", "FAILED"):
        own["completed_at"] = now
    if status == "SENT":
        # Everybody is a recipient, also where only some of the counts are asked for.
        own["recipients_count"] = max(contacts, change.get("sent_count", 0))
    if status == "SENT" and not change.keys() & set(STATISTICS):
        own |= dict.fromkeys(("sent_count", "delivered_count"), contacts)
    if status == "FAILED":
        own["error_message"] = "A request to the sandbox made it fail."
    return {**own, **change}


def _new_template(broadcast_id: str, number: int, wish: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Return a content of a broadcast with every documented field; `wish` may hold an error."""
    return {
        "id": f"t_{number}_{broadcast_id}",
        "broadcast_id": broadcast_id,
        "connection_id": f"n_{number}",
        "integration_id": "internal",
        "recipients_count": 0,
        "config": {},
        "error": None,
        **wish,
        "created_at": now,
        "updated_at": now,
    }


def _read_field(name: str, value: object) -> Any:
    if name in _MOMENTS:
        return read_moment(name, value)
    if name in _COUNTS and not _is_count(value):
        raise Rejection(400, f"{name} must be a whole number that is not negative.")
    if name == "status" and value not in STATUSES:
        raise Rejection(400, f"status must be one of {', '.join(STATUSES)}.")
    if name == "error_message" and not (value is None or is_text(value)):
        raise Rejection(400, "error_message must be null or a string that is not empty.")
    if name == "templates" and not (isinstance(value, list) and all(map(_is_template, value))):
        raise Rejection(
            400, 'templates must be an array of objects, each {} or with texts: {"error": "…", "integration_id": "…"}.'
        )
    return value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12


def _is_template(value: object) -> bool:
    return isinstance(value, dict) and value.keys() <= {"error", "integration_id"} and all(map(is_text, value.values()))
