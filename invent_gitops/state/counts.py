"""What Invent counted, as the state and the journal write it: only what was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.fields import Damaged, read_number, read_object
from invent_gitops.model.record import RecordedCounts

_COUNTED = Counts.__struct_fields__


def write_counts(counts: RecordedCounts) -> dict[str, object]:
    """Return the fields of a record; a record of which nothing was counted has none."""
    written: dict[str, object] = {}
    if counts.contacts is not None:
        written["contacts_count"] = counts.contacts
    return {**written, **write_results(counts.results)}


def read_counts(value: Mapping[str, Any]) -> RecordedCounts:
    """Read the counts of a record. Raises `Damaged`."""
    contacts = read_number(value, "contacts_count") if "contacts_count" in value else None
    return RecordedCounts(contacts, read_results(value))


def write_results(results: Counts | None) -> dict[str, object]:
    """`results` with each count that Invent told, under its name without `_count`; nothing where there are none."""
    return {"results": results.told} if results and results.told else {}


def read_results(value: Mapping[str, Any]) -> Counts | None:
    """Read `results`, or None where there are none. Raises `Damaged`."""
    if "results" not in value:
        return None
    results = read_object(value, "results")
    if strange := sorted(results.keys() - {*_COUNTED}):
        raise Damaged(f"results has {', '.join(strange)}, which nobody counts")
    return Counts(**{name: read_number(results, name) for name in results}) if results else None
