"""A history: runs that die or are held while others act, then quiet, then a person's answers; judged all the way."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tests.chaos.judge import Judge, Row
from tests.chaos.others import APPLY, Others
from tests.chaos.project import Broken, Place, name_of
from tests.chaos.world import ALONE, PAUSE, Death, Ended, Refusal, World, world
from tests.forked import PATIENCE

ROUNDS = 8
Hold = Literal["a step", "a question", "a push that is not received yet", "a push that others can see"]
HOOKS = {"a push that is not received yet": "pre-receive", "a push that others can see": "post-receive"}
# Only the first push after it was laid out is slow.
HOOK = """#!/bin/sh
cat >/dev/null
mkdir '{folder}/once' 2>/dev/null || exit 0
echo >'{folder}/arrived'
read _ <'{folder}/go'
"""


class History:
    """What may happen in a world, and the promise, which is judged after each run."""

    def __init__(
        self,
        world: World,
        row: Row,
        say: Callable[[str], None] = lambda line: None,
        chance: random.Random | None = None,
    ) -> None:
        self.world, self.row, self.say = world, row, say
        self.chance = chance or random.Random(0)  # noqa: S311  # repeatable, and no secret
        self.judge = Judge(world, row, say)
        self.others = Others(world, self.judge, self.chance)
        self._pipes: list[int] = []

    def run(
        self, *words: str, death: Death = ALONE, refusal: Refusal | None = None, rival: Path | None = None
    ) -> Ended:
        """One run, with another one at the same time in the folder `rival`, if there is one."""
        other = self.world.start(*APPLY, folder=rival) if rival else None
        self.judge.in_flight = other is not None
        ended = self.world.run(*words, death=death, refusal=refusal)
        # Whichever ended last must know all; the other could not know what came after it.
        first = other is not None and other.code is not None
        self.judge.in_flight = other is not None and not first
        # An input that cannot be read, or a state that cannot be written, is another exit code, and surely no bug.
        self.judge.check(
            ended, refusal or death, also=(4,) if refusal else (), killed=death.signal == "KILL" and death.at > 0
        )
        if other:
            beside = self.world.end(other)
            self.judge.in_flight = first
            self.judge.check(beside, ALONE)
            self.judge.in_flight = False
        self.others.remember()
        return ended

    def held(
        self, *words: str, hold: Hold, at: Death, acts: Sequence[str] = (), pause: bool = True, killed: bool = False
    ) -> Ended:
        """One run that is held on its way, while others do `acts`; then it goes on, or is `killed`.

        With a `pause` it has slept for more than fifteen seconds then, by its own clock.
        """
        with _terminal() as (keyboard, screen), self._slow_push(hold) as (arrived, go):
            os.write(keyboard, b"y\n")
            terminal = screen if hold == "a question" else None
            earlier = self.world.attempts()
            run = self.world.start(*words, death=at if hold == "a step" else ALONE, terminal=terminal)
            self.judge.in_flight = True
            if not self.world.zygote.wait(run, PATIENCE, held=True, also=arrived):
                self.world.end(run)
            killed = killed and run.code is None
            if run.code is None:
                self.row.happened[f"held at {hold}"] += 1
                self.say(f"{' '.join(words)}: held at {hold}{f' ({at})' if hold == 'a step' else ''}")
                before, recorded = set(self.world.state()["intents"]), set(self.world.state()["broadcasts"])
                under_way = bool(self.world.attempts() - earlier)
                self.others.act(acts)
                self.judge.changed |= set(self.world.state()["intents"]) - before
                if not under_way and hold in ("a step", "a push that others can see"):
                    # It may have written all that it had to write, and not look any more.
                    self.judge.read_before.clear()
                    self.judge.changed |= recorded - set(self.world.state()["broadcasts"])
                if pause:
                    self.row.happened["held for more than 15 s"] += 1
                    time.sleep(PAUSE)
                if killed:
                    self.world.zygote.kill(run)
                if go is not None:
                    os.write(go, b"\n")
                self.world.zygote.go_on(run)
            ended = self.world.end(run)
        self.judge.in_flight = False
        if killed:
            self.judge.mourn()
        self.judge.check(ended, f"held at {hold}", also=(4,), killed=killed)
        self.judge.landed()
        self.others.remember()
        return ended

    @contextmanager
    def _slow_push(self, hold: Hold) -> Iterator[tuple[int | None, int | None]]:
        """A hook on the remote that says when the push has come, and waits until it may go on."""
        if hold not in HOOKS:
            yield None, None
            return
        folder = self.world.folder / f"hook-{self.world.clones}-{time.monotonic_ns()}"
        folder.mkdir()
        for name in ("arrived", "go"):
            os.mkfifo(folder / name)
        hook = self.world.remote / "hooks" / HOOKS[hold]
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK.format(folder=folder), encoding="utf-8")
        hook.chmod(0o755)
        arrived, go = (os.open(folder / name, os.O_RDWR | os.O_NONBLOCK) for name in ("arrived", "go"))
        try:
            yield arrived, go
        finally:
            hook.unlink()
            # Where its run was killed, the hook may still be about to read.
            self._pipes += [arrived, go]

    def close(self) -> None:
        while self._pipes:
            os.close(self._pipes.pop())

    def until_quiet(self) -> None:
        """Run without faults until nothing changes any more. Then no id is lost and nobody is left unsaid."""
        self.world.faults.clear()
        self.world.speed, self.judge.lists = 1.0, "true"
        self.after_rewind()
        for take_back in self.others.undo:
            take_back()
        before, ended, rounds = self.said(), self.run(*APPLY), 1
        while before != self.said() or self.others.obeys(ended):
            if rounds == ROUNDS:
                raise Broken(f"run {rounds} without faults still says something new: {before}, {self.said()}")
            before, ended, rounds = self.said(), self.run(*APPLY), rounds + 1
        self.judge.check_quiet(ended)

    def after_rewind(self) -> None:
        """A clone that saw the branch before it was rewound refuses for good, as it should: go on with a fresh one."""
        if self.others.rewound:
            self.others.rewound = False
            self.world.fresh_clone()
            # What the run that was held has made since is in the journal of the clone that is thrown away.
            known, open_keys = self.judge.known()
            left = {id: key for key, ids in self.judge.ours() for id in ids if id not in known}
            self.judge.forget(set(left), set(left.values()) - open_keys)

    def said(self) -> tuple[dict[str, object], dict[str, list[str]]]:
        """What the state says, its serial included, and what Invent holds."""
        return self.world.state(), self.world.live()

    def settle(self) -> None:
        """Settle what is blocked as a person would. Then everything exists, and is recorded, exactly once."""
        self._delete_seconds()
        state = self.world.state()
        blocked = sorted(key for key in self.world.keys if key not in state["broadcasts"] or key in state["intents"])
        for key in blocked:
            ended = self.others.settle(key)
            if ended.code not in (0, 7):
                raise Broken(f"{' '.join(ended.words)} ended with {ended.code}: {ended.out}\n{ended.err}")
            self.row.happened["resolved"] += 1
        if blocked:
            self.run(*APPLY)
        self.judge.check_settled()
        self.succeed("plan", "--exit-code")
        # A run that could start no git named no commit, and that is told.
        self.succeed("state", "verify", also=(5,) if self.row.happened["no processes"] else ())

    def _delete_seconds(self) -> None:
        """A person deletes in Invent what is a second one: of a create that was risked, or beside one made by hand."""
        recorded = {record["id"] for record in self.world.state()["broadcasts"].values()}
        for key in self.world.keys:
            ids = self.world.all(key)
            if not (self.judge.risked[key] or set(ids) & self.world.by_hand):
                continue
            kept = recorded & set(ids) or {*self.world.live().get(name_of(key), ids)[:1]}
            for id in set(ids) - kept:
                self.world.server.sandbox.delete("c", id)

    def succeed(self, *words: str, also: Sequence[int] = ()) -> None:
        ended = self.world.run(*words)
        self.say(f"{' '.join(words)}: ended with {ended.code}")
        if ended.code not in (0, *also):
            raise Broken(f"{' '.join(words)} ended with {ended.code}: {ended.out}\n{ended.err}")


@contextmanager
def _terminal() -> Iterator[tuple[int, int]]:
    keyboard, screen = os.openpty()
    try:
        yield keyboard, screen
    finally:
        os.close(keyboard)
        os.close(screen)


@contextmanager
def played(
    folder: Path,
    place: Place,
    keys: tuple[str, ...],
    row: Row,
    say: Callable[[str], None] = lambda line: None,
    chance: random.Random | None = None,
) -> Iterator[History]:
    """A history in a world of its own. That the promise broke ends it, and is noted in `row`, as all that happened."""
    started = time.monotonic()
    with world(folder, place, *keys, seed=0 if chance is None else chance.getrandbits(32)) as found:
        history = History(found, row, say, chance)
        try:
            yield history
        except Broken as broken:
            row.broken = str(broken)
        finally:
            history.close()
        row.happened["faults"] = found.faults.times
        row.happened.update(found.faults.kinds)
        row.happened["clones"] = found.clones
        row.happened["by hand"] = len(found.by_hand)
    row.seconds = time.monotonic() - started
