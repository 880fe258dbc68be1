"""Drift, and what a refresh made of it, for machines."""

from __future__ import annotations

from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.broadcast import Request
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage, Drift, Renewal


def drift_json(drift: Drift, defined: Request | None, context: Context) -> dict[str, object]:
    """`defined` is the request that the file gives, or None without a file."""
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


def warning_json(warning: AudienceWarning) -> dict[str, object]:
    """What is odd about one segment of today's audience."""
    return {
        "rule": warning.rule,
        "message": warning.message,
        "cure": warning.cure,
        "segment_id": warning.segment,
        "was": warning.was,
        "now": warning.now,
    }


def look_json(look: Coverage) -> dict[str, object]:
    return {
        "complete": look.complete,
        "gaps": list(look.gaps),
        "unread": list(look.unread),
        "unrecorded": look.unrecorded,
    }


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
