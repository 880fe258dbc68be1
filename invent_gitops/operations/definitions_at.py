"""What the definitions of another commit request."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.broadcast import Request
from invent_gitops.operations.project import PROJECT_FILE, open_project, open_workspace


def requests_at(root: Path, commit: str, definitions: str | None) -> dict[str, Request] | str:
    """What the definitions of a commit request, by key; or why that cannot be told."""
    from invent_gitops.git.repository import Git, GitFailed

    git = Git(root)
    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        return "that is not the id of a commit"
    try:
        scratch = tempfile.TemporaryDirectory(prefix="invent-gitops-")
    except OSError as error:
        return f"there is no folder for temporary files: {error.strerror}"
    with scratch as folder:
        target = Path(folder)
        try:
            git.export(commit, [PROJECT_FILE], target)
            _, project, _ = open_project(target)
            if project.misplaced:
                return f"its {PROJECT_FILE} names a place that is refused"
            below = os.path.relpath(os.path.abspath(definitions), root) if definitions else project.definitions
            if below.startswith(".."):
                return f"{definitions} is outside of the project"
            git.export(commit, [below, project.segments], target)
            loaded = open_workspace(str(target / below), target)
        except GitFailed as error:
            return f"git says: {error.output.splitlines()[0] if error.output else 'nothing'}"
        except InventGitopsError as error:
            return error.message
        return {definition.key: definition.request for definition in loaded.definitions}
