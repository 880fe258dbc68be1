"""The status page for machines."""

from __future__ import annotations

from dataclasses import fields as fields_of
from datetime import timedelta
from typing import cast

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.command import cure_text
from invent_gitops.model.instant import write_instant
from invent_gitops.model.status import SHARES, Alarm, Row, Rule, Status
from invent_gitops.render.documents.drift import drift_json, look_json, read_drift, read_look
from invent_gitops.render.documents.envelope import read_position
from invent_gitops.render.documents.plan import read_audience
from invent_gitops.render.documents.reading import (
    Document,
    moment_or_none,
    number_or_none,
    object_or_none,
    read_flag,
    read_moment,
    read_number,
    read_object,
    read_objects,
    read_text,
    text_or,
    texts_by_name,
)

_COUNTED = tuple(field.name for field in fields_of(Counts))


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
        "counts": _tally(status),
        "rows": [_row(row, status) for row in status.rows],
    }


def read_status(fields: Document) -> Status:
    """Read the body back. Neither what a row's file says is in it, nor when a broadcast was last heard of."""
    status = Status(
        read_moment(fields, "at"),
        read_text(fields, "org"),
        read_text(fields, "api"),
        tuple(_read_row(row) for row in read_objects(fields, "rows")),
        read_look(read_object(fields["look"])),
        timedelta(seconds=number_or_none(fields, "soon_seconds") or 0),
        text_or(fields, "timezone"),
        # Judged where the page is posted, as that of a plan.
        text_or(fields, "workspace") if isinstance(fields.get("workspace"), str) else "",
        text_or(fields, "options"),
        texts_by_name(fields, "segment_names"),
    )
    for name in _tally(status):
        read_number(read_object(fields["counts"]), name)
    return status


def _tally(status: Status) -> dict[str, int]:
    return {
        "rows": len(status.rows),
        "needs_you": len(status.alarmed),
        "coming": len(status.coming),
        "past": len(status.past),
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


def _read_row(fields: Document) -> Row:
    drift, counts = object_or_none(fields, "drift"), read_object(fields["counts"])
    return Row(
        key=read_text(fields, "key"),
        name=read_text(fields, "name"),
        state=read_text(fields, "state"),
        at=moment_or_none(fields, "scheduled_at"),
        audience=read_audience(read_object(fields["audience"])),
        id=text_or(fields, "id"),
        read=read_flag(fields, "read"),
        past=read_flag(fields, "past"),
        timezone=text_or(fields, "timezone"),
        counts=Counts(**{name: number_or_none(counts, name) for name in _COUNTED}),
        templates=number_or_none(fields, "templates"),
        error_message=text_or(fields, "error_message"),
        drift=read_drift(drift) if drift else None,
        position=read_position(fields) if fields["file"] else None,
        alarms=tuple(
            Alarm(cast("Rule", read_text(alarm, "rule")), read_text(alarm, "message"), text_or(alarm, "cure"))
            for alarm in read_objects(fields, "warnings")
        ),
    )


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
