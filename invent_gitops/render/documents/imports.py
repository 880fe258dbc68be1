"""What an import has done, and the body of its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invent_gitops.live.unrecorded import Survey
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.values import Struct, field


class Imported(Struct, frozen=True):
    """What an import has done: the keys that are recorded now, and the file that was written for each key."""

    keys: frozenset[str] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)


def import_json(
    survey: Survey, done: Imported, gaps: Sequence[str], *, state: str, context: Context
) -> dict[str, object]:
    """Return the body of a document `import`."""
    files = done.files
    return {
        "state": state,
        "gaps": list(gaps),
        "broadcasts": [
            {
                "key": offer.key,
                "id": offer.remote.id,
                "name": offer.remote.request.name,
                "status": offer.remote.status,
                "request": offer.request.as_json(),
                "segments": [context.names.get(id, "") or id for id in offer.request.segment_ids],
                "importable": not offer.why_not,
                "reason": offer.why_not or None,
                "cure": cure_text(offer.cure, context.flags) or None,
                "wanted": offer.wanted or None,
                "defined": offer.defined,
                "recorded": offer.key in done.keys and not offer.why_not,
                "file": files.get(offer.key) if not offer.why_not else None,
            }
            for offer in survey.offers
        ],
        "missing": [
            {
                "key": lost.key,
                "id": lost.record.id,
                "name": lost.record.request.name,
                "file": files.get(lost.key),
            }
            for lost in survey.missing
        ],
        "removed": [{"id": remote.id, "name": remote.request.name} for remote in survey.removed],
        "unrecorded": [key for key in survey.unrecorded if key not in done.keys],
    }
