"""The state in a file: one writer at a time, a journal while it works, and an atomic, durable fold at the end."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from invent_gitops.errors import InvalidInput, Refused, Unsettled
from invent_gitops.model.chain import Chain
from invent_gitops.model.project import SANDBOX
from invent_gitops.model.state import Event, State
from invent_gitops.state import document
from invent_gitops.state.journal import Journal, JournalWriter, check_regular, locked_journal, read_journal, sync_folder


class FileStore:
    """The state at `path`, bound to `org` and `api` ("" for either: whatever the file says).

    `read()` may be called at any time and writes nothing. Writing needs `with store:`, which takes
    the lock, replays a journal that a killed run left behind, and folds the new one in at the end.
    """

    def __init__(self, path: Path, *, shown: str, org: str, api: str) -> None:
        if path.is_symlink() and not path.exists():
            raise InvalidInput(
                f"The state {shown} is a link that leads nowhere.",
                "Mount or restore what it leads to. Without its state, everything would be created again.",
            )
        # Following a link here keeps the rename below from replacing the link with a file.
        self.path = Path(os.path.realpath(path))
        self.shown, self.org, self.api = shown, org, api
        self.journal_path = self.path.with_name(self.path.name + ".journal")
        self._lock = FileLock(self.path.with_name(self.path.name + ".lock"), timeout=0)
        self._writer: JournalWriter | None = None
        self._events: list[Event] = []
        self._base = State("", 0, org, api)

    @property
    def state(self) -> State:
        """The state as it is now, inside `with store:`."""
        return self._base.after(self._events)

    def read(self) -> State:
        """The state with the events of a journal that is still there. Raises `InvalidInput` or `Refused`."""
        stored, journal = self._stored(), read_journal(self.journal_path, f"{self.shown}.journal")
        if journal:
            return self._begun(stored, journal).after(journal.events)
        return stored or State("", 0, self.org, self.api)

    def last_seen(self) -> State:
        """The same: a file is never far away."""
        return self.read()

    def chain(self) -> Chain:
        """The states that git remembers of this file."""
        from invent_gitops.state.log import file_chain

        return file_chain(self.path)

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise Refused(
                f"Another invent-gitops is writing {self.shown} right now.",
                "Wait until it is done, then run this again.",
            ) from None
        except OSError as error:
            raise InvalidInput(
                f"The state {self.shown} cannot be locked for writing: {error.strerror}.",
                "Make its folder writable, or choose another place with --state.",
            ) from None
        try:
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

    def finish(self) -> None:
        """Fold what was appended into the state. Raises `Unsettled` if that fails; the journal then has it all."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            # Somebody may have put another version of the file there meanwhile, as a `git pull` does.
            stored = self._stored()
            if stored and self._base.serial and stored.lineage != self._base.lineage:
                raise InvalidInput(f"{self.shown} was replaced by another state.", "Put the right one back.")
            self._base = stored or self._base
            self._fold(self.state)
        except (InvalidInput, Refused) as error:
            kept = f"What happened is kept in {self.shown}.journal, and the next run reads it."
            raise Unsettled(f"{error.message} {kept}", error.cure) from None
        finally:
            writer.close()

    def refresh(self) -> None:
        """Nothing to do: whoever holds the lock sees every write."""

    def append(self, events: Iterable[Event]) -> None:
        """Write events down, durably when it returns; they are part of `read()` from then on."""
        batch = list(events)
        try:
            if self._writer is None:
                self._writer = JournalWriter(self.journal_path, self._base)
            self._writer.append(batch)
        except OSError as error:
            raise InvalidInput(
                f"The state {self.shown} cannot be written: {error.strerror}.",
                "Free some space or make its folder writable, then run this again.",
            ) from None
        except UnicodeError:
            raise InvalidInput(
                f"The state {self.shown} cannot hold text that is not UTF-8.", "Write it without the odd bytes."
            ) from None
        self._events += batch

    def batch(self, concurrency: int) -> int:
        """How many calls one `sync` covers: each has its own line in the journal, so one."""
        return 1

    def sync(self) -> None:
        """Nothing to do: `append` is durable already."""

    def _replay(self) -> None:
        stored, journal = self._stored(), read_journal(self.journal_path, f"{self.shown}.journal")
        self._base = self._begun(stored, journal)
        if not self.journal_path.exists():
            return
        # The lock file may have been deleted under a run that is still working; its journal is locked as well.
        with locked_journal(self.journal_path, self.shown):
            if journal:
                self._fold(self._base.after(journal.events))
            else:
                self.journal_path.unlink(missing_ok=True)

    def _fold(self, state: State) -> None:
        if state != self._base:
            self._base = replace(state, serial=state.serial + 1)
            self._replace(document.dump(self._base))
        self._events = []
        # A crash before this line leaves a journal whose events are folded already; replaying it changes nothing.
        self.journal_path.unlink(missing_ok=True)

    def _replace(self, text: str) -> None:
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        try:
            with open(fresh, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if self.path.exists():
                os.chmod(fresh, self.path.stat().st_mode)
            os.replace(fresh, self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise Unsettled(
                f"The state {self.shown} cannot be written: {error.strerror}. What happened is kept in "
                f"{self.shown}.journal, and the next run reads it.",
                "Free some space or make its folder writable, then run this again.",
            ) from None

    def _stored(self) -> State | None:
        try:
            check_regular(self.path, self.shown)
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidInput(
                f"The state {self.shown} cannot be read: {reason}.",
                "Make it readable, or restore it from git. Do not delete it.",
            ) from None
        state = document.parse(text, self.shown)
        check_binding(state.org, state.api, self.org, self.api, self.shown)
        return state

    def _begun(self, stored: State | None, journal: Journal | None) -> State:
        """The state that a journal goes on from; a first run may have been killed before any state was written."""
        if journal:
            check_binding(journal.org, journal.api, self.org, self.api, f"{self.shown}.journal")
            if stored and stored.lineage != journal.lineage:
                raise InvalidInput(
                    f"The journal {self.shown}.journal belongs to another state than {self.shown}.",
                    "Put back the state that it belongs to; the journal holds ids that no other file has.",
                )
            return stored or State(journal.lineage, 0, journal.org, journal.api)
        return stored or State(str(uuid.uuid4()), 0, self.org, self.api)


def check_binding(org: str, api: str, wanted_org: str, wanted_api: str, shown: str, remove: str = "") -> None:
    """Refuse a state of another org or API host; "" as wanted means that any will do. Raises `Refused`.

    `remove` is the command that deletes the state, where it is more than a file.
    """
    how = f" A state of the sandbox can simply be deleted{f': {remove}' if remove else '.'}"
    if (wanted_api and api != wanted_api) or (wanted_org and org != wanted_org):
        raise Refused(
            f"{shown} records the broadcasts of org {org} at {api}, and this run is for org {wanted_org or org} at "
            f"{wanted_api or api}.",
            "Use the state that belongs to this account (--state FILE), or set --org, --base-url or --sandbox to "
            f"match.{how if api == SANDBOX else ''}",
        )
