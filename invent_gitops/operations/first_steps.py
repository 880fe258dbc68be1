"""Puts the state of a project on a branch, and says what a person has to do after that, in the right order."""

from __future__ import annotations

import os
from collections.abc import Container
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.git.repository import Git
from invent_gitops.model.first_steps import FirstSteps, StateMove
from invent_gitops.model.project import BranchPlace, FilePlace, Project
from invent_gitops.operations.check_setup import setup_target
from invent_gitops.operations.project import PROJECT_FILE
from invent_gitops.values import Struct

if TYPE_CHECKING:
    from invent_gitops.scaffold.workflows import Wording

REMARK = "The state of the broadcasts is on this branch, which all workflow runs share."


class StateEntries(Struct, frozen=True):
    """The new `text` of the project file, None where it stays; and what became of each state that is in a file."""

    text: str | None
    moves: tuple[StateMove, ...]

    @property
    def inserted(self) -> tuple[StateMove, ...]:
        return tuple(move for move in self.moves if self.text is not None and move.inserted)


def state_entries(root: Path, project: Project, wording: Wording) -> StateEntries:
    """Name a branch for each state that is in a file, in a project file that says nothing of its place.

    Every byte that a person wrote stays. A project file that is not there will be written with the branch.
    """
    from invent_gitops.load.insert import with_entry

    workspaces = list(project.workspaces.values()) if project.workspaces is not None else [project]
    text = original = _text(root) if project.file else None
    moves: list[StateMove] = []
    used = {workspace.state.branch for workspace in workspaces if isinstance(workspace.state, BranchPlace)}
    for workspace in workspaces:
        if isinstance(workspace.state, BranchPlace):
            continue
        branch = _free("-".join(filter(None, [wording.state_branch, workspace.name])), used)
        used.add(branch)
        path = ("workspaces", workspace.name) if workspace.name else ()
        new = with_entry(text, path, "state", {"branch": branch}, "" if path else REMARK) if text is not None else None
        inserted = new is not None or not project.file
        text = text if new is None else new
        file = _state_file(root, workspace.state)
        moves.append(StateMove(workspace.name, branch, file, inserted))
    return StateEntries(text if text != original else None, tuple(moves))


def _free(name: str, used: Container[str]) -> str:
    """Return the name, with a number where another workspace has chosen that branch: two states have two branches."""
    return next(branch for branch in chain([name], (f"{name}-{number}" for number in count(2))) if branch not in used)


def write_entries(root: Path, entries: StateEntries) -> None:
    """Write the project file, in one step. Raises `InvalidInput` where it cannot be written."""
    from invent_gitops.files import replace

    if entries.text is not None:
        replace(root / PROJECT_FILE, entries.text, PROJECT_FILE)


def _text(root: Path) -> str | None:
    """Return the project file; None for a link, whose target is not ours to change, and for what is no text."""
    path = root / PROJECT_FILE
    try:
        return None if path.is_symlink() else path.read_bytes().decode("utf-8")
    except (OSError, ValueError):
        return None


def _state_file(root: Path, state: FilePlace) -> str:
    return state.path if os.path.lexists(root / state.path) else ""


def first_steps(root: Path, project: Project, wording: Wording, entries: StateEntries, example: str) -> FirstSteps:
    """Return what is left to do after the files are written."""
    from invent_gitops.scaffold.workflows import UNKNOWN_OWNER

    return FirstSteps(
        setup_target(root, project, wording),
        wording.action if wording.action.startswith(f"{UNKNOWN_OWNER}/") else "",
        example,
        "the definitions of a workspace" if wording.keys else f"{project.definitions}/",
        entries.moves,
        _is_pushed(root, wording.branch),
        wording.publish == "pages",
    )


def _is_pushed(root: Path, branch: str) -> bool:
    return bool(Git(root).commit_of(f"refs/remotes/origin/{branch}"))
