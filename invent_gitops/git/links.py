"""Checks the way to a project's folder: a link that a commit has put there must not lead out of the clone."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from invent_gitops.errors import Refused
from invent_gitops.git.discovery import MARKER, is_marker


def current_folder() -> Path:
    """Return the current folder by the way that its shell went, links included. Raises `OSError` where it is gone."""
    real = Path.cwd()
    walked = Path(os.environ.get("PWD", ""))
    try:
        return walked if walked.is_absolute() and walked.samefile(real) else real
    except OSError:
        return real


def check_way(path: Path) -> None:
    """Refuse a way through a link that lies in the work tree of a clone and leads out of it, or into its `.git`.

    `path` is absolute and may not exist. A link outside of any clone is the person's. Raises `Refused`.
    """
    at = Path(path.anchor)
    for part in path.parts[1:]:
        entry = at.parent if part == os.pardir else at / part
        target = Path(os.path.realpath(entry))
        if target != entry:
            _check_link(entry, target)
        at = target


def _check_link(link: Path, target: Path) -> None:
    top = next((folder for folder in link.parents if is_marker(folder / MARKER)), None)
    if top is None or (target.is_relative_to(top) and MARKER not in target.relative_to(top).parts):
        return
    clone, name, goal = (shlex.quote(str(path)) for path in (top, link.relative_to(top), target))
    raise Refused(
        f"{link} is a link that leads out of the files of its repository, to {target}. A pull request can add such a "
        "link, and what is there would be read, shown and written.",
        f"If you mean that folder, name it: -C {goal}. Otherwise see who added the link: git -C {clone} log -- {name}",
    )
