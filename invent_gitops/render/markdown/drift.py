"""What Invent shows otherwise than it is recorded, as parts of a plan's Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage, Drift
from invent_gitops.model.plan import Item
from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.commands import command_block, cure_cell
from invent_gitops.render.markdown.fit import Part, Rows
from invent_gitops.render.markdown.markup import code, text

_HEADS = ("Broadcast", "What", "Recorded", "In Invent", "What to do")


def look_lines(look: Coverage | None, context: Context, items: Sequence[Item] = ()) -> Iterator[str]:
    """Yield what could not be read and what no record knows, for the headline; nothing if nobody looked."""
    if not look:
        return
    for gap in look.gaps:
        yield from ("", f"⚠️ **Not read:** {cure_cell(gap, between=' ')}")
    if look.unread:
        unread = f"**{len(look.unread):,}** recorded could not be compared in full"
        yield from ("", f"{unread}, and nothing is called gone for that.")
    if count := sum(1 for item in items if item.drift and item.drift.alarming):
        yield from ("", f"**{count:,}** differ{'s' if count == 1 else ''} in Invent from what is recorded.")
    if count := look.unrecorded:
        number = f"**{count:,}** broadcast{'' if count == 1 else 's'} in Invent {'is' if count == 1 else 'are'}"
        yield from ("", f"{number} recorded nowhere:", "", *command_block(f"invent-gitops import{context.flags}"))


def drift_parts(sheet: Sheet) -> Iterator[Part]:
    """First what a person should look at, then what moved on by itself."""
    drifted = [(item, item.drift) for item in sheet.items if item.drift]
    alarming = [pair for pair in drifted if pair[1].alarming]
    if lines := Rows(alarming, lambda pair: _drifted(*pair, sheet)):
        title = f"#### ⚠️ {len(lines):,} drifted: Invent shows something else than the records"
        yield rows.table(title, _HEADS, lines)
    warnings = [(item, warning) for item in sheet.items for warning in item.remarks.warnings]
    if odd := Rows(warnings, lambda pair: _odd(*pair)):
        yield Part(["#### ⚠️ Audiences to look at", ""], odd)
    if moved := Rows([pair for pair in drifted if not pair[1].alarming], lambda pair: _moved(*pair)):
        title = f"<details><summary>{len(moved):,} moved on in Invent, as broadcasts do</summary>"
        yield Part([title, ""], moved, ["", "</details>"])


def _drifted(item: Item, drift: Drift, sheet: Sheet) -> str:
    context, cure = rows.context_of(item, sheet), cure_cell(drift.cure, sheet.context.flags)
    if drift.error_message:
        cure = f"Invent says: “{text(drift.error_message)}”<br>{cure}"
    recorded, live = [], []
    if drift.status != drift.recorded_status:
        recorded.append(code(drift.recorded_status or "none"))
        live.append("not in the list" if "gone" in drift.kinds else code(drift.status))
    defined = item.definition.request.as_json() if item.definition else {}
    for change in drift.changes:
        old, new = (rows.value(change.field, side, context) for side in (change.old, change.new))
        recorded.append(f"{code(change.field)} {old}")
        if change.field in defined:
            new += f"<br>the file says {rows.value(change.field, defined[change.field], context)}"
        live.append(f"{code(change.field)} {new}")
    labels = ", ".join(text(kind) for kind in drift.kinds)
    return rows.row(rows.cell_of(item), labels, "<br>".join(recorded), "<br>".join(live), cure)


def _odd(item: Item, warning: AudienceWarning) -> str:
    cure = cure_cell(warning.cure, between=" ")
    return f"- {rows.title_of(item)}: {text(warning.message)} {cure} {code(warning.rule)}"


def _moved(item: Item, drift: Drift) -> str:
    return f"- {rows.title_of(item)}: {code(drift.recorded_status or 'none')} → {code(drift.status)}"
