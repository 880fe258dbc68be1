"""The clock changes of a time zone, as the rules that a VTIMEZONE holds.

The generator of the library takes the first hour after a change for the moment of it, and can step over a month of
another time. These come from the project's zones, to the second.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from invent_gitops.values import Struct
from invent_gitops.zonedata import Zone, load_zone

_DAY = timedelta(days=1)
# So many years tell the last Sunday of a month from the fourth.
_YEARS = 12


class Yearly(Struct, frozen=True):
    """A weekday of each year: `week` counts from 1, or is -1 for the last one. `weekday` is 0 for Monday."""

    month: int
    week: int
    weekday: int


class Offsets(Struct, frozen=True):
    """What the clocks show from a change on, and what they showed before it."""

    before: timedelta
    after: timedelta
    name: str
    summer: bool


class Observance(Struct, frozen=True):
    """One or more changes to the same offset. `starts` are local times by the offset before, in their order.

    `yearly` is set where they follow from the first one by a rule.
    """

    offsets: Offsets
    starts: tuple[datetime, ...]
    yearly: Yearly | None = None


def observances(zone: str, first: datetime, last: datetime) -> list[Observance]:
    """Return what a feed must say of a zone whose events lie between two moments. Raises `UnknownZone`."""
    clock = load_zone(zone)
    start = datetime(first.year - 1, 1, 1, tzinfo=UTC)
    end = datetime(max(last.year + 2, first.year + _YEARS), 1, 1, tzinfo=UTC)
    changes: dict[Offsets, list[datetime]] = defaultdict(list)
    moments = list(_changes(clock, start, end))
    if not moments or first < moments[0]:
        offsets = _offsets(clock, start)
        changes[offsets].append((start + offsets.after).replace(tzinfo=None))
    for moment in moments:
        offsets = _offsets(clock, moment)
        changes[offsets].append((moment + offsets.before).replace(tzinfo=None))
    years = range(moments[0].year, end.year) if moments else range(0)
    return [Observance(offsets, tuple(starts), _yearly(starts, years)) for offsets, starts in changes.items()]


def _changes(clock: Zone, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield each moment after `start` and before `end` from which on the clocks show something else."""
    day, state = start, _state(clock, start)
    while day < end:
        following = day + _DAY
        if (next_state := _state(clock, following)) != state:
            yield _first_second(clock, day, following)
            state = next_state
        day = following


def _first_second(clock: Zone, before: datetime, after: datetime) -> datetime:
    old = _state(clock, before)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _state(clock, middle) == old else (before, middle)
    return after


def _state(clock: Zone, moment: datetime) -> tuple[timedelta, str, bool]:
    local = moment.astimezone(clock)
    return local.utcoffset() or timedelta(), local.tzname() or "", bool(local.dst())


def _offsets(clock: Zone, moment: datetime) -> Offsets:
    after, name, summer = _state(clock, moment)
    before, _, _ = _state(clock, moment - timedelta(seconds=1))
    return Offsets(before, after, name, summer)


def _yearly(starts: Sequence[datetime], years: range) -> Yearly | None:
    """Return the rule by which there is one change in each of the years, if there is one."""
    if len(years) < _YEARS - 2 or [start.year for start in starts] != list(years):
        return None
    if len({(start.month, start.weekday(), start.time()) for start in starts}) > 1:
        return None
    weeks = set.intersection(*(_weeks(start.date()) for start in starts))
    return Yearly(starts[0].month, min(weeks), starts[0].weekday()) if weeks else None


def _weeks(day: date) -> set[int]:
    """Return how a rule can count the week of a day: from the start of its month and, for the last one, as -1."""
    week = (day.day - 1) // 7 + 1
    is_last = day.day + 7 > calendar.monthrange(day.year, day.month)[1]
    return {week, -1} if is_last else {week}
