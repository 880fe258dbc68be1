"""The one question before anything is created."""

from __future__ import annotations

from invent_gitops.errors import Refused
from invent_gitops.model.plan import Plan
from invent_gitops.operations.account import Account
from invent_gitops.operations.console import Console
from invent_gitops.operations.signals import Stopping
from invent_gitops.render.text.totals import question_text


def ask(console: Console, account: Account, stopping: Stopping, plan: Plan, *, blind: bool) -> bool:
    """Ask whether to create what the plan says; False where nobody is asked, since `blind` keeps all from being done.

    Raises `Refused` without a terminal or without a yes.
    """
    number = plan.counts["create"]
    if not console.interactive:
        raise Refused(
            f"There {'is 1 broadcast' if number == 1 else f'are {number} broadcasts'} to create, "
            "and no terminal to ask on.",
            "Review the plan, then run apply with --yes.",
        )
    if blind:
        return False
    target = account.target()
    question = question_text(plan, f"org {target.org} at {target.name}")
    with stopping.asking():
        confirmed = console.confirm(question)
    if not confirmed:
        raise Refused("Not confirmed. Nothing was created.")
    return True
