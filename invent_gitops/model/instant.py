"""Instants as text: one spelling on the way out, every RFC 3339 spelling on the way in."""

from __future__ import annotations

from datetime import UTC, datetime


def write_instant(instant: datetime) -> str:
    """`2026-11-27T14:00:00Z`: UTC, with a fraction only where there is one."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def read_instant(text: object) -> datetime | None:
    """Return the aware UTC datetime that `text` spells, or None if it spells none or lacks an offset."""
    if not isinstance(text, str):
        return None
    try:
        # RFC 3339 allows a small t and z as well.
        instant = datetime.fromisoformat(text.upper())
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None
