"""The words for what will not reach Invent that the pages for the terminal, for reviewers and for annotations share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from invent_gitops.model.context import Context
from invent_gitops.model.plan import Audience
from invent_gitops.model.unreachable import KINDS, Kind, Unreached, awaiting, count
from invent_gitops.render.cells.audience import names_text, size_text
from invent_gitops.render.cells.spelling import Spelling
from invent_gitops.render.cells.times import when_and_away

# How many are named in the sentence below a headline; the list has them all.
NAMED = 3
_COUNTED: Mapping[Kind, tuple[str, str]] = {
    "edit": ("edit", "edits"),
    "deletion": ("deletion", "deletions"),
    "zone-change": ("change of time zone rules", "changes of time zone rules"),
}
# What happened to the file of each.
CAUSES: Mapping[Kind, str] = {
    "edit": "its file was edited",
    "deletion": "its file was deleted",
    "zone-change": "the rules of its time zone changed",
}


def unreachable_title(edits: Sequence[Unreached]) -> str:
    """`1 edit and 2 deletions will not reach Invent`."""
    counts = [f"{number:,} {_COUNTED[kind][number != 1]}" for kind in KINDS if (number := count(edits, kind))]
    listed = " and ".join(filter(None, (", ".join(counts[:-1]), counts[-1])))
    return f"{listed} will not reach Invent"


def steps_left(edits: Sequence[Unreached]) -> str:
    """Return how many steps in Invent are left, as the beginning of a sentence that names them; whole where none is."""
    number = len(awaiting(edits))
    if not number:
        return "It is waived; the reason is below." if len(edits) == 1 else "All are waived; the reasons are below."
    return "1 step in Invent is left:" if number == 1 else f"{number:,} steps in Invent are left:"


def steps_named(edits: Sequence[Unreached], context: Context, written: Callable[[str], str]) -> str:
    """Return which steps these are, with date and audience; `written` makes harmless what a person wrote. "" for
    none.
    """
    waiting = awaiting(edits)
    named = [_step_in_short(edit, context, written) for edit in waiting[:NAMED]]
    if len(waiting) > NAMED:
        named.append(f"and {len(waiting) - NAMED:,} more")
    return "; ".join(named) + ("." if named else "")


def _step_in_short(edit: Unreached, context: Context, written: Callable[[str], str]) -> str:
    """`cancel “Spring sale”, planned for Fri 27 Nov 2026 09:00 UTC, in 6 days, to vip`."""
    verb = "cancel" if edit.kind == "deletion" else "change"
    rules = ", ".join(policy for step in edit.steps for policy in step.breaks)
    not_yet = f" (not yet: the edit breaks {written(rules)})" if rules else ""
    audience = audience_words(edit.audience, written)
    return f"{verb} “{written(edit.name)}”, {planned_for(edit, context)}, to {audience}{not_yet}"


def planned_for(edit: Unreached, context: Context) -> str:
    """Return the time that Invent has of it, and its distance, on the author's clocks.

    Whether Invent sends a draft by itself at that time is not documented, so the words claim neither.
    """
    if edit.at is None:
        return "without a time, so that it may go out at any moment"
    return f"planned for {when_and_away(edit.at, context.within(edit.timezone).zone, context.at)}"


def audience_words(audience: Audience, written: Callable[[str], str]) -> str:
    """Return the names and the size; `written` makes a name harmless."""
    names, size = names_text(audience, Spelling(lambda name, _: written(name), 0, 0, 0)), size_text(audience)
    return f"{names}, {size}" if size else names
