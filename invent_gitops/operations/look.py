"""A look at Invent that can only read: what plan, status and refresh are given has no way to create anything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from invent_gitops.errors import NotOffered, Unavailable, Unreachable, WrongUsage
from invent_gitops.model.broadcast import Catalogue, Remote, RemoteSegment
from invent_gitops.model.listing import Listing, Reach
from invent_gitops.model.plan import Plan
from invent_gitops.model.project import Project
from invent_gitops.model.state import State
from invent_gitops.model.statuses import GONE
from invent_gitops.operations.account import Account, connect
from invent_gitops.operations.console import Console
from invent_gitops.values import Struct, field, replace

T = TypeVar("T")


class Reader(Struct, frozen=True):
    """The reading half of the API."""

    broadcasts: Callable[[], Listing[Remote]]
    segments: Callable[[], list[RemoteSegment]]


class FirstLook(Struct, frozen=True):
    """What apply saw of the list right before it creates.

    `reason` says why it is not complete, with the `cure`; "" where it is. `offered` is whether this Invent has a list
    at all, `reached` whether anything answered.
    """

    listing: Listing[Remote] = field(default_factory=lambda: Listing(()))
    reason: str = ""
    cure: str = ""
    offered: bool = True
    reached: bool = True

    @property
    def complete(self) -> bool:
        """Whether all that is in Invent was read."""
        return self.offered and not self.reason

    def reach(self, state: State) -> Reach:
        """Return how far the list was read; "not-offered" only where nobody has ever read one."""
        if self.complete:
            return "whole"
        return "partly" if self.offered or state.listed else "not-offered"

    def blind(self, state: State, *, vouched: bool) -> str:
        """Return why nothing may be created after this look, "" if something may.

        The state is one guard and the list the other. A state that is new, or that nobody here has seen before, guards
        nothing by itself; an Invent that has no list has none to read, unless somebody has read it before.
        """
        new = not state.broadcasts and not state.removed
        if self.complete or (vouched and not new) or not (self.offered or state.listed):
            return ""
        lacks = "The state is new" if new else "This clone has never seen the state before"
        reason = self.reason if self.offered else f"{self.reason.rstrip('.')}. An earlier run has read that list."
        message = f"{lacks}, so the earlier creates could not be checked. {reason.rstrip('.')}."
        # Where nothing answers, no create gets there either.
        dare = " If surely nothing was created before, add --blind." if self.reached else ""
        return f"{message} {self.cure}{dare}"


def lacks_records(plan: Plan) -> bool:
    """Return whether the list has shown what is defined and not recorded, so that the state may lack more."""
    policies = (refusal.policy for item in plan.having("refused") for refusal in item.refusals)
    return any(policy in ("exists-already", "possible-rename") for policy in policies)


def first_look(read: Callable[[], Listing[Remote]]) -> FirstLook:
    """Read the list as far as it goes. Raises `WrongUsage` where there is no usable key."""
    try:
        listing = read()
    except Unavailable as error:
        offered, reached = not isinstance(error, NotOffered), not isinstance(error, Unreachable)
        return FirstLook(Listing(()), error.message, error.cure or "Try again later.", offered, reached)
    return FirstLook(listing, " ".join(listing.gaps), "Try again later.")


_STRANGE = (
    "None of the {:,} recorded broadcasts is in Invent: this looks like another account. Check the key and the org. If "
    "they were really deleted, say so for each: invent-gitops state rm KEY --reason TEXT"
)
_YOUNG = (
    "None of the {:,} recorded broadcasts is in Invent. Some were created within the hour, and lists can lag: look "
    "again later. If it stays so, this looks like another account: check the key and the org."
)


class Snapshot(Struct, frozen=True):
    """What a look found: the live broadcasts, and the state, which is no older than their list.

    `before` are the ids that were recorded before the list was read: it cannot hold what came later. `segments`
    is None where nobody asked for them or they could not be read; then `gaps` says why.
    """

    state: State
    before: frozenset[str]
    broadcasts: Listing[Remote]
    segments: tuple[RemoteSegment, ...] | None = None
    gaps: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        return self.broadcasts.complete and not self.gaps


@contextmanager
def reading(
    console: Console,
    account: Account,
    root: Path,
    project: Project,
    catalogue: Catalogue | None,
    *,
    stop: threading.Event,
) -> Iterator[Reader]:
    """Invent for reading, for as long as the block lasts. Raises `WrongUsage` if there is no usable key."""
    try:
        account.target_with_key()
    except WrongUsage as error:
        offline = "Offline, invent-gitops plan shows what the files and the records say."
        raise WrongUsage(error.message, f"{offline} Or {error.cure[:1].lower()}{error.cure[1:]}") from None
    with connect(console, account, root, project, catalogue, stop=stop) as api:
        yield Reader(api.readable_broadcasts, api.segments)


def warn_of_clock(console: Console, snapshot: Snapshot) -> None:
    """Say it if this machine's clock is wrong by Invent's: apply would refuse, and what is past is not sure."""
    from invent_gitops.policy.clock import clock_fault

    if fault := clock_fault(snapshot.broadcasts, datetime.now(UTC)):
        console.note(f"Warning: {fault} Set it: apply creates nothing until then.")


def look(reader: Reader, read: Callable[[], State], *, segments: bool) -> Snapshot:
    """Read what can be read; what cannot is told in the gaps, and nothing unread is ever called missing.

    `read` gives the state as it is now. It is asked before and after the list: the state must be no older than the
    list, or what another run is creating now would look like nobody's.
    """
    before = frozenset(record.id for record in read().broadcasts.values())
    try:
        listing = reader.broadcasts()
    except Unavailable as error:
        listing = Listing((), (f"{error.message} {error.cure}".strip(),))
    state = read()
    listing = of_this_account(_confirmed(listing, state, before, reader), state)
    live_segments, gaps = _tried(reader.segments) if segments else (None, ())
    return Snapshot(state, before, listing, tuple(live_segments) if live_segments is not None else None, gaps)


def _confirmed(listing: Listing[Remote], state: State, before: frozenset[str], reader: Reader) -> Listing[Remote]:
    """Return the list, read once more if it holds not all that is recorded: only what two readings miss is gone.

    What is deleted while the pages are read moves the entries behind it forward, one of them past the reader; and if
    something is created at that moment, not even the count tells.
    """
    recorded = {record.id for record in state.broadcasts.values() if record.status != GONE} & before
    if not listing.complete or recorded <= {remote.id for remote in listing.entries}:
        return listing
    try:
        again = reader.broadcasts()
    except Unavailable as error:
        return replace(listing, gaps=(f"{error.message} {error.cure}".strip(),))
    newer = {remote.id for remote in again.entries}
    entries = (*again.entries, *(remote for remote in listing.entries if remote.id not in newer))
    return replace(again, entries=entries)


def of_this_account(listing: Listing[Remote], state: State) -> Listing[Remote]:
    """Return the list, with a gap if it holds not one of several recorded broadcasts: it may be somebody else's."""
    recorded = {record.id for record in state.broadcasts.values() if record.status != GONE}
    if not listing.complete or len(recorded) < 2 or any(remote.id in recorded for remote in listing.entries):
        return listing
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    young = any(record.provenance.at > hour_ago for record in state.broadcasts.values())
    return replace(listing, gaps=((_YOUNG if young else _STRANGE).format(len(recorded)),))


def _tried(read: Callable[[], T]) -> tuple[T | None, tuple[str, ...]]:
    try:
        return read(), ()
    except Unavailable as error:
        return None, (f"{error.message} {error.cure}".strip(),)
