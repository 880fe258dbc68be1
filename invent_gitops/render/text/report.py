"""What became of each broadcast in a run, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invent_gitops.model.context import Context
from invent_gitops.model.outcome import Fate, Outcome, Report
from invent_gitops.model.unsettled import Twin
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.times import deadline_over

SYMBOLS: Mapping[Fate, str] = {
    "created": "+",
    "adopted": "=",
    "not-created": "x",
    "unknown": "!",
    "not-attempted": "·",
    "already-created": "=",
}
WORDS: Mapping[Fate, str] = {
    "created": "created",
    "adopted": "found in Invent and adopted",
    "not-created": "not created",
    "unknown": "unknown",
    "not-attempted": "not attempted",
    "already-created": "created already",
}


def outcome_line(outcome: Outcome, style: Style) -> str:
    """Return one line: what became of a key, its id first of all."""
    text = f"{SYMBOLS[outcome.fate]} {clean(outcome.key)}  {WORDS[outcome.fate]}"
    if outcome.id:
        text += f"  id {clean(outcome.id)}"
    if outcome.reason:
        text += f"  {clean(outcome.reason)}"
    if outcome.differs:
        text += f"  The answer differs from the request in {', '.join(outcome.differs)}: look at it in Invent."
    if outcome.headcount and outcome.headcount.exceeded:
        text += f"  More than was reviewed: {outcome.headcount.message} Look at it in Invent."
    paint = {"created": style.green, "adopted": style.green, "not-created": style.red, "unknown": style.red}
    return paint.get(outcome.fate, style.dim)(text)


def report_text(report: Report, style: Style, context: Context, *, state_label: str, open_intents: int = 0) -> str:
    """Return what exists twice, then the summary, a line for each key with its id, and what to do about what went
    wrong.

    `open_intents` is how many keys are in doubt now, `state_label` where the state is.
    """
    lines = [line for twin in report.twins for line in twin_lines(twin, style, context)]
    if report.outcomes or not report.twins:
        lines += [
            style.bold(summary(report.outcomes)),
            *(f"  {outcome_line(result, style)}" for result in report.outcomes),
        ]
    return "\n".join([*lines, *advice(report, style, context, state=state_label, doubts=open_intents)])


def advice(report: Report, style: Style, context: Context, *, state: str, doubts: int) -> list[str]:
    """Return where the ids are, and what to do about what went wrong; `doubts` is how many keys are in doubt now."""
    lines: list[str] = []
    done = (*report.having("created"), *report.having("adopted"))
    if {outcome.key for outcome in done} - set(report.unrecorded):
        lines.append(f"The ids are recorded in {clean(state)}.")
    if report.unrecorded:
        keys = ", ".join(cut(key, 60) for key in report.unrecorded)
        lines.append(
            style.red(f"Created, but not recorded yet: {keys}. Keep the ids above; the next run looks for them.")
        )
    if any(outcome.differs for outcome in report.outcomes):
        warning = "Some answers differ from their requests, as said above: look at them in Invent."
        lines.append(style.red(style.bold(warning)))
    if exceeding := [outcome for outcome in report.outcomes if outcome.headcount and outcome.headcount.exceeded]:
        subject = "1 of these reaches" if len(exceeding) == 1 else f"{len(exceeding):,} of these reach"
        warning = f"{subject} more contacts than were reviewed. If that is wrong, stop it in Invent."
        lines.append(style.red(style.bold(warning)))
    settle = f"invent-gitops plan{context.flags}"
    if doubts:
        blocked = "outcome is" if doubts == 1 else "outcomes are"
        lines.append(style.red(f"{doubts} {blocked} unknown. See and settle: {settle}"))
    elif report.having("unknown"):
        lines.append(style.red(f"Unknown means: it may exist. See and settle it with: {settle}"))
    if report.failure:
        lines.append(style.red(f"{clean(report.failure.message)} {clean(report.failure.cure)}".strip()))
    if report.stopped:
        stopped = "Stopped as asked." if report.deadline is None else deadline_over(report.deadline)
        unfinished = report.failure or report.having("not-created") or report.having("not-attempted")
        lines.append(f"{stopped} Run apply again to go on; nothing is created twice." if unfinished else stopped)
    return lines


def twin_lines(twin: Twin, style: Style, context: Context) -> list[str]:
    """Return what exists twice, and what to do about it."""
    return [
        style.red(style.bold(f"Twice: {clean(twin.message)}")),
        f"  {style.green('→')} {clean(twin.cure.text(context.flags))}",
    ]


def summary(outcomes: Sequence[Outcome]) -> str:
    counted = [
        f"{count} {word}"
        for fate, word in WORDS.items()
        if (count := sum(1 for outcome in outcomes if outcome.fate == fate))
    ]
    return (", ".join(counted) or "Nothing was created") + "."
