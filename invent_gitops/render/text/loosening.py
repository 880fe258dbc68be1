"""What the rules lost, for a terminal: above everything that they let through."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.loosening import Loosening
from invent_gitops.render.loosening import (
    headline,
    passing_keys,
    passing_title,
    tightened,
    verdict,
    weaker_entries,
)
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean, cut


def loosening_text(loosening: Loosening | None, style: Style, *, most: int | None) -> Iterator[str]:
    """Yield the lines of the section, nothing where no rule changed; `most` is how many entries fit, None for all."""
    if loosening is None:
        return
    if title := headline(loosening):
        color = style.red if loosening.refuses else style.yellow
        yield from ("", style.bold(color(f"{clean(title)}{'' if loosening.fault else ':'}")))
        yield from _changes(loosening, style, most)
        if loosening.cure:
            yield f"  {style.green('→')} {clean(loosening.cure)}"
        if refusal := verdict(loosening):
            yield style.red(f"  {refusal}")
    if calm := tightened(loosening):
        yield from ("", style.dim(cut(calm, 1000)))


def _changes(loosening: Loosening, style: Style, most: int | None) -> Iterator[str]:
    changes = weaker_entries(loosening)
    for change in changes[:most]:
        position = f"  {style.dim(clean(str(change.position)))}" if change.position else ""
        old = f"{cut(change.old, 200)} → " if change.old else ""
        yield f"  {style.yellow('↓')} {cut(change.subject, 120)}  {old}{cut(change.new, 200)}{position}"
    if most and len(changes) > most:
        yield f"  … and {len(changes) - most} more; -v shows them all."
    passing = passing_keys(loosening)
    if passing:
        yield f"  {passing_title(len(passing))}:"
    for key, rules in passing[:most]:
        yield f"    {clean(key)}  {', '.join(map(clean, rules))}"
    if most and len(passing) > most:
        yield f"    … and {len(passing) - most} more; -v shows them all."
