"""Takes what Invent shows into the records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from invent_gitops.model.project import Project
from invent_gitops.model.state import Provenance, Refreshed, State
from invent_gitops.operations.account import Account, Store
from invent_gitops.operations.console import Console
from invent_gitops.operations.look import Snapshot, look, reading, warn_of_clock
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.unsettled import key_names
from invent_gitops.provenance import find_origin

# How long after its creation a broadcast may be missing from a list that lags.
_LAG = timedelta(hours=1)


def refresh_records(
    console: Console, account: Account, root: Path, project: Project, store: Store, *, keep_new: bool = False
) -> tuple[Snapshot, State, list[str]]:
    """Record where Invent differs from the records.

    Returns what Invent showed, with the state before; the state after; and the keys of the records that were renewed.
    With `keep_new`, a broadcast that was created within the hour is never recorded as gone.
    """
    with store, Stopping(console) as stopping:
        with reading(console, account, root, project, None, stop=stopping.event) as reader:
            snapshot = look(reader, _latest(store), segments=False)
        warn_of_clock(console, snapshot)
        now = find_origin(root).now
        judged = _without_new(console, snapshot, now().at) if keep_new else snapshot.before
        keys = [event.key for event in _record_changes(store, snapshot, judged, now)]
        return snapshot, store.state, keys


def _latest(store: Store) -> Callable[[], State]:
    def latest() -> State:
        store.refresh()
        return store.state

    return latest


def _without_new(console: Console, snapshot: Snapshot, now: datetime) -> frozenset[str]:
    """Return the ids that may be recorded as gone, and name those that a list may not show yet."""
    listed = {remote.id for remote in snapshot.broadcasts.entries}
    new = {record.id: key for key, record in snapshot.state.broadcasts.items() if now - record.provenance.at < _LAG}
    missing = sorted(key for id, key in new.items() if id in snapshot.before and id not in listed)
    if missing and snapshot.broadcasts.complete:
        console.note(
            f"Invent's list does not show yet: {key_names(missing)}. That was created within the hour, and lists can "
            "lag. Its record stays as it is."
        )
    return snapshot.before - new.keys()


def _record_changes(
    store: Store, snapshot: Snapshot, before: frozenset[str], now: Callable[[], Provenance]
) -> list[Refreshed]:
    from invent_gitops.live.drift import refreshed

    events = refreshed(snapshot.state, snapshot.broadcasts, now(), before=before)
    if events:
        store.append(events)
        store.sync()
    return events
