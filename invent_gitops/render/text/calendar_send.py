"""One send of the calendar's page: a line with its hour, its state and its name, and what there is to know below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from invent_gitops.model.broadcast import NOT_TOLD
from invent_gitops.model.calendar import CALLED_OFF_STATES, CalendarEntry, CalendarRules, SendState
from invent_gitops.policy.hours import in_quiet_hours, quiet_zone
from invent_gitops.policy.times import in_zone
from invent_gitops.render.cells.audience import names_text, size_text
from invent_gitops.render.cells.calendar import clash_text, has_no_hour
from invent_gitops.render.cells.results import results_text
from invent_gitops.render.cells.spelling import TERMINAL
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.width import cells, fit, padded
from invent_gitops.render.text.wrap import wrapped
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct
from invent_gitops.zonedata import UnknownZone

# In front of the word, so that the eye finds a state without its colour.
_SIGNS: Mapping[SendState, str] = {
    "planned": "+",
    "refused": "x",
    "blocked": "!",
    "draft": "~",
    "empty draft": "~",
    "scheduled": "=",
    "sending": ">",
    "sent": "*",
    "failed": "!",
    "cancelled": "-",
    "gone": "!",
    "recorded nowhere": "?",
    "unknown": "?",
}
_RED = frozenset({"refused", "blocked", "failed", "gone"})
_YELLOW = frozenset({"draft", "empty draft", "recorded nowhere", "unknown"})
_GREEN = frozenset({"planned", "scheduled", "sending"})
# The states that a person should look at, whatever else is said of the send.
_URGENT = _RED | {"recorded nowhere", "unknown"}
_STATE_CELLS = 18
# Below the state, and further left where the terminal has no room for that.
_INDENT, _NARROW_INDENT, _WIDE = 17, 6, 72


class Drawing(Struct, frozen=True):
    """What each line of the page is drawn with.

    `zone` is that of its hours, "" for UTC. `width` is in cells, None for no bound. `everything` shows all sends.
    """

    style: Style
    width: int | None
    zone: str
    rules: CalendarRules
    everything: bool = False

    def lines(self, text: str) -> list[str]:
        """Return a clean text on as many lines as it takes; what no blank divides is cut."""
        return [self.cut(line) for line in wrapped(text, self.width).split("\n")]

    def commanding(self, text: str) -> list[str]:
        """Return a text that ends with a command, which is never cut: a person pastes it."""
        return wrapped(text, self.width).split("\n")

    def cut(self, line: str) -> str:
        return line if self.width is None else fit(line, self.width)


def local(at: datetime, zone: str) -> datetime:
    """Return a moment on the clocks of a zone, or in UTC where that is not possible."""
    try:
        return in_zone(at, zone) or at.astimezone(UTC)
    except UnknownZone:
        return at.astimezone(UTC)


def is_urgent(entry: CalendarEntry, drawing: Drawing) -> bool:
    """Return whether a person should look at it: for its state, or for what stands below it with a mark."""
    return entry.state in _URGENT or any(_warnings(entry, drawing))


def send_lines(entry: CalendarEntry, drawing: Drawing, day: date | None) -> Iterator[str]:
    """Yield the lines of a send. `day` is that of the line above, whose date is not repeated."""
    at = local(entry.at, drawing.zone)
    date_text = f"{at:%a} {at.day:>2}" if at.date() != day else ""
    hour = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    when = "at once" if has_no_hour(entry) else f"{padded(date_text, 6)}  {hour}"
    state = padded(f"{_SIGNS[entry.state]} {entry.state}", _STATE_CELLS)
    head = f"  {padded(when, 13)}  {state}"
    name = clean(entry.name) or "(without a name)"
    yield f"  {padded(when, 13)}  {_coloured(state, entry.state, drawing.style)}  {_name(name, head, drawing)}".rstrip()
    indent = " " * (_INDENT if drawing.width is None or drawing.width >= _WIDE else _NARROW_INDENT)
    yield from (f"{indent}{drawing.style.dim(line)}" for line in _fact_lines(entry, drawing, len(indent)))
    for warning in _warnings(entry, drawing):
        yield from map(drawing.style.yellow, drawing.lines(f"{indent}! {warning}"))
    if entry.results != NOT_TOLD:
        yield from drawing.lines(f"{indent}{results_text(entry.results.told)}")


def _name(name: str, head: str, drawing: Drawing) -> str:
    return name if drawing.width is None else fit(name, max(drawing.width - cells(head) - 2, 1))


def _fact_lines(entry: CalendarEntry, drawing: Drawing, indent: int) -> Iterator[str]:
    """Yield the facts, as many on a line as fit. The key is in full even if it needs several: a person copies it."""
    room = None if drawing.width is None else drawing.width - indent
    line = ""
    for fact in _facts(entry, drawing):
        joined = f"{line} · {fact}" if line else fact
        if room is None or cells(joined) <= room:
            line = joined
            continue
        if line:
            yield line
        *full, line = _pieces(fact, room)
        yield from full
    yield line


def _pieces(text: str, room: int) -> Iterator[str]:
    """Yield a text that no blank has to divide, in pieces of at most `room` cells."""
    piece = ""
    for character in text:
        if cells(piece + character) > room:
            yield piece
            piece = ""
        piece += character
    yield piece


def _facts(entry: CalendarEntry, drawing: Drawing) -> Iterator[str]:
    yield clean(entry.key) or f"id {clean(entry.id)}"
    if entry.revision.in_change:
        yield "in this change"
    audience = [names_text(entry.audience, TERMINAL), *filter(None, [size_text(entry.audience)])]
    yield f"to {', '.join(audience)}"
    if entry.author.owner:
        yield f"owner {clean(entry.author.owner)}"
    if has_no_hour(entry):
        return
    day = local(entry.at, drawing.zone).date()
    for zone in dict.fromkeys((entry.author.timezone, "UTC")):
        at = local(entry.at, zone)
        other_day = at.date() != day
        if zone and zone != drawing.zone and (other_day or zone != "UTC"):
            yield f"{f'{at:%a} {at.day} {at:%b} ' if other_day else ''}{at:%H:%M} {zone}"


def _warnings(entry: CalendarEntry, drawing: Drawing) -> Iterator[str]:
    # Of what a rule refuses, the remarks say which one.
    explained = entry.state == "refused" and bool(entry.remarks)
    if not explained and entry.state != "sent" and entry.state not in CALLED_OFF_STATES:
        yield from _broken_rules(entry, drawing.rules)
    yield from map(clash_text, entry.clashes)
    yield from map(clean, entry.remarks)


def _broken_rules(entry: CalendarEntry, rules: CalendarRules) -> Iterator[str]:
    quiet, blackout = rules.quiet_hours, rules.blackout_days
    if quiet:
        zone = quiet_zone(quiet, entry.author.timezone)
        # Without a zone nobody knows, and the plan says so.
        if zone and in_quiet_hours(local(entry.at, zone).time(), quiet):
            yield f"In the quiet hours, {quiet.start:%H:%M} to {quiet.end:%H:%M} {zone}"
    if blackout:
        day = local(entry.at, entry.author.timezone or blackout.project_timezone).date()
        if any(first <= day <= last for first, last in blackout.spans):
            yield "On a blackout day"


def _coloured(text: str, state: SendState, style: Style) -> str:
    if state in _RED:
        return style.red(text)
    if state in _YELLOW:
        return style.yellow(text)
    return style.green(text) if state in _GREEN else style.dim(text)
