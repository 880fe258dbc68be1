"""What became of an apply as GitHub Markdown: the outcome first, then what needs a person, then ids, then the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from invent_gitops.model.command import quoted, resolving
from invent_gitops.render import rows
from invent_gitops.render.fitting import Part, Size, fitted
from invent_gitops.render.markdown import COMMENT_LIMIT, blocked_part, headline, plan_parts, refused_part
from invent_gitops.render.markup import code, text
from invent_gitops.render.rows import Document, Sheet
from invent_gitops.render.when import moment

# Words of the line of numbers, in the order of what needs a person.
_WORDS = {
    "unknown": "may have been created",
    "not-created": "not created",
    "not-attempted": "not attempted",
    "created": "created",
    "adopted": "found in Invent and recorded",
    "already-created": "created by another run",
}
# The headline of a run that found all as it should be.
NOTHING = "Nothing was left to create"
_LEFT_OUT = "<sub>The plan is left out here, since it does not fit.</sub>"
# Below this a folded plan would hold nothing worth unfolding.
_LEAST = 800


class Ledger:
    """The outcomes of a report by what became of them, and the plan that they came of."""

    def __init__(self, document: Document, files: str) -> None:
        self.document = document
        self.plan: Document = document.get("plan") or {}
        self.sheet = Sheet(self.plan, files)
        self.items = {item["key"]: item for item in self.sheet.items}
        self.outcomes: Sequence[Document] = sorted(document.get("outcomes", ()), key=self._soonest)
        self.unrecorded = [one for one in self.having("created", "adopted") if not one["recorded"]]

    def having(self, *fates: str) -> list[Document]:
        return [outcome for outcome in self.outcomes if outcome["outcome"] in fates]

    def count(self, action: str) -> int:
        """How many keys the plan had with that action."""
        return self.plan["counts"][action] if self.plan else 0

    def _soonest(self, outcome: Document) -> tuple[bool, str, str]:
        item = self.items.get(outcome["key"])
        return item is None, item["request"]["scheduled_at"] or "" if item else "", outcome["key"]


class _Case(NamedTuple):
    """A headline: the number that it is about, the words for one and for several."""

    number: int
    one: str
    several: str


def report_markdown(
    document: Document, *, files: str = "", limit: int = COMMENT_LIMIT, size: Size = len, with_plan: bool = True
) -> str:
    """A report document as Markdown of at most `limit`, without a line feed at the end.

    `files` and `limit` are those of `plan_markdown`. The plan is folded below, with as much of it as there is room
    for, unless `with_plan` says that it stands elsewhere already.
    """
    ledger = Ledger(document, files)
    parts = [Part(list(_head(ledger)))]
    if document["problems"]:
        parts.append(rows.problems(document["problems"], ledger.sheet))
    parts += _parts(ledger)
    # Room for the line that says that the plan is left out, at least.
    folds = bool(ledger.items) and with_plan
    made = fitted(parts, limit - (size(_LEFT_OUT) + 2 if folds else 0), size)
    if size(made) > limit:
        return fitted(parts[:1], limit, size)
    if not folds:
        return made
    folded = _plan(ledger, limit - size(made) - 2, size)
    return f"{made}\n\n{folded}" if folded else made


def _parts(ledger: Ledger) -> Iterator[Part]:
    told = {outcome["key"] for outcome in ledger.outcomes}
    rest = ledger.sheet.over([item for item in ledger.sheet.items if item["key"] not in told])
    unknown = ledger.having("unknown")
    yield from _listed("#### ⛔ Look in Invent, then settle it with one of the commands", unknown, _unknown, ledger)
    title = "#### ⛔ Created in Invent, but not recorded: keep these ids"
    yield from _listed(title, ledger.unrecorded, _unrecorded, ledger)
    yield from blocked_part(rest)
    title = "#### ❌ Not created: nothing was sent, so run it again when the reason is gone"
    yield from _tabled(title, ("Broadcast", "Why not"), ledger.having("not-created"), _reason, ledger)
    title = "#### ⚠️ Not attempted: running it again is safe"
    yield from _tabled(title, ("Broadcast", "Why not"), ledger.having("not-attempted"), _reason, ledger)
    differing = [outcome for outcome in ledger.outcomes if outcome["differs"]]
    title = "#### ⚠️ Invent's answer is not what was asked for: look at it in Invent"
    yield from _tabled(title, ("Broadcast", "Id", "Differs in"), differing, _differs, ledger)
    yield from refused_part(rest)
    heads = ("Broadcast", "Id in Invent", "When", "Audience")
    yield from _tabled("#### Created", heads, ledger.having("created"), _done, ledger)
    title = "#### Found in Invent, exactly as asked for, and recorded"
    yield from _tabled(title, heads, ledger.having("adopted"), _done, ledger)
    title = "#### Created by another run meanwhile"
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


# ---------------------------------------------------------------- the head


def _head(ledger: Ledger) -> Iterator[str]:
    document = ledger.document
    yield f"### {_verdict(ledger)}"
    numbers = [f"**{len(found):,}** {word}" for fate, word in _WORDS.items() if (found := ledger.having(fate))]
    numbers += [f"**{count:,}** {action}" for action in ("blocked", "refused") if (count := ledger.count(action))]
    # A single number is in the headline already.
    if len(numbers) > 1:
        yield from ("", " · ".join(numbers))
    if error := document["error"]:
        yield from ("", " ".join(filter(None, map(text, (error["message"], error["cure"])))))
    if document.get("stopped") and (document["error"] or ledger.having("not-created", "not-attempted")):
        yield from ("", "It was stopped as asked. **Run it again to go on; nothing is created twice.**")


def _verdict(ledger: Ledger) -> str:
    """One line that says it all, the worst first."""
    if count := len(ledger.document["problems"]):
        return f"⛔ {count:,} problem{'' if count == 1 else 's'} in the input: nothing was created"
    cases = [*_bad(ledger), *([] if ledger.document["error"] else _good(ledger))]
    for number, one, several in cases:
        if number:
            return one if number == 1 else several.format(f"{number:,}")
    return _failure(ledger) if ledger.document["error"] else _nothing(ledger)


def _bad(ledger: Ledger) -> Iterator[_Case]:
    created = len(ledger.having("created"))
    first = f"{created:,} created, " if created else ""
    look = "look before anyone retries"
    yield _Case(
        len(ledger.having("unknown")),
        f"⛔ {first}1 may have been created: {look}",
        f"⛔ {first}{{}} may have been created: {look}",
    )
    told = "⛔ {} created, but not recorded: keep the ids below"
    yield _Case(len(ledger.unrecorded), told.format(1), told)
    if ledger.document["exit_code"] == _UNSETTLED and not ledger.document["error"]:
        told = f"⛔ {first}{{}} still in doubt: {look}"
        yield _Case(ledger.count("blocked"), told.format(1), told)
        yield _Case(1, f"⛔ {first}something else is still in doubt: {look}", "")
    told = f"❌ {first}{{}} not created: a re-run is safe"
    yield _Case(len(ledger.having("not-created")), told.format(1), told)
    left = len(ledger.having("not-attempted"))
    if ledger.document["error"] or ledger.document.get("stopped"):
        told = f"⚠️ Stopped after {created:,} of {created + left:,}: a re-run goes on with the rest"
        yield _Case(left, told, told)
    told = f"⚠️ {first}{{}} not attempted"
    yield _Case(left, told.format(1), told)


def _good(ledger: Ledger) -> Iterator[_Case]:
    refused = ledger.count("refused")
    mark, rest = ("⚠️", f", {refused:,} refused") if refused else ("✅", "")
    yield _Case(
        len(ledger.having("created")), f"{mark} 1 broadcast created{rest}", f"{mark} {{}} broadcasts created{rest}"
    )
    told = f"{mark} {{}} found in Invent and recorded, nothing was created{rest}"
    yield _Case(len(ledger.having("adopted")), told.format(1), told)
    told = f"{mark} {{}} created by another run meanwhile{rest}"
    yield _Case(len(ledger.having("already-created")), told.format(1), told)


_UNSETTLED = 7
_FAILURES = {
    2: "⛔ Nothing was created: a setting is missing or wrong",
    4: "⛔ Nothing was created: the input cannot be used",
    5: "⛔ Refused: nothing was created",
    6: "❌ Nothing was created: a re-run is safe",
    _UNSETTLED: "⛔ Something may have been created: look before anyone retries",
    70: "⛔ It broke off: look before anyone retries",
    130: "⚠️ It was cut off before its end",
}


def _failure(ledger: Ledger) -> str:
    created = len(ledger.having("created"))
    if created:
        if ledger.document["exit_code"] in (_UNSETTLED, 70):
            return f"⛔ {created:,} created, then it broke off: look before anyone retries"
        return f"⚠️ {created:,} created, then it could not go on"
    return _FAILURES.get(ledger.document["exit_code"], _FAILURES[70])


def _nothing(ledger: Ledger) -> str:
    return "⛔ Nothing could be created" if ledger.count("refused") else NOTHING


# ---------------------------------------------------------------- rows


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
        who = f" to {rows.audience(item).replace('<br>', ', ')}" if item["audience"] else ""
        yield f"To be sent {when}{who}."


def _unrecorded(outcome: Document, ledger: Ledger) -> str:
    command = resolving(ledger.sheet.options, outcome["key"], f"--id {quoted(outcome['id'] or '')}")
    return (
        f"- {rows.title(outcome)} is {code(outcome['id'] or '')}. The next run looks for it; "
        f"if it cannot find it, {code(command, rows.WHOLE)} records it."
    )


def _reason(outcome: Document, ledger: Ledger) -> str:
    item = ledger.items.get(outcome["key"])
    place = rows.file(item["position"], ledger.sheet) if item else ""
    return rows.row(
        rows.cell(outcome) + (f"<br>{place}" if place else ""), text(outcome["reason"] or "Its turn did not come.")
    )


def _differs(outcome: Document, ledger: Ledger) -> str:
    return rows.row(rows.cell(outcome), code(outcome["id"] or ""), ", ".join(map(code, outcome["differs"])))


def _done(outcome: Document, ledger: Ledger) -> str:
    item = ledger.items.get(outcome["key"])
    id = code(outcome["id"] or "")
    if not outcome["recorded"]:
        id += "<br><b>not recorded</b>"
    if item is None:
        return rows.row(rows.cell(outcome), id, "", "")
    when = rows.when(item["request"]["scheduled_at"], rows.zone_of(item, ledger.sheet))
    who = rows.audience(item) if item["audience"] else ""
    return rows.row(rows.cell(outcome), id, when, who)


# ---------------------------------------------------------------- below


def _origin(ledger: Ledger) -> Iterator[Part]:
    document = ledger.document
    if not document.get("at"):
        return
    told = f"Ended {moment(rows.instant(document['at']))}, run {rows.made_by(document)}"
    if document["commit"]:
        told += f" from commit {code(document['commit'][:12])}"
    place = f"; recorded in {code(document['state'])}" if ledger.having("created", "adopted") else ""
    yield Part([f"<sub>{told}{place}.</sub>"])


def _plan(ledger: Ledger, room: int, size: Size) -> str:
    """The plan as it was, folded, in at most `room`; if there is none for it, a line says so."""
    above, below = "<details><summary>The plan as it was</summary>\n\n", "\n\n</details>"
    space = room - size(above) - size(below)
    if space >= _LEAST:
        head, *more = headline(ledger.plan, ledger.sheet)
        # One level below the headline of the page.
        shown = fitted([Part([f"#{head}", *more]), *plan_parts(ledger.plan, ledger.sheet)], space, size)
        if size(shown) <= space:
            return f"{above}{shown}{below}"
    return _LEFT_OUT if size(_LEFT_OUT) <= room else ""
