"""Which account a state belongs to, one org at one API host or the sandbox; and which state a journal belongs to."""

from __future__ import annotations

import shlex

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.model.project import SANDBOX


class PretendState(Refused):
    """The state of a sandbox where one of an account is expected: nothing that it records exists in Invent."""


def check_binding(org: str, api: str, wanted_org: str, wanted_api: str, label: str, way_out: str = "") -> None:
    """Refuse a state of another org or API host; "" as wanted means that any will do, but the sandbox.

    `way_out` says what to do about a state of the sandbox. Raises `Refused`, as a `PretendState` where the sandbox
    was not asked for.
    """
    if api == SANDBOX and wanted_api != SANDBOX:
        raise PretendState(
            f"{label} is a state of the sandbox: nothing that it records exists in Invent.",
            way_out or f"Delete it: rm {shlex.quote(label)}",
        )
    if (wanted_api and api != wanted_api) or (wanted_org and org != wanted_org):
        matching = (
            "Use the state that belongs to this account (--state FILE), or set --org, --base-url or --sandbox to match."
        )
        if wanted_api == SANDBOX:
            matching = way_out if api == SANDBOX else "Leave --state out: the sandbox has a state of its own."
        raise Refused(
            f"{label} records the broadcasts of org {org} at {api}, and this run is for org {wanted_org or org} at "
            f"{wanted_api or api}.",
            matching,
        )


def check_lineage(lineage: str, expected: str, journal: str, label: str, cure: str) -> None:
    """Refuse a journal that goes on from another state than the one of `label`. Raises `InvalidInput`."""
    if lineage != expected:
        raise InvalidInput(f"The journal {journal} belongs to another state than {label}.", cure)
