"""What the newest commit of a branch defines, for a run of CI that is of an older one, or of other files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from invent_gitops.errors import Refused, Unavailable
from invent_gitops.model.broadcast import Request
from invent_gitops.model.checkout import Compare, Current, Untold, judge
from invent_gitops.model.project import BranchPlace
from invent_gitops.operations.definitions_at import requests_at
from invent_gitops.operations.project import LoadedProject
from invent_gitops.state.packing import CI


def newest_requests(
    loaded: LoadedProject, definitions: str | None, branch: str = "", environment: Mapping[str, str] = os.environ
) -> Mapping[str, Request] | None:
    """By key, what the tip of the branch requests that this run is applied from.

    None if the files are those of the tip, and where there is no branch to be older than: no repository, or none with
    a remote. A job can be run again weeks later, and then has the files of its own commit. Git is the evidence, and
    the CI's variables are hints. Outside CI it is asked where somebody named the `branch`, and where a commit is
    checked out without its branch, as CI does. Raises `Refused` or `Unavailable` where the tip cannot be told.
    """
    from invent_gitops.git.repository import Git, GitFailed
    from invent_gitops.state.checkout import held
    from invent_gitops.state.tips import checkout_of, is_detached, is_shallow, remote_of

    project = loaded.project
    sources, shared = loaded.sources()
    # The repository that the definitions are in, wherever the project file is.
    folder = Path(definitions) if definitions else loaded.root / project.definitions
    git = Git(folder if folder.is_dir() else loaded.root)
    branch_name = branch or project.applies_from
    if not branch_name and not in_ci(environment) and not is_detached(git):
        return None
    remote = remote_of(git, project.state.remote if isinstance(project.state, BranchPlace) else "")
    if not remote:
        if branch or is_shallow(git):
            raise Refused(
                "This repository has no remote, so git cannot tell what the branch defines by now.",
                "Add the remote that people merge to: git remote add origin URL",
            )
        return None
    try:
        checkout = checkout_of(
            git, remote, branch_name, lambda head: all(held(git, head, sources, shared).values()), environment
        )
    except GitFailed as error:
        message = f"Git cannot tell whether this run is of the newest commit. {error.message}"
        raise Unavailable(message, error.cure) from None
    match judge(checkout):
        case Current():
            return None
        case Untold(message, cure):
            raise Refused(message, cure)
        case Compare(name, tip, older):
            return _at(loaded.root, name, tip, definitions, older=older)
        case unreachable:
            assert_never(unreachable)


def in_ci(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether this runs in a job of some CI system."""
    return any(environment.get(name, "").lower() not in ("", "0", "false", "no") for name in CI)


def _at(root: Path, branch: str, tip: str, definitions: str | None, *, older: bool) -> Mapping[str, Request]:
    requests = requests_at(root, tip, definitions)
    if not isinstance(requests, str):
        return requests
    subject = "This run is of an older commit" if older else "The files of this run are not those of its commit"
    raise Refused(
        f"{subject}, and what the branch {branch} defines by now cannot be read: {requests}",
        "Run the job of the newest commit.",
    )
