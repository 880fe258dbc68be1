"""Which project files and workspaces of another commit the project of today may have come from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.git.tree import fault_of_name
from invent_gitops.model.project import OWN_ORG, FilePlace, Project
from invent_gitops.operations.project import PROJECT_FILE, read_project
from invent_gitops.values import Struct, replace

if TYPE_CHECKING:
    from invent_gitops.git.repository import Git


class Former(Struct, frozen=True):
    """A project or workspace of another commit; `label` says which, "" for the same project file and name."""

    project: Project
    label: str = ""


def former_folders(git: Git, commit: str, target: Path, own: str, current: Project) -> list[str]:
    """Return the folders of project files of the commit that `current` may have come from, each "" or with a slash at
    its end.

    `git` works at the top of the repository, and `own` is the folder of the project today. A file at that place counts,
    and so does the one in whose folder the command runs. A file that is gone counts where that place had none. One
    counts as well where it had the same definitions or state. Nothing where no file counts.
    """
    entries = {
        entry.name.removesuffix(PROJECT_FILE): entry
        for entry in git.tree(commit)
        if entry.name.rpartition("/")[2] == PROJECT_FILE
    }
    here = _below(Path.cwd(), git.folder)
    new = own not in entries
    counted = [] if new else [own]
    for folder, entry in entries.items():
        if folder == own:
            continue
        gone = is_gone(git, folder + PROJECT_FILE)
        if gone and (new or (here.startswith(folder) and folder.startswith(own))):
            counted.append(folder)
        elif (gone or new) and entry.is_file and not fault_of_name(entry.name):
            git.export(commit, [entry.name], target)
            if _overlap(read_project(target / folder).project, folder, current, own):
                counted.append(folder)
    return counted


def former_projects(
    base: Project, folder: str, current: Project, own: str, remaining: Mapping[str, Project]
) -> list[Former]:
    """Return the projects of the file of a folder that `current`, of the folder `own`, may have come from.

    Of several workspaces, the one of the same name, and each whose org, key, definitions or state `current` has taken
    over. What is like none of them may have come from each that is gone: `remaining` are those of today by name. A
    workspace that is new had what held for all of them.
    """
    file = "" if folder == own else folder + PROJECT_FILE
    if base.workspaces is None:
        return [Former(base, file)]
    namesake = base.workspaces.get(current.name)
    newly_claimed = _claims(current, own) - (_claims(namesake, folder) if namesake else set())
    gone = [workspace for name, workspace in base.workspaces.items() if name not in remaining]
    alike = [
        workspace
        for name, workspace in base.workspaces.items()
        if workspace is not namesake
        # A new workspace may share the key of one that goes on with it.
        and _claims(workspace, folder, key=name not in remaining or remaining[name].key != workspace.key)
        & newly_claimed
    ]
    former = [namesake, *alike] if namesake else alike or gone
    if not former:
        shared = base.standing_for(current.name) if current.name else base
        return [Former(replace(shared, state=current.state, account=current.account), file)]
    labels = ((file, "" if workspace is namesake else f"workspace {workspace.name}") for workspace in former)
    return [Former(workspace, ", ".join(filter(None, label))) for workspace, label in zip(former, labels, strict=True)]


def _claims(project: Project, folder: str, *, key: bool = True) -> set[tuple[str, str]]:
    """Return what only one project has at a time: its org, the variable of its key, its definitions and its state."""
    claims = {("definitions", _normal(folder, project.definitions)), ("state", _state(project, folder))}
    if project.org not in ("", OWN_ORG):
        claims.add(("org", project.org))
    return claims | ({("key", project.key)} if key else set())


def _overlap(base: Project, folder: str, current: Project, own: str) -> bool:
    """Return whether a project of the base has the state of today's one, or definitions in the same folder or one
    below.
    """
    mine = Path(_normal(own, current.definitions))
    for project in _each(base):
        definitions = Path(_normal(folder, project.definitions))
        if _state(project, folder) == _state(current, own):
            return True
        if definitions.is_relative_to(mine) or mine.is_relative_to(definitions):
            return True
    return False


def _each(project: Project) -> list[Project]:
    return [project] if project.workspaces is None else list(project.workspaces.values())


def _state(project: Project, folder: str) -> str:
    if isinstance(project.state, FilePlace):
        return _normal(folder, project.state.path)
    return f"{project.state.branch}:{project.state.path}"


def _normal(folder: str, path: str) -> str:
    return os.path.normpath(folder + path)


def _below(folder: Path, top: Path) -> str:
    """Return a folder as seen from the top of the repository, with a slash at its end; "" for one that is not below."""
    try:
        parts = folder.resolve().relative_to(top.resolve()).parts
    except (OSError, ValueError):
        return ""
    return "".join(f"{part}/" for part in parts)


def is_gone(git: Git, path: str) -> bool:
    """Return whether a file is in the work tree no more; a sparse checkout only leaves it out."""
    if os.path.lexists(git.folder / path):
        return False
    return not git.run("ls-files", "-t", "--", path).startswith("S ")
