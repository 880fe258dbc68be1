"""`apply`: creates what the plan says, and writes the ids back."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account import DEFAULT_RATE, Account, Store, account_options, connect
from invent_gitops.cli.plan import plan_code, plan_for, text_of
from invent_gitops.cli.reconcile import look
from invent_gitops.cli.session import Session, common_options
from invent_gitops.cli.stopping import stop_on_signals
from invent_gitops.cli.workspace import Workspace, open_workspace
from invent_gitops.errors import ExitCode, Refused, Unavailable, WrongUsage, worst
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.provenance import Origin, find_origin

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi
    from invent_gitops.apply import Api, Run

# Each lost race means that another run got on, so this many in a row are no accident.
ROUNDS = 200


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
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Start nothing new after so many seconds; answers in flight are awaited.",
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
    deadline: float | None,
) -> ExitCode:
    """Create the missing broadcasts, once each, and record their ids.

    DEFINITIONS is the folder of all definitions; by default it is the project's. A create cannot be
    undone. Each one is written down before the call and settled after it, so that no run, whatever
    becomes of it, makes another run create a broadcast again.
    """
    session.kind = "report"
    workspace = open_workspace(definitions).checked()
    with account.store(workspace.root, workspace.project, strict=True) as store:
        applying = Applying(session, account, workspace, store, find_origin(workspace.root), rate, concurrency)
        adopted = applying.reconcile()
        again = partial(planned, workspace, store, only, strict)
        made = again()
        report = Report(())
        if made.counts["create"]:
            account.target_with_key()
            applying.confirm(made, yes)
            report = applying.create(made, again, deadline)
        elif not session.json:
            session.result(text_of(session, account, workspace, made))
        report = report.with_adopted((*adopted, *applying.adopted))
        code = worst([report_code(report), plan_code(made), open_code(store)])
    show_report(session, account, report, made, code, store.shown)
    return code


def planned(workspace: Workspace, store: Store, only: str | None, strict: bool) -> Plan:
    """The plan as of now."""
    return plan_for(workspace, store.state, only=only, strict=strict)


@dataclass
class Applying:
    """One apply, with what its steps share. `adopted` are the broadcasts found after their answer was lost."""

    session: Session
    account: Account
    workspace: Workspace
    store: Store
    origin: Origin
    rate: float
    concurrency: int
    adopted: tuple[Outcome, ...] = ()

    def reconcile(self) -> tuple[Outcome, ...]:
        """Look for what an earlier run left in doubt. Without a key or a network the keys just stay blocked."""
        if not self.store.state.intents:
            return ()
        try:
            with stop_on_signals(self.session) as stop, self._connect(stop) as api:
                return self._look(api)
        except WrongUsage as error:
            self.session.note(f"What is in doubt stays in doubt. {error.message}")
            return ()

    def confirm(self, made: Plan, yes: bool) -> None:
        """Show the plan and ask. Raises `Refused` without a terminal or without a yes."""
        show: Callable[[str], None] = self.session.note if self.session.json else self.session.result
        show(text_of(self.session, self.account, self.workspace, made))
        if yes:
            return
        number = made.counts["create"]
        broadcasts = f"{number} broadcast{'' if number == 1 else 's'}"
        if not sys.stdin or not sys.stdin.isatty():
            raise Refused(
                f"There {'is' if number == 1 else 'are'} {broadcasts} to create, and nobody to ask.",
                "Review the plan, then run apply with --yes.",
            )
        target = self.account.target()
        question = f"Create {broadcasts} in org {target.org} at {target.name}? This cannot be undone."
        if not click.confirm(self.session.aside.bold(question), err=True):
            raise Refused("Not confirmed. Nothing was created.")

    def create(self, made: Plan, again: Callable[[], Plan], deadline: float | None) -> Report:
        """Create what the plan says. When another writer moves the state on, plan `again` and go on with the rest."""
        confirmed = {item.key: item for item in made.having("create")}
        tell = _teller(self.session, len(confirmed))
        # Planned afresh: the question may have been open for hours.
        waiting = [item for item in again().having("create") if item.key in confirmed]
        late = confirmed.keys() - {item.key for item in waiting}
        reason = "By now it is refused; invent-gitops plan says why."
        whole = Report(tuple(Outcome(key, "not-attempted", confirmed[key].request.name, reason=reason) for key in late))
        with stop_on_signals(self.session, deadline) as stop, self._connect(stop) as api:
            for _ in range(ROUNDS):
                report = self._run(api, stop, tell).create(waiting)
                whole = whole.followed_by(report)
                if not report.moved or stop.is_set():
                    break
                # Only what was confirmed: a key that somebody freed meanwhile waits for the next run.
                waiting = [item for item in again().having("create") if item.key in confirmed]
            if whole.having("unknown") and not stop.is_set():
                self.adopted = self._look(api)
            return replace(whole.seen_in(self.store.state), stopped=stop.is_set())

    def _run(self, api: Api, stop: threading.Event, tell: Callable[[Outcome], None]) -> Run:
        from invent_gitops.apply import Run

        return Run(
            api,
            self.store,
            taken=self.store.state.ids(),
            provenance=self.origin.now,
            attempt=lambda: uuid.uuid4().hex,
            stop=stop.is_set,
            tell=tell,
            concurrency=self.concurrency,
            batch=self.store.batch(self.concurrency),
        )

    def _look(self, api: InventApi) -> tuple[Outcome, ...]:
        try:
            return look(self.session, self.store, api, self.origin)
        except (Unavailable, Refused) as error:
            self.session.note(f"What is in doubt stays in doubt. {error.message}")
            return ()

    def _connect(self, stop: threading.Event) -> AbstractContextManager[InventApi]:
        one = self.workspace
        return connect(self.account, one.root, one.project, one.catalogue, rate=self.rate, stop=stop)


def _teller(session: Session, total: int) -> Callable[[Outcome], None]:
    from invent_gitops.render.report_text import outcome_line

    numbers = count(1)

    def tell(outcome: Outcome) -> None:
        session.note(f"[{next(numbers)}/{total}] {outcome_line(outcome, session.aside)}")

    return tell


def report_code(report: Report) -> ExitCode:
    """The worst that became of any key."""
    codes = [ExitCode.DONE]
    if report.having("not-created"):
        codes.append(ExitCode.UNAVAILABLE)
    if report.having("not-attempted"):
        codes.append(ExitCode.REFUSED)
    if report.having("unknown") or report.unrecorded:
        codes.append(ExitCode.UNSETTLED)
    if report.failure:
        codes.append(report.failure.exit_code)
    if report.stopped:
        codes.append(ExitCode.INTERRUPTED)
    return worst(codes)


def open_code(store: Store) -> ExitCode:
    """7 as long as the state holds any open intent, whatever --only says."""
    return ExitCode.UNSETTLED if store.state.intents else ExitCode.DONE


def show_report(session: Session, account: Account, report: Report, made: Plan, code: ExitCode, place: str) -> None:
    from invent_gitops.render.machine import report_json
    from invent_gitops.render.report_text import report_text

    if session.json:
        session.answer("report", code, report_json(report, made, place))
    elif report.outcomes:
        session.result("\n" + report_text(report, session.style, place=place, flags=account.flags(session)))
