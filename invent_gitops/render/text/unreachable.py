"""What will not reach Invent, for a terminal: a headline, and below the steps of a person."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.context import Context
from invent_gitops.model.plan import Plan
from invent_gitops.model.unreachable import GUIDE, Unreached
from invent_gitops.render.cells.spelling import TERMINAL
from invent_gitops.render.cells.values import value_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.unreachable import (
    CAUSES,
    audience_words,
    planned_for,
    steps_left,
    steps_named,
    unreachable_title,
)
from invent_gitops.text.clean import clean, cut


def unreachable_head(plan: Plan, style: Style) -> Iterator[str]:
    """Yield the first two lines: what will not reach Invent, and what is left to do there. Nothing if all will."""
    if not plan.unreachable:
        return
    refused = any(edit.refused for edit in plan.unreachable)
    paint = style.red if refused else style.yellow
    policy = ", and policies.unreachable_edits refuses that" if refused else ""
    yield style.bold(paint(f"⚠ {unreachable_title(plan.unreachable)}{policy}."))
    yield paint(f"{steps_left(plan.unreachable)} {steps_named(plan.unreachable, plan.context, _name)}".rstrip())


def unreachable_text(plan: Plan, style: Style, *, most: int) -> Iterator[str]:
    """Yield each edit and deletion with its steps, at most so many."""
    if not plan.unreachable:
        return
    yield from ("", style.bold("Will not reach Invent, which keeps these as it has them (in Invent → in the file):"))
    for edit in plan.unreachable[:most]:
        yield from _edit(edit, plan.context, style)
    if len(plan.unreachable) > most:
        yield f"  … and {len(plan.unreachable) - most:,} more; -v shows them all."
    yield style.dim(f"  The ways out: {GUIDE}")


def _edit(edit: Unreached, context: Context, style: Style) -> Iterator[str]:
    paint = style.red if edit.refused else style.yellow
    symbol = "-" if edit.kind == "deletion" else "~"
    yield paint(f"  {symbol} {clean(edit.key)}  {cut(edit.name, 80)}  (id {clean(edit.id)}, {CAUSES[edit.kind]})")
    yield f"      {planned_for(edit, context)} · {audience_words(edit.audience, _name)}"
    own = context.within(edit.timezone)
    for change in edit.changes:
        old, new = (value_text(change.field, value, own, TERMINAL) for value in (change.old, change.new))
        yield f"      {change.field}: {old} → {new}"
    if edit.waived:
        yield style.dim(f"      waived: {clean(edit.waived)}")
    for step in edit.steps:
        command = f" {clean(step.command_line(context.flags))}" if step.command else ""
        yield f"      {style.green('→')} {clean(step.text)}{command}"


def _name(name: str) -> str:
    return cut(name, 60)
