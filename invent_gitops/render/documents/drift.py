"""Drift, and what a refresh made of it, for machines."""

from __future__ import annotations

from typing import cast

from invent_gitops.model.audience import AudienceRule, AudienceWarning
from invent_gitops.model.broadcast import Request
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Case, Coverage, Drift, Renewal, Word
from invent_gitops.model.plan import FieldChange
from invent_gitops.render.documents.reading import (
    Document,
    number_or_none,
    read_number,
    read_objects,
    read_text,
    read_texts,
    text_or,
)


def drift_json(drift: Drift, defined: Request | None, context: Context) -> dict[str, object]:
    """Return drift as JSON; `defined` is the request that the file gives, or None without a file."""
    file = defined.as_json() if defined else {}
    return {
        "words": list(drift.kinds),
        "needs_you": drift.alarming,
        "case": drift.case or None,
        "status": drift.status,
        "recorded_status": drift.recorded_status,
        "fields": [
            {"field": it.field, "recorded": it.old, "live": it.new, "defined": file.get(it.field)}
            for it in drift.changes
        ],
        "error_message": drift.error_message or None,
        "cure": cure_text(drift.cure, context.flags) or None,
    }


def read_drift(fields: Document) -> Drift:
    kinds = read_texts(fields, "words")
    case = text_or(fields, "case")
    return Drift(
        kinds=cast("tuple[Word, ...]", kinds),
        status=text_or(fields, "status"),
        recorded_status=text_or(fields, "recorded_status"),
        changes=tuple(
            FieldChange(read_text(field, "field"), field["recorded"], field["live"])
            for field in read_objects(fields, "fields")
        ),
        case=cast("Case", case),
        error_message=text_or(fields, "error_message"),
        cure=text_or(fields, "cure"),
    )


def defined_values(fields: Document) -> dict[str, object]:
    """Return what the file says of the fields that differ; it is a part of the document of a drift."""
    return {read_text(field, "field"): field["defined"] for field in read_objects(fields, "fields")}


def warning_json(warning: AudienceWarning) -> dict[str, object]:
    """Return what is odd about one segment of today's audience."""
    return {
        "rule": warning.rule,
        "message": warning.message,
        "cure": warning.cure,
        "segment_id": warning.segment,
        "was": warning.was,
        "now": warning.now,
    }


def read_warning(fields: Document) -> AudienceWarning:
    return AudienceWarning(
        cast("AudienceRule", read_text(fields, "rule")),
        read_text(fields, "message"),
        read_text(fields, "cure"),
        text_or(fields, "segment_id"),
        number_or_none(fields, "was"),
        number_or_none(fields, "now"),
    )


def look_json(look: Coverage) -> dict[str, object]:
    return {
        "complete": look.complete,
        "gaps": list(look.gaps),
        "unread": list(look.unread),
        "unrecorded": look.unrecorded,
    }


def read_look(fields: Document) -> Coverage:
    return Coverage(read_texts(fields, "gaps"), read_texts(fields, "unread"), read_number(fields, "unrecorded"))


def renewal_json(renewal: Renewal, path: str, serial: int) -> dict[str, object]:
    return {
        "state": path,
        "serial": serial,
        "records": renewal.records,
        "refreshed": [
            {
                "key": renewed.key,
                "id": renewed.id,
                "name": renewed.name,
                "fields": [{"field": it.field, "old": it.old, "new": it.new} for it in renewed.fields],
            }
            for renewed in renewal.renewed
        ],
        "in_doubt": list(renewal.doubts),
        "look": look_json(renewal.look),
    }
