"""What is left to do after the creation: a created broadcast carries no message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from invent_gitops.model.context import Context
from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Plan
from invent_gitops.model.project import SANDBOX
from invent_gitops.render.cells.times import when_and_away
from invent_gitops.text.times import distance
from invent_gitops.values import Struct


class Unwritten(Struct, frozen=True):
    """A broadcast that this run or an earlier one created: when it is due, and its zone; `at` is None for "at once"."""

    name: str
    at: datetime | None
    timezone: str = ""


def next_step(drafts: Sequence[Unwritten], context: Context, written: Callable[[str], str]) -> str:
    """Return the sentence that says what to do next, and by when; "" where nothing was created."""
    if not drafts:
        return ""
    first = min(drafts, key=lambda draft: (draft.at or datetime.min.replace(tzinfo=UTC), draft.name))
    by = f"by {when_and_away(first.at, context.within(first.timezone).zone, context.at)}"
    due = "at once, since it has no time" if first.at is None else by
    # What a rehearsal created is nowhere that a person could write in.
    lead = "With an account, you would now" if context.api == SANDBOX else "Next:"
    if len(drafts) == 1:
        return (
            f"Created is not ready: it has no message yet. {lead} write the message in Invent and schedule it, {due}."
        )
    name = f"“{written(first.name)}”"
    subject = f"Created is not ready: none of the {len(drafts):,} has a message yet."
    return f"{subject} {lead} write the messages in Invent and schedule them, the first, {name}, {due}."


def unwritten(report: Report, plan: Plan) -> list[Unwritten]:
    """Return what a run or an earlier one created of a plan. What is past needs nothing any more."""
    items = {item.key: item for item in plan.items}
    fates = (*report.having("created"), *report.having("adopted"), *report.having("already-created"))
    created = [items[outcome.key] for outcome in fates if outcome.key in items]
    return [
        Unwritten(item.request.name, item.request.scheduled_at, item.definition.timezone if item.definition else "")
        for item in created
        if item.request.scheduled_at is None or item.request.scheduled_at > plan.context.at
    ]


def empty_drafts(times: Sequence[datetime | None], total: int, now: datetime) -> str:
    """`300 of 300 are empty drafts; the first is due in 6 days.`; "" without any.

    `times` are the hours of those that Invent shows as drafts without a message, None for "at once"; `total` counts all
    that are still to come.
    """
    if not times:
        return ""
    first = min(times, key=lambda at: at or datetime.min.replace(tzinfo=UTC))
    verb = "is an empty draft" if len(times) == 1 else "are empty drafts"
    begin = f"{len(times):,} of {total:,} {verb}, without a message"
    if first is None:
        return f"{begin}; the first has no time." if len(times) > 1 else f"{begin} and without a time."
    due = "was due" if first <= now else "is due"
    away = distance(first, now)
    return f"{begin}; {'the first' if len(times) > 1 else 'it'} {due} {away}."
