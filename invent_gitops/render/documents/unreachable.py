"""What will not reach Invent, in the documents of a plan and of a report, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from invent_gitops.model.context import Context
from invent_gitops.model.instant import read_instant, write_instant
from invent_gitops.model.plan import Audience, FieldChange
from invent_gitops.model.problem import Position
from invent_gitops.model.unreachable import KINDS, ManualStep, Unreached, count
from invent_gitops.render.documents.envelope import position_json


def unreachable_json(edits: Sequence[Unreached], context: Context) -> dict[str, object]:
    """Return the entries `unreachable` and `unreachable_counts`."""
    counts = {
        "edits": count(edits, "edit"),
        "deletions": count(edits, "deletion"),
        "zone_changes": count(edits, "zone-change"),
        "waived": sum(1 for edit in edits if edit.waived),
    }
    return {"unreachable_counts": counts, "unreachable": [_edit_json(edit, context) for edit in edits]}


def _edit_json(edit: Unreached, context: Context) -> dict[str, object]:
    audience = edit.audience
    return {
        "key": edit.key,
        "kind": edit.kind,
        "name": edit.name,
        "id": edit.id,
        "scheduled_at": write_instant(edit.at) if edit.at else None,
        "timezone": edit.timezone or None,
        "audience": {
            "segments": list(audience.segments),
            "everyone": audience.everyone,
            "contacts": audience.contacts,
            "today": audience.today,
        },
        "changes": [{"field": it.field, "old": it.old, "new": it.new} for it in edit.changes],
        "steps": [
            {
                "text": step.text,
                "command": step.command_line(context.flags) or None,
                "instead": step.instead,
                **({"breaks": list(step.breaks)} if step.breaks else {}),
            }
            for step in edit.steps
        ],
        "position": position_json(edit.position) if edit.position else None,
        "waived": edit.waived or None,
        "refused": edit.refused,
    }


def read_unreachable(plan: Mapping[str, Any]) -> tuple[Unreached, ...]:
    """Return what the document of a plan holds of it; nothing in plans of older versions.

    Raises `KeyError`, `TypeError`, `ValueError` or `AttributeError` for a document that was edited.
    """
    return tuple(_read_edit(entry) for entry in plan.get("unreachable") or ())


def _read_edit(entry: Mapping[str, Any]) -> Unreached:
    audience, position = entry["audience"], entry["position"]
    if entry["kind"] not in KINDS:
        raise ValueError(entry["kind"])
    return Unreached(
        key=str(entry["key"]),
        kind=entry["kind"],
        name=str(entry["name"]),
        id=str(entry["id"]),
        at=read_instant(entry["scheduled_at"]),
        audience=Audience(
            tuple(str(name) for name in audience["segments"]),
            audience["everyone"] is True,
            audience["contacts"],
            audience["today"] is True,
        ),
        changes=tuple(FieldChange(str(it["field"]), it["old"], it["new"]) for it in entry["changes"]),
        steps=tuple(
            ManualStep(
                str(step["text"]),
                str(step["command"] or ""),
                step["instead"] is True,
                tuple(str(policy) for policy in step.get("breaks", ())),
            )
            for step in entry["steps"]
        ),
        timezone=str(entry["timezone"] or ""),
        position=Position(str(position["file"]), position["line"] or 0, position["column"] or 0) if position else None,
        waived=str(entry["waived"] or ""),
        refused=entry["refused"] is True,
    )
