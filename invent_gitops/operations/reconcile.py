"""Looks in Invent for broadcasts whose outcome is unknown, and records what its list settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from invent_gitops.errors import Unavailable
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.listing import Listing
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.project import Project
from invent_gitops.model.state import Intent, Recorded, State
from invent_gitops.operations.account import Account, Store, connect
from invent_gitops.operations.console import Console
from invent_gitops.operations.signals import Stopping
from invent_gitops.provenance import Origin
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct, replace


class Reconciled(Struct, frozen=True):
    """The report on every attempt whose outcome was unknown, and the state and the listing that it rests on."""

    report: Report
    state: State
    listing: Listing[Remote]


def reconcile_doubts(
    console: Console, account: Account, root: Path, project: Project, store: Store, origin: Origin
) -> Reconciled:
    """Read the list, if anything is in doubt or was adopted lately, and record what it settles.

    A list that cannot be read is the failure of the report: the doubts stay.
    """
    from invent_gitops.live.unsettled import twins, watched

    adopted: tuple[Outcome, ...] = ()
    listing: Listing[Remote] = Listing(())
    failure: Unavailable | None = None
    with store, Stopping(console) as stopping:
        doubts = store.state.intents
        if doubts or watched(store.state, origin.now().at):
            try:
                with connect(console, account, root, project, None, stop=stopping.event) as api:
                    listing = Listing(tuple(api.broadcasts()))
            except Unavailable as error:
                failure = error
            else:
                adopted = settle(console, store, listing.entries, origin, doubts)
        state = store.state
    unknown = [Outcome(key, "unknown", intent.request.name) for key, intent in sorted(state.intents.items())]
    outcomes = tuple(sorted([*adopted, *unknown], key=lambda outcome: outcome.key))
    return Reconciled(Report(outcomes, failure, twins=twins(state, listing, origin.now().at)), state, listing)


def settle(
    console: Console, store: Store, remotes: Sequence[Remote], origin: Origin, doubts: Mapping[str, Intent]
) -> tuple[Outcome, ...]:
    """Record what the complete list settles, and report what was adopted.

    `doubts` are the intents that were open before the list was read: what was begun later may have
    been created later. The state is read again first: somebody may have settled them meanwhile.
    """
    from invent_gitops.live.reconcile import reconcile as settled_by

    if not doubts:
        return ()
    store.refresh()
    state = store.state
    attempts = {intent.attempt for intent in doubts.values()}
    earlier = {name: intent for name, intent in state.intents.items() if intent.attempt in attempts}
    events = settled_by(replace(state, intents=earlier), remotes, origin.now())
    if events:
        store.append(events)
        store.sync()
    adopted = []
    # Somebody else may have recorded the same broadcast while ours was pushed.
    recorded = {record.attempt for record in store.state.broadcasts.values()}
    for event in events:
        if isinstance(event, Recorded) and event.record.attempt in recorded:
            record = event.record
            message = f"Found in Invent, exactly as requested, and adopted: {event.key} is {record.id}."
            console.note(clean(message))
            adopted.append(Outcome(event.key, "adopted", record.request.name, record.id))
    return tuple(adopted)
