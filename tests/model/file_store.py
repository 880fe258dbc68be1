"""The state in a file: lock, journal, memory and fold. Mirrors `state/file.py` and `state/memory.py`."""

from __future__ import annotations

from typing import NamedTuple

from tests.model import asked, values
from tests.model.calling import fold
from tests.model.rules import Configuration
from tests.model.values import NONE
from tests.model.world import Clone, Journal, Run, World, with_clone, with_run


class Reading(NamedTuple):
    """What opening the file has given: the state, and the clone after a replay; or why it is refused."""

    base: int
    clone: Clone
    refusal: str = ""


def crashed(world: World, index: int) -> World:
    """The run is killed: the system drops its locks, and its files stay."""
    run = world.runs[index]
    clone = world.clones[run.clone]
    if clone.journal and clone.journal.writer == index:
        clone = clone._replace(journal=clone.journal._replace(writer=NONE))
    return with_run(with_clone(world, run.clone, released(clone, index)), index, Run(at="dead"))


def lacks(configuration: Configuration, known: int, other: int) -> bool:
    return asked.lacks(known, other, configuration.protocol.guard_settled)


def is_own(clone: Clone, index: int) -> bool:
    """Whether the journal in its place is that run's."""
    return clone.journal is not None and clone.journal.writer == index


def released(clone: Clone, index: int) -> Clone:
    return clone._replace(holder=NONE) if clone.holder == index else clone


def opened(configuration: Configuration, clone: Clone, index: int) -> Reading | None:
    """Take the lock, check the memory, replay a journal; None where another run has the lock or the journal."""
    busy = clone.holder not in (NONE, index) or (clone.journal and clone.journal.writer not in (NONE, index))
    if busy:
        return None
    clone = clone._replace(holder=index)
    remembers, journal = configuration.protocol.memory, clone.journal
    serial = values.serial(clone.file)
    if remembers and clone.top > serial:
        return Reading(NONE, clone, "the state went back")
    if remembers and configuration.protocol.memory_of_content and clone.top == serial and clone.seen != clone.file:
        return Reading(NONE, clone, "the state is another one of the same serial")
    at_any = configuration.protocol.journal_gone_at_any_serial
    if remembers and clone.begun and journal is None and (at_any or clone.top == serial):
        return Reading(NONE, clone, "the journal is gone")
    if remembers and journal and journal.serial > serial:
        return Reading(NONE, clone, "the journal goes on from a newer state")
    file = clone.file
    if journal:
        file = folded(fold(configuration, file, journal.events), file, serial)
    return Reading(file, remembered(configuration, clone._replace(file=file, journal=None, begun=False)))


def remembered(configuration: Configuration, clone: Clone) -> Clone:
    """The clone, with what it remembers of its file outside of it."""
    if not configuration.protocol.memory:
        return clone
    return clone._replace(top=values.serial(clone.file), seen=clone.file)


def folded(after: int, stored: int, serial: int) -> int:
    """The state as it is written: of the next serial, if anything changed."""
    if after == stored:
        return stored
    return values.with_serial(after, serial + 1)


def appended(configuration: Configuration, world: World, index: int, run: Run, events: tuple[int, ...]) -> World | None:
    """The events durable in the journal and taken up in the run; None where the journal there is another run's."""
    clone = world.clones[run.clone]
    journal = clone.journal
    all_events = run.events + events
    if journal and journal.writer == index:
        journal = journal._replace(events=journal.events + events)
    elif journal is None and not run.events and clone.begun and configuration.protocol.memory_before_journal:
        # Another run had begun one, and it is gone.
        return None
    elif journal is None and (configuration.protocol.rewrite_journal or not run.events):
        # The first event, or a journal that was taken away under the run: it is written anew.
        journal = Journal(index, values.serial(run.base), all_events)
    elif configuration.protocol.rewrite_journal:
        return None
    if configuration.protocol.memory:
        clone = clone._replace(begun=True)
    run = run._replace(events=all_events)
    return with_run(with_clone(world, run.clone, clone._replace(journal=journal)), index, run)
