"""When a broadcast is sent, and how far that is from now."""

from __future__ import annotations

from datetime import datetime

from invent_gitops.text.times import distance, moment
from invent_gitops.values import Struct
from invent_gitops.zonedata import UnknownZone

AT_ONCE = "at once"


class When(Struct, frozen=True):
    """`clock` is the local day and time. `zone` is its zone with the time in UTC, "" for "at once"."""

    clock: str
    zone: str


def local_text(at: datetime | None, zone: str) -> str:
    """Return a time in a zone, or in UTC where this version does not know the zone: `at once` for None."""
    try:
        return moment(at, zone)
    except UnknownZone:
        return moment(at)


def when_cell(at: datetime | None, zone: str) -> When:
    """Return the two parts of `local_text`."""
    if at is None:
        return When(AT_ONCE, "")
    # "Tue 24 Nov 2026 07:00" has five words.
    *clock, zone_name = local_text(at, zone).split(" ", 5)
    return When(" ".join(clock), zone_name)


def away_text(at: datetime | None, now: datetime) -> str:
    """Return `in 4 days` or `20 minutes ago`; `now` for what is sent at once."""
    return "now" if at is None else distance(at, now)


def when_and_away(at: datetime | None, zone: str, now: datetime) -> str:
    """Return `Tue 24 Nov 2026 12:00 UTC, in 4 days`, or `at once`."""
    return AT_ONCE if at is None else f"{local_text(at, zone)}, {distance(at, now)}"


def moment_and_away(at: datetime, now: datetime | None) -> str:
    """Return `Fri 20 Nov 2026 09:00 UTC (3 hours ago)`; without the distance on a page that has no `now`."""
    return moment(at) if now is None else f"{moment(at)} ({distance(at, now)})"
