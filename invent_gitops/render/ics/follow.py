"""How a feed goes on from the one before: the same UIDs, growing sequences, and what is gone as cancelled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal

from invent_gitops.model.calendar import Calendar
from invent_gitops.model.context import Context
from invent_gitops.model.digest import Destination
from invent_gitops.render.ics.contents import PREFIXES, FeedEntry, feed_entry
from invent_gitops.render.ics.event import (
    EPOCH,
    LARGEST_SEQUENCE,
    FeedEvent,
    FeedItem,
    Issue,
    Status,
    local_time,
    sequence_at,
    whole,
)
from invent_gitops.values import replace

# So long after its time a subscriber is still told that an event is gone.
_KEPT = timedelta(days=365)
# The state of a broadcast that was created, and that no record and no complete list tells of.
_LOST = "not recorded"
# The state of an event whose workspace or account the feed is not made from any more.
_UNFOLLOWED = "not followed"
_EARLIER = " Earlier it was:\n"


def followed(calendar: Calendar, former: Sequence[FeedItem]) -> Iterator[FeedItem]:
    """Yield the events of a calendar, and those of the feed before it that are gone.

    `former` is all of that feed, which may hold other accounts.
    """
    context = calendar.context
    account = _account(context)
    earlier = {item.event.uid: item for item in former if item.event.account == account}
    # What will go out comes first: where a key was used again, its own UID is for the one that is alive.
    drawn = [feed_entry(entry, context) for entry in calendar.entries]
    outside = [replace(feed_entry(entry, context), outside=True) for entry in calendar.outside]
    candidates = sorted([*drawn, *outside], key=_precedence)
    matches = _matches(candidates, list(earlier.values()))
    used = set(earlier)
    for number, candidate in enumerate(candidates):
        before = matches.get(number)
        if candidate.outside and not (before and _stays(candidate.event, before.event, calendar)):
            continue
        uid = before.event.uid if before else _fresh_uid(candidate.event, account, used)
        used.add(uid)
        yield _issued(candidate, uid, before, context.at)
    matched = {item.event.uid for item in matches.values()}
    yield from _absent([item for uid, item in earlier.items() if uid not in matched], calendar)


def unfollowed(former: Sequence[FeedItem], calendars: Sequence[Calendar]) -> Iterator[FeedItem]:
    """Yield the events of workspaces and accounts that no calendar is of; nobody can say what became of these."""
    accounts = {_account(calendar.context) for calendar in calendars}
    at = max((calendar.context.at for calendar in calendars), default=EPOCH)
    for item in former:
        if item.event.account in accounts or item.event.at < at - _KEPT:
            continue
        is_settled = item.event.status == "CANCELLED" or item.event.categories[0] == _UNFOLLOWED
        if is_settled or item.event.at <= at:
            yield item
        else:
            event = _without_entry(item.event, "not followed any more", "TENTATIVE", _UNFOLLOWED)
            yield _reissued(event, item, at)


def _account(context: Context) -> str:
    return f"{Destination(context.org, context.api, context.workspace).mark}.invent-gitops"


def _stays(event: FeedEvent, before: FeedEvent, calendar: Calendar) -> bool:
    """Return whether a send outside the days stays in the feed: it was moved out of them, and subscribers know it."""
    return _within(before.at, calendar) or event.at > calendar.context.at


def _precedence(candidate: FeedEntry) -> tuple[bool, bool, float, str, str]:
    event = candidate.event
    return candidate.removed, event.status == "CANCELLED", -event.at.timestamp(), event.key, event.id


def _matches(candidates: Sequence[FeedEntry], earlier: Sequence[FeedItem]) -> dict[int, FeedItem]:
    """Return by the number of a candidate what the feed before said of the same send.

    Its id stays through `state mv` and `import`, so it comes first. A key is enough only as long as the earlier event
    has no id: after that, the same key is another send.
    """
    by_id = {item.event.id: item for item in earlier if item.event.id}
    by_key = {item.event.key: item for item in earlier if not item.event.id}
    matches: dict[int, FeedItem] = {}
    for number, candidate in enumerate(candidates):
        if candidate.event.id and (item := by_id.pop(candidate.event.id, None)):
            matches[number] = item
    for number, candidate in enumerate(candidates):
        if number not in matches and candidate.event.key and (item := by_key.pop(candidate.event.key, None)):
            matches[number] = item
    return matches


def _fresh_uid(event: FeedEvent, account: str, used: set[str]) -> str:
    """Return the UID of an event that no feed had: by its key, else by its id, else by the next free number."""
    if event.key and (uid := _uid("key", event.key, 1, account)) not in used:
        return uid
    if event.id and (uid := _uid("id", event.id, 1, account)) not in used:
        return uid
    kind: Literal["key", "id"] = "key" if event.key else "id"
    numbered = (_uid(kind, event.key or event.id, number, account) for number in count(2))
    return next(uid for uid in numbered if uid not in used)


def _uid(kind: Literal["key", "id"], name: str, number: int, account: str) -> str:
    """Return a UID that names nobody: it is a hash, as RFC 7986 asks for."""
    return f"{hashlib.sha256(json.dumps([kind, name, number]).encode()).hexdigest()[:32]}@{account}"


def _issued(candidate: FeedEntry, uid: str, before: FeedItem | None, at: datetime) -> FeedItem:
    event = replace(candidate.event, uid=uid)
    if before:
        # "At once" was the moment of that feed, and is that of this one: alone, that is no change.
        moved = replace(event, at=before.event.at, zone=before.event.zone) if candidate.moving else event
        if moved == before.event:
            return before
    changed_at = whole(candidate.changed_at or at)
    if before is None:
        return FeedItem(event, Issue(sequence_at(candidate.changed_at), changed_at))
    sequence = max(sequence_at(candidate.changed_at), _next(before.issue.sequence))
    if changed_at <= before.issue.changed_at:
        changed_at = max(whole(at), before.issue.changed_at)
    return FeedItem(event, Issue(sequence, changed_at))


def _next(sequence: int) -> int:
    return min(sequence + 1, LARGEST_SEQUENCE)


def _absent(items: Sequence[FeedItem], calendar: Calendar) -> Iterator[FeedItem]:
    """Yield what the feed before had and the calendar has not, where the calendar can say so."""
    at = calendar.context.at
    listed = calendar.look is not None and calendar.look.complete
    for item in items:
        if item.event.at < at - _KEPT or not _within(item.event.at, calendar):
            continue
        if item.event.status == "CANCELLED" or (not item.event.key and not listed):
            # Only a complete list of Invent shows that what is recorded nowhere is gone.
            yield item
        elif item.event.id and item.event.at > at and not listed:
            # It was created: that its record is gone does not stop Invent.
            yield item if item.event.categories[0] == _LOST else _reissued(_lost(item.event), item, at)
        else:
            yield _reissued(_cancelled(item.event), item, at)


def _lost(event: FeedEvent) -> FeedEvent:
    return _without_entry(event, "no longer recorded, may still go out", "TENTATIVE", _LOST)


def _cancelled(event: FeedEvent) -> FeedEvent:
    return _without_entry(event, "no longer recorded" if event.id else "no longer planned", "CANCELLED", "cancelled")


def _without_entry(event: FeedEvent, fact: str, status: Status, state: str) -> FeedEvent:
    """Return an event of which the calendar says nothing any more, with what the feed said of it before."""
    former = event.categories[0]
    prefixes = {
        **PREFIXES,
        _LOST: "No longer recorded, may still go out",
        _UNFOLLOWED: "Not followed any more",
    }
    name = event.summary.removeprefix(f"{prefixes[former]}: ") if former in prefixes else event.summary
    earlier = event.description.partition(_EARLIER)[2] if former in (_LOST, _UNFOLLOWED) else event.description
    advice = " Look in Invent before you rely on it." if event.id else ""
    return replace(
        event,
        status=status,
        summary=f"{fact.capitalize()}: {name}",
        description=f"State: {fact}.{advice}{_EARLIER}{earlier}",
        categories=(state, *event.categories[1:]),
    )


def _reissued(event: FeedEvent, item: FeedItem, at: datetime) -> FeedItem:
    return FeedItem(event, Issue(_next(item.issue.sequence), max(whole(at), item.issue.changed_at)))


def _within(at: datetime, calendar: Calendar) -> bool:
    """Return whether the calendar would show a send at a moment; its days are those of the project's zone."""
    day = (local_time(at, calendar.context.zone) or at.astimezone(UTC)).date()
    first, last = calendar.first, calendar.last
    return (first is None or first <= day) and (last is None or day <= last)
