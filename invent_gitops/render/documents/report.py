"""The body of a document `report`: what an apply or a reconcile has done."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.model.state import Candidate, Intent, Provenance
from invent_gitops.model.unsettled import Twin
from invent_gitops.render.documents.envelope import intent_json, provenance_json
from invent_gitops.render.documents.plan import plan_json


def report_json(
    report: Report,
    plan: Plan | None,
    place: str,
    made: Provenance,
    doubts: Mapping[str, Intent] | None = None,
    *,
    workspace: str = "",
    flags: str = "",
) -> dict[str, object]:
    """`place` is where the state is, `made` who reports and when, `doubts` are the intents that are open by now.

    `workspace` is the one of several; "" without. `flags` are the options that a printed command needs, where there is
    no plan that has them.
    """
    return {
        "workspace": workspace or None,
        **provenance_json(made),
        "state": place,
        "stopped": report.stopped,
        "twins": [twin_json(twin, plan.options if plan else flags) for twin in report.twins],
        "outcomes": [outcome_json(outcome, report, (doubts or {}).get(outcome.key)) for outcome in report.outcomes],
        "plan": plan_json(plan) if plan else None,
    }


def twin_json(twin: Twin, flags: str) -> dict[str, object]:
    return {
        "key": twin.key,
        "id": twin.recorded,
        "other": Candidate(twin.other).as_json(),
        "superfluous": twin.superfluous or None,
        "right": twin.right or None,
        "message": twin.message,
        "cure": twin.cure(flags),
        "command": twin.command(flags) or None,
    }


def outcome_json(outcome: Outcome, report: Report, doubt: Intent | None) -> dict[str, object]:
    return {
        "key": outcome.key,
        "outcome": outcome.fate,
        "name": outcome.name,
        "id": outcome.id or None,
        "recorded": outcome.fate in ("created", "adopted", "already-created") and outcome.key not in report.unrecorded,
        "reason": outcome.reason or None,
        "differs": list(outcome.differs),
        "intent": intent_json(doubt) if doubt else None,
    }
