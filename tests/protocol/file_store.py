"""The state in a file: lock, journal, memory and fold. Mirrors `state/file.py` and `state/memory.py`."""

from __future__ import annotations

from typing import NamedTuple

from tests.protocol import asked, values
from tests.protocol.calling import fold
from tests.protocol.rules import Configuration
from tests.protocol.values import NONE
from tests.protocol.world import Clone, Journal, Run, World, with_clone, with_run


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
    return asked.lacks(known, other, settled_too=configuration.protocol.guard_settled)


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
    if refusal := _refusal(configuration, clone):
        return Reading(NONE, clone, refusal)
    journal = clone.journal
    if not journal:
        return Reading(clone.file, clone)
    file = folded(fold(configuration, clone.file, journal.events), clone.file, values.serial(clone.file))
    after = remembered(configuration, clone._replace(file=file, journal=None), file)
    return Reading(file, after._replace(begun=False))


def _refusal(configuration: Configuration, clone: Clone) -> str:
    """Why the memory refuses the file or the journal, "" if it does not."""
    rules, serial, journal = configuration.protocol, values.serial(clone.file), clone.journal
    if not rules.memory or clone.top == NONE:
        return ""
    if _is_older(configuration, clone, clone.file):
        return "the state went back"
    if clone.begun and journal is None and (rules.journal_gone_at_any_serial or clone.top == serial):
        return "the journal is gone"
    if journal and journal.serial > serial:
        return "the journal goes on from a newer state"
    return ""


def _is_older(configuration: Configuration, clone: Clone, known: int) -> bool:
    """Whether a state is older than what the clone remembers, or lacks some of it."""
    if clone.top == NONE:
        return False
    by_content = configuration.protocol.memory_of_content
    return clone.top > values.serial(known) or (by_content and asked.lacks(known, clone.seen, settled_too=True))


def remembered(configuration: Configuration, clone: Clone, known: int) -> Clone:
    """The clone, with what it remembers of a state outside of it."""
    rules = configuration.protocol
    if not rules.memory or (rules.memory_goes_on and _is_older(configuration, clone, known)):
        return clone
    return clone._replace(top=values.serial(known), seen=known)


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
    elif (
        journal is None
        and not run.events
        and configuration.protocol.memory_before_journal
        and (clone.begun or _is_older(configuration, clone, run.base))
    ):
        # Another run had begun one, and it is gone; or another run has gone on from the state.
        return None
    elif journal is None and (configuration.protocol.rewrite_journal or not run.events):
        # The first event, or a journal that was taken away under the run: it is written anew.
        journal = Journal(index, values.serial(run.base), all_events)
    elif configuration.protocol.rewrite_journal:
        return None
    if configuration.protocol.memory and not clone.begun:
        clone = remembered(configuration, clone, run.base)._replace(begun=True)
    run = run._replace(events=all_events)
    return with_run(with_clone(world, run.clone, clone._replace(journal=journal)), index, run)
