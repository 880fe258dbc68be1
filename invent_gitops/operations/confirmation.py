"""The one question before anything is created."""

from __future__ import annotations

from invent_gitops.errors import Refused
from invent_gitops.operations.account import Account
from invent_gitops.operations.console import Console
from invent_gitops.operations.signals import Stopping


def ask(console: Console, account: Account, stopping: Stopping, number: int, *, blind: bool) -> bool:
    """Ask whether to create so many broadcasts; False where nobody is asked, since `blind` keeps all from being done.

    Raises `Refused` without a terminal or without a yes.
    """
    broadcasts = f"{number} broadcast{'' if number == 1 else 's'}"
    if not console.interactive:
        raise Refused(
            f"There {'is' if number == 1 else 'are'} {broadcasts} to create, and nobody to ask.",
            "Review the plan, then run apply with --yes.",
        )
    if blind:
        return False
    target = account.target()
    question = f"Create {broadcasts} in org {target.org} at {target.name}? This cannot be undone."
    with stopping.asking():
        confirmed = console.confirm(question)
    if not confirmed:
        raise Refused("Not confirmed. Nothing was created.")
    return True
