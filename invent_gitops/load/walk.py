"""Finding the files of a folder, without following what leads out of it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from invent_gitops.errors import InvalidInput
from invent_gitops.inside import Inside, NotPlain, Outside, is_link
from invent_gitops.load.files import about_file, unreadable
from invent_gitops.load.skipped_files import LONGEST, looks_like_definition
from invent_gitops.model.filename import SUFFIXES, is_set_aside, meant_name, readable
from invent_gitops.model.problem import Problem
from invent_gitops.values import Struct, field

# Names that nobody gives to a folder.
_SURELY_A_FILE = re.compile(r".+\.(?:txt|rst|adoc|csv|json|png|jpe?g|gif|svg|pdf|html?|docx?|xlsx?)", re.IGNORECASE)


class DefinitionFile(Struct, frozen=True):
    """A file: its path below `Inside` with no link in it, as people read it, and below the folder of definitions."""

    resolved: str
    label: str
    below: str


def find(
    folder: Path, inside: Inside, at: str, root: Path, exclude: frozenset[Path]
) -> tuple[list[DefinitionFile], list[Problem]]:
    """Return the files of a folder, in the order of their paths, and what was refused.

    `at` is the folder as `inside` resolves it, which is not left. Refused are also files that look like definitions
    and are not read. Hidden files, backups and the like are not.
    """
    walk = _FolderWalk(inside, at, _shown_folder(folder, root), frozenset(_excluded(inside, exclude)))
    if not stat.S_ISDIR(os.lstat(walk.real).st_mode):
        raise no_folder(folder, "is not a folder")
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            entries = inside.list(f"{walk.prefix}{below}".rstrip("/"))
        except OSError as error:
            walk.problems.append(unreadable(walk.label_prefix + (below or "."), error))
            continue
        visible = (entry for entry in entries if not entry.name.startswith("."))
        waiting += [f"{below}{entry.name}/" for entry in visible if walk.takes(entry, below + entry.name)]
    return sorted(walk.files, key=lambda entry: entry.below), walk.problems


def _excluded(inside: Inside, files: Iterable[Path]) -> Iterator[str]:
    """Yield the paths of files below `inside`, as it resolves them."""
    above = os.path.join(inside.real, "")
    for file in map(str, files):
        if file.startswith(above):
            yield file[len(above) :].replace(os.sep, "/")


def no_folder(folder: Path, reason: str) -> InvalidInput:
    """Return the error where there are no definitions to read."""
    cure = (
        "Create it, or name the folder of the definitions as an argument or in the project file. If the project is "
        "in another folder, add -C FOLDER."
    )
    return InvalidInput(f"The folder of the definitions, {folder}, {reason}.", cure)


def _shown_folder(folder: Path, root: Path) -> str:
    # As it is written: what a link on the way leads to is not looked at.
    way = os.path.relpath(os.path.abspath(folder), os.path.abspath(root)).replace(os.sep, "/")
    label = folder.as_posix() if way == ".." or way.startswith("../") else way
    return "" if label == "." else label.rstrip("/") + "/"


class _FolderWalk(Struct):
    """The files of the folder `at` of `inside` so far; `label_prefix` begins their paths as people read them.

    `excluded` are paths below `inside` of files that are no definitions.
    """

    inside: Inside
    at: str
    label_prefix: str
    excluded: frozenset[str]
    files: list[DefinitionFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        return f"{self.at}/" if self.at else ""

    @property
    def real(self) -> str:
        return self.real_path(self.at)

    def real_path(self, resolved: str) -> str:
        return os.path.join(self.inside.real, *resolved.split("/")) if resolved else self.inside.real

    def takes(self, entry: os.DirEntry[str], below: str) -> bool:
        """Note an entry, and say whether it is a folder to walk."""
        resolved = self.prefix + below
        if entry.is_symlink() or (os.name == "nt" and is_link(entry.stat(follow_symlinks=False))):
            problem, resolved = self._behind_link(entry.name, resolved)
            if problem:
                self.problems.append(problem)
            if not resolved:
                return False
        elif entry.is_dir(follow_symlinks=False):
            return True
        elif resolved in self.excluded:
            return False
        elif not entry.name.endswith(SUFFIXES):
            self.problems += self._unread(entry, resolved)
            return False
        elif not entry.is_file(follow_symlinks=False):
            self.problems.append(unreadable(self.label_prefix + below, NotPlain(special=True)))
            return False
        self.files.append(DefinitionFile(resolved, self.label_prefix + below, below))
        return False

    def _behind_link(self, name: str, path: str) -> tuple[Problem | None, str]:
        """Return what is wrong with a link, and where the definition behind it is; "" for none."""
        label = self.label_prefix + path.removeprefix(self.prefix)
        if meant := meant_name(name):
            return _misnamed(label, meant), ""
        definition = name.endswith(SUFFIXES)
        try:
            target = self.inside.resolve(path)
            status = os.lstat(self.real_path(target))
        except Outside as error:
            # Whether it is a folder is not looked at, so it is refused unless the name says that it is a file.
            harmless = not definition and (is_set_aside(name) or _SURELY_A_FILE.fullmatch(name))
            return (None if harmless else unreadable(label, error)), ""
        except OSError as error:
            return (unreadable(label, error) if definition else None), ""
        if stat.S_ISDIR(status.st_mode):
            message = "A folder that is a symbolic link is not walked, so its definitions would be missed."
            return about_file(label, "symlinked-folder", message, "Put the folder itself here."), ""
        if not definition or target in self.excluded:
            return None, ""
        # Compared after resolving: the path of the link itself is always below the folder.
        if not target.startswith(self.prefix):
            return unreadable(label, Outside()), ""
        if not stat.S_ISREG(status.st_mode):
            return unreadable(label, NotPlain(special=True)), ""
        return None, target

    def _unread(self, entry: os.DirEntry[str], path: str) -> Iterator[Problem]:
        """Yield what is wrong with a file that is not read: nothing, unless a person would take it for a definition."""
        label = self.label_prefix + path.removeprefix(self.prefix)
        if meant := meant_name(entry.name):
            yield _misnamed(label, meant)
            return
        if is_set_aside(entry.name):
            return
        try:
            status = entry.stat(follow_symlinks=False)
            short = stat.S_ISREG(status.st_mode) and status.st_size <= LONGEST
            raw = self.inside.read(path, LONGEST) if short else b""
        except OSError:
            return
        if looks_like_definition(raw):
            message = "This file holds what a definition holds, and is not read: its name does not end in .yaml."
            cure = f"Rename it to {entry.name.partition('.')[0]}.yaml, or move it out of the folder of the definitions."
            yield about_file(label, "file-not-read", message, readable(cure))


def _misnamed(label: str, meant: str) -> Problem:
    message = "This file looks like a definition, and is not read: only names that end in .yaml or .yml are."
    cure = f"Rename it to {meant}, or move it out of the folder of the definitions."
    return about_file(label, "file-not-read", message, readable(cure))
