"""The journal of one run: begun when it is needed, and written anew if somebody deletes it under the run."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from invent_gitops.errors import InvalidInput, InventGitopsError, Unsettled
from invent_gitops.model.state import Event, State
from invent_gitops.state.journal import Journal, JournalWriter, read_journal


class RunJournal:
    """The journal at `path`. Whoever has not begun one may read what another run left there."""

    def __init__(self, path: Path, label: str) -> None:
        self.path, self._label = path, label
        self._writer: JournalWriter | None = None
        self._lineage = ""
        # Whether this run has closed one that still lies there.
        self._closed_in_place = False
        # Whether something could not be written down in it.
        self._lost = False

    def read(self) -> Journal | None:
        """Return what is there, or None: a run that was killed before its first event leaves nothing but a header.

        Raises `InvalidInput`.
        """
        journal = read_journal(self.path, self._label)
        return journal if journal and journal.events else None

    @property
    def is_open(self) -> bool:
        return self._writer is not None

    @property
    def in_place(self) -> bool:
        """Whether it was begun and its path still leads to it."""
        return self._writer is not None and self._writer.in_place

    def open(self, base: State, events: Iterable[Event]) -> None:
        """Have a journal in place that goes on from `base`; a new one is given the `events`. Raises `OSError`.

        It is begun anew where somebody deleted it, and where the state turned out to be of another lineage.
        """
        if self.in_place and self._lineage == base.lineage:
            return
        if self.in_place or self._closed_in_place:
            self.path.unlink(missing_ok=True)
        self.close()
        self._writer, self._lineage = JournalWriter(self.path, base), base.lineage
        self._writer.append(events)

    def kept(self) -> str:
        """Return where what happened is kept, for a person whom the remote lets down."""
        if self._lost or not self.path.exists():
            return "These results are written down only here: keep the ids, and free some space first."
        return f"The results are kept in {os.path.relpath(self.path)}; the next run from this clone pushes them."

    def open_for_calls(self, base: State, events: Iterable[Event]) -> None:
        """Do as `open` before anything is called, so that results can be written down. Raises `InvalidInput`."""
        try:
            self.open(base, events)
        except OSError as error:
            reason = f"{self.path} cannot be written: {error.strerror}. Nothing of this batch was sent."
            raise InvalidInput(reason, "Free some space, or make the .git folder writable.") from None

    def holding(self, error: InventGitopsError) -> Unsettled:
        """Return the error of a push for which there are ids that only the journal has: not "surely nothing was
        created".
        """
        kept = self.kept()
        return Unsettled(error.message, error.cure if kept in error.cure else f"{error.cure} {kept}")

    def append(self, events: Iterable[Event]) -> None:
        """Write events down, durably, in the journal that is open. Raises `OSError`."""
        assert self._writer is not None
        self._lost = True
        self._writer.append(events)
        self._lost = False

    def clear(self) -> None:
        """Forget what is durable elsewhere by now: what is open stays open, and what another run left there goes."""
        # What stays is replayed by the next run, and changes nothing.
        with suppress(OSError):
            if self._writer and self._writer.in_place:
                self._writer.clear()
            elif self._writer is None:
                self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Leave it as it is, for the next run to read."""
        if self._writer:
            self._closed_in_place = self._writer.in_place
            self._writer.close()
            self._writer = None
