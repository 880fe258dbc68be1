"""The file of a state: its bytes as a state of the right account, and what tells two versions of it apart."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from invent_gitops.errors import InvalidInput
from invent_gitops.files import read_regular
from invent_gitops.inside import NotPlain
from invent_gitops.model.state import State
from invent_gitops.state import canonical, document
from invent_gitops.state.binding import check_binding


class StateFile:
    """The file at `path`, which is to be of `org` and `api`; "" for either and `way_out` are as in `check_binding`."""

    def __init__(self, path: Path, label: str, org: str, api: str, way_out: str) -> None:
        self.path, self.label, self.org, self.api, self.way_out = path, label, org, api, way_out
        self._judged: State | None = None
        self._mark: tuple[int, ...] | None = None

    def read(self) -> State | None:
        """Return the state, or None where there is no file. Raises `InvalidInput` or `Refused`."""
        try:
            content = read_regular(self.path)
            # As bytes: one character beyond Latin-1 makes a text of two bytes for each character.
            state = canonical.quick_state(content) or document.parse(content.decode("utf-8-sig"), self.label)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            cure = "Make it readable, or restore it from git. Do not delete it."
            if isinstance(error, NotPlain) and not error.special:
                cure = "Put a copy in its place, and keep the rest as it is: cp -p FILE FILE.copy && mv FILE.copy FILE"
            raise InvalidInput(f"The state {self.label} cannot be read: {reason}.", cure) from None
        check_binding(state.org, state.api, self.org, self.api, self.label, self.way_out)
        return state

    def judge(self) -> State | None:
        """Return the state as `read` does, and keep it for `read_judged`."""
        self._judged = self.read()
        return self._judged

    def read_judged(self) -> State | None:
        """Return the state that was judged, once, so that a plan reads a large one once; else read it."""
        state, self._judged = self._judged, None
        return state or self.read()

    def mark(self) -> None:
        """Take the file as it is now for the one that this run works with."""
        self._mark = self._signature()

    @property
    def is_marked(self) -> bool:
        """Whether the file is still the one that was marked; that there is none counts as a version."""
        return self._signature() == self._mark

    def _signature(self) -> tuple[int, ...] | None:
        """Return what tells two versions of the file apart, or None where there is no file."""
        with suppress(OSError):
            status = os.stat(self.path)
            return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        return None
