"""Who runs this, from which commit and in which run: from git, and from the CI's environment where git does not say."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.model.review import SignedOff
from invent_gitops.model.state import Provenance
from invent_gitops.state.checkout import held
from invent_gitops.state.identity import author_name
from invent_gitops.values import Struct, field

# How the name of a commit ends that does not hold all that was read.
DIRTY = "-dirty"


class Origin(Struct, frozen=True):
    """The part of a provenance that does not change during a run.

    `held` says by key whether the commit holds its definition as it was read, `approvals` who approved what.
    """

    by: str
    commit: str
    run: str
    held: Mapping[str, bool] = field(default_factory=dict)
    approvals: Sequence[SignedOff] = ()

    def now(self, key: str = "") -> Provenance:
        """Return the provenance of what is done at this moment; for a key, with a commit that holds its definition."""
        commit = self.commit
        if commit and key in self.held:
            commit = commit.removesuffix(DIRTY) + ("" if self.held[key] else DIRTY)
        # Of several pull requests with one key, nobody can tell whose approval it was.
        signoffs = [approval.signoff for approval in self.approvals if key and approval.covers(key)]
        signoff = signoffs[0] if len(signoffs) == 1 else None
        return Provenance(datetime.now(UTC).replace(microsecond=0), self.by, commit, self.run, signoff)


def find_origin(
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    *,
    sources: Mapping[str, Path] | None = None,
    shared: Sequence[Path] = (),
) -> Origin:
    """Return the origin of what is done from `folder`. A commit with edits on top of it is marked `-dirty`.

    `sources` are the files of the definitions by key, `shared` those that all of them depend on.
    """
    git, files = Git(folder), sources or {}
    commit = _head(git)
    holds = held(git, commit.removesuffix(DIRTY), files, shared) if commit and files else dict.fromkeys(files, False)
    # Only a name, where no git can say what the commit holds.
    commit = commit or environment.get("GITHUB_SHA", "")
    actor, commit, run = (_clean(text) for text in (_actor(git, environment), commit, _run(environment)))
    return Origin(actor, commit, run, holds)


def _head(git: Git) -> str:
    """Return the commit that is checked out, `-dirty` if tracked files differ from it; "" where there is none."""
    try:
        return git.run("describe", "--always", "--abbrev=40", "--dirty", "--exclude=*").strip()
    except GitFailed:
        return ""


def _clean(text: str) -> str:
    """Return what can be written down as UTF-8: the environment may hold any bytes."""
    return text.encode("utf-8", "replace").decode()


def _actor(git: Git, environment: Mapping[str, str]) -> str:
    # Who starts a workflow again is not always who started it first.
    actor = environment.get("GITHUB_TRIGGERING_ACTOR") or environment.get("GITHUB_ACTOR")
    name = actor or author_name(git, environment)
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
