"""Rows and cells that the Markdown of a plan, of a report and of a status share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from invent_gitops.model.context import Context
from invent_gitops.model.plan import Action, Audience, Item
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.state import Candidate, Intent, Provenance
from invent_gitops.render.cells.attempts import NOT_LISTED, likeness_text, settling
from invent_gitops.render.cells.audience import names_text, size_text
from invent_gitops.render.cells.times import away_text, moment_and_away, when_cell
from invent_gitops.render.cells.values import value_text
from invent_gitops.render.markdown.commands import WHOLE, cure_cell
from invent_gitops.render.markdown.fit import Part, Rows
from invent_gitops.render.markdown.markup import MARKDOWN, address, code, link, text
from invent_gitops.values import Struct, replace

SPACE = "\u00a0"


class Sheet(Struct, frozen=True):
    """What every row needs beside its item.

    `files` is the address that paths are appended to, or "", and `guide` that of the page on changes, or "".
    `items` are those of a plan, soonest first. A page that is
    not `dated` has no moment: it says how far away nothing is.
    """

    context: Context
    files: str = ""
    items: tuple[Item, ...] = ()
    dated: bool = True
    guide: str = ""

    def over(self, items: Sequence[Item]) -> Sheet:
        """Return the same sheet over these items, soonest first."""
        return replace(self, items=tuple(sorted(items, key=_soonest)))

    def having(self, *actions: Action) -> list[Item]:
        return [item for item in self.items if item.action in actions]


def _soonest(item: Item) -> tuple[datetime, str]:
    return item.request.scheduled_at or datetime.min.replace(tzinfo=UTC), item.key


def table(title: str, heads: Sequence[str], rows: Sequence[str], *, folded: bool = False) -> Part:
    above = [title, "", row(*heads), "|" + " --- |" * len(heads)]
    return Part(above, rows, ["", "</details>"] if folded else [])


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def title(key: str, name: str) -> str:
    return f"<b>{text(name)}</b> {code(key)}"


def title_cell(key: str, name: str) -> str:
    return f"<b>{text(name)}</b><br>{code(key)}"


def title_of(item: Item) -> str:
    return title(item.key, item.request.name)


def cell_of(item: Item) -> str:
    return title_cell(item.key, item.request.name)


def when(at: datetime | None, zone: str) -> str:
    """Return the day and the time on one line, which does not break; below it the zone, and the time in UTC."""
    parts = when_cell(at, zone)
    zone_line = f"<br>{text(parts.zone).replace(' ', SPACE)}" if parts.zone else ""
    clock = parts.clock.replace(" ", SPACE) if parts.zone else parts.clock
    return f"<b>{clock}</b>{zone_line}"


def away(at: datetime | None, now: datetime) -> str:
    return away_text(at, now).replace(" ", SPACE)


def audience(recipients: Audience | None) -> str:
    if not recipients:
        return "unknown"
    names, size = names_text(recipients, MARKDOWN), size_text(recipients)
    return (f"<b>{names}</b>" if recipients.everyone else names) + (f"<br>{size}" if size else "")


def value(field: str, raw: object, context: Context) -> str:
    return value_text(field, raw, context, MARKDOWN)


def context_of(item: Item, sheet: Sheet) -> Context:
    """In the zone that the item's author wrote, if there is one."""
    return sheet.context.within(item.definition.timezone if item.definition else "")


def refused(item: Item, sheet: Sheet) -> str:
    reasons = [f"{text(refusal.message)} {code(refusal.policy)}" for refusal in item.refusals]
    cures = [cure_cell(refusal.cure, sheet.context.flags) for refusal in item.refusals]
    position = item.refusals[0].position if item.refusals else position_of(item)
    return row(f"{cell_of(item)}<br>{file(position, sheet)}", "<br>".join(reasons), "<br>".join(cures))


def position_of(item: Item) -> Position | None:
    return item.definition.position if item.definition else None


def blocked(key: str, name: str, intent: Intent, sheet: Sheet, *notes: str) -> str:
    """Return a key in doubt: its attempt, `notes`, what the list shows of it, and the commands that settle it."""
    ago = moment_and_away(intent.provenance.at, sheet.context.at if sheet.dated else None)
    lines = [f"- {title(key, name)}: attempted {ago} {made_by(intent.provenance)}; the answer is not known."]
    lines += [f"  - {note}" for note in notes]
    if intent.candidates is None:
        reconcile = code(f"invent-gitops reconcile{sheet.context.flags}", WHOLE)
        lines.append(f"  - Nobody has looked yet: {reconcile} does.")
    elif not intent.candidates:
        lines.append(f"  - {NOT_LISTED}")
    lines += [f"  - {_candidate(candidate)}" for candidate in intent.candidates or ()]
    lines += [
        f"  - If {settled.answer}: {code(settled.command, WHOLE)}"
        for settled in settling(key, intent, sheet.context, dated=sheet.dated)
    ]
    return "\n".join(lines)


def _candidate(candidate: Candidate) -> str:
    remote = candidate.remote
    return f"Found {code(remote.id)} <b>{text(remote.request.name)}</b>: {likeness_text(candidate, MARKDOWN)}."


def made_by(provenance: Provenance) -> str:
    """Return who did it and in which run, which is linked."""
    run = address(provenance.run)
    return f"by {text(provenance.by)}" + (f" in [this run]({run})" if run else "")


def problems(listed: Sequence[Problem], files: str) -> Part:
    return Part([], Rows(listed, lambda problem: _problem(problem, files)))


def _problem(problem: Problem, files: str) -> str:
    sentence = " ".join(filter(None, (text(problem.message), cure_cell(problem.cure, between=" "))))
    return f"- {_file(problem.position, files, numbered=True)} {sentence} {code(problem.rule)}"


def file(position: Position | None, sheet: Sheet) -> str:
    return _file(position, sheet.files)


def _file(position: Position | None, files: str, *, numbered: bool = False) -> str:
    if not position or not position.file:
        return ""
    return link(position.file, position.line, files) + (f" line {position.line}:" if position.line and numbered else "")
