"""What the rules lost, as annotations on the lines of the project file, the catalogue and the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.loosening import Loosening, PassesOnlySo, RuleChange
from invent_gitops.model.problem import Position
from invent_gitops.render.loosening import headline, passing_title, verdict, weaker_entries

WEAKER = "weaker rule"
# Of the broadcasts that pass because of a rule, so many are named.
_KEYS = 5


def loosening_messages(loosening: Loosening | None) -> Iterator[tuple[str, Position | None]]:
    """Message and position of each."""
    if loosening is None:
        return
    if loosening.fault:
        yield f"{headline(loosening)} {loosening.cure}", None
    entries = weaker_entries(loosening)
    for change, keys in zip(entries, _keys_of(entries, loosening.passing), strict=True):
        only = f" {passing_title(len(keys))}: {', '.join(keys[:_KEYS])}." if keys else ""
        old = f"{change.old} → " if change.old else ""
        since = f"weaker than at {loosening.reference}"
        message = f"{change.subject}: {old}{change.new}, {since}. {verdict(loosening)}".strip()
        yield f"{message}{only}", change.position


def _keys_of(entries: Sequence[RuleChange], passing: Sequence[PassesOnlySo]) -> list[list[str]]:
    """For each weaker rule the keys that pass only because of it.

    Of several that one rule could be about, the first has them; so has the first of all what no entry is about.
    """
    keys: list[dict[str, None]] = [{} for _ in entries]
    for entry in passing:
        own = [index for index, change in enumerate(entries) if _is_about(change, entry)]
        if keys:
            keys[own[0] if own else 0][entry.key] = None
    return [list(names) for names in keys]


def _is_about(change: RuleChange, entry: PassesOnlySo) -> bool:
    """Return whether a rule is the one that would have refused a create; a waiver is of one definition and one
    policy.
    """
    if change.rule == "waiver":
        return change.key == entry.key and change.path[-1:] == (entry.rule,)
    return change.rule == entry.rule
