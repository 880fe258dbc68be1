"""Finding the files of a folder and reading each as text, safely whatever they are."""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path

from invent_gitops.errors import InvalidInput
from invent_gitops.load.source import Source
from invent_gitops.load.unread import LONGEST, looks_like_definition
from invent_gitops.model.filename import SUFFIXES, is_set_aside, meant_name, readable
from invent_gitops.model.problem import Position, Problem

MAX_BYTES = 1024 * 1024

# Not blocking, or a pipe of this name would hold the program forever; the other two are Windows' and everybody else's.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

_USUAL_BYTES = bytes([9, 10, 13, *range(0x20, 0x7F)])
# What YAML 1.2 does not allow, and what it allows but the parsers take for the end of a line, or nobody can see.
_REFUSED = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
# What git leaves in a file that two sides changed, and what stands for a file that Git LFS has not fetched.
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: [^\r\n]*)?(?=[\r\n]|\Z)", re.MULTILINE)
_LFS = "version https://git-lfs.github.com/spec/"
_DIRECTIVE = re.compile(r"^%[^\r\n]*", re.MULTILINE)


def find(folder: Path, root: Path, exclude: frozenset[Path]) -> tuple[list[tuple[str, str, str]], list[Problem]]:
    """(path, path as shown, path below the folder) of each file, in the order of the last, and what was refused.

    Refused are also files that look like definitions and are not read. Hidden files, backups and the like are not.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        cure = (
            "Create it, or name the folder of the definitions as an argument or in the project file. If the project is "
            "in another folder, add -C FOLDER."
        )
        raise InvalidInput(f"The folder of the definitions, {folder}, {what}.", cure)
    real = os.path.realpath(folder)
    shown = _shown_folder(folder, root)
    excluded = {str(path) for path in exclude}
    found: list[tuple[str, str, str]] = []
    problems: list[Problem] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            entries = list(os.scandir(f"{real}/{below}"))
        except OSError as error:
            problems.append(_unreadable(shown + (below or "."), error))
            continue
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            path = below + name
            if entry.is_symlink():
                problem, wanted = _symlink(entry, shown + path, real, excluded)
                if problem:
                    problems.append(problem)
                if not wanted:
                    continue
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(path + "/")
                continue
            elif excluded and os.path.join(real, *path.split("/")) in excluded:
                continue
            elif not name.endswith(SUFFIXES):
                problems += _unread(entry, shown + path)
                continue
            found.append((f"{real}/{path}", shown + path, path))
    found.sort(key=lambda entry: entry[2])
    return found, problems


def _shown_folder(folder: Path, root: Path) -> str:
    try:
        shown = folder.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        shown = folder.as_posix()
    return "" if shown == "." else shown.rstrip("/") + "/"


def _symlink(entry: os.DirEntry[str], shown: str, real: str, excluded: set[str]) -> tuple[Problem | None, bool]:
    """What is wrong with a symbolic link, and whether the file behind it is a definition."""
    if meant := meant_name(entry.name):
        return _misnamed(shown, meant), False
    definition = entry.name.endswith(SUFFIXES)
    try:
        target = os.path.realpath(entry.path, strict=True)
    except OSError as error:
        return (_unreadable(shown, error) if definition else None), False
    if os.path.isdir(target):
        message = "A folder that is a symbolic link is not walked, so its definitions would be missed."
        return _about_file(shown, "symlinked-folder", message, "Put the folder itself here."), False
    if not definition or target in excluded:
        return None, False
    # Compared after resolving: the path of the link itself is always below the folder.
    if not target.startswith(os.path.join(real, "")):
        message = "This symbolic link leads out of the folder of the definitions, so review does not see what it reads."
        return _about_file(shown, "symlink-leaves-folder", message, "Put the file itself here."), False
    return None, True


def _unread(entry: os.DirEntry[str], shown: str) -> Iterator[Problem]:
    """What is wrong with a file that is not read: nothing, unless a person would take it for a definition."""
    if meant := meant_name(entry.name):
        yield _misnamed(shown, meant)
        return
    if is_set_aside(entry.name):
        return
    try:
        raw = _bytes(entry.path) if entry.stat().st_size <= LONGEST else None
    except OSError:
        return
    if raw and looks_like_definition(raw):
        message = "This file holds what a definition holds, and is not read: its name does not end in .yaml."
        cure = f"Rename it to {entry.name.partition('.')[0]}.yaml, or move it out of the folder of the definitions."
        yield _about_file(shown, "file-not-read", message, readable(cure))


def _misnamed(shown: str, meant: str) -> Problem:
    message = "This file looks like a definition, and is not read: only names that end in .yaml or .yml are."
    cure = f"Rename it to {meant}, or move it out of the folder of the definitions."
    return _about_file(shown, "file-not-read", message, readable(cure))


def read(path: str, shown: str) -> Source | Problem:
    """The text of a file without its byte order mark, checked for what no YAML file may hold."""
    try:
        shown.encode()
    except UnicodeEncodeError:
        message = "The name of this file is not UTF-8, so it can be neither a key nor shown."
        return _about_file(shown, "file-name", message, "Rename the file.")
    try:
        raw = _bytes(path)
    except OSError as error:
        return _unreadable(shown, error)
    if raw is None:
        message = "This is no regular file (a pipe, a socket or a device), so it is not read."
        return _about_file(shown, "file-special", message, "Replace it with a regular file, or rename it.")
    if len(raw) > MAX_BYTES:
        message = f"The file is longer than {MAX_BYTES:,} bytes, which is far more than broadcasts need."
        return _about_file(shown, "file-too-long", message, "Split it into several files.")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return _not_utf8(shown, raw, error)
    source = Source(shown, text.removeprefix("\ufeff"))
    # Searched without the usual ones, so that the costly pattern sees a handful of characters.
    unusual = raw.removeprefix(BOM_UTF8).translate(None, _USUAL_BYTES).decode()
    return next(_refused(source, unusual), source)


def _bytes(path: str) -> bytes | None:
    """What the file holds, up to one byte more than is allowed; None for what is not a regular file."""
    handle = os.open(path, _OPEN_FLAGS)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return None
        # One byte more than there should be, so that one read shows that nothing follows.
        size = min(status.st_size, MAX_BYTES) + 1
        raw = os.read(handle, size)
        if len(raw) == status.st_size:
            return raw
        chunks = [raw]
        missing = MAX_BYTES + 1 - len(raw)
        while missing > 0 and (chunk := os.read(handle, missing)):
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)
    finally:
        os.close(handle)


def _refused(source: Source, unusual: str) -> Iterator[Problem]:
    text = source.text
    yield from _not_the_file(source)
    match = _REFUSED.search(text) if _REFUSED.search(unusual) else None
    if match:
        line, column = source.place(match.start())
        message = f"The file holds the character U+{ord(match[0]):04X}, which no YAML file may hold."
        cure = "Delete it; within double quotes it can be written as an escape."
        if match[0] == "\ufeff":
            message = "A byte order mark (U+FEFF) stands in the middle of the file, where nobody sees it."
            cure = "Delete the character here, such as by writing the line anew. It comes from joining two files."
        yield source.problem("yaml-character", message, cure, line, column)
    match = _DIRECTIVE.search(text) if "%" in text else None
    if match:
        line, column = source.place(match.start())
        message = "A line that begins with `%` is a YAML directive, which changes how the file is read."
        cure = "Delete the line, or indent it if it belongs to a text."
        yield source.problem("yaml-directive", message, cure, line, column, len(match[0]))


def _not_the_file(source: Source) -> Iterator[Problem]:
    """What git has put in the place of the file, or into it."""
    if source.text.startswith(_LFS):
        message = "This is a pointer of Git LFS and not the file itself, which was not fetched."
        cure = "Fetch it with: git lfs pull (in a workflow: actions/checkout with `lfs: true`)."
        yield source.problem("git-lfs-pointer", message, cure, 0, 0, 0)
    match = _CONFLICT.search(source.text) if "<<<<<<<" in source.text or ">>>>>>>" in source.text else None
    if match:
        line, column = source.place(match.start())
        message = "This line marks a conflict that git could not merge, so the file holds both sides."
        cure = "Keep one side, and delete the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`."
        yield source.problem("merge-conflict", message, cure, line, column, len(match[0]))


def _not_utf8(shown: str, raw: bytes, error: UnicodeDecodeError) -> Problem:
    source = Source(shown, raw.decode("utf-8", "replace").removeprefix("\ufeff"))
    line, column = source.place(len(raw[: error.start].decode().removeprefix("\ufeff")))
    message = f"The file is not UTF-8: the byte 0x{raw[error.start]:02X} begins no character here."
    return source.problem("file-not-utf8", message, "Save the file as UTF-8.", line, column)


def _unreadable(shown: str, error: OSError) -> Problem:
    reason = error.strerror or type(error).__name__
    cure = "Mend its permissions, or the link if it is one."
    return _about_file(shown, "file-unreadable", f"This cannot be read: {reason}.", cure)


def _about_file(shown: str, rule: str, message: str, cure: str) -> Problem:
    return Problem(Position(readable(shown)), rule, message, cure)
