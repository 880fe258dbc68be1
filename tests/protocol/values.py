"""The product's own values behind small numbers, so that a world of the model is a short tuple of hashable things.

A state, an event and a list of broadcasts are interned: equal ones get the same number. What the product says of
them (`State.after`, `reconcile`, `make_plan`) is asked once for each, and remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.record import CALL_LASTS
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
from invent_gitops.values import replace

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
    return Remote(live.id, request(live.key), "SCHEDULED", moment(live.created))


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


@cache
def begun(*, earlier: bool, listed: bool = True) -> int:
    """The state that a history begins with; `earlier` is whether it holds a record already."""
    broadcasts = {}
    if earlier:
        record = Record(EARLIER, request("winter"), "SCHEDULED", "created", provenance(0), "attempt:earlier")
        broadcasts["winter"] = record
    return number(State("lineage", 2 if earlier else 1, "c", "api", broadcasts, listed=listed))
