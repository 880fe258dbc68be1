"""The status page as GitHub Markdown: what needs a person first, inside GitHub's limits, cut honestly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from invent_gitops.model.status import SHARES
from invent_gitops.render.cells import share_text
from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.cells import SPACE, Document
from invent_gitops.render.markdown.drift import look_lines
from invent_gitops.render.markdown.fit import Part, Size, fitted
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.render.markdown.rehearsal import rehearsal_lines
from invent_gitops.render.markdown.row_details import details, poor_first
from invent_gitops.render.next_step import empty_drafts
from invent_gitops.text.times import distance, moment

COMMENT_LIMIT = 60_000
_COUNTED = {
    "delivered": "Delivered",
    "opened": "Opened",
    "click": "Clicked",
    "failed": "Failed",
    "unsubscribed": "Unsubscribed",
}
_NOTE = "Delivered and failed are shares of the recipients; opened, clicked and unsubscribed of what was delivered."


class _Sheet:
    """What every row needs to know beside itself."""

    def __init__(self, document: Document, files: str) -> None:
        self.now: datetime = rows.instant(document.get("at"))
        self.zone: str = document.get("timezone") or ""
        # What the rows of a plan need to know.
        self.plain = rows.Sheet({**document} | {"items": ()}, files)
        self.soon = timedelta(seconds=document.get("soon_seconds", 0))


def status_markdown(document: Document, *, files: str = "", limit: int = COMMENT_LIMIT, size: Size = len) -> str:
    """A status document as Markdown of at most `limit`, without a line feed at the end.

    `files` is the address that paths are appended to (`https://github.com/o/r/blob/SHA/`) or "". The limit is in what
    `size` counts; beyond it, whole rows are left out, and the text says how many.
    """
    sheet = _Sheet(document, files)
    if problems := document["problems"]:
        title = f"### ⛔ {len(problems):,} problem{'' if len(problems) == 1 else 's'} in the input: there is no status"
        parts = [Part([title]), rows.problems(problems, rows.Sheet({}, files))]
    elif error := document["error"]:
        message = " ".join(filter(None, map(text, (error["message"], error["cure"]))))
        parts = [Part(["### ⛔ There is no status", "", message])]
    else:
        parts = [Part(list(_headline(document, sheet))), *_parts(document, sheet)]
    page_text = fitted(parts, limit, size)
    return page_text if size(page_text) <= limit else fitted(parts[:1], limit, size)


def _headline(document: Document, sheet: _Sheet) -> Iterator[str]:
    counts, complete = document["counts"], document["look"]["complete"]
    number, needy = counts["rows"], counts["needs_you"]
    empty = empty_drafts(_empty(document), counts["coming"], sheet.now)
    plural = "" if number == 1 else "s"
    if not number:
        yield "### There are no broadcasts"
    elif needy:
        yield f"### ⚠️ {needy:,} of {number:,} broadcast{plural} need{'s' if needy == 1 else ''} a person"
    elif complete and not empty:
        yield f"### ✅ {'The one broadcast is' if number == 1 else f'All {number:,} broadcasts are'} in order"
    elif not complete:
        yield f"### ❔ {number:,} broadcast{plural}, and not all of Invent could be read"
    else:
        yield f"### ✏️ {empty}"
        empty = ""
    if empty:
        yield from ("", f"✏️ **{empty}**")
    soon = [row for row in document["rows"] if not row["past"] and _within(row, sheet)]
    sentences = [
        f"**{len(soon):,}** due within {_span(sheet.soon)}",
        f"**{counts['coming']:,}** coming up",
        f"**{counts['past']:,}** sent or over",
    ]
    yield from ("", " · ".join(sentences))
    yield from look_lines(document)
    yield from rehearsal_lines(document["api"])


def _empty(document: Document) -> list[datetime | None]:
    """The hours of what is still to come, and Invent shows as a draft without any message."""
    drafts = [row for row in document["rows"] if not row["past"] and row["state"] == "DRAFT" and row["templates"] == 0]
    return [rows.instant(row["scheduled_at"]) if row["scheduled_at"] else None for row in drafts]


def _within(row: Document, sheet: _Sheet) -> bool:
    at = row["scheduled_at"]
    return at is None or sheet.now <= rows.instant(at) <= sheet.now + sheet.soon


def _span(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{span.days} days" if span.days >= 2 and hours % 24 == 0 else f"{hours:g} hours"


def _parts(document: Document, sheet: _Sheet) -> Iterator[Part]:
    every = document["rows"]
    if lines := [_alarmed(row, sheet) for row in sorted(every, key=poor_first) if row["warnings"]]:
        yield rows.table("#### Needs a person", ("Broadcast", "When", "What is wrong", "What to do"), lines)
    if lines := [_coming(row, sheet) for row in every if not row["past"]]:
        yield rows.table("#### Coming up, soonest first", ("When", "In", "Broadcast", "State", "To"), lines)
    past = [row for row in every if row["past"]]
    if lines := [_past(row, sheet) for row in past]:
        title = f"<details><summary>{len(lines):,} sent or over, newest first, and what came of it</summary>"
        heads = ("When", "Broadcast", "Recipients", *_COUNTED.values())
        part = rows.table(title, heads, lines, folded=True)
        yield Part(
            part.above, part.rows, ["", f"<sub>Times in {text(sheet.zone or 'UTC')}. {_NOTE}</sub>", *part.below]
        )
    account = f"org {text(document['org'])} at {text(document['api'])}"
    yield Part([f"<sub>As of {text(moment(sheet.now, sheet.zone))}, {account}</sub>"])


def _alarmed(row: Document, sheet: _Sheet) -> str:
    file = {"file": row["file"], "line": row["line"]} if row["file"] else None
    position = f"<br>{rows.file(file, sheet.plain)}" if file else ""
    whats = [f"{text(it['message'])} {code(it['rule'])}" for it in row["warnings"]]
    whats += list(_fields(row, sheet)) if any(it["rule"] == "drift" for it in row["warnings"]) else []
    cures = [text(it["cure"]) for it in row["warnings"]]
    away = "" if row["scheduled_at"] is None else f"<br>{distance(rows.instant(row['scheduled_at']), sheet.now)}"
    when = rows.when(row["scheduled_at"], row["timezone"] or sheet.zone) + away
    return rows.row(rows.cell(row) + position + details(row, sheet.zone), when, "<br>".join(whats), "<br>".join(cures))


def _fields(row: Document, sheet: _Sheet) -> Iterator[str]:
    for change in (row["drift"] or {}).get("fields", ()):
        old, new = (rows.value(change["field"], change[side], row, sheet.plain) for side in ("recorded", "live"))
        yield f"{code(change['field'])} recorded {old}<br>in Invent {new}"


def _coming(row: Document, sheet: _Sheet) -> str:
    at = row["scheduled_at"]
    away = distance(rows.instant(at), sheet.now).replace(" ", SPACE) if at else "now"
    return rows.row(
        rows.when(at, sheet.zone), away, rows.cell(row) + details(row, sheet.zone), _state(row), rows.audience(row)
    )


def _past(row: Document, sheet: _Sheet) -> str:
    counts = row["counts"]
    counted = [_counted(row, name) for name in _COUNTED]
    # Nine columns have to fit: the day alone with its time, in the zone that the line below the table names.
    when = rows.when(row["scheduled_at"], sheet.zone).partition("<br>")[0]
    return rows.row(
        when, f"{rows.cell(row)} {_state(row)}{details(row, sheet.zone)}", _number(counts["recipients"]), *counted
    )


def _state(row: Document) -> str:
    state = text(row["state"], 40) or "no status"
    return state if row["read"] else f"not read (was {state})"


def _counted(row: Document, name: str) -> str:
    count, total = row["counts"][name], row["counts"][SHARES[name]]
    if count is None or not row["counts"]["recipients"]:
        return "–"
    share = share_text(count, total)
    return f"{count:,}" + (f"<br>{share}" if share else "")


def _number(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"
