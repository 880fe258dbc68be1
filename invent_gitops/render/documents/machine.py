"""The JSON documents that commands print for machines; each has a schema in `schemas/`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.instant import write_instant
from invent_gitops.model.local import ZoneChange
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Audience, Item, Plan, Refusal
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.state import Absence, Candidate, Intent, Provenance, Record, Removal, State
from invent_gitops.model.unsettled import Twin
from invent_gitops.render.documents.drift import drift_json, look_json, warning_json

VERSION = 1


def document(
    kind: str,
    exit_code: int,
    body: Mapping[str, object],
    *,
    problems: Sequence[Problem] = (),
    error: InventGitopsError | None = None,
) -> str:
    """A whole document, pretty, in ASCII: what a person wrote cannot act on a terminal or a CI runner."""
    whole = {
        "kind": kind,
        "version": VERSION,
        "exit_code": int(exit_code),
        "problems": [problem_json(problem) for problem in problems],
        "error": {"message": error.message, "cure": error.cure} if error else None,
        **body,
    }
    # "##[" can stand only inside a string here, so the escape keeps its meaning.
    return json.dumps(whole, indent=2).replace("##[", "##\\u005b")


def problem_json(problem: Problem) -> dict[str, object]:
    return {
        **position_json(problem.position),
        "rule": problem.rule,
        "message": problem.message,
        "cure": problem.cure,
        "source": problem.source,
        "key": problem.key or None,
    }


def position_json(position: Position) -> dict[str, object]:
    return {"file": position.file, "line": position.line or None, "column": position.column or None}


def plan_json(plan: Plan) -> dict[str, object]:
    return {
        "workspace": plan.workspace or None,
        "at": write_instant(plan.at),
        "org": plan.org,
        "api": plan.api,
        "lineage": plan.lineage or None,
        "serial": plan.serial,
        "timezone": plan.timezone or None,
        "zone_data": plan.zone_data or None,
        "options": plan.options,
        "segment_names": _segment_names(plan),
        "digest": plan.digest,
        "counts": dict(plan.counts),
        "look": look_json(plan.look) if plan.look else None,
        "items": [item_json(item) for item in plan.items],
    }


def _segment_names(plan: Plan) -> dict[str, str]:
    """The names of the segments that the plan speaks of, by id; those without a name are left out."""
    values = [id for item in plan.items for id in item.request.segment_ids]
    values += [
        str(id)
        for item in plan.items
        for change in (*item.changes, *(item.drift.changes if item.drift else ()))
        for side in (change.old, change.new)
        if isinstance(side, list)
        for id in side
    ]
    return {id: plan.segment_names[id] for id in sorted(set(values)) if id in plan.segment_names}


def item_json(item: Item) -> dict[str, object]:
    definition = item.definition
    return {
        "key": item.key,
        "action": item.action,
        "name": item.request.name,
        "request": item.request.as_json(),
        "timezone": (definition.timezone if definition else "") or None,
        "id": item.record.id if item.record else None,
        "status": item.record.status if item.record else None,
        "audience": audience_json(item.audience) if item.audience else None,
        "changes": [{"field": it.field, "old": it.old, "new": it.new} for it in item.changes],
        "refusals": [refusal_json(refusal) for refusal in item.refusals],
        "waived": dict(item.waived),
        "unneeded_waivers": list(item.unneeded_waivers),
        "absence": {"reason": item.absence.reason, **provenance_json(item.absence.provenance)}
        if item.absence
        else None,
        "intent": intent_json(item.intent) if item.intent else None,
        "description": (definition.description if definition else "") or None,
        "owner": (definition.owner if definition else "") or None,
        "position": position_json(definition.position) if definition else None,
        "warnings": [warning_json(warning) for warning in item.warnings],
        "drift": drift_json(item.drift, definition.request if definition else None) if item.drift else None,
        "zone_change": zone_change_json(item.zone_change) if item.zone_change else None,
    }


def zone_change_json(change: ZoneChange) -> dict[str, object]:
    return {
        "timezone": change.reviewed.timezone,
        "recorded": change.reviewed.zone_data,
        "current": change.zone_data,
        "local": change.reviewed.at.isoformat(),
        "goes_out": change.goes_out.isoformat(),
        "message": change.message,
    }


def audience_json(audience: Audience) -> dict[str, object]:
    return {
        "segments": list(audience.segments),
        "everyone": audience.everyone,
        "contacts": audience.contacts,
        "today": audience.today,
    }


def refusal_json(refusal: Refusal) -> dict[str, object]:
    return {
        "policy": refusal.policy,
        "message": refusal.message,
        "cure": refusal.cure,
        **position_json(refusal.position),
    }


def provenance_json(provenance: Provenance) -> dict[str, object]:
    return {
        "at": write_instant(provenance.at),
        "by": provenance.by,
        "commit": provenance.commit or None,
        "run": provenance.run or None,
    }


def intent_json(intent: Intent) -> dict[str, object]:
    looked = intent.candidates is not None
    return {
        "attempt": intent.attempt,
        **provenance_json(intent.provenance),
        "candidates": [one.as_json() for one in intent.candidates or ()] if looked else None,
        "settles_at": write_instant(intent.settled_from),
    }


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


def records_json(state: State) -> dict[str, object]:
    """Everything that the state holds, as lists of objects that name their key."""
    return {
        "org": state.org,
        "api": state.api,
        "lineage": state.lineage or None,
        "serial": state.serial,
        "broadcasts": [record_json(key, record) for key, record in sorted(state.broadcasts.items())],
        "intents": [
            {"key": key, "request": intent.request.as_json(), **intent_json(intent)}
            for key, intent in sorted(state.intents.items())
        ],
        "removed": [removal_json(key, removal) for key, removal in sorted(state.removed.items())],
        "absences": [absence_json(attempt, absence) for attempt, absence in sorted(state.absences.items())],
    }


def record_json(key: str, record: Record) -> dict[str, object]:
    return {
        "key": key,
        "id": record.id,
        "name": record.request.name,
        "request": record.request.as_json(),
        "status": record.status,
        "how": record.how,
        **provenance_json(record.provenance),
        "note": record.note.text or None,
        "formerly": [request.as_json() for request in record.formerly],
        "refreshed": provenance_json(record.refreshed) if record.refreshed else None,
        "local": record.local.as_json() if record.local else None,
        "attempted_at": write_instant(record.attempted) if record.attempted else None,
        "instead_of": list(record.instead_of),
    }


def removal_json(key: str, removal: Removal) -> dict[str, object]:
    return {
        "key": key,
        "id": removal.id,
        "request": removal.request.as_json(),
        "reason": removal.reason,
        **provenance_json(removal.provenance),
    }


def absence_json(attempt: str, absence: Absence) -> dict[str, object]:
    return {
        "key": absence.key,
        "attempt": attempt,
        "reason": absence.reason,
        **provenance_json(absence.provenance),
        "request": absence.request.as_json() if absence.request else None,
        "listed": absence.listed,
        "overridden": list(absence.overridden),
        "others": list(absence.others),
    }
