"""The looks at Invent's list before something is created: the second guard, beside the state."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from invent_gitops.errors import Unavailable, WrongUsage
from invent_gitops.live.unsettled import watched
from invent_gitops.model.audience import AudienceReading
from invent_gitops.operations.apply_values import Apply, ListEvidence, headcounts, plan_now, plan_of_list
from invent_gitops.operations.branch_tip import newest_requests
from invent_gitops.operations.look import first_look, lacks_records
from invent_gitops.operations.reconcile import settle
from invent_gitops.operations.stopwatch import stopwatch
from invent_gitops.plan.headcount import needs_reading, reviewed_segments, uncompared
from invent_gitops.text.clean import clean
from invent_gitops.values import replace

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi

# Seconds for which what was read last may stand while a run plans again, from the last page on.
RECENT = 10.0
_UNREAD = "The segments were not read, since nothing needed them by then. Run apply again."


def look_first(apply: Apply) -> ListEvidence:
    """Read the list in Invent before anything else, if there is anything to create, in doubt or lately settled."""
    state, looked = apply.store.state, ListEvidence()
    if state.intents or watched(state, apply.origin.now().at) or plan_now(apply, looked).counts["create"]:
        if not apply.account.sandbox:
            newest = newest_requests(apply.loaded, apply.options.definitions, apply.options.branch)
            looked = replace(looked, newest=newest)
        *_, looked = look(apply, looked, settling=True)
    return looked


def renew(apply: Apply, looked: ListEvidence) -> Iterator[ListEvidence]:
    """Read the state again, and the list if the last look is some seconds old; yields as `look` does."""
    apply.store.refresh()
    if not looked.recent():
        yield from look(apply, looked)


def look(apply: Apply, looked: ListEvidence, *, settling: bool = False) -> Iterator[ListEvidence]:
    """Read the list: for what is there already and, `settling`, for what an earlier run left in doubt.

    The state is the guard; this is a second one, for a state that was lost or put back. Where the list
    cannot be read whole, keys in doubt stay blocked and the rest goes on with what was read, if it may.
    Yields what is known after each step, the last of which counts: an error on the way takes nothing back.
    """
    from invent_gitops.policy.clock import check_clock

    doubts = apply.store.state.intents
    looked = replace(looked, recent=stopwatch(RECENT))
    yield looked
    try:
        with apply.connect() as api:
            first = first_look(partial(api.readable_broadcasts, tries=5 if doubts else 3))
            audience = _read_audience(apply, api, replace(looked, live=first.listing.entries))
    except WrongUsage as error:
        # Without a key nothing will be created either, which is reported when it is to be.
        if doubts:
            apply.console.note(clean(f"Invent could not be read first. {error.message}"))
        return
    if first.reason:
        apply.console.note(clean(f"Invent could not be read first. {first.reason}"))
    check_clock(first.listing, apply.origin.now().at)
    # What an earlier look of this run has shown stays seen: lists can lag, and go back.
    ids = {remote.id for remote in first.listing.entries}
    earlier = (remote for remote in looked.live if remote.id not in ids)
    # Read anew, a list of many pages would be as old at its end: its time begins when all of it was read.
    looked = replace(looked, recent=stopwatch(RECENT))
    looked = replace(looked, first=first, live=(*first.listing.entries, *earlier), audience=audience)
    yield looked
    # The state must be no older than the list, or what another run is creating would look like nobody's.
    apply.store.refresh()
    looked = replace(looked, reach=first.reach(apply.store.state))
    yield looked
    if first.complete:
        apply.store.remember(vouched=not lacks_records(plan_now(apply, looked)))
    # Later, what is in doubt may be another run's that is just waiting for its answer.
    if first.complete and settling:
        adopted = settle(apply.console, apply.store, looked.live, apply.origin, doubts)
        looked = replace(looked, adopted=(*looked.adopted, *adopted))
        yield looked
    if not apply.options.unlisted:
        looked = replace(looked, blind=first.blind(apply.store.state, vouched=apply.store.vouched))
    yield looked


def note_uncompared(apply: Apply, looked: ListEvidence) -> None:
    """Say whose audience is compared with nothing, since nobody has reviewed a number.

    A project without a catalogue has no place for numbers, and every run would say the same.
    """
    if (
        apply.loaded.catalogue
        and looked.audience is not None
        and (note := uncompared(plan_now(apply, looked), headcounts(apply)))
    ):
        apply.console.note(clean(note))


def _read_audience(apply: Apply, api: InventApi, looked: ListEvidence) -> AudienceReading:
    """Return the segments, read once for all that would be created, if a number was reviewed for any of it."""
    plan = plan_of_list(apply, looked)
    if not needs_reading(plan, headcounts(apply)):
        return AudienceReading(fault=_UNREAD)
    try:
        segments = api.segments(tries=3)
    except Unavailable as error:
        return AudienceReading(fault=f"{error.message} {error.cure}".strip())
    contacts = {segment.id: segment.contacts for segment in segments}
    if missing := reviewed_segments(plan, headcounts(apply)) - contacts.keys():
        keys = ", ".join(sorted(missing)[:5])
        apply.console.note(clean(f"Not in Invent any more, so nobody in it is reached: the segment {keys}."))
    return AudienceReading(contacts)
