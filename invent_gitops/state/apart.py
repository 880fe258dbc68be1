"""Keeps the state off the branches that people work on: a push of it would change what they merge and check out."""

from __future__ import annotations

from invent_gitops.errors import InvalidInput
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.model.project import BranchPlace


def check_apart(git: Git, location: BranchPlace) -> None:
    """Raise `InvalidInput` where the state's branch is the remote's default, or is checked out and holds other files.

    Asks this clone alone. A branch of nothing but the state may be checked out, to look at it; so may one of that name
    that the remote does not have.
    """
    tracked = f"refs/remotes/{location.remote}/{location.branch}"
    if _target(git, f"refs/remotes/{location.remote}/HEAD") == tracked:
        raise _shared(location, "people merge to")
    if _target(git, "HEAD") == f"refs/heads/{location.branch}" and _holds_more(git, tracked, location.path):
        raise _shared(location, "is checked out here")


def _target(git: Git, ref: str) -> str:
    """Return the ref that another one stands for; "" for a commit alone, or where this clone does not know it."""
    try:
        return git.run("symbolic-ref", "--quiet", ref).strip()
    except GitFailed:
        return ""


def _holds_more(git: Git, ref: str, path: str) -> bool:
    """Return whether a branch of the remote, as this clone has seen it, holds other files than the state."""
    commit = git.commit_of(ref)
    names = git.run("ls-tree", "-r", "-z", "--full-tree", "--name-only", commit).split("\0") if commit else []
    return any(name not in ("", path) for name in names)


def _shared(location: BranchPlace, clause: str) -> InvalidInput:
    return InvalidInput(
        f"The project keeps its state on the branch {location.branch}, which {clause}: "
        "each record would be a commit there.",
        "Give it a branch of its own in the project file: state: {branch: broadcast-state}",
    )
