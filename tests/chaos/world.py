"""What a history happens in: an Invent that counts, a repository or several, and runs that may die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from invent_gitops.sandbox.contract import RouteName
from invent_gitops.sandbox.faults import Fault, Faults
from invent_gitops.sandbox.server import Server, serve
from invent_gitops.sandbox.service import Sandbox

Place = Literal["file", "branch"]
When = Literal["before", "after"]

ROOT = Path(__file__).parent.parent.parent
WHEN = "2099-03-01T09:00:00Z"
BRANCH = "broadcast-state"
STATE = "invent.state.json"
PATIENCE = 60.0  # seconds until a process counts as hanging
FOREIGN = ("ACTIONS_", "GIT_", "GITHUB_", "INVENT_", "RUNNER_", "XDG_")
PROXIES = ("all_proxy", "http_proxy", "https_proxy", "no_proxy")


class Broken(Exception):
    """The promise does not hold; the message says where."""


@dataclass(frozen=True, slots=True)
class Death:
    """A signal that a run sends itself before or after its step number `at`; 0 is never."""

    at: int = 0
    when: When = "before"
    signal: Literal["KILL", "INT", "TERM"] = "KILL"

    def __str__(self) -> str:
        return f"SIG{self.signal} {self.when} step {self.at}" if self.at else "left alone"


ALONE = Death()


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
    """Faults that count how often one struck."""

    times = 0

    def strike(self, route: RouteName | None, page: int | None = None) -> tuple[float, Fault | None]:
        delay, fault = super().strike(route, page)
        self.times += fault is not None
        return delay, fault


@dataclass
class World:
    """One project in `folder`, in the hands of one runner at a time, and the Invent that it speaks to.

    On a branch, the runner's clone can be thrown away for a fresh one. `runner` is the folder of the
    project as it is now.
    """

    folder: Path
    place: Place
    server: Server
    faults: Struck
    keys: Sequence[str]
    clones: int = 0
    runner: Path = field(init=False)
    by_hand: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in ("home", "tmp"):
            (self.folder / name).mkdir()
        (self.folder / "home" / "gitconfig").write_text(
            "[user]\n\tname = Chaos\n\temail = chaos@example.test\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n",
            encoding="utf-8",
        )
        start = self.folder / "start"
        self.git("init", "--quiet", str(start))
        for key in self.keys:
            path = start / "broadcasts" / f"{key}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"name: {name_of(key)}\nschedule: {WHEN}\nsegments: [vip]\n", encoding="utf-8")
        project = {"branch": BRANCH} if self.place == "branch" else STATE
        (start / "invent.yaml").write_text(f"state: {json.dumps(project)}\n", encoding="utf-8")
        self.git("-C", str(start), "add", ".")
        self.git("-C", str(start), "commit", "--quiet", "-m", "Six campaigns (#7)")
        self.runner = start
        if self.place == "branch":
            self.git("clone", "--quiet", "--bare", str(start), str(self.remote))
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
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(FOREIGN) and name.lower() not in PROXIES
        }
        home = self.folder / "home"
        return kept | {
            "HOME": str(home),
            "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            # A killed run leaves its temporary folders behind.
            "TMPDIR": str(self.folder / "tmp"),
            "PYTHONPATH": f"{self.folder / 'meddling'}{os.pathsep}{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",  # or the first run would have steps that no other has
            "INVENT_API_KEY": "chaos",
            "INVENT_BASE_URL": self.server.url,
        }

    def meddle(self, code: str) -> None:
        """Make the product another one from now on: Python runs `code` before anything else."""
        path = self.folder / "meddling" / "sitecustomize.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(code, encoding="utf-8")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            raise Broken(f"git {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def start(
        self, *words: str, folder: Path | None = None, death: Death = ALONE, count: Path | None = None
    ) -> subprocess.Popen[str]:
        order = ["--at", str(death.at), "--when", death.when, "--signal", death.signal]
        order += ["--count", str(count)] if count else []
        return subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.dying", *order, "--", *words],
            cwd=folder or self.runner,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def end(self, process: subprocess.Popen[str]) -> Ended:
        """Wait for a run; one that hangs breaks the promise."""
        words = process.args if isinstance(process.args, list) else []
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Broken(f"it hangs: {' '.join(map(str, words))}") from None
        return Ended([str(word) for word in words[words.index("--") + 1 :]], process.returncode, out, err)

    def run(self, *words: str, death: Death = ALONE, count: Path | None = None) -> Ended:
        return self.end(self.start(*words, death=death, count=count))

    def state(self) -> dict[str, Any]:
        """The state as it stands in its place, read by other means than the product's."""
        if self.place == "file":
            path = self.runner / STATE
            text = path.read_text(encoding="utf-8") if path.exists() else ""
        else:
            listed = self.git("-C", str(self.remote), "branch", "--list", BRANCH)
            text = self.git("-C", str(self.remote), "show", f"{BRANCH}:{STATE}") if listed else ""
        found: dict[str, Any] = json.loads(text) if text else {"broadcasts": {}, "intents": {}}
        return found

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
        wish = {"name": name_of(key), "scheduled_at": WHEN, "segment_ids": ["vip"], "send_to_all": False}
        answer = self.server.sandbox.handle(
            "POST", "/orgs/c/broadcasts", headers={"Authorization": "Bearer hand"}, body=json.dumps(wish).encode()
        )
        self.by_hand.add(answer.json()["id"])

    def linear(self) -> bool:
        """Whether each commit of the state branch has one parent, but for the first."""
        listed = self.git("-C", str(self.remote), "rev-list", "--parents", BRANCH).splitlines()
        return [len(line.split()) for line in listed] == [2] * (len(listed) - 1) + [1]


def name_of(key: str) -> str:
    return f"Campaign {key}"


@contextmanager
def world(folder: Path, place: Place, *keys: str, seed: int = 0) -> Iterator[World]:
    """A world in `folder`, which is emptied first and removed at the end."""
    faults = Struck(seed=seed)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Sandbox(limit=0) as sandbox, serve(sandbox, faults=faults) as server:
        yield World(folder, place, server, faults, keys)
    shutil.rmtree(folder, ignore_errors=True)
