"""Opens files of a folder without ever leaving it: what a link of the repository leads to outside is not touched."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from invent_gitops.model.filename import is_git

# Whether this system opens files by their folder, so that no link put there meanwhile is followed; Windows does not.
BY_FOLDER = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "O_DIRECTORY")
# As many as the systems follow.
MOST_LINKS = 40

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_COMMON = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# Not blocking, or a pipe that is put there meanwhile would hold the program for ever.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _COMMON
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _COMMON
# What stands for a junction on Windows, which is a link between folders.
_JUNCTION = 0xA0000003


class Outside(OSError):
    """A path leads out of the folder, or into git's own; nothing there was looked at."""

    def __init__(self) -> None:
        super().__init__(errno.EXDEV, "it is a link that leaves the folder")


class NotPlain(OSError):
    """A file is not one of its own: a pipe, a socket, a device, a folder, or one with a second name elsewhere."""

    def __init__(self, *, special: bool) -> None:
        super().__init__(errno.EINVAL, "it is not a regular file" if special else "it has a second name (a hard link)")
        self.special = special


class Inside:
    """The files of `folder`, which a person has chosen, by their paths below it, with `/` between the parts.

    Links are followed as far as they stay inside. Errors are `OSError`, of which `Outside` and `NotPlain` are two.
    """

    def __init__(self, folder: Path) -> None:
        self.real = os.path.realpath(folder)
        # The last folder that was opened, since the files of one come one after the other.
        self._last: tuple[str, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._last:
            os.close(self._last[1])
            self._last = None

    def resolve(self, below: str, *, missing: bool = False) -> str:
        """Return the path below the folder with all links followed, "" for the folder itself; no link leads into
        `.git`.

        With `missing`, what is not there is taken for what may be created there; else `FileNotFoundError` is raised.
        """
        waiting = below.split("/")[::-1]
        at: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not at:
                    raise Outside
                at.pop()
                continue
            if links and is_git(part):
                raise Outside
            path = os.path.join(self.real, *at, part)
            try:
                status = os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                if not missing:
                    raise
                at.append(part)
                continue
            if not is_link(status):
                at.append(part)
                continue
            links += 1
            if links > MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = os.readlink(path)
            if os.path.isabs(target):
                target, at = self._from_root(target), []
            waiting += target.replace(os.sep, "/").split("/")[::-1]
        return "/".join(at)

    def _from_root(self, target: str) -> str:
        """Return the part of an absolute link below the folder; links in front of that are not looked at."""
        target = target.removeprefix("\\\\?\\")
        if target != self.real and not target.startswith(os.path.join(self.real, "")):
            raise Outside
        return target[len(self.real) :]

    def open(self, below: str) -> int:
        """Return a handle to read the regular file at a path, which is followed as `resolve` does."""
        resolved = self.resolve(below)
        check_plain(os.lstat(os.path.join(self.real, resolved)))
        return plain_handle(self.open_resolved(resolved))

    def open_resolved(self, resolved: str, flags: int = _READ, mode: int = 0o666) -> int:
        """Return a handle to what is at a path in which no part may be a link by now."""
        folder, _, name = resolved.rpartition("/")
        if not BY_FOLDER:
            return self._open_and_compare(resolved, flags, mode)
        return os.open(name, flags | _NOFOLLOW, mode, dir_fd=self._folder(folder))

    def read(self, below: str, most: int = 2**31) -> bytes:
        """Return what the regular file at a path holds, at most so many bytes."""
        with open(self.open(below), "rb") as file:
            return file.read(most)

    def list(self, resolved: str) -> list[os.DirEntry[str]]:
        """Return the entries of a folder; its path must hold no link by now."""
        where = self._folder(resolved) if BY_FOLDER else self._checked(resolved)
        with os.scandir(where) as entries:
            return list(entries)

    def make_folders(self, resolved: str) -> None:
        """Create the folders of a path that are not there yet; none of its parts may be a link."""
        parts = resolved.split("/") if resolved else []
        for count in range(1, len(parts) + 1):
            above, part = "/".join(parts[: count - 1]), parts[count - 1]
            with suppress(FileExistsError):
                if BY_FOLDER:
                    os.mkdir(part, dir_fd=self._folder(above))
                else:
                    os.mkdir(os.path.join(self._checked(above), part))

    def _folder(self, resolved: str) -> int:
        """Return a handle to a folder, opened part by part, so that no link is followed."""
        if self._last and self._last[0] == resolved:
            return self._last[1]
        handle = os.open(self.real, _FOLDER)
        for part in resolved.split("/") if resolved else []:
            try:
                inner = os.open(part, _FOLDER | _NOFOLLOW, dir_fd=handle)
            finally:
                os.close(handle)
            handle = inner
        if self._last:
            os.close(self._last[1])
        self._last = (resolved, handle)
        return handle

    def _checked(self, resolved: str) -> str:
        """Return the path of a folder, where the system cannot open part by part: seen to hold no link just now."""
        if self.resolve(resolved) != resolved:
            raise Outside
        return os.path.join(self.real, *resolved.split("/"))

    def _open_and_compare(self, resolved: str, flags: int, mode: int) -> int:
        folder, _, name = resolved.rpartition("/")
        path = os.path.join(self._checked(folder), name)
        with suppress(FileNotFoundError):
            if is_link(os.lstat(path)):
                raise Outside
        handle = os.open(path, flags, mode)
        try:
            # What was put there between the two looks shows itself: the path is resolved anew, and leads to another.
            if self.resolve(resolved) != resolved or not os.path.samestat(os.lstat(path), os.fstat(handle)):
                raise Outside
        except OSError:
            os.close(handle)
            raise
        return handle


@contextmanager
def inside(folder: Path) -> Iterator[Inside]:
    """Yield the files of a folder, for as long as the block lasts."""
    with Inside(folder) as opened:
        yield opened


def is_link(status: os.stat_result) -> bool:
    """Return whether that is a symbolic link, or a junction of Windows."""
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


def check_plain(status: os.stat_result) -> None:
    """Raise `NotPlain` for what is no regular file, and for one that has a second name.

    Git never makes a second name, so somebody has put the file of another place here.
    """
    if not stat.S_ISREG(status.st_mode):
        raise NotPlain(special=True)
    if status.st_nlink > 1:
        raise NotPlain(special=False)


def plain_handle(handle: int) -> int:
    """Return the handle of a regular file; close any other, and raise `NotPlain`."""
    try:
        check_plain(os.fstat(handle))
    except OSError:
        os.close(handle)
        raise
    return handle


def below(path: Path, folder: Path) -> str:
    """Return the way from a folder to a path as it is written, with links not followed; "" for the folder itself.

    Raises `Outside` where the path is not below the folder.
    """
    way = os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")
    if way == ".." or way.startswith("../") or os.path.isabs(way):
        raise Outside
    return "" if way == "." else way
