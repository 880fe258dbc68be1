"""Where the sandbox keeps its state and its database: in a folder of its own that git ignores, never the team's."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from invent_gitops.errors import InvalidInput, Refused, WrongUsage
from invent_gitops.files import write_new
from invent_gitops.model.project import Project
from invent_gitops.model.state import State
from invent_gitops.operations.project import check_inside, shown
from invent_gitops.values import Struct

FOLDER = ".invent-sandbox"
# Git ignores the folder with this file in it, in a repository that never ran `init` as well.
_IGNORED = "# The sandbox of invent-gitops: nothing here exists in Invent. Delete the folder to begin anew.\n*\n"


class SandboxPlace(Struct, frozen=True):
    """The state and the database of one rehearsal; `folder` is theirs alone, None where a person named the state.

    `anew` is the shell command that deletes both, so that the next run begins with an empty sandbox.
    """

    state: Path
    database: Path
    folder: Path | None
    anew: str

    def begin(self) -> None:
        """Create the folder, and let git ignore it. Raises `InvalidInput`."""
        if self.folder:
            ignored = self.folder / ".gitignore"
            write_new(ignored, _IGNORED, shown(ignored))

    def check_pair(self, state: State) -> None:
        """Raise `Refused` where the state records broadcasts, and the database has never held any."""
        from invent_gitops.sandbox.storage import created_ever

        if state.ids() and created_ever(self.database) == 0:
            raise Refused(
                f"The sandbox has lost its database {shown(self.database)}: its state, {shown(self.state)}, records "
                "broadcasts that are not in it.",
                f"Begin the sandbox anew: {self.anew}",
            )


def sandbox_place(
    root: Path, project: Project, several: Mapping[str, Project], *, state: str, folder: str
) -> SandboxPlace:
    """Return the place of the sandbox: that of the workspace, or beside the `state` that a person named.

    `several` are the workspaces, `folder` is the one of -C. Raises `WrongUsage` for a state of the team's, and
    `InvalidInput` for a link in place of the folder: it could lead to the team's.
    """
    if state:
        return _named(root, project, several, Path(state), folder)
    own = root / FOLDER / project.name if project.name else root / FOLDER
    files = (own / "invent.state.json", own / "invent.sandbox.sqlite")
    for path in files:
        resolved = check_inside(path, root, "The sandbox's file", f"Remove the link: {_command('rm', FOLDER, folder)}")
        if Path(os.path.realpath(root), *resolved.split("/")) != Path(os.path.realpath(root), *_parts(path, root)):
            raise InvalidInput(
                f"{shown(path)} is a link or below one, and the sandbox must never write into the state of the team.",
                f"Remove the link: {_command('rm', _link(path, root), folder)}",
            )
    # A file in place of the folder is in the way of every workspace.
    in_the_way = os.path.lexists(root / FOLDER) and not (root / FOLDER).is_dir()
    return SandboxPlace(*files, own, _command("rm -r", shown(root / FOLDER if in_the_way else own), folder))


def _named(root: Path, project: Project, several: Mapping[str, Project], state: Path, folder: str) -> SandboxPlace:
    if is_of_the_team(state, root, project, several):
        raise WrongUsage(
            f"{shown(state)} is the place of the project's state, and --sandbox writes nothing there.",
            f"Leave --state out: the sandbox has a state of its own in {FOLDER}.",
        )
    database = beside(state)
    files = [shown(path) for path in (state, state.with_name(f"{state.name}.journal"), database)]
    return SandboxPlace(state, database, None, " ".join(["rm -f", *(_quoted(file, folder) for file in files)]))


def beside(state: Path) -> Path:
    """Return the database beside a state: `invent.state.json` has `invent.sandbox.sqlite`."""
    return state.with_name(state.name.removesuffix(".json").removesuffix(".state") + ".sandbox.sqlite")


def is_of_the_team(state: Path, root: Path, project: Project, several: Mapping[str, Project]) -> bool:
    """Return whether that is where the project, or one of its workspaces, has its state, as disks compare names."""
    states = {root / workspace.state.path for workspace in (project, *several.values())}
    return os.path.realpath(state).casefold() in {os.path.realpath(path).casefold() for path in states}


def removal(state: Path, folder: str) -> str:
    """Return the shell command that deletes a state that an older version's sandbox has left, with what lies beside
    it.
    """
    files = [state, state.with_name(f"{state.name}.journal"), beside(state)]
    there = [shown(path) for path in files if os.path.lexists(path)]
    return " ".join(["rm", *(_quoted(file, folder) for file in there or [shown(state)])])


def _parts(path: Path, root: Path) -> tuple[str, ...]:
    return path.relative_to(root).parts


def _link(path: Path, root: Path) -> str:
    """Return the first link on the way from the project's folder to a path."""
    parts = _parts(path, root)
    ways = (root.joinpath(*parts[:count]) for count in range(1, len(parts) + 1))
    return shown(next((way for way in ways if os.path.islink(way)), path))


def _command(program: str, file: str, folder: str) -> str:
    return f"{program} {_quoted(file, folder)}"


def _quoted(file: str, folder: str) -> str:
    """Return a path as a shell reads it in the folder where the process was started: -C has led away from there."""
    return shlex.quote(os.path.join(folder, file))
