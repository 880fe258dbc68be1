"""The built-in Invent: a request as values in, an answer as values out, everything kept in one SQLite file."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from invent_gitops.sandbox.contacts import find_contacts
from invent_gitops.sandbox.contract import (
    MAX_BODY,
    Answer,
    Page,
    Rejection,
    Route,
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
from invent_gitops.sandbox.control import (
    Control,
    find_control,
    read_broadcast_change,
    read_segment_change,
    with_consequences,
)
from invent_gitops.sandbox.false_answers import Alteration, hidden_ids, shown_broadcast, shown_page
from invent_gitops.sandbox.limit import Limit
from invent_gitops.sandbox.order import Order
from invent_gitops.sandbox.storage import File

# A segment that is used before anybody named it is learnt; one that is seeded takes the name and count given.
_LEARN = """INSERT INTO segments (org, id, name, color, contacts_count, created_at, updated_at)
    VALUES (:org, :id, coalesce(:name, :id), :color, coalesce(:count, :invented), :now, :now)
    ON CONFLICT (org, id) DO UPDATE SET name = :name, contacts_count = coalesce(:count, contacts_count),
    updated_at = :now WHERE :name IS NOT NULL"""
_ADD = "INSERT INTO broadcasts (org, id, status, body) VALUES (?, ?, ?, ?)"
_SET = "UPDATE broadcasts SET status = ?, body = ? WHERE org = ? AND id = ?"
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
        self._key, self._limit, self._now = key, Limit(limit, clock), now
        self._log: deque[Seen] = deque(maxlen=10_000)
        self._file, self._order = File(path), Order()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def handle(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        altered: Alteration | None = None,
    ) -> Answer:
        """Answer one request. `path` and `query` are percent-encoded, as on the wire, `query` without its "?".

        `altered` is what the answer does not show as it is.
        """
        try:
            self._limit.check()
            route = find_route(method, path)
            self._check_key(headers)
            answer = self._answer(route, query, body, altered)
        except Rejection as refusal:
            answer = refusal.answer
        self.remember(method, path, body, answer.status)
        return answer

    def control(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Answer a request below `PREFIX`, as in the dashboard. Never limited, and not among `requests`."""
        try:
            wish = find_control(method, path)
            self._check_key(headers)
            return json_answer(200, self._change(wish, body))
        except KeyError as error:
            return json_answer(404, {"message": error.args[0]})
        except Rejection as refusal:
            return refusal.answer

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
        with self._file.transaction() as db:
            row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'broadcasts'").fetchone()
        return int(row[0]) if row else 0

    def broadcasts(self, org: str = "c") -> list[dict[str, Any]]:
        """Return every broadcast of an org, oldest first."""
        with self._file.transaction() as db:
            rows = db.execute("SELECT body FROM broadcasts WHERE org = ? ORDER BY seq", (org,)).fetchall()
            return [json.loads(body) for (body,) in rows]

    def seed(self, segments: Iterable[tuple[str, str, int | None]], org: str = "c") -> None:
        """Make segments known: (id, name, contacts); None keeps the count, or invents one for a new segment."""
        with self._file.transaction(write=True) as db:
            self._learn(db, org, segments)

    def introduce(self, segments: Iterable[tuple[str, str | None, int | None]], org: str = "c") -> None:
        """Seed the segments that nobody has named here yet: what the dashboard made of the others stays."""
        with self._file.transaction(write=True) as db:
            named = {id for (id,) in db.execute("SELECT id FROM segments WHERE org = ? AND name != id", (org,))}
            self._learn(db, org, [segment for segment in segments if segment[0] not in named])

    def fill(self, *, broadcasts: int = 0, segments: int = 0, org: str = "c") -> None:
        """Make many things at once, as if they had been there for long: each broadcast goes to one segment."""
        self.seed(((f"s_{number}", f"Segment {number}", None) for number in range(1, segments + 1)), org)
        now = stamp(self._now())
        with self._file.transaction(write=True) as db:
            rows = []
            for number in range(1, broadcasts + 1):
                [segment] = self._segments(db, org, [f"s_{1 + number % max(1, segments)}"])
                wish = {"name": f"Broadcast {number}", "scheduled_at": "2099-01-01T09:00:00.000Z", "send_to_all": False}
                id = f"b_{secrets.token_hex(12)}"
                broadcast = new_broadcast(id, wish, [segment], segment["contacts_count"], now)
                rows.append((org, id, broadcast["status"], json.dumps(broadcast)))
            db.executemany(_ADD, rows)

    def update(self, org: str, id: str, **fields: Any) -> dict[str, Any]:
        """Set any field, as in the dashboard; `segment_ids` sets `segments`. Raise `KeyError` if it is unknown."""
        with self._file.transaction(write=True) as db:
            before = _broadcast(db, org, id)
            if "segment_ids" in fields:
                fields["segments"] = self._segments(db, org, fields.pop("segment_ids"))
            broadcast: dict[str, Any] = {**before, "updated_at": stamp(self._now()), **fields}
            db.execute(_SET, (broadcast["status"], json.dumps(broadcast), org, id))
        return broadcast

    def delete(self, org: str, id: str) -> None:
        """Delete a broadcast, as a person does in the dashboard. Raise `KeyError` if there is no such one."""
        with self._file.transaction(write=True) as db:
            if not db.execute("DELETE FROM broadcasts WHERE org = ? AND id = ?", (org, id)).rowcount:
                raise KeyError(f"There is no broadcast {id} in the org {org}.")

    def put_segment(self, org: str, id: str, name: str | None = None, contacts: int | None = None) -> dict[str, Any]:
        """Add a segment or change it, as in the dashboard; None keeps what it has, or invents it."""
        with self._file.transaction(write=True) as db:
            row = db.execute(f"{_SEGMENT} WHERE org = ? AND id = ?", (org, id)).fetchone()
            self._learn(db, org, [(id, name or (row[1] if row else id), contacts)])
            self._tell_broadcasts(db, org)
            return _segment(db.execute(f"{_SEGMENT} WHERE org = ? AND id = ?", (org, id)).fetchone())

    def delete_segment(self, org: str, id: str) -> None:
        """Delete a segment; its broadcasts lose it, too. Raise `KeyError` if there is no such one."""
        with self._file.transaction(write=True) as db:
            if not db.execute("DELETE FROM segments WHERE org = ? AND id = ?", (org, id)).rowcount:
                raise KeyError(f"There is no segment {id} in the org {org}.")
            self._tell_broadcasts(db, org)

    def _check_key(self, headers: Mapping[str, str] | None) -> None:
        check_key({name.lower(): value for name, value in (headers or {}).items()}.get("authorization", ""), self._key)

    def _answer(self, route: Route, query: str, body: bytes, altered: Alteration | None) -> Answer:
        if route.name == "create":
            return self._create(route.org, read_create(body), altered)
        page = read_page(route.name, query)
        if route.name == "list":
            entries, total = self._find(route.org, page, altered)
        elif route.name == "segments":
            entries, total = self._find_segments(route.org, page)
        else:
            entries, total = self._find_contacts(route.org, page)
        totals = {"pagination-count": total, "pagination-page": page.number, "pagination-take": page.take}
        return json_answer(200, entries, {name: str(number) for name, number in totals.items()})

    def _change(self, wish: Control, body: bytes) -> object:
        if wish.delete:
            delete = self.delete if wish.collection == "broadcasts" else self.delete_segment
            delete(wish.org, wish.id)
            return {"deleted": wish.id}
        if wish.collection == "segments":
            return self.put_segment(wish.org, wish.id, *read_segment_change(body))
        now = stamp(self._now())
        change = read_broadcast_change(wish.id, body, now)
        with self._file.transaction() as db:
            before = _broadcast(db, wish.org, wish.id)
        return self.update(wish.org, wish.id, **with_consequences(change, before, now))

    def _create(self, org: str, wish: Mapping[str, Any], altered: Alteration | None) -> Answer:
        now = stamp(self._now())
        with self._file.transaction(write=True) as db:
            segments = self._segments(db, org, wish["segment_ids"])
            contacts = sum(segment["contacts_count"] for segment in segments)
            if wish["send_to_all"]:
                everyone = db.execute("SELECT coalesce(sum(contacts_count), 0) FROM segments WHERE org = ?", (org,))
                contacts = everyone.fetchone()[0]
            broadcast = new_broadcast(f"b_{secrets.token_hex(12)}", wish, segments, contacts, now)
            db.execute(_ADD, (org, broadcast["id"], broadcast["status"], json.dumps(broadcast)))
            response = shown_broadcast(db, org, broadcast, altered)
        # Only here is it committed: an answer must never speak of a broadcast that a crash could take back.
        return json_answer(200, response)

    def _find(self, org: str, page: Page, altered: Alteration | None) -> tuple[list[Any], int]:
        with self._file.transaction() as db:
            bodies, total = self._order.broadcasts(db, org, page, hidden_ids(db, org, altered, self._now()))
        return shown_page([json.loads(body) for body in bodies], altered), total

    def _find_segments(self, org: str, page: Page) -> tuple[list[Any], int]:
        first, sought = (page.number - 1) * page.take, page.search.casefold()
        with self._file.transaction() as db:
            if not sought:
                some, total = self._order.segments(db, org, page)
                return [_segment(row) for row in some], total
            rows = db.execute(f"{_SEGMENT} WHERE org = ? ORDER BY seq", (org,)).fetchall()
        # Compared here, because SQLite folds the case of ASCII only.
        matching = [segment for segment in map(_segment, rows) if sought in segment["name"].casefold()]
        return matching[first : first + page.take], len(matching)

    def _find_contacts(self, org: str, page: Page) -> tuple[list[Any], int]:
        with self._file.transaction() as db:
            rows = db.execute(
                f"{_SEGMENT} WHERE org = ? AND ? IN ('', id) ORDER BY seq", (org, page.segment)
            ).fetchall()
        return find_contacts(map(_segment, rows), page)

    def _tell_broadcasts(self, db: sqlite3.Connection, org: str) -> None:
        """Let every broadcast show its segments as they are now."""
        by_id = {row[0]: _segment(row) for row in db.execute(f"{_SEGMENT} WHERE org = ?", (org,)).fetchall()}
        for id, body in db.execute("SELECT id, body FROM broadcasts WHERE org = ?", (org,)).fetchall():
            broadcast = json.loads(body)
            segments = [by_id[segment["id"]] for segment in broadcast["segments"] if segment["id"] in by_id]
            if segments != broadcast["segments"]:
                db.execute(_SET, (broadcast["status"], json.dumps({**broadcast, "segments": segments}), org, id))

    def _learn(self, db: sqlite3.Connection, org: str, segments: Iterable[tuple[str, str | None, int | None]]) -> None:
        now = stamp(self._now())
        for id, name, count in segments:
            color, number = invented(id)
            fields = {"org": org, "id": id, "name": name, "count": count}
            db.execute(_LEARN, {**fields, "color": color, "invented": number, "now": now})

    def _segments(self, db: sqlite3.Connection, org: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        self._learn(db, org, [(id, None, None) for id in ids])
        return [_segment(db.execute(f"{_SEGMENT} WHERE org = ? AND id = ?", (org, id)).fetchone()) for id in ids]


def _broadcast(db: sqlite3.Connection, org: str, id: str) -> dict[str, Any]:
    row = db.execute("SELECT body FROM broadcasts WHERE org = ? AND id = ?", (org, id)).fetchone()
    if not row:
        raise KeyError(f"There is no broadcast {id} in the org {org}.")
    broadcast: dict[str, Any] = json.loads(row[0])
    return broadcast


def _segment(row: Sequence[Any]) -> dict[str, Any]:
    id, name, color, count, created, updated = row
    fields = {"id": id, "name": name, "color": color, "contacts_count": count}
    return {**fields, "boards": [], "created_at": created, "updated_at": updated}
