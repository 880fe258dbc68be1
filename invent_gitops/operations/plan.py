"""The plan of a project against its state, from files alone or with a look at Invent."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from invent_gitops.errors import ExitCode, WrongUsage, worst
from invent_gitops.model.alike import alike
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.listing import Listing, Reach
from invent_gitops.model.plan import Plan
from invent_gitops.model.state import State
from invent_gitops.model.unreachable import awaiting
from invent_gitops.operations.account import Account, Store
from invent_gitops.operations.console import Console
from invent_gitops.operations.context import bound_context
from invent_gitops.operations.look import Snapshot, look, reading
from invent_gitops.operations.project import LoadedProject
from invent_gitops.operations.signals import Stopping
from invent_gitops.text.quoting import did_you_mean
from invent_gitops.values import replace

# What makes a glob of a pattern; without it, a pattern is the name of a key.
_GLOB = re.compile(r"[*?\[]")


def chooser(only: Sequence[str], keys: Collection[str], *, listing: str) -> Callable[[str], bool]:
    """Return whether --only lets a key of `keys` through; without a pattern, each one is.

    A pattern is the very name of a key, else a glob. Raises `WrongUsage` if one matches nothing; `listing` is the
    command that shows the keys.
    """
    if not only:
        return lambda key: True
    chosen: set[str] = set()
    written = frozenset(keys)
    spelled: dict[str, set[str]] = {}
    for key in keys:
        spelled.setdefault(alike(key), set()).add(key)
    for pattern in only:
        matching = {pattern} & written or spelled.get(alike(pattern), set())
        if not matching and _GLOB.search(pattern):
            matching = {key for key in keys if fnmatchcase(key, pattern)}
        if not matching:
            cure = f"{did_you_mean(pattern, keys)} See the keys with: {listing}".strip()
            raise WrongUsage(f"--only {pattern!r} matches no key.", cure)
        chosen |= matching
    return chosen.__contains__


def warn_of_older(console: Console, account: Account, loaded: LoadedProject) -> Store:
    """Say that the state is older than what this clone has seen: a plan over it shows too much as to be created.

    Returns that state, so that nobody reads a large one twice.
    """
    store = account.store(loaded.root, loaded.project, strict=False)
    target = account.target()
    if reason := store.went_back(target.org, target.name):
        console.remark([f"{reason} What was created since then may be shown as to be created. apply refuses it."])
    return store


def read_account_state(account: Account, loaded: LoadedProject) -> State:
    """Return the state of the account as recorded. Raises `Refused` where it is bound to another one."""
    return read_state(account, account.store(loaded.root, loaded.project, strict=True))


def read_state(account: Account, store: Store) -> State:
    """Return the state as recorded, or an empty one that is bound to the account that was named."""
    state = store.read()
    if state.lineage:
        return state
    target = account.target()
    return replace(state, org=target.org, api=target.name)


def looked(
    console: Console, account: Account, loaded: LoadedProject, read: Callable[[], State], *, segments: bool
) -> Snapshot:
    """Return what Invent shows now, read with nothing in reach that can write. Raises `WrongUsage` without a key."""
    with (
        Stopping(console) as stopping,
        reading(console, account, loaded.root, loaded.project, loaded.catalogue, stop=stopping.event) as reader,
    ):
        return look(reader, read, segments=segments)


def compared(plan: Plan, loaded: LoadedProject, snapshot: Snapshot) -> Plan:
    """Return the plan with what drifted in Invent, and with today's audience."""
    from invent_gitops.live.drift import with_drift
    from invent_gitops.plan.audience import with_audiences

    plan = with_drift(plan, snapshot.state, snapshot.broadcasts, before=snapshot.before)
    jump = loaded.project.policies.audience_jump
    return with_unreachable(with_audiences(plan, snapshot.segments, loaded.catalogue, jump, snapshot.gaps), loaded)


def with_unreachable(plan: Plan, loaded: LoadedProject) -> Plan:
    """Return the plan with the edits and deletions that will not reach Invent."""
    from invent_gitops.plan.unreachable import unreachable

    project, segments = loaded.project, loaded.catalogue.by_id() if loaded.catalogue else {}
    return replace(plan, unreachable=unreachable(plan, project.policies.unreachable_edits, segments, project.file))


def plan_for(
    loaded: LoadedProject,
    state: State,
    *,
    only: Sequence[str],
    strict: bool,
    live: Sequence[Remote] = (),
    reach: Reach = "",
    newest: Mapping[str, Request] | None = None,
    flags: str = "",
) -> Plan:
    """Return the plan of a project against a state, as of now. Raises `WrongUsage` if one of `only` matches nothing."""
    from invent_gitops.plan.make import LiveList, Terms, make_plan

    keys: Collection[str] = ()
    if only:
        keys = {definition.key for definition in loaded.definitions} | state.broadcasts.keys() | state.intents.keys()
    plan = make_plan(
        loaded.definitions,
        state,
        terms=Terms(loaded.project.policies, loaded.catalogue, strict),
        context=bound_context(loaded, state, datetime.now(UTC), flags),
        only=chooser(only, keys, listing="invent-gitops validate --json"),
        listed=LiveList(live, reach),
        newest=newest,
    )
    if not live:
        return with_unreachable(plan, loaded)
    from invent_gitops.live.drift import with_drift

    # What an apply has read of Invent counts here, too; but what its list does not hold is not called gone.
    drifted = with_drift(plan, state, Listing(tuple(live)), before=frozenset())
    return replace(plan, unreachable=with_unreachable(drifted, loaded).unreachable)


def pending_code(plan: Plan) -> ExitCode:
    """For --exit-code: 3 if there is something to create, else 8 if a person must act in Invent."""
    if plan.counts["create"]:
        return ExitCode.CHANGES
    return ExitCode.BY_HAND if awaiting(plan.unreachable) else ExitCode.DONE


def plan_code(plan: Plan) -> ExitCode:
    """7 if a key is blocked, 6 if not all of Invent was read, 5 if a key, an edit or a weaker rule is refused."""
    refused = plan.counts["refused"] or plan.held_back or any(edit.refused for edit in plan.unreachable)
    return worst(
        [
            ExitCode.UNSETTLED if plan.counts["blocked"] else ExitCode.DONE,
            ExitCode.UNAVAILABLE if plan.look and not plan.look.complete else ExitCode.DONE,
            ExitCode.REFUSED if refused else ExitCode.DONE,
        ]
    )
