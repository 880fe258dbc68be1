"""Files as the project needs them: replaced in one step, durable when a call returns, and never a pipe."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from invent_gitops.errors import InvalidInput

# What a file system answers that cannot make a folder durable.
NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


def replace_durably(path: Path, text: str) -> None:
    """Put a text in the place of a file at once, so that a reader and a crash see the old one or the new one.

    The file keeps its permissions; its folder must exist. Raises `OSError`, and then nothing was changed.
    """
    fresh = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.tmp")
    # A name that nobody can guess, and never through a link that somebody laid there.
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            if path.exists():
                os.chmod(fresh, path.stat().st_mode)
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise
    sync_folder(path.parent)


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


def check_regular(path: Path, shown: str) -> None:
    """Refuse a pipe or a folder in place of a file, before it is opened. Raises `InvalidInput`."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise InvalidInput(f"{shown} cannot be read: it is no regular file.", "Choose another place for the state.")
