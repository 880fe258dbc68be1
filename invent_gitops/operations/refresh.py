"""Takes what Invent shows into the records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from invent_gitops.model.project import Project
from invent_gitops.model.state import Provenance, Refreshed, State
from invent_gitops.operations.account import Account, Store
from invent_gitops.operations.console import Console
from invent_gitops.operations.look import Snapshot, look, reading, warn_of_clock
from invent_gitops.operations.signals import Stopping
from invent_gitops.provenance import find_origin


def refresh_records(
    console: Console, account: Account, root: Path, project: Project, store: Store
) -> tuple[Snapshot, State, list[str]]:
    """Record where Invent differs from the records.

    Returns what Invent showed, with the state before; the state after; and the keys of the records that were renewed.
    """
    with store, Stopping(console) as stopping:
        with reading(console, account, root, project, None, stop=stopping.event) as reader:
            snapshot = look(reader, _latest(store), segments=False)
        warn_of_clock(console, snapshot)
        keys = [event.key for event in _record_changes(store, snapshot, find_origin(root).now)]
        return snapshot, store.state, keys


def _latest(store: Store) -> Callable[[], State]:
    def latest() -> State:
        store.refresh()
        return store.state

    return latest


def _record_changes(store: Store, snapshot: Snapshot, now: Callable[[], Provenance]) -> list[Refreshed]:
    from invent_gitops.live.drift import refreshed

    events = refreshed(snapshot.state, snapshot.broadcasts, now(), before=snapshot.before)
    if events:
        store.append(events)
        store.sync()
    return events
