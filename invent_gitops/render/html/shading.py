"""The hours and days on which nothing may go out: what the page shades, for both zones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from invent_gitops.model.calendar import Calendar, CalendarEntry
from invent_gitops.model.project import QuietHours
from invent_gitops.policy.hours import in_quiet_hours, quiet_zone
from invent_gitops.render.html.clocks import in_zone, short_day
from invent_gitops.render.html.page import Strip
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct, field
from invent_gitops.zonedata import UnknownZone, load_zone

_DAY = 24 * 60


class Lane(Struct, frozen=True):
    """The quiet hours of the workspaces that share them: `zone` is the zone of the hours, `shown_in` the project's.

    `by_send` is whether each send brings its own zone. `zone` is then the one that all sends share, "" if they differ:
    no hours of a day hold for all of them, and nothing is shaded.
    """

    start: time
    end: time
    zone: str
    shown_in: str
    by_send: bool = False
    workspaces: tuple[str, ...] = ()


class Shading(Struct, frozen=True):
    """What all the calendars of a page shade. `strips` grows while days are read: one for each kind of day.

    `unshaded` are the quiet hours that stand on other clocks for each send.
    """

    lanes: tuple[Lane, ...]
    unshaded: tuple[Lane, ...]
    blackouts: tuple[tuple[date, date, str], ...]
    strips: dict[tuple[tuple[int, int, int], ...], Strip] = field(default_factory=dict)

    def quiet(self, day: date, *, universal: bool) -> tuple[int, str]:
        """Return the number of the strip of a day, 0 for none, and its quiet hours as a text."""
        spans = tuple(
            (number, start, end - start)
            for number, lane in enumerate(self.lanes)
            for start, end in _minutes(lane, day, "UTC" if universal else lane.shown_in)
        )
        if not spans:
            return 0, ""
        strip = self.strips.setdefault(spans, Strip(len(self.strips) + 1, len(self.lanes), spans))
        return strip.number, ", ".join(
            text for number, lane in enumerate(self.lanes) for text in _texts(spans, number, lane)
        )

    def blackout(self, day: date) -> str:
        """Return `Blackout`, with the workspaces that have one if they are named; "" for any other day."""
        hits = [names for first, last, names in self.blackouts if first <= day <= last]
        if not hits:
            return ""
        names = ", ".join(dict.fromkeys(name for name in hits if name))
        return f"Blackout: {names}" if names else "Blackout"


def shading_of(calendars: Sequence[Calendar]) -> Shading:
    """Return the shading of a page. Workspaces are named where there are several."""
    names_workspaces = len(calendars) > 1
    lanes: dict[tuple[time, time, str, str, bool], list[str]] = {}
    blackouts = []
    for calendar in calendars:
        name = clean(calendar.context.workspace) if names_workspaces else ""
        zone = calendar.context.zone or "UTC"
        if quiet := calendar.rules.quiet_hours:
            hours = quiet.start, quiet.end, _shared_zone(quiet, calendar), zone, not quiet.timezone
            lanes.setdefault(hours, []).append(name)
        if days := calendar.rules.blackout_days:
            blackouts += [(first, last, name) for first, last in days.spans]
    all_lanes = [Lane(*hours, tuple(names)) for hours, names in lanes.items()]
    shaded, unshaded = (tuple(lane for lane in all_lanes if bool(lane.zone) is named) for named in (True, False))
    return Shading(shaded, unshaded, tuple(blackouts))


def _shared_zone(quiet: QuietHours, calendar: Calendar) -> str:
    """Return the zone that the quiet hours of all sends go by; "" where it differs, or is not known for one of them."""
    zones = {quiet_zone(quiet, entry.author.timezone) for entry in calendar.entries} or {quiet_zone(quiet, "")}
    return zones.pop() if len(zones) == 1 else ""


def falls_in_quiet_hours(entry: CalendarEntry, calendar: Calendar) -> bool:
    """Return whether a send is in the quiet hours of its workspace, on the clocks that the policy goes by."""
    quiet = calendar.rules.quiet_hours
    if not quiet:
        return False
    zone = quiet_zone(quiet, entry.author.timezone)
    local, clocks = in_zone(entry.at, zone)
    # Without the right clocks nobody knows, and the plan says so.
    return clocks == zone and in_quiet_hours(local.time(), quiet)


def on_blackout_day(entry: CalendarEntry, calendar: Calendar) -> bool:
    """Return whether a send is on a blackout day of its workspace, on the clocks that the policy goes by."""
    days = calendar.rules.blackout_days
    if not days:
        return False
    local, _ = in_zone(entry.at, entry.author.timezone or days.project_timezone)
    return any(first <= local.date() <= last for first, last in days.spans)


def span_text(first: date, last: date) -> str:
    """Return `24 December`, or `24–26 December`."""
    if first == last:
        return short_day(first)
    return f"{first.day}–{short_day(last)}" if first.month == last.month else f"{short_day(first)} – {short_day(last)}"


def _minutes(lane: Lane, day: date, zone: str) -> Iterator[tuple[int, int]]:
    """Yield the first minute of each quiet span of a day on the clocks of `zone`, and the one after its last."""
    if lane.zone == zone:
        yield from _same_clock(lane)
        return
    for distance in (-2, -1, 0, 1):
        try:
            night = day + timedelta(days=distance)
            morning = night + timedelta(days=lane.end <= lane.start)
            start = _minute_of(datetime.combine(night, lane.start), lane.zone, day, zone)
            stop = _minute_of(datetime.combine(morning, lane.end), lane.zone, day, zone)
        except OverflowError:
            # At either end of the calendar.
            continue
        if start < stop:
            yield start, stop


def _same_clock(lane: Lane) -> Iterator[tuple[int, int]]:
    start, end = (clock.hour * 60 + clock.minute for clock in (lane.start, lane.end))
    if start < end:
        yield start, end
        return
    if end:
        yield 0, end
    yield start, _DAY


def _minute_of(clock: datetime, written_in: str, day: date, zone: str) -> int:
    """Return where a local time of one zone is on a day of another, in minutes and within the day."""
    try:
        local, _ = in_zone(clock.replace(tzinfo=load_zone(written_in)), zone)
    except UnknownZone:
        local, _ = in_zone(clock.replace(tzinfo=UTC), zone)
    if local.date() != day:
        return 0 if local.date() < day else _DAY
    return local.hour * 60 + local.minute


def _texts(spans: tuple[tuple[int, int, int], ...], number: int, lane: Lane) -> Iterator[str]:
    """Yield the quiet hours of a day: those of the night before and of the night after as one span, `21:00–08:00`."""
    parts = [(start, start + length) for lane_number, start, length in spans if lane_number == number]
    names = "".join(f"{name} " for name in [" and ".join(filter(None, lane.workspaces))] if name)
    if len(parts) == 2 and parts[0][0] == 0 and parts[1][1] == _DAY:
        parts = [(parts[1][0], parts[0][1])]
    yield from (f"{names}{_clock(start)}–{_clock(end)}" for start, end in parts)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
