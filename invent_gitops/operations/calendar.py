"""The calendar of a project: from files and records, or with what Invent shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

from invent_gitops.live.calendar import FileChanges, calendar_of, within_days
from invent_gitops.live.status import NOT_ASKED, status_of
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.calendar import Calendar
from invent_gitops.model.listing import Reach
from invent_gitops.model.plan import Plan
from invent_gitops.model.state import State
from invent_gitops.operations.account import Account, Store
from invent_gitops.operations.console import Console
from invent_gitops.operations.context import bound_context
from invent_gitops.operations.definition_changes import definition_changes
from invent_gitops.operations.definitions_at import requests_at
from invent_gitops.operations.look import Snapshot, warn_of_clock
from invent_gitops.operations.loosening import with_loosening
from invent_gitops.operations.plan import looked, plan_for, read_account_state, read_state
from invent_gitops.operations.project import LoadedProject

# What is due within this time should be ready, as `status` has it by default.
SOON = timedelta(hours=24)


def read_calendar_of(
    console: Console,
    account: Account,
    loaded: LoadedProject,
    store: Store,
    *,
    refresh: bool,
    base: str,
    definitions: str | None,
    days: tuple[date | None, date | None],
) -> Calendar:
    """Return the sends of a project as of now, from the first to the last of `days`; None is open.

    With `refresh` Invent is read, otherwise nobody is asked. `store` is that of the account, `base` the option, ""
    for none, and `definitions` the folder named by hand. Raises what reading the state, the base and Invent raises.
    """
    read = partial(read_account_state, account, loaded)
    snapshot = looked(console, account, loaded, read, segments=False) if refresh else None
    if snapshot:
        warn_of_clock(console, snapshot)
    state = snapshot.state if snapshot else read_state(account, store)
    live: Sequence[Remote] = snapshot.broadcasts.entries if snapshot else ()
    reach: Reach = "" if snapshot is None else "whole" if snapshot.broadcasts.complete else "partly"
    replan = partial(plan_for, state=state, only=(), strict=False, live=live, reach=reach, flags=account.flags())
    plan = with_loosening(console, replan(loaded), loaded, replan, base=base, definitions=definitions)
    if plan.loosening and plan.loosening.fault:
        fault = f"{plan.loosening.reference} cannot be read: {plan.loosening.fault}. {plan.loosening.cure}"
        console.remark([f"No send is marked as new, since the base {fault}".strip()])
    changes = changes_of(loaded, plan, definitions=definitions)
    return within_days(calendar_at(account, loaded, plan, state, snapshot=snapshot, changes=changes), *days)


def calendar_at(
    account: Account,
    loaded: LoadedProject,
    plan: Plan,
    state: State,
    *,
    snapshot: Snapshot | None,
    changes: FileChanges,
) -> Calendar:
    """Return every send of the project at the moment of the `plan`, which is of the same files and the same `state`.

    Without a `snapshot` of Invent, everything is as files and records say.
    """
    listing = snapshot.broadcasts if snapshot else NOT_ASKED
    status = status_of(
        loaded.definitions,
        state,
        listing,
        before=snapshot.before if snapshot else frozenset(),
        catalogue=loaded.catalogue,
        context=bound_context(loaded, state, plan.context.at, account.flags()),
        soon=SOON,
        limits=loaded.project.policies.results,
    )
    return calendar_of(status, plan, state, loaded.project.policies, listing=listing, changes=changes)


def changes_of(loaded: LoadedProject, plan: Plan, *, definitions: str | None) -> FileChanges:
    """Return when the files changed, and what the base defines that the plan was compared with.

    `definitions` is the folder named by hand. Without a base that can be read, nothing counts as new.
    """
    changed_at = definition_changes(loaded)
    loosening = plan.loosening
    if loosening is None or not loosening.base:
        return FileChanges(changed_at)
    requests = requests_at(loaded.root, loosening.base, definitions)
    # Where the definitions of the base are not valid, nobody knows what is new.
    return (
        FileChanges(changed_at) if isinstance(requests, str) else FileChanges(changed_at, loosening.reference, requests)
    )
