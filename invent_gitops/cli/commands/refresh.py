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
@click.option(
    "--keep-new", is_flag=True, help="Record nothing as GONE within an hour of its creation, since lists can lag."
)
@account_options
@common_options
@answers("refresh")
def refresh(session: Session, account: Account, keep_new: bool) -> Result:
    """Update the records with what Invent shows.

    refresh records edits, new times, cancellations, deletions and new statuses of broadcasts in
    Invent. It reads the whole list, and records a missing broadcast as GONE. apply never creates that
    one again. refresh leaves keys with an unknown outcome to reconcile. It writes nothing to Invent.

    Exit code 6 means that the list could not be read completely. refresh then records what it read,
    and reports nothing as gone. 7 means that the outcome of a key is unknown, or that it exists twice.
    """
    from invent_gitops.live.drift import renewal
    from invent_gitops.render.documents.drift import renewal_json
    from invent_gitops.render.text.drift import renewal_text

    root, project = checked_project()
    store = account.store(root, project, strict=True)
    snapshot, state, keys = refresh_records(session, account, root, project, store, keep_new=keep_new)
    renewed = renewal(snapshot.state, state, keys, snapshot.broadcasts)
    read = ExitCode.DONE if snapshot.complete and renewed.look.complete else ExitCode.UNAVAILABLE
    return Result(
        "refresh",
        worst([read, unsettled_code(session, account, state, snapshot.broadcasts)]),
        lambda: renewal_json(renewed, store.label, state.serial),
        lambda display: renewal_text(renewed, display.style, context_of(account, project, names=renewed.segment_names)),
    )
