"""For how many contacts a broadcast was created, for machines."""

from __future__ import annotations

from invent_gitops.model.audience import Headcount


def headcount_json(headcount: Headcount | None) -> dict[str, object]:
    """Return the fields of an outcome; null where no number was told, or none was reviewed."""
    return {
        "contacts_count": headcount.contacts if headcount else None,
        "reviewed_contacts": headcount.reviewed if headcount else None,
        "more_than_reviewed": headcount.message if headcount and headcount.exceeded else None,
    }
