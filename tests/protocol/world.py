"""A world of the model as a tuple."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from tests.protocol.values import EARLIER, NONE, Live

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
    return plain(attempt).split(".")[1]


def is_ours(id: str) -> bool:
    """Whether a run made it, and not a person by hand."""
    return id == EARLIER or id.startswith(("id:run", "id:colleague.", "id:stranger."))
