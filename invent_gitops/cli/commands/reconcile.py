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
    """Look for broadcasts whose outcome is unknown.

    Reads the whole list in Invent. A broadcast that is exactly as it was requested, is recorded
    nowhere and is the only one of its kind is adopted, unless somebody has declared before that an attempt of
    it created nothing. Anything else stays blocked, with what was found beside it, until `resolve` settles it.
    What was adopted within a day is looked at again: another one exactly like it is told first. Exit code 7 as
    long as anything is in doubt or exists twice. Nothing is written to Invent.
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
        return "Nothing is in doubt."

    return Result("report", code, body, text, error=failure)
