"""What became of an apply in one line and its numbers: the worst first, so that nobody takes a doubt for a success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from invent_gitops.model.context import Context
from invent_gitops.model.outcome import Fate, Outcome
from invent_gitops.model.plan import Action
from invent_gitops.render.documents.envelope import Envelope
from invent_gitops.render.documents.report import SavedReport
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.commands import cure_cell
from invent_gitops.render.markdown.markup import text
from invent_gitops.render.markdown.rehearsal import rehearsal_lines
from invent_gitops.text.times import deadline_over

# Words of the line of numbers, in the order of what needs a person.
_WORDS: Mapping[Fate, str] = {
    "unknown": "may have been created",
    "not-created": "not created",
    "not-attempted": "not attempted",
    "created": "created",
    "adopted": "found in Invent and recorded",
    "already-created": "created already",
}
# The headline of a run that found all as it should be.
NOTHING = "Nothing was left to create"
_UNSETTLED, _CUT_OFF = 7, 130
# What a plan holds that no run creates.
_STANDING: tuple[Action, ...] = ("blocked", "refused")
_NO_PLAN = Context(datetime.min.replace(tzinfo=UTC))


class Ledger:
    """The outcomes of a report by what became of them, and the plan that they came of."""

    def __init__(self, envelope: Envelope, saved: SavedReport, files: str, guide: str = "") -> None:
        self.envelope, self.saved = envelope, saved
        plan = saved.plan.plan if saved.plan else None
        # A report without a plan names no moment and no account.
        self.plan = plan
        sheet = Sheet(plan.context, files, guide=guide) if plan else Sheet(_NO_PLAN, files, dated=False)
        self.sheet = sheet.over(plan.items) if plan else sheet
        self.items = {item.key: item for item in self.sheet.items}
        self.outcomes: Sequence[Outcome] = sorted(saved.report.outcomes, key=self._soonest)
        self.unrecorded_keys = set(saved.report.unrecorded)
        done = self.having("created", "adopted")
        self.unrecorded = [outcome for outcome in done if outcome.key in self.unrecorded_keys]
        # Put in place before the first create, and the run has written nothing since: it knows of no attempt.
        unknown = self.having("unknown")
        ended = envelope.exit_code != _CUT_OFF or saved.report.stopped or not envelope.error
        self.cut_off = bool(unknown) and not ended and not any(outcome.key in saved.doubts for outcome in unknown)

    @property
    def stopped(self) -> bool:
        return self.saved.report.stopped

    def having(self, *fates: Fate) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.fate in fates]

    def count(self, action: Action) -> int:
        """Return how many keys the plan had with that action."""
        return self.plan.counts[action] if self.plan else 0

    def _soonest(self, outcome: Outcome) -> tuple[bool, datetime, str]:
        item = self.items.get(outcome.key)
        at = item.request.scheduled_at if item else None
        return item is None, at or datetime.min.replace(tzinfo=UTC), outcome.key


class _Case(NamedTuple):
    """A headline: the number that it is about, its sentence for 1 and for more."""

    number: int
    singular: str
    plural: str


def head(ledger: Ledger) -> Iterator[str]:
    yield f"### {_verdict(ledger)}"
    numbers = [f"**{len(outcomes):,}** {word}" for fate, word in _WORDS.items() if (outcomes := ledger.having(fate))]
    numbers += [f"**{count:,}** {action}" for action in _STANDING if (count := ledger.count(action))]
    # A single number is in the headline already.
    if len(numbers) > 1:
        yield from ("", " · ".join(numbers))
    yield from rehearsal_lines(ledger.sheet.context.api)
    if error := ledger.envelope.error:
        yield from ("", " ".join(filter(None, (text(error.message), cure_cell(error.cure, between=" ")))))
    if ledger.stopped and (ledger.envelope.error or ledger.having("not-created", "not-attempted")):
        deadline = ledger.saved.report.deadline
        reason = "It was stopped as asked." if deadline is None else deadline_over(deadline)
        yield from ("", f"{reason} **Run it again to go on; nothing is created twice.**")


def _verdict(ledger: Ledger) -> str:
    """Return one line that says it all, the worst first."""
    if count := len(ledger.envelope.problems):
        return f"⛔ {count:,} problem{'' if count == 1 else 's'} in the input: nothing was created"
    cases = [*_bad(ledger), *([] if ledger.envelope.error else _good(ledger))]
    for number, singular, plural in cases:
        if number:
            return singular if number == 1 else plural.format(f"{number:,}")
    return _failure(ledger) if ledger.envelope.error else _nothing(ledger)


def _bad(ledger: Ledger) -> Iterator[_Case]:
    created = len(ledger.having("created"))
    first = f"{created:,} created, " if created else ""
    look = "look before anyone retries"
    sentence = f"⛔ {first}{{}} twice in Invent: delete one of the two"
    yield _Case(len(ledger.saved.twins), sentence.format(1), sentence)
    if ledger.cut_off:
        sentence = "⚠️ It was cut off: {} may have been created"
        yield _Case(len(ledger.having("unknown")), sentence.format(1), sentence)
    yield _Case(
        len(ledger.having("unknown")),
        f"⛔ {first}1 may have been created: {look}",
        f"⛔ {first}{{}} may have been created: {look}",
    )
    sentence = "⛔ {} created, but not recorded: keep the ids below"
    yield _Case(len(ledger.unrecorded), sentence.format(1), sentence)
    if ledger.envelope.exit_code == _UNSETTLED and not ledger.envelope.error:
        sentence = f"⛔ {first}{{}} still with an unknown outcome: {look}"
        yield _Case(ledger.count("blocked"), sentence.format(1), sentence)
        yield _Case(1, f"⛔ {first}another outcome is still unknown: {look}", "")
    sentence = f"❌ {first}{{}} not created: a re-run is safe"
    yield _Case(len(ledger.having("not-created")), sentence.format(1), sentence)
    waiting = len(ledger.having("not-attempted"))
    if ledger.envelope.error or ledger.stopped:
        sentence = f"⚠️ Stopped after {created:,} of {created + waiting:,}: a re-run goes on with the rest"
        yield _Case(waiting, sentence, sentence)
    sentence = f"⚠️ {first}{{}} not attempted"
    yield _Case(waiting, sentence.format(1), sentence)


def _good(ledger: Ledger) -> Iterator[_Case]:
    refused = ledger.count("refused")
    mark, also = ("⚠️", f", {refused:,} refused") if refused else ("✅", "")
    yield _Case(
        len(ledger.having("created")),
        f"{mark} 1 broadcast created{also}",
        f"{mark} {{}} broadcasts created{also}",
    )
    sentence = f"{mark} {{}} found in Invent and recorded, nothing was created{also}"
    yield _Case(len(ledger.having("adopted")), sentence.format(1), sentence)
    already = f"created already, by another run{also}"
    yield _Case(
        len(ledger.having("already-created")),
        f"{mark} 1 broadcast was {already}",
        f"{mark} {{}} broadcasts were {already}",
    )


_FAILURES = {
    2: "⛔ Nothing was created: a setting is missing or wrong",
    4: "⛔ Nothing was created: the input cannot be used",
    5: "⛔ Refused: nothing was created",
    6: "❌ Nothing was created: a re-run is safe",
    _UNSETTLED: "⛔ Something may have been created: look before anyone retries",
    70: "⛔ It broke off: look before anyone retries",
    _CUT_OFF: "⚠️ It was cut off before its end",
}


def _failure(ledger: Ledger) -> str:
    created = len(ledger.having("created"))
    if created:
        if ledger.envelope.exit_code in (_UNSETTLED, 70):
            return f"⛔ {created:,} created, then it broke off: look before anyone retries"
        return f"⚠️ {created:,} created, then it could not go on"
    return _FAILURES.get(ledger.envelope.exit_code, _FAILURES[70])


def _nothing(ledger: Ledger) -> str:
    return "⛔ Nothing could be created" if ledger.count("refused") else NOTHING
