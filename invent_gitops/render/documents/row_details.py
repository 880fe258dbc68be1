"""What else there is to know of a broadcast of the status page, for machines."""

from __future__ import annotations

from invent_gitops.model.instant import write_instant
from invent_gitops.model.status import Row, Status


def details_json(row: Row, status: Status) -> dict[str, object]:
    """Return the fields of a row: who owns it, its channels, and its hours; null where nobody says."""
    sending, definition = row.sending, row.definition
    return {
        "channels": list(sending.channels),
        "missing_channels": list(status.lacking(row)),
        "started_at": write_instant(sending.started_at.replace(microsecond=0)) if sending.started_at else None,
        "completed_at": write_instant(sending.completed_at.replace(microsecond=0)) if sending.completed_at else None,
        "source_commit": status.commits.get(row.key) or None,
        "description": (definition.description if definition else "") or None,
        "owner": (definition.owner if definition else "") or None,
    }
