"""The calendar for a terminal: the coming weeks, or the days that were asked for, each week with its sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from invent_gitops.model.calendar import Calendar, CalendarEntry
from invent_gitops.model.command import Command
from invent_gitops.render.cells.calendar import has_no_hour, states_text
from invent_gitops.render.text.calendar_send import Drawing, is_urgent, local, send_lines
from invent_gitops.render.text.calendar_week import Week, closed_days, is_blacked_out, span_text, week_lines, week_of
from invent_gitops.render.text.drift import gaps_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.wrap import plain
from invent_gitops.text.clean import clean
from invent_gitops.text.times import moment
from invent_gitops.values import Struct
from invent_gitops.zonedata import zone_names

# So many weeks with sends are drawn where no days were asked for; `-v` shows all.
WEEKS = 8


class _Span(Struct, frozen=True):
    """The days that the page is about, and the sends that it lists: those at once, then those with a day."""

    first: date
    last: date
    at_once: tuple[CalendarEntry, ...]
    dated: tuple[CalendarEntry, ...]
    earlier: tuple[CalendarEntry, ...] = ()


def calendar_text(calendar: Calendar, style: Style, width: int | None, *, everything: bool = False) -> str:
    """Return the page as text without a line feed at the end.

    `width` is that of the terminal in cells, None where there is none: then nothing is cut. `everything` shows every
    send and every week. Without days that were asked for, the page begins with the week of the calendar's moment.
    """
    context = calendar.context
    zone = context.zone if context.zone in zone_names() else ""
    drawing = Drawing(style, width, zone, calendar.rules, everything)
    span = _span(calendar, zone)
    lines = [*_headline(calendar, span, drawing), *_at_once(span, drawing)]
    weeks = _weeks(span, zone)
    asked = calendar.first is not None or calendar.last is not None
    shown_weeks = weeks if asked or everything else weeks[:WEEKS]
    lines += _week_parts(shown_weeks, span, drawing, calendar)
    if later := weeks[len(shown_weeks) :]:
        number = sum(len(week.entries) for week in later)
        command = Command("calendar", f"--from {later[0].days[0]}").text(context.flags)
        plural = "broadcast" if number == 1 else "broadcasts"
        lines += [
            "",
            *drawing.commanding(f"And {number:,} more {plural} in {_count(len(later), 'later week')}: {command}"),
        ]
    lines += _legend(shown_weeks, span, drawing)
    return "\n".join(lines)


def _span(calendar: Calendar, zone: str) -> _Span:
    at_once = tuple(entry for entry in calendar.entries if has_no_hour(entry))
    dated = [entry for entry in calendar.entries if not has_no_hour(entry)]
    days = [local(entry.at, zone).date() for entry in dated]
    today = local(calendar.context.at, zone).date()
    first, last = calendar.first, calendar.last
    if first is None and last is None:
        monday = Week(week_of(today)).days[0]
        listed = tuple(entry for entry, day in zip(dated, days, strict=True) if day >= monday)
        earlier = tuple(entry for entry, day in zip(dated, days, strict=True) if day < monday)
        return _Span(monday, max([today, *days]), at_once, listed, earlier)
    first = min([last or today, *days]) if first is None else first
    last = max([first, *days]) if last is None else last
    return _Span(first, last, at_once, tuple(dated))


def _weeks(span: _Span, zone: str) -> list[Week]:
    """Return the weeks that have sends."""
    weeks: dict[int, list[CalendarEntry]] = {}
    for entry in span.dated:
        weeks.setdefault(week_of(local(entry.at, zone).date()), []).append(entry)
    return [Week(number, tuple(weeks[number])) for number in sorted(weeks)]


def _headline(calendar: Calendar, span: _Span, drawing: Drawing) -> Iterator[str]:
    context, style = calendar.context, drawing.style
    entries = (*span.at_once, *span.dated)
    asked = calendar.first is not None or calendar.last is not None
    days = f"on {span_text(span.first, span.last)}" if span.first == span.last else span_text(span.first, span.last)
    when = days if asked else f"from {span_text(span.first, span.first)} on"
    counts = states_text(entry.state for entry in entries)
    title = f"{_count(len(entries), 'broadcast')}, {when}: {counts}." if entries else f"No broadcasts, {when}."
    yield from map(style.bold, drawing.lines(title))
    if span.earlier:
        day = min(local(entry.at, drawing.zone).date() for entry in span.earlier)
        command = Command("calendar", f"--from {day}").text(context.flags)
        yield from map(style.dim, drawing.commanding(f"{len(span.earlier):,} earlier, not listed here: {command}"))
    zone = drawing.zone or "UTC"
    lines = [f"Hours are those of {zone}.", _source(calendar)]
    if calendar.changed_from:
        lines.append(f"Compared with {clean(calendar.changed_from)}.")
    if quiet := calendar.rules.quiet_hours:
        clocks = quiet.timezone or "each broadcast's own zone"
        lines.append(f"Quiet hours: {quiet.start:%H:%M} to {quiet.end:%H:%M} on the clocks of {clocks}.")
    for line in lines:
        yield from map(style.dim, drawing.lines(line))
    if calendar.look is not None:
        for gap in gaps_text(calendar.look, Style()):
            yield from map(style.red, drawing.lines(plain(gap)))
    as_of = f"As of {moment(context.at.replace(microsecond=0), drawing.zone)}"
    yield from map(style.dim, drawing.lines(f"{as_of}, org {clean(context.org)} at {clean(context.api)}."))


def _source(calendar: Calendar) -> str:
    if calendar.look is None:
        return "From files and records; --refresh reads Invent."
    return "Invent was read for this page." if calendar.look.complete else "Invent could not be read in full."


def _at_once(span: _Span, drawing: Drawing) -> Iterator[str]:
    if not span.at_once:
        return
    yield ""
    yield drawing.style.bold(drawing.cut(f"As soon as they are created: {_count(len(span.at_once), 'broadcast')}"))
    for entry in span.at_once:
        yield from send_lines(entry, drawing, None)


def _week_parts(weeks: Sequence[Week], span: _Span, drawing: Drawing, calendar: Calendar) -> Iterator[str]:
    """Yield each week, and one line in place of those between them that have no send."""
    free = week_of(span.first)
    for week in weeks:
        yield from _free_weeks(free, week.number - 1, span, drawing)
        yield from week_lines(week, (span.first, span.last if calendar.last else date.max), drawing, calendar.context)
        free = week.number + 1
    if calendar.last is not None:
        yield from _free_weeks(free, week_of(span.last), span, drawing)


def _free_weeks(first: int, last: int, span: _Span, drawing: Drawing) -> Iterator[str]:
    """Yield one line for weeks without a send, as far as the page is about them."""
    if first > last:
        return
    start, end = max(Week(first).days[0], span.first), min(Week(last).days[-1], span.last)
    days = (end - start).days + 1
    length = _count(days, "day") if days % 7 else _count(days // 7, "week")
    closed = closed_days(start, end, drawing)
    blackout = f", {_count(closed, 'blackout day')}" if closed else ""
    yield ""
    yield from map(drawing.style.dim, drawing.lines(f"{span_text(start, end)}: {length} without a send{blackout}"))


def _legend(weeks: Sequence[Week], span: _Span, drawing: Drawing) -> Iterator[str]:
    """Yield what the marks of the days mean, as far as the page has some."""
    days = [day for week in weeks for day in week.days if day >= span.first]
    urgent = any(is_urgent(entry, drawing) for week in weeks for entry in week.entries)
    closed = any(is_blacked_out(day, drawing) for day in days)
    marks = [*["! needs a person: see its state, or its lines with !"] * urgent, *["# blackout day"] * closed]
    if marks:
        yield ""
        yield from map(drawing.style.dim, drawing.lines("  ".join(marks)))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
