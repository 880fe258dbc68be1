"""What is left to do after an apply, at the end of its report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Plan
from invent_gitops.render.next_step import Unwritten, next_step
from invent_gitops.render.text.style import Style
from invent_gitops.render.unreachable import steps_left, unreachable_title
from invent_gitops.text.clean import cut


def next_text(report: Report, plan: Plan, style: Style) -> Iterator[str]:
    """What was created has no message yet; and what will not reach Invent, which stands above in full."""
    items = {item.key: item for item in plan.items}
    fates = (*report.having("created"), *report.having("adopted"), *report.having("already-created"))
    created = [items[outcome.key] for outcome in fates if outcome.key in items]
    drafts = [
        Unwritten(item.request.name, item.request.scheduled_at, item.definition.timezone if item.definition else "")
        for item in created
        if item.request.scheduled_at is None or item.request.scheduled_at > plan.context.at
    ]
    if sentence := next_step(drafts, plan.context, lambda name: cut(name, 60)):
        yield style.bold(sentence)
    if plan.unreachable:
        title, steps = (
            unreachable_title(plan.unreachable),
            steps_left(plan.unreachable).replace("left:", "left, as said above."),
        )
        yield style.yellow(f"⚠ {title}. {steps}")
