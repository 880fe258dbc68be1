"""What others do while a run is held, or between two: persons with their words, colleagues, older files, lost locks."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.judge import Judge
from tests.chaos.project import BRANCH, STATE, name_of
from tests.chaos.world import Ended, World

APPLY = ("apply", "--yes", "--rate", "100000")
# What says, against the refusal, that an attempt is settled although its run may still be alive; and what says that a
# broadcast which Invent shows is another one. Where a product has no such options, it does not refuse either.
TOO_EARLY, NOT_THIS = "--anyway", "--not"
LOOKED = "looked in Invent: not there"
MOVED = "moved-away"
# What a word may end with besides: the flag is not known, or the state is not what it was.
WORDS = (2, 4)


@dataclass
class Others:
    """Everybody but the runner. `undo` is what a person takes back when the storms are over.

    `rewound` is whether the state branch was, so that who comes next has a fresh clone; `spotless` whether the run
    that is held had begun no journal, and so has sent nothing.
    """

    world: World
    judge: Judge
    chance: random.Random
    versions: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    undo: list[Callable[[], None]] = field(default_factory=list)
    rewound: bool = False
    spotless: bool = False

    def remember(self) -> None:
        """Keep what the state is by now, for those who bring it back later."""
        if self.world.place == "branch":
            tip = self.world.tip()
            if tip and tip not in self.commits:
                self.commits.append(tip)
        elif self.path.exists():
            text = self.path.read_text(encoding="utf-8")
            if text not in self.versions:
                self.versions.append(text)

    @property
    def path(self) -> Path:
        return self.world.runner / STATE

    def draw(self) -> list[str]:
        """One or two things that somebody does while a run is held."""
        acts = ["nothing", "word", "word", "apply", "reconcile"]
        if self.world.place == "branch":
            acts += ["apply", "move", "remove", "rewind"]
        else:
            acts += ["pull", "pull", "older", "older", "without_lock", "without_lock", "journal_gone"]
        return self.chance.sample(acts, self.chance.choice([1, 1, 2]))

    def act(self, names: Sequence[str]) -> None:
        """Do what these methods do."""
        self.spotless = self.world.place == "file" and not self.path.with_name(f"{STATE}.journal").exists()
        for name in names:
            getattr(self, name)()

    def between(self) -> None:
        """Something that somebody does while nothing runs."""
        acts = ["settle_one", "move", "remove"]
        acts += ["rewind"] if self.world.place == "branch" else ["older", "older", "journal_gone"]
        self.act([self.chance.choice(acts)])

    def nothing(self) -> None:
        self.done("nothing")

    def done(self, name: str) -> None:
        self.judge.row.happened[f"others: {name}"] += 1
        self.judge.say(f"others: {name}")

    def elsewhere(self) -> Path:
        """Where somebody else works: another clone, or for a file the same folder."""
        here = self.world.runner
        if self.world.place == "file":
            return here
        try:
            return self.world.fresh_clone()
        finally:
            self.world.runner = here

    def run(self, *words: str, folder: Path | None = None) -> Ended:
        ended = self.world.run(*words, folder=folder or self.elsewhere())
        self.judge.check(ended, "somebody else", WORDS)
        return ended

    def apply(self) -> None:
        self.done("another apply")
        self.run(*APPLY)

    def reconcile(self) -> None:
        self.done("another reconcile")
        self.run("reconcile")

    def word(self) -> None:
        """Somebody settles an attempt that may be in flight: rashly, or with an id that Invent shows."""
        key = self._open_key()
        made = self.world.live().get(name_of(key), [])
        if made and self.chance.random() < 0.5:
            self.done("resolve --id")
            self.run("resolve", key, "--id", made[0])
            return
        self._declare(key, insist=self.chance.random() < 0.5)

    def declare(self) -> None:
        """Somebody says of an attempt that may be in flight that it created nothing."""
        self._declare(self._open_key(), insist=False)

    def insist(self) -> None:
        """The same; and where that is refused, with the flag that says what is risked."""
        self._declare(self._open_key(), insist=True)

    def _open_key(self) -> str:
        _, open_keys = self.judge.known()
        return self.chance.choice(sorted(open_keys & set(self.world.keys)) or list(self.world.keys))

    def _declare(self, key: str, *, insist: bool) -> None:
        self.done("resolve --not-created")
        words = ("resolve", key, "--not-created", "--reason", "I think that it is not there")
        where = self.elsewhere()
        if self.run(*words, folder=where).code == 5 and insist:
            # With the flag it is a person's risk; without it, it must have been refused, or be harmless.
            self.done("resolve --not-created too early")
            self.judge.risk(key)
            if self.run(*words, *self._against(key), folder=where).code not in (0, 7):
                self.judge.risked[key] -= 1

    def settle_one(self) -> None:
        """A person looks in Invent while nothing runs, and says what is there."""
        blocked = sorted(set(self.world.state()["intents"]) & set(self.world.keys))
        if blocked:
            self.done("a true word")
            self.settle(self.chance.choice(blocked))

    def settle(self, key: str) -> Ended:
        """Say of a blocked key what is true; where that is refused as too early, that nothing is in flight."""
        self.world.server.quiet()
        state = self.world.state()
        made = self.world.live().get(name_of(key)) or ([] if key in state["intents"] else self.world.all(key))
        here = self.world.runner
        if made and key not in state["broadcasts"]:
            return self.run("resolve", key, "--id", made[0], folder=here)
        words = ("resolve", key, "--not-created", "--reason", LOOKED)
        ended = self.run(*words, folder=here)
        return self.run(*words, *self._against(key), folder=here) if ended.code == 5 else ended

    def _against(self, key: str) -> list[str]:
        """What a person adds who knows better: nothing is in flight, and what is shown is something else."""
        known, _ = self.judge.known()
        return [TOO_EARLY, *(word for id in self.world.all(key) if id not in known for word in (NOT_THIS, id))]

    def move(self) -> None:
        self._change("state mv", lambda key: ("state", "mv", key, MOVED), lambda key: ("state", "mv", MOVED, key))

    def remove(self) -> None:
        self._change(
            "state rm",
            lambda key: ("state", "rm", key, "--reason", "called off"),
            lambda key: ("state", "restore", key, "--reason", "called on again"),
        )

    def _change(self, name: str, do: Callable[[str], tuple[str, ...]], back: Callable[[str], tuple[str, ...]]) -> None:
        recorded = sorted(set(self.world.state()["broadcasts"]) & set(self.world.keys))
        if self.undo or not recorded:
            return
        key = self.chance.choice(recorded)
        self.done(name)
        if self.run(*do(key)).code in (0, 7):
            self.undo.append(lambda: self.judge.check(self.world.run(*back(key)), "taken back", WORDS))
            if self.judge.in_flight:
                self.judge.changed.add(key)

    def pull(self) -> None:
        """A colleague applies in a copy of the project, and the state arrives here, as by `git pull`.

        Only as long as this run has sent nothing: two machines with a file each know nothing of each other.
        """
        if not self.spotless:
            return
        self.done("a colleague's state")
        other = self.world.folder / "colleague"
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(self.world.runner, other, ignore=shutil.ignore_patterns("*.lock", "*.journal"))
        self.run(*APPLY, folder=other)
        if (other / STATE).exists():
            self._put((other / STATE).read_text(encoding="utf-8"))

    def older(self) -> None:
        """An older version of the state arrives, as by `git checkout`; when the storms are over, the newest is back."""
        now = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        older = [text for text in self.versions if text != now]
        if not older or not now:
            return
        self.done("an older state")
        text = self.chance.choice(older)
        self._put(text)

        def back() -> None:
            if self.path.read_text(encoding="utf-8") == text:
                self._put(now)

        self.undo.insert(0, back)

    def _put(self, text: str) -> None:
        fresh = self.path.with_name("fresh")
        fresh.write_text(text, encoding="utf-8")
        os.replace(fresh, self.path)

    def without_lock(self) -> None:
        """Somebody deletes the lock, and applies."""
        self.done("a deleted lock")
        self.path.with_name(f"{STATE}.lock").unlink(missing_ok=True)
        self.run(*APPLY)

    def journal_gone(self) -> None:
        """Somebody deletes a journal that was in the way."""
        path = self.path.with_name(f"{STATE}.journal")
        if not path.exists():
            return
        self.done("a deleted journal")
        path.unlink()

    def obeys(self, ended: Ended) -> bool:
        """Whether a person did what a refusal advises where nothing can be restored: delete the clone's memory."""
        found = re.search(r"(\S+/invent-gitops/\S+\.seen)", ended.err)
        if ended.code != 5 or not found:
            return False
        self.done("a deleted memory")
        (self.world.runner / found[1]).unlink()
        known, _ = self.judge.known()
        self.judge.forget({id for _, ids in self.judge.ours() for id in ids} - known)
        return True

    def rewind(self) -> None:
        """Somebody pushes an older commit over the state branch; who comes next has a fresh clone."""
        tip = self.world.tip()
        older = [commit for commit in self.commits if commit != tip]
        if not tip or not older:
            return
        self.done("a rewound branch")
        before, keys = self.judge.known()
        before_keys = set(self.world.state()["broadcasts"]) | keys
        commit = self.chance.choice(older)
        self.world.git("-C", str(self.world.remote), "update-ref", f"refs/heads/{BRANCH}", commit, tip)
        after, _ = self.judge.known()
        made = {id for key, ids in self.judge.ours() if key in before_keys for id in ids}
        self.judge.forget((before | made) - after, before_keys)
        self._risk(keys)
        self.rewound = True

    def _risk(self, keys: set[str]) -> None:
        """What was taken away under a run with an intent of it is known to that run alone."""
        for key in keys if self.judge.in_flight else ():
            self.judge.risk(key)
