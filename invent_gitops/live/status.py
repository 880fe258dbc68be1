"""One row for each broadcast, from files, records and what Invent shows; it changes nothing and calls nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta

from invent_gitops.live.alarms import Subject, alarms
from invent_gitops.live.drift import drift_of, live_request, live_status, look_at, segment_names, untold
from invent_gitops.live.lookalikes import Lookalike, Lookalikes
from invent_gitops.model.broadcast import Catalogue, Definition, Remote, Segment, Sending
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.project import DEFAULT_LIMITS, ResultLimits
from invent_gitops.model.record import Intent, Record, Removal
from invent_gitops.model.state import State
from invent_gitops.model.status import IN_DOUBT, NOT_CREATED, Row, Status, channels_of
from invent_gitops.model.statuses import BEGUN, DOCUMENTED, GONE, OVER
from invent_gitops.policy.audience import audience_of
from invent_gitops.values import Struct, replace

# Nobody reads Invent, so that nothing unread is called missing.
NOT_ASKED: Listing[Remote] = Listing((), ("This page shows the records alone. Invent was not read for it.",))


def status_of(
    definitions: Sequence[Definition],
    state: State,
    listing: Listing[Remote],
    *,
    before: AbstractSet[str],
    catalogue: Catalogue | None,
    context: Context,
    soon: timedelta,
    limits: ResultLimits = DEFAULT_LIMITS,
) -> Status:
    """Return the page of all keys that a file, a record or an open intent has, or that were removed while Invent has
    them.

    `listing` is what Invent shows. What it does not hold is gone only if it was read to its end and the id is one
    of `before`, which were recorded before it was read; everything else is shown as it is recorded. `context` is for
    the account of the state. What is due within `soon` of its moment should be ready; `limits` say what result is poor.
    """
    names = segment_names(listing)
    segments = {id: Segment(name, id) for id, name in names.items()} | (catalogue.by_id() if catalogue else {})
    live = {remote.id: remote for remote in listing.entries}
    lookalikes = Lookalikes(listing.entries, state, definitions, context.at)
    missing = before if listing.complete else frozenset()
    removed = _still_there(state, live)
    known_ids = state.ids()
    maker = _Maker(
        state, live, missing, removed, known_ids, listing.complete, lookalikes, segments, context.at, soon, limits
    )
    defined = {definition.key: definition for definition in definitions}
    keys = defined.keys() | state.broadcasts.keys() | state.intents.keys() | removed
    rows = [maker.row(key, defined.get(key)) for key in keys]
    commits = {key: record.provenance.commit for key, record in state.broadcasts.items()}
    look = look_at(state, listing)
    return Status(context.naming(names), tuple(_ordered(rows)), look, soon, commits, channels_of(rows))


class _Maker(Struct, frozen=True):
    state: State
    live: Mapping[str, Remote]
    missing: AbstractSet[str]
    removed: AbstractSet[str]
    known_ids: AbstractSet[str]
    complete: bool
    lookalikes: Lookalikes
    segments: Mapping[str, Segment]
    now: datetime
    soon: timedelta
    limits: ResultLimits

    def row(self, key: str, definition: Definition | None) -> Row:
        record, intent = self.state.broadcasts.get(key), self.state.intents.get(key)
        removal = None if record or intent else self.state.removed.get(key)
        held = record or (removal if key in self.removed else None)
        remote = self.live.get(held.id) if held else None
        if intent:
            row = self.in_doubt(key, intent)
        elif record:
            row = self.recorded(key, record, remote, definition)
        elif removal and remote:
            row = self.taken_out(key, removal, remote)
        else:
            assert definition is not None
            row = self.not_created(definition)
        row = replace(
            row,
            past=self.is_past(row),
            definition=definition,
        )
        lookalike = self.like(row, definition, record, remote)
        subject = Subject(
            row,
            self.state,
            self.now,
            self.soon,
            definition,
            record,
            remote,
            intent,
            removal,
            lookalike,
            self.complete,
            self.limits,
        )
        return replace(row, alarms=tuple(alarms(subject)))

    def like(
        self, row: Row, definition: Definition | None, record: Record | None, remote: Remote | None
    ) -> Lookalike | None:
        """Return what Invent has, and no record knows, of a definition that was not created, or exactly like a live
        one.
        """
        if record and remote:
            lookalike = self.lookalikes.find(live_request(record.request, remote))
            exact = lookalike is not None and lookalike.how == "exact" and lookalike.remote.status not in OVER
            return lookalike if lookalike and exact and lookalike.remote.id not in self.known_ids else None
        lookalike = self.lookalikes.find(definition.request) if definition and row.state == NOT_CREATED else None
        # What is another key's by now is told by the plan.
        return lookalike if lookalike and lookalike.remote.id not in self.known_ids else None

    def in_doubt(self, key: str, intent: Intent) -> Row:
        request = intent.request
        audience = audience_of(request, self.segments)
        return Row(key, request, IN_DOUBT, audience, since=intent.provenance.at)

    def taken_out(self, key: str, removal: Removal, remote: Remote) -> Row:
        request = live_request(removal.request, remote)
        audience = audience_of(request, self.segments)
        state = "" if "status" in remote.unread else remote.status
        row = Row(key, request, state, audience, removal.id, read=not untold(remote))
        return _shown(row, remote)

    def not_created(self, definition: Definition) -> Row:
        request = definition.request
        audience = audience_of(request, self.segments)
        return Row(definition.key, request, NOT_CREATED, audience)

    def recorded(self, key: str, record: Record, remote: Remote | None, definition: Definition | None) -> Row:
        request = record.request
        if remote:
            request = live_request(record.request, remote)
        row = Row(key, request, record.status, audience_of(request, self.segments), record.id)
        defined = definition.request if definition else None
        if remote:
            drift = drift_of(key, record, remote, defined)
            row = replace(row, read=not untold(remote), state=live_status(record, remote), drift=drift)
            return _shown(row, remote)
        kept = Sending(counts=record.counts.results) if record.counts.results else row.sending
        row = replace(row, since=request.scheduled_at or record.provenance.at, sending=kept)
        if record.id in self.missing:
            drift = drift_of(key, record, None, defined)
            return replace(row, state=GONE, drift=drift)
        return replace(row, read=False)

    def is_past(self, row: Row) -> bool:
        """Return what is over; of a status that nobody knows, the clock alone can tell."""
        if row.state in (IN_DOUBT, NOT_CREATED):
            return False
        if row.state in DOCUMENTED or row.state == GONE:
            return row.state in OVER
        return row.at is not None and row.at <= self.now


def _still_there(state: State, live: Mapping[str, Remote]) -> set[str]:
    """Return the keys that somebody took out of the state, and whose broadcasts Invent has, still to be sent."""
    remotes = {key: live.get(removal.id) for key, removal in state.removed.items()}
    return {key for key, remote in remotes.items() if remote and remote.status not in OVER}


def _shown(row: Row, remote: Remote) -> Row:
    """Return the row with what only Invent knows."""
    sending = remote.sending
    contacts = sending.counts.contacts
    # What Invent counts for the broadcast itself is surer than the catalogue's sum of its segments.
    audience = row.audience if contacts is None else replace(row.audience, contacts=contacts, today=True)
    return replace(
        row,
        audience=audience,
        since=sending.completed_at or sending.started_at or row.at or remote.created_at,
        sending=sending if row.state in BEGUN else replace(sending, error_message=""),
    )


def _ordered(rows: Sequence[Row]) -> Iterator[Row]:
    """Yield what is to come, soonest first, then what is past, newest first; "at once" is sooner than any time."""
    first = datetime.min.replace(tzinfo=UTC)
    yield from sorted((row for row in rows if not row.past), key=lambda row: (row.at or first, row.key))
    past = sorted((row for row in rows if row.past), key=lambda row: row.key)
    yield from sorted(past, key=lambda row: row.since or first, reverse=True)
