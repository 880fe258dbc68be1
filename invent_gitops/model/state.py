"""The recorded state: what was created, what is in doubt, what was removed, and the events that change it.

The state is a fold over events: the journal keeps events, a commit of the state branch carries
events, and `State.after` is the only place that says what an event does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from invent_gitops.model.correction import Corrected, correct
from invent_gitops.model.event import (
    DeclaredAbsent,
    Event,
    Intended,
    Listed,
    Looked,
    Moved,
    Recorded,
    Refreshed,
    Removed,
    Reopened,
    Withdrawn,
)
from invent_gitops.model.note import second_note
from invent_gitops.model.record import Absence, Candidate, How, Intent, Provenance, Record, Removal
from invent_gitops.values import Struct, field, replace

__all__ = [
    "Absence",
    "Candidate",
    "Corrected",
    "DeclaredAbsent",
    "Event",
    "How",
    "Intended",
    "Intent",
    "Listed",
    "Looked",
    "Moved",
    "Provenance",
    "Record",
    "Recorded",
    "Refreshed",
    "Removal",
    "Removed",
    "Reopened",
    "State",
    "Withdrawn",
]


class State(Struct, frozen=True):
    """The state of one org on one API host. `serial` counts the writes; `lineage` is a UUID that names the chain.

    `listed` says whether any run has read the whole list there.
    """

    lineage: str
    serial: int
    org: str
    api: str
    broadcasts: Mapping[str, Record] = field(default_factory=dict)
    intents: Mapping[str, Intent] = field(default_factory=dict)
    removed: Mapping[str, Removal] = field(default_factory=dict)
    absences: Mapping[str, Absence] = field(default_factory=dict)
    listed: bool = False

    def holds_attempt(self, key: str, attempt: str) -> bool:
        """Return whether that attempt is open, under its key or beside it."""
        return any(
            name in self.intents and self.intents[name].attempt == attempt for name in (key, beside(key, attempt))
        )

    def attempt_of(self, attempt: str) -> Intent | None:
        """Return the open intent of an attempt, or None."""
        return next((intent for intent in self.intents.values() if intent.attempt == attempt), None)

    def attempts(self) -> set[str]:
        """Return every attempt that is open, or of which the state says what became."""
        ended = (record.attempt for part in (self.broadcasts, self.removed) for record in part.values())
        return {intent.attempt for intent in self.intents.values()} | set(self.absences) | {*ended} - {""}

    def lacks(self, other: State) -> list[str]:
        """Return the ids and attempts of another state that this one does not know."""
        ids = other.ids() - self.ids() - self.corrected()
        return sorted(ids) + sorted(other.attempts() - self.attempts())

    def ids(self) -> set[str]:
        """Return every id that is recorded or was removed."""
        return {record.id for record in self.broadcasts.values()} | {gone.id for gone in self.removed.values()}

    def corrected(self) -> set[str]:
        """Return every id that was recorded by mistake and is free again."""
        return {id for record in self.broadcasts.values() for id in record.instead_of} - self.ids()

    def only(self, key: str) -> State:
        """Return the part of the state that speaks of one key."""
        return replace(
            self,
            broadcasts={name: record for name, record in self.broadcasts.items() if name == key},
            intents={name: intent for name, intent in self.intents.items() if name == key},
            removed={name: removal for name, removal in self.removed.items() if name == key},
            absences={attempt: absence for attempt, absence in self.absences.items() if absence.key == key},
        )

    def after(self, events: Iterable[Event]) -> State:
        """Return the state with the events applied, in order; the serial is left to the store.

        Applying an event a second time changes nothing, so a journal may be replayed. An event that
        brings a second id for a recorded key keeps both: the second goes under a key of its own with a note.
        """
        fold = _Fold(dict(self.broadcasts), dict(self.intents), dict(self.removed), dict(self.absences), self.listed)
        for event in events:
            fold.apply(event)
        return replace(
            self,
            broadcasts=fold.broadcasts,
            intents=fold.intents,
            removed=fold.removed,
            absences=fold.absences,
            listed=fold.listed,
        )


def beside(key: str, attempt: str) -> str:
    """Return the key under which an attempt is kept where its own key has another one."""
    return f"{key}#{attempt[:12]}"


class _Fold:
    """The mutable middle of `State.after`, so that a long journal costs one pass."""

    def __init__(
        self,
        broadcasts: dict[str, Record],
        intents: dict[str, Intent],
        removed: dict[str, Removal],
        absences: dict[str, Absence],
        listed: bool,
    ) -> None:
        self.listed = listed
        self.broadcasts, self.intents, self.removed, self.absences = broadcasts, intents, removed, absences
        self.ids = {record.id for record in broadcasts.values()} | {gone.id for gone in removed.values()}
        # Attempts that are settled: what the journal says of them a second time changes nothing.
        self.settled = {record.attempt for record in broadcasts.values()} | set(absences)
        self.settled |= {removal.attempt for removal in removed.values()}
        self.corrected = {id: record for record in broadcasts.values() for id in record.instead_of}

    def apply(self, event: Event) -> None:
        match event:
            case Intended(key, intent) | Reopened(key, intent):
                self.open(key, intent)
            case Listed():
                self.listed = True
            case Looked():
                self.look(event)
            case Recorded(key, record):
                self.record(key, record)
            case Withdrawn(key, attempt):
                self.close(key, attempt)
            case DeclaredAbsent(attempt, absence):
                self.absences[attempt] = absence
                self.settled.add(attempt)
                self.close(absence.key, attempt)
            case Corrected():
                self.correct(event)
            case Moved():
                self.move(event)
            case Removed(key, removal):
                self.remove(key, removal)
            case Refreshed():
                self.refresh(event)
            case _:
                assert_never(event)

    def open(self, key: str, intent: Intent) -> None:
        """Keep an attempt; it never takes the place of another one."""
        if intent.attempt in self.settled:
            return
        own = key not in self.intents or self.intents[key].attempt == intent.attempt
        self.intents[key if own else beside(key, intent.attempt)] = intent

    def look(self, event: Looked) -> None:
        intent = self.intents.get(event.key)
        if intent is not None and intent.attempt == event.attempt:
            self.intents[event.key] = replace(intent, candidates=event.candidates)

    def correct(self, event: Corrected) -> None:
        if correct(self.broadcasts, self.ids, event):
            self.corrected[event.wrong] = event.record

    def move(self, event: Moved) -> None:
        if self.holds(event.key, event.id) and event.to not in self.broadcasts:
            self.broadcasts[event.to] = self.broadcasts.pop(event.key)

    def holds(self, key: str, id: str) -> bool:
        return key in self.broadcasts and self.broadcasts[key].id == id

    def refresh(self, event: Refreshed) -> None:
        if self.holds(event.key, event.id):
            record = self.broadcasts[event.key]
            self.broadcasts[event.key] = record.seen(event.request, event.status, event.provenance, event.results)

    def remove(self, key: str, removal: Removal) -> None:
        if self.holds(key, removal.id):
            if self.broadcasts[key].outlives(removal):
                # A replay of what was taken back since.
                return
            del self.broadcasts[key]
        self.removed[key] = removal
        self.ids.add(removal.id)

    def record(self, key: str, record: Record) -> None:
        if self.takes_back(key, record):
            del self.removed[key]
            self.broadcasts[key] = record
            return
        if record.id in self.corrected and not self.corrected[record.id].precedes(record):
            # A replay of what was corrected since.
            return
        if record.id in self.ids:
            # Seen before: a replay. Or one id for two attempts, and then the second stays in doubt.
            if record.attempt in self.settled:
                self.close(key, record.attempt)
            return
        self.ids.add(record.id)
        self.settled.add(record.attempt)
        if key in self.broadcasts:
            note = second_note(key, self.broadcasts[key].id)
            name = f"{key}#{record.id}"
            while name in self.broadcasts:
                name += "#"
            self.broadcasts[name] = replace(record, note=note)
        else:
            self.broadcasts[key] = record
        self.close(key, record.attempt)

    def takes_back(self, key: str, record: Record) -> bool:
        free = key in self.removed and key not in self.broadcasts and record.restores(self.removed[key])
        return free and all(other.id != record.id for other in self.broadcasts.values())

    def close(self, key: str, attempt: str) -> None:
        for name in (key, beside(key, attempt)):
            if name in self.intents and self.intents[name].attempt == attempt:
                del self.intents[name]
