"""How the guards word spans and moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from invent_gitops.zonedata import load_zone


def duration(span: timedelta, *, days: bool = True) -> str:
    """`15 minutes`, `2 hours`, `1 day`: the largest unit that divides the span, at least a minute.

    Without `days`, which some calendars make longer or shorter, it is `24 hours`.
    """
    minutes = int(span.total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute"))[not days :]:
        if minutes % size == 0 and minutes:
            return f"{minutes // size} {unit}{'' if minutes == size else 's'}"
    return f"{int(span.total_seconds())} seconds"


def in_zone(at: datetime, timezone: str) -> datetime | None:
    """Return what the clocks of `timezone` show then; None if no zone is named, or the year has five digits there."""
    try:
        return at.astimezone(load_zone(timezone)) if timezone else None
    except OverflowError:
        return None


def moment(at: datetime, timezone: str) -> str:
    """`Fri 27 Nov 2026 22:30 Europe/Berlin`, or in UTC where no zone is known."""
    local = in_zone(at, timezone)
    clocks, zone = (local, timezone) if local else (at.astimezone(UTC), "UTC")
    return (
        f"{clocks:%a} {clocks.day} {clocks:%b} {clocks.year} {clocks:{'%H:%M:%S' if clocks.second else '%H:%M'}} {zone}"
    )


def sending(scheduled_at: datetime | None, now: datetime, timezone: str) -> str:
    """Return `It would go out on Fri 27 Nov 2026 22:30 Europe/Berlin`; at once means now."""
    if scheduled_at is None:
        return f"It would go out at once, on {moment(now, timezone)}"
    return f"It would go out on {moment(scheduled_at, timezone)}"
