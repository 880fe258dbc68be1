"""The state on a git branch: read from the remote's tip, written by a push that succeeds only if the tip is as read."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from invent_gitops.errors import InventGitopsError, Refused, StateMoved, Unavailable, Unsettled
from invent_gitops.model.chain import Chain
from invent_gitops.model.project import BranchPlace
from invent_gitops.model.state import Event, Intended, Provenance, Recorded, State, Withdrawn
from invent_gitops.state import document
from invent_gitops.state.file import check_binding
from invent_gitops.state.git import Git, GitFailed
from invent_gitops.state.journal import JournalWriter, read_journal
from invent_gitops.state.message import commit_message

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
        self.place, self.org, self.api, self.provenance = place, org, api, provenance
        self.shown = f"{place.path} on {place.remote}/{place.branch}"
        self.git = Git(folder)
        own = self.git.common_folder() / "invent-gitops"
        self.git.check_names(place.remote, place.branch)
        name = re.sub(r"[^A-Za-z0-9._-]", "_", f"{place.remote}.{place.branch}.{place.path}")
        self.journal_path = own / f"{name}.journal"
        self._ref = f"refs/invent-gitops/{place.remote}/{place.branch}"
        self._lock = FileLock(own / f"{name}.lock", timeout=0)
        self._tip = ""
        self._base = State("", 0, org, api)
        self._pending: list[Event] = []
        self._writer: JournalWriter | None = None
        self._failed = False

    @property
    def state(self) -> State:
        """The state as it is now, inside `with store:`."""
        return self._base.after(self._pending)

    def read(self) -> State:
        """The state at the remote's tip, with results of a killed run here that it does not have yet."""
        self._fetch()
        journal = read_journal(self.journal_path, str(self.journal_path))
        return self._base.after(journal.events) if journal else self._base

    def chain(self) -> Chain:
        """The states at all commits of the remote's branch."""
        from invent_gitops.state.log import branch_chain

        self._fetch()
        if self._tip:
            self.git.deepen(self.place.remote, self.place.branch, self._ref)
        return branch_chain(self.git, self._tip, self.place.path)

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
            self._fetch()
            if not self._base.lineage:
                self._base = replace(self._base, lineage=str(uuid.uuid4()))
            journal = read_journal(self.journal_path, str(self.journal_path))
            if journal:
                check_binding(journal.org, journal.api, self.org, self.api, str(self.journal_path))
                self._pending = list(journal.events)
                self.sync()
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

    def finish(self) -> None:
        """Push what was appended. Raises `Unsettled` if that fails; the journal then has it all."""
        told = self._failed
        try:
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
                if self._writer is None:
                    self._writer = JournalWriter(self.journal_path, self._base)
                self._writer.append(results)
            except OSError as error:
                raise Unsettled(
                    f"{self.journal_path} cannot be written: {error.strerror}.",
                    "The next push still carries what happened. Free some space before the next run.",
                ) from None

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
            # Nothing was called for these intents. Should they have reached the remote after all, they are
            # taken back with the next push.
            self._pending = [
                Withdrawn(event.key, event.intent.attempt) if isinstance(event, Intended) else event
                for event in self._pending
            ]
            self._failed = True
            if isinstance(error, Unavailable) and any(isinstance(event, Recorded) for event in self._pending):
                # Not "surely nothing was created": there are ids that only the journal has.
                raise Unsettled(error.message, self._kept()) from None
            raise

    def _sync(self) -> None:
        intended = any(isinstance(event, Intended) for event in self._pending)
        for attempt in range(PATIENCE):
            after = self._base.after(self._pending)
            if after == self._base:
                self._done(self._tip, self._base)
                return
            after = replace(after, serial=self._base.serial + 1)
            commit = self._commit(after)
            refusal = self._push(commit)
            if refusal is None:
                self._done(commit, after)
                return
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

    def _push(self, commit: str) -> GitFailed | None:
        """None if the remote's tip is, or was, our commit; else why not. A push is never simply repeated."""
        try:
            self.git.push(self.place.remote, self.place.branch, commit, self._tip)
            return None
        except GitFailed as error:
            if "[rejected]" in error.words:
                return error
            # Timed out or cut off: it may have arrived, and only the remote knows.
            tip = self.git.fetch(self.place.remote, self.place.branch, self._ref)
            return None if tip and self.git.is_ancestor(commit, tip) else error

    def _done(self, tip: str, state: State) -> None:
        self._tip, self._base, self._pending = tip, state, []
        if tip:
            self.git.run("update-ref", self._ref, tip)
        if self._writer:
            self._writer.close()
            self._writer = None
        self.journal_path.unlink(missing_ok=True)

    def _commit(self, state: State) -> str:
        made = self.provenance()
        identity = {
            name: value
            for role in ("AUTHOR", "COMMITTER")
            for name, value in ((f"GIT_{role}_NAME", _name(made.by)), (f"GIT_{role}_EMAIL", self._email()))
        }
        message = commit_message(self._pending, state.serial, made)
        return self.git.write(self._tip, self.place.path, document.dump(state), message, identity)

    def _email(self) -> str:
        try:
            return self.git.run("config", "user.email").strip() or "invent-gitops@localhost"
        except GitFailed:
            return "invent-gitops@localhost"

    def _fetch(self) -> None:
        """Read the remote's tip. Refuses a branch that is gone or rewritten, where this clone has seen it before."""
        seen = self.git.commit_of(self._ref)
        tip = self.git.fetch(self.place.remote, self.place.branch, self._ref)
        push_back = f"git push {self.place.remote} {seen}:refs/heads/{self.place.branch}"
        if seen and not tip:
            raise Refused(
                f"The branch {self.place.branch} is gone from {self.place.remote}; this clone has seen it at {seen}.",
                f"It is what keeps broadcasts from being created twice. Put it back: {push_back}",
            )
        if seen and tip != seen and not self.git.is_ancestor(seen, tip):
            self.git.run("update-ref", self._ref, seen)
            raise Refused(
                f"The branch {self.place.branch} of {self.place.remote} was rewritten: it no longer holds {seen}.",
                f"Compare the two, then put the right one back, for example: {push_back} --force-with-lease",
            )
        if not tip:
            self._tip, self._base = "", State(self._base.lineage, 0, self.org, self.api)
            return
        text = self.git.read(tip, self.place.path)
        if text is None:
            raise Refused(
                f"The branch {self.place.branch} of {self.place.remote} exists, and has no file {self.place.path}.",
                "Check branch and path under state: in the project file. A branch that is only for the state is "
                "created by the first apply.",
            )
        state = document.parse(text, self.shown)
        check_binding(state.org, state.api, self.org, self.api, self.shown)
        self._tip, self._base = tip, state

    def _refused(self, refusal: GitFailed, intended: bool) -> InventGitopsError:
        message = f"{self.shown} could not be pushed: {' '.join(refusal.words.split())[:300]}"
        if intended:
            return Unavailable(
                message, "Check that this run may push to the state branch. Nothing of this batch was sent."
            )
        return Unsettled(message, self._kept())

    def _kept(self) -> str:
        return f"What happened is kept in {os.path.relpath(self.journal_path)}; the next run from this clone pushes it."


def _name(text: str) -> str:
    """A name that git takes for an author: it drops these characters, and refuses one that is empty then."""
    return re.sub(r"[<>\n\x00]", "", text).strip(" .,:;\"'") or "unknown"
