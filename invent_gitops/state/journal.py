"""The journal beside the state: events appended one durable line at a time, so that a crash loses none of them.

The first line is a header that binds the journal to its state; each further line is one event. A
line without its newline was never acknowledged and is dropped: for an intent the call had not been
made, and for a result the intent is still open.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, assert_never

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.files import CREATE, open_regular, read_regular, sync_folder
from invent_gitops.model.broadcast import read_request
from invent_gitops.model.fields import Damaged, read_number, read_object, read_word, shown
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
from invent_gitops.state.counts import read_results, write_results
from invent_gitops.state.decode import read_json
from invent_gitops.state.origin import read_provenance, write_provenance
from invent_gitops.values import Struct, replace

T = TypeVar("T")

# What a file system answers that knows no locks.
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)


class Journal(Struct, frozen=True):
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
        self._file = os.open(path, CREATE | os.O_APPEND, 0o644)
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
        encoded = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()
        start = os.fstat(self._file).st_size
        try:
            written = 0
            while written < len(encoded):
                written += os.write(self._file, encoded[written:])
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
def locked_journal(path: Path, label: str) -> Iterator[None]:
    """Hold a journal that was found, so that it is surely nobody's. Raises `Refused` if a run is writing it."""
    try:
        file = open_regular(path, os.O_RDWR)
    except OSError as error:
        raise InvalidInput(
            f"The journal {label}.journal cannot be opened: {error.strerror}.", "Make it writable."
        ) from None
    try:
        _lock(file)
        yield
    except BlockingIOError:
        raise Refused(
            f"Another invent-gitops is writing {label} right now.", "Wait until it is done, then run this again."
        ) from None
    except OSError as error:
        raise InvalidInput(
            f"The journal {label}.journal cannot be locked: {error.strerror}.", "Put the state on a local disk."
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


def read_journal(path: Path, label: str) -> Journal | None:
    """Return the journal at `path`, or None if there is none or not even its header was finished. Raises
    `InvalidInput`.
    """
    try:
        # As bytes, since a torn last line may end in the middle of a character.
        lines = read_regular(path).split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput(
            f"The journal {label} cannot be read: {error.strerror}.",
            "Make it readable; it holds ids that nothing else has.",
        ) from None
    if not lines:
        return None
    number = 1
    try:
        head = _header(_object(lines[0]))
        events: list[Event] = []
        for line in lines[1:]:
            number += 1
            events.append(read_event(_object(line)))
        return replace(head, events=tuple(events))
    except Damaged as damage:
        raise InvalidInput(
            f"The journal {label} is damaged in line {number}: {damage}.",
            "It holds ids that the state does not have yet. Keep a copy, move it away, and record each of its ids "
            "with: invent-gitops resolve KEY --id ID",
        ) from None


def _header(value: Mapping[str, Any]) -> Journal:
    if value.get("journal") != document.VERSION or isinstance(value["journal"], bool):
        raise Damaged("it is not a header of this version")
    serial = read_number(value, "serial") if "serial" in value else 0
    return Journal(read_word(value, "lineage"), read_word(value, "org"), read_word(value, "api"), (), serial)


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        parsed = read_json(line.decode())
    except Damaged:
        raise
    except (ValueError, RecursionError):
        raise Damaged(f"{line[:80]!r} is not JSON") from None
    if not isinstance(parsed, dict):
        raise Damaged(f"{line[:80]!r} is not an object")
    return parsed


def write_event(event: Event) -> dict[str, object]:
    """Return an event as JSON, with its name under `event`."""
    match event:
        case Intended(key, intent):
            return {"event": "intended", "key": key, "intent": document.write_intent(intent)}
        case Reopened(key, intent):
            return {"event": "reopened", "key": key, "intent": document.write_intent(intent)}
        case Listed():
            return {"event": "listed"}
        case Looked(key, attempt, candidates):
            written_candidates = [candidate.as_json() for candidate in candidates]
            return {"event": "looked", "key": key, "attempt": attempt, "candidates": written_candidates}
        case Recorded(key, record):
            return {"event": "recorded", "key": key, "record": document.write_record(record)}
        case Withdrawn(key, attempt):
            return {"event": "withdrawn", "key": key, "attempt": attempt}
        case DeclaredAbsent(attempt, absence):
            return {"event": "absent", "attempt": attempt, "absence": document.write_absence(absence)}
        case Corrected(key, wrong, record):
            return {"event": "corrected", "key": key, "wrong": wrong, "record": document.write_record(record)}
        case Moved(key, to, id, provenance):
            written = write_provenance(provenance)
            return {"event": "moved", "key": key, "to": to, "id": id, "provenance": written}
        case Removed(key, removal):
            return {"event": "removed", "key": key, "removal": document.write_removal(removal)}
        case Refreshed(key, id, request, status, provenance, results):
            written = write_provenance(provenance)
            fields = {"request": request.as_json(), "status": status, **write_results(results)}
            return {"event": "refreshed", "key": key, "id": id, **fields, "provenance": written}
        case _:
            assert_never(event)


def read_event(value: Mapping[str, Any]) -> Event:
    """Return the event that `value` spells. Raises `Damaged`."""

    def word(name: str) -> str:
        return read_word(value, name)

    def part(name: str, read: Callable[[Mapping[str, Any]], T]) -> T:
        return read(read_object(value, name))

    readers: dict[str, Callable[[], Event]] = {
        "intended": lambda: Intended(word("key"), part("intent", document.read_intent)),
        "reopened": lambda: Reopened(word("key"), part("intent", document.read_intent)),
        "listed": Listed,
        "looked": lambda: Looked(word("key"), word("attempt"), document.read_candidates(value.get("candidates"))),
        "recorded": lambda: Recorded(word("key"), part("record", document.read_record)),
        "withdrawn": lambda: Withdrawn(word("key"), word("attempt")),
        "absent": lambda: DeclaredAbsent(word("attempt"), part("absence", document.read_absence)),
        "corrected": lambda: Corrected(word("key"), word("wrong"), part("record", document.read_record)),
        "moved": lambda: Moved(word("key"), word("to"), word("id"), part("provenance", read_provenance)),
        "removed": lambda: Removed(word("key"), part("removal", document.read_removal)),
        "refreshed": lambda: Refreshed(
            word("key"),
            word("id"),
            part("request", partial(read_request, named=True)),
            word("status"),
            part("provenance", read_provenance),
            read_results(value),
        ),
    }
    name = value.get("event")
    if not isinstance(name, str) or name not in readers:
        raise Damaged(f"the event {shown(name)} is not known")
    try:
        return readers[name]()
    except Damaged as damage:
        raise Damaged(f"of the event {name!r}, {damage}") from None
