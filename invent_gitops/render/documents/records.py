"""The body of a document that shows what the state holds."""

from __future__ import annotations

from invent_gitops.model.instant import write_instant
from invent_gitops.model.state import Absence, Record, Removal, State
from invent_gitops.render.documents.counts import results_json
from invent_gitops.render.documents.envelope import intent_json, provenance_json


def records_json(state: State) -> dict[str, object]:
    """Everything that the state holds, as lists of objects that name their key."""
    return {
        "org": state.org,
        "api": state.api,
        "lineage": state.lineage or None,
        "serial": state.serial,
        "broadcasts": [record_json(key, record) for key, record in sorted(state.broadcasts.items())],
        "intents": [
            {"key": key, "request": intent.request.as_json(), **intent_json(intent)}
            for key, intent in sorted(state.intents.items())
        ],
        "removed": [removal_json(key, removal) for key, removal in sorted(state.removed.items())],
        "absences": [absence_json(attempt, absence) for attempt, absence in sorted(state.absences.items())],
    }


def record_json(key: str, record: Record) -> dict[str, object]:
    return {
        "key": key,
        "id": record.id,
        "name": record.request.name,
        "request": record.request.as_json(),
        "status": record.status,
        "how": record.how,
        **provenance_json(record.provenance),
        "note": record.note.text or None,
        "formerly": [request.as_json() for request in record.formerly],
        "refreshed": provenance_json(record.refreshed) if record.refreshed else None,
        "local": record.local.as_json() if record.local else None,
        "attempted_at": write_instant(record.attempted) if record.attempted else None,
        "contacts_count": record.counts.contacts,
        "results": results_json(record.counts.results) if record.counts.results else None,
        "instead_of": list(record.instead_of),
    }


def removal_json(key: str, removal: Removal) -> dict[str, object]:
    return {
        "key": key,
        "id": removal.id,
        "request": removal.request.as_json(),
        "reason": removal.reason,
        **provenance_json(removal.provenance),
    }


def absence_json(attempt: str, absence: Absence) -> dict[str, object]:
    return {
        "key": absence.key,
        "attempt": attempt,
        "reason": absence.reason,
        **provenance_json(absence.provenance),
        "request": absence.request.as_json() if absence.request else None,
        "listed": absence.listed,
        "overridden": list(absence.overridden),
        "others": list(absence.others),
    }
