"""The built-in Invent: a request as values in, an answer as values out, everything kept in one SQLite file."""

from __future__ import annotations

import json
import math
import os
import secrets
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Self

from invent_gitops.errors import InvalidInput, InventGitopsError, Unavailable
from invent_gitops.sandbox.contract import (
    MAX_BODY,
    Answer,
    Page,
    Refusal,
    Seen,
    check_key,
    find_route,
    invented,
    json_answer,
    new_broadcast,
    read_create,
    read_page,
    stamp,
)

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
# A segment that is used before anybody named it is learnt; one that is seeded takes the name and count given.
_LEARN = """INSERT INTO segments (org, id, name, color, contacts_count, created_at, updated_at)
    VALUES (:org, :id, coalesce(:name, :id), :color, coalesce(:count, :invented), :now, :now)
    ON CONFLICT (org, id) DO UPDATE SET name = :name, contacts_count = coalesce(:count, contacts_count),
    updated_at = :now WHERE :name IS NOT NULL"""
_COUNT = "SELECT count(*) FROM broadcasts WHERE org = :org AND (:status = '' OR status = :status)"
# Newest first, so that a list that grows while it is read repeats entries, as lists do out there.
_LIST = """SELECT body FROM broadcasts WHERE org = :org AND (:status = '' OR status = :status)
    ORDER BY seq DESC LIMIT :take OFFSET :first"""
_SEGMENT = "SELECT id, name, color, contacts_count, created_at, updated_at FROM segments"


class Sandbox:
    """Invent's documented routes over a file (`path`) or over memory (None), for many threads and processes at once.

    `key` is the only API key let in (None: any that is not empty), `limit` the requests a minute (0: no limit).
    `InvalidInput` where the file is damaged or not a sandbox's, `Unavailable` where another process keeps it locked.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        key: str | None = None,
        limit: int = 500,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key, self._limit, self._now, self._clock = key, limit, now, clock
        self._name = "in memory" if path is None else os.fspath(path)
        self._lock, self._recent_lock = threading.Lock(), threading.Lock()
        self._recent: deque[float] = deque()
        self._log: deque[Seen] = deque(maxlen=10_000)
        # An absolute path, because SQLite gives a meaning of its own to "" and ":memory:".
        target = ":memory:" if path is None else os.path.abspath(path)
        try:
            self._db = sqlite3.connect(target, timeout=30, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise _unusable(self._name, error) from error
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def handle(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Answer one request. `path` and `query` are percent-encoded, as on the wire, `query` without its "?"."""
        try:
            answer = self._answer(method, path, query, headers or {}, body)
        except Refusal as refusal:
            answer = refusal.answer
        self.remember(method, path, body, answer.status)
        return answer

    @property
    def requests(self) -> list[Seen]:
        """The latest 10,000 requests that came to this object, oldest first."""
        return list(self._log)

    def remember(self, method: str, path: str, body: bytes, status: int) -> None:
        """Put a request into `requests`; for a server that answers one by itself."""
        try:
            # Nothing sensible is longer, and the log must not fill the memory.
            value = json.loads(body) if len(body) <= MAX_BODY // 16 else None
        except (ValueError, RecursionError):
            value = None
        self._log.append(Seen(method, path, value, status))

    @property
    def create_count(self) -> int:
        """How many broadcasts were ever created in the file: in all orgs, by all processes, deleted ones included."""
        with self._transaction() as db:
            row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'broadcasts'").fetchone()
        return int(row[0]) if row else 0

    def broadcasts(self, org: str = "c") -> list[dict[str, Any]]:
        """Every broadcast of an org, oldest first."""
        with self._transaction() as db:
            rows = db.execute("SELECT body FROM broadcasts WHERE org = ? ORDER BY seq", (org,)).fetchall()
            return [json.loads(body) for (body,) in rows]

    def seed(self, segments: Iterable[tuple[str, str, int | None]], org: str = "c") -> None:
        """Make segments known: (id, name, contacts); None keeps the count, or invents one for a new segment."""
        with self._transaction(write=True) as db:
            self._learn(db, org, segments)

    def update(self, org: str, id: str, **fields: Any) -> dict[str, Any]:
        """A person's hand in the dashboard: set any field; `segment_ids` sets `segments`. `KeyError` if unknown."""
        with self._transaction(write=True) as db:
            row = db.execute("SELECT body FROM broadcasts WHERE org = ? AND id = ?", (org, id)).fetchone()
            if not row:
                raise KeyError(f"There is no broadcast {id} in the org {org}.")
            if "segment_ids" in fields:
                fields["segments"] = self._segments(db, org, fields.pop("segment_ids"))
            broadcast: dict[str, Any] = {**json.loads(row[0]), "updated_at": stamp(self._now()), **fields}
            values = (broadcast["status"], json.dumps(broadcast), org, id)
            db.execute("UPDATE broadcasts SET status = ?, body = ? WHERE org = ? AND id = ?", values)
        return broadcast

    def delete(self, org: str, id: str) -> None:
        """A person's hand in the dashboard. `KeyError` if there is no such broadcast."""
        with self._transaction(write=True) as db:
            if not db.execute("DELETE FROM broadcasts WHERE org = ? AND id = ?", (org, id)).rowcount:
                raise KeyError(f"There is no broadcast {id} in the org {org}.")

    def _answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self._pace()
        route = find_route(method, path)
        check_key({name.lower(): value for name, value in headers.items()}.get("authorization", ""), self._key)
        if route.name == "create":
            return self._create(route.org, read_create(body))
        page = read_page(route.name, query)
        found, total = self._find(route.org, page) if route.name == "list" else self._find_segments(route.org, page)
        totals = {"pagination-count": total, "pagination-page": page.number, "pagination-take": page.take}
        return json_answer(200, found, {name: str(number) for name, number in totals.items()})

    def _pace(self) -> None:
        if not self._limit:
            return
        with self._recent_lock:
            now = self._clock()
            while self._recent and self._recent[0] <= now - 60:
                self._recent.popleft()
            if len(self._recent) >= self._limit:
                wait = max(1, math.ceil(self._recent[0] + 60 - now))
                raise Refusal(429, f"More than {self._limit} requests a minute.", {"retry-after": str(wait)})
            self._recent.append(now)

    def _create(self, org: str, wish: Mapping[str, Any]) -> Answer:
        now = stamp(self._now())
        with self._transaction(write=True) as db:
            segments = self._segments(db, org, wish["segment_ids"])
            contacts = sum(segment["contacts_count"] for segment in segments)
            if wish["send_to_all"]:
                everyone = db.execute("SELECT coalesce(sum(contacts_count), 0) FROM segments WHERE org = ?", (org,))
                contacts = everyone.fetchone()[0]
            broadcast = new_broadcast(f"b_{secrets.token_hex(12)}", wish, segments, contacts, now)
            row = (org, broadcast["id"], broadcast["status"], json.dumps(broadcast))
            db.execute("INSERT INTO broadcasts (org, id, status, body) VALUES (?, ?, ?, ?)", row)
        # Only here is it committed: an answer must never speak of a broadcast that a crash could take back.
        return json_answer(200, broadcast)

    def _find(self, org: str, page: Page) -> tuple[list[Any], int]:
        wanted = {"org": org, "status": page.status, "take": page.take, "first": (page.number - 1) * page.take}
        with self._transaction() as db:
            total = db.execute(_COUNT, wanted).fetchone()[0]
            return [json.loads(body) for (body,) in db.execute(_LIST, wanted).fetchall()], total

    def _find_segments(self, org: str, page: Page) -> tuple[list[Any], int]:
        first, wanted = (page.number - 1) * page.take, page.search.casefold()
        with self._transaction() as db:
            rows = db.execute(f"{_SEGMENT} WHERE org = ? ORDER BY seq", (org,)).fetchall()
        # Compared here, because SQLite folds the case of ASCII only.
        found = [segment for segment in map(_segment, rows) if wanted in segment["name"].casefold()]
        return found[first : first + page.take], len(found)

    def _learn(self, db: sqlite3.Connection, org: str, segments: Iterable[tuple[str, str | None, int | None]]) -> None:
        now = stamp(self._now())
        for id, name, count in segments:
            color, number = invented(id)
            known = {"org": org, "id": id, "name": name, "count": count}
            db.execute(_LEARN, {**known, "color": color, "invented": number, "now": now})

    def _segments(self, db: sqlite3.Connection, org: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        self._learn(db, org, [(id, None, None) for id in ids])
        return [_segment(db.execute(f"{_SEGMENT} WHERE org = ? AND id = ?", (org, id)).fetchone()) for id in ids]

    @contextmanager
    def _transaction(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """One view of the file, all or nothing; a writer waits its turn before it reads."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                yield self._db
                self._db.execute("COMMIT")
            except (sqlite3.Error, json.JSONDecodeError) as error:
                raise _unusable(self._name, error) from error
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def _prepare(self) -> None:
        try:
            # A toy's data must outlive a killed process, which it does without waiting for the disk, not a power cut.
            self._db.execute("PRAGMA synchronous = OFF")
        except sqlite3.Error as error:
            raise _unusable(self._name, error) from error
        with self._transaction(write=True) as db:
            ours = db.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if not ours and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                raise _unusable(self._name, "it is a database of another program")
            if ours and version != _VERSION:
                raise _unusable(self._name, f"it has the format {version}, and only {_VERSION} is known")
            for statement in () if ours else _TABLES:
                db.execute(statement)


def _segment(row: Sequence[Any]) -> dict[str, Any]:
    id, name, color, count, created, updated = row
    known = {"id": id, "name": name, "color": color, "contacts_count": count}
    return {**known, "boards": [], "created_at": created, "updated_at": updated}


def _unusable(name: str, why: Exception | str) -> InventGitopsError:
    kind = getattr(why, "sqlite_errorname", "")
    if kind.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        message = f"The sandbox's file {name} is kept locked by another process."
        return Unavailable(message, "Wait for the other process, or end it, and try again.")
    if kind.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_PERM")):
        cure = "Check that its folder exists, that it can be written to, and that the disk has room."
        return InvalidInput(f"The sandbox's file {name} cannot be opened or written: {why}.", cure)
    # It may be somebody's valuable file, so deleting it is not the first advice.
    cure = "Name another file. If this one was the sandbox's, delete it to start with an empty one."
    return InvalidInput(f"The file {name} is damaged or is not a sandbox's: {why}.", cure)
