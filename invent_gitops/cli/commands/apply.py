"""`apply`: creates what the plan says, and writes the ids back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.options import POSITIVE, common_options, document_options, files, folders, not_empty
from invent_gitops.cli.output import Review, reviewing
from invent_gitops.cli.plans import plan_options, text_of
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, Refused, WrongUsage
from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Plan
from invent_gitops.operations.account import DEFAULT_RATE, Account, Store
from invent_gitops.operations.apply import apply_definitions
from invent_gitops.operations.apply_values import Apply, ApplyOptions
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
    only: tuple[str, ...],
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
        options = ApplyOptions(only, strict, definitions, branch or "", unseen, yes, rate, concurrency)
        with (
            account.store(workspace.root, workspace.project, strict=True) as store,
            Stopping(session, deadline) as stopping,
        ):
            run = Apply(session, account, workspace, store, stopping, workspace.origin(), options)
            applied = apply_definitions(run, approving, View(session, review, run))
            report = applied.report
            body = partial(body_of, run, applied.plan, lambda: report)
            text = partial(text_of_report, session, applied.plan, report, store)
            told = partial(report_annotations, report, applied.plan)
            return review.show(applied.code, body, text, told, error=report.failure)


@dataclass(frozen=True)
class View:
    """Shows an apply in the terminal, and keeps the document of a run that fails or is killed."""

    session: Session
    review: Review
    run: Apply

    def known(self, plan: Plan, report: Callable[[], Report]) -> None:
        self.session.known = partial(body_of, self.run, plan, report)

    def nothing_to_create(self, plan: Plan) -> None:
        if not self.session.json:
            self.session.result(text_of(self.session, plan))

    def to_create(self, plan: Plan) -> None:
        everything = not self.run.options.yes
        show = self.session.note if self.session.json else self.session.result
        show(text_of(self.session, plan, everything=everything))

    def may_be_cut_off(self, plan: Plan, report: Report) -> None:
        self.review.may_be_cut_off(partial(body_of, self.run, plan, lambda: report))


def body_of(run: Apply, plan: Plan, report: Callable[[], Report]) -> dict[str, object]:
    """The content of the document: of the report, or of what is known before there is one."""
    from invent_gitops.render.documents.report import report_json

    store = run.store
    return report_json(report(), plan, store.shown, run.origin.now(), store.state.intents)


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


def text_of_report(session: Session, plan: Plan, report: Report, store: Store) -> str:
    """The report for a terminal; "" if there is nothing to say beside the plan."""
    from invent_gitops.render.text.report import report_text

    if not (report.outcomes or report.failure or report.twins):
        return ""
    left = len(store.state.intents)
    return "\n" + report_text(report, session.style, plan.context, place=store.shown, left=left)
