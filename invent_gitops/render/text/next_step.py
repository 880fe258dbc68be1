"""What is left to do after an apply, at the end of its report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Plan
from invent_gitops.render.next_step import next_step, unwritten
from invent_gitops.render.text.style import Style
from invent_gitops.render.unreachable import steps_left, unreachable_title
from invent_gitops.text.clean import cut


def next_text(report: Report, plan: Plan, style: Style) -> Iterator[str]:
    """Yield what was created has no message yet; and what will not reach Invent, which stands above in full."""
    if sentence := next_step(unwritten(report, plan), plan.context, lambda name: cut(name, 60)):
        yield style.bold(sentence)
    if plan.unreachable:
        title, steps = (
            unreachable_title(plan.unreachable),
            steps_left(plan.unreachable).replace("left:", "left, as said above."),
        )
        yield style.yellow(f"⚠ {title}. {steps}")
