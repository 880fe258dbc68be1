"""One writer at a time on one machine: a lock that ends with its process, and that knows when it was taken away."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.files import check_own
from invent_gitops.state.journal import NO_LOCKS

if TYPE_CHECKING:
    from filelock import BaseFileLock


class StateLock:
    """The lock of the state `label`, in the file `path`. A lock proves nothing by itself: its file can be deleted.

    Where it is not `needed`, a file system without locks does without. `begin` prepares the folder before that is
    written to.
    """

    def __init__(
        self, path: Path, label: str, *, needed: bool = True, begin: Callable[[], None] = lambda: None
    ) -> None:
        self.path, self._label, self._needed, self._begin = path, label, needed, begin
        self._lock: BaseFileLock | None = None
        self._locked: os.stat_result | None = None

    def acquire(self) -> None:
        """Take the lock. Raises `Refused` if another process has it, `InvalidInput` if there can be none."""
        # Who only reads the state takes no lock.
        from filelock import FileLock, Timeout

        self._begin()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # The library opens no link where the system can tell; a pipe or a second name is for us to see.
            check_own(self.path)
            with warnings.catch_warnings():
                # Without flock it keeps others out by the existence of the file, and warns of that.
                warnings.simplefilter("ignore")
                self._lock = self._lock or FileLock(self.path, timeout=0)
                self._lock.acquire()
            self._locked = os.lstat(self.path)
        except Timeout:
            raise Refused(
                f"Another invent-gitops is writing {self._label} right now.",
                "Wait until it is done, then run this again.",
            ) from None
        except (OSError, NotImplementedError) as error:
            if not self._needed and getattr(error, "errno", errno.ENOSYS) in NO_LOCKS:
                return
            reason = error.strerror if isinstance(error, OSError) else "its file system has no locks"
            raise InvalidInput(
                f"The state {self._label} cannot be locked for writing: {reason}.",
                "Make its folder writable, put it on a local disk, or choose another place with --state.",
            ) from None

    @property
    def held(self) -> bool:
        """Whether the file at the path is the one that was locked: a lock on a deleted file keeps nobody out."""
        try:
            return self._locked is not None and os.path.samestat(os.lstat(self.path), self._locked)
        except OSError:
            return False

    def release(self) -> None:
        with suppress(OSError):
            if self._lock:
                self._lock.release()
