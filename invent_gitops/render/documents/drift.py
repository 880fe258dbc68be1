"""Drift, and what a refresh made of it, for machines."""

from __future__ import annotations

from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.broadcast import Request
from invent_gitops.model.drift import Coverage, Drift, Renewal


def drift_json(drift: Drift, defined: Request | None) -> dict[str, object]:
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
        "cure": drift.cure or None,
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


def renewal_json(made: Renewal, place: str, serial: int) -> dict[str, object]:
    return {
        "state": place,
        "serial": serial,
        "records": made.records,
        "refreshed": [
            {
                "key": one.key,
                "id": one.id,
                "name": one.name,
                "fields": [{"field": it.field, "old": it.old, "new": it.new} for it in one.fields],
            }
            for one in made.renewed
        ],
        "in_doubt": list(made.doubts),
        "look": look_json(made.look),
    }
