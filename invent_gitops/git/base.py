"""The commit that a change is compared with, as this clone has it: nothing is fetched."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from invent_gitops.errors import Unavailable
from invent_gitops.git.repository import Git, GitFailed

WHOLE_HISTORY = "Fetch the whole history: git fetch --unshallow (in a workflow: fetch-depth: 0 at actions/checkout)."


def base_commit(git: Git, revisions: Sequence[str], name: str, *, exact: bool) -> str:
    """Return the commit of the first of `revisions` that this clone has; unless `exact`, where HEAD parted from it.

    `name` is what people call it. Raises `Unavailable` where git has none of them, or no history that they have in
    common with HEAD.
    """
    commit = next((commit for revision in revisions if (commit := git.commit_of(revision))), "")
    if not commit:
        raise Unavailable(f"this clone has no branch or commit {name}", _cure(git, _fetching(git, name)))
    if exact:
        return commit
    try:
        return git.run("merge-base", commit, "HEAD").strip()
    except GitFailed as error:
        if error.code != 1:
            raise Unavailable(_reason(error), error.cure) from None
        message = f"git finds no commit that {name} and HEAD have in common"
        raise Unavailable(message, _cure(git, f"Name the branch that this goes into, instead of {name}.")) from None


def branch_revisions(git: Git, branch: str) -> list[str]:
    """Return where this clone may have a branch: as its remotes had it, `origin` first, and then its own.

    Raises `Unavailable` outside of a repository.
    """
    try:
        remotes = sorted(git.remotes(), key=lambda remote: remote != "origin")
    except GitFailed as error:
        raise Unavailable(_reason(error), error.cure) from None
    return [*(f"refs/remotes/{remote}/{branch}" for remote in remotes), f"refs/heads/{branch}"]


def _fetching(git: Git, name: str) -> str:
    """Return the cure that fetches a branch or commit. A variable of a CI holds any text, and people paste the
    command.
    """
    try:
        git.run("check-ref-format", f"refs/heads/{name}")
    except GitFailed:
        return "Git takes no such name for a branch. See those that there are: git branch --all"
    # Alone, git takes these beginnings for an option, for force or for an exclusion.
    written = f"refs/heads/{name}" if name[0] in "-+^" else name
    return f"Fetch it: git fetch origin {shlex.quote(written)}"


def _reason(error: GitFailed) -> str:
    return error.message[:1].lower() + error.message[1:].removesuffix(".")


def _cure(git: Git, otherwise: str) -> str:
    try:
        shallow = git.run("rev-parse", "--is-shallow-repository").strip() == "true"
    except GitFailed:
        shallow = False
    return WHOLE_HISTORY if shallow else otherwise
