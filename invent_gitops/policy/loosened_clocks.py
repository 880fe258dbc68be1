"""Quiet hours and blackout days beside those of the base: which hours and days are free again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from typing import Literal

from invent_gitops.model.project import BlackoutDays, QuietHours

Side = Literal["weaker", "tighter"]
Span = tuple[date, date]
_DAY = timedelta(days=1)
_MINUTES = 24 * 60


def quiet_hours_verdict(old: QuietHours | None, new: QuietHours | None) -> Side:
    """Weaker if a minute that was quiet is not any more; on other clocks nobody can tell, so that is weaker, too."""
    if old is None or new is None:
        return "tighter" if old is None else "weaker"
    if _clocks(old) != _clocks(new):
        return "weaker"
    return "tighter" if _minutes(old) <= _minutes(new) else "weaker"


def quiet_text(hours: QuietHours) -> str:
    zone = hours.timezone or (f"{hours.project_timezone}, if a definition has none" if hours.project_timezone else "")
    return f"{hours.start:%H:%M} to {hours.end:%H:%M}{f' ({zone})' if zone else ''}"


def _clocks(hours: QuietHours) -> tuple[str, str]:
    return (hours.timezone, "") if hours.timezone else ("", hours.project_timezone)


def _minutes(hours: QuietHours) -> set[int]:
    start, end = _minute(hours.start), _minute(hours.end)
    return {minute % _MINUTES for minute in range(start, end if start < end else end + _MINUTES)}


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def compare_blackout(
    old: BlackoutDays | None, new: BlackoutDays | None, today: date
) -> Iterator[tuple[Side, str, str]]:
    """Yield the days that are free again, and those that were added, each with its old and its new value for people.

    Days before `today` are past. On other clocks every day begins at another moment.
    """
    before, after = (_merged(days.spans if days else (), today) for days in (old, new))
    if freed := _without(before, after):
        yield "weaker", blackout_text(freed), "free again"
    if added := _without(after, before):
        yield "tighter", "free", blackout_text(added)
    if old and new and before and after and old.project_timezone != new.project_timezone:
        was, now = (f"days of {days.project_timezone or 'no time zone'}" for days in (old, new))
        yield "weaker", was, now


def blackout_text(spans: Iterable[Span]) -> str:
    return ", ".join(f"{first}" if first == last else f"{first}..{last}" for first, last in spans)


def _merged(spans: Iterable[Span], today: date) -> list[Span]:
    """Return the spans from `today` on, in order, none next to another."""
    merged: list[Span] = []
    for first, last in sorted((max(first, today), last) for first, last in spans if today <= last and first <= last):
        if merged and (merged[-1][1] == date.max or first <= merged[-1][1] + _DAY):
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _without(spans: Iterable[Span], removed: Iterable[Span]) -> list[Span]:
    """Return what of the spans none of `removed` covers."""
    kept = list(spans)
    for first, last in removed:
        pieces: list[Span] = []
        for begin, end in kept:
            if last < begin or end < first:
                pieces.append((begin, end))
                continue
            if begin < first:
                pieces.append((begin, first - _DAY))
            if last < end:
                pieces.append((last + _DAY, end))
        kept = pieces
    return kept
