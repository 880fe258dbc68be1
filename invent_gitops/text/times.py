"""Times as people say them: local and UTC, and how far away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from invent_gitops.zonedata import load_zone


def moment(at: datetime | None, timezone: str = "") -> str:
    """`Fri 27 Nov 2026 09:00 America/New_York (14:00 UTC)`, or UTC alone where no zone is known."""
    if at is None:
        return "at once"
    universal = at.astimezone(UTC)
    if timezone in ("", "UTC", "Etc/UTC"):
        return f"{_day(universal)} {_clock(universal)} UTC"
    try:
        local = at.astimezone(load_zone(timezone))
    except OverflowError:
        # At either end of the calendar the local time has no year any more.
        return moment(at)
    other_day = "" if local.date() == universal.date() else f"{universal:%a} {universal.day} {universal:%b} "
    return f"{_day(local)} {_clock(local)} {timezone} ({other_day}{_clock(universal)} UTC)"


def stamp(at: datetime, timezone: str = "") -> str:
    """`2026-11-23 15:42 Europe/Berlin (14:42 UTC)`: for tables, always of one width for one zone."""
    universal = at.astimezone(UTC)
    if timezone in ("", "UTC", "Etc/UTC"):
        return f"{universal:%Y-%m-%d %H:%M} UTC"
    try:
        local = at.astimezone(load_zone(timezone))
    except OverflowError:
        # At either end of the calendar the local time has no year any more.
        return stamp(at)
    return f"{local:%Y-%m-%d %H:%M} {timezone} ({universal:%H:%M} UTC)"


def distance(at: datetime, now: datetime) -> str:
    """`in 4 days`, `20 minutes ago`: rounded down, in the unit that a person would use."""
    span = abs(at - now)
    for unit, size, least in (
        ("year", timedelta(days=365), 2),
        ("month", timedelta(days=30), 3),
        ("day", timedelta(days=1), 2),
        ("hour", timedelta(hours=1), 2),
        ("minute", timedelta(minutes=1), 1),
    ):
        count = span // size
        if count >= least:
            length = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"in {length}" if at > now else f"{length} ago"
    return "in less than a minute" if at > now else "just now"


def deadline_over(seconds: float) -> str:
    """Return `The deadline of 90 seconds was over.`"""
    number = f"{seconds:,.2f}".rstrip("0").rstrip(".")
    return f"The deadline of {number} second{'' if number == '1' else 's'} was over."


def _day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b} {at.year}"


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
