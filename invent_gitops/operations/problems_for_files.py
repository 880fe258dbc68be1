"""Which problems concern given files: for whoever commits these, and not the whole project."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from functools import cache, partial
from pathlib import Path

from invent_gitops.errors import InvalidInput, WrongUsage
from invent_gitops.model.filename import readable
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project
from invent_gitops.operations.project import PROJECT_FILE, check_inside

# How git quotes a name with other letters than ASCII: `"gr\303\274n.yaml"`, of which a shell may drop the quotes.
_ESCAPE = re.compile(rb'\\([0-3][0-7]{2}|[abtnvfr"\\])')
_SIGNS = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))


def concerning(
    problems: list[Problem], root: Path, projects: Collection[Project], start: str, files: Iterable[str]
) -> list[Problem]:
    """Return the problems that concern one of `files`, which count from the folder `start`, "" for the current one.

    A folder stands for all that is in it. `projects` are the workspaces that the problems are of, or the one project.
    Raises `WrongUsage` for a file that is not there: silence about it would pass for "no problem".
    """
    common = _places(root, str(root / PROJECT_FILE), *(str(root / project.segments) for project in projects))
    chosen = _places(root, *(_named(file, root, start, common) for file in files))
    if chosen & _around(common):
        return problems
    around = _around(chosen)
    # Without what all definitions share, none of them is known to be good.
    below = _places(root, *(str(root / project.definitions) for project in projects))
    concerned_places = around | common if around & below else around

    @cache
    def concerned(file: str) -> bool:
        places = _places(root, file)
        # What is wrong with a folder hides the files in it.
        return bool(places & concerned_places or _around(places) & chosen)

    return [
        problem
        for problem in problems
        if any(concerned(position.file) for position in (problem.position, *problem.related))
    ]


def _named(file: str, root: Path, start: str, common: frozenset[str]) -> str:
    """Return the path that an argument names, as it is written or as git quotes it."""
    for name in (file, _unquoted(file)):
        path = os.path.join(start, name)
        # The project file and the catalogue are spoken of even where they are missing.
        if name and (os.path.lexists(path) or _places(root, path) & common):
            return path
    raise WrongUsage(
        f"--files names {readable(file) or 'an empty path'}, which is not there.",
        "Check the name. To leave out deleted files: git diff --name-only --diff-filter=d",
    )


def _unquoted(file: str) -> str:
    """Return a name without the quoting of git; "" if it has none."""
    written = file[1:-1] if len(file) > 1 and file[0] == file[-1] == '"' else file
    raw = os.fsencode(written)
    name = _ESCAPE.sub(lambda match: bytes([_SIGNS.get(match[1][0]) or int(match[1], 8)]), raw)
    return os.fsdecode(name) if name != raw or written != file else ""


def _places(root: Path, *paths: str) -> frozenset[str]:
    """Return each path in full, as written and with links followed; a name that is no UTF-8 is spelled as it is
    shown.
    """
    full = (follow(path) for path in paths for follow in (os.path.abspath, partial(_followed, root)))
    return frozenset(readable(path) for path in full)


def _followed(root: Path, path: str) -> str:
    """Return where a path leads; where a link of the project leads out of it, the path as it is written."""
    try:
        resolved = check_inside(Path(path), root, path)
    except InvalidInput:
        return os.path.abspath(path)
    return os.path.join(os.path.realpath(root), resolved) if resolved else os.path.realpath(path)


def _around(paths: Iterable[str]) -> frozenset[str]:
    """Return the paths, and every folder around one of them."""
    return frozenset(str(folder) for path in paths for folder in (Path(path), *Path(path).parents))
