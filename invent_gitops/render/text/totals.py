"""How many, whom and when: what stands at the end of a page on a terminal, and in the question before a create."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.context import Context
from invent_gitops.model.order import soonest
from invent_gitops.model.plan import Item, Plan
from invent_gitops.render.cells.audience import reach
from invent_gitops.render.cells.times import AT_ONCE
from invent_gitops.render.text.plan import context_of, headline
from invent_gitops.render.text.style import Style
from invent_gitops.text.times import distance, moment


def plan_end(plan: Plan, style: Style, *, asked: bool = False) -> str:
    """Return the totals once more, since the top of a long page has gone; "" for a page without a list.

    Where a question follows, that says how many, whom and when; then only what it is not about.
    """
    if asked:
        others = ", ".join(leftovers(plan))
        return style.yellow(f"Not among them: {others}.") if others else ""
    if not any(item.action != "unchanged" or item.drift for item in plan.items):
        return ""
    creates = plan.having("create")
    times = [f"{_capital(when_of(creates, plan.context, far=True))}."] if creates else []
    return "\n".join([*headline(plan, style), *times])


def question_text(plan: Plan, destination: str) -> str:
    """Return the question before anything is created in a `destination` such as `org c at https://api.useinvent.com`."""
    creates = plan.having("create")
    broadcasts = f"{len(creates):,} broadcast{'' if len(creates) == 1 else 's'}"
    return f"Create {broadcasts} in {destination}, {details(creates, plan.context)}? This cannot be undone."


def details(items: Sequence[Item], context: Context) -> str:
    """Whom and when: `with up to 412,000 messages, the first on Fri 27 Nov 2026 09:00 UTC, the last on …`."""
    return f"{reach(items)}, {when_of(items, context)}"


def when_of(items: Sequence[Item], context: Context, *, far: bool = False) -> str:
    """Return when they are sent, each in the zone of its author; `far` adds how far away that is."""
    ordered = soonest(items)
    first, last = ordered[0], ordered[-1]
    if first.request.scheduled_at == last.request.scheduled_at:
        return ("all " if len(items) > 1 else "") + _moment(first, context, far=far)
    return f"the first {_moment(first, context, far=far)}, the last {_moment(last, context, far=far)}"


def _moment(item: Item, context: Context, *, far: bool) -> str:
    at = item.request.scheduled_at
    if at is None:
        return AT_ONCE
    return f"on {moment(at, context_of(item, context).zone)}" + (f", {distance(at, context.at)}" if far else "")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def leftovers(plan: Plan) -> Iterator[str]:
    """Yield what the plan did not let be created, such as `2 refused`."""
    for action in ("blocked", "refused"):
        if plan.counts[action]:
            yield f"{plan.counts[action]:,} {action}"
