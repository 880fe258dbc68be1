"""The body of a document `plan`."""

from __future__ import annotations

from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.instant import write_instant
from invent_gitops.model.local import ZoneChange
from invent_gitops.model.plan import Audience, Item, Plan, Refusal
from invent_gitops.render.documents.drift import drift_json, look_json, warning_json
from invent_gitops.render.documents.envelope import intent_json, position_json, provenance_json


def plan_json(plan: Plan) -> dict[str, object]:
    context = plan.context
    return {
        "workspace": context.workspace or None,
        "at": write_instant(context.at),
        "org": context.org,
        "api": context.api,
        "lineage": plan.lineage or None,
        "serial": plan.serial,
        "timezone": context.zone or None,
        "zone_data": plan.zone_data or None,
        "options": context.flags,
        "segment_names": _segment_names(plan),
        "digest": plan.digest,
        "counts": dict(plan.counts),
        "look": look_json(plan.look) if plan.look else None,
        "items": [item_json(item, context) for item in plan.items],
    }


def _segment_names(plan: Plan) -> dict[str, str]:
    """The names of the segments that the plan speaks of, by id; those without a name are left out."""
    names = plan.context.names
    values = [id for item in plan.items for id in item.request.segment_ids]
    values += [
        str(id)
        for item in plan.items
        for change in (*item.changes, *(item.drift.changes if item.drift else ()))
        for side in (change.old, change.new)
        if isinstance(side, list)
        for id in side
    ]
    return {id: names[id] for id in sorted(set(values)) if id in names}


def item_json(item: Item, context: Context) -> dict[str, object]:
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
        "refusals": [refusal_json(refusal, context) for refusal in item.refusals],
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
        "drift": drift_json(item.drift, definition.request if definition else None, context) if item.drift else None,
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


def refusal_json(refusal: Refusal, context: Context) -> dict[str, object]:
    return {
        "policy": refusal.policy,
        "message": refusal.message,
        "cure": cure_text(refusal.cure, context.flags),
        **position_json(refusal.position),
    }
