"""The steps of an apply whose state is a file. Mirrors `apply.py` and `cli/applying.py` over `state/file.py`."""

from __future__ import annotations

from collections.abc import Callable

from tests.protocol import asked, calling, values
from tests.protocol.calling import current, fold
from tests.protocol.file_store import appended, folded, is_own, lacks, opened, released, remembered
from tests.protocol.rules import Configuration
from tests.protocol.values import NONE
from tests.protocol.world import At, Heard, Run, Step, Steps, World, name_of, with_clone, with_run


def steps(configuration: Configuration, world: World, index: int) -> Steps:
    """What a run may do next."""
    run = world.runs[index]
    return _STEPS[run.at](configuration, world, index, run)


def _begins(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    clone = world.clones[run.clone]
    vouched = clone.top != NONE or not configuration.protocol.memory
    reading = opened(configuration, clone, index)
    if reading is None:
        return
    if reading.refusal:
        after = with_clone(world, run.clone, released(reading.clone, index))
        yield Step(f"{name_of(index)} ends with 5: {reading.refusal}", with_run(after, index, Run(at="over", code=5)))
        return
    run = run._replace(
        at="ready", base=reading.base, file=reading.clone.file, inode=reading.clone.inode, vouched=vouched
    )
    yield Step(
        f"{name_of(index)} locks and reads the file", _known(with_clone(world, run.clone, reading.clone), index, run)
    )


def _looks_first(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    known = current(run, configuration)
    if not calling.needs_list(configuration, known):
        yield from _ends(configuration, world, index, run)
        return
    run = run._replace(doubts=asked.doubts(known))
    for label, after, looked in calling.read_the_list(world, index, run):
        yield Step(label, _settled(configuration, after, index, looked))


def _known(world: World, index: int, run: Run) -> World:
    """The world with that run; a state that was written becomes the newest version in the history of git."""
    newest = world.newest
    file = world.clones[run.clone].file
    if values.serial(file) > values.serial(newest):
        newest = file
    return with_run(world, index, run)._replace(newest=newest)


def _settled(configuration: Configuration, world: World, index: int, run: Run, *, last: bool = False) -> World:
    if run.complete and not run.events:
        # The whole list was read beside this state, so it was right.
        world = with_clone(world, run.clone, remembered(configuration, world.clones[run.clone], run.base))
    events = calling.settling(configuration, run, current(run, configuration), world.clock, last=last)
    run = calling.adopted(run, events)
    if events:
        after = appended(configuration, world, index, run, events)
        if after is None:
            return with_run(world, index, run._replace(at="finish", failed=True, todo=()))
        world, run = after, after.runs[index]
    return with_run(world, index, calling.planned(configuration, run, world))


def _intends(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    """Compare the file and the lock with what was read, then write the intent into the journal."""
    rules, clone, name = configuration.protocol, world.clones[run.clone], name_of(index)
    if run.awake != world.clock:
        yield Step(f"{name} was at rest, and looks again", _refreshed(configuration, world, index, run))
        return
    moved = (rules.compare_file and clone.file != run.file) or (rules.compare_lock and clone.inode != run.inode)
    if moved:
        yield Step(f"{name} sees that its file or lock is another one", _refreshed(configuration, world, index, run))
        return
    key, attempt = run.todo[0], calling.attempt_of(index, run)
    after = appended(configuration, world, index, run, (values.intended(key, attempt, world.clock),))
    if after is None:
        failed = run._replace(at="finish", failed=True, todo=())
        yield Step(f"{name} finds the journal of another run, and stops", with_run(world, index, failed))
        return
    run = after.runs[index]._replace(
        at="intended", attempt=attempt, begun=world.clock, clock=world.clock, tries=run.tries + 1, awake=NONE
    )
    yield Step(f"{name} writes its intent for {key}", with_run(after, index, run))


def _refreshed(configuration: Configuration, world: World, index: int, run: Run) -> World:
    """Read the file again, and lock it again if its lock was taken away; then look and plan again."""
    clone = world.clones[run.clone]
    stopped = with_run(world, index, run._replace(at="finish", failed=True, todo=(), awake=NONE))
    if run.inode != clone.inode and clone.holder != NONE:
        return stopped
    if not run.events:
        reading = opened(configuration, clone, index)
        if reading is None or reading.refusal or lacks(configuration, reading.base, run.base):
            return stopped
        clone, base = reading.clone, reading.base
    else:
        clone = clone._replace(holder=index)
        serial = max(values.serial(clone.file), values.serial(run.base))
        base = values.with_serial(clone.file, serial)
        if lacks(configuration, fold(configuration, clone.file, run.events), current(run, configuration)):
            return stopped
    run = run._replace(base=base, file=clone.file, inode=clone.inode)
    world = _known(with_clone(world, run.clone, clone), index, run)
    if run.awake == world.clock:
        # The last look is only seconds old.
        return with_run(world, index, calling.planned(configuration, run, world))
    return with_run(world, index, run._replace(at="ready", awake=NONE))


def _called(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    if run.clock == world.clock:
        yield calling.called(world, index, run)
        return
    name = name_of(index)
    if not configuration.protocol.bounded_age or world.clock <= run.begun + 1:
        # A slow disk: see that the file still has it all, on a clock of its own.
        clone = world.clones[run.clone]
        if not lacks(configuration, fold(configuration, clone.file, run.events), current(run, configuration)):
            yield Step(
                f"{name} sees that its intent is still open", with_run(world, index, run._replace(clock=world.clock))
            )
            return
    yield _withdraws(configuration, world, index, run)


def _calls_again(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    if run.clock == world.clock:
        yield calling.called(world, index, run)
    else:
        yield _withdraws(configuration, world, index, run)


def _withdraws(configuration: Configuration, world: World, index: int, run: Run) -> Step:
    """Take back an intent that was not acted upon, and intend anew."""
    events = (values.withdrawn(run.todo[0], run.attempt),)
    after = appended(configuration, world, index, run, events) or with_run(world, index, run._replace(failed=True))
    run = after.runs[index]._replace(attempt="", begun=NONE, clock=NONE, at="planned")
    if run.failed or run.tries >= configuration.tries:
        run = run._replace(at="after" if run.heard else "finish", todo=(), failed=True)
    return Step(f"{name_of(index)} takes back an intent that grew old", with_run(after, index, run))


def _heard(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    for label, answer, answered in calling.answers(world, run):
        if answer == "busy":
            after = calling.held_back(answered, index, run)
        else:
            after = _answered(configuration, answered, index, run, answer)
        yield Step(f"{name_of(index)} {label}", after)


def _answered(configuration: Configuration, world: World, index: int, run: Run, answer: calling.Answer) -> World:
    """The outcome in the journal, or in the report alone where the journal there is another run's."""
    heard, events = calling.judged(configuration, run, answer, current(run, configuration), world.clock)
    durable = appended(configuration, world, index, run, events) if events else world
    if durable is None:
        heard = Heard(heard.key, heard.attempt, heard.begun, "unrecorded")
        return with_run(world, index, calling.proceeded(run._replace(failed=True), heard))
    proceeded = calling.proceeded(durable.runs[index], heard)
    return with_run(durable, index, proceeded._replace(awake=world.clock if run.todo[1:] else NONE))


def _looks_again(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    if not any(one.fate == "unknown" for one in run.heard):
        yield from _ends(configuration, world, index, run)
        return
    known = current(run, configuration)
    events = calling.reopening(configuration, run, known, world.clock)
    if events and not configuration.protocol.check_at_the_end:
        world = appended(configuration, world, index, run, events) or world
        run = world.runs[index]
    run = run._replace(doubts=asked.doubts(current(run, configuration)))
    for label, after, looked in calling.read_the_list(world, index, run):
        settled = _settled(configuration, after, index, looked, last=True)
        yield Step(label, with_run(settled, index, settled.runs[index]._replace(at="finish", todo=(), awake=NONE)))


def _ends(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    """Fold the journal into the file as it is by now, unless that would drop what was read or done."""
    clone, name = world.clones[run.clone], name_of(index)
    run = run._replace(lives=(), complete=False, doubts=frozenset(), awake=NONE)
    if not run.events:
        if configuration.protocol.memory_at_the_end and calling.exit_code(configuration, run, run.base) == 0:
            clone = remembered(configuration, clone, run.base)
        after = with_clone(world, run.clone, released(clone, index))
        yield calling.ended(configuration, after, index, run, run.base)
        return
    run, events = calling.at_the_end(configuration, run, fold(configuration, clone.file, run.events), world.clock)
    if events:
        world = appended(configuration, world, index, run, events) or world
        run, clone = world.runs[index], world.clones[run.clone]
    before, after_fold = current(run, configuration), fold(configuration, clone.file, run.events)
    if configuration.protocol.guard_fold and lacks(configuration, after_fold, before):
        if clone.journal and clone.journal.writer == index:
            clone = clone._replace(journal=clone.journal._replace(writer=NONE))
        after = with_clone(world, run.clone, released(clone, index))
        yield Step(f"{name} keeps its journal, and ends with 7", with_run(after, index, Run(at="over", code=7)))
        return
    serial = max(values.serial(run.base), values.serial(clone.file))
    file = folded(after_fold, clone.file, serial)
    clone = clone._replace(file=file)
    if configuration.protocol.memory:
        others = clone.journal is not None and not is_own(clone, index)
        clone = remembered(configuration, clone._replace(begun=others), file)
    code = calling.exit_code(configuration, run, file)
    done = Run(at="folded", clone=run.clone, base=file, inode=run.inode, code=code)
    yield Step(f"{name} folds its journal into the file", _known(with_clone(world, run.clone, clone), index, done))


def _deletes_journal(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    clone = world.clones[run.clone]
    if is_own(clone, index):
        clone = clone._replace(journal=None)
    after = with_clone(world, run.clone, released(clone, index))
    step = calling.ended(configuration, after, index, run, run.base, run.code)
    yield step._replace(label=f"{name_of(index)} deletes its journal, and ends with {run.code}")


_STEPS: dict[At, Callable[[Configuration, World, int, Run], Steps]] = {
    "idle": _begins,
    "ready": _looks_first,
    "planned": _intends,
    "intended": _called,
    "held": _calls_again,
    "flying": _heard,
    "after": _looks_again,
    "finish": _ends,
    "folded": _deletes_journal,
}
