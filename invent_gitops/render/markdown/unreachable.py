"""What will not reach Invent, as Markdown: the first lines of a plan and of an outcome, and the list of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.context import Context
from invent_gitops.model.unreachable import GUIDE, Unreached
from invent_gitops.render.cells.values import value_text
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.commands import WHOLE
from invent_gitops.render.markdown.fit import Part, Rows
from invent_gitops.render.markdown.markup import MARKDOWN, address, code, link, text
from invent_gitops.render.unreachable import (
    CAUSES,
    audience_words,
    planned_for,
    steps_left,
    steps_named,
    unreachable_title,
)


def with_unreachable_head(head: Sequence[str], edits: Sequence[Unreached], context: Context) -> list[str]:
    """Return the first lines of a page, with what will not reach Invent before a good headline and right below a bad
    one.
    """
    if not edits:
        return [*head]
    title = unreachable_title(edits)
    steps = f"**{steps_left(edits)}** {steps_named(edits, context, _name)}".rstrip()
    if head[0].startswith(("### ⛔", "### ❌", "### ⚠️")):
        return [head[0], "", f"⚠️ **{title}.** {steps}", *head[1:]]
    mark, policy = ("⛔", ": refused") if any(edit.refused for edit in edits) else ("⚠️", "")
    return [f"### {mark} {title}{policy}", "", steps, "", *head]


def unreachable_parts(edits: Sequence[Unreached], sheet: Sheet) -> Iterator[Part]:
    """Yield the list of them with their steps, and a link to the page about them where its address is known."""
    if edits:
        rows = Rows(edits, lambda edit: _edit(edit, sheet.context, sheet.files))
        title = "#### ⚠️ Not in Invent, which keeps these as it has them until a person changes them there"
        yield Part([title, ""], rows, ["", f"<sub>The ways out: {_guide(sheet.guide)}.</sub>"])


def _guide(url: str) -> str:
    return f"[Change or cancel a send]({url})" if address(url) else f"{GUIDE}, “Change or cancel a send”"


def _name(name: str) -> str:
    return text(name, 80)


def _edit(edit: Unreached, context: Context, files: str) -> str:
    mark = "⛔ " if edit.refused else ""
    position = edit.position
    file = f": {link(position.file, position.line, files)}" if position and edit.kind == "edit" else ""
    lines = [f"- {mark}<b>{text(edit.name)}</b> {code(edit.key)} (id {code(edit.id)}), {CAUSES[edit.kind]}{file}"]
    audience = audience_words(edit.audience, _name)
    lines.append(f"  - {_first_up(planned_for(edit, context))}, to {audience}")
    for change in edit.changes:
        own = context.within(edit.timezone)
        old, new = (value_text(change.field, value, own, MARKDOWN) for value in (change.old, change.new))
        lines.append(f"  - {code(change.field)}: in Invent <b>{old}</b>, in the file <b>{new}</b>")
    if edit.waived:
        lines.append(f"  - Waived: “{text(edit.waived)}”")
    for number, step in enumerate(edit.steps, 1):
        bullet = "-" if step.instead else f"{number}."
        command = f" {code(step.command_line(context.flags), WHOLE)}" if step.command else ""
        lines.append(f"  {bullet} {text(step.text)}{command}")
    return "\n".join(lines)


def _first_up(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
