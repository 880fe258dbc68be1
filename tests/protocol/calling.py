"""What every apply does, wherever its state is: look, plan, call, hear, look again, end. Mirrors `cli/applying.py`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from tests.protocol import asked, promises, server, values
from tests.protocol.rules import Configuration
from tests.protocol.values import LASTS, NONE, OTHER
from tests.protocol.world import At, Heard, Run, Step, World, id_of, key_of, name_of, with_run


def current(run: Run, configuration: Configuration) -> int:
    """The state as the run has it now: what was read, and what it has appended since."""
    return fold(configuration, run.base, run.events)


def fold(configuration: Configuration, known: int, events: tuple[int, ...]) -> int:
    """The product's own fold; or the one of before, in which an intent took the place of another one."""
    return asked.after(known, events) if configuration.protocol.keep_beside else asked.after_replacing(known, events)


def needs_list(configuration: Configuration, known: int) -> bool:
    """Whether an apply reads the list at all: for doubts, before creates, and for what was adopted lately."""
    return bool(
        asked.attempts_open(known)
        or "create" in asked.actions(known, (), configuration.keys)
        or (configuration.protocol.look_for_twins and asked.has_adopted(known))
    )


def settling(configuration: Configuration, run: Run, known: int, clock: int, *, last: bool = False) -> tuple[int, ...]:
    """What a complete list settles: the product's `reconcile`, for the attempts that were open before it was read.

    Only the first look and the last one settle anything: what is in doubt in between may be in flight.
    """
    if not run.complete or (run.looked and not last):
        return ()
    adopts_beside_absence = not configuration.protocol.absence_stops_adoption
    return asked.reconciled(known, run.lives, run.doubts, clock, adopts_beside_absence)


def planned(configuration: Configuration, run: Run, world: World) -> Run:
    """The run with what is to be created, by the product's own plan, and by what it could look at."""
    known = current(run, configuration)
    run = run._replace(looked=True)
    twin = bool(run.complete and configuration.protocol.look_for_twins and asked.twins(known, run.lives, world.clock))
    run = run._replace(twin=run.twin or twin)
    if not run.complete and (asked.is_new(known) or not run.vouched):
        # Where neither the list nor the memory can vouch for the state, nothing is created.
        return _to_the_end(run)
    held_back = asked.absent_keys(known) if not run.complete else ()
    heard = {one.key for one in run.heard}
    wanted = zip(configuration.keys, asked.actions(known, run.lives, configuration.keys), strict=True)
    todo = tuple(key for key, action in wanted if action == "create" and key not in held_back and key not in heard)
    if not todo or run.tries >= configuration.tries:
        return _to_the_end(run)
    return run._replace(at="planned", todo=todo, doubts=frozenset())


def _to_the_end(run: Run) -> Run:
    at: At = "after" if run.heard else "finish"
    return run._replace(at=at, todo=(), attempt="", begun=NONE, clock=NONE, awake=NONE, doubts=frozenset())


def attempt_of(index: int, run: Run) -> str:
    """A name that tells two attempts apart by its first twelve characters, as the fold does."""
    return f"run{index + 1}-{run.tries + 1}.{run.todo[0]}"


def called(world: World, index: int, run: Run) -> Step:
    """The request goes out."""
    run = run._replace(at="flying")
    after = with_run(world, index, run)._replace(pending=(*world.pending, (run.attempt, world.clock)))
    return Step(f"{name_of(index)} calls", after)


def held_back(world: World, index: int, run: Run) -> World:
    """After a 429, which created nothing, the call waits to be made again: for the same intent, on the same clock."""
    return with_run(world, index, run._replace(at="held"))


Answer = Literal["id", "lost", "refused", "busy", "other id"]


def answers(world: World, run: Run) -> Iterator[tuple[str, Answer, World]]:
    """What can come back of the call in flight. A lost answer says nothing of the server, which may still be at it."""
    pending = any(one[0] == run.attempt for one in world.pending)
    gone = server.without_pending(world, run.attempt)
    left = world.left
    if server.is_created(world, run.attempt):
        yield "hears the id", "id", world
    if pending:
        yield "hears that it was refused", "refused", gone
    if pending and left.busy:
        yield "hears 429", "busy", gone._replace(left=left._replace(busy=left.busy - 1))
    if left.lost:
        yield "hears nothing", "lost", world._replace(left=left._replace(lost=left.lost - 1))
    elif not pending and not server.is_created(world, run.attempt):
        # Time is up, and no answer came.
        yield "hears nothing in time", "lost", world
    if left.wrong_id and not pending and any(sent.id == OTHER for sent in world.server):
        yield "hears the id of another broadcast", "other id", world._replace(left=left._replace(wrong_id=0))


def judged(
    configuration: Configuration, run: Run, answer: Answer, known: int, clock: int
) -> tuple[Heard, tuple[int, ...]]:
    """What the run makes of an answer, and the events that follow."""
    key, attempt = key_of(run.attempt), run.attempt
    if answer == "refused":
        return Heard(key, attempt, run.begun, "not-created"), (values.withdrawn(key, attempt),)
    if answer == "lost":
        return Heard(key, attempt, run.begun, "unknown"), ()
    id = id_of(attempt) if answer == "id" else OTHER
    taken = asked.ids(known)
    if configuration.protocol.distrust_known_ids:
        # The other one has another name as well, which is a reason of its own.
        taken |= {live.id for live in run.lives} | {OTHER}
    if id in taken:
        return Heard(key, attempt, run.begun, "unknown"), ()
    return Heard(key, attempt, run.begun, "created"), (values.recorded(key, id, attempt, clock),)


def proceeded(run: Run, heard: Heard | None = None) -> Run:
    """The run at its next key, or after its last one."""
    todo = run.todo[1:]
    run = run._replace(
        heard=(*run.heard, heard) if heard else run.heard,
        todo=todo,
        attempt="",
        begun=NONE,
        clock=NONE,
        tries=0 if todo else run.tries,
    )
    return run._replace(at="planned") if todo and not run.failed else _to_the_end(run)


def adopted(run: Run, events: tuple[int, ...]) -> Run:
    """The run with what its look has adopted, which it tells in place of what was unknown of the key."""
    found = {happened.key for one in events if asked.is_adoption(happened := values.event_of(one))}
    if not found:
        return run
    heard = [one._replace(fate="adopted") if one.key in found and one.fate == "unknown" else one for one in run.heard]
    return run._replace(heard=tuple(heard))


def reopening(configuration: Configuration, run: Run, known: int, clock: int) -> tuple[int, ...]:
    """New doubts in place of calls of unknown outcome that somebody has settled meanwhile."""
    if not configuration.protocol.reopen:
        return ()
    keeps, there = configuration.protocol.reopened_keeps_time, known_attempts(known)
    return tuple(
        values.reopened(one.key, one.attempt, one.begun, max(clock, one.begun + LASTS) if keeps else clock)
        for one in run.heard
        if one.fate in ("unknown", "adopted") and not {one.attempt, f"{one.attempt}+"} & there
    )


def known_attempts(known: int) -> frozenset[str]:
    """The attempts that are open or recorded."""
    return asked.attempts_open(known) | asked.recorded_attempts(known)


def at_the_end(configuration: Configuration, run: Run, known: int, clock: int) -> tuple[Run, tuple[int, ...]]:
    """The run and the doubts that are to be opened again, by the state once all is written: others wrote it, too."""
    if not configuration.protocol.check_at_the_end:
        return run, ()
    events, there = reopening(configuration, run, known, clock), asked.recorded_attempts(known)
    heard = [
        one._replace(fate="unknown") if one.fate == "adopted" and one.attempt not in there else one for one in run.heard
    ]
    return run._replace(heard=tuple(heard)), events


def ended(configuration: Configuration, world: World, index: int, run: Run, known: int, code: int = NONE) -> Step:
    """The end of a run, with its exit code. `known` is the state that it leaves."""
    if code == NONE:
        code = exit_code(configuration, run, known)
    broken = "" if code else promises.unknown_after(configuration, world, index, known)
    told = tuple(one for one in run.heard if one.fate == "unrecorded")
    after = with_run(world, index, Run(at="over", code=code, heard=told))
    return Step(f"{name_of(index)} ends with {code}", after, broken)


def exit_code(configuration: Configuration, run: Run, known: int) -> int:
    """7 with any doubt, else 5 with anything left to do, else 0."""
    doubt = any(one.fate in ("unknown", "unrecorded") for one in run.heard) or run.twin
    if doubt or asked.attempts_open(known) or asked.has_second(known):
        return 7
    left = run.failed or any(action != "unchanged" for action in asked.actions(known, (), configuration.keys))
    return 5 if left else 0


def read_the_list(world: World, index: int, run: Run) -> Iterator[tuple[str, World, Run]]:
    """The ways in which its look can end, each with the world and the run after it."""
    for label, lives, complete, after in server.readings(world):
        yield f"{name_of(index)} {label}", after, run._replace(lives=lives, complete=complete, awake=world.clock)
