"""Reads what any answer may hold: a message for people, the time of the server, the pause that it asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from invent_gitops.text.secret import hide

# Bytes of an answer in which a message is looked for.
_MESSAGE_LIMIT = 100_000


def message_of(body: bytes, secret: str = "") -> str:
    """Return what the API said, short, on one line and without `secret`. The shape of an error body is not
    documented.
    """
    # A long one says no more, and as values it takes twenty times the room.
    content = parse_json(body) if len(body) <= _MESSAGE_LIMIT else None
    if isinstance(content, dict):
        for name in ("message", "error", "detail"):
            if isinstance(content.get(name), str):
                return shorten(without_secret(content[name], secret))
    text = body[:_MESSAGE_LIMIT].decode("utf-8", errors="replace")
    if re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        return "(an HTML page)"
    # As values and not as they came: JSON can spell one text in many ways.
    text = json.dumps(content, ensure_ascii=False) if content is not None else text
    return shorten(without_secret(text, secret)) or "(no words)"


def without_secret(text: str, secret: str) -> str:
    """`text` without the key, in case a server echoes it. A very short key stays: it would garble every text."""
    return hide(text, [secret])


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait from a `Retry-After` header (a number or an HTTP date), or None if it says nothing usable.

    `now` is the time by the clock of the server, which set the date.
    """
    if value is None:
        return None
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return float(value)
    moment = _http_date(value)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return when the server says that it answered (its `Date`, and the `Age` of an answer that was kept), or None."""
    moment, age = _http_date(headers.get("date", "")), headers.get("age", "0").strip()
    if moment is None or not re.fullmatch(r"[0-9]{1,9}", age):
        return None
    try:
        return moment + timedelta(seconds=int(age))
    except OverflowError:
        return None


def parse_json(body: bytes) -> object:
    """Return the value of a JSON body, or None where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def shorten(text: str) -> str:
    """`text` on one line of at most 300 characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 300 else flat[:299] + "…"


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
        # Of a date without an offset, HTTP says that it is in UTC.
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
