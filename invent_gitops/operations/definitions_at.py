"""What another commit holds of this project: its files in a private folder, and what its definitions request."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from invent_gitops.errors import InventGitopsError, Refused
from invent_gitops.model.broadcast import Request
from invent_gitops.model.project import Project
from invent_gitops.operations.project import PROJECT_FILE, open_project, open_workspace

if TYPE_CHECKING:
    from invent_gitops.git.repository import Git

Answer = TypeVar("Answer")


def requests_at(root: Path, commit: str, definitions: str | None) -> dict[str, Request] | str:
    """Return what the definitions of a commit request, by key; or why that cannot be told."""
    with requests_reader(root, definitions) as read:
        return read(commit)


@contextmanager
def requests_reader(root: Path, definitions: str | None) -> Iterator[Callable[[str], dict[str, Request] | str]]:
    """Yield what returns the requests of the definitions of a commit by key, or why they cannot be told.

    One process of git serves all commits.
    """
    from invent_gitops.git.repository import Git

    with Git(root).reader() as objects:

        def read(commit: str, git: Git, target: Path) -> dict[str, Request]:
            git.export(commit, [PROJECT_FILE], target, objects)
            _, project, _ = open_project(target)
            check_places(project)
            below = folder_below(root, definitions, project)
            git.export(commit, [below, project.segments], target, objects)
            loaded = open_workspace(str(target / below), target)
            return {definition.key: definition.request for definition in loaded.definitions}

        yield lambda commit: reading(root, commit, lambda git, target: read(commit, git, target))


def reading(root: Path, commit: str, read: Callable[[Git, Path], Answer]) -> Answer | str:
    """Return what `read` makes of an empty folder of its own, into which it exports files of the commit; or why it
    fails.
    """
    from invent_gitops.git.repository import Git, GitFailed

    if not re.fullmatch("[0-9a-f]{40,64}", commit):
        return "that is not the id of a commit"
    try:
        scratch = tempfile.TemporaryDirectory(prefix="invent-gitops-")
    except OSError as error:
        return f"there is no folder for temporary files: {error.strerror}"
    with scratch as folder:
        git = Git(root)
        try:
            return read(git, Path(folder))
        except GitFailed as error:
            return f"git says: {error.output.splitlines()[0] if error.output else 'nothing'}"
        except InventGitopsError as error:
            return error.message


def check_places(project: Project) -> None:
    if project.misplaced:
        raise Refused(f"its {PROJECT_FILE} names a place that is refused")


def folder_below(root: Path, definitions: str | None, project: Project) -> str:
    """Return the folder of the definitions below the project, where a person may have named another one."""
    below = os.path.relpath(os.path.abspath(definitions), root) if definitions else project.definitions
    if below.startswith(".."):
        raise Refused(f"{definitions} is outside of the project")
    return below
