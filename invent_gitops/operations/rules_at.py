"""The rules that a project had at another commit, wherever its file stood and whatever its name was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.errors import Refused
from invent_gitops.model.loosening import Rules
from invent_gitops.model.project import Project
from invent_gitops.operations.definitions_at import check_places, folder_below, reading
from invent_gitops.operations.former_places import Former, former_folders, former_projects
from invent_gitops.operations.project import PROJECT_FILE, definitions_of, open_catalogue, read_project
from invent_gitops.values import Struct, replace

if TYPE_CHECKING:
    from invent_gitops.git.repository import Git


class FormerRules(Struct, frozen=True):
    """Rules that held at the base; `label` says of what, "" for the same project file and workspace."""

    rules: Rules
    label: str = ""


def rules_at(
    root: Path, commit: str, current: Project, definitions: str | None, *, waivers: bool
) -> tuple[FormerRules, ...] | str:
    """Return the rules of a commit that the project or workspace `current` came from; or why they cannot be told.

    Nothing where that commit holds nothing of the project. The waivers of the definitions are read only where they are
    asked for. A workspace that is new is compared with what held for all of them.
    """

    def read(git: Git, target: Path) -> tuple[FormerRules, ...]:
        reader = _Reader(git, commit, target, definitions, waivers)
        return tuple(reader.rules(root, current))

    return reading(root, commit, read)


class _Reader(Struct, frozen=True):
    """Reads from a commit into the folder `target`; `definitions` is the folder that a person has named."""

    git: Git
    commit: str
    target: Path
    definitions: str | None
    waivers: bool

    def rules(self, root: Path, current: Project) -> Iterator[FormerRules]:
        """Yield the rules of each project file of the commit that `current`, of the folder `root`, may have come
        from.
        """
        from invent_gitops.git.repository import Git

        own = self.git.run("rev-parse", "--show-prefix").rstrip("\n")
        top = Path(self.git.run("rev-parse", "--show-toplevel").rstrip("\n"))
        reader = replace(self, git=Git(top))
        former = former_folders(reader.git, self.commit, self.target, own, current)
        for folder in former or [own]:
            for project in reader.projects(top, folder, own, current):
                below = folder_below(root, self.definitions if folder == own else None, project.project)
                if rules := reader.read(folder, below, project.project):
                    yield FormerRules(rules, project.label)

    def projects(self, top: Path, folder: str, own: str, current: Project) -> list[Former]:
        """Return the project of a folder, or each of its workspaces that `current` may have come from."""
        self.git.export(self.commit, [folder + PROJECT_FILE], self.target)
        selected = read_project(self.target / folder)
        if selected.problems:
            raise Refused(f"its {folder}{PROJECT_FILE} has problems: {selected.problems[0].message}")
        remaining = {
            name: workspace
            for at in (folder, own)
            for name, workspace in (read_project(top / at).project.workspaces or {}).items()
        }
        return former_projects(selected.project, folder, current, own, remaining)

    def read(self, folder: str, below: str, project: Project) -> Rules | None:
        """Return the rules of a project below a folder; None where the commit holds nothing of it."""
        check_places(project)
        root = self.target / folder
        segments = project.segments
        paths = [folder + segments, *([folder + below] if self.waivers else [])]
        self.git.export(self.commit, paths, self.target)
        if not project.file and not self.git.tree(self.commit, folder + below, folder + segments, options=()):
            return None
        catalogue, wrong = open_catalogue(root, root / segments, needed=False)
        if wrong:
            raise Refused(f"its {folder}{segments} has problems: {wrong[0].message}")
        rules = Rules(project, catalogue)
        return replace(rules, waivers=_waivers(root, below, rules)) if self.waivers else rules


def _waivers(target: Path, below: str, rules: Rules) -> dict[str, dict[str, str]]:
    """Return what each valid definition below a folder waives; none where there is no such folder."""
    from invent_gitops.schemas import read_schema
    from invent_gitops.validate import validate_definitions

    if not os.path.lexists(target / below):
        return {}
    documents, _ = definitions_of(target, rules.project, target / below)
    definitions, _ = validate_definitions(
        documents, schema=read_schema("broadcast"), project=rules.project, catalogue=rules.catalogue
    )
    return {definition.key: dict(definition.waive) for definition in definitions}
