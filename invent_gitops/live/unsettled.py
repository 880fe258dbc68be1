"""Finds what exists twice in Invent, or may: as long as there is any of it, no command ends as if all were well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from invent_gitops.live.reconcile import CLOCK_SKEW, differences
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.command import Command, Cure
from invent_gitops.model.listing import Listing
from invent_gitops.model.record import Intent, Record
from invent_gitops.model.state import State
from invent_gitops.model.status import Alarm
from invent_gitops.model.statuses import CALLED_OFF, COMING, OVER
from invent_gitops.model.unsettled import Leftovers, Twin
from invent_gitops.text.commands import settling_parts
from invent_gitops.values import replace

# How long after its adoption a broadcast is looked at again: by then, every list shows what the attempt has made.
YOUNG = timedelta(days=1)


def unsettled(state: State, listing: Listing[Remote], now: datetime) -> Leftovers:
    """Everything that a person has to settle, in the whole state and in what could be read of Invent's list."""
    return Leftovers(tuple(sorted(state.intents)), seconds(state), twins(state, listing, now))


def blocked_alarm(key: str, intent: Intent, now: datetime) -> Alarm:
    """Return the alarm of an attempt in doubt; it says how long a person has to wait from `now`, if at all."""
    look = ("To look for it: ", Command("reconcile"), " . Or look in Invent. If it is there: ")
    cure = Cure((*look, *settling_parts(key, intent, now)))
    return Alarm("blocked", "It may have been created: the answer was lost, and no run creates it.", cure)


def seconds(state: State) -> tuple[str, ...]:
    """Return the keys of records that are a second broadcast for a key, as long as both are to be sent."""
    keys = []
    for key, record in sorted(state.broadcasts.items()):
        first = state.broadcasts.get(key.removesuffix(f"#{record.id}"))
        if record.note.role == "second" and record.status not in OVER and first and first.status not in OVER:
            keys.append(key)
    return tuple(keys)


def watched(state: State, now: datetime) -> dict[str, Record]:
    """Return the records that were adopted so lately that their attempt's own broadcast may still appear, by key.

    What a person resolved is not looked at again: whoever named an id has seen what there was. What was created after
    a person's word that it was not is looked at: the word may have been wrong.
    """
    doubted = {absence.key for absence in state.absences.values()}
    return {
        key: record
        for key, record in sorted(state.broadcasts.items())
        if (record.how == "adopted" or key in doubted) and now - record.provenance.at < YOUNG
    }


def twins(state: State, listing: Listing[Remote], now: datetime) -> tuple[Twin, ...]:
    """Return what Invent has beside created and lately adopted broadcasts, exactly like them and recorded nowhere.

    While the attempt's own broadcast was not in the list yet, somebody else's may have been adopted for it; or a
    word that it was not created was wrong; or somebody has made another one by hand.
    """
    created = {key: record for key, record in sorted(state.broadcasts.items()) if record.how == "created"}
    young = created | watched(state, now)
    if not young or not listing.entries:
        return ()
    known_ids = state.ids()
    live = {remote.id: remote for remote in listing.entries}
    strange = [remote for remote in listing.entries if remote.id not in known_ids and remote.status not in CALLED_OFF]
    alike: dict[Request, list[Remote]] = {}
    for remote in strange:
        alike.setdefault(remote.request.plain, []).append(remote)
    return tuple(
        judged(Twin(key, record.id, other), record, live.get(record.id), complete=listing.complete)
        for key, record in sorted(young.items())
        for other in alike.get(record.sent.plain, ())
        if _is_twin(record, live.get(record.id), other)
    )


def _is_twin(record: Record, mine: Remote | None, other: Remote) -> bool:
    if differences(record.sent, other):
        return False
    if record.attempted and (other.created_at is None or other.created_at < record.attempted - CLOCK_SKEW):
        # It was there before the attempt.
        return False
    # Of two that are over, nothing can be taken back any more.
    return not (mine and mine.status in OVER and other.status in OVER)


def judged(twin: Twin, record: Record, mine: Remote | None, *, complete: bool) -> Twin:
    """Return which of the two is better deleted. Never one that has content, or may have, or that is being sent."""
    other = twin.other
    if (mine is None and complete) or (mine and mine.status in CALLED_OFF):
        return replace(twin, right=other.id, reason=f"{record.id} is not to be sent any more.")
    if mine is None:
        return twin
    empty = [remote for remote in (mine, other) if remote.sending.templates == 0 and remote.status in COMING]
    if len(empty) == 1:
        [superfluous] = empty
        right = other if superfluous is mine else mine
        reason = "it has no message, and the other one has." if right.sending.templates else "it has no message."
        return replace(twin, right=right.id, superfluous=superfluous.id, reason=reason)
    nearest = _nearest(record, empty)
    if nearest is None:
        return twin
    superfluous = other if nearest is mine else mine
    reason = f"{nearest.id} was created nearer to the attempt."
    return replace(twin, right=nearest.id, superfluous=superfluous.id, reason=reason)


def _nearest(record: Record, remotes: Sequence[Remote]) -> Remote | None:
    """Return the one that was created nearest to the attempt; None where the times do not tell."""
    if record.attempted is None:
        return None
    away = [(abs(remote.created_at - record.attempted), remote.id, remote) for remote in remotes if remote.created_at]
    away.sort()
    if len(away) != len(remotes) or len(away) < 2 or away[0][0] == away[1][0]:
        return None
    return away[0][2]
