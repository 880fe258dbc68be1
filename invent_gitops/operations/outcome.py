"""How an apply ends: the state is written, and one exit code says the worst of what is on record."""

from __future__ import annotations

import os

from invent_gitops.errors import ExitCode, InventGitopsError, worst
from invent_gitops.live.unsettled import seconds
from invent_gitops.model.outcome import Report
from invent_gitops.model.plan import Plan
from invent_gitops.model.project import BranchPlace
from invent_gitops.operations.account import Account, Store
from invent_gitops.operations.console import Console
from invent_gitops.operations.posts import tell
from invent_gitops.operations.project import LoadedProject
from invent_gitops.text.clean import clean
from invent_gitops.values import replace


def warn_of_forgetting(console: Console, account: Account, loaded: LoadedProject) -> None:
    """Say that the state is a file of a runner, which goes with it, unless a later step keeps that."""
    storage = loaded.project.state
    path = account.state or ("" if isinstance(storage, BranchPlace) else storage.path)
    if os.environ.get("GITHUB_ACTIONS") != "true" or account.sandbox or not path:
        return
    tell(
        console,
        "warning",
        "the state is a file of this runner",
        f"The next run does not know what this one creates, unless a later step commits {path}. Keep the state on "
        "a branch: write state: {branch: broadcast-state} into the project file, then run: invent-gitops state migrate",
    )


def finished(store: Store, report: Report) -> Report:
    """Return the report, once the state is written; if that fails, what happened is in the journal, and the report says
    so.
    """
    try:
        store.finish()
        store.remember()
    except InventGitopsError as error:
        kept = () if store.durable else tuple(outcome.key for outcome in report.having("created"))
        unrecorded = tuple(dict.fromkeys((*report.unrecorded, *kept)))
        return replace(report, failure=report.failure or error, unrecorded=unrecorded)
    return report.healed(store.state) if store.durable else report


def report_code(report: Report) -> ExitCode:
    """Return the worst that became of any key."""
    codes = [ExitCode.DONE]
    if report.having("not-created"):
        codes.append(ExitCode.UNAVAILABLE)
    if report.having("not-attempted"):
        codes.append(ExitCode.REFUSED)
    if report.having("unknown") or report.unrecorded or report.twins:
        codes.append(ExitCode.UNSETTLED)
    if report.failure:
        codes.append(report.failure.exit_code)
    if report.stopped:
        codes.append(ExitCode.INTERRUPTED)
    return worst(codes)


def left_code(console: Console, final: Plan, report: Report) -> ExitCode:
    """5 where something could be created by now that this run did not take in hand, since it was blocked before."""
    missed = {item.key for item in final.having("create")} - {outcome.key for outcome in report.outcomes}
    if not missed:
        return ExitCode.DONE
    keys = ", ".join(sorted(missed)[:5])
    console.note(clean(f"These keys were refused, and the reason is over by now: {keys}. Run apply again."))
    return ExitCode.REFUSED


def open_code(store: Store) -> ExitCode:
    """7 as long as the state holds any open intent, or a second broadcast for a key, whatever --only says."""
    return ExitCode.UNSETTLED if store.state.intents or seconds(store.state) else ExitCode.DONE
