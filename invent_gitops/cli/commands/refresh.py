"""`refresh`: takes what Invent shows into the records."""

from __future__ import annotations

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.options import common_options
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
    store = account.store(root, project, strict=True)
    seen, state, keys = refresh_records(session, account, root, project, store)
    made = renewal(seen.state, state, keys, seen.broadcasts)
    read = ExitCode.DONE if seen.complete and made.look.complete else ExitCode.UNAVAILABLE
    code = worst([read, unsettled_code(session, account, state, seen.broadcasts)])
    if session.json:
        session.answer("refresh", code, renewal_json(made, store.shown, state.serial))
    else:
        session.result(renewal_text(made, session.style, context_of(account, project, names=made.segment_names)))
    return code
