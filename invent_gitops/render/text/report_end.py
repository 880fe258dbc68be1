"""What became of a run, for the terminal that has shown each outcome already: what needs a look, then the totals."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.render.text.next_step import next_text
from invent_gitops.render.text.plan import SHOWN
from invent_gitops.render.text.report import advice, outcome_line, summary, twin_lines
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.totals import details, leftovers
from invent_gitops.render.text.well import report_is_well


def report_end_text(
    report: Report, plan: Plan, style: Style, *, state: str, doubts: int, printed: bool, everything: bool
) -> str:
    """Twins, outcomes, what to do about them, and the totals last. `state` says where the state is.

    `printed` is whether each success was printed above already. `everything` lists all that was not attempted.
    """
    context = plan.context
    lines = [line for twin in report.twins for line in twin_lines(twin, style, context)]
    lines += _listed(report, plan, style, printed=printed, everything=everything)
    lines += next_text(report, plan, style)
    lines += advice(report, style, context, state=state, doubts=doubts)
    if report.outcomes or not report.twins:
        lines.append(_totals(report, plan, style, doubts))
    return "\n".join(lines)


def _listed(report: Report, plan: Plan, style: Style, *, printed: bool, everything: bool) -> list[str]:
    """Return the outcomes in the order in which they are due: those that say something new."""
    due = {item.key: item.request.scheduled_at for item in plan.items}
    ordered = sorted(report.outcomes, key=lambda outcome: (str(due.get(outcome.key) or ""), outcome.key))
    waiting = [outcome for outcome in ordered if outcome.fate == "not-attempted" and not outcome.reason]
    silent = {outcome.key for outcome in waiting}
    if printed:
        silent |= {outcome.key for outcome in ordered if _is_plain(outcome, report.unrecorded)}
    lines = [f"  {outcome_line(outcome, style)}" for outcome in ordered if outcome.key not in silent]
    most = len(waiting) if everything else SHOWN
    lines += [f"  {outcome_line(outcome, style)}" for outcome in waiting[:most]]
    if len(waiting) > most:
        lines.append(f"  … and {len(waiting) - most:,} more not attempted; -v shows them all.")
    return lines


def _is_plain(outcome: Outcome, unrecorded: Sequence[str]) -> bool:
    return outcome.fate == "created" and not (outcome.reason or outcome.differs or outcome.key in unrecorded)


def _totals(report: Report, plan: Plan, style: Style, doubts: int) -> str:
    numbers = ", ".join([summary(report.outcomes).rstrip("."), *leftovers(plan)])
    keys = {outcome.key for outcome in report.having("created")}
    created = [item for item in plan.items if item.key in keys]
    text = f"{numbers}."
    if created:
        recipients = details(created, plan.context)
        text = f"{numbers}, {recipients}." if numbers == f"{len(created)} created" else f"{text} Created: {recipients}."
    return style.bold(style.green(text) if report_is_well(report, plan, doubts) else style.yellow(text))
