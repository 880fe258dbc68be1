"""`reconcile`: looks in Invent for broadcasts whose outcome is unknown."""

from __future__ import annotations

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.result import Display, Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode
from invent_gitops.operations.account import Account
from invent_gitops.operations.context import context_of
from invent_gitops.operations.project import checked_project
from invent_gitops.operations.reconcile import reconcile_doubts
from invent_gitops.operations.unsettled import unsettled_code
from invent_gitops.provenance import find_origin


@click.command()
@account_options
@common_options
@answers("report")
def reconcile(session: Session, account: Account) -> Result:
    """Find the broadcasts of attempts whose outcome is unknown, and record their ids.

    reconcile reads Invent's whole list. It adopts a broadcast that equals the request, is recorded
    nowhere and is the only one like it. It does not adopt one after a person declared that an attempt
    created nothing. Every other key stays blocked, with its candidates, until resolve settles it.

    reconcile also checks what it adopted within the last day, and reports a second equal broadcast
    first. It writes nothing to Invent. Exit code 7 means that an outcome is still unknown, or that a
    broadcast exists twice.
    """
    from invent_gitops.render.documents.report import report_json
    from invent_gitops.render.text.report import report_text

    root, project = checked_project()
    origin, context = find_origin(root), context_of(account, project)
    store = account.store(root, project, strict=True)
    reconciled = reconcile_doubts(session, account, root, project, store, origin)
    report, state, failure = reconciled.report, reconciled.state, reconciled.report.failure
    reported = bool(state.intents or report.twins)
    code = unsettled_code(session, account, state, reconciled.listing, reported=reported)
    if failure and code is ExitCode.DONE:
        # Nothing is in doubt, and what was adopted lately could not be looked at again.
        code = failure.exit_code
    at = origin.now()

    def body() -> dict[str, object]:
        return report_json(report, None, store.label, at, state.intents, context=context)

    def text(display: Display) -> str:
        if report.outcomes or report.twins or failure:
            return report_text(report, display.style, context, state_label=store.label)
        return "No outcome is unknown."

    return Result("report", code, body, text, error=failure)
