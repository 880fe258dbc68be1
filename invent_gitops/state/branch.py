"""The state on a git branch: read from the remote's tip, written by a push that succeeds only if the tip is as read."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from invent_gitops.errors import InventGitopsError, StateMoved, Unavailable, Unsettled
from invent_gitops.git.repository import GitFailed
from invent_gitops.model.chain import Chain
from invent_gitops.model.project import BranchPlace
from invent_gitops.model.state import Event, Provenance, State
from invent_gitops.state.binding import check_binding, check_lineage
from invent_gitops.state.left_behind import check_moved
from invent_gitops.state.lock import StateLock
from invent_gitops.state.message import commit_message
from invent_gitops.state.read_back import check_read_back
from invent_gitops.state.remote import RemoteBranch
from invent_gitops.state.run_journal import RunJournal
from invent_gitops.state.unpushed import Unpushed, results_of
from invent_gitops.values import replace

# How often results are carried over to a tip that somebody else has moved, before giving up.
PATIENCE = 50
# Seconds before a push that failed for a passing reason is tried again.
PAUSES = (0.5, 1.5, 4.0)
Source = Callable[[], Provenance]


class BranchStore:
    """The state at `location`, bound to `org` and `api` ("" for either: whatever the branch says).
    `former` is a file that the state may be in still, beside the one of that name in the work tree.

    Nobody holds a lock on the branch: a push is a compare-and-swap. Intents are on the remote before
    `sync` returns; results are at once in a journal inside `.git`, and on the remote with the next push.
    """

    def __init__(
        self, folder: Path, location: BranchPlace, *, org: str, api: str, provenance: Source, former: Path | None = None
    ) -> None:
        self.org, self.api, self.provenance = org, api, provenance
        self._stop = threading.Event()
        self.remote = RemoteBranch(folder, location, org=org, api=api, wait=self._pause)
        self.way_out = self.remote.way_out
        self._files = [folder / location.path, *([former] if former else [])]
        own = self.remote.folder / "invent-gitops"
        name = quote(f"{location.remote} {location.branch} {location.path}", safe="")
        journal_path = own / f"{name}.journal"
        self._journal = RunJournal(journal_path, str(journal_path))
        # Without locks nothing is lost: it is the push that keeps others out.
        self._lock = StateLock(own / f"{name}.lock", f"{self.label} from this clone", needed=False)
        self._unpushed = Unpushed(State("", 0, org, api))
        self._failed = self._read_back = False

    @property
    def label(self) -> str:
        return self.remote.label

    @property
    def journal_path(self) -> Path:
        return self._journal.path

    @property
    def vouched(self) -> bool:
        """Whether a run from this clone has read the whole list beside the state, and it showed nothing more."""
        return self.remote.vouched

    @property
    def state(self) -> State:
        """The state as it is now, inside `with store:`."""
        return self._unpushed.state

    def read(self) -> State:
        """Return the state at the remote's tip, with results of a killed run here that it does not have yet."""
        self._fetch()
        journal, base = self._journal.read(), self._unpushed.base
        if journal is None:
            return base
        check_binding(journal.org, journal.api, base.org, base.api, str(self.journal_path))
        return base.after(journal.events)

    def last_seen(self) -> State:
        """Return the state at the tip that was fetched last, with what the journal has; nothing is fetched."""
        journal = self._journal.read()
        state = self.remote.last_seen() or self._unpushed.base
        return state.after(journal.events) if journal else state

    def chain(self) -> Chain:
        """Return the states at all commits of the remote's branch."""
        from invent_gitops.state.log import branch_chain

        self._fetch()
        if self._unpushed.tip:
            self.remote.whole_history()
        return branch_chain(self.remote.git, self._unpushed.tip, self.remote.location.path)

    def __enter__(self) -> Self:
        self._lock.acquire()
        try:
            self._begin()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _begin(self) -> None:
        """Read the tip, and push first of all what a killed run from this clone has left in the journal."""
        journal = self._journal.read()
        try:
            self._fetch()
        except Unavailable as error:
            if journal is None:
                raise
            # There are ids that only the journal has, so this is not "surely nothing was created".
            raise Unsettled(error.message, self._journal.kept()) from None
        base = self._unpushed.base
        if not base.lineage:
            base = replace(base, lineage=journal.lineage if journal else str(uuid.uuid4()))
            self._unpushed.base = base
        # An intent of another lineage never landed, so that what was taken back of it tells nothing.
        if journal is None or (journal.lineage != base.lineage and journal.only_withdrawn):
            self._journal.clear()
        else:
            check_binding(journal.org, journal.api, self.org, self.api, str(self.journal_path))
            cure = "Keep a copy of it: it may hold ids that no state has. Then move it away."
            check_lineage(journal.lineage, base.lineage, str(self.journal_path), self.label, cure)
            self._unpushed.events = list(journal.events)
            self.sync()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.finish()
        finally:
            self._lock.release()
        self.remote.tidy(settled=self.durable)

    def finish(self) -> None:
        """Push what was appended. Raises `Unsettled` if that fails; the journal then has it all."""
        reported = self._failed
        try:
            if self._unpushed.doubtful:
                # A push that failed may have landed all the same, and its intents are to be taken back.
                self._fetch()
                self._unpushed.doubtful = False
            self.sync()
        except InventGitopsError:
            # Whoever appended it has heard of it already, and a second error would hide their report.
            if not reported:
                raise
        finally:
            self._journal.close()
            if not self._unpushed.events:
                self._journal.clear()

    def remember(self, *, vouched: bool | None = None) -> None:
        """Keep this state in mind; `vouched` is whether the whole list was read beside it and showed nothing more."""
        self.remote.vouch(self._unpushed.tip, vouched)

    @property
    def durable(self) -> bool:
        """Whether all that was appended is on the remote."""
        return not self._unpushed.events

    def went_back(self, org: str, api: str) -> str:
        """Nothing to say: a branch that went back is refused as soon as it is read."""
        return ""

    def _pause(self, seconds: float) -> bool:
        return self._stop.wait(seconds)

    def wait_with(self, stop: threading.Event) -> None:
        """Let `stop` end the pauses before a push is tried again."""
        self._stop = stop

    def refresh(self) -> None:
        """Read the remote's tip again. What was appended and not pushed yet stays."""
        self._fetch()

    def append(self, events: Iterable[Event]) -> None:
        """Take events up. Results are durable on this machine at once; intents only after `sync`."""
        batch = list(events)
        results = results_of(batch)
        self._failed = False
        # First of all in memory: should the disk be full, the next push still carries them.
        self._unpushed.events += batch
        if results:
            try:
                self._write(results)
            except OSError as error:
                raise Unsettled(
                    f"{self.journal_path} cannot be written: {error.strerror}.",
                    "The next push still carries what happened. Free some space before the next run.",
                ) from None

    def _write(self, results: Sequence[Event]) -> None:
        self._journal.open(self._unpushed.base, self._unpushed.results)
        self._journal.append(results)

    def batch(self, concurrency: int) -> int:
        """Return how many calls one `sync` covers at least: as many as fly at once, since a push takes long."""
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
            if not isinstance(error, StateMoved) and self._unpushed.recorded:
                raise self._journal.holding(error) from None
            raise

    def _take_back(self) -> None:
        """Nothing was called for the intents that wait; should they be on the remote after all, they go again."""
        withdrawn = self._unpushed.take_back()
        if withdrawn and self._unpushed.doubtful:
            # For the next run from this clone, should this one not get through to the remote any more.
            with suppress(OSError):
                self._write(withdrawn)

    def _sync(self) -> None:
        unpushed, intended = self._unpushed, self._unpushed.intended
        if intended:
            self._journal.open_for_calls(unpushed.base, unpushed.results)
        pauses = list(PAUSES)
        for attempt in range(PATIENCE):
            after = unpushed.state
            if after == unpushed.base:
                # While a push is in doubt, what takes it back stays in the journal: `finish` looks first.
                if not unpushed.doubtful:
                    self._done(unpushed.tip, unpushed.base)
                return
            after = replace(after, serial=unpushed.base.serial + 1)
            commit = self._commit(after)
            refusal = self.remote.push(commit, unpushed.tip)
            if refusal is None:
                self._check_read_back(commit, after)
                self._done(commit, after)
                self.remember()
                return
            unpushed.doubtful = unpushed.doubtful or "[rejected]" not in refusal.output
            before = unpushed.tip
            self._fetch()
            if unpushed.tip != before and intended:
                raise StateMoved(
                    f"Another run wrote {self.label} since it was read.",
                    "Plan again; nothing of this batch was sent.",
                )
            if unpushed.tip == before:
                # Two pushes that meet on the server may both find the ref locked for a moment; a host may be busy.
                locked = "lock" in refusal.output and attempt <= 5
                pause = 0.1 * (attempt + 1) if locked else pauses.pop(0) if pauses else None
                if pause is None or self._stop.wait(pause):
                    raise self.remote.unpushed(refusal, None if intended else self._journal.kept())
        raise Unsettled(f"{self.label} moved {PATIENCE} times while results were pushed.", self._journal.kept())

    def _check_read_back(self, commit: str, pushed: State) -> None:
        """Once a run; where it fails, the push that went well is one in doubt."""
        if not self._read_back:
            before, self._unpushed.doubtful = self._unpushed.doubtful, True
            check_read_back(self.remote, commit, pushed, self._unpushed.events, self.provenance())
            self._read_back, self._unpushed.doubtful = True, before

    def _done(self, tip: str, state: State) -> None:
        self._unpushed.landed(tip, state)
        if tip:
            # The push went well; a ref of this clone that is locked must not make a failure of it.
            with suppress(GitFailed):
                self.remote.remember(tip)
        self._journal.clear()

    def _commit(self, state: State) -> str:
        provenance = self.provenance()
        message = commit_message(self._unpushed.events, state.serial, provenance)
        return self.remote.write(state, message, by=provenance.by, parent=self._unpushed.tip)

    def take_over(self, state: State) -> None:
        """Begin the branch with a state that was kept elsewhere until now. Raises `Refused` if the branch exists."""
        self.remote.begin(state, self.provenance())

    def _fetch(self) -> None:
        unpushed = self._unpushed
        unpushed.tip, state = self.remote.fetch()
        if not unpushed.tip:
            check_moved(self._files, self.label)
        unpushed.base = state or State(unpushed.base.lineage, 0, self.org, self.api)
