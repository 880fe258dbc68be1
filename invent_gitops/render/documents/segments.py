"""The body of a document `catalogue`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invent_gitops.live.segments import Pull
from invent_gitops.model.broadcast import Catalogue
from invent_gitops.model.instant import write_instant

Users = Mapping[str, Sequence[str]]


def catalogue_json(catalogue: Catalogue, place: str, pull: Pull | None, by_id: Users) -> dict[str, object]:
    """The body of a document `catalogue`; `changes` is null where nobody read anything."""
    twins = {one.id for several in catalogue.twins.values() for one in several}
    return {
        "catalogue": place,
        "read_at": write_instant(catalogue.read_at) if catalogue.read_at else None,
        "segments": [
            {
                "id": one.id,
                "name": one.name,
                "write": f"id:{one.id}" if one.id in twins else one.name,
                "contacts_count": one.contacts,
                "formerly": list(one.formerly),
                "used_by": list(by_id.get(one.id, ())),
            }
            for one in catalogue.every()
        ],
        "changes": _changes_json(pull, by_id) if pull else None,
    }


def _changes_json(pull: Pull, by_id: Users) -> dict[str, object]:
    return {
        "new": [one.id for one in pull.new],
        "renamed": [{"id": one.id, "old": one.old, "new": one.new} for one in pull.renamed],
        "retaken": [{"name": one.name, "old_id": one.old, "new_id": one.new} for one in pull.retaken],
        "gone": [{"id": one.id, "name": one.name, "used_by": list(by_id.get(one.id, ()))} for one in pull.gone],
        "unwritable": [{"id": one.id, "name": one.name} for one in pull.unwritable],
        "left_out": [{"id": one.id, "name": one.name} for one in pull.left_out],
        "recounted": pull.recounted,
    }
