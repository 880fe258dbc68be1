"""The protocol of an apply, from the first look to the exit code. It needs no terminal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

from invent_gitops.errors import ExitCode, InventGitopsError, worst
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.operations.apply_values import Apply, Confirmed, ListEvidence, Progress, plan_now, report_of
from invent_gitops.operations.confirmation import ask
from invent_gitops.operations.create import create
from invent_gitops.operations.list_guard import look_first, note_uncompared
from invent_gitops.operations.loosening import with_loosening
from invent_gitops.operations.outcome import finished, left_code, open_code, report_code, warn_of_forgetting
from invent_gitops.operations.plan import plan_code
from invent_gitops.operations.project import LoadedProject
from invent_gitops.operations.stopwatch import stopwatch
from invent_gitops.plan.approval import Approval
from invent_gitops.plan.loosening import check_loosening, uncompared
from invent_gitops.values import Struct, replace


class ApplyView(Protocol):
    """Shows the plan of an apply, and keeps the report that a run leaves behind if it fails or is killed."""

    def known(self, plan: Plan, report: Callable[[], Report]) -> None:
        """Hear what the report is if the run fails from now on; it is asked at that moment."""
        ...

    def nothing_to_create(self, plan: Plan) -> None:
        """Show a plan that creates nothing."""
        ...

    def to_create(self, plan: Plan) -> None:
        """Show what is created next, or after a yes."""
        ...

    def may_be_cut_off(self, plan: Plan, report: Report) -> None:
        """Put in place the report of a run that is killed from now on. Raises where it cannot be kept."""
        ...


class Applied(Struct, frozen=True):
    """What an apply did: the plan it began with, its report, and the exit code that says the worst of both."""

    plan: Plan
    report: Report
    code: ExitCode


def apply_definitions(apply: Apply, approval: Approval, view: ApplyView) -> Applied:
    """Create what the definitions lack in Invent, at most once each, and report what became of each.

    Raises `Refused` for a plan that is not the approved one, or that nobody confirms; then nothing was created.
    """
    apply.store.wait_with(apply.stopping.event)
    apply = replace(apply, reviewed=approval.contacts)
    with apply.stopping.before_creates():
        looked = look_first(apply)
    note_uncompared(apply, looked)
    plan = _loosened(apply, plan_now(apply, looked), looked)
    progress = Progress(looked)

    def hear(newer: Progress) -> None:
        view.known(plan, partial(report_of, apply, newer))

    hear(progress)
    check_loosening(plan)
    approval.check(plan)
    hear(progress := replace(progress, approved=approval.keys(plan)))
    if plan.counts["create"]:
        apply.account.target_with_key()
        warn_of_forgetting(apply.console, apply.account, apply.loaded)
        confirmed = confirm(apply, plan, progress, view)
        view.may_be_cut_off(plan, _cut_off(apply, confirmed))
        hear(progress := create(apply, confirmed, hear))
    else:
        view.nothing_to_create(plan)
    return _conclude(apply, plan, progress)


def _loosened(apply: Apply, plan: Plan, looked: ListEvidence) -> Plan:
    """Return the plan with what became weaker since the base; a base that cannot be read is noted if anything is
    created.
    """

    def replan(loaded: LoadedProject) -> Plan:
        return plan_now(replace(apply, loaded=loaded), looked)

    options = apply.options
    plan = with_loosening(apply.console, plan, apply.loaded, replan, base=options.base, definitions=options.definitions)
    if plan.loosening is None or not plan.loosening.fault:
        return plan
    if not plan.counts["create"]:
        return replace(plan, loosening=None)
    apply.console.remark([uncompared(plan.loosening)])
    return plan


def confirm(apply: Apply, plan: Plan, progress: Progress, view: ApplyView) -> Confirmed:
    """Show the plan and ask; after an answer, nothing that was read before counts any more.

    Raises `Refused` where nobody can be asked, or without a yes.
    """
    view.to_create(plan)
    blind = bool(progress.looked.blind)
    # Nobody is asked for what will not be done.
    if not apply.options.yes and ask(apply.console, apply.account, apply.stopping, plan, blind=blind):
        progress = replace(progress, looked=replace(progress.looked, recent=stopwatch(0)))
    return Confirmed(plan, progress)


def _cut_off(apply: Apply, confirmed: Confirmed) -> Report:
    """Return the report of a run that is killed: each of its broadcasts may have been created by then."""
    creates = (Outcome(item.key, "unknown", item.request.name) for item in confirmed.plan.having("create"))
    return Report(tuple(creates)).with_adopted(report_of(apply, confirmed.progress).outcomes)


def _conclude(apply: Apply, plan: Plan, progress: Progress) -> Applied:
    """Write the state down, and find the worst of what is in the report, the state and a fresh plan."""
    store = apply.store
    report = finished(store, report_of(apply, progress))
    if store.state.intents:
        # Another run may have finished what it had in hand when this one looked last.
        with suppress(InventGitopsError):
            store.refresh()
    report = report.seen_in(store.state)
    final = plan_now(apply, progress.looked)
    codes = [report_code(report), plan_code(final), open_code(store), left_code(apply.console, final, report)]
    return Applied(plan, report, worst(codes))
