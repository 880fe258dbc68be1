"""The body of a document `report`: what an apply or a reconcile has done."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import cast, get_args

from invent_gitops.model.broadcast import Request
from invent_gitops.model.context import Context
from invent_gitops.model.outcome import Fate, Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.model.state import Candidate, Intent, Provenance
from invent_gitops.model.unsettled import Twin
from invent_gitops.render.documents.envelope import (
    intent_json,
    provenance_json,
    read_candidate,
    read_intent,
    read_provenance,
)
from invent_gitops.render.documents.headcount import headcount_json
from invent_gitops.render.documents.plan import SavedPlan, plan_json, read_plan
from invent_gitops.render.documents.reading import (
    Document,
    object_or_none,
    objects_or_none,
    read_flag,
    read_object,
    read_text,
    read_texts,
    seconds_or_none,
    text_or,
)
from invent_gitops.values import Struct

# What becomes of a key that has a broadcast now.
_DONE: tuple[Fate, ...] = ("created", "adopted", "already-created")


class SavedTwin(Struct, frozen=True):
    """`command` is the line that a person should run, "" for none: a report without a plan has not its options."""

    twin: Twin
    command: str


class SavedReport(Struct, frozen=True):
    """A report as a document holds it, with what `report_json` puts beside it; `provenance` is None in old ones.

    `exceeding` says by key for how many more contacts a broadcast was created than were reviewed.
    """

    report: Report
    plan: SavedPlan | None
    state_label: str
    provenance: Provenance | None
    doubts: Mapping[str, Intent]
    twins: tuple[SavedTwin, ...]
    exceeding: Mapping[str, str]


def report_json(
    report: Report,
    plan: Plan | None,
    state_label: str,
    provenance: Provenance,
    doubts: Mapping[str, Intent] | None = None,
    *,
    context: Context | None = None,
) -> dict[str, object]:
    """`state_label` is where the state is, `provenance` who reports and when, `doubts` are the intents that are open.

    `context` is that of a report without a plan, which has its own.
    """
    context = plan.context if plan else context or Context(provenance.at)
    unrecorded = set(report.unrecorded)
    return {
        "workspace": context.workspace or None,
        **provenance_json(provenance),
        "state": state_label,
        "stopped": report.stopped,
        **({} if report.deadline is None else {"deadline": report.deadline}),
        "twins": [twin_json(twin, context) for twin in report.twins],
        "outcomes": [outcome_json(it, unrecorded, (doubts or {}).get(it.key)) for it in report.outcomes],
        "plan": plan_json(plan) if plan else None,
    }


def read_report(fields: Document) -> SavedReport:
    """Read the body back; of a run that failed early, it has none of its parts.

    What the outcomes do not say of an attempt is its request: that is the plan's.
    """
    plan = object_or_none(fields, "plan")
    saved = read_plan(plan) if plan else None
    requests = {item.key: item.request for item in saved.plan.items} if saved else {}
    entries = objects_or_none(fields, "outcomes") or []
    outcomes = tuple(read_outcome(entry) for entry in entries)
    unrecorded = tuple(
        outcome.key
        for entry, outcome in zip(entries, outcomes, strict=True)
        if outcome.fate in _DONE and not read_flag(entry, "recorded")
    )
    doubts = {
        outcome.key: read_intent(intent, requests.get(outcome.key) or Request(outcome.name, None, (), False))
        for entry, outcome in zip(entries, outcomes, strict=True)
        if (intent := object_or_none(entry, "intent"))
    }
    # Reports of older versions hold no twins, and not who ran them.
    twins = tuple(read_twin(twin) for twin in objects_or_none(fields, "twins") or ())
    report = Report(
        outcomes,
        stopped=fields.get("stopped") is True,
        # Reports of older versions do not say whether it was a deadline.
        deadline=seconds_or_none(fields, "deadline"),
        unrecorded=unrecorded,
        twins=tuple(saved_twin.twin for saved_twin in twins),
    )
    provenance = read_provenance(fields) if fields.get("at") else None
    exceeding = {
        outcome.key: message
        for entry, outcome in zip(entries, outcomes, strict=True)
        if (message := text_or(entry, "more_than_reviewed"))
    }
    return SavedReport(report, saved, text_or(fields, "state"), provenance, doubts, twins, exceeding)


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


def read_twin(fields: Document) -> SavedTwin:
    twin = Twin(
        read_text(fields, "key"),
        read_text(fields, "id"),
        read_candidate(read_object(fields["other"])).remote,
        text_or(fields, "right"),
        text_or(fields, "superfluous"),
    )
    return SavedTwin(twin, text_or(fields, "command"))


def outcome_json(outcome: Outcome, unrecorded: AbstractSet[str], doubt: Intent | None) -> dict[str, object]:
    return {
        "key": outcome.key,
        "outcome": outcome.fate,
        "name": outcome.name,
        "id": outcome.id or None,
        "recorded": outcome.fate in _DONE and outcome.key not in unrecorded,
        "reason": outcome.reason or None,
        "differs": list(outcome.differs),
        **headcount_json(outcome.headcount),
        "intent": intent_json(doubt) if doubt else None,
    }


def read_outcome(fields: Document) -> Outcome:
    fate = read_text(fields, "outcome")
    if fate not in get_args(Fate):
        raise ValueError(f"outcome is {fate}")
    return Outcome(
        read_text(fields, "key"),
        cast("Fate", fate),
        read_text(fields, "name"),
        text_or(fields, "id"),
        text_or(fields, "reason"),
        read_texts(fields, "differs"),
    )
