"""The body of a document `plan`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from invent_gitops.model.broadcast import Definition, Request
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.instant import write_instant
from invent_gitops.model.local import LocalTime, ZoneChange
from invent_gitops.model.plan import ACTIONS, Action, Audience, FieldChange, Item, Plan, Refusal, Remarks
from invent_gitops.model.review import ReviewNotice
from invent_gitops.model.state import Absence, Provenance, Record
from invent_gitops.render.documents.context import read_context
from invent_gitops.render.documents.drift import (
    defined_values,
    drift_json,
    look_json,
    read_drift,
    read_look,
    read_warning,
    warning_json,
)
from invent_gitops.render.documents.envelope import (
    intent_json,
    position_json,
    provenance_json,
    read_intent,
    read_position,
    read_provenance,
    read_request,
    with_values,
)
from invent_gitops.render.documents.loosening import loosening_json, read_loosening
from invent_gitops.render.documents.reading import (
    Document,
    number_or_none,
    object_or_none,
    objects_or_none,
    read_flag,
    read_number,
    read_object,
    read_objects,
    read_text,
    read_texts,
    text_or,
    texts_by_name,
    texts_or,
)
from invent_gitops.render.documents.review import read_notice
from invent_gitops.render.documents.unreachable import read_unreachable, unreachable_json
from invent_gitops.values import Struct


class SavedPlan(Struct, frozen=True):
    """A plan as a document holds it. `digest` is what it says of itself: nothing here compares the two.

    `review` is what the comment says of approvals, None in a document that is not on its way there.
    """

    plan: Plan
    digest: str
    review: ReviewNotice | None = None


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
        "blackout_days": [[first.isoformat(), last.isoformat()] for first, last in plan.blackout_days],
        "digest": plan.digest,
        "counts": dict(plan.counts),
        "look": look_json(plan.look) if plan.look else None,
        **({"loosened": loosening_json(plan.loosening)} if plan.loosening else {}),
        **unreachable_json(plan.unreachable, context),
        "items": [item_json(item, context) for item in plan.items],
    }


def read_plan(fields: Document) -> SavedPlan:
    """Read the body back. Plans of older versions hold less."""
    counts = read_object(fields["counts"])
    for action in ACTIONS:
        read_number(counts, action)
    context = read_context(fields)
    look = object_or_none(fields, "look")
    plan = Plan(
        context,
        tuple(read_item(item, context) for item in read_objects(fields, "items")),
        text_or(fields, "lineage"),
        number_or_none(fields, "serial") or 0,
        read_look(look) if look else None,
        text_or(fields, "zone_data"),
        # Plans of older versions do not hold the blackout days.
        tuple(_read_span(span) for span in fields.get("blackout_days") or ()),
        read_loosening(fields),
        read_unreachable(fields),
    )
    return SavedPlan(plan, read_text(fields, "digest"), read_notice(fields))


def _read_span(days: Sequence[str]) -> tuple[date, date]:
    first, last = days
    return date.fromisoformat(first), date.fromisoformat(last)


def _segment_names(plan: Plan) -> dict[str, str]:
    """Return the names of the segments that the plan speaks of, by id; those without a name are left out."""
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
        "unneeded_waivers": list(item.remarks.unneeded_waivers),
        "absence": {"reason": item.remarks.absence.reason, **provenance_json(item.remarks.absence.provenance)}
        if item.remarks.absence
        else None,
        "intent": intent_json(item.intent) if item.intent else None,
        "description": (definition.description if definition else "") or None,
        "owner": (definition.owner if definition else "") or None,
        "position": position_json(definition.position) if definition else None,
        "warnings": [warning_json(warning) for warning in item.remarks.warnings],
        "drift": drift_json(item.drift, definition.request if definition else None, context) if item.drift else None,
        "zone_change": zone_change_json(item.remarks.zone_change) if item.remarks.zone_change else None,
    }


def read_item(fields: Document, context: Context) -> Item:
    """Read an item back.

    The document has of a record only its id and its status, and of an attempt not its request: the record is as if it
    had been made at the moment of the plan, and the attempt for what the file says now.
    """
    key, action = read_text(fields, "key"), cast("Action", read_text(fields, "action"))
    if action not in ACTIONS:
        raise ValueError(f"action is {action}")
    request = read_request(read_object(fields["request"]))
    changes = tuple(
        FieldChange(read_text(change, "field"), change["old"], change["new"])
        for change in read_objects(fields, "changes")
    )
    audience, intent, drift = (object_or_none(fields, name) for name in ("audience", "intent", "drift"))
    return Item(
        key,
        action,
        request,
        _read_definition(fields, key, request, drift),
        _read_record(fields, request, changes, context),
        read_intent(intent, request) if intent else None,
        read_audience(audience) if audience else None,
        changes,
        tuple(read_refusal(refusal) for refusal in read_objects(fields, "refusals")),
        read_drift(drift) if drift else None,
        _read_remarks(fields, key),
    )


def _read_remarks(fields: Document, key: str) -> Remarks:
    """Return what older versions did not remark on is not in their plans."""
    zone_change, absence = (object_or_none(fields, name) for name in ("zone_change", "absence"))
    return Remarks(
        tuple(read_warning(warning) for warning in objects_or_none(fields, "warnings") or ()),
        texts_or(fields, "unneeded_waivers"),
        read_zone_change(zone_change) if zone_change else None,
        Absence(key, read_text(absence, "reason"), read_provenance(absence)) if absence else None,
    )


def _read_definition(fields: Document, key: str, request: Request, drift: Document | None) -> Definition | None:
    position = object_or_none(fields, "position")
    if not position:
        return None
    return Definition(
        key,
        with_values(request, defined_values(drift) if drift else {}),
        read_position(position),
        text_or(fields, "timezone"),
        description=text_or(fields, "description"),
        owner=text_or(fields, "owner"),
        waive=texts_by_name(fields, "waived"),
    )


def _read_record(fields: Document, request: Request, changes: Sequence[FieldChange], context: Context) -> Record | None:
    id = text_or(fields, "id")
    if not id:
        return None
    recorded = with_values(request, {change.field: change.old for change in changes})
    return Record(id, recorded, text_or(fields, "status"), "created", Provenance(context.at, ""))


def zone_change_json(change: ZoneChange) -> dict[str, object]:
    return {
        "timezone": change.reviewed.timezone,
        "recorded": change.reviewed.zone_data,
        "current": change.zone_data,
        "local": change.reviewed.at.isoformat(),
        "goes_out": change.goes_out.isoformat(),
        "message": change.message,
    }


def read_zone_change(fields: Document) -> ZoneChange:
    reviewed = LocalTime.read(read_text(fields, "local"), read_text(fields, "timezone"), read_text(fields, "recorded"))
    goes_out = LocalTime.read(read_text(fields, "goes_out"), reviewed.timezone, read_text(fields, "current"))
    return ZoneChange(reviewed, goes_out.zone_data, goes_out.at)


def audience_json(audience: Audience) -> dict[str, object]:
    return {
        "segments": list(audience.segments),
        "everyone": audience.everyone,
        "contacts": audience.contacts,
        "today": audience.today,
    }


def read_audience(fields: Document) -> Audience:
    return Audience(
        read_texts(fields, "segments"),
        read_flag(fields, "everyone"),
        number_or_none(fields, "contacts"),
        # Older versions asked nobody for this day's audience.
        fields.get("today") is True,
    )


def refusal_json(refusal: Refusal, context: Context) -> dict[str, object]:
    return {
        "policy": refusal.policy,
        "message": refusal.message,
        "cure": cure_text(refusal.cure, context.flags),
        **position_json(refusal.position),
    }


def read_refusal(fields: Document) -> Refusal:
    return Refusal(
        read_text(fields, "policy"), read_text(fields, "message"), text_or(fields, "cure"), read_position(fields)
    )
