"""Days and times for the page, in the project's zone and in UTC; names of days and months without any locale."""

from __future__ import annotations

from datetime import UTC, date, datetime

from invent_gitops.render.html.page import Clock
from invent_gitops.zonedata import UnknownZone, load_zone

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def clock_in(at: datetime, zone: str) -> Clock:
    """Return the day and time in a zone, and in UTC where this version does not know the zone."""
    local, name = in_zone(at, zone)
    return Clock(local.date(), f"{local:%H:%M}", name, local.tzname() or name)


def in_zone(at: datetime, zone: str) -> tuple[datetime, str]:
    """Return the local time and the zone it is in, which is UTC if the zone is unknown or has no such year."""
    try:
        return (at.astimezone(load_zone(zone)), zone) if zone else (at.astimezone(UTC), "UTC")
    except (UnknownZone, OverflowError):
        return at.astimezone(UTC), "UTC"


def month_title(day: date) -> str:
    """Return `November 2028`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Return `23 November`."""
    return f"{day.day} {_MONTHS[day.month - 1]}"
