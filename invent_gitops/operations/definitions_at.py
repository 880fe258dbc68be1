"""What another commit holds of this project: what its definitions request, and the rules that it sets."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from invent_gitops.errors import InventGitopsError, Refused
from invent_gitops.model.broadcast import Request
from invent_gitops.model.loosening import Rules
from invent_gitops.model.project import Project
from invent_gitops.operations.project import (
    PROJECT_FILE,
    definitions_of,
    open_catalogue,
    open_project,
    open_workspace,
    read_project,
)

if TYPE_CHECKING:
    from invent_gitops.git.repository import Git

Answer = TypeVar("Answer")


def requests_at(root: Path, commit: str, definitions: str | None) -> dict[str, Request] | str:
    """What the definitions of a commit request, by key; or why that cannot be told."""

    def read(git: Git, target: Path) -> dict[str, Request]:
        _, project, _ = open_project(target)
        _check_places(project)
        below = _below(root, definitions, project)
        git.export(commit, [below, project.segments], target)
        loaded = open_workspace(str(target / below), target)
        return {definition.key: definition.request for definition in loaded.definitions}

    return _reading(root, commit, read)


def rules_at(
    root: Path, commit: str, current: Project, definitions: str | None, *, waivers: bool
) -> Rules | str | None:
    """The rules of a commit for the project or workspace `current`; or why they cannot be told.

    None where that commit holds nothing of the project. The waivers of the definitions are read only where they are
    asked for. A workspace that is new is compared with what held for all of them.
    """

    def read(git: Git, target: Path) -> Rules | None:
        selected = read_project(target)
        if selected.problems:
            raise Refused(f"its {PROJECT_FILE} has problems: {selected.problems[0].message}")
        project = _formerly(selected.project, current)
        _check_places(project)
        below = _below(root, definitions if waivers else None, project)
        git.export(commit, [project.segments, *([below] if waivers else [])], target)
        if not selected.project.file and not git.tree(commit, below, project.segments, options=()):
            return None
        catalogue, wrong = open_catalogue(target, target / project.segments, needed=False)
        if wrong:
            raise Refused(f"its {project.segments} has problems: {wrong[0].message}")
        rules = Rules(project, catalogue)
        return replace(rules, waivers=_waivers(target, below, rules)) if waivers else rules

    return _reading(root, commit, read)


def _reading(root: Path, commit: str, read: Callable[[Git, Path], Answer]) -> Answer | str:
    """What `read` makes of a folder with the project file of the commit, and exports into it; or why it fails."""
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
            git.export(commit, [PROJECT_FILE], Path(folder))
            return read(git, Path(folder))
        except GitFailed as error:
            return f"git says: {error.output.splitlines()[0] if error.output else 'nothing'}"
        except InventGitopsError as error:
            return error.message


def _check_places(project: Project) -> None:
    if project.misplaced:
        raise Refused(f"its {PROJECT_FILE} names a place that is refused")


def _below(root: Path, definitions: str | None, project: Project) -> str:
    """The folder of the definitions below the project, where a person may have named another one."""
    below = os.path.relpath(os.path.abspath(definitions), root) if definitions else project.definitions
    if below.startswith(".."):
        raise Refused(f"{definitions} is outside of the project")
    return below


def _formerly(base: Project, current: Project) -> Project:
    """The project or workspace of the base that `current` came from: by its name, else by its org."""
    if base.workspaces is None or not current.name:
        return base
    same_org = (workspace for workspace in base.workspaces.values() if workspace.org == current.org)
    if workspace := base.workspaces.get(current.name) or next(same_org, None):
        return workspace
    shared = base.standing_for(current.name)
    return replace(shared, state=current.state, account=current.account)


def _waivers(target: Path, below: str, rules: Rules) -> dict[str, dict[str, str]]:
    """What each valid definition below a folder waives; none where there is no such folder."""
    from invent_gitops.schemas import read_schema
    from invent_gitops.validate import validate_definitions

    if not os.path.lexists(target / below):
        return {}
    documents, _ = definitions_of(target, rules.project, target / below)
    definitions, _ = validate_definitions(
        documents, schema=read_schema("broadcast"), project=rules.project, catalogue=rules.catalogue
    )
    return {definition.key: dict(definition.waive) for definition in definitions}
