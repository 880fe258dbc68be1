"""The state on a git branch: read from the remote's tip, written by a push that succeeds only if the tip is as read."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from filelock import FileLock, Timeout

from invent_gitops.errors import InvalidInput, InventGitopsError, Refused, StateMoved, Unavailable, Unsettled
from invent_gitops.model.chain import Chain
from invent_gitops.model.project import BranchPlace
from invent_gitops.model.state import Event, Intended, Provenance, Recorded, State, Withdrawn
from invent_gitops.state.file import check_binding
from invent_gitops.state.git import GitFailed
from invent_gitops.state.journal import JournalWriter, read_journal
from invent_gitops.state.message import commit_message, taken_over_message
from invent_gitops.state.read_back import check_read_back
from invent_gitops.state.remote import RemoteBranch

# How often results are carried over to a tip that somebody else has moved, before giving up.
PATIENCE = 50


class BranchStore:
    """The state at `place`, bound to `org` and `api` ("" for either: whatever the branch says).

    Nobody holds a lock on the branch: a push is a compare-and-swap. Intents are on the remote before
    `sync` returns; results are at once in a journal inside `.git`, and on the remote with the next push.
    """

    def __init__(
        self, folder: Path, place: BranchPlace, *, org: str, api: str, provenance: Callable[[], Provenance]
    ) -> None:
        self.org, self.api, self.provenance = org, api, provenance
        self.remote = RemoteBranch(folder, place, org=org, api=api)
        self.shown, self.path = self.remote.shown, place.path
        self._file = folder / place.path
        own = self.remote.folder / "invent-gitops"
        name = quote(f"{place.remote} {place.branch} {place.path}", safe="")
        self.journal_path = own / f"{name}.journal"
        self._lock = FileLock(own / f"{name}.lock", timeout=0)
        self._tip = ""
        self._base = State("", 0, org, api)
        self._pending: list[Event] = []
        self._writer: JournalWriter | None = None
        self._failed = self._doubtful = self._journaled = self._read_back = False

    @property
    def state(self) -> State:
        """The state as it is now, inside `with store:`."""
        return self._base.after(self._pending)

    def read(self) -> State:
        """The state at the remote's tip, with results of a killed run here that it does not have yet."""
        self._fetch()
        journal = read_journal(self.journal_path, str(self.journal_path))
        if journal is None:
            return self._base
        check_binding(journal.org, journal.api, self._base.org, self._base.api, str(self.journal_path))
        return self._base.after(journal.events)

    def last_seen(self) -> State:
        """The state at the tip that was fetched last, with what the journal has; nothing is fetched."""
        journal = read_journal(self.journal_path, str(self.journal_path))
        found = self.remote.last_seen() or self._base
        return found.after(journal.events) if journal else found

    def chain(self) -> Chain:
        """The states at all commits of the remote's branch."""
        from invent_gitops.state.log import branch_chain

        self._fetch()
        if self._tip:
            self.remote.whole_history()
        return branch_chain(self.remote.git, self._tip, self.path)

    def __enter__(self) -> Self:
        self.journal_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise Refused(
                f"Another invent-gitops is writing {self.shown} from this clone right now.",
                "Wait until it is done, then run this again.",
            ) from None
        try:
            self._begin()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _begin(self) -> None:
        """Read the tip, and push first of all what a killed run from this clone has left in the journal."""
        journal = read_journal(self.journal_path, str(self.journal_path))
        try:
            self._fetch()
        except Unavailable as error:
            if journal is None:
                raise
            # There are ids that only the journal has, so this is not "surely nothing was created".
            self._journaled = True
            raise Unsettled(error.message, self._kept()) from None
        if not self._base.lineage:
            self._base = replace(self._base, lineage=journal.lineage if journal else str(uuid.uuid4()))
        if journal:
            check_binding(journal.org, journal.api, self.org, self.api, str(self.journal_path))
            if journal.lineage != self._base.lineage:
                raise InvalidInput(
                    f"The journal {self.journal_path} belongs to another state than {self.shown}.",
                    "Keep a copy of it: it may hold ids that no state has. Then move it away.",
                )
            self._pending, self._journaled = list(journal.events), True
            self.sync()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.finish()
        finally:
            self._lock.release()

    def finish(self) -> None:
        """Push what was appended. Raises `Unsettled` if that fails; the journal then has it all."""
        told = self._failed
        try:
            if self._doubtful:
                # A push that failed may have landed all the same, and its intents are to be taken back.
                self._fetch()
                self._doubtful = False
            self.sync()
        except InventGitopsError:
            # Whoever appended it has heard of it already, and a second error would hide their report.
            if not told:
                raise
        finally:
            if self._writer:
                self._writer.close()
            self._writer = None

    def refresh(self) -> None:
        """Read the remote's tip again. What was appended and not pushed yet stays."""
        self._fetch()

    def append(self, events: Iterable[Event]) -> None:
        """Take events up. Results are durable on this machine at once; intents only after `sync`."""
        batch = list(events)
        results = [event for event in batch if not isinstance(event, Intended)]
        self._failed = False
        # First of all in memory: should the disk be full, the next push still carries them.
        self._pending += batch
        if results:
            try:
                self._write(results)
            except OSError as error:
                self._journaled = False
                raise Unsettled(
                    f"{self.journal_path} cannot be written: {error.strerror}.",
                    "The next push still carries what happened. Free some space before the next run.",
                ) from None

    def _write(self, results: Sequence[Event]) -> None:
        if self._writer is None:
            self._writer = JournalWriter(self.journal_path, self._base)
        self._writer.append(results)
        self._journaled = True

    def batch(self, concurrency: int) -> int:
        """How many calls one `sync` covers: as many as fly at once, since a push takes longer than a call."""
        return concurrency

    def sync(self) -> None:
        """Put everything that was taken up on the remote. Success means that its tip is our commit.

        Raises `StateMoved` if somebody else moved the branch and intents were waiting: those are
        dropped, for nothing was called yet, and results stay. Raises `Unavailable` if the remote
        cannot be written.
        """
        try:
            self._sync()
        except InventGitopsError as error:
            self._take_back()
            self._failed = True
            if not isinstance(error, StateMoved) and any(isinstance(event, Recorded) for event in self._pending):
                # Not "surely nothing was created": there are ids that only the journal has.
                raise Unsettled(error.message, self._kept()) from None
            raise

    def _take_back(self) -> None:
        """Nothing was called for the intents that wait; should they be on the remote after all, they go again."""
        intents = [event for event in self._pending if isinstance(event, Intended)]
        back: list[Event] = [Withdrawn(event.key, event.intent.attempt) for event in intents]
        self._pending = [*(event for event in self._pending if not isinstance(event, Intended)), *back]
        if back and self._doubtful:
            # For the next run from this clone, should this one not get through to the remote any more.
            with suppress(OSError):
                self._write(back)

    def _sync(self) -> None:
        intended = any(isinstance(event, Intended) for event in self._pending)
        for attempt in range(PATIENCE):
            after = self._base.after(self._pending)
            if after == self._base:
                # While a push is in doubt, what takes it back stays in the journal: `finish` looks first.
                if not self._doubtful:
                    self._done(self._tip, self._base)
                return
            after = replace(after, serial=self._base.serial + 1)
            commit = self._commit(after)
            refusal = self.remote.push(commit, self._tip)
            if refusal is None:
                self._check_read_back(commit, after)
                self._done(commit, after)
                return
            self._doubtful = self._doubtful or "[rejected]" not in refusal.words
            before = self._tip
            self._fetch()
            if self._tip != before and intended:
                raise StateMoved(
                    f"Somebody else wrote {self.shown} since it was read.",
                    "Plan again; nothing of this batch was sent.",
                )
            if self._tip == before:
                # Two pushes that meet on the server may both find the ref locked for a moment.
                if "lock" not in refusal.words or attempt > 5:
                    raise self._refused(refusal, intended)
                time.sleep(0.1 * (attempt + 1))
        raise Unsettled(f"{self.shown} moved {PATIENCE} times while results were pushed.", self._kept())

    def _check_read_back(self, commit: str, pushed: State) -> None:
        """Once a run; where it fails, the push that went well is one in doubt."""
        if not self._read_back:
            before, self._doubtful = self._doubtful, True
            check_read_back(self.remote, commit, pushed, self._pending, self.provenance())
            self._read_back, self._doubtful = True, before

    def _done(self, tip: str, state: State) -> None:
        self._tip, self._base, self._pending = tip, state, []
        if tip:
            # The push went well; a ref of this clone that is locked must not make a failure of it.
            with suppress(GitFailed):
                self.remote.remember(tip)
        if self._writer:
            self._writer.close()
            self._writer = None
        self.journal_path.unlink(missing_ok=True)

    def _commit(self, state: State) -> str:
        made = self.provenance()
        return self.remote.write(state, commit_message(self._pending, state.serial, made), by=made.by, parent=self._tip)

    def take_over(self, state: State) -> None:
        """Begin the branch with a state that was kept elsewhere until now. Raises `Refused` if the branch exists."""
        tip, _ = self.remote.fetch()
        if tip:
            raise Refused(
                f"There is a state already: {self.shown}.", "Keep one of the two, and see what the other has."
            )
        made = self.provenance()
        commit = self.remote.write(state, taken_over_message(state, made), by=made.by, parent="")
        if refusal := self.remote.push(commit, ""):
            raise Unavailable(
                f"{self.shown} could not be pushed: {' '.join(refusal.words.split())[:300]}",
                "Check that you may push to the state branch. Nothing was changed.",
            )
        self.remote.check_read_back(commit)

    def _fetch(self) -> None:
        self._tip, found = self.remote.fetch()
        if not self._tip and self._file.is_file():
            raise Refused(
                f"There is a state in the file {self._file.name}, and none on the branch yet: {self.shown}.",
                "Put it there with: invent-gitops state migrate . If it is that of the sandbox, delete it.",
            )
        self._base = found or State(self._base.lineage, 0, self.org, self.api)

    def _refused(self, refusal: GitFailed, intended: bool) -> InventGitopsError:
        message = f"{self.shown} could not be pushed: {' '.join(refusal.words.split())[:300]}"
        if intended:
            return Unavailable(
                message, "Check that this run may push to the state branch. Nothing of this batch was sent."
            )
        return Unsettled(message, self._kept())

    def _kept(self) -> str:
        if not self._journaled:
            return (
                "What happened is written down nowhere but here: keep the ids, and free some space before the next run."
            )
        return f"What happened is kept in {os.path.relpath(self.journal_path)}; the next run from this clone pushes it."
