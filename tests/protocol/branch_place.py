"""The steps of an apply whose state is on a branch. Mirrors `apply.py` and `cli/applying.py` over `state/branch.py`."""

from __future__ import annotations

from collections.abc import Callable

from tests.protocol import asked, calling, values
from tests.protocol.branch_store import appended, fetched, pushed, remembered, target, written
from tests.protocol.calling import current, fold
from tests.protocol.file_store import folded, released
from tests.protocol.rules import Configuration
from tests.protocol.values import NONE
from tests.protocol.world import At, Clone, Run, Step, Steps, World, name_of, with_clone, with_run


def steps(configuration: Configuration, world: World, index: int) -> Steps:
    """What a run may do next."""
    run = world.runs[index]
    return _STEPS[run.at](configuration, world, index, run)


def _begins(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    name = name_of(index)
    clone = world.clones[run.clone]
    if clone.holder != NONE:
        return
    vouched = clone.top != NONE or not configuration.protocol.memory
    after = fetched(configuration, world, index)
    if after is None:
        yield Step(f"{name} ends with 5: the branch went back", with_run(world, index, Run(at="over", code=5)))
        return
    clone = after.clones[run.clone]
    run = after.runs[index]._replace(at="ready", vouched=vouched)
    after = with_clone(with_run(after, index, run), run.clone, clone._replace(holder=index))
    if clone.journal:
        after = pushed(configuration, after, index, run._replace(events=clone.journal.events))
        assert after is not None
        yield Step(f"{name} fetches the tip, and pushes the journal that it found", after)
    else:
        yield Step(f"{name} fetches the tip", after)


def _looks_first(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    known = current(run, configuration)
    if calling.needs_list(configuration, known):
        yield from _looks(world, index, run._replace(doubts=asked.doubts(known)), "listed")
    else:
        yield from _ends(configuration, world, index, run)


def _looks(world: World, index: int, run: Run, then: At) -> Steps:
    for label, after, looked in calling.read_the_list(world, index, run):
        yield Step(label, with_run(after, index, looked._replace(at=then)))


def _stopped(world: World, index: int, run: Run) -> World:
    done = run._replace(at="finish", failed=True, todo=(), lives=(), complete=False, awake=NONE, doubts=frozenset())
    return with_run(world, index, done._replace(attempt="", begun=NONE, clock=NONE))


def _settles(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    name = name_of(index)
    after = fetched(configuration, world, index)
    if after is None:
        yield Step(f"{name} sees that the branch went back", _stopped(world, index, run))
        return
    run = after.runs[index]
    events = calling.settling(configuration, run, current(run, configuration), world.clock)
    run = calling.adopted(run, events)
    if events:
        yield Step(f"{name} fetches, and finds something", appended(after, index, run._replace(at="settling"), events))
        return
    yield Step(f"{name} fetches, and plans", with_run(after, index, calling.planned(configuration, run, after)))


def _pushes(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    after = pushed(configuration, world, index, run)
    if after is None:
        yield Step(f"{name_of(index)} sees that the branch went back", _stopped(world, index, run))
        return
    planned = calling.planned(configuration, after.runs[index], after)
    yield Step(f"{name_of(index)} pushes what it settled", with_run(after, index, planned))


def _again(configuration: Configuration, world: World, index: int, label: str) -> Step:
    """Fetch and plan again, and look again if the last look is not only seconds old."""
    after = fetched(configuration, world, index)
    if after is None:
        return Step(label, _stopped(world, index, world.runs[index]))
    run = after.runs[index]._replace(attempt="", begun=NONE, clock=NONE)
    if run.awake == world.clock:
        return Step(label, with_run(after, index, calling.planned(configuration, run, after)))
    return Step(label, with_run(after, index, run._replace(at="ready", todo=(), lives=(), complete=False, awake=NONE)))


def _intends(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    """Push the intent, if the tip is still the one that was read."""
    name, rules = name_of(index), configuration.protocol
    if run.awake != world.clock:
        yield _again(configuration, world, index, f"{name} was at rest, and looks again")
        return
    tip = target(configuration, world, run.clone)
    if tip != run.base:
        yield _again(configuration, world, index, f"{name} sees that the branch was moved, and plans again")
        return
    key, attempt = run.todo[0], calling.attempt_of(index, run)
    base = folded(
        fold(configuration, tip, (*run.events, values.intended(key, attempt, world.clock))), tip, values.serial(tip)
    )
    after = written(configuration, world, base, run.clone)
    clone = after.clones[run.clone]
    after = with_clone(after, run.clone, clone._replace(journal=None))
    landed = run._replace(base=base, events=(), attempt=attempt, begun=world.clock, tries=run.tries + 1)
    if world.left.push_lost:
        lost = after._replace(left=world.left._replace(push_lost=world.left.push_lost - 1))
        back = appended(lost, index, landed._replace(base=run.base), (values.withdrawn(key, attempt),))
        yield Step(f"{name} pushes its intent for {key}, and hears an error", _stopped(back, index, back.runs[index]))
    if rules.read_back and not run.read_back and base != after.tip:
        yield Step(f"{name} does not find its push where it reads, and stops", _stopped(after, index, landed))
        return
    clock = world.clock if rules.clock_before_push else NONE
    landed = landed._replace(
        at="intended" if rules.clock_before_push else "pushed", clock=clock, read_back=True, awake=NONE
    )
    after = remembered(configuration, with_run(after, index, landed), index)
    yield Step(f"{name} pushes its intent for {key}", after)


def _called(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    name, rules = name_of(index), configuration.protocol
    if run.clock == world.clock:
        yield calling.called(world, index, run)
        return
    if not rules.bounded_age or world.clock <= run.begun + 1:
        after = fetched(configuration, world, index)
        if after is None:
            yield Step(f"{name} sees that the branch went back", _stopped(world, index, run))
        elif run.attempt in asked.attempts_open(world.tip):
            renewed = after.runs[index]._replace(clock=world.clock)
            yield Step(f"{name} fetches, and its intent is still open", with_run(after, index, renewed))
        else:
            yield _again(configuration, world, index, f"{name} fetches, and its intent was settled")
        return
    yield _withdraws(configuration, world, index, run, over=True)


def _calls_again(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    if run.clock == world.clock:
        yield calling.called(world, index, run)
        return
    yield _withdraws(configuration, world, index, run, over=False)


def _withdraws(configuration: Configuration, world: World, index: int, run: Run, *, over: bool) -> Step:
    """Take back an intent that was not acted upon; intend anew, unless that was it."""
    label = f"{name_of(index)} takes back an intent that grew old"
    after = appended(world, index, run, (values.withdrawn(run.todo[0], run.attempt),))
    run = after.runs[index]
    if over or run.tries >= configuration.tries:
        return Step(label, _stopped(after, index, run))
    return Step(label, with_run(after, index, run._replace(at="planned", attempt="", begun=NONE, clock=NONE)))


def _heard(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    for label, answer, answered in calling.answers(world, run):
        if answer == "busy":
            after = calling.held_back(answered, index, run)
        else:
            heard, events = calling.judged(configuration, run, answer, current(run, configuration), world.clock)
            after = appended(answered, index, run, events)
            proceeded = calling.proceeded(after.runs[index], heard)
            after = with_run(after, index, proceeded._replace(awake=world.clock if run.todo[1:] else NONE))
        yield Step(f"{name_of(index)} {label}", after)


def _looks_again(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    """Read the list once more for what is unknown."""
    if not any(one.fate == "unknown" for one in run.heard):
        yield from _ends(configuration, world, index, run)
        return
    if not configuration.protocol.check_at_the_end and run.at == "after":
        yield _reopens(configuration, world, index, run)
        return
    run = run._replace(doubts=asked.doubts(current(run, configuration)))
    yield from _looks(world, index, run, "relisted")


def _reopens(configuration: Configuration, world: World, index: int, run: Run) -> Step:
    """As it was for a while: fetch, and open again what somebody has settled, before the list is read."""
    after = fetched(configuration, world, index) if configuration.protocol.reopen else world
    if after is None:
        return Step(f"{name_of(index)} sees that the branch went back", _stopped(world, index, run))
    run = after.runs[index]
    events = calling.reopening(configuration, run, current(run, configuration), world.clock)
    after = appended(after, index, run, events)
    after = pushed(configuration, after, index, after.runs[index]) or after
    run = after.runs[index]._replace(at="reopened")
    return Step(f"{name_of(index)} fetches", with_run(after, index, run))


def _settles_at_last(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    """What the last look settles, by the state as it is after the list was read."""
    name = name_of(index)
    if run.at == "reopened":
        run = run._replace(doubts=asked.doubts(current(run, configuration)))
        _, world, run = next(iter(calling.read_the_list(world, index, run)))
        label, after = f"{name} reads the list, and settles by the state of before", with_run(world, index, run)
    else:
        fresh = fetched(configuration, world, index)
        if fresh is None:
            yield Step(f"{name} sees that the branch went back", _stopped(world, index, run))
            return
        label, after = f"{name} fetches, and settles", fresh
    run = after.runs[index]
    events = calling.settling(configuration, run, current(run, configuration), world.clock, last=True)
    run = calling.adopted(run, events)
    after = appended(after, index, run, events)
    run = after.runs[index]._replace(
        at="finish", lives=(), complete=False, awake=NONE, doubts=frozenset(), looked=False, vouched=False
    )
    yield Step(label, with_run(after, index, run))


def _ends(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    """Push what is left, and end; what cannot be pushed stays in the journal."""
    after = pushed(configuration, world, index, run)
    if after is None:
        step = calling.ended(configuration, world, index, run, run.base, 7 if run.events or run.heard else 5)
        yield step._replace(world=_left(step.world, index, run.clone))
        return
    run, events = calling.at_the_end(configuration, after.runs[index], after.runs[index].base, world.clock)
    if events:
        reopened = appended(after, index, run, events)
        after = pushed(configuration, reopened, index, reopened.runs[index]) or reopened
        run = after.runs[index]
    step = calling.ended(configuration, after, index, run, run.base)
    yield step._replace(world=_left(step.world, index, run.clone))


def _left(world: World, index: int, clone_index: int) -> World:
    clone: Clone = released(world.clones[clone_index], index)
    if clone.journal and clone.journal.writer == index:
        clone = clone._replace(journal=clone.journal._replace(writer=NONE))
    return with_clone(world, clone_index, clone)


def _hears_of_push(configuration: Configuration, world: World, index: int, run: Run) -> Steps:
    """As it was once: the clock begins when the push returns."""
    after = with_run(world, index, run._replace(at="intended", clock=world.clock))
    yield Step(f"{name_of(index)} hears that its push went well", after)


_STEPS: dict[At, Callable[[Configuration, World, int, Run], Steps]] = {
    "idle": _begins,
    "ready": _looks_first,
    "listed": _settles,
    "settling": _pushes,
    "planned": _intends,
    "pushed": _hears_of_push,
    "intended": _called,
    "held": _calls_again,
    "flying": _heard,
    "after": _looks_again,
    "reopened": _settles_at_last,
    "relisted": _settles_at_last,
    "finish": _ends,
}
