"""Whole answers that are not true: a list that lags or has gaps, a create that is answered with another broadcast."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from invent_gitops.sandbox.contract import stamp
from invent_gitops.values import Struct

# Of a list: the first two are not counted either, as if the entry did not exist; the last two are counted.
ListFault = Literal["lag", "omit-silently", "omit", "omit-page"]
CreateFault = Literal["other-id", "other-name", "other-time", "other-audience"]

_SINCE = "SELECT id FROM broadcasts WHERE org = ? AND json_extract(body, '$.created_at') > ?"
_NTH = "SELECT id FROM broadcasts WHERE org = ? ORDER BY seq LIMIT 1 OFFSET ?"
_OLDEST = "SELECT body FROM broadcasts WHERE org = ? AND id != ? ORDER BY seq LIMIT 1"
_SHOWN = {
    "other-id": ("id",),
    "other-name": ("name",),
    "other-time": ("scheduled_at",),
    "other-audience": ("segments", "send_to_all"),
}


class Alteration(Struct, frozen=True):
    """What is untrue in one answer. `turn` says which entry of a list it is, `seconds` how far a list lags."""

    kind: ListFault | CreateFault
    seconds: float = 0.0
    turn: int = 0


def hidden_ids(db: sqlite3.Connection, org: str, altered: Alteration | None, now: datetime) -> list[str]:
    """Return the ids that a list is answered without, as if they did not exist."""
    if altered is None:
        return []
    if altered.kind == "lag":
        since = stamp(now - timedelta(seconds=altered.seconds))
        return [id for (id,) in db.execute(_SINCE, (org, since)).fetchall()]
    if altered.kind == "omit-silently":
        count = db.execute("SELECT count(*) FROM broadcasts WHERE org = ?", (org,)).fetchone()[0]
        return [id for (id,) in db.execute(_NTH, (org, altered.turn % count)).fetchall()] if count else []
    return []


def shown_page(entries: list[Any], altered: Alteration | None) -> list[Any]:
    """Return a page as it is answered: without one of its entries, or without any, while the count includes them."""
    if altered is None or not entries or altered.kind not in ("omit", "omit-page"):
        return entries
    gone = altered.turn % len(entries)
    return [] if altered.kind == "omit-page" else entries[:gone] + entries[gone + 1 :]


def shown_broadcast(
    db: sqlite3.Connection, org: str, broadcast: Mapping[str, Any], altered: Alteration | None
) -> Mapping[str, Any]:
    """Return a new broadcast as it is answered: with fields of the oldest other one, if there is another."""
    fields = _SHOWN.get(altered.kind, ()) if altered else ()
    oldest = db.execute(_OLDEST, (org, broadcast["id"])).fetchone() if fields else None
    if oldest is None:
        return broadcast
    other = json.loads(oldest[0])
    return {**broadcast, **{name: other[name] for name in fields}}
