"""The recorded state: what was created, what is in doubt, what was removed, and the events that change it.

The state is a fold over events: the journal keeps events, a commit of the state branch carries
events, and `State.after` is the only place that says what an event does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, assert_never

from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.instant import write_instant

# How the note of a record begins that should not be there.
SECOND = "A second broadcast"

How = Literal["created", "adopted", "resolved", "imported"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who acted, when (aware, UTC), from which commit and in which run; "" where it is not known."""

    at: datetime
    by: str
    commit: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A broadcast that exists: `how` says whether its id came from the answer, the list, a person or an import."""

    id: str
    request: Request
    status: str
    how: How
    provenance: Provenance
    attempt: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A live broadcast that may have come of an attempt; `differs` names the fields that are not as requested."""

    remote: Remote
    differs: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """As the state and the documents for machines both show it."""
        remote = self.remote
        return {
            "id": remote.id,
            "name": remote.name,
            "status": remote.status,
            "scheduled_at": write_instant(remote.scheduled_at) if remote.scheduled_at else None,
            "segment_ids": list(remote.segment_ids),
            "send_to_all": remote.send_to_all,
            "created_at": write_instant(remote.created_at) if remote.created_at else None,
            "differs": list(self.differs),
        }


@dataclass(frozen=True, slots=True)
class Intent:
    """Written durably before a create call; it stays until the outcome of that call is known.

    `attempt` is unique for each call, so that two runs can never mistake each other's intent for their own.
    `candidates` is what the last look at the list found, or None if nobody has looked yet.
    """

    request: Request
    attempt: str
    provenance: Provenance
    candidates: tuple[Candidate, ...] | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """A tombstone: the record is gone, and its key and its request stay refused."""

    id: str
    request: Request
    reason: str
    provenance: Provenance
    attempt: str = ""


@dataclass(frozen=True, slots=True)
class Absence:
    """A person's word that an attempt created nothing."""

    key: str
    reason: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Intended:
    key: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Looked:
    """The list was read to its end and did not settle the attempt; these are its candidates."""

    key: str
    attempt: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    key: str
    record: Record


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The call surely created nothing, so the intent is taken back."""

    key: str
    attempt: str


@dataclass(frozen=True, slots=True)
class DeclaredAbsent:
    """`resolve --not-created`."""

    attempt: str
    absence: Absence


@dataclass(frozen=True, slots=True)
class Moved:
    """The record with that id goes from one key to another."""

    key: str
    to: str
    id: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Removed:
    key: str
    removal: Removal


Event = Intended | Looked | Recorded | Withdrawn | DeclaredAbsent | Moved | Removed


@dataclass(frozen=True, slots=True)
class State:
    """The state of one org on one API host. `serial` counts the writes; `lineage` is a UUID that names the chain."""

    lineage: str
    serial: int
    org: str
    api: str
    broadcasts: Mapping[str, Record] = field(default_factory=dict)
    intents: Mapping[str, Intent] = field(default_factory=dict)
    removed: Mapping[str, Removal] = field(default_factory=dict)
    absences: Mapping[str, Absence] = field(default_factory=dict)

    def ids(self) -> set[str]:
        """Every id that is recorded or was removed."""
        return {record.id for record in self.broadcasts.values()} | {gone.id for gone in self.removed.values()}

    def only(self, key: str) -> State:
        """The part of the state that speaks of one key."""
        return replace(
            self,
            broadcasts={name: one for name, one in self.broadcasts.items() if name == key},
            intents={name: one for name, one in self.intents.items() if name == key},
            removed={name: one for name, one in self.removed.items() if name == key},
            absences={attempt: one for attempt, one in self.absences.items() if one.key == key},
        )

    def after(self, events: Iterable[Event]) -> State:
        """The state with the events applied, in order; the serial is left to the store.

        Applying an event a second time changes nothing, so a journal may be replayed. An event that
        brings a second id for a recorded key keeps both: the second goes under a key of its own with a note.
        """
        fold = _Fold(dict(self.broadcasts), dict(self.intents), dict(self.removed), dict(self.absences))
        for event in events:
            fold.apply(event)
        return replace(
            self,
            broadcasts=fold.broadcasts,
            intents=fold.intents,
            removed=fold.removed,
            absences=fold.absences,
        )


class _Fold:
    """The mutable middle of `State.after`, so that a long journal costs one pass."""

    def __init__(
        self,
        broadcasts: dict[str, Record],
        intents: dict[str, Intent],
        removed: dict[str, Removal],
        absences: dict[str, Absence],
    ) -> None:
        self.broadcasts, self.intents, self.removed, self.absences = broadcasts, intents, removed, absences
        self.ids = {record.id for record in broadcasts.values()} | {gone.id for gone in removed.values()}
        # Attempts that are settled: what the journal says of them a second time changes nothing.
        self.settled = {record.attempt for record in broadcasts.values()} | set(absences)
        self.settled |= {removal.attempt for removal in removed.values()}

    def apply(self, event: Event) -> None:
        match event:
            case Intended(key, intent):
                if intent.attempt not in self.settled:
                    self.intents[key] = intent
            case Looked(key, attempt, candidates):
                open_intent = self.intents.get(key)
                if open_intent is not None and open_intent.attempt == attempt:
                    self.intents[key] = replace(open_intent, candidates=candidates)
            case Recorded(key, record):
                self.record(key, record)
            case Withdrawn(key, attempt):
                self.close(key, attempt)
            case DeclaredAbsent(attempt, absence):
                self.absences[attempt] = absence
                self.settled.add(attempt)
                self.close(absence.key, attempt)
            case Moved(key, to, id, _):
                if key in self.broadcasts and self.broadcasts[key].id == id and to not in self.broadcasts:
                    self.broadcasts[to] = self.broadcasts.pop(key)
            case Removed(key, removal):
                if key in self.broadcasts and self.broadcasts[key].id == removal.id:
                    del self.broadcasts[key]
                self.removed[key] = removal
                self.ids.add(removal.id)
            case _:
                assert_never(event)

    def record(self, key: str, record: Record) -> None:
        if record.id in self.ids:
            # Seen before: a replay. Or one id for two attempts, and then the second stays in doubt.
            if record.attempt in self.settled:
                self.close(key, record.attempt)
            return
        self.ids.add(record.id)
        self.settled.add(record.attempt)
        if key in self.broadcasts:
            note = f"{SECOND} for the key {key}, which is recorded as {self.broadcasts[key].id}."
            name = f"{key}#{record.id}"
            while name in self.broadcasts:
                name += "#"
            self.broadcasts[name] = replace(record, note=note)
        else:
            self.broadcasts[key] = record
        self.close(key, record.attempt)

    def close(self, key: str, attempt: str) -> None:
        if key in self.intents and self.intents[key].attempt == attempt:
            del self.intents[key]
