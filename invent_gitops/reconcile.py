"""Settles open intents by looking: exactly one match is adopted, anything else stays blocked with its candidates.

Nothing is adopted for a key, or a request, of which somebody has said before that an attempt created nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from invent_gitops.lookalike import request_of
from invent_gitops.model.absence import Absences
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.record import own_key
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
    found = {name: candidates_of(intent, unknown) for name, intent in sorted(state.intents.items())}
    # A broadcast that two attempts may have made belongs to neither until a person says so.
    claims = Counter(one.remote.id for candidates in found.values() for one in candidates if not one.differs)
    settled: dict[str, Remote] = {}
    held, absences = set(state.broadcasts), Absences(state.absences)
    for name, candidates in found.items():
        intent = state.intents[name]
        key = own_key(name, intent.attempt)
        exact = [candidate.remote for candidate in candidates if not candidate.differs]
        # What somebody declared not to have been created may be this one, or that one appears late: a person says.
        declared = absences.of(key, intent.request)
        if len(exact) == 1 and claims[exact[0].id] == 1 and key not in held and not declared:
            settled[name] = exact[0]
            held.add(key)
    taken = {remote.id for remote in settled.values()}
    events: list[Event] = []
    for name, candidates in found.items():
        intent = state.intents[name]
        left = tuple(candidate for candidate in candidates if candidate.remote.id not in taken)
        if name in settled:
            events.append(Recorded(own_key(name, intent.attempt), adopted(intent, settled[name], provenance)))
        elif left != intent.candidates:
            events.append(Looked(name, intent.attempt, left))
    return events


def adopted(intent: Intent, remote: Remote, provenance: Provenance) -> Record:
    record = Record(remote.id, intent.request, remote.status, "adopted", provenance, intent.attempt)
    return replace(record, attempted=intent.provenance.at)


def shown_for(intent: Intent, state: State, remotes: Sequence[Remote]) -> tuple[Candidate, ...]:
    """What a list shows of one attempt, without what the state knows already."""
    known = state.ids()
    return candidates_of(intent, [remote for remote in remotes if remote.id not in known])


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
