"""The months of a plan as tables from Monday to Sunday: what goes out, and what a pull request changes of it."""

from __future__ import annotations

from calendar import Calendar
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Literal

from invent_gitops.render.markdown.markup import text
from invent_gitops.values import Struct
from invent_gitops.zonedata import UnknownZone, load_zone

# More months would push everything else out of sight, and so would more lines a day or longer names.
MOST_MONTHS = 3
MOST_LINES = 3
_LONGEST_NAME = 24
_SPACE = "\u00a0"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Mark = Literal["new", "edited", "target", "deleted", "blocked", "refused", "scheduled"]
# The sign of each mark and what it means, in the order in which a crowded day names them.
_LEGEND: Mapping[Mark, tuple[str, str]] = {
    "new": ("🆕", "to be created"),
    "edited": ("✏️", "edited in its file, unchanged in Invent"),
    "target": ("↪️", "the new time of an edited file, which Invent does not know"),
    "deleted": ("🗑️", "its file is deleted, unchanged in Invent"),
    "blocked": ("❓", "may exist in Invent already"),
    "refused": ("⛔", "refused, not created"),
    "scheduled": ("📅", "created earlier"),
}
_BLACKOUT = "🚫"


class Send(Struct, frozen=True):
    """One broadcast: when it goes out, its name, and what the plan says of it.

    `moved_to` is the time that an edited file names instead, which Invent does not know.
    """

    at: datetime
    name: str
    mark: Mark
    moved_to: datetime | None = None


class _Day(Struct, frozen=True):
    """A send on the clocks of the table's zone."""

    at: datetime
    send: Send
    moved_to: datetime | None


def months(
    sends: Sequence[Send],
    *,
    now: datetime,
    timezone: str,
    blackout_days: Sequence[tuple[date, date]] = (),
    at_once: int = 0,
) -> list[str]:
    """Return the lines of at most three month tables; none where the plan changes nothing that is still to come.

    Drawn are the first months in which the plan changes something, with all that goes out in them. `timezone` is the
    IANA name of the project's zone, or "" for UTC; `blackout_days` are the first and the last day of each span.
    `at_once` counts what goes out as soon as it is created, which no day can show.
    """
    zone = _zone(timezone)
    days = [_day(send, zone) for send in sends if send.at > now]
    touched = sorted({_month(day) for day in days if day.send.mark != "scheduled"})
    drawn = touched[:MOST_MONTHS]
    if not drawn:
        return []
    lines = []
    for month in drawn:
        of_month = [day for day in days if _month(day) == month]
        lines += [*_table(month, of_month, _name_of(zone, timezone), blackout_days, opened=month == drawn[0]), ""]
    marks = [mark for mark in _LEGEND if any(day.send.mark == mark for day in days if _month(day) in drawn)]
    blacked_out = any(_is_blacked_out(day, blackout_days) for month in drawn for day in _days_of(month))
    lines.append(
        f"<sub>{' · '.join([*(_meaning(mark) for mark in marks), *([_BLACKED_OUT] if blacked_out else [])])}</sub>"
    )
    return [*lines, *_rest(days, drawn, at_once)]


_BLACKED_OUT = f"{_BLACKOUT} blackout day"


def _zone(timezone: str) -> tzinfo:
    try:
        return load_zone(timezone) if timezone else UTC
    except UnknownZone:
        return UTC


def _name_of(zone: tzinfo, timezone: str) -> str:
    return "UTC" if zone is UTC else timezone


def _day(send: Send, zone: tzinfo) -> _Day:
    return _Day(_local(send.at, zone), send, _local(send.moved_to, zone) if send.moved_to else None)


def _local(at: datetime, zone: tzinfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:
        # At either end of the calendar the local time has no year any more.
        return at.astimezone(UTC)


def _month(day: _Day) -> tuple[int, int]:
    return day.at.year, day.at.month


def _days_of(month: tuple[int, int]) -> Iterator[date]:
    return (date(*month, number) for number in Calendar().itermonthdays(*month) if number)


def _table(
    month: tuple[int, int],
    days: Sequence[_Day],
    zone: str,
    blackout_days: Sequence[tuple[date, date]],
    *,
    opened: bool,
) -> Iterator[str]:
    by_date: dict[int, list[_Day]] = {}
    for day in days:
        by_date.setdefault(day.at.day, []).append(day)
    going = sum(day.send.mark not in ("refused", "target") for day in days)
    count = f"{going:,} send{'' if going == 1 else 's'}"
    title = f"{date(*month, 1):%B} {month[0]}, {text(zone)}: {count}"
    yield f"<details{' open' if opened else ''}><summary>{title}</summary>"
    yield ""
    yield _row(_WEEKDAYS)
    yield _row(["---"] * 7)
    for week in Calendar().monthdayscalendar(*month):
        yield _row([_cell(month, number, by_date.get(number, ()), blackout_days) for number in week])
    yield from ("", "</details>")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(month: tuple[int, int], number: int, days: Sequence[_Day], blackout_days: Sequence[tuple[date, date]]) -> str:
    if not number:
        return ""
    heading = f"<b>{number}</b>" if days else str(number)
    if _is_blacked_out(date(*month, number), blackout_days):
        heading += f"{_SPACE}{_BLACKOUT}"
    # Of a crowded day, what the plan changes is named first; what is named stands in the order of the clock.
    ranked = sorted(days, key=lambda day: (day.send.mark == "scheduled", day.at))
    named = sorted(ranked[:MOST_LINES], key=lambda day: day.at)
    return "<br>".join([heading, *map(_line, named), *_more(ranked[MOST_LINES:])])


def _line(day: _Day) -> str:
    moved = f" → {_date(day.moved_to, day.at)}" if day.moved_to else ""
    sign = _LEGEND[day.send.mark][0]
    return f"{sign}{_SPACE}<b>{day.at:%H:%M}</b> {text(day.send.name, _LONGEST_NAME)}{moved}"


def _date(at: datetime, before: datetime) -> str:
    """Return the time alone on the same day, else the day, and the year only if it is another one."""
    if at.date() == before.date():
        return f"{at:%H:%M}"
    year = "" if at.year == before.year else f"{_SPACE}{at.year}"
    return f"{at.day}{_SPACE}{at:%b}{year}{_SPACE}{at:%H:%M}"


def _more(days: Sequence[_Day]) -> list[str]:
    counts = Counter(day.send.mark for day in days)
    return [
        f"+{_SPACE}{' '.join(f'{sign}{_SPACE}{counts[mark]:,}' for mark, (sign, _) in _LEGEND.items() if counts[mark])}"
    ] * bool(days)


def _is_blacked_out(day: date, blackout_days: Sequence[tuple[date, date]]) -> bool:
    return any(first <= day <= last for first, last in blackout_days)


def _meaning(mark: Mark) -> str:
    sign, meaning = _LEGEND[mark]
    return f"{sign} {meaning}"


def _rest(days: Sequence[_Day], drawn: Sequence[tuple[int, int]], at_once: int) -> Iterator[str]:
    """Yield what the plan changes in months that are not drawn, and what has no day."""
    others = [day for day in days if _month(day) not in drawn and day.send.mark not in ("scheduled", "target")]
    sentences = []
    if others:
        count = len({_month(day) for day in others})
        sentences.append(f"{len(others):,} more in {count:,} later month{'' if count == 1 else 's'}.")
    if at_once:
        verb = "goes out as soon as it is" if at_once == 1 else "go out as soon as they are"
        sentences.append(f"{at_once:,} {verb} created, and {'is' if at_once == 1 else 'are'} in no month.")
    if sentences:
        yield ""
        yield " ".join(sentences)
