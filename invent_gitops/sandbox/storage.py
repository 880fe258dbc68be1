"""The one SQLite file of the built-in Invent, which many threads and processes may use at once."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from invent_gitops.errors import InvalidInput, InventGitopsError, Unavailable
from invent_gitops.files import CREATE, check_own

# SQLite keeps this number in the file's header, so that a database of another program is never written to.
_APPLICATION = 0x496E7642
_VERSION = 1
_TABLES = (
    """CREATE TABLE broadcasts (seq INTEGER PRIMARY KEY AUTOINCREMENT, org TEXT NOT NULL, id TEXT NOT NULL,
       status TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (org, id))""",
    "CREATE INDEX broadcasts_of_org ON broadcasts (org)",
    """CREATE TABLE segments (seq INTEGER PRIMARY KEY, org TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
       color TEXT NOT NULL, contacts_count INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
       UNIQUE (org, id))""",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)


def created_ever(path: Path) -> int | None:
    """Return how many broadcasts a sandbox's file has ever held; None where it cannot be read, or is none. Writes
    nothing.
    """
    try:
        check_own(path)
        if not os.path.lexists(path) or not os.path.getsize(path):
            return 0
        # A path with "?" or "#" would end the address early.
        with closing(sqlite3.connect(f"file:{quote(os.path.abspath(path))}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'broadcasts'").fetchone()
        return int(row[0]) if row else 0
    except (OSError, sqlite3.Error):
        return None


class File:
    """The file at `path`, or memory where that is None.

    `InvalidInput` where it is damaged or not a sandbox's, `Unavailable` where another process keeps it locked.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self._name = "in memory" if path is None else os.fspath(path)
        self._lock = threading.Lock()
        # An absolute path, because SQLite gives a meaning of its own to "" and ":memory:".
        target = ":memory:" if path is None else os.path.abspath(path)
        if path is not None:
            _begin(target, self._name)
        try:
            self.db = sqlite3.connect(target, timeout=30, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise _unusable(self._name, error) from error
        try:
            self._prepare()
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        with self._lock:
            self.db.close()

    @contextmanager
    def transaction(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Yield one view of the file, all or nothing; a writer waits its turn before it reads."""
        with self._lock:
            try:
                self.db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                yield self.db
                self.db.execute("COMMIT")
            except (sqlite3.Error, json.JSONDecodeError) as error:
                raise _unusable(self._name, error) from error
            finally:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")

    def _prepare(self) -> None:
        try:
            # A toy's data must outlive a killed process, which it does without waiting for the disk, not a power cut.
            self.db.execute("PRAGMA synchronous = OFF")
        except sqlite3.Error as error:
            raise _unusable(self._name, error) from error
        with self.transaction(write=True) as db:
            ours = db.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if not ours and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                raise _unusable(self._name, "it is a database of another program")
            if ours and version != _VERSION:
                raise _unusable(self._name, f"it has the format {version}, and only {_VERSION} is known")
            for statement in () if ours else _TABLES:
                db.execute(statement)


def _begin(target: str, name: str) -> None:
    """See that SQLite writes through nothing that somebody has put in the place of one of its files, and begin it.

    SQLite follows a link at the name of the database, and begins what is not there. It follows none at the others.
    """
    try:
        for ending in ("", "-journal", "-wal", "-shm"):
            check_own(Path(target + ending))
        # Never opened if it is there: closing it would free the locks that this process has on it.
        with suppress(FileExistsError):
            os.close(os.open(target, CREATE, 0o644))
    except OSError as error:
        cure = "Name another file, or put the file itself there. Check that its folder exists, and can be written to."
        raise InvalidInput(f"The sandbox's file {name} cannot be opened or written: {error.strerror}.", cure) from None


def _unusable(name: str, reason: Exception | str) -> InventGitopsError:
    kind = getattr(reason, "sqlite_errorname", "")
    if kind.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        message = f"The sandbox's file {name} is kept locked by another process."
        return Unavailable(message, "Wait for the other process, or end it, and try again.")
    if kind.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_PERM")):
        cure = "Check that its folder exists, that it can be written to, and that the disk has room."
        return InvalidInput(f"The sandbox's file {name} cannot be opened or written: {reason}.", cure)
    # It may be somebody's valuable file, so deleting it is not the first advice.
    cure = "Name another file. If this one was the sandbox's, delete it to start with an empty one."
    return InvalidInput(f"The file {name} is damaged or is not a sandbox's: {reason}.", cure)
