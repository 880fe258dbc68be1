"""Events → the text of a feed, by the icalendar library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from invent_gitops.render.ics.event import EPOCH, PRODUCT, FeedItem, local_time
from invent_gitops.render.ics.observances import Observance, observances
from invent_gitops.zonedata import zone_names

if TYPE_CHECKING:
    import icalendar

# How long the line of a send is in a calendar: it happens at one moment, which many programs cannot draw.
_LENGTH = timedelta(minutes=15)
# How often a program should read the feed again.
_REFRESH = "PT1H"
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def feed_text(items: Sequence[FeedItem], name: str, zone: str) -> str:
    """Return a feed with the events in their order. `zone` is that of the project, "" for UTC. Lines end in CRLF."""
    from icalendar import Calendar

    feed = Calendar()
    heads = {
        "PRODID": PRODUCT,
        "VERSION": "2.0",
        "CALSCALE": "GREGORIAN",
        "NAME": name,
        "X-WR-CALNAME": name,
        "X-WR-TIMEZONE": zone or "UTC",
        "X-PUBLISHED-TTL": _REFRESH,
    }
    _add_texts(feed, heads)
    interval = _raw(_REFRESH)
    interval.params["VALUE"] = "DURATION"
    feed.add("REFRESH-INTERVAL", interval, encode=False)
    for zone_name, (first, last) in sorted(_zones(items).items()):
        feed.add_component(_timezone(zone_name, observances(zone_name, first, last)))
    for item in items:
        feed.add_component(_event(item))
    if not items:
        # RFC 5545 wants a component in each calendar, and some programs refuse one without.
        calendar_zone = zone if zone in zone_names() else "UTC"
        feed.add_component(_timezone(calendar_zone, observances(calendar_zone, EPOCH, EPOCH)))
    text: bytes = feed.to_ical()
    return text.decode()


def _zones(items: Iterable[FeedItem]) -> dict[str, tuple[datetime, datetime]]:
    """Return the first and the last moment for which each zone is needed."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for item in items:
        zone, at = item.event.zone, item.event.at
        if zone:
            first, last = spans.get(zone, (at, at))
            spans[zone] = min(first, at), max(last, at)
    return spans


def _event(item: FeedItem) -> icalendar.Event:
    from icalendar import Event
    from icalendar.prop import vDatetime, vDuration, vInt

    event, issue = item.event, item.issue
    component = Event()
    texts = {
        "UID": event.uid,
        "SUMMARY": event.summary,
        "DESCRIPTION": event.description,
        "STATUS": event.status,
        "TRANSP": "TRANSPARENT",
        "X-INVENT-KEY": event.key,
        "X-INVENT-ID": event.id,
    }
    _add_texts(component, {name: text for name, text in texts.items() if text})
    component.add("CATEGORIES", _raw(",".join(map(escaped, event.categories))), encode=False)
    component.add("DTSTART", _start(event.at, event.zone), encode=False)
    component.add("DURATION", vDuration(_LENGTH), encode=False)
    component.add("SEQUENCE", vInt(issue.sequence), encode=False)
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        component.add(name, vDatetime(issue.changed_at), encode=False)
    return component


def _start(at: datetime, zone: str) -> object:
    from icalendar.prop import vDatetime

    if local := local_time(at, zone):
        # Without a zone of its own, since the library would look it up among the machine's.
        start = vDatetime(local)
        start.params["TZID"] = zone
        return start
    return vDatetime(at)


def _timezone(zone: str, rules: Iterable[Observance]) -> icalendar.Timezone:
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard
    from icalendar.prop import vDatetime, vDDDLists, vRecur, vUTCOffset

    component = Timezone()
    _add_texts(component, {"TZID": zone})
    for rule in rules:
        part = TimezoneDaylight() if rule.offsets.summer else TimezoneStandard()
        _add_texts(part, {"TZNAME": rule.offsets.name})
        part.add("DTSTART", vDatetime(rule.starts[0]), encode=False)
        part.add("TZOFFSETFROM", vUTCOffset(rule.offsets.before), encode=False)
        part.add("TZOFFSETTO", vUTCOffset(rule.offsets.after), encode=False)
        if yearly := rule.yearly:
            day = f"{yearly.week}{_WEEKDAYS[yearly.weekday]}"
            part.add("RRULE", vRecur(FREQ="YEARLY", BYMONTH=yearly.month, BYDAY=day), encode=False)
        else:
            # A line for each, since some readers take no list.
            for start in rule.starts[1:]:
                part.add("RDATE", vDDDLists([start]), encode=False)
        component.add_component(part)
    return component


def _add_texts(component: icalendar.Component, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        component.add(name, _raw(escaped(text)), encode=False)


def _raw(value: str) -> icalendar.prop.vInline:
    """Return a value that is written as it is."""
    from icalendar.prop import vInline

    return vInline(value)


def escaped(text: str) -> str:
    r"""Return a text as RFC 5545 writes it. The library's own function makes a line feed of the two characters `\N`."""
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")
