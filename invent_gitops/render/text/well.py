"""Whether all is well, so that a headline may be green: nothing that it speaks of needs a person."""

from __future__ import annotations

from invent_gitops.model.drift import Coverage, Renewal
from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Item, Plan
from invent_gitops.model.status import Status

_FINE = ("created", "adopted", "already-created")


def plan_is_well(plan: Plan) -> bool:
    if plan.counts["blocked"] or plan.counts["refused"] or not _is_read(plan.look):
        return False
    return not any(_needs_a_look(item, plan) for item in plan.items)


def report_is_well(report: Report, plan: Plan, doubts: int) -> bool:
    """`doubts` is how many keys are in doubt now."""
    fine = all(outcome.fate in _FINE and not outcome.differs for outcome in report.outcomes)
    trouble = report.twins or report.unrecorded or report.failure or report.stopped or doubts
    return fine and not trouble and not (plan.counts["blocked"] or plan.counts["refused"])


def status_is_well(status: Status) -> bool:
    return not status.alarmed and _is_read(status.look)


def renewal_is_well(renewal: Renewal) -> bool:
    return not renewal.doubts and _is_read(renewal.look)


def _is_read(look: Coverage | None) -> bool:
    """Return whether all that was asked for could be read, and all that was read is recorded."""
    return look is None or (look.complete and not look.unread and not look.unrecorded)


def _needs_a_look(item: Item, plan: Plan) -> bool:
    if (
        item.remarks.warnings
        or (item.drift and item.drift.alarming)
        or (item.record and item.record.note.role == "second")
    ):
        return True
    # An edit or a deletion never reaches Invent, which matters as long as it is still to be sent.
    due = item.record.request.scheduled_at if item.record else None
    return item.action in ("changed", "undefined") and due is not None and due > plan.context.at
