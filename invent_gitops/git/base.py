"""The commit that a change is compared with, as this clone has it: nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.errors import Unavailable
from invent_gitops.git.repository import Git, GitFailed

WHOLE_HISTORY = "Fetch the whole history: git fetch --unshallow (in a workflow: fetch-depth: 0 at actions/checkout)."


def base_commit(git: Git, revisions: Sequence[str], *, exact: bool) -> str:
    """The commit of the first of `revisions` that this clone has; unless `exact`, where HEAD parted from it.

    Raises `Unavailable` where git has none of them, or no history that they have in common with HEAD.
    """
    commit = next((commit for revision in revisions if (commit := git.commit_of(revision))), "")
    if not commit:
        raise Unavailable(
            f"this clone has no {' and no '.join(revisions)}", _cure(git, f"git fetch origin {_short(revisions[-1])}")
        )
    if exact:
        return commit
    try:
        return git.run("merge-base", commit, "HEAD").strip()
    except GitFailed as error:
        reason = f"git finds no commit that {revisions[0]} and HEAD have in common"
        raise Unavailable(reason if error.code == 1 else f"git says: {error.message}", _cure(git, error.cure)) from None


def branch_revisions(git: Git, branch: str) -> list[str]:
    """Where this clone may have a branch: as its remotes had it, `origin` first, and then its own."""
    name = branch.removeprefix("refs/heads/")
    try:
        git.run("check-ref-format", f"refs/heads/{name}")
        remotes = sorted(git.remotes(), key=lambda remote: remote != "origin")
    except GitFailed as error:
        raise Unavailable(f"{branch!r} is not a branch that git knows: {error.message}", error.cure) from None
    return [*(f"refs/remotes/{remote}/{name}" for remote in remotes), f"refs/heads/{name}"]


def _short(revision: str) -> str:
    return revision.removeprefix("refs/heads/")


def _cure(git: Git, otherwise: str) -> str:
    try:
        shallow = git.run("rev-parse", "--is-shallow-repository").strip() == "true"
    except GitFailed:
        shallow = False
    return WHOLE_HISTORY if shallow else otherwise
