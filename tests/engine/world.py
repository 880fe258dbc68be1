"""A repository whose workflows run under act, with the event, the secrets and the rights that GitHub would give."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from invent_gitops.scaffold.workflows import CHECKOUT, UPLOAD
from tests.branch_repository import git
from tests.engine.act import Engine, Order, run
from tests.engine.hosting import Hosting, hosted
from tests.github.standin import REPOSITORY, TOKEN
from tests.running import KEY, ROOT, invent
from tests.workflows.runner import Job, load
from tests.workflows.test_proof import ACTION, World, new_repository

ACTIONS = ROOT / "tests" / "engine" / "actions"
# act 0.2.89 calls it an unknown word. Its runs are ours to start, one after the other, so nothing waits.
_QUEUE = re.compile(r"^ *queue: max\n", re.MULTILINE)


@dataclass(kw_only=True)
class Repository(World):
    """`World` with act in the place of our own reading of the workflows."""

    hub: Hosting
    engine: Engine
    runs: int = 0

    def start(self, folder: str = "", *words: str) -> None:
        """The first push: what `init --github` writes into `folder`, and no definition yet."""
        project = self.clone / folder
        project.mkdir(exist_ok=True)
        self.command(project, "init", "--github", "--action", ACTION, *words)
        (project / "broadcasts" / "welcome.yaml").unlink(missing_ok=True)
        self.first_push()

    def first_push(self) -> str:
        sha = self.commit("Broadcasts as code")
        self.push()
        git(self.clone, "fetch", "--quiet", "origin")
        return sha

    def run(self, name: str, event: str, sha: str, *, pull: int = 0, fork: bool = False, **inputs: str) -> Job:
        (job,) = self.jobs(name, event, sha, pull=pull, fork=fork, **inputs).values()
        return job

    def jobs(
        self, name: str, event: str, sha: str, *, pull: int = 0, fork: bool = False, **inputs: str
    ) -> dict[str, Job]:
        """Every job of the workflow *-`name`.yml as the commit has it."""
        self.runs += 1
        folder = self.folder / "runs" / f"{self.runs}-{name}"
        workflow = self._workflow(folder, name, sha)
        given = self.hub.environment(
            folder / "event",
            pull=pull,
            push="" if pull else sha,
            message=git(self.clone, "log", "-1", "--format=%B", sha),
            fork=fork,
            token="",
            before=self.before(sha),
        )
        payload = Path(given["GITHUB_EVENT_PATH"])
        event_text = json.loads(payload.read_text("utf-8")) | {"inputs": inputs}
        payload.write_text(json.dumps(event_text), encoding="utf-8")
        document = load(workflow)
        self.hub.rights = rights_of(document, fork=fork)
        return run(
            self.engine,
            Order(
                workflow=workflow,
                event=event,
                payload=payload,
                variables=self._variables(given, sha, self.runs),
                secrets=secrets_of(document, given["GITHUB_REF"], self.key),
                actions=self._actions(),
                folder=folder / "run",
            ),
        )

    def _workflow(self, folder: Path, name: str, sha: str) -> Path:
        """The workflow of a commit, without the one line that act does not know."""
        paths = git(self.clone, "ls-tree", "--name-only", sha, ".github/workflows/").splitlines()
        (path,) = [path for path in paths if path.endswith(f"-{name}.yml")]
        return _known(folder / "workflows" / Path(path).name, git(self.clone, "show", f"{sha}:{path}") + "\n")

    def known_to_act(self, workflow: Path) -> Path:
        """A copy of a file that act can read."""
        return _known(self.folder / "known" / workflow.name, workflow.read_text("utf-8"))

    def _variables(self, given: Mapping[str, str], sha: str, number: int) -> dict[str, str]:
        """What GitHub sets for every step; the base URL is what a runner of one's own may have in its environment."""
        return {
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_REF": given["GITHUB_REF"],
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": str(number),
            "GITHUB_SERVER_URL": self.hub.git_url,
            "SHA_REF": sha,  # act's word for GITHUB_SHA
            "INVENT_BASE_URL": self.server.url,
        }

    def _actions(self) -> dict[str, Path]:
        action = load(self.engine.product / "action.yml")
        (python,) = [step["uses"] for step in action["runs"]["steps"] if "uses" in step]
        return {
            CHECKOUT.split()[0]: ACTIONS / "checkout",
            UPLOAD.split()[0]: ACTIONS / "upload-artifact",
            python: ACTIONS / "setup-python",
            ACTION: self.engine.product,
        }

    def command(self, folder: Path, *words: str, good: bool = True) -> str:
        """What a command of the product prints on a person's machine, which has no key."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "invent_gitops", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(self.engine.product), "INVENT_BASE_URL": self.server.url},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0 or not good, done.stdout + done.stderr
        return done.stdout if good else done.stdout + done.stderr


def _known(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_QUEUE.sub("", text), encoding="utf-8")
    return path


def secrets_of(document: Mapping[str, Any], ref: str, key: str) -> dict[str, str]:
    """The token, and the key where a job has the environment that holds it, which is for the branch main alone."""
    guarded = any("environment" in job for job in document["jobs"].values())
    return {"GITHUB_TOKEN": TOKEN, **({"INVENT_API_KEY": key} if guarded and ref == "refs/heads/main" else {})}


def rights_of(document: Mapping[str, Any], *, fork: bool) -> dict[str, str]:
    """What the token of a run may do: all that its jobs ask for, and on a fork's pull request to read alone."""
    rights: dict[str, str] = {}
    for job in document["jobs"].values():
        for name, right in job["permissions"].items():
            rights[name] = "read" if fork or rights.get(name, right) == right == "read" else "write"
    return rights


@contextmanager
def repository(folder: Path, engine: Engine, key: str | None = KEY) -> Iterator[Repository]:
    """An empty repository, its hosting, and the Invent that its workflows speak to."""
    remote, clone = new_repository(folder)
    git(remote, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(remote, "config", "http.receivepack", "true")
    # Whoever prepares the commits looks for no submodule, so that a hostile .gitmodules does not stop them.
    git(clone, "config", "fetch.recurseSubmodules", "false")
    with invent(key=key) as server, hosted(folder) as hub:
        yield Repository(folder=folder, hub=hub, server=server, remote=remote, clone=clone, engine=engine)
