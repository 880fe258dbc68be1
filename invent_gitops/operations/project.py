"""Finds the project around the current folder and loads what it holds, with every problem at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.errors import InvalidInput, WrongUsage
from invent_gitops.git.links import check_way, current_folder
from invent_gitops.model.broadcast import Catalogue, Definition
from invent_gitops.model.document import Document
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project
from invent_gitops.operations.spelling import check_folder, check_project_file, misspelled, unread_catalogues
from invent_gitops.values import Struct, field

if TYPE_CHECKING:
    from invent_gitops.provenance import Origin

PROJECT_FILE = "invent.yaml"


class InvalidDefinitions(InvalidInput):
    """Definitions, project file or catalogue have problems; each is in `problems`."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"There are problems in the input: {len(problems)}. Nothing was created.")
        self.problems = problems


class LoadedProject(Struct, frozen=True):
    """The project as loaded. `root` is the folder that its paths are relative to, `notes` are for the author."""

    root: Path
    project: Project
    catalogue: Catalogue | None
    definitions: list[Definition]
    problems: list[Problem]
    notes: tuple[str, ...] = ()

    def checked(self) -> LoadedProject:
        """Return this workspace, if it has no problem. Raises `InvalidDefinitions`."""
        if self.problems:
            raise InvalidDefinitions(self.problems)
        return self

    def origin(self) -> Origin:
        """Return who acts and from which commit, by what that commit holds of these very files."""
        from invent_gitops.provenance import find_origin

        sources, shared = self.sources()
        return find_origin(self.root, sources=sources, shared=shared)

    def sources(self) -> tuple[dict[str, Path], tuple[Path, ...]]:
        """Return the file of each definition by its key, and the files that all definitions depend on."""
        files = {definition.key: Path(definition.position.file) for definition in self.definitions}
        return files, (self.root / PROJECT_FILE, self.root / self.project.segments)


def shown(path: Path) -> str:
    """Return a path as people know it: relative to the current folder where that is shorter."""
    relative = os.path.relpath(path)
    return Path(relative if not relative.startswith("..") else path).as_posix()


def find_root() -> Path:
    """Return the folder of the project file, looked for upwards; the current folder if there is none."""
    try:
        here = Path.cwd()
        walked = current_folder()
    except OSError:
        raise InvalidInput("The current folder does not exist any more.", "Change to a folder that does.") from None
    check_way(walked)
    files = (folder / PROJECT_FILE for folder in (here, *here.parents))
    return next((file.parent for file in files if os.path.lexists(file) or misspelled(file)), here)


class SelectedProject(Struct, frozen=True):
    """The project as a command has found it; of several workspaces, `project` is the chosen one, and all are kept."""

    root: Path
    project: Project
    problems: list[Problem]
    several: Mapping[str, Project] = field(default_factory=dict)


# What a command works in, from the moment that somebody has chosen it. One place, so that no command can forget to ask.
_OPENED: ContextVar[SelectedProject | None] = ContextVar("opened", default=None)


@contextmanager
def working_in(opened: SelectedProject) -> Iterator[None]:
    """While it lasts, every command reads this project instead of looking for one."""
    token = _OPENED.set(opened)
    try:
        yield
    finally:
        _OPENED.reset(token)


def working() -> SelectedProject | None:
    """Return the project that somebody has chosen for the command, if so."""
    return _OPENED.get()


def open_project(root: Path | None = None) -> tuple[Path, Project, list[Problem]]:
    """Return the project's folder, its settings and their problems; of several workspaces, those of the chosen one.

    `root` is given for the project as it was at another commit. Raises `WrongUsage` where nobody chose.
    """
    opened = working()
    if root is not None:
        opened = SelectedProject(*_of_commit(root, opened.project.name if opened else ""))
    selected = opened or read_project(find_root())
    if selected.project.workspaces is None:
        return selected.root, selected.project, selected.problems
    if selected.problems:
        raise InvalidDefinitions(selected.problems)
    raise none_chosen(selected.project)


def _of_commit(root: Path, name: str) -> tuple[Path, Project, list[Problem]]:
    """Return a project of another time; before there were workspaces, it was the one that this workspace came from."""
    selected = read_project(root)
    if name and selected.project.workspaces is not None:
        if name not in selected.project.workspaces:
            raise WrongUsage(f"The project had no workspace {name} then.")
        return root, selected.project.workspaces[name], selected.problems
    return root, selected.project, selected.problems


def none_chosen(project: Project) -> WrongUsage:
    names = ", ".join(project.workspaces or ())
    return WrongUsage(
        f"{project.file} holds several workspaces, and it is not said which one is meant.",
        f"Add --workspace NAME, or --all where a command takes it. There are: {names}",
    )


def read_project(root: Path) -> SelectedProject:
    """Return the project in that folder, with all of its workspaces."""
    file = root / PROJECT_FILE
    check_project_file(file)
    if not os.path.lexists(file):
        return SelectedProject(root, Project(), [])
    check_inside(file, root, "The project file")
    from invent_gitops.load import read_document
    from invent_gitops.schemas import read_schema
    from invent_gitops.validate import validate_project
    from invent_gitops.validate.report import without_echoes

    document, unreadable = read_document(file, shown(file), root)
    if document is None:
        return SelectedProject(root, Project(file=shown(file)), unreadable)
    project, wrong = validate_project(document, schema=read_schema("project"), file=shown(file))
    return SelectedProject(root, project, [*unreadable, *without_echoes(wrong, unreadable)])


def checked_project() -> tuple[Path, Project]:
    """Return the project's folder and its settings, for commands that need no definitions. Raises
    `InvalidDefinitions`.
    """
    root, project, problems = open_project()
    if problems:
        raise InvalidDefinitions(problems)
    return root, project


def open_workspace(definitions: str | None, root: Path | None = None) -> LoadedProject:
    """Everything that validate, plan and apply need; `definitions` is the folder given by hand, if any."""
    from invent_gitops.schemas import read_schema
    from invent_gitops.validate import remarked, renamed, validate_in_order

    root, project, problems = open_project(root)
    if project.misplaced:
        # Nothing is opened at a place that is refused, nor at the others, or people would take them for all.
        return LoadedProject(root, project, None, [], sorted(problems))
    catalogue_path = root / project.segments
    usual = Project().standing_for(project.name) if project.name else Project()
    catalogue, more = open_catalogue(root, catalogue_path, needed=project.segments != usual.segments)
    folder = Path(definitions or shown(root / project.definitions))
    check_inside(folder, root, "The folder of the definitions")
    if project.name and not definitions:
        _check_own_folder(folder, root, project)
    if not definitions:
        check_folder(folder)
    notes: list[str] = []
    documents: Iterator[Document] = iter(())
    unreadable: list[Problem] = []
    if project.file and project.definitions == usual.definitions and not definitions and not os.path.lexists(folder):
        # Git keeps no empty folder, so that it goes with the last definition.
        notes.append(f"There is no folder {shown(folder)}, so nothing is defined.")
    else:
        documents = remarked(each_definition_of(root, project, folder, unreadable), notes)
    valid, wrong = validate_in_order(documents, schema=read_schema("broadcast"), project=project, catalogue=catalogue)
    every = sorted([*problems, *more, *set(unreadable), *wrong])
    notes += renamed(valid, catalogue)
    return LoadedProject(root, project, catalogue, valid, every, tuple(notes))


def definitions_of(root: Path, project: Project, folder: Path) -> tuple[list[Document], list[Problem]]:
    """Return the documents below a folder and what was refused; in the project, nothing outside of it is looked at."""
    from invent_gitops.load import read_definitions

    folder, exclude, within = _place_to_read(root, project, folder)
    return read_definitions(folder, root=Path.cwd(), exclude=exclude, within=within)


def each_definition_of(root: Path, project: Project, folder: Path, problems: list[Problem]) -> Iterator[Document]:
    """Yield what `definitions_of` returns, each document as it is read; what was refused is added to `problems`."""
    from invent_gitops.load import each_definition

    folder, exclude, within = _place_to_read(root, project, folder)
    return each_definition(folder, problems, root=Path.cwd(), exclude=exclude, within=within)


def _place_to_read(root: Path, project: Project, folder: Path) -> tuple[Path, frozenset[Path], Path | None]:
    """Return the folder, the files in it that are no definitions, and the folder that no link may leave."""
    from invent_gitops.inside import Outside, below, inside

    with inside(root) as project_folder:
        within: Path | None = Path(project_folder.real)
        try:
            folder_below = below(folder, root)
        except Outside:
            # A person has named a folder elsewhere, which is looked at alone.
            within, folder_below = None, ""
        exclude = set()
        for file in (PROJECT_FILE, project.segments):
            with suppress(OSError):
                exclude.add(Path(project_folder.real, project_folder.resolve(file)))
    return root / folder_below if within else folder, frozenset(exclude), within


def check_inside(path: Path, root: Path, subject: str, cure: str = "Put the file itself there.") -> str:
    """Refuse a path of the repository that leads out of it: its content would end in logs, or be written to.

    Returns where it leads, below `root`, or "" for a path that is not written as one of the project: a person has
    chosen that. What is outside is not looked at.
    """
    from invent_gitops.inside import Outside, below, inside

    try:
        written = below(path, root)
    except Outside:
        return ""
    try:
        with inside(root) as project_folder:
            return project_folder.resolve(written, missing=True)
    except Outside:
        raise InvalidInput(f"{subject}, {shown(path)}, is a link that leaves the project.", cure) from None
    except OSError:
        # It leads nowhere, and who opens it says why.
        return written


def chosen_file(path: str, subject: str) -> Path:
    """Return the file that a person has named; in the project with links followed, and refused where they lead out of
    it.
    """
    opened = working()
    root = opened.root if opened else find_root()
    resolved = check_inside(Path(path), root, subject)
    return root / resolved if resolved else Path(path)


def _check_own_folder(folder: Path, root: Path, project: Project) -> None:
    """Refuse a link on the way: it may lead to what another workspace sends, where no check of the file sees it."""
    if check_inside(folder, root, "The folder of the definitions") != project.definitions.removeprefix("."):
        raise InvalidInput(
            f"The folder of the definitions of {project.name}, {shown(folder)}, is a link or below one, and could be "
            "another workspace's.",
            "Put the folder itself there.",
        )


def open_catalogue(root: Path, path: Path, *, needed: bool) -> tuple[Catalogue | None, list[Problem]]:
    """Return the segment catalogue, None if there is none, and its problems; a missing one is a problem if it is
    `needed`.
    """
    from invent_gitops.load import read_document
    from invent_gitops.schemas import read_schema
    from invent_gitops.validate import validate_catalogue

    check_inside(path, root, "The segment catalogue")
    if unread := unread_catalogues(path, shown(path)):
        return None, unread
    if not os.path.lexists(path) and not needed:
        return None, []
    document, unreadable = read_document(path, shown(path), root)
    if document is None:
        return None, unreadable
    catalogue, wrong = validate_catalogue(document, schema=read_schema("segments"))
    return catalogue, [*unreadable, *wrong]
