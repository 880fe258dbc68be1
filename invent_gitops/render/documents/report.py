"""The body of a document `report`: what an apply or a reconcile has done."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.context import Context
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
    context: Context | None = None,
) -> dict[str, object]:
    """`place` is where the state is, `made` who reports and when, `doubts` are the intents that are open by now.

    `context` is that of a report without a plan, which has its own.
    """
    context = plan.context if plan else context or Context(made.at)
    return {
        "workspace": context.workspace or None,
        **provenance_json(made),
        "state": place,
        "stopped": report.stopped,
        **({} if report.deadline is None else {"deadline": report.deadline}),
        "twins": [twin_json(twin, context) for twin in report.twins],
        "outcomes": [outcome_json(outcome, report, (doubts or {}).get(outcome.key)) for outcome in report.outcomes],
        "plan": plan_json(plan) if plan else None,
    }


def twin_json(twin: Twin, context: Context) -> dict[str, object]:
    return {
        "key": twin.key,
        "id": twin.recorded,
        "other": Candidate(twin.other).as_json(),
        "superfluous": twin.superfluous or None,
        "right": twin.right or None,
        "message": twin.message,
        "cure": twin.cure.text(context.flags),
        "command": twin.command.text(context.flags) if twin.command else None,
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
