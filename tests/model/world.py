"""A world of the model as a tuple, the rules of the protocol as switches, and what a configuration lets happen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from tests.model.values import EARLIER, NONE, Live

Place = Literal["file", "branch"]
# Where a run is. "over" and "dead" are its ends.
At = Literal[
    "idle", "ready", "listed", "settling", "planned", "pushed", "intended", "flying", "held",
    "after", "reopened", "relisted", "finish", "folded", "over", "dead",
]  # fmt: skip
OVER = ("over", "dead")
PERSON = 9


class Sent(NamedTuple):
    """A broadcast on the server. `shown` is whether the list holds it by now."""

    id: str
    key: str
    created: int
    shown: bool

    @property
    def live(self) -> Live:
        return Live(self.id, self.key, self.created)


class Journal(NamedTuple):
    """`writer` is the run that has it locked, NONE if that is gone; `serial` is that of the state it goes on from."""

    writer: int
    serial: int
    events: tuple[int, ...]


class Clone(NamedTuple):
    """One clone: the file of the state and its lock, the journal, and what is remembered outside of the state.

    `inode` tells lock files apart, `holder` has the one that is there. `top` is the highest serial that was seen,
    `seen` the state of it, and `begun` says that a journal was begun on it. For a branch `file` is not used.
    """

    file: int = NONE
    inode: int = 0
    holder: int = NONE
    journal: Journal | None = None
    top: int = NONE
    seen: int = NONE
    begun: bool = False


class Heard(NamedTuple):
    """What a run heard of one attempt."""

    key: str
    attempt: str
    begun: int
    fate: Literal["created", "unknown", "not-created", "adopted", "unrecorded"]


class Run(NamedTuple):
    """One apply. `base` is the state as read, `events` are what it has appended since.

    `lives` is what its list held and `complete` whether that was all; `doubts` are the keys that were in doubt before.
    `vouched` is whether its clone has seen the state before, `looked` whether it has looked once.
    `todo` are the keys to create, `attempt` is the one at work, intended at `begun`; `clock` is when its clock began,
    and `awake` when it looked or acted last.
    """

    at: At = "idle"
    clone: int = 0
    base: int = NONE
    events: tuple[int, ...] = ()
    lives: tuple[Live, ...] = ()
    complete: bool = False
    doubts: frozenset[str] = frozenset()
    vouched: bool = False
    looked: bool = False
    todo: tuple[str, ...] = ()
    attempt: str = ""
    tries: int = 0
    begun: int = NONE
    clock: int = NONE
    awake: int = NONE
    inode: int = NONE
    file: int = NONE
    heard: tuple[Heard, ...] = ()
    twin: bool = False
    failed: bool = False
    read_back: bool = False
    code: int = NONE


class Person(NamedTuple):
    """One `resolve` at work: which attempt it is about, whether that was old enough, and what the list has shown."""

    at: Literal["idle", "opened", "looked"] = "idle"
    key: str = ""
    attempt: str = ""
    base: int = NONE
    old_enough: bool = False
    inode: int = NONE


Kind = Literal["evidence", "override", "id", "wrong id"]


class Word(NamedTuple):
    """What a person said of an attempt. `working` is whether its run was still at work then."""

    attempt: str
    kind: Kind
    working: bool


class Left(NamedTuple):
    """How often each thing may still happen."""

    crash: int = 0
    lost: int = 0
    gap: int = 0
    busy: int = 0
    wrong_id: int = 0
    push_lost: int = 0
    older: int = 0
    newest: int = 0
    pull: int = 0
    lock: int = 0
    journal: int = 0
    dashboard: int = 0
    word: int = 0
    override: int = 0
    id: int = 0


class World(NamedTuple):
    """Everything. `tip` is the state branch as it is read, `written` as it is pushed to, where those differ."""

    clock: int
    server: tuple[Sent, ...]
    pending: tuple[tuple[str, int], ...]
    tip: int
    written: int
    newest: int
    clones: tuple[Clone, ...]
    runs: tuple[Run, ...]
    person: Person
    words: tuple[Word, ...]
    left: Left


class Step(NamedTuple):
    """What happened, the world after it, and which promise it broke, if any."""

    label: str
    world: World
    broken: str = ""


Steps = Iterator[Step]


@dataclass(frozen=True)
class Protocol:
    """The rules, each of which can be switched off, to see what it is for."""

    compare_file: bool = True
    compare_lock: bool = True
    rewrite_journal: bool = True
    delete_own_journal: bool = True
    memory_before_journal: bool = True
    clock_before_push: bool = True
    reread_intent: bool = True
    bounded_age: bool = True
    refresh_before_settling: bool = True
    settle_needs_age: bool = True
    age_before_list: bool = True
    settle_needs_list: bool = True
    look_after_rest: bool = True
    reopen: bool = True
    reopened_keeps_time: bool = True
    absence_stops_adoption: bool = True
    list_after_absence: bool = True
    distrust_known_ids: bool = True
    guard_fold: bool = True
    guard_settled: bool = True
    keep_beside: bool = True
    memory: bool = True
    journal_gone_at_any_serial: bool = True
    memory_of_content: bool = True
    read_back: bool = True
    look_for_twins: bool = True
    check_at_the_end: bool = True


@dataclass(frozen=True)
class Configuration:
    """How large a world is, and what may happen in it.

    `clones` names the clone of each run, `fresh` those that have never seen the state. `units` is how often time may
    pass. With `lag` "none" the list shows a broadcast at once, with "bounded" within the unit of its creation, with
    "any" at any time or never. `earlier` is whether something is recorded already, `older` which version somebody may
    put back, and `pulled` the key of a colleague's broadcast ("": the first one). `other` is whether Invent has one
    that is nobody's, and `elsewhere` whether the pushes of the first clone go to another place than is read.
    """

    name: str
    place: Place
    clones: tuple[int, ...] = (0, 0)
    fresh: tuple[int, ...] = ()
    keys: tuple[str, ...] = ("spring",)
    units: int = 0
    lag: Literal["none", "bounded", "any"] = "none"
    left: Left = field(default_factory=Left)
    earlier: bool = True
    older: Literal["begun", "before"] = "begun"
    other: bool = False
    elsewhere: bool = False
    pulled: str = ""
    tries: int = 2
    protocol: Protocol = field(default_factory=Protocol)


# ---------------------------------------------------------------- small changes of a world


def with_run(world: World, index: int, run: Run) -> World:
    runs = world.runs
    return world._replace(runs=(*runs[:index], run, *runs[index + 1 :]))


def with_clone(world: World, index: int, clone: Clone) -> World:
    clones = world.clones
    return world._replace(clones=(*clones[:index], clone, *clones[index + 1 :]))


def name_of(index: int) -> str:
    return "a person" if index == PERSON else f"run {index + 1}"


def plain(attempt: str) -> str:
    """The attempt whose call it is: a doubt that was opened again is about the same call."""
    return attempt.rstrip("+")


def id_of(attempt: str) -> str:
    return f"id:{plain(attempt)}"


def key_of(attempt: str) -> str:
    return attempt.split(".")[1]


def is_ours(id: str) -> bool:
    """Whether a run made it, and not a person by hand."""
    return id == EARLIER or id.startswith(("id:run", "id:colleague.", "id:stranger."))
