"""`refresh`: takes what Invent shows into the records."""

from __future__ import annotations

from collections.abc import Callable

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.options import common_options
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, worst
from invent_gitops.model.state import Provenance, Refreshed, State
from invent_gitops.operations.account import Account, Store
from invent_gitops.operations.look import Seen, look, reading, warn_of_clock
from invent_gitops.operations.project import checked_project
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.unsettled import unsettled_code
from invent_gitops.provenance import find_origin


@click.command()
@account_options
@common_options
@click.pass_obj
def refresh(session: Session, account: Account) -> ExitCode:
    """Take what Invent shows into the records, where it differs.

    For broadcasts that somebody edited, rescheduled, cancelled or deleted in Invent, and for statuses that moved on.
    Reads the whole list; what it does not hold any more is recorded as GONE, and never created again. Keys in doubt
    are left to `reconcile`. Nothing is written to Invent. Exit code 6 if not all of the list could be read: then what
    was read is taken in, and nothing is called gone. Exit code 7 as long as any key is in doubt, or exists twice.
    """
    from invent_gitops.live.drift import renewal
    from invent_gitops.render.documents.drift import renewal_json
    from invent_gitops.render.text.drift import renewal_text

    session.kind = "refresh"
    root, project = checked_project()
    with account.store(root, project, strict=True) as store, Stopping(session) as stopping:
        with reading(account, root, project, None, stop=stopping.event) as reader:
            seen = look(reader, _latest(store), segments=False)
        warn_of_clock(session, seen)
        keys = [event.key for event in _taken_in(store, seen, find_origin(root).now)]
        state = store.state
    made = renewal(seen.state, state, keys, seen.broadcasts)
    read = ExitCode.DONE if seen.complete and made.look.complete else ExitCode.UNAVAILABLE
    code = worst([read, unsettled_code(session, account, state, seen.broadcasts)])
    if session.json:
        session.answer("refresh", code, renewal_json(made, store.shown, state.serial))
    else:
        session.result(renewal_text(made, session.style, zone=project.timezone, flags=account.flags(session)))
    return code


def _latest(store: Store) -> Callable[[], State]:
    def latest() -> State:
        store.refresh()
        return store.state

    return latest


def _taken_in(store: Store, seen: Seen, now: Callable[[], Provenance]) -> list[Refreshed]:
    from invent_gitops.live.drift import refreshed

    events = refreshed(seen.state, seen.broadcasts, now(), before=seen.before)
    if events:
        store.append(events)
        store.sync()
    return events
