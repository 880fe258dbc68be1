"""From what stands at `schedule` to one instant, or to the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone

from invent_gitops.model.document import Path
from invent_gitops.model.instant import write_instant
from invent_gitops.model.local import LocalTime
from invent_gitops.text.quoting import quote
from invent_gitops.validate.zones import find_zone, read_offset
from invent_gitops.values import Struct, replace
from invent_gitops.zonedata import Zone, zone_data_version

IMMEDIATELY = "immediately"

_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?([Zz]|([+-])(\d{2}):(\d{2}))?", re.ASCII
)
# The usual form of a local time, and of an instant in UTC: the standard library reads exactly these alike.
_USUAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?Z?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOOSE_OFFSET = re.compile(r"(.+\d) ?(?:UTC|GMT)? ?([+-])(\d{1,2}):?(\d{2})?", re.ASCII | re.IGNORECASE)
_FORMS = "Write `2028-11-23T09:00:00-05:00`, or `{at: 2028-11-23T09:00, timezone: America/New_York}`, or `immediately`."


class Schedule(Struct, frozen=True):
    """`scheduled_at` is in UTC, None for at once; `timezone` is the zone that a local time was written in, or "".

    `local` is that local time, and tells no two schedules apart.
    """

    scheduled_at: datetime | None
    timezone: str
    local: LocalTime | None = None

    def __eq__(self, other: object) -> bool:
        return self._instant == other._instant if isinstance(other, Schedule) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._instant)

    @property
    def _instant(self) -> tuple[datetime | None, str]:
        return self.scheduled_at, self.timezone


class ScheduleFault(Struct, frozen=True):
    """Why there is no schedule; `path` leads from the schedule to the value at fault."""

    rule: str
    message: str
    cure: str
    path: Path = ()


def parse_schedule(value: object, project_timezone: str) -> Schedule | ScheduleFault:
    """`value` has the shape that the schema asks for. Whether the time has passed is not asked here."""
    if isinstance(value, str):
        if value == IMMEDIATELY:
            return Schedule(None, "")
        return _parse(value, "", project_timezone, ())
    if not isinstance(value, Mapping) or not isinstance(value.get("at"), str):
        return ScheduleFault("schedule-form", "The schedule is neither a time nor a word that is known.", _FORMS)
    zone = value.get("timezone", "")
    if value["at"] == IMMEDIATELY:
        message = f"{quote(IMMEDIATELY)} is not a local time."
        return ScheduleFault("schedule-form", message, f"Write `schedule: {IMMEDIATELY}`.", ("at",))
    return _parse(value["at"], zone if isinstance(zone, str) else "", project_timezone, ("at",))


def _quick_time(text: str) -> datetime | None:
    """Return the time in its usual form, aware if it ends in `Z`; None for every other text."""
    try:
        return datetime.fromisoformat(text) if _USUAL.fullmatch(text) else None
    except ValueError:
        return None


def _parse(text: str, written_zone: str, project_zone: str, path: Path) -> Schedule | ScheduleFault:
    usual = _quick_time(text)
    if usual and not usual.tzinfo:
        return _at_place(usual, text, written_zone, project_zone, path)
    if usual and not written_zone:
        return Schedule(usual, "")
    match = _TIME.fullmatch(text)
    if not match:
        return _not_a_time(text, path)
    year, month, day, hour, minute = map(int, match.group(1, 2, 3, 4, 5))
    second = int(match[6] or 0)
    if match[7] and match[7].strip("0"):
        message = f"{quote(text)} has a fraction of a second, which Invent does not keep."
        return ScheduleFault("schedule-fraction", message, "Write whole seconds.", path)
    try:
        local = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  its zone is found below
    except ValueError:
        return _impossible(text, hour, minute, second, path)
    if match[8]:
        return _at_offset(local, match, written_zone, path)
    return _at_place(local, text, written_zone, project_zone, path)


def _at_place(local: datetime, text: str, written_zone: str, project_zone: str, path: Path) -> Schedule | ScheduleFault:
    zone_name = written_zone or project_zone
    if not zone_name:
        message = f"{quote(text)} has no time zone, so it means another instant in each place."
        cure = (
            "Add `timezone: Area/City` beside `at`, or an offset such as `Z` or `-05:00`, or `timezone` to the project."
        )
        return ScheduleFault("schedule-no-zone", message, cure, path)
    zone = find_zone(zone_name)
    if not isinstance(zone, Zone):
        return _no_zone(ScheduleFault(*zone, ("timezone",) if written_zone else path), local, zone_name)
    return _in_zone(local, zone, zone_name, path)


def _no_zone(fault: ScheduleFault, local: datetime, zone_name: str) -> ScheduleFault:
    """Return the fault of a zone, whose cure is this very time where the zone is an offset."""
    offset = read_offset(zone_name)
    if not offset:
        return fault
    cure = f"Write the offset into the time, without `timezone`: `schedule: {local.isoformat()}{offset}`."
    return replace(fault, cure=cure)


def _at_offset(local: datetime, match: re.Match[str], written_zone: str, path: Path) -> Schedule | ScheduleFault:
    if written_zone:
        message = f"{quote(match[0])} has an offset, and there is a `timezone` as well: the two could contradict."
        cure = f"Delete the offset ({quote(match[8])}), or write `schedule: {match[0]}` without `timezone`."
        return ScheduleFault("schedule-two-zones", message, cure, path)
    offset = timedelta()
    if match[9]:
        hours, minutes = int(match[10]), int(match[11])
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if match[9] == "-" else 1)
        if minutes > 59 or abs(offset) > timedelta(hours=14):
            message = f"No place on earth has the offset {quote(match[8])}."
            return ScheduleFault("schedule-offset", message, "Offsets go from -14:00 to +14:00.", path)
    try:
        return Schedule(local.replace(tzinfo=timezone(offset)).astimezone(UTC), "")
    except OverflowError:
        return _out_of_range(match[0], path)


def _in_zone(local: datetime, zone: Zone, zone_name: str, path: Path) -> Schedule | ScheduleFault:
    try:
        offset, offset_after = zone.utcoffset(local), zone.utcoffset(local.replace(fold=1))
        if offset is None or offset_after is None:
            return _out_of_range(local.isoformat(), path)
        instant = (local - offset).replace(tzinfo=UTC)
        # Equal offsets on both sides of a fold mean that no change of the clocks is near.
        if offset == offset_after:
            return Schedule(instant, zone_name, LocalTime(local, zone_name, zone_data_version()))
        other = (local - offset_after).replace(tzinfo=UTC)
        returns = instant.astimezone(zone).replace(tzinfo=None) == local
    except (OverflowError, ValueError):
        return _out_of_range(local.isoformat(), path)
    early, late = sorted((instant, other))
    choices = f"{quote(_written(early, zone))} or {quote(_written(late, zone))}"
    written_time = quote(f"{local:%Y-%m-%dT%H:%M:%S}")
    if returns:
        message = f"{written_time} happens twice in {zone_name}, since the clocks are turned back then: {choices}."
        return ScheduleFault("schedule-repeated", message, f"Write `schedule:` with one of the two: {choices}.", path)
    message = f"{written_time} does not happen in {zone_name}, since the clocks are turned forward then."
    cure = f"Write a time before or after the change, such as {choices} without `timezone`."
    return ScheduleFault("schedule-skipped", message, cure, path)


def _written(instant: datetime, zone: Zone) -> str:
    """RFC 3339 with the offset of the place, or in UTC where that offset has seconds, as before 1900."""
    local = instant.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    return write_instant(instant) if offset % timedelta(minutes=1) else local.isoformat()


def _out_of_range(text: str, path: Path) -> ScheduleFault:
    message = f"{quote(text)} falls out of the years 1 to 9999 when it is turned into UTC."
    return ScheduleFault("schedule-range", message, "Choose a time within those years.", path)


def _impossible(text: str, hour: int, minute: int, second: int, path: Path) -> ScheduleFault:
    if second == 60 and hour < 24 and minute < 60:
        reason, cure = (
            "seconds go from 00 to 59; leap seconds cannot be scheduled",
            "Write second 59, or the next minute.",
        )
    elif hour == 24:
        reason, cure = "hours go from 00 to 23", "Write `00:00` of the next day."
    elif hour > 24 or minute > 59 or second > 60:
        reason, cure = "there is no such time of day", "Hours go from 00 to 23, minutes and seconds from 00 to 59."
    else:
        reason, cure = "there is no such day in the calendar", "Look at the month and the day (year-month-day)."
    return ScheduleFault("schedule-impossible", f"{quote(text)} does not exist: {reason}.", cure, path)


def _not_a_time(text: str, path: Path) -> ScheduleFault:
    word = text.strip().casefold()
    loose = _LOOSE_OFFSET.fullmatch(text)
    if word in (IMMEDIATELY, "now", "immediate", "asap", "at once"):
        cure = f"Did you mean {quote(IMMEDIATELY)}?"
    elif _DATE.fullmatch(text):
        cure = f"Add the time of day: {quote(text + 'T09:00')}."
    elif loose and _TIME.fullmatch(loose[1]):
        offset = f"{loose[2]}{loose[3]:0>2}:{loose[4] or '00'}"
        digits = "" if len(loose[3]) == 2 else "two digits and "
        cure = f"Write the offset with {digits}a colon: {quote(loose[1] + offset)}."
    else:
        cure = _FORMS
    return ScheduleFault("schedule-form", f"{quote(text)} is not a valid time.", cure, path)
