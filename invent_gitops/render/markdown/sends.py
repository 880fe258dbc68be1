"""The sends that a plan speaks of, for the tables of its months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from invent_gitops.model.broadcast import Request
from invent_gitops.model.plan import Action, Item, Plan
from invent_gitops.model.statuses import NOT_TO_COME
from invent_gitops.render.documents.envelope import with_values
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.months import Mark, Send, months

_MARKS: Mapping[Action, Mark] = {
    "create": "new",
    "changed": "edited",
    "undefined": "deleted",
    "blocked": "blocked",
    "refused": "refused",
    "unchanged": "scheduled",
}


def month_tables(plan: Plan, sheet: Sheet) -> list[str]:
    """Return the lines of the months in which a plan changes something."""
    context = plan.context
    at_once = sum(item.request.scheduled_at is None for item in plan.having("create"))
    sends = list(_sends(sheet))
    return months(sends, now=context.at, timezone=context.zone, blackout_days=plan.blackout_days, at_once=at_once)


def _sends(sheet: Sheet) -> Iterator[Send]:
    for item in sheet.items:
        if _status(item) in NOT_TO_COME:
            continue
        created, defined = _as_created(item), item.request.scheduled_at
        if created.scheduled_at is None:
            continue
        moved = defined if item.action == "changed" and defined != created.scheduled_at else None
        yield Send(created.scheduled_at, created.name, _MARKS[item.action], moved)
        if moved:
            yield Send(moved, item.request.name, "target")


def _status(item: Item) -> str:
    status = item.record.status if item.record else ""
    return item.drift.status or status if item.drift else status


def _as_created(item: Item) -> Request:
    """Return what Invent has, as far as is known; of what is new, what it will get."""
    recorded = item.record.request if item.record else item.request
    return with_values(recorded, {change.field: change.new for change in item.drift.changes} if item.drift else {})
