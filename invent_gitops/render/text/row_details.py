"""What else there is to know of a broadcast of the status page: who owns it, its channels, its hours, rarer counts."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.broadcast import Definition
from invent_gitops.model.status import Row, Status
from invent_gitops.render.cells.results import RARER, count_text
from invent_gitops.text.clean import cut
from invent_gitops.text.times import moment


def owner_text(definition: Definition | None) -> str:
    """Whose it is and what it is for, as its file says; "" where it does not."""
    notes = [cut(definition.owner, 60), cut(definition.description, 160)] if definition else []
    labels = ("owner ", "")
    return " · ".join(f"{label}{note}" for label, note in zip(labels, notes, strict=False) if note)


def row_details(row: Row, status: Status) -> str:
    """Return one line, "" where there is nothing to say: of what is to come its channels, of what is past what came of
    it.
    """
    return " · ".join(_details(row, status))


def _details(row: Row, status: Status) -> Iterator[str]:
    if owner := owner_text(row.definition):
        yield owner
    sending, zone = row.sending, status.context.zone
    if sending.channels:
        yield f"channels: {', '.join(cut(channel, 40) for channel in sending.channels)}"
    if lacking := status.lacking(row):
        yield f"no message for: {', '.join(cut(channel, 40) for channel in lacking)}"
    if sending.started_at:
        yield f"started {moment(sending.started_at.replace(microsecond=0), zone)}"
    if sending.completed_at:
        yield f"completed {moment(sending.completed_at.replace(microsecond=0), zone)}"
    yield from (count_text(sending.counts.told, name) for name in RARER if sending.counts.told.get(name))
