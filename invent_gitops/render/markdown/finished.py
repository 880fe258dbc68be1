"""What came of the broadcasts of a pull request, as GitHub Markdown for a comment on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from invent_gitops.model.instant import read_instant
from invent_gitops.render.cells.results import results_text
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.text.times import moment

# Broadcasts that the comment lists; `status` has all of them.
_MOST = 50


def finished_markdown(rows: Sequence[Mapping[str, Any]], zone: str) -> str:
    """Return the page, without a line feed at the end: what is poor comes first."""
    ordered = sorted(rows, key=lambda row: (not _poor(row), row["completed_at"], row["key"]))
    poor = sum(map(_poor, rows))
    plural = "" if len(rows) == 1 else "s"
    count = f"{len(rows):,} broadcast{plural}"
    title = f"⚠️ {poor:,} of {count} with a poor result" if poor else f"📬 What came of {count}"
    lines = [f"### {title}", "", *(line for row in ordered[:_MOST] for line in _row(row, zone))]
    if len(rows) > _MOST:
        lines.append(f"- … and {len(rows) - _MOST:,} more; {code('invent-gitops status')} has them all.")
    return "\n".join([*lines, "", "<sub>As Invent counts it; updated for some days after the sending.</sub>"])


def _row(row: Mapping[str, Any], zone: str) -> Iterator[str]:
    ended = read_instant(row["completed_at"])
    when = f", {text(row['state'], 40)} {text(moment(ended, zone))}" if ended else ""
    counts = {name: count for name, count in row["counts"].items() if count is not None}
    yield f"- **{text(row['name'], 120)}** ({code(row['key'])}){when}: {results_text(counts)}"
    yield from (f"  - {text(it['message'])} {code(it['rule'])}" for it in row["warnings"])


def _poor(row: Mapping[str, Any]) -> bool:
    return any(warning["rule"] in ("poor-result", "failed") for warning in row["warnings"])
