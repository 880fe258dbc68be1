"""What the product says of a state: its fold, its `reconcile`, its plan. Asked once for each state, and remembered."""

from __future__ import annotations

from functools import cache
from typing import TypeGuard

from invent_gitops.live.reconcile import candidates_of, reconcile
from invent_gitops.model.broadcast import Definition
from invent_gitops.model.context import Context
from invent_gitops.model.plan import Action
from invent_gitops.model.problem import Position
from invent_gitops.model.project import Policies
from invent_gitops.model.state import Event, Intended, Recorded
from invent_gitops.plan.make import LiveList, Terms, make_plan
from invent_gitops.values import replace
from tests.protocol.values import BEGINNING, Live, event, event_of, moment, number, provenance, remote, request, state


@cache
def after(known: int, events: tuple[int, ...]) -> int:
    """`State.after`."""
    return number(state(known).after(event_of(one) for one in events)) if events else known


@cache
def after_replacing(known: int, events: tuple[int, ...]) -> int:
    """The fold as it was once: an intent took the place of another one of its key."""
    found = state(known)
    for one in events:
        happened = event_of(one)
        if isinstance(happened, Intended):
            others = {key: intent for key, intent in found.intents.items() if key != happened.key}
            found = replace(found, intents=others)
        found = found.after([happened])
    return number(found)


@cache
def reconciled(
    known: int, lives: tuple[Live, ...], doubts: frozenset[str], clock: int, adopts_beside_absence: bool
) -> tuple[int, ...]:
    """`reconcile`, over the keys that were in doubt before the list was read."""
    whole = state(known)
    earlier = {key: intent for key, intent in whole.intents.items() if key in doubts}
    looked_at = replace(whole, intents=earlier, absences={} if adopts_beside_absence else whole.absences)
    events = reconcile(looked_at, [remote(live) for live in lives], provenance(clock))
    kept = {absence.key for absence in looked_at.absences.values()}
    return tuple(event(one) for one in events if not (is_adoption(one) and one.key in kept))


@cache
def actions(known: int, lives: tuple[Live, ...], keys: tuple[str, ...]) -> tuple[Action, ...]:
    """`make_plan`: what each key needs."""
    definitions = [Definition(key, request(key), Position(f"broadcasts/{key}.yaml", 1, 1)) for key in keys]
    live = [remote(one) for one in lives]
    terms, context = Terms(Policies(), None), Context(BEGINNING)
    plan = make_plan(definitions, state(known), terms=terms, context=context, listed=LiveList(live))
    found = {item.key: item.action for item in plan.items}
    return tuple(found[key] for key in keys)


@cache
def attempts_open(known: int) -> frozenset[str]:
    return frozenset(intent.attempt for intent in state(known).intents.values())


@cache
def doubts(known: int) -> frozenset[str]:
    """The keys that are in doubt."""
    return frozenset(state(known).intents)


@cache
def ids(known: int) -> frozenset[str]:
    return frozenset(state(known).ids())


@cache
def lacks_settled(known: int, other: int) -> bool:
    """Whether a state lacks an id or a settled attempt of the other one."""
    return bool(ids(other) - ids(known) or settled(other) - settled(known))


@cache
def lacks(known: int, other: int, *, settled_too: bool) -> bool:
    """Whether a state lacks an id or an attempt of the other one: an open one, or any."""
    attempts = state(other).attempts() if settled_too else attempts_open(other)
    return bool(ids(other) - ids(known) or attempts - state(known).attempts())


@cache
def has_second(known: int) -> bool:
    """Whether a record is there that should not be."""
    return any(record.note.role == "second" for record in state(known).broadcasts.values())


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
