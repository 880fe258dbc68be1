"""The state on a branch: fetch, compare-and-swap push, and a journal of results. Mirrors `state/branch.py`."""

from __future__ import annotations

from tests.protocol import asked, values
from tests.protocol.calling import fold
from tests.protocol.file_store import folded
from tests.protocol.rules import Configuration
from tests.protocol.values import NONE
from tests.protocol.world import Clone, Journal, Run, World, with_clone, with_run


def went_back(clone: Clone, tip: int) -> bool:
    """Whether a tip does not follow what this clone has seen."""
    return clone.top > values.serial(tip) or (clone.top != NONE and asked.lacks_settled(tip, clone.seen))


def fetched(configuration: Configuration, world: World, index: int) -> World | None:
    """The tip as the base of the run; None where the branch has gone back behind what this clone has seen."""
    run = world.runs[index]
    clone = world.clones[run.clone]
    serial = values.serial(world.tip)
    if configuration.protocol.memory:
        if went_back(clone, world.tip):
            return None
        world = with_clone(world, run.clone, clone._replace(top=serial, seen=world.tip))
    return with_run(world, index, run._replace(base=world.tip))


def target(configuration: Configuration, world: World, clone: int) -> int:
    """The tip that pushes from this clone meet."""
    return world.written if configuration.elsewhere and clone == 0 else world.tip


def written(configuration: Configuration, world: World, tip: int, clone: int = NONE) -> World:
    """The world after a push; where the address of pushes is another one, the tip that is read stays."""
    if configuration.elsewhere and clone == 0:
        return world._replace(written=tip)
    return world._replace(tip=tip, newest=max(world.newest, tip, key=values.serial))


def remembered(configuration: Configuration, world: World, index: int) -> World:
    """The clone knows what was pushed from it."""
    run = world.runs[index]
    clone = world.clones[run.clone]
    if not configuration.protocol.memory:
        return world
    return with_clone(world, run.clone, clone._replace(top=values.serial(run.base), seen=run.base))


def pushed(configuration: Configuration, world: World, index: int, run: Run) -> World | None:
    """Results on the remote: carried over to whatever its tip is by now. The journal goes.

    None where the tip has gone back behind what this clone has seen.
    """
    tip, clone = target(configuration, world, run.clone), world.clones[run.clone]
    if tip != run.base and went_back(clone, tip):
        return None
    base = folded(fold(configuration, tip, run.events), tip, values.serial(tip))
    world = with_run(written(configuration, world, base, run.clone), index, run._replace(base=base, events=()))
    return remembered(configuration, with_clone(world, run.clone, clone._replace(journal=None)), index)


def appended(world: World, index: int, run: Run, events: tuple[int, ...]) -> World:
    """Results in the journal of the clone and in the run, until the next push."""
    if not events:
        return with_run(world, index, run)
    run = run._replace(events=run.events + events)
    clone = world.clones[run.clone]
    journal = Journal(index, values.serial(run.base), run.events)
    return with_run(with_clone(world, run.clone, clone._replace(journal=journal)), index, run)
