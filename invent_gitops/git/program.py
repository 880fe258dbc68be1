"""Finds the git of the machine: on the PATH, and never among the files of a checkout."""

from __future__ import annotations

import os
from pathlib import Path

from invent_gitops.values import Struct

NAME = "git.exe" if os.name == "nt" else "git"


class Program(Struct, frozen=True):
    """The full path of a git, "" if there is none, and the PATH on which it finds ssh and its helpers."""

    path: str
    search: str


def find_program(search: str, top: Path) -> Program:
    """Return the first git on the PATH `search`, without its entries that a commit could fill.

    Those are the ones below `top`, the root of the work tree, and the ones that depend on the current folder, as an
    empty entry does. A link that leads into the work tree is passed over as well.
    """
    entries = [entry for entry in search.split(os.pathsep) if os.path.isabs(entry) and not _is_within(entry, top)]
    candidates = (os.path.join(entry, NAME) for entry in entries)
    program = next((path for path in candidates if _is_executable(path) and not _is_within(path, top)), "")
    return Program(program, os.pathsep.join(entries))


def _is_executable(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def _is_within(path: str, top: Path) -> bool:
    """Return whether a path is below `top`, by its own name or with links followed; below the root of a disk nothing
    is.
    """
    names = (os.path.normpath(path), os.path.realpath(path))
    return top.parent != top and any(Path(name).is_relative_to(top) for name in names)
