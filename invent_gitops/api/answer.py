"""Reads what the API says: every answer to a create becomes done, surely not, or unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from sys import intern

from invent_gitops.http.answers import message_of, parse_json, shorten
from invent_gitops.model.broadcast import Counts, Remote, RemoteSegment, Request, Sending
from invent_gitops.model.instant import read_instant
from invent_gitops.model.outcome import Answer, Created, NotCreated, Unknown

# Documented or standard refusals of the request as such: the server looked at it and did nothing.
SURELY_NOT_CREATED = frozenset({400, 401, 403, 404, 405, 413, 415, 422})

_COUNTED = Counts.__struct_fields__


def verdict(status: int, body: bytes, secret: str = "") -> Answer:
    """Return the verdict on a create that was answered with `status` and the whole `body`; 429 is the caller's.

    `secret` is taken out of what the API said.
    """
    if status in SURELY_NOT_CREATED:
        return NotCreated(f"Invent answered {status}: {message_of(body, secret)}")
    if 200 <= status < 300:
        remote = read_remote(parse_json(body))
        if remote:
            return Created(remote)
        return Unknown(f"Invent answered {status} without a usable id: {message_of(body, secret)}")
    return Unknown(f"Invent answered {status}: {message_of(body, secret)}")


def read_list(body: bytes) -> list[dict[str, object]] | None:
    """Return a page of a list (a bare array of objects), or None if the body is anything else."""
    entries = parse_json(body)
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        return entries
    return None


def read_remote(value: object) -> Remote | None:
    """Return the broadcast that `value` spells, or None if it has no usable id. Other missing fields become empty."""
    if not isinstance(value, dict) or not usable_id(value.get("id")):
        return None
    segments = _segments(value.get("segments"))
    return Remote(
        id=value["id"],
        request=Request(
            name=_text(value.get("name")),
            scheduled_at=_to_the_second(read_instant(value.get("scheduled_at"))),
            segment_ids=tuple(id for id, _ in segments),
            send_to_all=value.get("send_to_all") is True,
        ),
        # The same few words in every entry: kept once, so that a long list stays small.
        status=intern(_text(value.get("status"))),
        created_at=read_instant(value.get("created_at")),
        segments=segments,
        sending=_sending(value),
        unread=_unread(value),
    )


def _sending(value: Mapping[str, object]) -> Sending:
    templates = value.get("templates")
    return Sending(
        templates=len(templates) if isinstance(templates, list) else None,
        template_errors=_errors(templates),
        error_message=_error_text(value.get("error_message")),
        started_at=read_instant(value.get("started_at")),
        completed_at=read_instant(value.get("completed_at")),
        updated_at=read_instant(value.get("updated_at")),
        counts=Counts(**{name: _count(value.get(f"{name}_count")) for name in _COUNTED}),
        channels=_channels(templates),
    )


def read_segment(value: object) -> RemoteSegment | None:
    """Return the segment that `value` spells, or None if it has no usable id."""
    if not isinstance(value, dict) or not usable_id(value.get("id")):
        return None
    return RemoteSegment(value["id"], _text(value.get("name")), _count(value.get("contacts_count")))


def read_total(text: str | None) -> int | None:
    """Return the whole number in a header such as `pagination-count`, or None if it holds none."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None


def _segments(value: object) -> tuple[tuple[str, str], ...]:
    entries = [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
    names = {entry["id"]: _text(entry.get("name")) for entry in entries if isinstance(entry.get("id"), str)}
    return tuple((intern(id), intern(names[id])) for id in sorted(names))


def _channels(templates: object) -> tuple[str, ...]:
    entries = [entry for entry in templates if isinstance(entry, dict)] if isinstance(templates, list) else []
    return tuple(sorted({intern(id) for entry in entries if (id := _text(entry.get("integration_id")))}))


def _errors(templates: object) -> tuple[str, ...]:
    entries = [entry for entry in templates if isinstance(entry, dict)] if isinstance(templates, list) else []
    return tuple(text for entry in entries if (text := _error_text(entry.get("error"))))


def _unread(value: Mapping[str, object]) -> tuple[str, ...]:
    """Return the fields which identify a broadcast that are missing, or not of the documented type."""
    segments = value.get("segments")
    readable = {
        "name": isinstance(value.get("name"), str),
        "status": isinstance(value.get("status"), str),
        "scheduled_at": "scheduled_at" in value
        and (value["scheduled_at"] is None or read_instant(value["scheduled_at"]) is not None),
        "segments": isinstance(segments, list)
        and all(isinstance(entry, dict) and isinstance(entry.get("id"), str) for entry in segments),
        "send_to_all": isinstance(value.get("send_to_all"), bool),
        "created_at": read_instant(value.get("created_at")) is not None,
    }
    return tuple(name for name, is_readable in readable.items() if not is_readable)


def _to_the_second(at: datetime | None) -> datetime | None:
    """To the second, as requests spell it: a fraction would look like an edit."""
    return at.replace(microsecond=0) if at else None


def _count(value: object) -> int | None:
    """Return a count of the API, which documents numbers: whole and not negative, or it says nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**12:
        return None
    return int(value) if value == int(value) else None


def usable_id(value: object) -> bool:
    """Text that can be written down and read back: ids are opaque, but not empty and not control characters."""
    return isinstance(value, str) and 0 < len(value) <= 512 and value.isprintable() and not value.isspace()


def clock_skew(began: datetime, ended: datetime, answered: datetime | None) -> timedelta | None:
    """Return how far our clock is surely ahead of the server's (negative: behind); zero if the two may agree.

    `answered` is the server's time, in whole seconds, of an answer that came between `began` and `ended` by ours;
    without it, the result is None. That the answer was slow is thus no skew.
    """
    if answered is None or ended < began:
        return None
    least, most = began - (answered + timedelta(seconds=1)), ended - answered
    return max(least, min(most, timedelta(0)))


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", errors="replace").decode()


def _error_text(value: object) -> str:
    """Return what an error says: documented as text or null; any other value is an error, too."""
    return _text(value) if isinstance(value, str) or not value else shorten(json.dumps(value, ensure_ascii=False))
