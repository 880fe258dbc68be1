"""What a history happens in: an Invent that counts, a repository or several, and runs that may die or be held."""

from __future__ import annotations

import json
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from invent_gitops.sandbox.contract import RouteName
from invent_gitops.sandbox.faults import Fault, Faults
from invent_gitops.sandbox.server import Server, serve
from invent_gitops.sandbox.service import Sandbox
from tests.chaos.project import BRANCH, STATE, Broken, Place, environment, git, name_of, template, when_of
from tests.chaos.runs import Run, Zygote, zygote
from tests.forked import PATIENCE

When = Literal["before", "after"]

# How much faster time passes in a run while anything may happen. A run that is held for PAUSE seconds has slept for
# more than fifteen, by its own clock.
SPEED = 20.0
PAUSE = 0.8


@dataclass(frozen=True, slots=True)
class Death:
    """A signal that a run sends itself before or after its step number `at`; 0 is never. STOP only holds it."""

    at: int = 0
    when: When = "before"
    signal: Literal["KILL", "INT", "TERM", "STOP"] = "KILL"

    def __str__(self) -> str:
        return f"SIG{self.signal} {self.when} step {self.at}" if self.at else "left alone"


ALONE = Death()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The system refuses call number `nth` of a kind below the world's folder, and all later ones if `lasting`."""

    kind: str
    nth: int
    errno: str
    lasting: bool

    def __str__(self) -> str:
        return f"{self.errno} at {self.kind} {self.nth}{' and later' if self.lasting else ''}"

    def order(self, below: Path) -> list[str]:
        words = ["--refuse", self.kind, "--nth", str(self.nth), "--errno", self.errno, "--below", str(below)]
        return [*words, "--lasting"] if self.lasting else words


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended; a negative `code` is the signal that killed it."""

    words: Sequence[str]
    code: int
    out: str
    err: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Struck(Faults):
    """Faults that count how often each kind struck."""

    def __init__(self, *specs: str, seed: int = 0) -> None:
        super().__init__(*specs, seed=seed)
        self.kinds: Counter[str] = Counter()

    @property
    def times(self) -> int:
        return self.kinds.total()

    def strike(self, route: RouteName | None, page: int | None = None) -> tuple[float, Fault | None]:
        delay, fault = super().strike(route, page)
        if fault is not None:
            self.kinds[f"{route}: {fault.kind}"] += 1
        return delay, fault


@dataclass
class World:
    """One project in `folder`, in the hands of one runner at a time, and the Invent that it speaks to.

    On a branch, the runner's clone can be thrown away for a fresh one. `runner` is the folder of the
    project as it is now. Time passes `speed` times as fast in each run that is started.
    """

    folder: Path
    place: Place
    server: Server
    faults: Struck
    zygote: Zygote
    keys: Sequence[str]
    meddling: str = ""
    speed: float = 1.0
    clones: int = 0
    runner: Path = field(init=False)
    by_hand: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        shutil.copytree(template(self.place, tuple(self.keys)), self.folder, dirs_exist_ok=True)
        self.runner = self.folder / "start"
        if self.place == "branch":
            self.fresh_clone()

    @property
    def remote(self) -> Path:
        return self.folder / "remote.git"

    def fresh_clone(self) -> Path:
        """Another machine: what the runner before had on its disk is out of reach."""
        self.clones += 1
        self.runner = self.folder / f"clone-{self.clones}"
        self.git("clone", "--quiet", str(self.remote), str(self.runner))
        return self.runner

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.folder) | {"INVENT_API_KEY": "chaos", "INVENT_BASE_URL": self.server.url}

    def meddle(self, code: str) -> None:
        """Make the product another one from now on: each run executes `code` before anything else."""
        self.meddling = code

    def git(self, *words: str) -> str:
        return git(self.folder, *words)

    def start(
        self,
        *words: str,
        folder: Path | None = None,
        death: Death = ALONE,
        refusal: Refusal | None = None,
        count: Path | None = None,
        terminal: int | None = None,
    ) -> Run:
        """Start a run. With a `terminal` (an open file) it reads from that, and is held at each question."""
        order = ["--at", str(death.at), "--when", death.when, "--signal", death.signal, "--speed", str(self.speed)]
        order += refusal.order(self.folder) if refusal else []
        order += ["--count", str(count)] if count else []
        order += ["--hold-at-questions"] if terminal is not None else []
        place, settings = folder or self.runner, self.environment
        order += ["--", *words]
        return self.zygote.start(order, place, settings, meddling=self.meddling, stdin=terminal, shown=words)

    def end(self, run: Run) -> Ended:
        """Wait for a run; one that hangs breaks the promise."""
        if not self.zygote.wait(run, PATIENCE):
            self.zygote.kill(run)
            raise Broken(f"it hangs: {' '.join(run.words)}\n{chr(10).join(run.texts())}")
        assert run.code is not None
        return Ended(run.words, run.code, *run.texts())

    def run(
        self,
        *words: str,
        folder: Path | None = None,
        death: Death = ALONE,
        refusal: Refusal | None = None,
        count: Path | None = None,
    ) -> Ended:
        return self.end(self.start(*words, folder=folder, death=death, refusal=refusal, count=count))

    def state(self) -> dict[str, Any]:
        """The state as it stands in its place, read by other means than the product's."""
        if self.place == "file":
            path = self.runner / STATE
            text = path.read_text(encoding="utf-8") if path.exists() else ""
        else:
            text = self.git("-C", str(self.remote), "cat-file", "blob", f"{BRANCH}:{STATE}") if self.tip() else ""
        found: dict[str, Any] = json.loads(text) if text else {"broadcasts": {}, "intents": {}}
        return found

    def tip(self) -> str:
        """The commit at the tip of the state branch on the remote, "" if there is no such branch."""
        packed, loose = self.remote / "packed-refs", self.remote / "refs" / "heads" / BRANCH
        if loose.exists():
            return loose.read_text(encoding="utf-8").strip()
        lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
        return next((line.split()[0] for line in lines if line.endswith(f" refs/heads/{BRANCH}")), "")

    def journaled(self) -> list[dict[str, Any]]:
        """The events of the journals beside the state, or in the runner's clone."""
        folder = self.runner if self.place == "file" else self.runner / ".git" / "invent-gitops"
        events = []
        for path in folder.glob("*.journal"):
            for line in path.read_text(encoding="utf-8").splitlines()[1:]:
                try:
                    events.append(json.loads(line))
                except ValueError:  # cut off by a death
                    continue
        return events

    def attempts(self) -> set[str]:
        """The attempts of all open intents in the state and in the journal."""
        written = [event["intent"] for event in self.journaled() if "intent" in event]
        return {intent["attempt"] for intent in (*self.state()["intents"].values(), *written)}

    def live(self) -> dict[str, list[str]]:
        """The ids that Invent holds because of the tool, by name."""
        found: dict[str, list[str]] = {}
        for one in self.server.sandbox.broadcasts():
            if one["id"] not in self.by_hand:
                found.setdefault(one["name"], []).append(one["id"])
        return found

    def all(self, key: str) -> list[str]:
        """The ids of everything that Invent holds under the name of a key, whoever made it."""
        return [one["id"] for one in self.server.sandbox.broadcasts() if one["name"] == name_of(key)]

    def click(self, key: str) -> None:
        """A person makes the same broadcast by hand, in Invent."""
        wish = {"name": name_of(key), "scheduled_at": when_of(key), "segment_ids": ["vip"], "send_to_all": False}
        answer = self.server.sandbox.handle(
            "POST", "/orgs/c/broadcasts", headers={"Authorization": "Bearer hand"}, body=json.dumps(wish).encode()
        )
        self.by_hand.add(answer.json()["id"])

    def linear(self) -> bool:
        """Whether each commit of the state branch has one parent, but for the first."""
        listed = self.git("-C", str(self.remote), "rev-list", "--parents", BRANCH).splitlines()
        return [len(line.split()) for line in listed] == [2] * (len(listed) - 1) + [1]


@contextmanager
def world(folder: Path, place: Place, *keys: str, seed: int = 0) -> Iterator[World]:
    """A world in `folder`, which is emptied first and removed at the end."""
    faults = Struck(seed=seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with zygote() as forking, Sandbox(limit=0) as sandbox, serve(sandbox, faults=faults) as server:
        yield World(folder, place, server, faults, forking, keys)
    shutil.rmtree(folder, ignore_errors=True)
