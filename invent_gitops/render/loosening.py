"""The words in which every page speaks of loosened rules."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.loosening import COUNT, Loosening, RuleChange

# Counts that are listed one by one; a pull changes those of many segments.
_COUNTS = 3
_NAMES = 5
# The title of what would be created without the guard.
HELD_BACK = "Held back by policies.loosening: nothing of this is created."

# What its creates are called in the line of numbers.
HELD_BACK_WORD = "held back"


def headline(loosening: Loosening) -> str:
    """Return one line that says what happened to the rules, "" where nothing became weaker."""
    # After a push, the base is named by its commit already.
    is_commit = loosening.base.startswith(loosening.reference)
    since = f"since {loosening.reference}" + (f" ({loosening.base[:7]})" if loosening.base and not is_commit else "")
    if loosening.fault:
        return f"The rules could not be compared with those of {loosening.reference}: {loosening.fault}."
    number = len(loosening.changes.weaker)
    if not number:
        return ""
    return f"{number:,} rule{' was' if number == 1 else 's were'} made weaker {since}"


def verdict(loosening: Loosening) -> str:
    """Return what the guard does about it."""
    if not loosening.refuses:
        return ""
    reason = "that cannot be compared" if loosening.fault else "together with weaker rules"
    return f"policies.loosening refuses this: nothing is created {reason}."


def held_back(loosening: Loosening) -> str:
    """Return the headline of a plan that creates nothing for it."""
    reason = "its rules cannot be compared with the base" if loosening.fault else "rules were made weaker"
    return f"Nothing can be created: {reason}"


def tightened(loosening: Loosening) -> str:
    """Return one calm line for what became tighter, "" for nothing."""
    changes = loosening.changes.tighter
    if not changes:
        return ""
    listed = ", ".join(f"{change.subject} {change.old} → {change.new}" for change in changes[:_NAMES])
    more = f" and {len(changes) - _NAMES:,} more" if len(changes) > _NAMES else ""
    return f"{len(changes):,} rule{' was' if len(changes) == 1 else 's were'} made stricter: {listed}{more}."


def weaker_entries(loosening: Loosening) -> list[RuleChange]:
    """Return the weaker rules; many counts of the catalogue are one of them."""
    counts = [change for change in loosening.changes.weaker if change.rule == COUNT]
    if len(counts) <= _COUNTS:
        return list(loosening.changes.weaker)
    others = [change for change in loosening.changes.weaker if change.rule != COUNT]
    listed = ", ".join(f"{change.key} {change.old} → {change.new}" for change in counts[:_COUNTS])
    first = counts[0]
    text = f"{listed} and {len(counts) - _COUNTS:,} more"
    return [*others, RuleChange(COUNT, f"contacts of {len(counts):,} segments", "", text, position=first.position)]


def passing_keys(loosening: Loosening) -> list[tuple[str, Sequence[str]]]:
    """Return each key that passes only because of it, with the rules that would have refused it."""
    rules: dict[str, dict[str, None]] = {}
    for entry in loosening.passing:
        rules.setdefault(entry.key, {})[entry.rule] = None
    return [(key, list(names)) for key, names in rules.items()]


def passing_title(count: int) -> str:
    verb = "passes" if count == 1 else "pass"
    return f"{count:,} broadcast{'' if count == 1 else 's'} {verb} only because of that"
