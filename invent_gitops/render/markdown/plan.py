"""A plan as GitHub Markdown, for the people who review: totals first, inside GitHub's limits, cut honestly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from invent_gitops.model.plan import Action, Item, Plan
from invent_gitops.model.project import SANDBOX
from invent_gitops.render.cells.audience import reach
from invent_gitops.render.cells.times import AT_ONCE, away_text, local_text
from invent_gitops.render.documents.envelope import read_envelope
from invent_gitops.render.documents.plan import SavedPlan, read_plan
from invent_gitops.render.documents.reading import Document
from invent_gitops.render.loosening import HELD_BACK, HELD_BACK_WORD, held_back
from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.commands import cure_cell
from invent_gitops.render.markdown.drift import drift_parts, look_lines
from invent_gitops.render.markdown.fit import Part, Rows, Size, fitted
from invent_gitops.render.markdown.loosening import loosening_parts
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.render.markdown.rehearsal import rehearsal_lines
from invent_gitops.render.markdown.review import review_lines
from invent_gitops.render.markdown.sends import month_tables
from invent_gitops.render.markdown.unreachable import unreachable_parts, with_unreachable_head
from invent_gitops.text.times import moment

# GitHub refuses a comment beyond 65,536 characters.
COMMENT_LIMIT = 60_000
_NEW_STATE = (
    "it knows of nothing that was created before. Unless this is the first plan of this project, do not approve it."
)
# As many rows fit on a screen with the months below them.
_IN_SIGHT = 15
# How many waivers that set nothing aside are named: they must take no room from what is to be reviewed.
_IDLE = 10
# Words of the summary line, in the order of what needs a person.
_WORDS: dict[Action, str] = {
    "blocked": "blocked",
    "refused": "refused",
    "changed": "changed",
    "create": "to create",
    "undefined": "undefined",
    "unchanged": "unchanged",
}


def calendar_line(address: str) -> str:
    """Return the link to the calendar of a change, "" without an address."""
    return f"📅 [Calendar of this change]({address}): an archive with one page for your browser" if address else ""


def plan_markdown(
    document: Document,
    *,
    files: str = "",
    limit: int = COMMENT_LIMIT,
    size: Size = len,
    elsewhere: str = "",
    calendar: str = "",
    guide: str = "",
) -> str:
    """Return a plan document as Markdown of at most `limit`, without a line feed at the end.

    `files` is the address that paths are appended to (`https://github.com/o/r/blob/SHA/`) or "". The limit is in what
    `size` counts; beyond it, whole rows are left out, and the text says how many, and `elsewhere`: where they are.
    `calendar` is the address of the calendar, and `guide` that of the page on changes; each is "" if unknown.
    """
    envelope = read_envelope(document)
    if problems := envelope.problems:
        title = (
            f"### ⛔ {len(problems):,} problem{'' if len(problems) == 1 else 's'} in the input: nothing can be created"
        )
        parts = [Part([title]), rows.problems(problems, files)]
    elif error := envelope.error:
        message = " ".join(filter(None, (text(error.message), cure_cell(error.cure, between=" "))))
        parts = [Part(["### ⛔ There is no plan", "", message])]
    else:
        saved = read_plan(document)
        sheet = sheet_of(saved.plan, files, guide)
        top = with_unreachable_head([*headline(saved, sheet)], saved.plan.unreachable, sheet.context)
        parts = [Part(top), *plan_parts(saved, sheet)]
        if calendar:
            parts[0] = Part([*top, "", calendar_line(calendar)])
    # What cannot be cut, such as the calendar, goes first where room is short; the headline stays.
    shorter = [parts[0], *(part for part in parts[1:] if part.rows)]
    tries = (fitted(some, limit, size, elsewhere) for some in (parts, shorter))
    return next((page_text for page_text in tries if size(page_text) <= limit), fitted(parts[:1], limit, size))


def sheet_of(plan: Plan, files: str, guide: str = "") -> Sheet:
    return Sheet(plan.context, files, guide=guide).over(plan.items)


def plan_parts(saved: SavedPlan, sheet: Sheet) -> Iterator[Part]:
    """Yield what a plan says below its headline."""
    plan, context = saved.plan, saved.plan.context
    yield from blocked_part(sheet)
    yield from loosening_parts(plan.loosening, sheet.files)
    yield from unreachable_parts(plan.unreachable, sheet)
    yield from refused_part(sheet)
    yield from drift_parts(sheet)
    waiving = sheet.having("create", "refused", "blocked")
    if needed := list(_waivers(waiving, needed=True)):
        yield Part(["#### ⚠️ Rules set aside, and why", ""], needed)
    yield from _created_parts(plan, sheet)
    listed_above = {edit.key for edit in plan.unreachable}
    changed = [item for item in sheet.having("changed") if item.key not in listed_above]
    if lines := Rows(changed, partial(_changed, sheet=sheet)):
        title = f"{len(lines):,} changed after creation: Invent has no update, so there it stays as it was created"
        heads = ("Broadcast", "Field", "As created", "As written now")
        yield rows.table(f"<details><summary>{title}</summary>", heads, lines, folded=True)
    if idle := list(_waivers(waiving, needed=False)):
        title = "1 waiver sets nothing aside" if len(idle) == 1 else f"{len(idle):,} waivers set nothing aside"
        more = [f"- and {len(idle) - _IDLE:,} more"] if len(idle) > _IDLE else []
        yield Part([f"<details><summary>{title}</summary>", "", *idle[:_IDLE], *more, "", "</details>"])
    calm = [item for item in sheet.having("undefined") if item.key not in listed_above]
    if lines := Rows(calm, lambda item: f"- {rows.title_of(item)}"):
        title = f"{len(lines):,} recorded, but no file defines them any more: kept for the audit"
        yield Part([f"<details><summary>{title}</summary>", ""], lines, ["", "</details>"])
    target = f"org {text(context.org)} at {text(context.api)}"
    zones = f" Time zone data {text(plan.zone_data)}." if plan.zone_data else ""
    yield Part([f"<sub>Planned {text(moment(context.at))} for {target}.{zones} Digest {code(saved.digest)}</sub>"])


def _created_parts(plan: Plan, sheet: Sheet) -> Iterator[Part]:
    """Yield what is created and the months; those first where the list would push them out of sight."""
    lines = Rows(sheet.having("create"), partial(_created, sheet=sheet))
    title = f"#### {HELD_BACK}" if plan.held_back else "#### To be created, soonest first"
    listed = [rows.table(title, ("Broadcast", "When", "In", "Audience", "File"), lines)] if lines else []
    tables = month_tables(plan, sheet)
    drawn = [Part(tables)] if tables else []
    yield from (drawn + listed if len(lines) > _IN_SIGHT else listed + drawn)


def blocked_part(sheet: Sheet) -> Iterator[Part]:
    if lines := Rows(sheet.having("blocked"), partial(_blocked, sheet=sheet)):
        title = f"#### ⛔ {len(lines):,} blocked: may exist in Invent already, so no run creates "
        yield Part([f"{title}{'it' if len(lines) == 1 else 'them'} until a person settles it", ""], lines)


def _blocked(item: Item, sheet: Sheet) -> str:
    assert item.intent is not None
    return rows.blocked(item.key, item.request.name, item.intent, sheet)


def refused_part(sheet: Sheet) -> Iterator[Part]:
    if lines := Rows(sheet.having("refused"), partial(rows.refused, sheet=sheet)):
        title = f"#### ⛔ {len(lines):,} refused: nothing is sent for {'it' if len(lines) == 1 else 'these'}"
        yield rows.table(title, ("Broadcast", "Why not", "What to do"), lines)


def headline(saved: SavedPlan, sheet: Sheet) -> Iterator[str]:
    """Yield what a plan comes to, its numbers, and when the first is due."""
    plan, creates = saved.plan, sheet.having("create")
    counts = plan.counts
    number = 0 if plan.held_back else counts["create"]
    if creates and plan.loosening and plan.held_back:
        yield f"### ⛔ {held_back(plan.loosening)}"
    elif number:
        yield f"### {number:,} broadcast{'' if number == 1 else 's'} to create, {reach(creates, _strong)}"
    else:
        yield "### Nothing can be created" if counts["blocked"] or counts["refused"] else "### Nothing to create"
    labels = _WORDS | {"create": HELD_BACK_WORD} if plan.held_back else _WORDS
    numbers = [f"**{counts[action]:,}** {word}" for action, word in labels.items() if counts[action]]
    yield from ("", " · ".join(numbers) or "There are no broadcasts.")
    yield from look_lines(plan.look, plan.context, plan.items)
    yield from rehearsal_lines(plan.context.api)
    if number and not plan.lineage and plan.context.api != SANDBOX:
        yield from ("", f"⚠️ **The state is new**: {_NEW_STATE}")
    if number:
        first = creates[0].request.scheduled_at
        if first is None:
            yield from ("", f"The first is due **{AT_ONCE}**.")
        else:
            local = text(local_text(first, rows.context_of(creates[0], sheet).zone))
            yield from ("", f"The first is due **{away_text(first, sheet.context.at)}**, {local}.")
    yield from review_lines(saved.review)


def _strong(number: str) -> str:
    return f"**{number}**"


def _created(item: Item, sheet: Sheet) -> str:
    at, definition = item.request.scheduled_at, item.definition
    remarks = (definition.description, definition.owner) if definition else ()
    notes = [text(remark, 160) for remark in remarks if remark]
    if absence := item.remarks.absence:
        declared = f"{absence.provenance.by} declared that an attempt created nothing: {absence.reason}"
        notes.append(f"⚠️ {text(declared, 200)}")
    note = f"<br><sub>{' · '.join(notes)}</sub>" if notes else ""
    when, file = rows.when(at, rows.context_of(item, sheet).zone), rows.file(rows.position_of(item), sheet)
    away = rows.away(at, sheet.context.at)
    return rows.row(rows.cell_of(item) + note, when, away, rows.audience(item.audience), file)


def _waivers(items: Sequence[Item], *, needed: bool) -> Iterator[str]:
    for item in items:
        for policy, reason in item.waived.items():
            if (policy not in item.remarks.unneeded_waivers) == needed:
                verb = "sets aside" if needed else "waives"
                yield f"- {rows.title_of(item)} {verb} {code(policy)}: “{text(reason)}”"


def _changed(item: Item, sheet: Sheet) -> str:
    title = f"{rows.cell_of(item)}<br>id {code(item.record.id if item.record else '')}"
    if item.remarks.zone_change:
        title += f"<br>{text(item.remarks.zone_change.message)}"
    lines, context = [], rows.context_of(item, sheet)
    for change in item.changes:
        old, new = (rows.value(change.field, side, context) for side in (change.old, change.new))
        lines.append(rows.row(title, code(change.field), old, new))
        title = ""
    return "\n".join(lines) or rows.row(title, "", "", "")
