"""What --out may name that is no file: a pipe, a terminal, /dev/stdout. It is opened at once, and written to once."""

from __future__ import annotations

import errno
import os
import select
import stat
from contextlib import suppress
from pathlib import Path

# Not blocking: a pipe that nobody reads would hold the program for ever. Nothing is created, should it be gone.
_WRITE = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
# Seconds between two looks at whether the program is to stop.
_LOOK = 0.5


def is_stream(path: Path) -> bool:
    """Such as /dev/stdout, which holds nothing old."""
    with suppress(OSError):
        return path.exists() and not path.is_file()
    return False


class Stream:
    """The way to what is no file. Its reader finds the end when the text was written, and not before."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises `OSError`, also for a pipe that nobody reads."""
        # A link such as /dev/stdout or /dev/fd/3 is the system's or the person's own.
        own = 0 if path.is_symlink() else getattr(os, "O_NOFOLLOW", 0)
        try:
            self._handle = os.open(path, _WRITE | own)
        except OSError as error:
            if error.errno == errno.ENXIO and stat.S_ISFIFO(os.stat(path).st_mode):
                raise OSError(errno.ENXIO, "nobody reads this pipe") from None
            raise

    def write(self, text: str, *, patient: bool = True) -> None:
        """Write everything and close. Raises `OSError`, where it is not `patient` also for a reader that lags behind.

        What interrupts the program ends it, too.
        """
        unwritten = memoryview(text.encode())
        try:
            while unwritten:
                try:
                    unwritten = unwritten[os.write(self._handle, unwritten) :]
                except BlockingIOError:
                    if not patient:
                        raise
                    select.select([], [self._handle], [], _LOOK)
        finally:
            self.close()

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
