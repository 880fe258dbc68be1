"""The status page as GitHub Markdown: what needs a person first, inside GitHub's limits, cut honestly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.status import Row, Status
from invent_gitops.render.cells.counts import COUNTED, SHARES_NOTE, counted, number_text
from invent_gitops.render.cells.values import state_text
from invent_gitops.render.documents.envelope import read_envelope
from invent_gitops.render.documents.reading import Document
from invent_gitops.render.documents.status import read_status
from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.alarms import alarm_parts, alarms_line
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.commands import cure_cell
from invent_gitops.render.markdown.drift import look_lines
from invent_gitops.render.markdown.fit import Part, Rows, Size, fitted
from invent_gitops.render.markdown.markup import MARKDOWN, text
from invent_gitops.render.markdown.rehearsal import rehearsal_lines
from invent_gitops.render.markdown.row_details import details
from invent_gitops.render.next_step import empty_drafts
from invent_gitops.text.times import moment

COMMENT_LIMIT = 60_000
_DASH = "–"


def status_markdown(document: Document, *, files: str = "", limit: int = COMMENT_LIMIT, size: Size = len) -> str:
    """Return a status document as Markdown of at most `limit`, without a line feed at the end.

    `files` is the address that paths are appended to (`https://github.com/o/r/blob/SHA/`) or "". The limit is in what
    `size` counts; beyond it, whole rows are left out, and the text says how many.
    """
    envelope = read_envelope(document)
    if problems := envelope.problems:
        title = f"### ⛔ {len(problems):,} problem{'' if len(problems) == 1 else 's'} in the input: there is no status"
        parts = [Part([title]), rows.problems(problems, files)]
    elif error := envelope.error:
        message = " ".join(filter(None, (text(error.message), cure_cell(error.cure, between=" "))))
        parts = [Part(["### ⛔ There is no status", "", message])]
    else:
        status = read_status(document)
        parts = [Part(list(_headline(status))), *_parts(status, Sheet(status.context, files))]
    page_text = fitted(parts, limit, size)
    return page_text if size(page_text) <= limit else fitted(parts[:1], limit, size)


def _headline(status: Status) -> Iterator[str]:
    number, needy = len(status.rows), len(status.alarmed)
    plural = "" if number == 1 else "s"
    empty = empty_drafts([row.at for row in status.empty], len(status.coming), status.context.at)
    if not number:
        yield "### There are no broadcasts"
    elif needy:
        yield f"### ⚠️ {needy:,} of {number:,} broadcast{plural} need{'s' if needy == 1 else ''} a person"
        yield from ("", alarms_line(status))
    elif status.look.complete and not empty:
        yield f"### ✅ {'The one broadcast is' if number == 1 else f'All {number:,} broadcasts are'} in order"
    elif not status.look.complete:
        yield f"### ❔ {number:,} broadcast{plural}, and not all of Invent could be read"
    else:
        yield f"### ✏️ {empty}"
        empty = ""
    if empty:
        yield from ("", f"✏️ **{empty}**")
    soon = [row for row in status.coming if _within(row, status)]
    sentences = [
        f"**{len(soon):,}** due within {_span(status.soon)}",
        f"**{len(status.coming):,}** coming up",
        f"**{len(status.past):,}** sent or over",
    ]
    yield from ("", " · ".join(sentences))
    yield from look_lines(status.look, status.context)
    yield from rehearsal_lines(status.context.api)


def _within(row: Row, status: Status) -> bool:
    now = status.context.at
    return row.at is None or now <= row.at <= now + status.soon


def _span(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{span.days} days" if span.days >= 2 and hours % 24 == 0 else f"{hours:g} hours"


def _parts(status: Status, sheet: Sheet) -> Iterator[Part]:
    context = status.context
    yield from alarm_parts(status, sheet)
    if lines := Rows(status.coming, partial(_coming, status=status)):
        yield rows.table("#### Coming up, soonest first", ("When", "In", "Broadcast", "State", "To"), lines)
    if lines := Rows(status.past, partial(_past, status=status)):
        title = f"<details><summary>{len(lines):,} sent or over, newest first, and what came of it</summary>"
        heads = ("When", "Broadcast", "Recipients", *map(str.capitalize, COUNTED.values()))
        part = rows.table(title, heads, lines, folded=True)
        note = f"<sub>Times in {text(context.zone or 'UTC')}. {SHARES_NOTE}</sub>"
        yield Part(part.above, part.rows, ["", note, *part.below])
    account = f"org {text(context.org)} at {text(context.api)}"
    yield Part([f"<sub>As of {text(moment(context.at, context.zone))}, {account}</sub>"])


def _coming(row: Row, status: Status) -> str:
    context = status.context
    when, away = rows.when(row.at, context.zone), rows.away(row.at, context.at)
    title = rows.title_cell(row.key, row.request.name) + details(row, status)
    return rows.row(when, away, title, state_text(row, MARKDOWN), rows.audience(row.audience))


def _past(row: Row, status: Status) -> str:
    context = status.context
    results = [_counted(row.sending.counts, name) for name in COUNTED]
    # Nine columns have to fit: the day alone with its time, in the zone that the line below the table names.
    when = rows.when(row.at, context.zone).partition("<br>")[0]
    title = f"{rows.title_cell(row.key, row.request.name)} {state_text(row, MARKDOWN)}{details(row, status)}"
    return rows.row(when, title, number_text(row.sending.counts.recipients, _DASH), *results)


def _counted(counts: Counts, name: str) -> str:
    result = counted(counts, name)
    if not result:
        return _DASH
    return result.number + (f"<br>{result.share}" if result.share else "")
