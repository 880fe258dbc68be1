"""What became of an apply as GitHub Markdown: the outcome first, then what needs a person, then ids, then the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from invent_gitops.model.outcome import Outcome
from invent_gitops.render.cells.times import local_text
from invent_gitops.render.documents.envelope import read_envelope
from invent_gitops.render.documents.plan import SavedPlan
from invent_gitops.render.documents.reading import Document
from invent_gitops.render.documents.report import SavedTwin, read_report
from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.commands import WHOLE
from invent_gitops.render.markdown.fit import Part, Rows, Size, fitted
from invent_gitops.render.markdown.headcount import exceeding_part
from invent_gitops.render.markdown.headline import Ledger, head
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.render.markdown.next_step import next_lines
from invent_gitops.render.markdown.plan import COMMENT_LIMIT, blocked_part, headline, plan_parts, refused_part
from invent_gitops.render.markdown.unreachable import unreachable_parts, with_unreachable_head
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
    guide: str = "",
) -> str:
    """Return a report document as Markdown of at most `limit`, without a line feed at the end.

    `files`, `limit`, `elsewhere` and `guide` are those of `plan_markdown`. The plan is folded
    below, with as much of it as there
    is room for, unless `with_plan` says that it stands elsewhere already.
    """
    ledger = Ledger(read_envelope(document), read_report(document), files, guide)
    unreached = ledger.plan.unreachable if ledger.plan else ()
    parts = [Part(with_unreachable_head([*head(ledger), *next_lines(ledger)], unreached, ledger.sheet.context))]
    if ledger.envelope.problems:
        parts.append(rows.problems(ledger.envelope.problems, files))
    parts += _parts(ledger)
    # Room for the line that says that the plan is left out, at least.
    folds = bool(ledger.saved.plan and ledger.items) and with_plan
    listing = code(f"invent-gitops state list{ledger.sheet.context.flags}", WHOLE)
    hint = f"{listing} shows every id. {elsewhere}".strip()
    page_text = fitted(parts, limit - (size(_LEFT_OUT) + 2 if folds else 0), size, hint)
    if size(page_text) > limit:
        return fitted(parts[:1], limit, size)
    if not folds:
        return page_text
    folded = _plan(ledger.saved.plan, ledger.sheet, limit - size(page_text) - 2, size)
    return f"{page_text}\n\n{folded}" if folded else page_text


def _parts(ledger: Ledger) -> Iterator[Part]:
    reported = {outcome.key for outcome in ledger.outcomes}
    remainder = ledger.sheet.over([item for item in ledger.sheet.items if item.key not in reported])
    if twins := ledger.saved.twins:
        yield Part(["#### ⛔ Twice in Invent: both would be sent", ""], [_twin(twin) for twin in twins])
    unknown = ledger.having("unknown")
    if ledger.cut_off:
        title = "#### ⚠️ May have been created: running it again is safe, and it looks in Invent first"
        yield from _tabled(title, ("Broadcast", "When", "Audience"), unknown, _begun, ledger)
        unknown = []
    yield from _listed("#### ⛔ Look in Invent, then settle it with one of the commands", unknown, _unknown, ledger)
    title = "#### ⛔ Created in Invent, but not recorded: keep these ids"
    yield from _listed(title, ledger.unrecorded, _unrecorded, ledger)
    yield from blocked_part(remainder)
    if ledger.plan:
        yield from unreachable_parts(ledger.plan.unreachable, ledger.sheet)
    title = "#### ❌ Not created: nothing was sent, so run it again when the reason is gone"
    yield from _tabled(title, ("Broadcast", "Why not"), ledger.having("not-created"), _reason, ledger)
    title = "#### ⚠️ Not attempted: running it again is safe"
    yield from _tabled(title, ("Broadcast", "Why not"), ledger.having("not-attempted"), _reason, ledger)
    differing = [outcome for outcome in ledger.outcomes if outcome.differs]
    title = "#### ⚠️ Invent's answer is not what was asked for: look at it in Invent"
    yield from _tabled(title, ("Broadcast", "Id", "Differs in"), differing, _differs, ledger)
    yield from exceeding_part(ledger.outcomes, ledger.saved.exceeding)
    yield from refused_part(remainder)
    heads = ("Broadcast", "Id in Invent", "When", "Audience")
    yield from _tabled("#### Created", heads, ledger.having("created"), _done, ledger)
    title = "#### Found in Invent, exactly as asked for, and recorded"
    yield from _tabled(title, heads, ledger.having("adopted"), _done, ledger)
    title = "#### Created already, by another run"
    yield from _tabled(title, heads, ledger.having("already-created"), _done, ledger)
    yield from _origin(ledger)


def _listed(
    title: str, outcomes: Sequence[Outcome], written: Callable[[Outcome, Ledger], str], ledger: Ledger
) -> Iterator[Part]:
    if outcomes:
        yield Part([title, ""], Rows(outcomes, lambda outcome: written(outcome, ledger)))


def _tabled(
    title: str,
    heads: Sequence[str],
    outcomes: Sequence[Outcome],
    written: Callable[[Outcome, Ledger], str],
    ledger: Ledger,
) -> Iterator[Part]:
    if outcomes:
        yield rows.table(title, heads, Rows(outcomes, lambda outcome: written(outcome, ledger)))


# ---------------------------------------------------------------- rows


def _twin(saved: SavedTwin) -> str:
    """Return the ids as code, since they are to be copied."""
    twin = saved.twin
    recorded, status = code(twin.recorded, WHOLE), text(twin.other.status or "no status", 40)
    first = (
        f"- {code(twin.key)} is recorded as {recorded}, and Invent has another one exactly like it, which no record "
    )
    lines = [f"{first}knows: {code(twin.other.id, WHOLE)} ({status})."]
    if twin.superfluous:
        lines.append(f"  - Better deleted in Invent: {code(twin.superfluous, WHOLE)}.")
    elif not twin.right:
        lines.append("  - Look at both in Invent, and delete one of them.")
    if saved.command:
        first = "After that" if twin.right else f"If that is {recorded}"
        lines.append(f"  - {first}: {code(saved.command, WHOLE)}")
    return "\n".join(lines)


def _unknown(outcome: Outcome, ledger: Ledger) -> str:
    reason = [text(outcome.reason)] if outcome.reason else []
    if intent := ledger.saved.doubts.get(outcome.key):
        notes = (*reason, *_requested(outcome, ledger))
        return rows.blocked(outcome.key, outcome.name, intent, ledger.sheet, *notes)
    id = f" id {code(outcome.id)}." if outcome.id else ""
    plan = code(f"invent-gitops plan{ledger.sheet.context.flags}", WHOLE)
    return f"- {_title(outcome)}:{id} {' '.join(reason) or f'{plan} says how to settle it.'}"


def _requested(outcome: Outcome, ledger: Ledger) -> Iterator[str]:
    """Yield what to look for in Invent."""
    if item := ledger.items.get(outcome.key):
        when = text(local_text(item.request.scheduled_at, rows.context_of(item, ledger.sheet).zone))
        recipients = f" to {rows.audience(item.audience).replace('<br>', ', ')}" if item.audience else ""
        yield f"To be sent {when}{recipients}."


def _begun(outcome: Outcome, ledger: Ledger) -> str:
    return rows.row(_cell(outcome), *_when_and_audience(outcome, ledger))


def _when_and_audience(outcome: Outcome, ledger: Ledger) -> tuple[str, str]:
    item = ledger.items.get(outcome.key)
    if item is None:
        return "", ""
    when = rows.when(item.request.scheduled_at, rows.context_of(item, ledger.sheet).zone)
    return when, rows.audience(item.audience) if item.audience else ""


def _unrecorded(outcome: Outcome, ledger: Ledger) -> str:
    command = resolving(ledger.sheet.context.flags, outcome.key, f"--id {quoted(outcome.id)}")
    return (
        f"- {_title(outcome)} is {code(outcome.id)}. The next run looks for it; "
        f"if it cannot find it, {code(command, WHOLE)} records it."
    )


def _reason(outcome: Outcome, ledger: Ledger) -> str:
    item = ledger.items.get(outcome.key)
    file = rows.file(rows.position_of(item), ledger.sheet) if item else ""
    return rows.row(
        _cell(outcome) + (f"<br>{file}" if file else ""),
        text(outcome.reason or "Not attempted."),
    )


def _differs(outcome: Outcome, ledger: Ledger) -> str:
    return rows.row(_cell(outcome), code(outcome.id), ", ".join(map(code, outcome.differs)))


def _done(outcome: Outcome, ledger: Ledger) -> str:
    id = code(outcome.id)
    if outcome.key in ledger.unrecorded_keys:
        id += "<br><b>not recorded</b>"
    elif outcome.reason:
        id += f"<br><sub>{text(outcome.reason, 160)}</sub>"
    return rows.row(_cell(outcome), id, *_when_and_audience(outcome, ledger))


def _title(outcome: Outcome) -> str:
    return rows.title(outcome.key, outcome.name)


def _cell(outcome: Outcome) -> str:
    return rows.title_cell(outcome.key, outcome.name)


# ---------------------------------------------------------------- below


def _origin(ledger: Ledger) -> Iterator[Part]:
    provenance = ledger.saved.provenance
    if not provenance:
        return
    ended = f"Ended {moment(provenance.at)}, run {rows.made_by(provenance)}"
    if provenance.commit:
        ended += f" from commit {code(provenance.commit[:12])}"
    recorded = ledger.having("created", "adopted", "already-created")
    state = f"; recorded in {code(ledger.saved.state_label)}" if recorded else ""
    yield Part([f"<sub>{ended}{state}.</sub>"])


def _plan(saved: SavedPlan | None, sheet: Sheet, room: int, size: Size) -> str:
    """Return the plan as it was, folded, in at most `room`; without room for it, a line says so."""
    above, below = "<details><summary>The plan as it was</summary>\n\n", "\n\n</details>"
    space = room - size(above) - size(below)
    if saved and space >= _LEAST:
        first, *more = headline(saved, sheet)
        # One level below the headline of the page.
        page_text = fitted([Part([f"#{first}", *more]), *plan_parts(saved, sheet)], space, size)
        if size(page_text) <= space:
            return f"{above}{page_text}{below}"
    return _LEFT_OUT if size(_LEFT_OUT) <= room else ""
