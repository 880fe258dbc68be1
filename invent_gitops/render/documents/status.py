"""The status page for machines."""

from __future__ import annotations

from dataclasses import fields

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.command import cure_text
from invent_gitops.model.instant import write_instant
from invent_gitops.model.status import SHARES, Row, Status
from invent_gitops.render.documents.drift import drift_json, look_json

_COUNTED = tuple(field.name for field in fields(Counts))


def status_json(status: Status) -> dict[str, object]:
    return {
        "workspace": status.context.workspace or None,
        "at": write_instant(status.context.at),
        "org": status.context.org,
        "api": status.context.api,
        "timezone": status.context.zone or None,
        "options": status.context.flags,
        "segment_names": _segment_names(status),
        "soon_seconds": int(status.soon.total_seconds()),
        "look": look_json(status.look),
        "counts": {
            "rows": len(status.rows),
            "needs_you": len(status.alarmed),
            "coming": len(status.coming),
            "past": len(status.past),
        },
        "rows": [_row(row, status) for row in status.rows],
    }


def _row(row: Row, status: Status) -> dict[str, object]:
    return {
        "key": row.key,
        "id": row.id or None,
        "name": row.name,
        "state": row.state,
        "read": row.read,
        "past": row.past,
        "scheduled_at": write_instant(row.at) if row.at else None,
        "timezone": row.timezone or None,
        "audience": {
            "segments": list(row.audience.segments),
            "everyone": row.audience.everyone,
            "contacts": row.audience.contacts,
        },
        "templates": row.templates,
        "error_message": row.error_message or None,
        "counts": {name: getattr(row.counts, name) for name in _COUNTED},
        "shares": {name: _rounded(row.share(name)) for name in SHARES},
        "drift": drift_json(row.drift, row.defined, status.context) if row.drift else None,
        "warnings": [
            {"rule": it.rule, "message": it.message, "cure": cure_text(it.cure, status.context.flags)}
            for it in row.alarms
        ],
        "file": row.position.file if row.position else None,
        "line": (row.position.line or None) if row.position else None,
    }


def _segment_names(status: Status) -> dict[str, str]:
    """The names of the segments that an edit speaks of, by id; elsewhere the names stand already."""
    sides = [side for row in status.rows if row.drift for it in row.drift.changes for side in (it.old, it.new)]
    names = status.context.names
    ids = {str(id) for side in sides if isinstance(side, list) for id in side}
    ids |= {id for row in status.rows if row.drift and row.defined for id in row.defined.segment_ids}
    return {id: names[id] for id in sorted(ids) if id in names}


def _rounded(share: float | None) -> float | None:
    """To four decimals, but 0 only for none and 1 only for all."""
    if share is None or share in (0, 1):
        return share
    rounded = max(round(share, 4), 0.0001)
    return min(rounded, 0.9999) if share < 1 else rounded
