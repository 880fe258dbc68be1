"""Files as the project needs them: written in one step under names that nobody can guess, and never through a link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from invent_gitops.errors import InvalidInput
from invent_gitops.inside import BY_FOLDER, NotPlain, check_plain, is_link, plain_handle

# What a file system answers that cannot make a folder durable.
NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_COMMON = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | _NOFOLLOW
# A new file of our own: nothing may be there, not even a link to nowhere.
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _COMMON
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _COMMON
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | _COMMON


def replace_durably(path: Path, text: str, check: Callable[[Path], None] = lambda fresh: None) -> None:
    """Put a text in the place of a file at once, so that a reader and a crash see the old one or the new one.

    The file keeps its permissions and, where that is allowed, its owner; a link is replaced and not followed. Its
    folder must exist. `check` may look at the new file beside the old one, and raise. Raises `OSError`, and then
    nothing was changed.
    """
    with _fresh(path, text, _replaced(path)) as (fresh, folder):
        check(path.with_name(Path(fresh).name))
        os.replace(fresh, _named(path, folder), src_dir_fd=folder, dst_dir_fd=folder)
    sync_folder(path.parent)


def create_durably(path: Path, text: str, *, named: bool = True) -> bool:
    """Write a file that is not there yet, wholly or not at all; False if something is there, be it a link.

    Its folder must exist. Its name is durable unless that is left to the caller, who syncs the folder of many files
    once (not `named`). Raises `OSError`.
    """
    with _fresh(path, text, None) as (fresh, folder):
        try:
            # Unlike a rename, a link never takes the place of a file.
            os.link(fresh, _named(path, folder), src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except FileExistsError:
            return False
        except (OSError, NotImplementedError):
            # A file system that knows no second names.
            return _create_in_place(_named(path, folder), text, folder)
    if named:
        sync_folder(path.parent)
    return True


def write_new(path: Path, text: str, label: str, *, named: bool = True) -> bool:
    """Write a file that is not there yet, wholly or not at all; False if something is there. Raises `InvalidInput`.

    `named` is as for `create_durably`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return create_durably(path, text, named=named)
    except OSError as error:
        raise _unwritable(label, error) from None


def name_durably(folder: Path, label: str) -> None:
    """Make the names of new files in `folder` durable. Raises `InvalidInput`."""
    try:
        sync_folder(folder)
    except OSError as error:
        raise _unwritable(label, error) from None


def replace(path: Path, text: str, label: str, check: Callable[[Path], None] = lambda fresh: None) -> None:
    """Put a text in the place of a file at once, so that a reader sees the old or the new one. Raises `InvalidInput`.

    `check` may look at the new one first, beside the old one, and raise. A link stays, and its file is replaced.
    """
    try:
        path = Path(os.path.realpath(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_durably(path, text, check)
    except OSError as error:
        raise _unwritable(label, error) from None


def append_to(path: Path, content: bytes) -> None:
    """Append to a regular file, or begin it; where its last line has no end, it gets one first. Raises `OSError`."""
    handle = os.open(path, _APPEND, 0o666)
    with open(handle, "ab+") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotPlain(special=True)
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            content = content if file.read(1) == b"\n" else b"\n" + content
        file.write(content)


def open_regular(path: Path, flags: int = _READ) -> int:
    """Return a handle to the regular file of that very name: not to what a link of the name leads to.

    Raises `OSError`, and `NotPlain` for a pipe and the like, and for a file with a second name.
    """
    status = os.lstat(path)
    if is_link(status):
        raise OSError(errno.ELOOP, "it is a link")
    check_plain(status)
    return plain_handle(os.open(path, flags | _COMMON | getattr(os, "O_NONBLOCK", 0)))


def read_regular(path: Path) -> bytes:
    """Return what the regular file of that very name holds. Raises `OSError` as `open_regular` does."""
    with open(open_regular(path), "rb") as file:
        return file.read()


def check_own(path: Path) -> None:
    """Raise `OSError` where something is at a path that a program would write through: a link, a pipe, a second name.

    For programs that open the file themselves.
    """
    with suppress(FileNotFoundError):
        status = os.lstat(path)
        if is_link(status):
            raise OSError(errno.ELOOP, "it is a link")
        check_plain(status)


def sync_folder(folder: Path) -> None:
    """Make a rename or a new name in `folder` durable, where the system can (Windows cannot)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
    finally:
        os.close(handle)


def _replaced(path: Path) -> os.stat_result | None:
    """Return the file whose permissions a new one takes over; None where there is none, or a link."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


@contextmanager
def _fresh(path: Path, text: str, like: os.stat_result | None) -> Iterator[tuple[str, int | None]]:
    """Yield a durable file with the text beside `path`, and the handle of their folder, where the system works with
    one.

    Its name hides it from everything that looks there, and nobody can guess it. It goes with the block.
    """
    import secrets

    # One handle, so that the folder of all steps is the same, whatever is put in its place meanwhile.
    folder = os.open(path.parent, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)) if BY_FOLDER else None
    fresh = _named(path.with_name(f".invent-gitops.{path.name[:100]}.{secrets.token_hex(8)}.tmp"), folder)
    try:
        handle = os.open(fresh, CREATE, 0o666, dir_fd=folder)
        try:
            with open(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                if like:
                    _take_over(handle, fresh, like)
                os.fsync(handle)
            yield fresh, folder
        finally:
            with suppress(OSError):
                os.unlink(fresh, dir_fd=folder)
    finally:
        if folder is not None:
            os.close(folder)


def _named(path: Path, folder: int | None) -> str:
    """Return a path as the calls of the system want it: beside the handle of its folder, the name alone."""
    return str(path) if folder is None else path.name


def _take_over(handle: int, fresh: str, like: os.stat_result) -> None:
    mode = stat.S_IMODE(like.st_mode) & 0o777
    if os.name == "nt":
        os.chmod(fresh, mode)
        return
    if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
        # Only root may give files away; whoever may write here may do without.
        with suppress(OSError):
            os.fchown(handle, like.st_uid, like.st_gid)
    os.fchmod(handle, mode)


def _create_in_place(name: str, text: str, folder: int | None) -> bool:
    """Without a second name: a crash may leave half of the file, and nothing is written over."""
    try:
        handle = os.open(name, CREATE, 0o666, dir_fd=folder)
    except FileExistsError:
        return False
    with open(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)
    return True


def _unwritable(label: str, error: OSError) -> InvalidInput:
    return InvalidInput(f"{label} cannot be written: {error.strerror}.", "Make its folder writable, then run it again.")
