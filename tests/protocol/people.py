"""What people do: their words on attempts, broadcasts made by hand, and what is changed under runs."""

from __future__ import annotations

from collections.abc import Iterator

from tests.protocol import asked, branch_store, calling, file_store, server, values
from tests.protocol.rules import Configuration
from tests.protocol.values import NONE, PERSONS
from tests.protocol.world import (
    OVER,
    PERSON,
    Clone,
    Kind,
    Left,
    Person,
    Sent,
    Step,
    Steps,
    Word,
    World,
    id_of,
    key_of,
    plain,
    with_clone,
)

WORKING = ("pushed", "intended", "flying", "held", "after", "relisted")


def steps(configuration: Configuration, world: World) -> Steps:
    """Everything that somebody else than a run may do next."""
    yield from _resolve(configuration, world)
    yield from _dashboard(configuration, world)
    yield from (_changed_files if configuration.place == "file" else _moved_branch)(configuration, world)
    if world.left.crash:
        left = world.left._replace(crash=world.left.crash - 1)
        for index, run in enumerate(world.runs):
            if run.at not in ("idle", *OVER):
                # The server may still be at it; and both places lose in a crash what only the process knew.
                yield Step(f"run {index + 1} is killed", file_store.crashed(world, index)._replace(left=left))


def _dashboard(configuration: Configuration, world: World) -> Steps:
    if world.left.dashboard:
        made = Sent(PERSONS, configuration.keys[0], world.clock, True)
        after = server.with_sent(world, made)._replace(left=world.left._replace(dashboard=0))
        yield Step("a person makes an equal broadcast in the dashboard", after)


# ---------------------------------------------------------------- resolve


def _resolve(configuration: Configuration, world: World) -> Steps:
    person = world.person
    if person.at == "idle":
        if world.left.word or world.left.override or world.left.id:
            yield from _opened(configuration, world)
        return
    if person.at == "opened":
        yield from _said_at_once(configuration, world)
        if world.left.word and configuration.protocol.settle_needs_list:
            yield from _looked(configuration, world)
        return
    yield _said(configuration, world, "evidence", world.left._replace(word=world.left.word - 1))


def _opened(configuration: Configuration, world: World) -> Steps:
    """The command reads the state, and the attempt that it is about."""
    inode = NONE
    if configuration.place == "file":
        reading = file_store.opened(configuration, world.clones[0], PERSON)
        if reading is None or reading.refusal:
            return
        world, base, inode = with_clone(world, 0, reading.clone), reading.base, reading.clone.inode
    else:
        base = world.tip
    for attempt in sorted(asked.attempts_open(base)):
        old = asked.settled_from(base, attempt, world.clock)
        person = Person("opened", key_of(attempt), attempt, base, old, inode)
        yield Step(f"resolve reads the state: {attempt} is open", world._replace(person=person))


def _said_at_once(configuration: Configuration, world: World) -> Steps:
    """A word without a look: with the override; or, by the rules of before, simply so."""
    rules, left, person = configuration.protocol, world.left, world.person
    if left.override:
        yield _said(configuration, world, "override", left._replace(override=left.override - 1))
    if left.word and not rules.settle_needs_list and (person.old_enough or not rules.settle_needs_age):
        yield _said(configuration, world, "evidence", left._replace(word=left.word - 1))
    if left.id:
        yield from _named(configuration, world, left._replace(id=left.id - 1))


def _looked(configuration: Configuration, world: World) -> Steps:
    """The command reads the list; it refuses where that shows a match, or where the attempt is young."""
    rules, person = configuration.protocol, world.person
    old = person.old_enough
    if not rules.age_before_list:
        # The age is asked after the list instead, in `_said`.
        old = True
    if (old or not rules.settle_needs_age) and not asked.matches(person.base, person.attempt, server.listed(world)):
        yield Step("resolve reads the list: nothing like it", world._replace(person=person._replace(at="looked")))
    else:
        yield Step("resolve refuses", _closed(configuration, world))


def _named(configuration: Configuration, world: World, left: Left) -> Steps:
    """`resolve --id`: the list shows it, it is as requested, and nobody has it."""
    person = world.person
    for id in asked.matches(person.base, person.attempt, server.listed(world)):
        kind: Kind = "id" if id == id_of(person.attempt) else "wrong id"
        event = values.resolved(person.key, id, person.attempt, world.clock)
        after = _written(configuration, world, event)
        if after is not None:
            word = Word(plain(person.attempt), kind, working=False)
            after = after._replace(left=left, words=tuple(sorted((*after.words, word))))
            yield Step(f"a person says that {person.attempt} is {id}", after)


def _said(configuration: Configuration, world: World, kind: str, left: Left) -> Step:
    person, rules = world.person, configuration.protocol
    young = kind == "evidence" and rules.settle_needs_age and not rules.age_before_list
    if young and not asked.settled_from(person.base, person.attempt, world.clock):
        return Step("resolve refuses", _closed(configuration, world))
    attempt = plain(person.attempt)
    event = values.declared_absent(person.key, person.attempt, world.clock)
    after = _written(configuration, world, event)
    if after is None:
        return Step("resolve refuses: it was settled meanwhile", _closed(configuration, world))
    working = any(run.attempt == attempt or _heard_of(run.heard, attempt) for run in world.runs if run.at in WORKING)
    word = Word(attempt, "evidence" if kind == "evidence" else "override", working)
    broken = ""
    known = after.clones[0].file if configuration.place == "file" else after.tip
    unrecorded = server.is_created(world, attempt) and id_of(attempt) not in asked.ids(known)
    if kind == "evidence" and configuration.lag != "any" and unrecorded:
        broken = f"{attempt} is settled as not created, with evidence, and was created"
    after = after._replace(left=left, words=tuple(sorted({*after.words, word})))
    shown = "with evidence" if kind == "evidence" else "on their own word"
    return Step(f"a person says {shown} that {person.attempt} created nothing", after, broken)


def _heard_of(heard: tuple[object, ...], attempt: str) -> bool:
    return any(getattr(one, "attempt", "") == attempt for one in heard)


def _closed(configuration: Configuration, world: World) -> World:
    if configuration.place == "file":
        world = with_clone(world, 0, file_store.released(world.clones[0], PERSON))
    return world._replace(person=Person())


def _written(configuration: Configuration, world: World, event: int) -> World | None:
    """The word in the state, unless a refresh shows that the attempt is not open any more."""
    person = world.person
    if configuration.place == "branch":
        tip = world.tip
        if person.attempt not in asked.attempts_open(tip):
            return None
        after = file_store.folded(calling.fold(configuration, tip, (event,)), tip, values.serial(tip))
        return branch_store.written(configuration, world, after)._replace(person=Person())
    reading = file_store.opened(configuration, world.clones[0], PERSON)
    if reading is None or reading.refusal or person.attempt not in asked.attempts_open(reading.base):
        return None
    clone = reading.clone
    file = file_store.folded(calling.fold(configuration, clone.file, (event,)), clone.file, values.serial(clone.file))
    clone = file_store.released(file_store.remembered(configuration, clone._replace(file=file), file), PERSON)
    newest = max(world.newest, file, key=values.serial)
    return with_clone(world, 0, clone)._replace(person=Person(), newest=newest)


# ---------------------------------------------------------------- files and branches


def older(configuration: Configuration) -> int:
    """The version that somebody puts in the place of the newest: that of the beginning, or the one before."""
    return values.begun(earlier=configuration.earlier and configuration.older == "begun")


def _changed_files(configuration: Configuration, world: World) -> Steps:
    clone, left = world.clones[0], world.left
    for label, changed, rest in _file_changes(configuration, world, clone, left):
        yield Step(label, with_clone(world, 0, changed)._replace(left=rest))
    if left.pull and clone.file == values.begun(earlier=configuration.earlier):
        yield from _pulled(configuration, world)


def _file_changes(
    configuration: Configuration, world: World, clone: Clone, left: Left
) -> Iterator[tuple[str, Clone, Left]]:
    before = older(configuration)
    # What no run of this clone has read, and what is gone before one does, is the work of another state.
    read = clone.top >= values.serial(clone.file) or any(run.code == 0 for run in world.runs)
    read = read or configuration.pulled not in ("", *configuration.keys)
    if left.older and clone.file != before and (read or not configuration.protocol.memory):
        yield (
            "an older version of the file is checked out",
            clone._replace(file=before),
            left._replace(older=left.older - 1),
        )
    if left.newest and clone.file != world.newest:
        newest = clone._replace(file=world.newest)
        yield "the newest version of the file is checked out", newest, left._replace(newest=left.newest - 1)
    if left.lock and clone.holder != NONE:
        yield (
            "the lock file is deleted",
            clone._replace(inode=clone.inode + 1, holder=NONE),
            left._replace(lock=left.lock - 1),
        )
    if left.journal and clone.journal:
        yield "the journal is deleted", clone._replace(journal=None), left._replace(journal=left.journal - 1)


def _pulled(configuration: Configuration, world: World) -> Steps:
    """A colleague has created the first key from a clone of their own, and their state arrives: a record, or a doubt.

    While a run of ours is at it, two states are at work, of which nothing promises that they create one. Then the
    colleague is a stranger whose id must not be lost.
    """
    key, clone = configuration.pulled or configuration.keys[0], world.clones[0]
    begun = world.newest != values.begun(earlier=configuration.earlier)
    at_work = key in configuration.keys and (
        begun
        or bool(world.pending)
        or any(sent.key == key for sent in world.server)
        or any(run.attempt for run in world.runs)
    )
    attempt = f"{'stranger' if at_work else 'colleague'}.{key}"
    id = id_of(attempt)
    sent = Sent(id, key, world.clock, configuration.lag == "none")
    record, intent = values.recorded(key, id, attempt, world.clock), values.intended(key, attempt, world.clock)
    for event, what in ((record, "a record"), (intent, "an open intent")):
        file = file_store.folded(asked.after(clone.file, (event,)), clone.file, values.serial(clone.file))
        after = with_clone(server.with_sent(world, sent), 0, clone._replace(file=file))
        newest = max(world.newest, file, key=values.serial)
        # What a stranger has pushed and nobody here has read is theirs to know: it is not replaced again.
        left = world.left._replace(pull=0, older=0, newest=0) if at_work else world.left._replace(pull=0)
        after = after._replace(left=left, newest=newest)
        yield Step(f"a colleague's state is pulled, with {what} of {key}", after)


def _moved_branch(configuration: Configuration, world: World) -> Steps:
    left, before = world.left, older(configuration)
    if left.older and world.tip != before:
        yield Step(
            "the branch is rewound",
            world._replace(tip=before, written=before, left=left._replace(older=left.older - 1)),
        )
    if left.newest and world.tip != world.newest:
        after = world._replace(tip=world.newest, written=world.newest, left=left._replace(newest=left.newest - 1))
        yield Step("the branch is put back to its newest commit", after)
    if left.journal:
        for number, clone in enumerate(world.clones):
            if clone.journal:
                after = with_clone(world, number, clone._replace(journal=None))
                yield Step("the journal is deleted", after._replace(left=left._replace(journal=left.journal - 1)))
