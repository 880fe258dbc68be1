"""The sends that a plan speaks of, for the tables of its months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from invent_gitops.model.instant import read_instant
from invent_gitops.model.statuses import NOT_TO_COME
from invent_gitops.render.markdown.cells import Document, Sheet
from invent_gitops.render.markdown.months import Mark, Send, months

_MARKS: Mapping[str, Mark] = {
    "create": "new",
    "changed": "edited",
    "undefined": "deleted",
    "blocked": "blocked",
    "refused": "refused",
    "unchanged": "scheduled",
}


def month_tables(document: Document, sheet: Sheet) -> list[str]:
    """Return the lines of the months in which a plan changes something."""
    # Plans of older versions do not hold the blackout days.
    spans = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last in document.get("blackout_days", ())]
    return months(list(_sends(sheet)), now=sheet.now, timezone=sheet.zone, blackout_days=spans)


def _sends(sheet: Sheet) -> Iterator[Send]:
    for item in sheet.items:
        drift = item.get("drift") or {}
        if (drift.get("status") or item["status"]) in NOT_TO_COME:
            continue
        at, name = _as_created(item)
        if at is None:
            continue
        defined = read_instant(item["request"]["scheduled_at"])
        moved = defined if item["action"] == "changed" and defined != at else None
        yield Send(at, name, _MARKS[item["action"]], moved)


def _as_created(item: Document) -> tuple[datetime | None, str]:
    """The time and the name that Invent has, as far as is known; of what is new, those that it will get."""
    fields = {field: item["request"][field] for field in ("scheduled_at", "name")}
    fields |= {change["field"]: change["old"] for change in item["changes"] if change["field"] in fields}
    live = (item.get("drift") or {}).get("fields") or ()
    fields |= {change["field"]: change["live"] for change in live if change["field"] in fields}
    return read_instant(fields["scheduled_at"]), str(fields["name"])
