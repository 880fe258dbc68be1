"""A plan as GitHub Markdown, for the people who review: totals first, inside GitHub's limits, cut honestly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.project import SANDBOX
from invent_gitops.render.audience import reach
from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.calendar import calendar
from invent_gitops.render.markdown.cells import SPACE, Document, Sheet
from invent_gitops.render.markdown.drift import drift_parts, look_lines
from invent_gitops.render.markdown.fit import Part, Size, fitted
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.text.times import distance, moment

# GitHub refuses a comment beyond 65,536 characters.
COMMENT_LIMIT = 60_000
_NEW_STATE = (
    "it knows of nothing that was created before. Unless this is the first plan of this project, do not approve it."
)
# How many waivers that set nothing aside are named: they must take no room from what is to be reviewed.
_IDLE = 10
# Words of the summary line, in the order of what needs a person.
_WORDS = {
    "blocked": "blocked",
    "refused": "refused",
    "changed": "changed",
    "create": "to create",
    "undefined": "undefined",
    "unchanged": "unchanged",
}


def plan_markdown(
    document: Document, *, files: str = "", limit: int = COMMENT_LIMIT, size: Size = len, elsewhere: str = ""
) -> str:
    """A plan document as Markdown of at most `limit`, without a line feed at the end.

    `files` is the address that paths are appended to (`https://github.com/o/r/blob/SHA/`) or "". The limit is in what
    `size` counts; beyond it, whole rows are left out, and the text says how many, and `elsewhere`: where they are.
    """
    sheet = Sheet(document, files)
    if problems := document["problems"]:
        title = (
            f"### ⛔ {len(problems):,} problem{'' if len(problems) == 1 else 's'} in the input: nothing can be created"
        )
        parts = [Part([title]), rows.problems(problems, sheet)]
    elif error := document["error"]:
        message = " ".join(filter(None, map(text, (error["message"], error["cure"]))))
        parts = [Part(["### ⛔ There is no plan", "", message])]
    else:
        parts = [Part(list(headline(document, sheet))), *plan_parts(document, sheet)]
    # What cannot be cut, such as the calendar, goes first where room is short; the headline stays.
    shorter = [parts[0], *(part for part in parts[1:] if part.rows)]
    tries = (fitted(some, limit, size, elsewhere) for some in (parts, shorter))
    return next((page_text for page_text in tries if size(page_text) <= limit), fitted(parts[:1], limit, size))


def plan_parts(document: Document, sheet: Sheet) -> Iterator[Part]:
    """What a plan says below its headline."""
    counts = document["counts"]
    yield from blocked_part(sheet)
    yield from refused_part(sheet)
    yield from drift_parts(sheet)
    waiving = sheet.having("create", "refused", "blocked")
    if lines := list(_waivers(waiving, needed=True)):
        yield Part(["#### ⚠️ Rules set aside, and why", ""], lines)
    creates = sheet.having("create")
    if lines := [_created(item, sheet) for item in creates]:
        yield rows.table("#### To be created, soonest first", ("Broadcast", "When", "In", "Audience", "File"), lines)
    if chart := calendar(creates, sheet.having("unchanged", "changed", "undefined"), sheet.now):
        yield Part(chart)
    if lines := [_changed(item, sheet) for item in sheet.having("changed")]:
        title = (
            f"{counts['changed']:,} changed after creation: Invent has no update, so there it stays as it was created"
        )
        heads = ("Broadcast", "Field", "As created", "As written now")
        yield rows.table(f"<details><summary>{title}</summary>", heads, lines, folded=True)
    if lines := list(_waivers(waiving, needed=False)):
        title = "1 waiver sets nothing aside" if len(lines) == 1 else f"{len(lines):,} waivers set nothing aside"
        more = [f"- and {len(lines) - _IDLE:,} more"] if len(lines) > _IDLE else []
        yield Part([f"<details><summary>{title}</summary>", "", *lines[:_IDLE], *more, "", "</details>"])
    if lines := [f"- {rows.title(item)}" for item in sheet.having("undefined")]:
        title = f"{counts['undefined']:,} recorded, but no file defines them any more: kept for the audit"
        yield Part([f"<details><summary>{title}</summary>", ""], lines, ["", "</details>"])
    target = f"org {text(document['org'])} at {text(document['api'])}"
    zones = f" Time zone data {text(document['zone_data'])}." if document.get("zone_data") else ""
    yield Part([f"<sub>Planned {text(moment(sheet.now))} for {target}.{zones} Digest {code(document['digest'])}</sub>"])


def blocked_part(sheet: Sheet) -> Iterator[Part]:
    if lines := [rows.blocked(item, sheet) for item in sheet.having("blocked")]:
        title = f"#### ⛔ {len(lines):,} blocked: may exist in Invent already, so no run creates "
        yield Part([f"{title}{'it' if len(lines) == 1 else 'them'} until somebody settles it", ""], lines)


def refused_part(sheet: Sheet) -> Iterator[Part]:
    if lines := [rows.refused(item, sheet) for item in sheet.having("refused")]:
        title = f"#### ⛔ {len(lines):,} refused: nothing is sent for {'it' if len(lines) == 1 else 'these'}"
        yield rows.table(title, ("Broadcast", "Why not", "What to do"), lines)


def headline(document: Document, sheet: Sheet) -> Iterator[str]:
    """What a plan comes to, its numbers, and when the first is sent."""
    counts, creates = document["counts"], sheet.having("create")
    number = counts["create"]
    if number:
        yield f"### {number:,} broadcast{'' if number == 1 else 's'} to create, {_total_audience(creates)}"
    else:
        yield "### Nothing can be created" if counts["blocked"] or counts["refused"] else "### Nothing to create"
    numbers = [f"**{counts[action]:,}** {word}" for action, word in _WORDS.items() if counts[action]]
    yield from ("", " · ".join(numbers) or "There are no broadcasts.")
    yield from look_lines(document)
    if document["api"] == SANDBOX and "--sandbox" not in sheet.options:
        yield from ("", "⚠️ **This is the state of the sandbox**: nothing that it records exists in Invent.")
    if number and not document["lineage"]:
        yield from ("", f"⚠️ **The state is new**: {_NEW_STATE}")
    if number:
        first = creates[0]["request"]["scheduled_at"]
        if first is None:
            yield from ("", "The first is sent **at once**.")
        else:
            away = distance(rows.instant(first), sheet.now)
            local = text(rows.local(first, rows.zone_of(creates[0], sheet)))
            yield from ("", f"The first is sent **{away}**, {local}.")


def _total_audience(items: Sequence[Document]) -> str:
    audiences = [item["audience"] or {"everyone": False, "contacts": None} for item in items]
    sizes = [(audience["everyone"], audience["contacts"]) for audience in audiences]
    return reach(sizes, lambda number: f"**{number}**")


def _created(item: Document, sheet: Sheet) -> str:
    at = item["request"]["scheduled_at"]
    notes = [text(remark, 160) for remark in (item["description"], item["owner"]) if remark]
    if absence := item.get("absence"):
        # Plans of older versions do not hold it.
        declared = f"{absence['by']} declared that an attempt created nothing: {absence['reason']}"
        notes.append(f"⚠️ {text(declared, 200)}")
    note = f"<br><sub>{' · '.join(notes)}</sub>" if notes else ""
    away = distance(rows.instant(at), sheet.now).replace(" ", SPACE) if at else "now"
    when, file = rows.when(at, rows.zone_of(item, sheet)), rows.file(item["position"], sheet)
    return rows.row(rows.cell(item) + note, when, away, rows.audience(item), file)


def _waivers(items: Sequence[Document], *, needed: bool) -> Iterator[str]:
    for item in items:
        for policy, reason in item["waived"].items():
            if (policy not in item.get("unneeded_waivers", ())) == needed:
                yield f"- {rows.title(item)} {'sets aside' if needed else 'waives'} {code(policy)}: “{text(reason)}”"


def _changed(item: Document, sheet: Sheet) -> str:
    title = f"{rows.cell(item)}<br>id {code(item['id'] or '')}"
    if change := item.get("zone_change"):
        title += f"<br>{text(change['message'])}"
    lines = []
    for change in item["changes"]:
        old, new = (rows.value(change["field"], change[side], item, sheet) for side in ("old", "new"))
        lines.append(rows.row(title, code(change["field"]), old, new))
        title = ""
    return "\n".join(lines) or rows.row(title, "", "", "")
