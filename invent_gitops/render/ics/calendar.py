"""The feed: calendars → one iCalendar text."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.calendar import Calendar
from invent_gitops.render.ics.follow import followed, unfollowed
from invent_gitops.render.ics.read import read_feed
from invent_gitops.render.ics.write import feed_text
from invent_gitops.text.clean import clean


def calendar_ics(calendars: Sequence[Calendar], *, previous: str = "") -> str:
    """Return the feed of one or several workspaces, with CRLF at the ends of its lines.

    `previous` is the text of the feed before, "" without one. An event that did not change keeps its bytes. One that
    did gets a higher SEQUENCE. One that is gone is shown as cancelled until a year after its time. Raises
    `InvalidInput` for a `previous` that is not a complete feed of this program.
    """
    former = read_feed(previous)
    items = [item for calendar in calendars for item in followed(calendar, former)]
    items += unfollowed(former, calendars)
    items.sort(key=lambda item: (item.event.at, item.event.uid))
    zones = {calendar.context.zone for calendar in calendars}
    workspaces = [clean(calendar.context.workspace) for calendar in calendars if calendar.context.workspace]
    # With more, the name would fill the side bar of a program; the workspace is a category of each event.
    name = f"Broadcasts: {workspaces[0]}" if len(workspaces) == 1 else "Broadcasts"
    return feed_text(items, name, zones.pop() if len(zones) == 1 else "")
