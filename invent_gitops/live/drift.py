"""Compares what Invent shows with what is recorded and what is defined; it changes nothing and calls nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta

from invent_gitops.compare import field_changes
from invent_gitops.live.reconcile import attempted_ids
from invent_gitops.live.results import results_to_keep
from invent_gitops.model.broadcast import LIVE_FIELDS, REQUEST_FIELDS, Remote, Request
from invent_gitops.model.command import Command, Cure, reasoned_command
from invent_gitops.model.drift import Case, Coverage, Drift, Renewal, Renewed, Word
from invent_gitops.model.listing import Listing
from invent_gitops.model.plan import FieldChange, Item, Plan
from invent_gitops.model.record import Provenance, Record
from invent_gitops.model.state import Refreshed, State
from invent_gitops.model.statuses import BEGUN, DOCUMENTED, GONE
from invent_gitops.values import replace

# How many broadcasts a gap names that is the same for all of them.
_NAMED = 5
_STATUS: Mapping[str, Word] = {
    "CANCELLED": "cancelled",
    "FAILED": "failed",
    "SENDING": "sending",
    "SENT": "sent",
    "SCHEDULED": "scheduled",
}


def with_drift(plan: Plan, state: State, listing: Listing[Remote], *, before: AbstractSet[str]) -> Plan:
    """`plan` with what Invent shows of each recorded broadcast, beside what is recorded and defined.

    `before` are the ids that were recorded before the list was read: a list cannot hold what came later, so nothing
    else is called gone. What is in doubt is left to `reconcile`.
    """
    live = {remote.id: remote for remote in listing.entries}
    items = tuple(_compared(item, state, live, listing, before) for item in plan.items)
    look = look_at(state, listing, keys={item.key for item in items})
    return replace(plan, items=items, look=look, context=plan.context.naming(segment_names(listing)))


def look_at(state: State, listing: Listing[Remote], *, keys: AbstractSet[str] | None = None) -> Coverage:
    """Return how much of what is recorded the list tells, and how much it tells beside that.

    Only `keys` count for what could not be read; None stands for all. What an attempt in doubt may have created is its
    key's, and so not recorded nowhere.
    """
    live = {remote.id: remote for remote in listing.entries}
    unread: list[str] = []
    vague: dict[tuple[str, ...], list[str]] = {}
    for key, record in sorted(state.broadcasts.items()):
        if keys is not None and key not in keys:
            continue
        remote = live.get(record.id)
        fields = untold(remote) if remote else ()
        if fields:
            vague.setdefault(fields, []).append(f"{record.id} ({key})")
        if fields or (remote is None and not listing.complete):
            unread.append(key)
    gaps = tuple(_gap(fields, labels) for fields, labels in vague.items())
    unknown = live.keys() - state.ids() - attempted_ids(state, listing.entries)
    return Coverage((*listing.gaps, *gaps), tuple(unread), len(unknown))


def untold(remote: Remote) -> tuple[str, ...]:
    """Return the fields of a live broadcast that a record holds as well, and that cannot be compared with it."""
    # What is no text for people may be no text for a file either, and one such id must not stop a refresh.
    usable = {"name": bool(remote.request.name), "segments": all(id.isprintable() for id in remote.request.segment_ids)}
    return tuple(field for field in (*LIVE_FIELDS, "status") if field in remote.unread or not usable.get(field, True))


def _gap(fields: Sequence[str], labels: Sequence[str]) -> str:
    field_list = " and ".join(filter(None, [", ".join(fields[:-1]), fields[-1]]))
    more = f" and {len(labels) - _NAMED:,} more" if len(labels) > _NAMED else ""
    return f"Invent does not show the {field_list} of {', '.join(labels[:_NAMED])}{more}."


def segment_names(listing: Listing[Remote]) -> dict[str, str]:
    """Return the names of segments by id, as the live broadcasts tell them."""
    return {id: name for remote in listing.entries for id, name in remote.segments if name}


def refreshed(
    state: State, listing: Listing[Remote], provenance: Provenance, *, before: AbstractSet[str]
) -> list[Refreshed]:
    """Return what Invent shows otherwise than it is recorded, as events; none where nothing differs.

    `before` is as for `with_drift`. Keys in doubt are left alone.
    """
    live = {remote.id: remote for remote in listing.entries}
    events = []
    for key, record in sorted(state.broadcasts.items()):
        if key in state.intents:
            continue
        remote = live.get(record.id)
        request, status, results = record.request, record.status, None
        if remote:
            request, status = live_request(record.request, remote), live_status(record, remote)
            results = results_to_keep(record, remote, status, provenance.at)
        elif listing.complete and record.id in before:
            status = GONE
        if results or (request, status) != (record.request, record.status):
            events.append(Refreshed(key, record.id, request, status, _after(record, provenance), results))
    return events


def renewal(before: State, after: State, keys: Sequence[str], listing: Listing[Remote]) -> Renewal:
    """Return what a refresh has made of the records of `keys`."""
    histories = [(key, before.broadcasts[key], after.broadcasts.get(key)) for key in keys]
    return Renewal(
        tuple(
            Renewed(key, new.id, new.request.name, fields)
            for key, old, new in histories
            if new and new.id == old.id and (fields := taken_over(old, new))
        ),
        len(after.broadcasts),
        look_at(after, listing),
        tuple(sorted(after.intents)),
        segment_names(listing),
    )


def taken_over(before: Record, after: Record) -> tuple[FieldChange, ...]:
    """Return the fields of the request, the status, and what came of it, in which a record was renewed."""
    status = FieldChange("status", before.status, after.status)
    old, new = (record.counts.results for record in (before, after))
    results = FieldChange("results", old.told if old else None, new.told if new else None)
    changed = ((status, before.status != after.status), (results, old != new))
    return (*field_changes(before.request, after.request), *(change for change, is_changed in changed if is_changed))


def drift_of(key: str, record: Record, remote: Remote | None, defined: Request | None) -> Drift | None:
    """Return how a live broadcast differs from its record, or None if it does not; no `remote` means that it is gone.

    `defined` is the request that the file gives, or None if there is no file.
    """
    if remote is None:
        if record.status == GONE:
            return None
        return Drift(("gone",), GONE, record.status, cure=_gone(key))
    live, status = live_request(record.request, remote), live_status(record, remote)
    if (live, status) == (record.request, record.status):
        return None
    changes = field_changes(record.request, live)
    case = _case(record.request, live, defined) if changes else ""
    drift_words = tuple(_words(record.status, status, {change.field for change in changes}))
    cure = _cure(drift_words, case)
    return Drift(drift_words, status, record.status, changes, case, remote.sending.error_message, cure)


def live_request(recorded: Request, remote: Remote) -> Request:
    """Return what Invent shows of a broadcast; what it does not tell is as it is recorded."""
    live, missing = remote.request, untold(remote)
    as_recorded = {field for field, live_name in zip(REQUEST_FIELDS, LIVE_FIELDS, strict=True) if live_name in missing}
    # The same name, however it is spelled there.
    if live.plain.name == recorded.plain.name:
        as_recorded.add("name")
    # Where "at once" was asked for, Invent may fill in the time.
    if recorded.scheduled_at is None and (remote.status in BEGUN or remote.at_once):
        as_recorded.add("scheduled_at")
    return replace(live, **{field: getattr(recorded, field) for field in as_recorded})


def live_status(record: Record, remote: Remote) -> str:
    return record.status if "status" in remote.unread else remote.status or record.status


def _after(record: Record, provenance: Provenance) -> Provenance:
    """`provenance`, later than the last refresh whatever the clocks say: an older one would be taken for a replay."""
    if record.refreshed is None:
        return provenance
    return replace(provenance, at=max(provenance.at, record.refreshed.at + timedelta(seconds=1)))


def _compared(
    item: Item,
    state: State,
    live: Mapping[str, Remote],
    listing: Listing[Remote],
    before: AbstractSet[str],
) -> Item:
    record = item.record
    if record is None or item.key in state.intents:
        return item
    remote = live.get(record.id)
    if remote is None and not (listing.complete and record.id in before):
        return item
    defined = item.definition.request if item.definition else None
    return replace(item, drift=drift_of(item.key, record, remote, defined))


def _case(recorded: Request, live: Request, defined: Request | None) -> Case:
    if defined is None:
        return "no file"
    if defined.plain == live.plain:
        return "record behind"
    return "edited in Invent" if defined.plain == recorded.plain else "all differ"


def _words(recorded: str, status: str, fields: set[str]) -> Iterator[Word]:
    if status != recorded:
        if recorded == GONE:
            yield "back"
        if status == "DRAFT" and recorded == "SCHEDULED":
            yield "unscheduled"
        elif status in _STATUS:
            yield _STATUS[status]
        elif status not in DOCUMENTED:
            yield "unknown status"
    if "scheduled_at" in fields:
        yield "rescheduled"
    if fields - {"scheduled_at"}:
        yield "edited"


def _cure(drift_words: Sequence[Word], case: Case) -> Cure | str:
    cures: Mapping[Word, str] = {
        "cancelled": "If it is to stay cancelled, delete its file. If not, schedule it again in Invent.",
        "failed": "Look in Invent for the reason, and send it from there: this tool never sends it again.",
        "unscheduled": "It is a draft again, and drafts are not known to be sent at their hour. Schedule it in Invent.",
    }
    advice = " ".join(cures[word] for word in drift_words if word in cures)
    last = _CASES[case]
    return Cure((f"{advice} ", *last) if advice else last) if last else advice


_REFRESH = Command("refresh")
_CASES: Mapping[Case, tuple[str | Command, ...]] = {
    "": (),
    "record behind": ("The file says what Invent shows, and only the record is behind: ", _REFRESH),
    "edited in Invent": (
        "It was edited in Invent. To keep the edit, write it into the file, then: ",
        _REFRESH,
        " . To drop the edit, undo it in Invent.",
    ),
    "all differ": (
        (
            "File, record and Invent say three different things. Make the file and Invent the same, "
            "whichever is right, then: "
        ),
        _REFRESH,
    ),
    "no file": ("It was edited in Invent, and no file defines it. To record the edit: ", _REFRESH),
}


def _gone(key: str) -> Cure:
    look = "Look in Invent, since lists can lag. If it was deleted there, delete its file as well, then: "
    return Cure((look, reasoned_command("state rm", key)))
