"""`apply`: creates what the plan says, and writes the ids back."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import partial

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.options import POSITIVE, common_options, document_options, files, folders, not_empty
from invent_gitops.cli.output import reviewing
from invent_gitops.cli.plans import plan_options, text_of
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError, Refused, WrongUsage, worst
from invent_gitops.model.outcome import Report
from invent_gitops.operations.account import DEFAULT_RATE, Account, Store
from invent_gitops.operations.apply import Applying
from invent_gitops.operations.outcome import finished, left_code, open_code, report_code, warn_of_forgetting
from invent_gitops.operations.plan import plan_code
from invent_gitops.operations.project import chosen_file, open_workspace
from invent_gitops.operations.signals import Stopping
from invent_gitops.plan.approval import Approval, by_digest, by_plan
from invent_gitops.render.github.annotations import report_annotations


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]", shell_complete=folders)
@account_options
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.option(
    "--plan", "plan_file", metavar="FILE", shell_complete=files, help="Create only what this plan (plan --out) says."
)
@click.option(
    "--blind", "unseen", is_flag=True, help="With a new state: create although Invent's list cannot be read. Be sure."
)
@click.option(
    "--branch",
    metavar="NAME",
    callback=not_empty,
    help="Branch that this is applied from; without it, what git says.",
)
@click.option("--approved", metavar="DIGEST", help="Create only if the plan has this digest.")
@plan_options
@click.option(
    "--rate",
    type=POSITIVE,
    default=DEFAULT_RATE,
    show_default=True,
    help="Requests a minute; Invent's limit is 500 for each IP address.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Calls in flight at once."
)
@click.option(
    "--deadline",
    type=POSITIVE,
    metavar="SECONDS",
    help="Start nothing new after so many seconds; answers in flight are awaited.",
)
@document_options("text", "json", "github", what="report")
@common_options
@click.pass_obj
def apply(
    session: Session,
    account: Account,
    definitions: str | None,
    yes: bool,
    unseen: bool,
    plan_file: str | None,
    approved: str | None,
    branch: str | None,
    only: str | None,
    strict: bool,
    rate: float,
    concurrency: int,
    deadline: float | None,
    form: str,
    out: str | None,
) -> ExitCode:
    """Create the missing broadcasts, once each, and record their ids.

    DEFINITIONS is the folder of all definitions; by default it is the project's. A create cannot be
    undone. Each one is written down before the call and settled after it, so that no run, whatever
    becomes of it, makes another run create a broadcast again. With --plan or --approved it refuses
    (exit code 5) to create anything else than what was approved.
    """
    session.kind = "report"
    with reviewing(session, form, out) as review:
        approving = approval(plan_file, approved)
        workspace = open_workspace(definitions).checked()
        session.remark(workspace.notes)
        with (
            account.store(workspace.root, workspace.project, strict=True) as store,
            Stopping(session, deadline) as stopping,
        ):
            origin = workspace.origin()
            applying = Applying(
                session,
                account,
                workspace,
                store,
                stopping,
                origin,
                only,
                strict,
                rate,
                concurrency,
                definitions,
                unseen,
                branch or "",
            )
            store.wait_with(stopping.event)
            applying.look_first()
            made = applying.plan()
            session.known = partial(applying.known, made)
            approving.check(made)
            applying.approved = approving.keys(made)
            if made.counts["create"]:
                account.target_with_key()
                warn_of_forgetting(session, account, workspace)
                show = session.note if session.json else session.result
                applying.confirm(
                    made, yes, lambda: show(text_of(session, account, workspace, made, everything=not yes))
                )
                review.may_be_cut_off(partial(applying.known, made, applying.cut_off(made)))
                applying.create(made)
            elif not session.json:
                session.result(text_of(session, account, workspace, made))
            report = finished(store, applying.reported())
            if store.state.intents:
                # Another run may have finished what it had in hand when this one looked last.
                with suppress(InventGitopsError):
                    store.refresh()
            report = report.seen_in(store.state)
            final = applying.plan()
            code = worst([report_code(report), plan_code(final), open_code(store), left_code(session, final, report)])
            body = partial(applying.known, made, report)
            text = partial(text_of_report, session, account, report, store)
            told = partial(report_annotations, report, made)
            return review.show(code, body, text, told, error=report.failure)


def approval(plan_file: str | None, approved: str | None) -> Approval:
    """What a plan must pass before anything of it is created. Raises `Refused` where the approval cannot be read."""
    if plan_file is not None and approved is not None:
        raise WrongUsage("There are two approvals.", "Give either --plan FILE or --approved DIGEST.")
    if approved is not None:
        return by_digest(approved.strip())
    if plan_file == "":
        raise Refused("There is no approved plan: --plan is empty.", "Name a file of plan --out.")
    if plan_file is None:
        return Approval(lambda made: None, lambda made: ())
    try:
        return by_plan(json.loads(chosen_file(plan_file, "The approved plan").read_text(encoding="utf-8")))
    except OSError as error:
        raise Refused(
            f"The approved plan {plan_file} cannot be read: {error.strerror}.", "Name a file of plan --out."
        ) from None
    except (ValueError, RecursionError):
        raise Refused(f"The approved plan {plan_file} is no JSON.", "Name a file of plan --out.") from None


def text_of_report(session: Session, account: Account, report: Report, store: Store) -> str:
    """The report for a terminal; "" if there is nothing to say beside the plan."""
    from invent_gitops.render.text.report import report_text

    if not (report.outcomes or report.failure or report.twins):
        return ""
    flags, left = account.flags(), len(store.state.intents)
    return "\n" + report_text(report, session.style, place=store.shown, flags=flags, left=left)
