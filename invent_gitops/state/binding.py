"""Which account a state belongs to, one org at one API host; and which state a journal belongs to."""

from __future__ import annotations

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.model.project import SANDBOX


def check_binding(org: str, api: str, wanted_org: str, wanted_api: str, label: str, remove: str = "") -> None:
    """Refuse a state of another org or API host; "" as wanted means that any will do. Raises `Refused`.

    `remove` is the command that deletes the state, where it is more than a file.
    """
    how = f" A state of the sandbox can simply be deleted{f': {remove}' if remove else '.'}"
    if (wanted_api and api != wanted_api) or (wanted_org and org != wanted_org):
        raise Refused(
            f"{label} records the broadcasts of org {org} at {api}, and this run is for org {wanted_org or org} at "
            f"{wanted_api or api}.",
            "Use the state that belongs to this account (--state FILE), or set --org, --base-url or --sandbox to "
            f"match.{how if api == SANDBOX else ''}",
        )


def check_lineage(lineage: str, expected: str, journal: str, label: str, cure: str) -> None:
    """Refuse a journal that goes on from another state than the one of `label`. Raises `InvalidInput`."""
    if lineage != expected:
        raise InvalidInput(f"The journal {journal} belongs to another state than {label}.", cure)
