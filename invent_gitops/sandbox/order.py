"""The order of the lists: which entry is where, so that a late page costs no more than the first one."""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Sequence

from invent_gitops.sandbox.contract import Page

# Newest first, so that a list that grows while it is read repeats entries, as lists do out there.
_BROADCASTS = "SELECT seq FROM broadcasts WHERE org = ? ORDER BY seq DESC"
_WITH_STATUS = "SELECT seq FROM broadcasts WHERE org = ? AND status = ? ORDER BY seq DESC"
_SEGMENTS = "SELECT seq FROM segments WHERE org = ? ORDER BY seq"
_BODIES = "SELECT body FROM broadcasts WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC"
_SEGMENT_ROWS = """SELECT id, name, color, contacts_count, created_at, updated_at FROM segments
    WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"""


# Without those that a list is answered without, which are rare and not the same each time.
_ASKED = """FROM broadcasts WHERE org = :org AND (:status = '' OR status = :status)
    AND id NOT IN (SELECT value FROM json_each(:hidden))"""
_COUNT = f"SELECT count(*) {_ASKED}"
_LIST = f"SELECT body {_ASKED} ORDER BY seq DESC LIMIT :take OFFSET :first"


class Order:
    """The numbers of all entries of a list, in its order, kept until anything in the file changes.

    Whoever asks holds a transaction on the one connection of a file.
    """

    def __init__(self) -> None:
        self._version: tuple[int, int] | None = None
        self._numbers: dict[tuple[str, ...], array[int]] = {}

    def broadcasts(self, db: sqlite3.Connection, org: str, page: Page, hidden: Sequence[str]) -> tuple[list[str], int]:
        """Return the bodies of a page, and how many broadcasts the whole list has; of both without the `hidden` ids."""
        if hidden:
            values = {"org": org, "status": page.status, "take": page.take, "first": (page.number - 1) * page.take}
            values["hidden"] = json.dumps(hidden)
            rows = db.execute(_LIST, values).fetchall()
            return [body for (body,) in rows], db.execute(_COUNT, values).fetchone()[0]
        asked = (_WITH_STATUS, org, page.status) if page.status else (_BROADCASTS, org)
        part, total = self._part(db, asked, page)
        return [body for (body,) in db.execute(_BODIES, (part,)).fetchall()], total

    def segments(self, db: sqlite3.Connection, org: str, page: Page) -> tuple[list[tuple[object, ...]], int]:
        """Return the rows of a page of all segments, and how many there are."""
        part, total = self._part(db, (_SEGMENTS, org), page)
        return db.execute(_SEGMENT_ROWS, (part,)).fetchall(), total

    def _part(self, db: sqlite3.Connection, asked: tuple[str, ...], page: Page) -> tuple[str, int]:
        """Return the numbers of a page as JSON, and how many the whole list has."""
        # The first tells what other connections have written, the second what this one has.
        version = (db.execute("PRAGMA data_version").fetchone()[0], db.total_changes)
        if version != self._version:
            self._version, self._numbers = version, {}
        if asked not in self._numbers:
            statement, *values = asked
            self._numbers[asked] = array("q", (number for (number,) in db.execute(statement, values)))
        numbers, first = self._numbers[asked], (page.number - 1) * page.take
        return json.dumps(numbers[first : first + page.take].tolist()), len(numbers)
