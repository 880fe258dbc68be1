"""The months of the page: which ones, their weeks, and the sends of each day."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from invent_gitops.model.calendar import Calendar
from invent_gitops.render.cells.calendar import held_text
from invent_gitops.render.html.clocks import WEEKDAYS, clock_in, month_title, short_day
from invent_gitops.render.html.page import Day, Month, SendView
from invent_gitops.render.html.shading import Shading, span_text
from invent_gitops.values import Struct

# A span that was asked for is shown in full up to this many months; a longer one only where something is sent.
_MOST_EMPTY_MONTHS = 12
_YearMonth = tuple[int, int]


class Today(Struct, frozen=True):
    """The day of the calendar's moment, in the project's zone and in UTC."""

    local: date
    universal: date


def today_of(calendar: Calendar) -> Today:
    """Return the day of a calendar's moment."""
    at = calendar.context.at
    return Today(clock_in(at, calendar.context.zone).day, clock_in(at, "").day)


def months_of(
    sends: Sequence[SendView], calendars: Sequence[Calendar], shading: Shading, today: Today
) -> tuple[Month, ...]:
    """Return every month in which something is sent, every one that was asked for, and that of today within these."""
    local: dict[date, list[SendView]] = defaultdict(list)
    universal: dict[date, int] = defaultdict(int)
    for send in sends:
        local[send.local.day].append(send)
        universal[send.utc.day] += 1
    for day in local.values():
        day.sort(key=lambda send: (send.local.time, send.number))
    months = {_month(day): False for day in (*local, *universal)}
    for month in (*_asked(calendars), *_current(calendars, today)):
        months[month] = True
    return tuple(
        _month_of(year, number, local, universal, shading, today, kept)
        for (year, number), kept in sorted(months.items())
    )


def start_of(months: Sequence[Month], today: Today) -> str:
    """Return the month to open: that of today if something is sent in it, else the next with a send, else the last."""
    current = f"{today.local:%Y-%m}"
    sending = [month.id for month in months if month.counts[0]]
    coming = [id for id in sending if id >= current]
    return next(iter([*coming, *sending[::-1], *(month.id for month in months)]), "")


def _month(day: date) -> _YearMonth:
    return day.year, day.month


def _asked(calendars: Sequence[Calendar]) -> Iterator[_YearMonth]:
    for calendar in calendars:
        if calendar.first and calendar.last:
            first, last = (12 * day.year + day.month - 1 for day in (calendar.first, calendar.last))
            if last - first < _MOST_EMPTY_MONTHS:
                yield from ((month // 12, month % 12 + 1) for month in range(first, last + 1))


def _current(calendars: Sequence[Calendar], today: Today) -> Iterator[_YearMonth]:
    for calendar in calendars:
        if (calendar.first or date.min) <= today.local <= (calendar.last or date.max):
            yield _month(today.local)


def _month_of(
    year: int,
    number: int,
    local: Mapping[date, list[SendView]],
    universal: Mapping[date, int],
    shading: Shading,
    today: Today,
    kept: bool,
) -> Month:
    before, length = monthrange(year, number)
    days = [_day(date(year, number, day), local, universal, shading, today) for day in range(1, length + 1)]
    cells = [*[None] * before, *days, *[None] * (-(before + length) % 7)]
    weeks = tuple(tuple(cells[start : start + 7]) for start in range(0, len(cells), 7))
    counts = sum(len(day.sends) for day in days), sum(universal.get(day.day, 0) for day in days)
    first = date(year, number, 1)
    return Month(
        f"{first:%Y-%m}" if year > 999 else first.isoformat()[:7],
        month_title(first),
        weeks,
        counts,
        kept,
        _blackout(days),
        held_text(send.look.word for day in days for send in day.sends),
    )


def _day(
    day: date, local: Mapping[date, list[SendView]], universal: Mapping[date, int], shading: Shading, today: Today
) -> Day:
    strip, quiet = shading.quiet(day, universal=False)
    utc_strip, utc_quiet = shading.quiet(day, universal=True)
    return Day(
        day,
        WEEKDAYS[day.weekday()],
        short_day(day),
        tuple(local.get(day, ())),
        day in local or day in universal,
        (strip, utc_strip),
        (quiet, utc_quiet),
        shading.blackout(day),
        (day == today.local, day == today.universal),
    )


def _blackout(days: Sequence[Day]) -> str:
    """Return the blackout days of a month in words, such as `24–26 December`."""
    spans: list[tuple[Day, Day]] = []
    for day in days:
        if not day.blackout:
            continue
        if spans and spans[-1][1].day.day == day.day.day - 1 and spans[-1][1].blackout == day.blackout:
            spans[-1] = spans[-1][0], day
        else:
            spans.append((day, day))
    return ", ".join(
        span_text(first.day, last.day) + (f" ({names})" if (names := first.blackout.partition(": ")[2]) else "")
        for first, last in spans
    )
