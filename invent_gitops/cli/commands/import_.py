"""`import`: broadcasts that were made by hand in Invent come under the definitions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account_options import one_account_options
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, none_empty
from invent_gitops.cli.result import Display, Result
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
@click.option("--all", "everything", is_flag=True, help="Import every broadcast that can be imported.")
@click.option(
    "--only",
    metavar="GLOB",
    multiple=True,
    callback=none_empty,
    help="Import the broadcasts whose new key matches, such as 'vip-*'. Can be repeated.",
)
@common_options
@answers("import")
def import_(
    session: Session, account: Account, ids: tuple[str, ...], everything: bool, only: tuple[str, ...]
) -> Result:
    """List the broadcasts in Invent that are not recorded. With IDs, --all or --only, import them.

    An import records each broadcast and writes its definition, so that no later plan creates it. It
    leaves a broadcast to you if it resembles a definition without a record. It never overwrites a
    file, and writes nothing to Invent. A second run writes the definitions that are still missing.
    """
    if sum((bool(ids), everything, bool(only))) > 1:
        raise WrongUsage("IDs, --all and --only cannot be combined.", "Give one of them.")
    importing = Importing(session, account, project_for_import())
    store = importing.store()
    if not (ids or everything or only):
        report = importing.show(store)
    else:
        with store, Stopping(session) as stopping:
            report = importing.run(store, stopping, ids, only)
    error = _failure(report)
    unsettled = unsettled_code(session, account, report.state, report.listing)
    return Result(
        "import",
        worst([error.exit_code if error else ExitCode.DONE, unsettled]),
        partial(_body, importing, report, store),
        partial(_text, importing, report, store),
        error=error,
        failed=error is not None,
    )


def _failure(report: ImportReport) -> InventGitopsError | None:
    """Return what could not be read, or what of the chosen needs a person."""
    if not report.listing.complete:
        message = "Not all broadcasts could be read, so nothing is imported."
        return Unavailable(f"{message} {' '.join(report.listing.gaps)}", "Run it again in a minute.")
    if report.imported is not None and any(offer.like for offer in report.survey.offers):
        return _in_doubt(report.survey)
    return None


def _body(importing: Importing, report: ImportReport, store: Store) -> dict[str, object]:
    from invent_gitops.render.documents.imports import Imported, import_json

    context, imported = importing.context(report.listing), report.imported or Imported()
    return import_json(report.survey, imported, report.listing.gaps, state=store.label, context=context)


def _text(importing: Importing, report: ImportReport, store: Store, display: Display) -> str:
    from invent_gitops.render.text.imports import imported_text, survey_text

    context = importing.context(report.listing)
    if report.imported is not None:
        return imported_text(report.survey, report.imported, display.style, context, state=store.label)
    return survey_text(
        report.survey,
        display.style,
        context,
        complete=report.listing.complete,
    )


def _in_doubt(survey: Survey) -> Refused:
    pairs = ", ".join(f"{offer.remote.id} looks like {offer.like}" for offer in survey.offers if offer.like)
    return Refused(
        f"Some broadcasts resemble a definition without a record, so they are not imported: {pairs}.",
        "Settle each one as its entry says before the next apply. Otherwise apply could create it a second time.",
    )
