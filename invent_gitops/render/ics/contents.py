"""A calendar's entries → the events of a feed, before it is known how often they changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from invent_gitops.model.broadcast import NOT_TOLD
from invent_gitops.model.calendar import CalendarEntry
from invent_gitops.model.context import Context
from invent_gitops.render.cells.audience import EVERYONE, names_text, size_text
from invent_gitops.render.cells.calendar import clash_text, has_no_hour
from invent_gitops.render.cells.results import results_text
from invent_gitops.render.cells.spelling import Spelling
from invent_gitops.render.cells.times import local_text
from invent_gitops.render.ics.event import FeedEvent, Status, local_time, whole
from invent_gitops.text.clean import clean, cut
from invent_gitops.values import Struct, replace

_SPELLING = Spelling(cut, segment=255, value=255, status=40)
# What stands before the name, in the month view of a program that shows no more. What goes out as planned has nothing.
PREFIXES: dict[str, str] = {
    "planned": "Planned",
    "refused": "Refused",
    "blocked": "Blocked",
    "draft": "Draft",
    "empty draft": "Empty draft",
    "failed": "Failed",
    "cancelled": "Cancelled",
    "gone": "Gone from Invent",
    "recorded nowhere": "Recorded nowhere",
    "unknown": "State unknown",
}
REMOVED = "removed"
# Of a send to come whose record is gone: that cancels nothing in Invent, and programs hide what is cancelled.
MAY_GO_OUT = "Removed here, may still go out"
# A failed send keeps its line: programs hide what is cancelled, some people may have it, and a person has to look.
_CONFIRMED = frozenset({"scheduled", "sending", "sent", "failed"})
_CANCELLED = frozenset({"cancelled", "gone"})


class FeedEntry(Struct, frozen=True):
    """What a feed would say of an entry. `event` has no UID yet.

    `changed_at` is None where no evidence says when it changed. `moving` is whether its time is only that of the feed.
    `removed` is whether its record was taken out, `outside` whether it is of other days than those that were asked for.
    """

    event: FeedEvent
    changed_at: datetime | None
    moving: bool
    removed: bool
    outside: bool = False


def feed_entry(entry: CalendarEntry, context: Context) -> FeedEntry:
    """Return the event of an entry. `context` is that of its calendar."""
    zone, at = entry.author.timezone or context.zone, whole(entry.at)
    removed = entry.revision.removed
    state = REMOVED if removed else entry.state
    status = _status(entry, context.at)
    prefix = _removed_prefix(entry, status) if removed else PREFIXES.get(entry.state, "")
    audience = (EVERYONE,) if entry.audience.everyone else tuple(clean(name) for name in entry.audience.segments)
    event = FeedEvent(
        uid="",
        key=clean(entry.key),
        id=clean(entry.id),
        at=at,
        zone=zone if local_time(at, zone) else "",
        summary=": ".join(filter(None, (prefix, clean(entry.name) or "(without a name)"))),
        description="\n".join(_lines(entry, state, context.within(entry.author.timezone))),
        categories=tuple(dict.fromkeys((state, *(name for name in audience if name), *_workspace(context)))),
        status=status,
    )
    return FeedEntry(event, entry.revision.changed_at, has_no_hour(entry), removed)


def _removed_prefix(entry: CalendarEntry, status: Status) -> str:
    if status == "TENTATIVE":
        return MAY_GO_OUT
    return "Removed" if status == "CANCELLED" else f"Removed, {entry.state}"


def _status(entry: CalendarEntry, now: datetime) -> Status:
    if entry.state in _CANCELLED:
        return "CANCELLED"
    if entry.revision.removed and entry.state == "unknown" and not entry.at_once and entry.at <= now:
        # Nothing follows it here any more, and its hour is over.
        return "CANCELLED"
    confirmed = entry.state in _CONFIRMED or (entry.state == "recorded nowhere" and entry.status.lower() in _CONFIRMED)
    return "CONFIRMED" if confirmed else "TENTATIVE"


def _workspace(context: Context) -> Iterator[str]:
    if context.workspace:
        yield clean(context.workspace)


def _lines(entry: CalendarEntry, state: str, context: Context) -> Iterator[str]:
    """Yield what a person reads in an open event; no line depends on the moment at which the feed is made."""
    invent = f" (Invent: {clean(entry.status)})" if entry.status else ""
    yield f"State: {state}{invent}"
    if entry.revision.removed:
        yield "Its record was removed, so nothing follows the broadcast here. Look in Invent before you rely on it."
    moment = "at once, as soon as it is created" if has_no_hour(entry) else local_text(whole(entry.at), context.zone)
    yield f"When: {moment}"
    names = names_text(entry.audience, _SPELLING)
    # "Today" would be the day on which the feed was made.
    size = size_text(replace(entry.audience, today=False))
    yield f"To: {names}{f' ({size})' if size else ''}"
    if entry.author.owner:
        yield f"Owner: {clean(entry.author.owner)}"
    if entry.author.description:
        yield clean(entry.author.description)
    yield from (f"! {clash_text(clash)}" for clash in entry.clashes)
    yield from (f"! {clean(remark)}" for remark in entry.remarks)
    if entry.results != NOT_TOLD:
        yield f"Results: {results_text(entry.results.told)}"
    facts = {"Key": entry.key, "Broadcast": entry.id, "File": entry.author.file, "Workspace": context.workspace}
    yield from (f"{label}: {clean(fact)}" for label, fact in facts.items() if fact)
