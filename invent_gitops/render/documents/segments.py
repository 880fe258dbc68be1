"""The body of a document `catalogue`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invent_gitops.live.segments import Pull
from invent_gitops.model.broadcast import Catalogue
from invent_gitops.model.instant import write_instant

Users = Mapping[str, Sequence[str]]


def catalogue_json(catalogue: Catalogue, path: str, pull: Pull | None, by_id: Users) -> dict[str, object]:
    """Return the body of a document `catalogue`; `changes` is null where nobody read anything."""
    twins = {segment.id for segments in catalogue.twins.values() for segment in segments}
    return {
        "catalogue": path,
        "read_at": write_instant(catalogue.read_at) if catalogue.read_at else None,
        "segments": [
            {
                "id": segment.id,
                "name": segment.name,
                "write": f"id:{segment.id}" if segment.id in twins else segment.name,
                "contacts_count": segment.contacts,
                "formerly": list(segment.formerly),
                "used_by": list(by_id.get(segment.id, ())),
            }
            for segment in catalogue.every()
        ],
        "changes": _changes_json(pull, by_id) if pull else None,
    }


def _changes_json(pull: Pull, by_id: Users) -> dict[str, object]:
    return {
        "new": [change.id for change in pull.new],
        "renamed": [{"id": change.id, "old": change.old, "new": change.new} for change in pull.renamed],
        "retaken": [{"name": change.name, "old_id": change.old, "new_id": change.new} for change in pull.retaken],
        "gone": [
            {"id": change.id, "name": change.name, "used_by": list(by_id.get(change.id, ()))} for change in pull.gone
        ],
        "unwritable": [{"id": change.id, "name": change.name} for change in pull.unwritable],
        "left_out": [{"id": change.id, "name": change.name} for change in pull.left_out],
        "recounted": pull.recounted,
    }
