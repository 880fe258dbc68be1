"""The calendar of a workspace, from its status rows, its plan and its state; it changes nothing and calls nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from invent_gitops.live.alarms import GRACE
from invent_gitops.live.calendar_remarks import is_young, remark_on_nobody, remarks_on, remarks_on_removal
from invent_gitops.live.clashes import with_clashes
from invent_gitops.live.drift import live_request
from invent_gitops.live.reconcile import attempted_ids
from invent_gitops.live.status import NOT_ASKED
from invent_gitops.live.unsettled import blocked_alarm
from invent_gitops.model.broadcast import NOT_TOLD, Counts, Definition, Remote, Request, Segment
from invent_gitops.model.calendar import NO_AUTHOR, Author, Calendar, CalendarEntry, CalendarRules, Revision, SendState
from invent_gitops.model.listing import Listing
from invent_gitops.model.plan import Item, Plan
from invent_gitops.model.project import Policies
from invent_gitops.model.record import Record, Removal
from invent_gitops.model.state import State
from invent_gitops.model.status import IN_DOUBT, NOT_CREATED, Row, Status
from invent_gitops.model.statuses import BEGUN, CALLED_OFF, GONE
from invent_gitops.model.unreachable import Unreached
from invent_gitops.policy.audience import audience_of
from invent_gitops.policy.times import in_zone
from invent_gitops.values import Struct, field, replace

_STATES: Mapping[str, SendState] = {
    IN_DOUBT: "blocked",
    "DRAFT": "draft",
    "SCHEDULED": "scheduled",
    "SENDING": "sending",
    "SENT": "sent",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
    GONE: "gone",
}


class FileChanges(Struct, frozen=True):
    """What a base and the history of the files say of the definitions.

    `changed_at` says by key when the file last changed, without those of which no evidence tells. `reference` is the
    base as people call it, "" where none is known, and `base` are the requests that it defines, by key.
    """

    changed_at: Mapping[str, datetime] = field(default_factory=dict)
    reference: str = ""
    base: Mapping[str, Request] = field(default_factory=dict)


NO_CHANGES = FileChanges()


def calendar_of(
    status: Status,
    plan: Plan,
    state: State,
    policies: Policies,
    *,
    listing: Listing[Remote] = NOT_ASKED,
    changes: FileChanges = NO_CHANGES,
) -> Calendar:
    """Return every send of the workspace, by time and then by key.

    `status` and `plan` are of the same definitions, the same `state` and the same `listing`. With `NOT_ASKED`
    everything is as it was recorded, and the calendar has no look.
    """
    items = {item.key: item for item in plan.items}
    segments = {id: Segment(name, id) for id, name in status.context.names.items()}
    unreached = {edit.key: edit for edit in plan.unreachable}
    maker = _EntryMaker(status, plan, state, listing, changes, items, segments, unreached)
    entries = sorted(maker.entries(), key=lambda entry: (entry.at, entry.key, entry.id))
    gap = policies.minimum_gap
    return Calendar(
        status.context,
        tuple(with_clashes(entries, gap, status.context.names) if gap else entries),
        CalendarRules(policies.quiet_hours, policies.blackout_days, gap),
        look=None if listing is NOT_ASKED else status.look,
        changed_from=changes.reference,
    )


def within_days(calendar: Calendar, first: date | None, last: date | None) -> Calendar:
    """Return the part of a calendar from one day to another, both included, in the project's zone; None is open."""

    def is_asked(entry: CalendarEntry) -> bool:
        local = in_zone(entry.at, calendar.context.zone) or entry.at.astimezone(UTC)
        return (first is None or first <= local.date()) and (last is None or local.date() <= last)

    asked = tuple(filter(is_asked, calendar.entries))
    outside = tuple(entry for entry in calendar.entries if not is_asked(entry))
    return replace(calendar, entries=asked, outside=outside, first=first, last=last)


class _EntryMaker(Struct, frozen=True):
    status: Status
    plan: Plan
    state: State
    listing: Listing[Remote]
    changes: FileChanges
    items: Mapping[str, Item]
    segments: Mapping[str, Segment]
    unreached: Mapping[str, Unreached]

    @property
    def now(self) -> datetime:
        return self.status.context.at.replace(microsecond=0)

    def entries(self) -> Iterator[CalendarEntry]:
        definitions: dict[str, Definition] = {}
        for row in self.status.rows:
            if row.definition:
                definitions[row.key] = row.definition
            # What was removed is shown as it was created, whatever its file says.
            if row.state != NOT_CREATED or row.key not in self.state.removed:
                yield self.of_row(row)
        live = {remote.id: remote for remote in self.listing.entries}
        kept = {row.key for row in self.status.rows if row.state != NOT_CREATED}
        for key, removal in self.state.removed.items():
            if key not in kept:
                yield self.of_removal(key, removal, live.get(removal.id), definitions.get(key))
        unknown = live.keys() - self.state.ids() - attempted_ids(self.state, self.listing.entries)
        yield from (self.of_nobody(live[id]) for id in unknown)

    def of_row(self, row: Row) -> CalendarEntry:
        """Return the entry of a key that is defined, recorded or in doubt, or that was removed and is still there."""
        item, record = self.items.get(row.key), self.state.broadcasts.get(row.key)
        if intent := self.state.intents.get(row.key):
            # Pages and feeds are read later: they say from when on a person may settle it, and not in how many minutes.
            alarm = blocked_alarm(row.key, intent, intent.settled_from)
            row = replace(row, alarms=tuple(alarm if old.rule == "blocked" else old for old in row.alarms))
        send_state = self.state_of(row, item)
        asked = self.listing is not NOT_ASKED
        word = row.state if row.state not in (IN_DOUBT, NOT_CREATED, GONE) else record.status if record else ""
        return CalendarEntry(
            row.key,
            row.request,
            self.moment_of(row, record),
            send_state,
            row.audience,
            row.id,
            word,
            _author(row.definition),
            tuple(remarks_on(row, send_state, self.plan, item, self.unreached.get(row.key), asked=asked)),
            row.sending.counts if row.state in BEGUN or row.state == GONE else NOT_TOLD,
            revision=self.revision(row),
        )

    def state_of(self, row: Row, item: Item | None) -> SendState:
        if row.state == NOT_CREATED:
            return "refused" if self.plan.held_back or (item and item.action == "refused") else "planned"
        if row.state == "DRAFT" and row.sending.templates == 0:
            return "empty draft"
        record = self.state.broadcasts.get(row.key)
        if row.state == GONE and record and record.status == "SENT":
            # It was sent, and was deleted from Invent's list later.
            return "sent"
        if row.state == GONE and record and self.is_unseen(row, record):
            return _STATES[record.status] if record.status in ("DRAFT", *CALLED_OFF) else "unknown"
        return _STATES.get(row.state, "unknown")

    def is_unseen(self, row: Row, record: Record) -> bool:
        """Return whether the list that lacks it was read within the hour after its create, so that it may lag."""
        looked_at = self.now if row.read or record.refreshed is None else record.refreshed.at
        return is_young(record.provenance.at, looked_at)

    def moment_of(self, row: Row, record: Record | None) -> datetime:
        """Return when it goes or went out. What was sent by hand before its hour, or after it, is not at that hour."""
        if row.state in BEGUN and row.sending.started_at:
            return _as_planned(row.sending.started_at, row.at)
        at = row.at or self.created_at(row) or self.now
        if row.state in BEGUN and at > self.now:
            # No record holds the hour at which it began: that was before somebody saw it so.
            latest_look = record.refreshed or record.provenance if record else None
            return min(latest_look.at if latest_look and not row.read else self.now, self.now)
        return at

    def created_at(self, row: Row) -> datetime | None:
        """Return the moment of its create, or of the attempt; None before."""
        origin = self.state.intents.get(row.key) or self.state.broadcasts.get(row.key)
        return origin.provenance.at if origin else row.since

    def revision(self, row: Row) -> Revision:
        record, intent = self.state.broadcasts.get(row.key), self.state.intents.get(row.key)
        times = [self.changes.changed_at.get(row.key), intent.provenance.at if intent else None]
        if record:
            times += [record.provenance.at, record.refreshed.at if record.refreshed else None]
        if row.drift:
            # Somebody changed it in Invent, and no record tells since when.
            times.append(row.sending.updated_at)
        defined = row.definition.request if row.definition else None
        # A file that the base still has is part of the change, too.
        is_new = bool(self.changes.reference) and self.changes.base.get(row.key) != defined
        return Revision(self.latest(times), in_change=is_new)

    def latest(self, times: list[datetime | None]) -> datetime | None:
        """Return the latest of the times that evidence tells; a clock that is ahead does not lead into the future."""
        return max((min(at.replace(microsecond=0), self.now) for at in times if at), default=None)

    def of_removal(
        self, key: str, removal: Removal, remote: Remote | None, definition: Definition | None
    ) -> CalendarEntry:
        """Return the tombstone of what a person took out of the records."""
        request = live_request(removal.request, remote) if remote else removal.request
        status = remote.status if remote and "status" not in remote.unread else ""
        # That its record is gone stops nothing in Invent: only a list that is complete, and not too early, shows that.
        is_over = self.listing.complete and not is_young(removal.provenance.at, self.now)
        changed_at = self.latest([self.changes.changed_at.get(key), removal.provenance.at])
        return CalendarEntry(
            key,
            request,
            (remote and _began_at(remote)) or request.scheduled_at or removal.provenance.at,
            # Invent knows best what became of it. Nothing that it shows as still to be sent gets here.
            _STATES.get(status, "cancelled" if is_over else "unknown"),
            audience_of(request, self.segments),
            removal.id,
            status,
            _author(definition),
            remarks_on_removal(removal, remote, self.listing, self.status.context, defined=definition),
            _results(remote),
            revision=Revision(changed_at, removed=True),
        )

    def of_nobody(self, remote: Remote) -> CalendarEntry:
        """Return the entry of a live broadcast that no record knows."""
        request = remote.request
        return CalendarEntry(
            "",
            request,
            _began_at(remote) or request.scheduled_at or remote.created_at or self.now,
            "recorded nowhere",
            audience_of(request, self.segments),
            remote.id,
            remote.status,
            remarks=(remark_on_nobody(self.status.context.flags),),
            results=_results(remote),
            revision=Revision(self.latest([remote.sending.updated_at or remote.created_at])),
        )


def _author(definition: Definition | None) -> Author:
    if definition is None:
        return NO_AUTHOR
    return Author(definition.owner, definition.description, definition.timezone, definition.position.file)


def _began_at(remote: Remote) -> datetime | None:
    """Return when Invent began to send it, None before or where it does not say."""
    began = remote.sending.started_at if remote.status in BEGUN else None
    return began and _as_planned(began, remote.request.scheduled_at)


def _as_planned(began: datetime, at: datetime | None) -> datetime:
    """Return the hour that it was planned for if it began then, give or take what a queue needs."""
    return at if at and abs(began - at) <= GRACE else began


def _results(remote: Remote | None) -> Counts:
    return remote.sending.counts if remote and remote.status in BEGUN else NOT_TOLD
