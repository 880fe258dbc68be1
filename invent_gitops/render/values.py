"""The value of one field of a request, as people read it in a terminal."""

from __future__ import annotations

from invent_gitops.model.context import Context
from invent_gitops.model.instant import read_instant
from invent_gitops.render.results import results_text
from invent_gitops.text.clean import cut
from invent_gitops.text.times import moment


def value_text(field: str, value: object, context: Context) -> str:
    """`value` as in a request's JSON."""
    if field == "scheduled_at":
        return moment(read_instant(value), context.zone)
    if field == "results":
        return results_text(value)
    if isinstance(value, list):
        return ", ".join(cut(context.names.get(str(id), str(id)), 40) for id in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return cut(str(value), 80)
