"""The recorded state for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from invent_gitops.model.absence import Absences
from invent_gitops.model.broadcast import Request
from invent_gitops.model.context import Context
from invent_gitops.model.local import LocalTime
from invent_gitops.model.record import Check
from invent_gitops.model.state import Provenance, State
from invent_gitops.render.cells.audience import EVERYONE
from invent_gitops.render.text.plan import candidates_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.width import cells, padded
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.times import moment

_SET_ASIDE: Mapping[Check, str] = {
    "too-early": "its call might still have been in flight",
    "not-read": "Invent's list was not read to its end",
}


def records_text(state: State, style: Style) -> str:
    """Return one line for each key: key, id, status, name; the name comes last, whatever width it has."""
    if not (state.broadcasts or state.intents or state.removed):
        return "The state is empty."
    rows = [(key, record.id, record.status, record.request.name) for key, record in sorted(state.broadcasts.items())]
    rows += [(key, "?", "IN DOUBT", intent.request.name) for key, intent in sorted(state.intents.items())]
    rows += [(key, gone.id, "REMOVED", gone.request.name) for key, gone in sorted(state.removed.items())]
    lines = table([("KEY", "ID", "STATUS", "NAME"), *(tuple(cut(cell, 60) for cell in row) for row in rows)], style)
    lines.append(style.dim(f"Serial {state.serial}, org {clean(state.org)} at {clean(state.api)}."))
    return "\n".join(lines)


def table(rows: Sequence[tuple[str, ...]], style: Style) -> list[str]:
    """Return the rows with aligned columns, the first one a heading; the last column has no width of its own."""
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = [
        "  ".join([*(padded(cell, width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    ]
    return [style.bold(lines[0]), *lines[1:]]


def record_text(state: State, key: str) -> str:
    """Everything about one key, a field a line."""
    lines = [clean(key)]
    if record := state.broadcasts.get(key):
        lines += [f"  id: {clean(record.id)}", f"  status: {clean(record.status)}", *_request(record.request)]
        lines += [f"  {record.how}: {_made(record.provenance)}"]
        lines += [f"  reviewed: {_reviewed(record.local)}"] if record.local else []
        lines += [f"  note: {clean(record.note.text)}"] if record.note.text else []
        lines += [f"  recorded by mistake before: {clean(id)}" for id in record.instead_of]
        lines += [f"  refreshed: {_made(record.refreshed)}"] if record.refreshed else []
        for request in record.formerly:
            lines += ["  before it was edited in Invent:", *(f"  {line}" for line in _request(request))]
    if intent := state.intents.get(key):
        lines += ["  outcome unknown: it may have been created", *_request(intent.request)]
        lines += [f"  attempted: {_made(intent.provenance)}", *candidates_text(intent, Context(intent.provenance.at))]
    if removal := state.removed.get(key):
        lines += [f"  removed: {_made(removal.provenance)}", f"  reason: {clean(removal.reason)}"]
        lines += [f"  id: {clean(removal.id)}", *_request(removal.request)]
    for absence in Absences(state.absences).of(key).values():
        lines += [f"  declared not created: {_made(absence.provenance)}", f"  reason: {clean(absence.reason)}"]
        lines += [f"  set aside: {_SET_ASIDE[check]}" for check in absence.overridden]
        lines += [f"  set aside: Invent showed {clean(id)}" for id in absence.others]
    return "\n".join(lines)


def _reviewed(local: LocalTime) -> str:
    return f"{local.at:%Y-%m-%dT%H:%M:%S} {clean(local.timezone)} (time zone data {clean(local.zone_data)})"


def _request(request: Request) -> Iterator[str]:
    yield f"  name: {clean(request.name)}"
    yield f"  scheduled_at: {moment(request.scheduled_at)}"
    yield "  to: " + (EVERYONE if request.send_to_all else ", ".join(clean(id) for id in request.segment_ids))


def _made(provenance: Provenance) -> str:
    parts = [f"{moment(provenance.at)} by {clean(provenance.by)}"]
    parts += [f"from commit {clean(provenance.commit)}"] if provenance.commit else []
    parts += [f"in the run {clean(provenance.run)}"] if provenance.run else []
    return ", ".join(parts)
