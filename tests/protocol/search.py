"""The search: every world that can be reached, nearest first, so that a trace to a broken promise is a shortest one."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.protocol import branch_place, branch_store, calling, file_place, file_store, people, promises, server, values
from tests.protocol.rules import Configuration
from tests.protocol.values import EARLIER, NONE, OTHER
from tests.protocol.world import OVER, Clone, Person, Run, Sent, Steps, World

READER = 8


@dataclass(frozen=True)
class Result:
    """What a search has found. `broken` is the promise that broke, with `trace`, a shortest way to it; "" if none did.

    `complete` is whether every world was seen.
    """

    states: int
    transitions: int
    depth: int
    seconds: float
    broken: str = ""
    trace: tuple[str, ...] = ()
    complete: bool = True


def begin(configuration: Configuration) -> World:
    """The world in which every history of this configuration begins."""
    known = values.begun(earlier=configuration.earlier)
    server_has = []
    if configuration.earlier:
        server_has.append(Sent(EARLIER, "winter", 0, True))
    if configuration.other:
        server_has.append(Sent(OTHER, "other", 0, True))
    seen = values.serial(known) if configuration.protocol.memory else NONE
    is_file = configuration.place == "file"
    clone = Clone(file=known if is_file else NONE, top=seen, seen=known if seen != NONE else NONE)
    return World(
        clock=0,
        server=tuple(server_has),
        pending=(),
        tip=known,
        written=known,
        newest=known,
        clones=tuple(
            clone._replace(top=NONE, seen=NONE) if number in configuration.fresh else clone
            for number in range(max(configuration.clones) + 1)
        ),
        runs=tuple(Run(clone=clone) for clone in configuration.clones),
        person=Person(),
        words=(),
        left=configuration.left,
    )


def steps(configuration: Configuration, world: World) -> Steps:
    """Everything that can happen next."""
    yield from server.steps(configuration, world)
    yield from people.steps(configuration, world)
    place = file_place if configuration.place == "file" else branch_place
    # Runs that nothing tells apart begin in order.
    alike = len(set(configuration.clones)) in (1, len(configuration.clones))
    alike = alike and not (configuration.fresh or configuration.elsewhere)
    for index, run in enumerate(world.runs):
        if run.at in OVER or (alike and index and run.at == "idle" and world.runs[index - 1].at == "idle"):
            continue
        yield from place.steps(configuration, world, index)


def forgotten(configuration: Configuration, world: World) -> str:
    """Which broadcast of ours nobody knows of, once nothing is going on any more; "" if there is none."""
    busy = world.pending or world.person.at != "idle" or any(run.at not in ("idle", *OVER) for run in world.runs)
    if busy:
        return ""
    return promises.forgotten(configuration, world, _found(configuration, world))


def _found(configuration: Configuration, world: World) -> frozenset[str]:
    """What the next reader of the state would find; everything, where that is told to look first."""
    told = frozenset(sent.id for sent in world.server)
    if configuration.place == "file":
        reading = file_store.opened(configuration, world.clones[0], READER)
        assert reading is not None
        return told if reading.refusal else promises.found_in(configuration, world, reading.base)
    if any(branch_store.went_back(clone, world.tip) for clone in world.clones):
        return told
    found = promises.found_in(configuration, world, world.tip)
    for clone in world.clones:
        if clone.journal:
            found |= promises.found_in(
                configuration, world, calling.fold(configuration, world.tip, clone.journal.events)
            )
    return found


def search(
    configuration: Configuration,
    *,
    wanted: str = "",
    most: int = 0,
    tell: Callable[[int, int], None] = lambda states, depth: None,
) -> Result:
    """Explore every world, breadth first, until a promise breaks or `most` states are seen (0: no limit).

    With `wanted`, a broken promise ends the search only if its words hold those. Worlds are remembered by their 64-bit
    hash: of ten million, two would be taken for one with a chance of 1 in 10⁵.
    """
    collected = gc.isenabled()
    # Nothing here makes a circle, and looking for some would take half of the time.
    gc.disable()
    try:
        return _searched(configuration, wanted, most, tell)
    finally:
        if collected:
            gc.enable()


def _searched(configuration: Configuration, wanted: str, most: int, tell: Callable[[int, int], None]) -> Result:
    started = time.monotonic()
    first = begin(configuration)
    seen: dict[int, tuple[int, str]] = {hash(first): (0, "")}
    level, transitions, depth = [first], 0, 0

    def result(broken: str = "", trace: tuple[str, ...] = (), *, complete: bool = True) -> Result:
        return Result(len(seen), transitions, depth, time.monotonic() - started, broken, trace, complete)

    while level:
        following: list[World] = []
        for world in level:
            mine = hash(world)
            if (broken := forgotten(configuration, world)) and wanted in broken:
                return result(broken, _trace(seen, mine))
            for step in steps(configuration, world):
                transitions += 1
                if step.broken and wanted in step.broken:
                    return result(step.broken, (*_trace(seen, mine), step.label))
                known = hash(step.world)
                if known not in seen:
                    seen[known] = (mine, step.label)
                    following.append(step.world)
            if most and len(seen) > most:
                return result(complete=False)
        depth += 1
        level = following
        tell(len(seen), depth)
    return result()


def _trace(seen: dict[int, tuple[int, str]], world: int) -> tuple[str, ...]:
    labels = []
    before, label = seen[world]
    while label:
        labels.append(label)
        before, label = seen[before]
    return tuple(reversed(labels))
