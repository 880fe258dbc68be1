"""The product's own values behind small numbers, so that a world of the model is a short tuple of hashable things.

A state, an event and a list of broadcasts are interned: equal ones get the same number. What the product says of
them (`State.after`, `reconcile`, `make_plan`) is asked once for each, and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple, TypeGuard

from invent_gitops.model.broadcast import Definition, Remote, Request
from invent_gitops.model.plan import Action
from invent_gitops.model.problem import Position
from invent_gitops.model.project import Policies
from invent_gitops.model.record import CALL_LASTS, SECOND
from invent_gitops.model.state import (
    Absence,
    DeclaredAbsent,
    Event,
    Intended,
    Intent,
    Provenance,
    Record,
    Recorded,
    Reopened,
    State,
    Withdrawn,
)
from invent_gitops.plan import make_plan
from invent_gitops.reconcile import candidates_of, reconcile

BEGINNING = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SENT_AT = datetime(2026, 12, 20, 9, 0, tzinfo=UTC)
# A call begins in the unit of its intent, or in the next one after a slow write; it is carried out then or one later.
LASTS = 3
UNIT = CALL_LASTS / LASTS
KEYS = ("autumn", "spring")
# A broadcast of another key that was recorded before the history begins, and one that is nobody's.
EARLIER, OTHER, PERSONS = "id:earlier", "id:other", "id:person"
NONE = -1


class Live(NamedTuple):
    """A broadcast on the server: its id, the key whose request it has, and the unit of time of its creation."""

    id: str
    key: str
    created: int


def moment(clock: int) -> datetime:
    return BEGINNING + clock * UNIT


def provenance(clock: int) -> Provenance:
    return Provenance(moment(clock), "somebody")


@cache
def request(key: str) -> Request:
    """What each key asks for; no two look alike."""
    days = timedelta(days=len(key))
    return Request(f"Broadcast {key}", SENT_AT + days, (f"segment of {key}",), False)


@cache
def remote(live: Live) -> Remote:
    wanted = request(live.key)
    return Remote(
        live.id, wanted.name, "SCHEDULED", wanted.scheduled_at, wanted.segment_ids, False, moment(live.created)
    )


# ---------------------------------------------------------------- states by number

_states: list[State] = []
_numbers: dict[tuple[object, ...], int] = {}


def _parts(state: State) -> Iterable[Mapping[str, object]]:
    return state.broadcasts, state.intents, state.removed, state.absences


def number(state: State) -> int:
    """The number of a state; equal ones have the same."""
    key = (state.lineage, state.serial, state.listed, *(tuple(sorted(part.items())) for part in _parts(state)))
    if key not in _numbers:
        _numbers[key] = len(_states)
        _states.append(state)
    return _numbers[key]


def state(known: int) -> State:
    return _states[known]


def serial(known: int) -> int:
    return NONE if known == NONE else _states[known].serial


@cache
def with_serial(known: int, wanted: int) -> int:
    return number(replace(state(known), serial=wanted))


# ---------------------------------------------------------------- events by number

_events: list[Event] = []
_event_numbers: dict[Event, int] = {}


def event(of: Event) -> int:
    if of not in _event_numbers:
        _event_numbers[of] = len(_events)
        _events.append(of)
    return _event_numbers[of]


def event_of(known: int) -> Event:
    return _events[known]


@cache
def intended(key: str, attempt: str, clock: int) -> int:
    return event(Intended(key, Intent(request(key), attempt, provenance(clock), settles_at=moment(clock) + CALL_LASTS)))


@cache
def reopened(key: str, attempt: str, begun: int, clock: int) -> int:
    """A new doubt about the call of an attempt that was begun then; `clock` is from when it may be settled."""
    intent = Intent(request(key), f"{attempt}+", provenance(begun), settles_at=moment(clock))
    return event(Reopened(key, intent))


@cache
def recorded(key: str, id: str, attempt: str, clock: int) -> int:
    record = Record(id, request(key), "SCHEDULED", "created", provenance(clock), attempt)
    return event(Recorded(key, record))


@cache
def resolved(key: str, id: str, attempt: str, clock: int) -> int:
    record = Record(id, request(key), "SCHEDULED", "resolved", provenance(clock), attempt)
    return event(Recorded(key, record))


@cache
def withdrawn(key: str, attempt: str) -> int:
    return event(Withdrawn(key, attempt))


@cache
def declared_absent(key: str, attempt: str, clock: int) -> int:
    return event(DeclaredAbsent(attempt, Absence(key, "looked, not there", provenance(clock))))


# ---------------------------------------------------------------- what the product says


@cache
def after(known: int, events: tuple[int, ...]) -> int:
    """`State.after`."""
    return number(state(known).after(_events[one] for one in events)) if events else known


@cache
def after_replacing(known: int, events: tuple[int, ...]) -> int:
    """The fold as it was once: an intent took the place of another one of its key."""
    found = state(known)
    for one in events:
        happened = _events[one]
        if isinstance(happened, Intended):
            others = {key: intent for key, intent in found.intents.items() if key != happened.key}
            found = replace(found, intents=others)
        found = found.after([happened])
    return number(found)


@cache
def reconciled(
    known: int, lives: tuple[Live, ...], doubts: frozenset[str], clock: int, adopts_beside_absence: bool
) -> tuple[int, ...]:
    """`reconcile`, over the attempts that were open before the list was read."""
    whole = state(known)
    earlier = {key: intent for key, intent in whole.intents.items() if intent.attempt in doubts}
    looked_at = replace(whole, intents=earlier, absences={} if adopts_beside_absence else whole.absences)
    events = reconcile(looked_at, [remote(live) for live in lives], provenance(clock))
    kept = {absence.key for absence in looked_at.absences.values()}
    return tuple(event(one) for one in events if not (is_adoption(one) and one.key in kept))


@cache
def actions(known: int, lives: tuple[Live, ...], keys: tuple[str, ...]) -> tuple[Action, ...]:
    """`make_plan`: what each key needs."""
    definitions = [Definition(key, request(key), Position(f"broadcasts/{key}.yaml", 1, 1)) for key in keys]
    live = [remote(one) for one in lives]
    plan = make_plan(definitions, state(known), policies=Policies(), catalogue=None, now=BEGINNING, live=live)
    found = {item.key: item.action for item in plan.items}
    return tuple(found[key] for key in keys)


@cache
def attempts_open(known: int) -> frozenset[str]:
    return frozenset(intent.attempt for intent in state(known).intents.values())


@cache
def ids(known: int) -> frozenset[str]:
    return frozenset(state(known).ids())


@cache
def lacks(known: int, other: int, settled_too: bool) -> bool:
    """Whether a state lacks an id or an attempt of the other one: an open one, or any."""
    attempts = state(other).attempts() if settled_too else attempts_open(other)
    return bool(ids(other) - ids(known) or attempts - state(known).attempts())


@cache
def has_second(known: int) -> bool:
    """Whether a record is there that should not be."""
    return any(record.note.startswith(SECOND) for record in state(known).broadcasts.values())


@cache
def candidates(known: int, lives: tuple[Live, ...]) -> frozenset[str]:
    """The ids that a look at this list would show beside any open attempt, or adopt for it."""
    unknown = [remote(live) for live in lives if live.id not in ids(known)]
    found = (candidates_of(intent, unknown) for intent in state(known).intents.values())
    return frozenset(candidate.remote.id for several in found for candidate in several)


@cache
def matches(known: int, attempt: str, lives: tuple[Live, ...]) -> tuple[str, ...]:
    """The ids on this list that the attempt may have made, and no record knows."""
    unknown = [remote(live) for live in lives if live.id not in ids(known)]
    found = [intent for intent in state(known).intents.values() if intent.attempt == attempt]
    return tuple(one.remote.id for intent in found for one in candidates_of(intent, unknown))


@cache
def twins(known: int, lives: tuple[Live, ...], clock: int) -> frozenset[str]:
    """The ids on this list that equal the request of a key adopted within a day, beside the adopted one."""
    found = set()
    for record in state(known).broadcasts.values():
        if record.how == "adopted" and (moment(clock) - record.provenance.at).days < 1:
            found |= {live.id for live in lives if request(live.key) == record.request and live.id not in ids(known)}
    return frozenset(found)


@cache
def has_adopted(known: int) -> bool:
    return any(record.how == "adopted" for record in state(known).broadcasts.values())


@cache
def is_new(known: int) -> bool:
    return not state(known).broadcasts and not state(known).removed


@cache
def recorded_attempts(known: int) -> frozenset[str]:
    return frozenset(record.attempt for record in state(known).broadcasts.values())


@cache
def settled(known: int) -> frozenset[str]:
    """The attempts of which the state says what became of them."""
    return frozenset(state(known).attempts()) - attempts_open(known)


def is_adoption(happened: Event) -> TypeGuard[Recorded]:
    return isinstance(happened, Recorded) and happened.record.how == "adopted"


@cache
def absent_keys(known: int) -> frozenset[str]:
    return frozenset(absence.key for absence in state(known).absences.values())


@cache
def settled_from(known: int, attempt: str, clock: int) -> bool:
    """Whether a person may say by then what became of that open attempt."""
    found = [intent for intent in state(known).intents.values() if intent.attempt == attempt]
    return all(intent.settled_from <= moment(clock) for intent in found)


@cache
def begun(*, earlier: bool, listed: bool = True) -> int:
    """The state that a history begins with; `earlier` is whether it holds a record already."""
    broadcasts = {}
    if earlier:
        record = Record(EARLIER, request("winter"), "SCHEDULED", "created", provenance(0), "attempt:earlier")
        broadcasts["winter"] = record
    return number(State("lineage", 2 if earlier else 1, "c", "api", broadcasts, listed=listed))
