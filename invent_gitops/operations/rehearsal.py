"""What a person hears of the sandbox beside the result: which state it reads, and what an older version left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from invent_gitops.errors import InventGitopsError
from invent_gitops.operations.account import Account
from invent_gitops.operations.console import Console
from invent_gitops.operations.project import SelectedProject, shown
from invent_gitops.operations.sandbox_place import SandboxPlace
from invent_gitops.state.binding import PretendState
from invent_gitops.values import replace


def announce(console: Console, account: Account, opened: SelectedProject) -> None:
    """Say which state --sandbox reads, and how to delete one that an older version left, unless a state was named.

    What cannot be read is left to the command, which says why.
    """
    for note in _notes(account, opened):
        console.remark([note])


def _notes(account: Account, opened: SelectedProject) -> Iterator[str]:
    with suppress(InventGitopsError, OSError):
        yield from _state(account.sandbox_place(opened.root, opened.project), account.flags())
    if account.state:
        return
    # Offline, and as far as this clone knows: the command itself never reads that state.
    live = replace(account, sandbox=False, base_url="")
    try:
        live.store(opened.root, opened.project, strict=False).last_seen()
    except PretendState as error:
        yield f"{error.message} {error.cure}"
    except (InventGitopsError, OSError):
        return


def _state(location: SandboxPlace, flags: str) -> Iterator[str]:
    from invent_gitops.sandbox.storage import created_ever

    state = shown(location.state)
    if os.path.lexists(location.state) or os.path.lexists(f"{location.state}.journal"):
        yield f"The sandbox has a state of its own: {state}. Nothing in it exists in Invent."
        return
    if number := created_ever(location.database):
        held = "a broadcast" if number == 1 else f"{number:,} broadcasts"
        yield (
            f"The sandbox has held {held}, and its state {state} is not there. Take them in with: "
            f"invent-gitops import{flags} --all . Or begin the sandbox anew: {location.anew}"
        )
        return
    yield (
        f"The sandbox has a state of its own, {state}. It is empty: every definition counts as new, whatever was "
        "created in Invent."
    )
