"""The status of every broadcast, as a snapshot of Invent shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from invent_gitops.model.status import Status
from invent_gitops.operations.account import Account
from invent_gitops.operations.look import Snapshot
from invent_gitops.operations.project import LoadedProject


def status_at(now: datetime, account: Account, loaded: LoadedProject, snapshot: Snapshot, soon: timedelta) -> Status:
    """Each broadcast of the project; one that is due within `soon` of `now` should be ready."""
    from invent_gitops.live.status import Clock, status_of

    status = status_of(
        loaded.definitions,
        snapshot.state,
        snapshot.broadcasts,
        before=snapshot.before,
        catalogue=loaded.catalogue,
        clock=Clock(now, soon, loaded.project.timezone),
        workspace=loaded.project.name,
    )
    return replace(status, options=account.flags())
