"""What else there is to know of a broadcast of the status page, as GitHub Markdown below its name."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.status import Row, Status
from invent_gitops.render.cells.results import RARER, count_text
from invent_gitops.render.cells.times import local_text
from invent_gitops.render.markdown.markup import text


def details(row: Row, status: Status) -> str:
    """Return a small line that begins with a break; "" where there is nothing to say, as in documents of older
    versions.
    """
    parts = " · ".join(_details(row, status))
    return f"<br><sub>{parts}</sub>" if parts else ""


def _details(row: Row, status: Status) -> Iterator[str]:
    sending, counts = row.sending, row.sending.counts.told
    if row.definition and row.definition.owner:
        yield f"owner {text(row.definition.owner, 60)}"
    if row.definition and row.definition.description:
        yield text(row.definition.description, 160)
    if sending.channels:
        yield f"channels: {', '.join(text(channel, 40) for channel in sending.channels)}"
    if lacking := status.lacking(row):
        yield f"no message for: {', '.join(text(channel, 40) for channel in lacking)}"
    for at, label in ((sending.started_at, "started"), (sending.completed_at, "completed")):
        if at:
            yield f"{label} {text(local_text(at, status.context.zone))}"
    yield from (count_text(counts, name) for name in RARER if counts.get(name))
