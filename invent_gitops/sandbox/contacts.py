"""The contacts of the built-in Invent: made up when they are asked for, and always the same for a segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from invent_gitops.sandbox.contract import Page

# Each so-manieth contact has unsubscribed, so that a segment reaches fewer people than it holds.
_LEAVES = 20


def find_contacts(segments: Iterable[Mapping[str, Any]], page: Page) -> tuple[list[dict[str, Any]], int]:
    """Return a page of the contacts of these segments, and how many there are in all."""
    contacts: list[dict[str, Any]] = []
    total = 0
    first = (page.number - 1) * page.take
    for segment in segments:
        size = _size(segment["contacts_count"], page.status)
        start = max(0, first + len(contacts) - total)
        numbers = range(start, min(size, start + page.take - len(contacts)))
        contacts += [_contact(segment, _number(index, page.status)) for index in numbers]
        total += size
    return contacts, total


def _size(count: int, status: str) -> int:
    gone = count // _LEAVES
    return {"": count, "SUBSCRIBED": count - gone, "UNSUBSCRIBED": gone, "BLOCKED": 0}[status]


def _number(index: int, status: str) -> int:
    """Return which contact of its segment is number `index` of those with a status; both from 0."""
    if status == "SUBSCRIBED":
        return index + index // (_LEAVES - 1)
    return index * _LEAVES + _LEAVES - 1 if status == "UNSUBSCRIBED" else index


def _contact(segment: Mapping[str, Any], number: int) -> dict[str, Any]:
    gone = number % _LEAVES == _LEAVES - 1
    since = segment["created_at"]
    return {
        "id": f"c_{segment['id']}_{number + 1}",
        "name": f"Contact {number + 1} of {segment['name']}",
        "blocked": False,
        "unsubscribed": gone,
        "is_admin": False,
        "channels": [],
        "segments": [{name: value for name, value in segment.items() if name != "boards"}],
        "created_at": since,
        "updated_at": since,
        "blocked_at": None,
        "unsubscribed_at": since if gone else None,
        "unsubscribe_reason": None,
        "unsubscribe_feedback": None,
    }
