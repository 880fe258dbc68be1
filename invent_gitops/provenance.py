"""Who runs this, from which commit and in which run: from the CI's environment, else from git, else from the system."""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from invent_gitops.model.state import Provenance


@dataclass(frozen=True, slots=True)
class Origin:
    """The part of a provenance that does not change during a run."""

    by: str
    commit: str
    run: str

    def now(self) -> Provenance:
        return Provenance(datetime.now(UTC).replace(microsecond=0), self.by, self.commit, self.run)


def find_origin(folder: Path, environment: Mapping[str, str] = os.environ) -> Origin:
    """The origin of what is done from `folder`. A commit with edits on top of it is marked `-dirty`."""
    commit = environment.get("GITHUB_SHA") or _git(
        folder, "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"
    )
    return Origin(*(_clean(text) for text in (_actor(folder, environment), commit, _run(environment))))


def _clean(text: str) -> str:
    """What can be written down as UTF-8: the environment may hold any bytes."""
    return text.encode("utf-8", "replace").decode()


def _actor(folder: Path, environment: Mapping[str, str]) -> str:
    # Who starts a workflow again is not always who started it first.
    actor = environment.get("GITHUB_TRIGGERING_ACTOR") or environment.get("GITHUB_ACTOR")
    name = actor or _git(folder, "config", "user.name")
    if name:
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def _run(environment: Mapping[str, str]) -> str:
    server, repository = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
    run = environment.get("GITHUB_RUN_ID")
    if not (server and repository and run):
        return ""
    attempt = environment.get("GITHUB_RUN_ATTEMPT", "1")
    return f"{server}/{repository}/actions/runs/{run}" + (f"/attempts/{attempt}" if attempt != "1" else "")


def _git(folder: Path, *words: str) -> str:
    """What git says, or "" where there is no git, no repository or no answer."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            # A hook or an alias sets these for its own repository.
            env={name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE")},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=20,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
