"""`apply`: creates what the plan says, and writes the ids back."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account import DEFAULT_RATE, Account, account_options, connect
from invent_gitops.cli.plan import checked_workspace, plan_code, plan_for, text_of
from invent_gitops.cli.reconcile import look
from invent_gitops.cli.session import Session, common_options
from invent_gitops.cli.stopping import stop_on_signals
from invent_gitops.cli.workspace import Workspace
from invent_gitops.errors import ExitCode, Refused, Unavailable, WrongUsage, worst
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.provenance import Origin, find_origin

if TYPE_CHECKING:
    from invent_gitops.state.file import FileStore


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]")
@account_options
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.option("--only", metavar="GLOB", help="Only keys that match, such as 'newsletter/*'.")
@click.option("--strict", is_flag=True, help="Refuse edits of broadcasts that were created already.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_RATE,
    show_default=True,
    help="Requests a minute; Invent's limit is 500 for each IP address.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Calls in flight at once."
)
@common_options
@click.pass_obj
def apply(
    session: Session,
    account: Account,
    definitions: str | None,
    yes: bool,
    only: str | None,
    strict: bool,
    rate: float,
    concurrency: int,
) -> ExitCode:
    """Create the missing broadcasts, once each, and record their ids.

    DEFINITIONS is the folder of all definitions; by default it is the project's. A create cannot be
    undone. Each one is written down before the call and settled after it, so that no run, whatever
    becomes of it, makes another run create a broadcast again.
    """
    session.kind = "report"
    workspace = checked_workspace(session, definitions)
    with account.store(workspace.root, workspace.project, strict=True) as store:
        origin = find_origin(workspace.root)
        adopted = reconcile_first(session, account, workspace, store, origin, rate)
        made = plan_for(workspace, store.state, only=only, strict=strict)
        report = Report(adopted)
        if made.counts["create"]:
            account.target_with_key()
            confirm(session, account, workspace, made, yes)
            report = create(session, account, workspace, store, made, origin, rate, concurrency, adopted)
        elif not session.json:
            session.result(text_of(session, account, workspace, made))
        code = worst([report_code(report), plan_code(made), open_code(store)])
    show_report(session, account, workspace, report, made, code)
    return code


def reconcile_first(
    session: Session, account: Account, workspace: Workspace, store: FileStore, origin: Origin, rate: float
) -> tuple[Outcome, ...]:
    """Look for what an earlier run left in doubt. Without a key or a network the keys just stay blocked."""
    if not store.state.intents:
        return ()
    try:
        with connect(
            account, workspace.root, workspace.project, workspace.catalogue, rate=rate, stop=threading.Event()
        ) as api:
            return look(session, store, api, origin)
    except (Unavailable, WrongUsage) as error:
        session.note(f"What is in doubt stays in doubt: {error.message}")
        return ()


def confirm(session: Session, account: Account, workspace: Workspace, made: Plan, yes: bool) -> None:
    """Show the plan and ask. Raises `Refused` without a terminal or without a yes."""
    show: Callable[[str], None] = session.note if session.json else session.result
    show(text_of(session, account, workspace, made))
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused(
            f"There are {made.counts['create']} broadcasts to create, and nobody to ask.",
            "Review the plan, then run apply with --yes.",
        )
    target = account.target()
    count = made.counts["create"]
    question = f"Create {count} broadcast{'' if count == 1 else 's'} in org {target.org} at {target.name}? No undo."
    if not click.confirm(session.aside.bold(question), err=True):
        raise Refused("Not confirmed. Nothing was created.")


def create(
    session: Session,
    account: Account,
    workspace: Workspace,
    store: FileStore,
    made: Plan,
    origin: Origin,
    rate: float,
    concurrency: int,
    adopted: tuple[Outcome, ...],
) -> Report:
    """Run the creates, then look for those whose answer was lost."""
    from invent_gitops.apply import Run

    items = made.having("create")
    with ExitStack() as stack:
        stop = stack.enter_context(stop_on_signals(session))
        api = stack.enter_context(
            connect(account, workspace.root, workspace.project, workspace.catalogue, rate=rate, stop=stop)
        )
        run = Run(
            api,
            store,
            provenance=origin.now,
            attempt=lambda: uuid.uuid4().hex,
            stop=stop.is_set,
            tell=_teller(session, len(items)),
            concurrency=concurrency,
            batch=1,
        )
        report = run.create(items)
        if report.having("unknown") and not stop.is_set():
            try:
                adopted += look(session, store, api, origin)
            except Unavailable as error:
                session.note(f"What is in doubt stays in doubt: {error.message}")
    return report.with_adopted(adopted)


def _teller(session: Session, total: int) -> Callable[[Outcome], None]:
    from invent_gitops.render.report_text import outcome_line

    count = 0

    def tell(outcome: Outcome) -> None:
        nonlocal count
        count += 1
        session.note(f"[{count}/{total}] {outcome_line(outcome, session.aside)}")

    return tell


def report_code(report: Report) -> ExitCode:
    """The worst that became of any key."""
    codes = [ExitCode.DONE]
    if report.having("not-created"):
        codes.append(ExitCode.UNAVAILABLE)
    if report.having("unknown") or report.unrecorded:
        codes.append(ExitCode.UNSETTLED)
    if report.failure:
        codes.append(report.failure.exit_code)
    if report.stopped:
        codes.append(ExitCode.INTERRUPTED)
    return worst(codes)


def open_code(store: FileStore) -> ExitCode:
    """7 as long as the state holds any open intent, whatever --only says."""
    return ExitCode.UNSETTLED if store.state.intents else ExitCode.DONE


def show_report(
    session: Session, account: Account, workspace: Workspace, report: Report, made: Plan, code: ExitCode
) -> None:
    from invent_gitops.cli.workspace import shown
    from invent_gitops.render.machine import report_json
    from invent_gitops.render.report_text import report_text

    place = shown(account.state_path(workspace.root, workspace.project))
    if session.json:
        session.answer("report", code, report_json(report, made, place))
    elif report.outcomes:
        session.result("\n" + report_text(report, session.style, place=place, flags=account.flags(session)))
