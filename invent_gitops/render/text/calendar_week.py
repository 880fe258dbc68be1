"""One week of the calendar's page: its seven days with their counts, and its sends in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from invent_gitops.model.calendar import CalendarEntry
from invent_gitops.model.command import Command
from invent_gitops.model.context import Context
from invent_gitops.render.cells.calendar import held_text
from invent_gitops.render.text.calendar_send import Drawing, is_urgent, local, send_lines
from invent_gitops.render.text.width import padded
from invent_gitops.values import Struct
from invent_gitops.zonedata import load_zone

# So many of one week fit on a screen; `-v` shows all.
SHOWN = 12
_CELL = 10
# In a narrower cell, the date of a day has no room.
_NARROWEST_CELL = 6


class Week(Struct, frozen=True):
    """The sends of one week, in order. `number` counts weeks from Monday, 1 January of the year 1."""

    number: int
    entries: tuple[CalendarEntry, ...] = ()

    @property
    def days(self) -> list[date]:
        """The days from Monday on; fewer than seven at the end of the calendar."""
        first = self.number * 7 + 1
        return [date.fromordinal(day) for day in range(first, min(first + 7, date.max.toordinal() + 1))]


def week_of(day: date) -> int:
    return (day.toordinal() - 1) // 7


def span_text(first: date, last: date) -> str:
    """Return `20–26 Nov 2028`, with as much of the first day as the two do not share."""
    if first == last:
        return f"{last.day} {last:%b} {last.year}"
    year = f" {first.year}" if first.year != last.year else ""
    month = f" {first:%b}" if year or first.month != last.month else ""
    dash = " – " if month else "–"
    return f"{first.day}{month}{year}{dash}{last.day} {last:%b} {last.year}"


def week_lines(week: Week, asked: tuple[date, date], drawing: Drawing, context: Context) -> Iterator[str]:
    """Yield the lines of a week. `asked` are the first and the last day that the page is about."""
    today = local(context.at, drawing.zone).date()
    days = week.days
    held = held_text(entry.state for entry in week.entries)
    count = f"{len(week.entries):,} broadcast{'' if len(week.entries) == 1 else 's'}{held}"
    yield ""
    yield drawing.style.bold(drawing.cut(f"{span_text(days[0], days[-1])}: {count}"))
    yield from _grid(week, asked, today, drawing)
    for day in _clock_changes(days, drawing.zone):
        yield from drawing.lines(f"  The clocks change on {day:%a} {day.day}.")
    listed = week.entries if drawing.everything else week.entries[:SHOWN]
    before: date | None = None
    for entry in listed:
        yield from send_lines(entry, drawing, before)
        before = local(entry.at, drawing.zone).date()
    if hidden := week.entries[len(listed) :]:
        first, last = (local(entry.at, drawing.zone).date() for entry in (hidden[0], hidden[-1]))
        same_month = (first.year, first.month) == (last.year, last.month)
        options = f"--month {first:%Y-%m}" if same_month else f"--from {first} --to {last}"
        command = Command("calendar", f"{options} -v").text(context.flags)
        yield from drawing.commanding(f"  and {len(hidden):,} more: {command}")


def _grid(week: Week, asked: tuple[date, date], today: date, drawing: Drawing) -> Iterator[str]:
    """Yield the days and, below each, how many go out on it; nothing where a day has no room."""
    cell = _CELL if drawing.width is None else min(_CELL, (drawing.width - 2) // 7)
    if cell < _NARROWEST_CELL:
        return
    heads, counts = [], []
    for day in week.days:
        within = asked[0] <= day <= asked[1]
        label = f"{day:%a} {day.day}" if cell > _NARROWEST_CELL + 2 else f"{day.day}"
        heads.append(f"[{label}]" if day == today else label)
        entries = [entry for entry in week.entries if local(entry.at, drawing.zone).date() == day]
        counts.append(_count(entries, day, drawing) if within else "")
    yield drawing.style.dim(_row(heads, cell))
    yield _row(counts, cell)


def _count(entries: Sequence[CalendarEntry], day: date, drawing: Drawing) -> str:
    marks = "!" * any(is_urgent(entry, drawing) for entry in entries) + "#" * is_blacked_out(day, drawing)
    return " ".join(filter(None, (f"{len(entries):,}" if entries else "", marks))) or "."


def _row(texts: Sequence[str], cell: int) -> str:
    return f"  {''.join(padded(text, cell) for text in texts)}".rstrip()


def is_blacked_out(day: date, drawing: Drawing) -> bool:
    """Return whether the project's rules close a day, as its own zone counts days."""
    return closed_days(day, day, drawing) > 0


def closed_days(first: date, last: date, drawing: Drawing) -> int:
    """Return how many days from the first to the last one the project's rules close."""
    blackout = drawing.rules.blackout_days
    closed, counted = 0, first.toordinal() - 1
    for start, end in sorted(blackout.spans if blackout else ()):
        days = range(max(start.toordinal(), counted + 1), min(end, last).toordinal() + 1)
        closed += len(days)
        counted = max(counted, days[-1]) if days else counted
    return closed


def _clock_changes(days: Sequence[date], zone: str) -> Iterator[date]:
    """Yield the days at whose ends the clocks of a zone are not as far from UTC as at their beginnings."""
    if not zone:
        return
    midnights = [datetime.combine(day, time(), load_zone(zone)).utcoffset() for day in (*days, _day_after(days[-1]))]
    yield from (day for day, (start, end) in zip(days, pairwise(midnights), strict=True) if start != end)


def _day_after(day: date) -> date:
    return min(day, date.max - timedelta(days=1)) + timedelta(days=1)
