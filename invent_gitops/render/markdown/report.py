"""What became of an apply as GitHub Markdown: the outcome first, then what needs a person, then ids, then the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.cells import Document
from invent_gitops.render.markdown.fit import Part, Size, fitted
from invent_gitops.render.markdown.headline import Ledger, head
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.render.markdown.plan import COMMENT_LIMIT, blocked_part, headline, plan_parts, refused_part
from invent_gitops.text.commands import quoted, resolving
from invent_gitops.text.times import moment

_LEFT_OUT = "<sub>The plan is left out here, since it does not fit.</sub>"
# Below this a folded plan would hold nothing worth unfolding.
_LEAST = 800


def report_markdown(
    document: Document,
    *,
    files: str = "",
    limit: int = COMMENT_LIMIT,
    size: Size = len,
    with_plan: bool = True,
    elsewhere: str = "",
) -> str:
    """A report document as Markdown of at most `limit`, without a line feed at the end.

    `files`, `limit` and `elsewhere` are those of `plan_markdown`. The plan is folded below, with as much of it as there
    is room for, unless `with_plan` says that it stands elsewhere already.
    """
    ledger = Ledger(document, files)
    parts = [Part(list(head(ledger)))]
    if document["problems"]:
        parts.append(rows.problems(document["problems"], ledger.sheet))
    parts += _parts(ledger)
    # Room for the line that says that the plan is left out, at least.
    folds = bool(ledger.items) and with_plan
    hint = f"{code(f'invent-gitops state list{ledger.sheet.options}', rows.WHOLE)} shows every id. {elsewhere}".strip()
    page_text = fitted(parts, limit - (size(_LEFT_OUT) + 2 if folds else 0), size, hint)
    if size(page_text) > limit:
        return fitted(parts[:1], limit, size)
    if not folds:
        return page_text
    folded = _plan(ledger, limit - size(page_text) - 2, size)
    return f"{page_text}\n\n{folded}" if folded else page_text


def _parts(ledger: Ledger) -> Iterator[Part]:
    reported = {outcome["key"] for outcome in ledger.outcomes}
    remainder = ledger.sheet.over([item for item in ledger.sheet.items if item["key"] not in reported])
    yield from _listed("#### ⛔ Twice in Invent: both would be sent", ledger.twins, _twin, ledger)
    unknown = ledger.having("unknown")
    if ledger.cut_off:
        title = "#### ⚠️ May have been created: running it again is safe, and it looks in Invent first"
        yield from _tabled(title, ("Broadcast", "When", "Audience"), unknown, _begun, ledger)
        unknown = []
    yield from _listed("#### ⛔ Look in Invent, then settle it with one of the commands", unknown, _unknown, ledger)
    title = "#### ⛔ Created in Invent, but not recorded: keep these ids"
    yield from _listed(title, ledger.unrecorded, _unrecorded, ledger)
    yield from blocked_part(remainder)
    title = "#### ❌ Not created: nothing was sent, so run it again when the reason is gone"
    yield from _tabled(title, ("Broadcast", "Why not"), ledger.having("not-created"), _reason, ledger)
    title = "#### ⚠️ Not attempted: running it again is safe"
    yield from _tabled(title, ("Broadcast", "Why not"), ledger.having("not-attempted"), _reason, ledger)
    differing = [outcome for outcome in ledger.outcomes if outcome["differs"]]
    title = "#### ⚠️ Invent's answer is not what was asked for: look at it in Invent"
    yield from _tabled(title, ("Broadcast", "Id", "Differs in"), differing, _differs, ledger)
    yield from refused_part(remainder)
    heads = ("Broadcast", "Id in Invent", "When", "Audience")
    yield from _tabled("#### Created", heads, ledger.having("created"), _done, ledger)
    title = "#### Found in Invent, exactly as asked for, and recorded"
    yield from _tabled(title, heads, ledger.having("adopted"), _done, ledger)
    title = "#### Created already, by another run"
    yield from _tabled(title, heads, ledger.having("already-created"), _done, ledger)
    yield from _origin(ledger)


def _listed(
    title: str, outcomes: Sequence[Document], written: Callable[[Document, Ledger], str], ledger: Ledger
) -> Iterator[Part]:
    if outcomes:
        yield Part([title, ""], [written(outcome, ledger) for outcome in outcomes])


def _tabled(
    title: str,
    heads: Sequence[str],
    outcomes: Sequence[Document],
    written: Callable[[Document, Ledger], str],
    ledger: Ledger,
) -> Iterator[Part]:
    if outcomes:
        yield rows.table(title, heads, [written(outcome, ledger) for outcome in outcomes])


# ---------------------------------------------------------------- rows


def _twin(twin: Document, ledger: Ledger) -> str:
    """The ids as code, since they are to be copied."""
    mine, other = code(twin["id"], rows.WHOLE), twin["other"]
    first = f"- {code(twin['key'])} is recorded as {mine}, and Invent has another one exactly like it, which no record "
    lines = [f"{first}knows: {code(other['id'], rows.WHOLE)} ({text(other['status'] or 'no status', 40)})."]
    if twin["superfluous"]:
        lines.append(f"  - Better deleted in Invent: {code(twin['superfluous'], rows.WHOLE)}.")
    elif not twin["right"]:
        lines.append("  - Look at both in Invent, and delete one of them.")
    if twin["command"]:
        first = "After that" if twin["right"] else f"If that is {mine}"
        lines.append(f"  - {first}: {code(twin['command'], rows.WHOLE)}")
    return "\n".join(lines)


def _unknown(outcome: Document, ledger: Ledger) -> str:
    reason = [text(outcome["reason"])] if outcome["reason"] else []
    if outcome.get("intent"):
        return rows.blocked(outcome, ledger.sheet, *reason, *_wanted(outcome, ledger))
    id = f" id {code(outcome['id'])}." if outcome["id"] else ""
    plan = code(f"invent-gitops plan{ledger.sheet.options}")
    return f"- {rows.title(outcome)}:{id} {' '.join(reason) or f'{plan} says how to settle it.'}"


def _wanted(outcome: Document, ledger: Ledger) -> Iterator[str]:
    """What to look for in Invent."""
    if item := ledger.items.get(outcome["key"]):
        when = text(rows.local(item["request"]["scheduled_at"], rows.zone_of(item, ledger.sheet)))
        recipients = f" to {rows.audience(item).replace('<br>', ', ')}" if item["audience"] else ""
        yield f"To be sent {when}{recipients}."


def _begun(outcome: Document, ledger: Ledger) -> str:
    item = ledger.items.get(outcome["key"])
    if item is None:
        return rows.row(rows.cell(outcome), "", "")
    when = rows.when(item["request"]["scheduled_at"], rows.zone_of(item, ledger.sheet))
    return rows.row(rows.cell(outcome), when, rows.audience(item) if item["audience"] else "")


def _unrecorded(outcome: Document, ledger: Ledger) -> str:
    command = resolving(ledger.sheet.options, outcome["key"], f"--id {quoted(outcome['id'] or '')}")
    return (
        f"- {rows.title(outcome)} is {code(outcome['id'] or '')}. The next run looks for it; "
        f"if it cannot find it, {code(command, rows.WHOLE)} records it."
    )


def _reason(outcome: Document, ledger: Ledger) -> str:
    item = ledger.items.get(outcome["key"])
    file = rows.file(item["position"], ledger.sheet) if item else ""
    return rows.row(
        rows.cell(outcome) + (f"<br>{file}" if file else ""),
        text(outcome["reason"] or "Its turn did not come."),
    )


def _differs(outcome: Document, ledger: Ledger) -> str:
    return rows.row(rows.cell(outcome), code(outcome["id"] or ""), ", ".join(map(code, outcome["differs"])))


def _done(outcome: Document, ledger: Ledger) -> str:
    item = ledger.items.get(outcome["key"])
    id = code(outcome["id"] or "")
    if not outcome["recorded"]:
        id += "<br><b>not recorded</b>"
    elif outcome["reason"]:
        id += f"<br><sub>{text(outcome['reason'], 160)}</sub>"
    if item is None:
        return rows.row(rows.cell(outcome), id, "", "")
    when = rows.when(item["request"]["scheduled_at"], rows.zone_of(item, ledger.sheet))
    recipients = rows.audience(item) if item["audience"] else ""
    return rows.row(rows.cell(outcome), id, when, recipients)


# ---------------------------------------------------------------- below


def _origin(ledger: Ledger) -> Iterator[Part]:
    document = ledger.document
    if not document.get("at"):
        return
    ended = f"Ended {moment(rows.instant(document['at']))}, run {rows.made_by(document)}"
    if document["commit"]:
        ended += f" from commit {code(document['commit'][:12])}"
    state = f"; recorded in {code(document['state'])}" if ledger.having("created", "adopted", "already-created") else ""
    yield Part([f"<sub>{ended}{state}.</sub>"])


def _plan(ledger: Ledger, room: int, size: Size) -> str:
    """The plan as it was, folded, in at most `room`; if there is none for it, a line says so."""
    above, below = "<details><summary>The plan as it was</summary>\n\n", "\n\n</details>"
    space = room - size(above) - size(below)
    if space >= _LEAST:
        first, *more = headline(ledger.plan, ledger.sheet)
        # One level below the headline of the page.
        page_text = fitted([Part([f"#{first}", *more]), *plan_parts(ledger.plan, ledger.sheet)], space, size)
        if size(page_text) <= space:
            return f"{above}{page_text}{below}"
    return _LEFT_OUT if size(_LEFT_OUT) <= room else ""
