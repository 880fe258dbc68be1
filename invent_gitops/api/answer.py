"""Reads what the API says: every answer to a create becomes done, surely not, or unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from invent_gitops.model.broadcast import Remote
from invent_gitops.model.instant import read_instant
from invent_gitops.model.outcome import Answer, Created, NotCreated, Unknown

# Documented or standard refusals of the request as such: the server looked at it and did nothing.
SURELY_NOT_CREATED = frozenset({400, 401, 403, 404, 405, 413, 415, 422})


def verdict(status: int, body: bytes, secret: str = "") -> Answer:
    """The verdict on a create that was answered with `status` and the whole `body`; 429 is the caller's.

    `secret` is taken out of what the API said.
    """
    if status in SURELY_NOT_CREATED:
        return NotCreated(f"Invent answered {status}: {words(body, secret)}")
    if 200 <= status < 300:
        remote = read_remote(_json(body))
        if remote:
            return Created(remote)
        return Unknown(f"Invent answered {status} without a usable id: {words(body, secret)}")
    return Unknown(f"Invent answered {status}: {words(body, secret)}")


def read_list(body: bytes) -> list[Mapping[str, object]] | None:
    """A page of a list (a bare array of objects), or None if the body is anything else."""
    found = _json(body)
    if isinstance(found, list) and all(isinstance(entry, dict) for entry in found):
        return found
    return None


def read_remote(value: object) -> Remote | None:
    """The broadcast that `value` spells, or None if it has no usable id. Other missing fields become empty."""
    if not isinstance(value, dict) or not usable_id(value.get("id")):
        return None
    segments = value.get("segments")
    ids = [entry.get("id") for entry in segments if isinstance(entry, dict)] if isinstance(segments, list) else []
    return Remote(
        id=value["id"],
        name=_text(value.get("name")),
        status=_text(value.get("status")),
        scheduled_at=read_instant(value.get("scheduled_at")),
        segment_ids=tuple(sorted({id for id in ids if isinstance(id, str)})),
        send_to_all=value.get("send_to_all") is True,
        created_at=read_instant(value.get("created_at")),
    )


def usable_id(value: object) -> bool:
    """Text that can be written down and read back: ids are opaque, but not empty and not control characters."""
    return isinstance(value, str) and 0 < len(value) <= 512 and value.isprintable() and not value.isspace()


def words(body: bytes, secret: str = "") -> str:
    """What the API said, short, on one line and without `secret`. The shape of an error body is not documented."""
    found = _json(body)
    if isinstance(found, dict):
        for name in ("message", "error", "detail"):
            if isinstance(found.get(name), str):
                return _short(without(found[name], secret))
    text = body[:100_000].decode("utf-8", errors="replace")
    if re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        return "(an HTML page)"
    # As values and not as they came: JSON can spell one text in many ways.
    text = json.dumps(found, ensure_ascii=False) if found is not None else text
    return _short(without(text, secret)) or "(no words)"


def without(text: str, secret: str) -> str:
    """`text` without the key, should somebody echo it; a very short one is a test's and would garble everything."""
    return text.replace(secret, "***") if len(secret) >= 8 else text


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait from a `Retry-After` header (a number or an HTTP date), or None if it says nothing usable."""
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}\s*", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", errors="replace").decode()


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 300 else flat[:299] + "…"
