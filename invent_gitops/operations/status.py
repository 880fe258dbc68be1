"""The status of every broadcast, as a snapshot of Invent shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from invent_gitops.model.status import Status
from invent_gitops.operations.account import Account
from invent_gitops.operations.context import bound_context
from invent_gitops.operations.look import Snapshot
from invent_gitops.operations.project import LoadedProject


def status_at(now: datetime, account: Account, loaded: LoadedProject, snapshot: Snapshot, soon: timedelta) -> Status:
    """Return each broadcast of the project; one that is due within `soon` of `now` should be ready."""
    from invent_gitops.live.status import status_of

    return status_of(
        loaded.definitions,
        snapshot.state,
        snapshot.broadcasts,
        before=snapshot.before,
        catalogue=loaded.catalogue,
        context=bound_context(loaded, snapshot.state, now, account.flags()),
        soon=soon,
        limits=loaded.project.policies.results,
    )
