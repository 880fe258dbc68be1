"""What the tests of the state branch share: bare remotes, clones of them, stores, and looks at what is really there."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from invent_gitops.model.project import BranchPlace
from invent_gitops.model.state import Provenance
from invent_gitops.sandbox.server import Server
from invent_gitops.state.branch import BranchStore
from tests.forked import PATIENCE
from tests.running import FAST, WHEN, Result, account, call

BRANCH = "broadcast-state"
STATE = "invent.state.json"
API = "https://api.useinvent.com"
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APPLY = ("apply", "--yes", *FAST)


def git(folder: Path, *words: str, data: str | None = None) -> str:
    """What git prints, without the last newline; a failure fails the test with its words."""
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        input=data,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"git {words}: {done.stdout}{done.stderr}"
    return done.stdout.rstrip("\n")


@dataclass(frozen=True)
class Hub:
    """A bare remote, `bare`, with a project on its main branch."""

    bare: Path

    def clone(self, name: str, *options: str, address: str = "") -> Path:
        folder = self.bare.parent / name
        git(self.bare.parent, "clone", "--quiet", "--template=", *options, address or str(self.bare), str(folder))
        return folder

    def hook(self, name: str, script: str) -> None:
        path = self.bare / "hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    @property
    def tip(self) -> str:
        """The commit at the tip of the state branch, or ""."""
        return git(self.bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}")

    def state(self, commit: str = BRANCH, path: str = STATE) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(git(self.bare, "show", f"{commit}:{path}"))
        return found

    @property
    def states(self) -> list[dict[str, Any]]:
        """The state at every commit, oldest first."""
        return [self.state(commit) for commit in git(self.bare, "rev-list", "--reverse", BRANCH).split()]

    @property
    def ids(self) -> dict[str, str]:
        return {key: record["id"] for key, record in self.state()["broadcasts"].items()}

    @property
    def intents(self) -> list[str]:
        return sorted(self.state()["intents"]) if self.tip else []

    @property
    def linear(self) -> bool:
        """Whether each state commit has one parent, but for the first, and each serial is one more than the last."""
        parents = [len(line.split()) - 1 for line in git(self.bare, "rev-list", "--parents", BRANCH).splitlines()]
        serials = [state["serial"] for state in self.states]
        return parents == [1] * (len(parents) - 1) + [0] and serials == list(range(1, len(serials) + 1))

    def holds(self, commit: str) -> bool:
        """Whether a commit is part of the state branch."""
        return commit in git(self.bare, "rev-list", BRANCH).split()


def hub(folder: Path, *keys: str, path: str = "", subject: str = "Plan the campaigns (#7)") -> Hub:
    """A bare remote whose main holds a project with a definition for each key, and its state on a branch."""
    place = {"branch": BRANCH} | ({"path": path} if path else {})
    files = {"invent.yaml": f"state: {json.dumps(place)}\n"}
    files |= {f"broadcasts/{key}.yaml": definition(key) for key in keys}
    bare = folder / "remote.git"
    git(folder, "init", "--quiet", "--bare", "--template=", str(bare))
    # One process for what init, add, commit and push would need eight for.
    stream = [
        "commit refs/heads/main\ncommitter Test Author <author@example.test> 1790000000 +0000",
        f"data {len(subject.encode())}\n{subject}",
        *(f"M 100644 inline {name}\ndata {len(text.encode())}\n{text}" for name, text in files.items()),
    ]
    git(bare, "fast-import", "--quiet", data="\n".join(stream) + "\n")
    return Hub(bare)


def definition(key: str, name: str = "") -> str:
    return f"name: {name or f'Campaign {key}'}\nschedule: {WHEN}\nsegments: [vip]\n"


def commit(folder: Path, subject: str) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", subject)
    return git(folder, "rev-parse", "HEAD")


def a_store(clone: Path, *, path: str = STATE, remote: str = "origin", by: str = "alice") -> BranchStore:
    made = Provenance(AT, by)
    return BranchStore(clone, BranchPlace(BRANCH, remote, path), org="c", api=API, provenance=lambda: made)


def applied(clone: Path, server: Server, *words: str, env: Mapping[str, str] | None = None) -> Result:
    """One apply from a clone."""
    return call(clone, *APPLY, *words, env=account(server.url) | dict(env or {}))


def told(clone: Path, server: Server, *words: str, env: Mapping[str, str] | None = None) -> Result:
    """Any other command from a clone."""
    return call(clone, *words, env=account(server.url) | dict(env or {}))
