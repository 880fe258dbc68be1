"""The journal beside the state: events appended one durable line at a time, so that a crash loses none of them.

The first line is a header that binds the journal to its state; each further line is one event. A
line without its newline was never acknowledged and is dropped: for an intent the call had not been
made, and for a result the intent is still open.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.files import sync_folder
from invent_gitops.model.state import (
    Corrected,
    DeclaredAbsent,
    Event,
    Intended,
    Listed,
    Looked,
    Moved,
    Recorded,
    Refreshed,
    Removed,
    Reopened,
    State,
    Withdrawn,
)
from invent_gitops.state import document
from invent_gitops.state.fields import Damaged

# What a file system answers that knows no locks.
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal as read: which state it goes on from (`serial` 0: not told, or none), and its events in order."""

    lineage: str
    org: str
    api: str
    events: tuple[Event, ...]
    serial: int = 0

    @property
    def only_withdrawn(self) -> bool:
        """Whether it holds nothing but intents that were taken back."""
        return all(isinstance(event, Withdrawn) for event in self.events)


class JournalWriter:
    """Appends events to a new journal; each `append` is durable when it returns."""

    def __init__(self, path: Path, state: State) -> None:
        self.path = path
        header = {
            "journal": document.VERSION,
            "lineage": state.lineage,
            "serial": state.serial,
            "org": state.org,
            "api": state.api,
        }
        # O_EXCL: an old journal is replayed before a new one is begun, never written over.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        try:
            _lock(self._file)
            self._write([header])
            sync_folder(path.parent)
            self._begun = os.fstat(self._file).st_size
        except OSError:
            os.close(self._file)
            path.unlink()
            raise

    def append(self, events: Iterable[Event]) -> None:
        self._write([write_event(event) for event in events])

    def _write(self, lines: list[dict[str, object]]) -> None:
        data = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        start = os.fstat(self._file).st_size
        try:
            written = 0
            while written < len(data):
                written += os.write(self._file, data[written:])
            os.fsync(self._file)
        except OSError:
            # A full disk leaves half a line, and the next line must not be glued to it.
            os.ftruncate(self._file, start)
            raise

    @property
    def in_place(self) -> bool:
        """Whether the path still leads to this journal: what is written to a file that was deleted, nobody reads."""
        try:
            return os.path.samestat(os.stat(self.path, follow_symlinks=False), os.fstat(self._file))
        except OSError:
            return False

    def clear(self) -> None:
        """Drop the events, which are durable elsewhere by now; the journal stays open for more."""
        os.ftruncate(self._file, self._begun)

    def close(self) -> None:
        os.close(self._file)


@contextmanager
def locked_journal(path: Path, shown: str) -> Iterator[None]:
    """Hold a journal that was found, so that it is surely nobody's. Raises `Refused` if a run is writing it."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError as error:
        raise InvalidInput(
            f"The journal {shown}.journal cannot be opened: {error.strerror}.", "Make it writable."
        ) from None
    try:
        _lock(file)
        yield
    except BlockingIOError:
        raise Refused(
            f"Another invent-gitops is writing {shown} right now.", "Wait until it is done, then run this again."
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"The journal {shown}.journal cannot be locked: {error.strerror}.", "Put the state on a local disk."
        ) from None
    finally:
        os.close(file)


def _lock(file: int) -> None:
    """Lock an open journal, where the system can (on Windows the lock file alone has to do)."""
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # A file system without locks: nobody else can have created this file, and that has to do.
            if error.errno not in NO_LOCKS:
                raise


def read_journal(path: Path, shown: str) -> Journal | None:
    """The journal at `path`, or None if there is none or not even its header was finished. Raises `InvalidInput`."""
    try:
        if path.is_symlink() or not stat.S_ISREG(path.stat().st_mode):
            raise OSError(0, "it is no regular file")
        # As bytes, since a torn last line may end in the middle of a character.
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput(
            f"The journal {shown} cannot be read: {error.strerror}.",
            "Make it readable; it holds ids that nothing else has.",
        ) from None
    if not lines:
        return None
    try:
        header = _object(lines[0])
        if header.get("journal") != document.VERSION:
            raise Damaged("its first line is no header of this version")
        events = tuple(read_event(_object(line)) for line in lines[1:])
        serial = header.get("serial", 0)
        if type(serial) is not int:
            raise Damaged(f"serial is {serial!r}, and should be a number")
        return Journal(str(header["lineage"]), str(header["org"]), str(header["api"]), events, serial)
    except (Damaged, KeyError) as damage:
        raise InvalidInput(
            f"The journal {shown} is damaged: {damage}.",
            "It holds ids that the state does not have yet. Keep a copy, move it away, and record each of its ids "
            "with: invent-gitops resolve KEY --id ID",
        ) from None


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line.decode())
    except (ValueError, RecursionError):
        raise Damaged(f"{line[:80]!r} is not JSON") from None
    if not isinstance(found, dict):
        raise Damaged(f"{line[:80]!r} is not an object")
    return found


def _word(value: Mapping[str, Any], name: str) -> str:
    found = value[name]
    if not isinstance(found, str):
        raise Damaged(f"{name} is {found!r}, and should be text")
    return found


def write_event(event: Event) -> dict[str, object]:
    """An event as JSON, with its name under `event`."""
    match event:
        case Intended(key, intent):
            return {"event": "intended", "key": key, "intent": document.write_intent(intent)}
        case Reopened(key, intent):
            return {"event": "reopened", "key": key, "intent": document.write_intent(intent)}
        case Listed():
            return {"event": "listed"}
        case Looked(key, attempt, candidates):
            found = [candidate.as_json() for candidate in candidates]
            return {"event": "looked", "key": key, "attempt": attempt, "candidates": found}
        case Recorded(key, record):
            return {"event": "recorded", "key": key, "record": document.write_record(record)}
        case Withdrawn(key, attempt):
            return {"event": "withdrawn", "key": key, "attempt": attempt}
        case DeclaredAbsent(attempt, absence):
            return {"event": "absent", "attempt": attempt, "absence": document.write_absence(absence)}
        case Corrected(key, wrong, record):
            return {"event": "corrected", "key": key, "wrong": wrong, "record": document.write_record(record)}
        case Moved(key, to, id, provenance):
            made = document.write_provenance(provenance)
            return {"event": "moved", "key": key, "to": to, "id": id, "provenance": made}
        case Removed(key, removal):
            return {"event": "removed", "key": key, "removal": document.write_removal(removal)}
        case Refreshed(key, id, request, status, provenance):
            made = document.write_provenance(provenance)
            shown = {"request": document.write_request(request), "status": status}
            return {"event": "refreshed", "key": key, "id": id, **shown, "provenance": made}
        case _:
            assert_never(event)


def read_event(value: Mapping[str, Any]) -> Event:
    """The event that `value` spells. Raises `Damaged`."""
    readers: dict[str, Callable[[], Event]] = {
        "intended": lambda: Intended(_word(value, "key"), document.read_intent(value["intent"])),
        "reopened": lambda: Reopened(_word(value, "key"), document.read_intent(value["intent"])),
        "listed": Listed,
        "looked": lambda: Looked(
            _word(value, "key"), _word(value, "attempt"), document.read_candidates(value["candidates"])
        ),
        "recorded": lambda: Recorded(_word(value, "key"), document.read_record(value["record"])),
        "withdrawn": lambda: Withdrawn(_word(value, "key"), _word(value, "attempt")),
        "absent": lambda: DeclaredAbsent(_word(value, "attempt"), document.read_absence(value["absence"])),
        "corrected": lambda: Corrected(
            _word(value, "key"), _word(value, "wrong"), document.read_record(value["record"])
        ),
        "moved": lambda: Moved(
            _word(value, "key"), _word(value, "to"), _word(value, "id"), document.read_provenance(value["provenance"])
        ),
        "removed": lambda: Removed(_word(value, "key"), document.read_removal(value["removal"])),
        "refreshed": lambda: Refreshed(
            _word(value, "key"),
            _word(value, "id"),
            document.read_request(value["request"]),
            _word(value, "status"),
            document.read_provenance(value["provenance"]),
        ),
    }
    name = value.get("event")
    if not isinstance(name, str) or name not in readers:
        raise Damaged(f"the event {name!r} is not known")
    try:
        return readers[name]()
    except (KeyError, TypeError, AttributeError) as missing:
        raise Damaged(f"the event {name!r} lacks {missing}") from None
