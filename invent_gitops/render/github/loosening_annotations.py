"""What the rules lost, as annotations on the lines of the project file, the catalogue and the definitions."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.loosening import Loosening
from invent_gitops.model.problem import Position
from invent_gitops.render.loosening import headline, passing_keys, passing_title, verdict, weaker_entries

WEAKER = "weaker rule"


def loosening_messages(loosening: Loosening | None) -> Iterator[tuple[str, Position | None]]:
    """Message and position of each."""
    if loosening is None:
        return
    if loosening.fault:
        yield f"{headline(loosening)} {loosening.cure}", None
    passing = passing_keys(loosening)
    only = f" {passing_title(len(passing))}: {', '.join(key for key, _ in passing[:5])}." if passing else ""
    for index, change in enumerate(weaker_entries(loosening)):
        old = f"{change.old} → " if change.old else ""
        since = f"weaker than at {loosening.reference}"
        message = f"{change.subject}: {old}{change.new}, {since}. {verdict(loosening)}".strip()
        yield f"{message}{only if index == 0 else ''}", change.position
