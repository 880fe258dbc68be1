"""What else there is to know of a broadcast of the status page, as GitHub Markdown below its name."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.instant import read_instant
from invent_gitops.render.markdown.cells import Document
from invent_gitops.render.markdown.markup import text
from invent_gitops.render.results import RARER, count_text
from invent_gitops.text.times import moment


def details(row: Document, zone: str) -> str:
    """A small line that begins with a break; "" where there is nothing to say, as in documents of older versions."""
    parts = " · ".join(_details(row, zone))
    return f"<br><sub>{parts}</sub>" if parts else ""


def _details(row: Document, zone: str) -> Iterator[str]:
    if owner := row.get("owner"):
        yield f"owner {text(owner, 60)}"
    if description := row.get("description"):
        yield text(description, 160)
    if channels := row.get("channels"):
        yield f"channels: {', '.join(text(channel, 40) for channel in channels)}"
    if missing := row.get("missing_channels"):
        yield f"no content for: {', '.join(text(channel, 40) for channel in missing)}"
    for field, label in (("started_at", "started"), ("completed_at", "completed")):
        if at := read_instant(row.get(field)):
            yield f"{label} {text(moment(at, zone))}"
    yield from (count_text(row["counts"], name) for name in RARER if row["counts"].get(name))


def poor_first(row: Document) -> bool:
    """A key for sorting: what was sent with a poor result comes before all else."""
    return all(warning["rule"] != "poor-result" for warning in row["warnings"])
