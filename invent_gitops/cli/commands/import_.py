"""`import`: broadcasts that were made by hand in Invent come under the definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account_options import one_account_options
from invent_gitops.cli.options import common_options, none_empty
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError, Refused, Unavailable, WrongUsage, worst
from invent_gitops.operations.account import Account, Store
from invent_gitops.operations.importing import Importing, ImportReport, project_for_import
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.unsettled import unsettled_code

if TYPE_CHECKING:
    from invent_gitops.live.unrecorded import Survey


@click.command(name="import")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@one_account_options
@click.option("--all", "everything", is_flag=True, help="Import all that can be.")
@click.option(
    "--only",
    metavar="GLOB",
    multiple=True,
    callback=none_empty,
    help="Import those whose key to be matches, such as 'vip-*'. Give it again for more.",
)
@common_options
@click.pass_obj
def import_(
    session: Session, account: Account, ids: tuple[str, ...], everything: bool, only: tuple[str, ...]
) -> ExitCode:
    """List the broadcasts in Invent that no record knows; with IDs, --all or --only, import them.

    An import records each broadcast, whatever its status, and writes its definition, so that the next
    plan does not create it. What looks like a definition that has no record is left to you. It never
    writes over a file, and writes nothing to Invent. Run again, it writes the definitions of imported
    records that have none.
    """
    session.kind = "import"
    if sum((bool(ids), everything, bool(only))) > 1:
        raise WrongUsage("There are two choices of what to import.", "Give IDs, or --all, or --only GLOB.")
    importing = Importing(session, account, project_for_import())
    store = importing.store()
    if not (ids or everything or only):
        report = importing.show(store)
        _show(session, importing, report, store)
    else:
        with store, Stopping(session) as stopping:
            report = importing.run(store, stopping, ids, only)
            _show(session, importing, report, store)
    return _end(session, importing, report, store)


def _show(session: Session, importing: Importing, report: ImportReport, store: Store) -> None:
    from invent_gitops.render.text.imports import imported_text, survey_text

    if session.json:
        return
    context = importing.context(report.listing)
    if report.imported is not None:
        session.result(imported_text(report.survey, report.imported, session.style, context, state=store.shown))
        return
    text = survey_text(
        report.survey,
        session.style,
        context,
        complete=report.listing.complete,
    )
    session.result(text)


def _end(session: Session, importing: Importing, report: ImportReport, store: Store) -> ExitCode:
    """The document, or what could not be read, or what of the chosen needs a person; and the exit code."""
    from invent_gitops.render.documents.imports import Imported, import_json

    listing, survey = report.listing, report.survey
    error: InventGitopsError | None = None
    if not listing.complete:
        message = "Not all broadcasts could be read, so nothing is imported."
        error = Unavailable(f"{message} {' '.join(listing.gaps)}", "Run it again in a minute.")
    elif report.imported is not None and any(offer.like for offer in survey.offers):
        error = _in_doubt(survey)
    left = unsettled_code(session, importing.account, report.state, listing)
    code = worst([error.exit_code if error else ExitCode.DONE, left])
    if session.json:
        context = importing.context(listing)
        body = import_json(survey, report.imported or Imported(), listing.gaps, state=store.shown, context=context)
        session.answer("import", code, body, error=error)
    if error:
        session.failed(error, code)
    return code


def _in_doubt(found: Survey) -> Refused:
    pairs = ", ".join(f"{offer.remote.id} looks like {offer.like}" for offer in found.offers if offer.like)
    return Refused(
        f"What looks like a definition that has no record is not imported: {pairs}.",
        "Settle each as is said of it, before the next apply, so that nothing is created a second time.",
    )
