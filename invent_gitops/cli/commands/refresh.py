"""`refresh`: takes what Invent shows into the records."""

from __future__ import annotations

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.result import Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, worst
from invent_gitops.operations.account import Account
from invent_gitops.operations.context import context_of
from invent_gitops.operations.project import checked_project
from invent_gitops.operations.refresh import refresh_records
from invent_gitops.operations.unsettled import unsettled_code


@click.command()
@account_options
@common_options
@answers("refresh")
def refresh(session: Session, account: Account) -> Result:
    """Take what Invent shows into the records, where it differs.

    For broadcasts that somebody edited, rescheduled, cancelled or deleted in Invent, and for statuses that moved on.
    Reads the whole list; what it does not hold any more is recorded as GONE, and never created again. Keys in doubt
    are left to `reconcile`. Nothing is written to Invent. Exit code 6 if not all of the list could be read: then what
    was read is taken in, and nothing is called gone. Exit code 7 as long as any key is in doubt, or exists twice.
    """
    from invent_gitops.live.drift import renewal
    from invent_gitops.render.documents.drift import renewal_json
    from invent_gitops.render.text.drift import renewal_text

    root, project = checked_project()
    store = account.store(root, project, strict=True)
    snapshot, state, keys = refresh_records(session, account, root, project, store)
    renewed = renewal(snapshot.state, state, keys, snapshot.broadcasts)
    read = ExitCode.DONE if snapshot.complete and renewed.look.complete else ExitCode.UNAVAILABLE
    return Result(
        "refresh",
        worst([read, unsettled_code(session, account, state, snapshot.broadcasts)]),
        lambda: renewal_json(renewed, store.label, state.serial),
        lambda display: renewal_text(renewed, display.style, context_of(account, project, names=renewed.segment_names)),
    )
