"""The state in a file: one writer at a time, a journal while it works, and an atomic, durable fold at the end."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from invent_gitops.errors import InvalidInput, Refused, StateMoved, Unsettled
from invent_gitops.files import replace_durably
from invent_gitops.model.chain import Chain
from invent_gitops.model.state import Event, Intended, State
from invent_gitops.state import document
from invent_gitops.state.binding import check_binding, check_lineage
from invent_gitops.state.journal import Journal, locked_journal
from invent_gitops.state.lock import StateLock
from invent_gitops.state.memory import Memory
from invent_gitops.state.run_journal import RunJournal
from invent_gitops.state.stored import StateFile
from invent_gitops.values import replace


class FileStore:
    """The state at `path`, bound to `org` and `api` ("" for either: whatever the file says).

    `read()` may be called at any time and writes nothing. Writing needs `with store:`, which takes
    the lock, replays a journal that a killed run left behind, and folds the new one in at the end.
    `way_out` says what to do about a state of the sandbox; `begin` prepares the folder before it is written to.
    """

    def __init__(
        self, path: Path, *, label: str, org: str, api: str, way_out: str = "", begin: Callable[[], None] = lambda: None
    ) -> None:
        if path.is_symlink() and not path.exists():
            raise InvalidInput(
                f"The state {label} is a link that leads nowhere.",
                "Mount or restore what it leads to. Without its state, everything would be created again.",
            )
        # Following a link here keeps the rename below from replacing the link with a file.
        self.path = Path(os.path.realpath(path))
        self.label, self.org, self.api, self.way_out = label, org, api, way_out
        self._file = StateFile(self.path, label, org, api, way_out)
        self._lock = StateLock(self.path.with_name(self.path.name + ".lock"), label, begin=begin)
        self._journal = RunJournal(self.path.with_name(self.path.name + ".journal"), f"{label}.journal")
        self._events: list[Event] = []
        self._base = State("", 0, org, api)
        self._memory = Memory(self.path, label, org, api)
        # Whether this clone has worked with the state before, so that it knows of an older one in its place.
        self.vouched = False

    @property
    def journal_path(self) -> Path:
        return self._journal.path

    @property
    def state(self) -> State:
        """The state as it is now, inside `with store:`."""
        return self._base.after(self._events)

    def read(self) -> State:
        """Return the state with the events of a journal that is still there. Raises `InvalidInput` or `Refused`."""
        stored, journal = self._file.read_judged(), self._journal.read()
        if journal:
            return self._begun(stored, journal).after(journal.events)
        return stored or State("", 0, self.org, self.api)

    def last_seen(self) -> State:
        """Return the same: a file is never far away."""
        return self.read()

    def chain(self) -> Chain:
        """Return the states that git remembers of this file."""
        from invent_gitops.state.log import file_chain

        return file_chain(self.path)

    def __enter__(self) -> Self:
        self._lock.acquire()
        try:
            self.vouched = self._memory.vouches(self._file.read())
            self._replay()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.finish()
        finally:
            self._lock.release()

    @property
    def durable(self) -> bool:
        """Whether all that was appended is in the file."""
        return not self._events

    def went_back(self, org: str, api: str) -> str:
        """Return why the file is older than what this clone has seen of it for that account, "" if it is not."""
        return Memory(self.path, self.label, org, api).older(self._file.judge(), journal=self.journal_path.exists())

    def finish(self) -> None:
        """Fold what was appended into the state. Raises `Unsettled` if that fails; the journal then has it all."""
        if not self._journal.is_open:
            return
        try:
            # Somebody may have put another version of the file there meanwhile, as a `git pull` does.
            stored = self._file.read()
            if stored and self._base.serial and stored.lineage != self._base.lineage:
                raise InvalidInput(f"{self.label} was replaced by another state.", "Put the right one back.")
            self._check_kept((stored or self._base).after(self._events))
            serial = max(self._base.serial, stored.serial if stored else 0)
            self._base = replace(stored or self._base, serial=serial)
            self._fold(self.state, changed=self.state != stored)
        except (InvalidInput, Refused) as error:
            kept = f"The results are kept in {self.label}.journal, and the next run reads it."
            raise Unsettled(f"{error.message} {kept}", error.cure) from None
        finally:
            self._journal.close()

    def _check_kept(self, folded: State) -> None:
        """Raise `Refused` where a fold would drop an id or an open attempt that was read before."""
        if lost := folded.lacks(self._base.after(self._events)):
            raise Refused(
                f"{self.label} was replaced under this run, and lacks what was in it: {', '.join(lost[:5])}.",
                f"Put its newest version back: git log --all -- {self.label}",
            )

    def wait_with(self, stop: threading.Event) -> None:
        """Nothing to do: a file is never waited for."""

    def remember(self, *, vouched: bool | None = None) -> None:
        """Keep this state in mind; `vouched` is whether the whole list was read beside it and showed nothing more.

        Raises `Refused` where another version of the file lies there by now, and lacks what was in it.
        """
        self._memory.sure = self._memory.sure if vouched is None else vouched
        if self._base.serial and not self.journal_path.exists():
            self._memory.keep(self._base, vouched=self._memory.sure)
        # Last of all, since every step before it takes its time.
        if not self._file.is_marked:
            self.refresh()

    def refresh(self) -> None:
        """Read the file again, and lock it again if its lock was taken away. What was appended stays.

        Raises `Refused` if another run is writing it, or if it lacks what was in it before.
        """
        if not self._lock.held:
            self._lock.release()
            self._lock.acquire()
        if not self._journal.is_open:
            before = self._base
            self._replay()
            if lost := self._base.lacks(before):
                self._base = before
                raise Refused(
                    f"{self.label} was replaced by an older version, which lacks: {', '.join(lost[:5])}.",
                    f"Put its newest version back: git log --all -- {self.label}",
                )
            return
        stored = self._file.read()
        if stored and self._base.serial and stored.lineage != self._base.lineage:
            raise Refused(f"{self.label} was replaced by another state.", "Put the right one back.")
        if stored:
            self._check_kept(stored.after(self._events))
            self._base = replace(stored, serial=max(stored.serial, self._base.serial))
        self._file.mark()

    def append(self, events: Iterable[Event]) -> None:
        """Write events down, durably when it returns; they are part of `read()` from then on.

        An intent is written only if the file and its lock are as they were read, else `StateMoved` is raised.
        """
        batch = list(events)
        if any(isinstance(event, Intended) for event in batch):
            self._check_unmoved()
        try:
            self._open_journal()
            self._journal.append(batch)
        except OSError as error:
            raise InvalidInput(
                f"The state {self.label} cannot be written: {error.strerror}.",
                "Free some space or make its folder writable, then run this again.",
            ) from None
        except UnicodeError:
            raise InvalidInput(
                f"The state {self.label} cannot hold text that is not UTF-8.", "Write it without the odd bytes."
            ) from None
        self._events += batch

    def batch(self, concurrency: int) -> int:
        """Return how many calls one `sync` covers at least: no call has to wait for others, so one."""
        return 1

    def sync(self) -> None:
        """Nothing to do: `append` is durable already."""

    def _check_unmoved(self) -> None:
        """Raise `StateMoved` unless the file and its lock are those that were read."""
        if not self._lock.held or not self._file.is_marked:
            raise StateMoved(f"Another run wrote {self.label} since it was read.", "Plan again; nothing was sent.")

    def _open_journal(self) -> None:
        if not self._journal.is_open:
            self._memory.check(self._base if self._base.serial else None, journal=self.journal_path.exists())
        begun = self._journal.in_place
        self._journal.open(self._base, self._events)
        if not begun:
            self._memory.keep(self._base, journal=True)

    def _replay(self) -> None:
        self._file.mark()
        stored, journal = self._file.read(), self._journal.read()
        self._memory.check(stored, journal=self.journal_path.exists())
        self._base = self._begun(stored, journal)
        if self.journal_path.exists():
            # The lock file may have been deleted under a run that is still working; its journal is locked as well.
            with locked_journal(self.journal_path, self.label):
                if journal:
                    after = self._base.after(journal.events)
                    self._fold(after, changed=after != self._base)
                else:
                    self.journal_path.unlink(missing_ok=True)

    def _fold(self, state: State, *, changed: bool) -> None:
        self._base = state
        if changed:
            self._base = replace(state, serial=state.serial + 1)
            self._replace(document.dump(self._base))
        self._events = []
        self._file.mark()
        # What lies there may be another run's, which began while the lock and the journal of this one were away.
        ours = self._journal.in_place or not self._journal.is_open
        # Before the journal goes: a run that is killed in between must not miss it.
        self._memory.keep(self._base, journal=not ours, vouched=self._memory.sure)
        # A crash before this line leaves a journal whose events are folded already; replaying it changes nothing.
        if ours:
            with suppress(OSError):
                self.journal_path.unlink(missing_ok=True)

    def _replace(self, text: str) -> None:
        try:
            replace_durably(self.path, text)
        except OSError as error:
            raise Unsettled(
                f"The state {self.label} cannot be written: {error.strerror}. The results are kept in "
                f"{self.label}.journal, and the next run reads it.",
                "Free some space or make its folder writable, then run this again.",
            ) from None

    def _begun(self, stored: State | None, journal: Journal | None) -> State:
        """Return the state that a journal goes on from; a first run may have been killed before any state was
        written.
        """
        if journal:
            check_binding(journal.org, journal.api, self.org, self.api, f"{self.label}.journal", self.way_out)
            if stored:
                cure = "Put back the state that it belongs to; the journal holds ids that no other file has."
                check_lineage(journal.lineage, stored.lineage, f"{self.label}.journal", self.label, cure)
            if journal.serial > (stored.serial if stored else 0):
                raise InvalidInput(
                    f"The journal {self.label}.journal goes on from serial {journal.serial} of the state, and "
                    f"{self.label} is {f'of serial {stored.serial}' if stored else 'gone'}.",
                    f"Put its newest version back: git log --all -- {self.label}",
                )
            return stored or State(journal.lineage, 0, journal.org, journal.api)
        return stored or State(str(uuid.uuid4()), 0, self.org, self.api)
