"""Whether the history of this clone shows that weaker rules were refused, where the base itself cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.project import Project
from invent_gitops.operations.definitions_at import reading
from invent_gitops.operations.former_places import is_gone
from invent_gitops.operations.project import PROJECT_FILE, read_project

if TYPE_CHECKING:
    from invent_gitops.git.repository import Git


def guarded_by_history(root: Path) -> bool:
    """Return whether a commit that HEAD stands on had `policies.loosening: refuse` in the project file.

    Nobody can tell when the change began, so every commit of the clone counts. A project file counts that is at this
    place, and each that is gone. False where the clone has no such commit, and where git cannot say.
    """
    from invent_gitops.git.repository import Git, GitFailed

    try:
        repository = Git(Path(Git(root).run("rev-parse", "--show-toplevel").rstrip("\n")))
        own = Git(root).run("rev-parse", "--show-prefix").rstrip("\n") + PROJECT_FILE
        versions = [(commit, path) for path in [own, *_gone(repository)] for commit in _commits(repository, path)]
    except GitFailed:
        return False
    return any(_is_guarded(repository.folder, commit, path) for commit, path in versions)


def _gone(git: Git) -> list[str]:
    """Return the project files that commits have deleted and that are not there now."""
    listed = git.run("log", "-m", "--no-renames", "--diff-filter=D", "--name-only", "-z", "--format=", "HEAD")
    deleted = dict.fromkeys(path.strip("\n") for path in listed.split("\0"))
    return [path for path in deleted if path.rpartition("/")[2] == PROJECT_FILE and is_gone(git, path)]


def _commits(git: Git, path: str) -> list[str]:
    """Return the commits that changed a line of the file which may hold the guard, the newest first."""
    pattern = "-Gloosening|refuse"
    listed = git.run("log", "-m", "--full-history", "--no-renames", pattern, "--format=%H", "HEAD", "--", path)
    return list(dict.fromkeys(listed.split()))


def _is_guarded(top: Path, commit: str, path: str) -> bool:
    def read(git: Git, target: Path) -> bool:
        git.export(commit, [path], target)
        return _guarded(read_project((target / path).parent).project)

    try:
        return reading(top, commit, read) is True
    except InventGitopsError:
        return False


def _guarded(project: Project) -> bool:
    workspaces = [project] if project.workspaces is None else list(project.workspaces.values())
    return any(workspace.policies.loosening == "refuse" for workspace in workspaces)
