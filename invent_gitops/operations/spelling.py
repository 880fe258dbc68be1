"""Files of the project under another spelling, which would be passed over without a word."""

from __future__ import annotations

import os
from pathlib import Path

from invent_gitops.errors import InvalidInput
from invent_gitops.model.filename import readable, spelled_like
from invent_gitops.model.problem import Position, Problem


def misspelled(path: Path) -> list[str]:
    """Return the entries beside `path`, as the folder lists them, that people could take for it, and the program does
    not.
    """
    return [entry for entry in _entries(path.parent) if spelled_like(entry, path.name)]


def check_project_file(path: Path) -> None:
    """Raise `InvalidInput` where the project file, or a second one, has another name."""
    for other in misspelled(path):
        message = f"The project file is named {readable(other)} here, which is not looked for."
        raise InvalidInput(message, _cure(path))


def unread_catalogues(path: Path, displayed: str) -> list[Problem]:
    """Return a problem for each file that looks like the segment catalogue at `path`, `displayed` to people, and is not
    it.
    """
    message = f"This looks like the segment catalogue, and is not read: {displayed} is."
    return [
        Problem(Position(displayed.removesuffix(path.name) + readable(other)), "file-not-read", message, _cure(path))
        for other in misspelled(path)
    ]


def check_folder(folder: Path) -> None:
    """Raise `InvalidInput` where the folder is there in another spelling only, so that nothing seems to be defined."""
    entries = _entries(folder.parent)
    others = [entry for entry in entries if entry.casefold() == folder.name.casefold() and entry != folder.name]
    if others and folder.name not in entries:
        message = f"The folder of the definitions is named {readable(others[0])} here, which is not looked for."
        raise InvalidInput(message, f"Rename it to {folder.name}.")
    if any(_may_define(folder.parent / other) for other in others):
        message = f"There is a folder {readable(others[0])} beside {folder.name}, and its definitions are not read."
        raise InvalidInput(message, f"Move them to {folder.name}, and delete the other folder.")


def _may_define(folder: Path) -> bool:
    """Return whether a folder holds files that could be definitions; one behind a link is not looked at."""
    return folder.is_symlink() or any(name.endswith((".yaml", ".yml")) for name in _entries(folder))


def _cure(path: Path) -> str:
    if path.name in _entries(path.parent):
        return f"{path.name} is there as well: delete one of the two."
    return f"Rename it to {path.name}."


def _entries(folder: Path) -> list[str]:
    # Names as they are listed: where a file system ignores case, asking for a file finds it under another name.
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
