"""The first push of a run, read back: it must appear where plans read, or nothing is called."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.state import Event, Intended, Provenance, State, Withdrawn
from invent_gitops.state.message import commit_message
from invent_gitops.state.remote import RemoteBranch
from invent_gitops.values import replace


def check_read_back(
    remote: RemoteBranch, commit: str, pushed: State, events: Sequence[Event], provenance: Provenance
) -> None:
    """Raise what `RemoteBranch.check_read_back` raises, after taking the intents back from where they were pushed.

    `commit` holds the state `pushed`, and `events` are what it says of news. Nothing was called for their intents;
    where they cannot be taken back now, they stay open.
    """
    try:
        remote.check_read_back(commit)
    except InventGitopsError:
        back = [Withdrawn(event.key, event.intent.attempt) for event in events if isinstance(event, Intended)]
        if back:
            with suppress(InventGitopsError):
                undone = replace(pushed.after(back), serial=pushed.serial + 1)
                message = commit_message(back, undone.serial, provenance)
                remote.push(remote.write(undone, message, by=provenance.by, parent=commit), commit)
        raise
