"""Calendars for the tests of the feed and of the terminal's page, and a second reader of feeds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import vobject  # type: ignore[import-untyped]  # it has no types

from invent_gitops.model.calendar import Author, Calendar, CalendarEntry, Revision, SendState
from invent_gitops.model.context import Context
from invent_gitops.model.plan import Audience
from invent_gitops.render.ics.calendar import calendar_ics
from tests.making import API, ORG, a_request

NOW = datetime(2028, 11, 1, 12, tzinfo=UTC)
FRIDAY = datetime(2028, 11, 24, 14, tzinfo=UTC)


def an_entry(
    key: str = "spring", at: datetime | None = FRIDAY, state: SendState = "planned", *, name: str = "", **more: Any
) -> CalendarEntry:
    """A send to one segment; "at once" where `at` is None."""
    more.setdefault("audience", Audience(("VIP customers",), everyone=False, contacts=1240))
    zone, edited_at = more.pop("timezone", ""), more.pop("changed_at", None)
    more.setdefault("author", Author(timezone=zone))
    more.setdefault("revision", Revision(edited_at))
    return CalendarEntry(key, a_request(name or key, at), at or NOW, state, **more)


def a_calendar(
    *entries: CalendarEntry, at: datetime = NOW, zone: str = "", workspace: str = "", **more: Any
) -> Calendar:
    return Calendar(Context(at, ORG, API, workspace, zone), entries, **more)


def a_feed(*entries: CalendarEntry, previous: str = "", **more: Any) -> str:
    return calendar_ics([a_calendar(*entries, **more)], previous=previous)


def events(feed: str) -> dict[str, Any]:
    """The events of a feed by their summaries, as another library reads them."""
    # It keeps each zone as the first feed of the process described it, and some it takes from another library, unless
    # they were registered.
    vars(vobject.icalendar)["__tzidMap"].clear()
    vobject.icalendar.registerTzid("UTC", UTC)
    for zone in getattr(vobject.readOne(feed), "vtimezone_list", []):
        vobject.icalendar.registerTzid(zone.tzid.value, zone.gettzinfo())
    calendar = vobject.readOne(feed)
    calendar.validate(raiseException=True)
    return {event.summary.value: event for event in getattr(calendar, "vevent_list", [])}


def instant(event: Any) -> datetime:
    at: datetime = event.dtstart.value
    return at.astimezone(UTC)
