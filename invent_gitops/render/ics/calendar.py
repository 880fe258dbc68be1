"""The calendar as a feed to subscribe to."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.calendar import Calendar


def calendar_ics(calendars: Sequence[Calendar], *, previous: str = "") -> str:
    """Return the feed of the calendars of several workspaces; `previous` is the text that it takes the place of."""
    from icalendar import Calendar as Feed
    from icalendar import Event

    feed = Feed()
    feed.add("prodid", "-//invent-gitops//calendar//EN")
    feed.add("version", "2.0")
    for calendar in calendars:
        for entry in calendar.entries:
            event = Event()
            event.add("uid", f"{entry.key or entry.id}@{calendar.context.org}")
            event.add("dtstamp", calendar.context.at)
            event.add("dtstart", entry.at)
            event.add("summary", entry.name)
            event.add("sequence", previous.count("SEQUENCE") and 1)
            feed.add_component(event)
    text: str = feed.to_ical().decode()
    return text
