"""What the tests of the commands of `github` share: documents, a project, and calls with what GitHub tells a step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from invent_gitops.sandbox.server import Server
from tests.github.standin import StandIn
from tests.running import Result, account, call, define
from tests.steps import read_outputs

OLD, HEAD, MERGE = "a" * 40, "b" * 40, "c" * 40
EVIL = "@everyone #1 | <img src=x> ::error::x --> <!-- invent-gitops \x1b[31m ##[group]\n::set-output name=x::y"
DIGEST = "v2:1:" + "d" * 16 + ":" + "d" * 64


@dataclass(frozen=True)
class Desk:
    """A project in a repository, the stand-in for GitHub, the Invent of its plans, and the files of one step."""

    hub: StandIn
    folder: Path
    server: Server | None = None

    @property
    def step(self) -> Path:
        return self.folder.parent / "step"

    @property
    def summary(self) -> str:
        path = self.step / "summary.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def outputs(self) -> dict[str, str]:
        path = self.step / "output.txt"
        return read_outputs(path.read_text(encoding="utf-8")) if path.exists() else {}

    def on_pull(self, *words: str, number: int = 7, env: Mapping[str, str] | None = None, **event: Any) -> Result:
        given = self.hub.environment(self.step, pull=number, **event)
        return call(self.folder, "github", *words, env={**given, **(env or {})})

    def on_push(self, *words: str, commit: str = MERGE, env: Mapping[str, str] | None = None, **event: Any) -> Result:
        given = self.hub.environment(self.step, push=commit, **event)
        return call(self.folder, "github", *words, env={**given, **(env or {})})

    @contextmanager
    def invent(self, *faults: str) -> Iterator[Server]:
        """The Invent that the plans are for, with faults."""
        assert self.server
        for fault in faults:
            self.server.faults.add(fault)
        yield self.server

    def plan(self, name: str = "plan.json", *keys: str) -> str:
        """Write a plan of the project, with a broadcast to create for each key; returns its digest."""
        define(self.folder, *keys)
        env = account(self.server.url) if self.server else {}
        assert call(self.folder, "plan", "--out", name, env=env).code == 0
        return str(json.loads((self.folder / name).read_text(encoding="utf-8"))["digest"])

    def edited(self, name: str, **changes: Any) -> None:
        """The saved plan with other entries."""
        found = json.loads((self.folder / "plan.json").read_text(encoding="utf-8"))
        (self.folder / name).write_text(json.dumps(found | changes), encoding="utf-8")

    def report(self, name: str = "report.json", outcomes: int = 1, reason: str = "") -> None:
        rows: list[dict[str, Any]] = [
            {"key": f"a{number}", "outcome": "created", "name": "A", "id": f"bc_{number}", "recorded": True,
             "reason": reason or None, "differs": []}
            for number in range(outcomes)
        ]  # fmt: skip
        whole = {"kind": "report", "version": 1, "exit_code": 0, "problems": [], "error": None,
                 "state": "invent.state.json", "stopped": False, "outcomes": rows, "plan": None,
                 "at": f"2026-11-20T12:00:{outcomes % 60:02}Z", "by": "Jo", "commit": None, "run": None}  # fmt: skip
        (self.folder / name).write_text(json.dumps(whole), encoding="utf-8")


def failed(folder: Path, name: str = "failed.json", kind: str = "plan") -> None:
    """A document of a command that failed."""
    error = {"message": "The state is damaged.", "cure": "Restore it."}
    whole = {"kind": kind, "version": 1, "exit_code": 4, "problems": [], "error": error}
    (folder / name).write_text(json.dumps(whole), encoding="utf-8")
