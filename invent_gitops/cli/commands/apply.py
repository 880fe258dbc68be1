"""`apply`: creates what the plan says, and writes the ids back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.delivery import display_of
from invent_gitops.cli.document_options import FileOption, OneWorkspaceOption, SharedSecondsOption
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import POSITIVE, common_options, document_options, files, folders, not_empty
from invent_gitops.cli.output import of_workspace
from invent_gitops.cli.plans import plan_options, text_of
from invent_gitops.cli.result import Body, Display, Result, failure
from invent_gitops.cli.session import Session
from invent_gitops.errors import Refused, WrongUsage
from invent_gitops.model.deadline import Deadline
from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Plan
from invent_gitops.operations.account import DEFAULT_RATE, Account, Store
from invent_gitops.operations.apply import Applied, apply_definitions
from invent_gitops.operations.apply_values import Apply, ApplyOptions
from invent_gitops.operations.project import chosen_file, open_workspace
from invent_gitops.operations.signals import Stopping
from invent_gitops.plan.approval import Approval, by_digest, by_plan
from invent_gitops.render.github.annotations import report_annotations
from invent_gitops.render.text.wrap import wrapped
from invent_gitops.review.signoff import VARIABLE, read_signoffs
from invent_gitops.values import Struct, replace


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]", shell_complete=folders)
@account_options
@click.option("--yes", is_flag=True, help="Create without asking. Required without a terminal.")
@click.option(
    "--plan",
    "plan_file",
    cls=FileOption,
    metavar="FILE",
    shell_complete=files,
    help="Create only what this plan says. plan --out writes it.",
)
@click.option(
    "--blind",
    "unseen",
    is_flag=True,
    help="With a new state: create although Invent's list cannot be read. Check Invent first.",
)
@click.option(
    "--branch",
    metavar="NAME",
    callback=not_empty,
    help="Branch that this run applies.  [default: what git says]",
)
@click.option("--approved", cls=OneWorkspaceOption, metavar="DIGEST", help="Create only if the plan has this digest.")
@plan_options
@click.option(
    "--rate",
    type=POSITIVE,
    default=DEFAULT_RATE,
    show_default=True,
    help="Requests per minute. Invent allows 500 per IP address.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Number of parallel calls."
)
@click.option(
    "--deadline",
    cls=SharedSecondsOption,
    type=POSITIVE,
    metavar="SECONDS",
    help="Start no new call after this many seconds. Calls in flight finish.",
)
@document_options(kind="report", drafts=True)
@common_options
@answers("report", reviewed=True)
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
    base: str | None,
    rate: float,
    concurrency: int,
    deadline: Deadline | None,
    draft: Callable[[Callable[[], Body]], None],
) -> Result:
    """Create the missing broadcasts, once each, and record their ids.

    DEFINITIONS is the folder of all definitions; by default it is the project's. A create cannot be
    undone. apply records each create before the call and settles it after the answer. So a run that
    dies never makes a later run create the same broadcast again.

    With --plan or --approved, apply creates only what was approved. It refuses everything else with
    exit code 5.
    """
    view = View(session, account, draft)
    try:
        with ExitStack() as opened:
            approving = approval(plan_file, approved)
            bound = plan_file is not None or approved is not None
            signoffs = read_signoffs(os.environ.get(VARIABLE, "")) if bound else ()
            workspace = open_workspace(definitions).checked()
            session.remark(workspace.notes)
            options = ApplyOptions(only, strict, definitions, branch or "", unseen, yes, rate, concurrency, base or "")
            store = account.store(workspace.root, workspace.project, strict=True)
            opened.enter_context(store)
            stopping = opened.enter_context(Stopping(session, deadline))
            origin = replace(workspace.origin(), approvals=signoffs)
            view.run = Apply(session, account, workspace, store, stopping, origin, options)
            applied = apply_definitions(view.run, approving, view)
            result = _result(view.run, applied)
            # Until everything is delivered, a signal must not end the run, and nobody else writes the state.
            return replace(result, afterwards=opened.pop_all().close)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # what was created by then is in the result
        return failure("report", error, view.body)


def _result(run: Apply, applied: Applied) -> Result:
    """Return what became of a plan that was carried out."""
    report = applied.report
    return Result(
        "report",
        applied.code,
        partial(body_of, run, applied.plan, lambda: report),
        partial(text_of_report, applied.plan, report, run.store),
        error=report.failure,
        annotations=partial(report_annotations, report, applied.plan),
    )


class View(Struct):
    """Shows an apply in the terminal, and keeps the `body` of the document of a run that fails.

    `draft` writes what is true from now on of a run that is killed. `run` is set before anything is shown.
    """

    session: Session
    account: Account
    draft: Callable[[Callable[[], Body]], None]
    body: Callable[[], Body] = of_workspace
    run: Apply | None = None

    def known(self, plan: Plan, report: Callable[[], Report]) -> None:
        self.body = partial(body_of, self._run, plan, report)

    def nothing_to_create(self, plan: Plan) -> None:
        if not self.session.json:
            self.session.show(self._text(plan))

    def to_create(self, plan: Plan) -> None:
        show = self.session.note if self.session.json else self.session.show
        asked = not self._run.options.yes
        show(self._text(plan, everything=asked, asked=asked))

    def may_be_cut_off(self, plan: Plan, report: Report) -> None:
        self.draft(partial(body_of, self._run, plan, lambda: report))

    @property
    def _run(self) -> Apply:
        assert self.run is not None
        return self.run

    def _text(self, plan: Plan, *, everything: bool = False, asked: bool = False) -> str:
        display = display_of(self.session)
        return wrapped(text_of(plan, display, everything=everything, asked=asked), display.width)


def body_of(run: Apply, plan: Plan, report: Callable[[], Report]) -> dict[str, object]:
    """Return the content of the document: of the report, or of what is known before there is one."""
    from invent_gitops.render.documents.report import report_json

    store = run.store
    return report_json(report(), plan, store.label, run.origin.now(), store.state.intents)


def approval(plan_file: str | None, approved: str | None) -> Approval:
    """Return what a plan must pass before anything of it is created. Raises `Refused` where the approval cannot be
    read.
    """
    if plan_file is not None and approved is not None:
        raise WrongUsage("--plan and --approved cannot be combined.", "Give one of them.")
    reason = os.environ.get("INVENT_UNAPPROVED", "")
    if approved is not None:
        return by_digest(approved.strip(), reason)
    if plan_file == "":
        raise Refused("There is no approved plan: --plan is empty.", "Name a file of plan --out.")
    if plan_file is None:
        return Approval(lambda plan: None, lambda plan: ())
    try:
        saved = json.loads(chosen_file(plan_file, "The approved plan").read_text(encoding="utf-8"))
        return by_plan(saved, reason)
    except OSError as error:
        raise Refused(
            f"The approved plan {plan_file} cannot be read: {error.strerror}.", "Name a file of plan --out."
        ) from None
    except (ValueError, RecursionError):
        raise Refused(f"The approved plan {plan_file} is not valid JSON.", "Name a file of plan --out.") from None


def text_of_report(plan: Plan, report: Report, store: Store, display: Display) -> str | None:
    """Return the report for people; None if there is nothing to say beside the plan. On a terminal the totals come
    last.
    """
    from invent_gitops.render.text.next_step import next_text
    from invent_gitops.render.text.report import report_text
    from invent_gitops.render.text.report_end import report_end_text

    if not (report.outcomes or report.failure or report.twins):
        return None
    state, doubts = store.label, len(store.state.intents)
    if display.width is None:
        text = report_text(report, display.style, plan.context, state_label=state, open_intents=doubts)
        return "\n".join(["", text, *next_text(report, plan, display.style)])
    listing = {"printed": display.joined, "everything": display.verbose}
    return "\n" + report_end_text(report, plan, display.style, state=state, doubts=doubts, **listing)
