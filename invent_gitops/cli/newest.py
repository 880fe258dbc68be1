"""What the newest commit of a branch defines, for a run of a workflow that is of an older one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from invent_gitops.cli.state import requests_at
from invent_gitops.errors import Refused
from invent_gitops.model.broadcast import Request
from invent_gitops.model.project import BranchPlace, Project

_REF = "refs/invent-gitops/newest"


def newest_requests(
    root: Path, project: Project, definitions: str | None, environment: Mapping[str, str] = os.environ
) -> Mapping[str, Request] | None:
    """By key, what the tip of this workflow's branch requests; None if this run is of the tip, or of no branch.

    Workflows can be run again weeks later, and then have the files of their own commit. Only with a state
    on a branch, since only then the remote is known to be within reach. Raises `Refused` or `Unavailable`
    where the tip cannot be told.
    """
    branch = environment.get("GITHUB_REF", "")
    if environment.get("GITHUB_ACTIONS") != "true" or not branch.startswith("refs/heads/"):
        return None
    if not isinstance(project.state, BranchPlace):
        return None
    from invent_gitops.state.git import Git

    name = branch.removeprefix("refs/heads/")
    tip = Git(root).fetch(project.state.remote, name, _REF)
    if tip == environment.get("GITHUB_SHA"):
        return None
    found = requests_at(root, tip, definitions) if tip else "it is gone"
    if isinstance(found, str):
        raise Refused(
            f"This run is of an older commit, and what the branch {name} defines by now cannot be read: {found}",
            "Run the workflow of the newest commit.",
        )
    return found
