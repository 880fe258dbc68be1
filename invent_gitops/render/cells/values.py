"""The value of one field of a request, and the state of a row."""

from __future__ import annotations

from invent_gitops.model.context import Context
from invent_gitops.model.instant import read_instant
from invent_gitops.model.status import IN_DOUBT, Row
from invent_gitops.render.cells.results import results_text
from invent_gitops.render.cells.spelling import Spelling
from invent_gitops.render.cells.times import local_text

_LONGEST_TIME = 200


def value_text(field: str, value: object, context: Context, spelling: Spelling) -> str:
    """Return a value that stands in JSON: a time in the context's zone, segments by name, `yes` or `no`."""
    if field == "scheduled_at":
        return spelling.write(local_text(read_instant(value), context.zone), _LONGEST_TIME)
    if field == "results":
        return results_text(value)
    if isinstance(value, list):
        names = (context.names.get(str(id), str(id)) for id in value)
        return ", ".join(spelling.write(name, spelling.segment) for name in names) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spelling.write(str(value), spelling.value)


def state_text(row: Row, spelling: Spelling) -> str:
    """Return the state of a broadcast, and whether it is only what was recorded of it."""
    state = spelling.write(row.state, spelling.status) or "no status"
    return state if row.read or row.state == IN_DOUBT else f"not read (was {state})"
