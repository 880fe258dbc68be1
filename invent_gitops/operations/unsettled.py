"""Says what is in doubt or exists twice, whatever a command was about: no command ends as if all were well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from invent_gitops.errors import ExitCode
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.listing import Listing
from invent_gitops.model.state import State
from invent_gitops.operations.account import Account
from invent_gitops.operations.console import Console
from invent_gitops.text.clean import clean, cut

_NAMED = 12
_UNREAD: Listing[Remote] = Listing(())


def unsettled_code(
    console: Console, account: Account, state: State, listing: Listing[Remote] = _UNREAD, *, reported: bool = False
) -> ExitCode:
    """7 as long as anything in the state, or in what was read of Invent's list, has to be settled; says so on stderr.

    `reported` is whether the result of the command names it already.
    """
    from invent_gitops.live.unsettled import unsettled

    open_cases = unsettled(state, listing, datetime.now(UTC))
    if not open_cases:
        return ExitCode.DONE
    if not reported:
        flags = account.flags()
        for problem, keys in (("Outcome unknown", open_cases.doubts), ("Twice in Invent", open_cases.seconds)):
            if keys:
                console.note(f"{problem}: {key_names(keys)}. See and settle: invent-gitops plan{flags}")
        for twin in open_cases.twins:
            console.note(clean(f"Twice in Invent: {twin.message} {twin.cure.text(flags)}"))
    return ExitCode.UNSETTLED


def key_names(keys: Sequence[str]) -> str:
    """Return keys as a message names them, only the first of many."""
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return f"{', '.join(cut(key, 60) for key in keys[:_NAMED])}{more}"
