"""The status page for machines."""

from __future__ import annotations

from datetime import timedelta

from invent_gitops.model.broadcast import Counts, Definition, Request, Sending
from invent_gitops.model.instant import write_instant
from invent_gitops.model.status import SHARES, Row, Status, channels_of
from invent_gitops.render.documents.alarms import alarm_json, groups_json, read_alarm
from invent_gitops.render.documents.context import context_json, read_context
from invent_gitops.render.documents.drift import defined_values, drift_json, look_json, read_drift, read_look
from invent_gitops.render.documents.envelope import read_position, with_values
from invent_gitops.render.documents.plan import read_audience
from invent_gitops.render.documents.reading import (
    Document,
    moment_or_none,
    number_or_none,
    object_or_none,
    read_flag,
    read_number,
    read_object,
    read_objects,
    read_text,
    text_or,
    texts_or,
)
from invent_gitops.render.documents.row_details import details_json

_COUNTED = Counts.__struct_fields__


def status_json(status: Status) -> dict[str, object]:
    return {
        **context_json(status.context),
        "segment_names": _segment_names(status),
        "soon_seconds": int(status.soon.total_seconds()),
        "look": look_json(status.look),
        "counts": {**_tally(status), "empty": len(status.empty)},
        "groups": groups_json(status),
        "rows": [_row(row, status) for row in status.rows],
    }


def read_status(fields: Document) -> Status:
    """Read the body back. Of a request it has no segment ids, and no document says when a broadcast was last heard of.

    What a row's file says is as Invent shows it, but for the fields that differ.
    """
    context = read_context(fields)
    soon = timedelta(seconds=number_or_none(fields, "soon_seconds") or 0)
    rows = tuple(_read_row(row) for row in read_objects(fields, "rows"))
    status = Status(context, rows, read_look(read_object(fields["look"])), soon, channels=channels_of(rows))
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
    defined = row.definition.request if row.definition else None
    position = row.definition.position if row.definition else None
    return {
        "key": row.key,
        "id": row.id or None,
        "name": row.request.name,
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
        "templates": row.sending.templates,
        **details_json(row, status),
        "error_message": row.sending.error_message or None,
        "counts": {name: getattr(row.sending.counts, name) for name in _COUNTED},
        "shares": {name: _rounded(row.share(name)) for name in SHARES},
        "drift": drift_json(row.drift, defined, status.context) if row.drift else None,
        "warnings": [alarm_json(alarm, status.context.flags) for alarm in row.alarms],
        "file": position.file if position else None,
        "line": (position.line or None) if position else None,
    }


def _read_row(fields: Document) -> Row:
    key, drift, counts = read_text(fields, "key"), object_or_none(fields, "drift"), read_object(fields["counts"])
    audience = read_audience(read_object(fields["audience"]))
    request = Request(read_text(fields, "name"), moment_or_none(fields, "scheduled_at"), (), audience.everyone)
    written = with_values(request, defined_values(drift) if drift else {}) if fields["file"] else None
    return Row(
        key=key,
        request=request,
        state=read_text(fields, "state"),
        audience=audience,
        id=text_or(fields, "id"),
        read=read_flag(fields, "read"),
        past=read_flag(fields, "past"),
        sending=Sending(
            templates=number_or_none(fields, "templates"),
            error_message=text_or(fields, "error_message"),
            started_at=moment_or_none(fields, "started_at"),
            completed_at=moment_or_none(fields, "completed_at"),
            channels=texts_or(fields, "channels"),
            counts=Counts(**{name: number_or_none(counts, name) for name in _COUNTED}),
        ),
        drift=read_drift(drift) if drift else None,
        definition=_read_definition(fields, key, written) if written else None,
        alarms=tuple(map(read_alarm, read_objects(fields, "warnings"))),
    )


def _read_definition(fields: Document, key: str, request: Request) -> Definition:
    return Definition(
        key,
        request,
        read_position(fields),
        text_or(fields, "timezone"),
        description=text_or(fields, "description"),
        owner=text_or(fields, "owner"),
    )


def _segment_names(status: Status) -> dict[str, str]:
    """Return the names of the segments that an edit speaks of, by id; elsewhere the names stand already."""
    sides = [side for row in status.rows if row.drift for it in row.drift.changes for side in (it.old, it.new)]
    ids = {str(id) for side in sides if isinstance(side, list) for id in side}
    ids |= {id for row in status.rows if row.drift and row.definition for id in row.definition.request.segment_ids}
    names = status.context.names
    return {id: names[id] for id in sorted(ids) if id in names}


def _rounded(share: float | None) -> float | None:
    """To four decimals, but 0 only for none and 1 only for all."""
    if share is None or share in (0, 1):
        return share
    rounded = max(round(share, 4), 0.0001)
    return min(rounded, 0.9999) if share < 1 else rounded
