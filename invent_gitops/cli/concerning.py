"""Which problems concern given files: for whoever commits these, and not the whole project."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from invent_gitops.cli.workspace import PROJECT_FILE
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project


def concerning(
    problems: list[Problem], root: Path, projects: Collection[Project], start: str, files: Iterable[str]
) -> list[Problem]:
    """The problems that concern one of `files`, which count from the folder `start`, "" for the current one.

    A folder stands for all that is in it. `projects` are the workspaces that the problems are of, or the one project.
    """
    common = _places(str(root / PROJECT_FILE), *(str(root / project.segments) for project in projects))
    chosen = _places(*(os.path.join(start, file) for file in files))
    if chosen & _around(common):
        return problems
    around = _around(chosen)
    # Without what all definitions share, none of them is known to be good.
    below = _places(*(str(root / project.definitions) for project in projects))
    shared = common if around & below else frozenset[str]()

    @cache
    def concerned(file: str) -> bool:
        places = _places(file)
        # What is wrong with a folder hides the files in it.
        return bool(places & (around | shared) or _around(places) & chosen)

    return [
        problem
        for problem in problems
        if any(concerned(position.file) for position in (problem.position, *problem.related))
    ]


def _places(*paths: str) -> frozenset[str]:
    """Each path in full, as written and with links followed; a name that is no UTF-8 is spelled as it is shown."""
    full = (follow(path) for path in paths for follow in (os.path.abspath, os.path.realpath))
    return frozenset(path.encode("utf-8", "replace").decode() for path in full)


def _around(places: Iterable[str]) -> frozenset[str]:
    """The places, and every folder around one of them."""
    return frozenset(str(one) for place in places for one in (Path(place), *Path(place).parents))
