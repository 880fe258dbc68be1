"""Settles open intents by looking: exactly one match is adopted, anything else stays blocked with its candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from invent_gitops.lookalike import request_of
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.state import (
    Candidate,
    Event,
    Intent,
    Looked,
    Provenance,
    Record,
    Recorded,
    State,
)

# How far the API's clock and ours may be apart before a match counts as older than the attempt.
CLOCK_SKEW = timedelta(minutes=10)


def reconcile(state: State, remotes: Sequence[Remote], provenance: Provenance) -> list[Event]:
    """What the complete list `remotes` says about every open intent, as events; none if nothing is new.

    An absent broadcast is never taken as proof that it was not created: lists can lag.
    """
    known = state.ids()
    unknown = [remote for remote in remotes if remote.id not in known]
    found = {key: candidates_of(intent, unknown) for key, intent in sorted(state.intents.items())}
    # A broadcast that two attempts may have made belongs to neither until a person says so.
    claims = Counter(one.remote.id for candidates in found.values() for one in candidates if not one.differs)
    settled: dict[str, Remote] = {}
    for key, candidates in found.items():
        exact = [candidate.remote for candidate in candidates if not candidate.differs]
        if len(exact) == 1 and claims[exact[0].id] == 1 and key not in state.broadcasts:
            settled[key] = exact[0]
    taken = {remote.id for remote in settled.values()}
    events: list[Event] = []
    for key, candidates in found.items():
        intent = state.intents[key]
        left = tuple(candidate for candidate in candidates if candidate.remote.id not in taken)
        if key in settled:
            events.append(Recorded(key, adopted(intent, settled[key], provenance)))
        elif left != intent.candidates:
            events.append(Looked(key, intent.attempt, left))
    return events


def adopted(intent: Intent, remote: Remote, provenance: Provenance) -> Record:
    """Adopted by whoever looked; the definition is that of the commit from which it was attempted."""
    made = replace(provenance, commit=intent.provenance.commit)
    return Record(remote.id, intent.request, remote.status, "adopted", made, intent.attempt)


def candidates_of(intent: Intent, remotes: Sequence[Remote]) -> tuple[Candidate, ...]:
    """The live broadcasts that an attempt may have made: equal ones, and those that share its name."""
    since = intent.provenance.at - CLOCK_SKEW
    found = []
    for remote in remotes:
        differs = differences(intent.request, remote)
        if remote.created_at is None:
            differs = (*differs, "created_at")
        elif remote.created_at < since:
            if differs:
                continue
            # Older than the attempt by our clock, and equal all the same: somebody should look.
            differs = ("created_at",)
        if not differs or request_of(remote).plain.name == intent.request.plain.name:
            found.append(Candidate(remote, differs))
    return tuple(sorted(found, key=lambda candidate: (len(candidate.differs), candidate.remote.id)))


def differences(request: Request, remote: Remote) -> tuple[str, ...]:
    """The fields of the request in which a live broadcast is not as requested, or is not known to be."""
    pairs = {
        "name": (request.plain.name, request_of(remote).plain.name),
        "scheduled_at": (request.scheduled_at, remote.scheduled_at),
        "segment_ids": (request.segment_ids, remote.segment_ids),
        "send_to_all": (request.send_to_all, remote.send_to_all),
    }
    unread = {"segment_ids" if field == "segments" else field for field in remote.unread}
    return tuple(field for field, (wanted, found) in pairs.items() if wanted != found or field in unread)
