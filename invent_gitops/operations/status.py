"""The status of every broadcast, as a snapshot of Invent shows it."""

from __future__ import annotations

from datetime import datetime, timedelta

from invent_gitops.model.state import State
from invent_gitops.model.status import Status
from invent_gitops.operations.account import Account
from invent_gitops.operations.context import bound_context
from invent_gitops.operations.look import Snapshot
from invent_gitops.operations.project import LoadedProject
from invent_gitops.values import replace


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


def recorded_status_at(now: datetime, account: Account, loaded: LoadedProject, state: State, soon: timedelta) -> Status:
    """Return the same as files and records alone say; nobody reads Invent for it, so no key is unread by accident."""
    from invent_gitops.live.status import NOT_ASKED

    recorded = status_at(now, account, loaded, Snapshot(state, frozenset(), NOT_ASKED), soon)
    return replace(recorded, look=replace(recorded.look, unread=()))
