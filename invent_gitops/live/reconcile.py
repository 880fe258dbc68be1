"""Settles open intents by looking: exactly one match is adopted, anything else stays blocked with its candidates.

Nothing is adopted for a key, or a request, of which somebody has said before that an attempt created nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from invent_gitops.model.absence import Absences
from invent_gitops.model.alike import composed
from invent_gitops.model.broadcast import REQUEST_FIELDS, Remote, Request
from invent_gitops.model.record import RecordedCounts, own_key
from invent_gitops.model.state import (
    Candidate,
    Event,
    Intent,
    Looked,
    Provenance,
    Record,
    Recorded,
    Reopened,
    State,
)
from invent_gitops.values import replace

# How far the API's clock and ours may be apart before a match counts as older than the attempt.
CLOCK_SKEW = timedelta(minutes=10)


def reconcile(state: State, remotes: Sequence[Remote], provenance: Provenance) -> list[Event]:
    """Return what the complete list `remotes` says about every open intent, as events; none if nothing is new.

    An absent broadcast is never taken as proof that it was not created: lists can lag.
    """
    unclaimed = Unclaimed(state, remotes)
    candidates_by_name = {name: unclaimed.candidates(intent) for name, intent in sorted(state.intents.items())}
    # A broadcast that two attempts may have made belongs to neither until a person says so.
    claims = Counter(
        candidate.remote.id
        for candidates in candidates_by_name.values()
        for candidate in candidates
        if not candidate.differs
    )
    settled: dict[str, Remote] = {}
    held, absences = set(state.broadcasts), Absences(state.absences)
    for name, candidates in candidates_by_name.items():
        intent = state.intents[name]
        key = own_key(name, intent.attempt)
        exact = [candidate.remote for candidate in candidates if not candidate.differs]
        # What somebody declared not to have been created may be this one, or that one appears late: a person says.
        declared = absences.of(key, intent.request)
        if len(exact) == 1 and claims[exact[0].id] == 1 and key not in held and not declared:
            settled[name] = exact[0]
            held.add(key)
    settled_ids = {remote.id for remote in settled.values()}
    events: list[Event] = []
    for name, candidates in candidates_by_name.items():
        intent = state.intents[name]
        remaining = tuple(candidate for candidate in candidates if candidate.remote.id not in settled_ids)
        if name in settled:
            events.append(Recorded(own_key(name, intent.attempt), adopted(intent, settled[name], provenance)))
        elif remaining != intent.candidates:
            events.append(Looked(name, intent.attempt, remaining))
    return events


def adopted(intent: Intent, remote: Remote, provenance: Provenance) -> Record:
    """Adopted by whoever looked; the definition is that of the commit from which it was attempted."""
    adoption = replace(provenance, commit=intent.provenance.commit, attempted=intent.provenance.at)
    record = Record(remote.id, intent.request, remote.status, "adopted", adoption, intent.attempt)
    return replace(record, local=intent.local, counts=RecordedCounts(remote.sending.counts.contacts))


class Unclaimed:
    """The live broadcasts that the state does not know, by name: made once, and asked for each attempt."""

    def __init__(self, state: State, remotes: Iterable[Remote]) -> None:
        known_ids = state.ids()
        self._by_name: dict[str, list[Remote]] = {}
        for remote in remotes:
            if remote.id not in known_ids:
                self._by_name.setdefault(remote.request.plain.name, []).append(remote)

    def candidates(self, intent: Intent) -> tuple[Candidate, ...]:
        """Return what the list shows of one attempt."""
        return candidates_of(intent, self._by_name.get(intent.request.plain.name, ()))


def candidates_of(intent: Intent, remotes: Sequence[Remote]) -> tuple[Candidate, ...]:
    """Return the live broadcasts that an attempt may have made: equal ones, and those that share its name.

    Equal ones share its name, too, so that those of another `plain` name need not be among `remotes`.
    """
    since = intent.provenance.at - CLOCK_SKEW
    candidates = []
    for remote in remotes:
        differs = differences(intent.request, remote)
        if remote.created_at is None:
            differs = (*differs, "created_at")
        elif remote.created_at < since:
            if differs:
                continue
            # Older than the attempt by our clock, and equal all the same: somebody should look.
            differs = ("created_at",)
        if not differs or remote.request.plain.name == intent.request.plain.name:
            candidates.append(Candidate(remote, differs))
    return tuple(sorted(candidates, key=lambda candidate: (len(candidate.differs), candidate.remote.id)))


def attempted_ids(state: State, remotes: Sequence[Remote]) -> set[str]:
    """Return the ids of the live broadcasts that an attempt in doubt may have made."""
    if not state.intents:
        return set()
    unclaimed = Unclaimed(state, remotes)
    return {candidate.remote.id for intent in state.intents.values() for candidate in unclaimed.candidates(intent)}


def unusable(intent: Intent, remote: Remote, ids_before: Collection[str]) -> str:
    """Return why an answer cannot be that of this call, "" if it can: the id that it names may be another broadcast's.

    `ids_before` are the ids that were there before the call.
    """
    answer = f"Invent answered with the id {remote.id}"
    if remote.id in ids_before:
        return f"{answer}, which another broadcast has already."
    if remote.created_at and remote.created_at < intent.provenance.at - CLOCK_SKEW:
        return f"{answer}, which was created before this call."
    if wrong := contradictions(intent.request, remote):
        return f"{answer}, whose {' and '.join(wrong)} {'is' if len(wrong) == 1 else 'are'} not as requested."
    return ""


def reopened(
    state: State, doubts: Mapping[str, Intent], attempt: Callable[[], str], now: datetime
) -> tuple[Reopened, ...]:
    """Return a new doubt for each call of unknown outcome (`doubts`) that the state has neither open nor recorded any
    more.

    Somebody has settled it while its answer was on the way, and the answer does not bear that out. `now` is aware.
    """
    recorded = {record.attempt for part in (state.broadcasts, state.removed) for record in part.values()}
    lost = {
        key: intent
        for key, intent in doubts.items()
        if intent.attempt not in recorded and not state.holds_attempt(key, intent.attempt)
    }
    return tuple(
        Reopened(
            key,
            replace(intent, attempt=attempt(), candidates=None, settles_at=max(intent.settled_from, now)),
        )
        for key, intent in sorted(lost.items())
    )


def differences(request: Request, remote: Remote) -> tuple[str, ...]:
    """Return the fields of the request in which a live broadcast is not as requested, or is not known to be."""
    return tuple(field for field, same in _compared(request, remote) if not same or field in remote.untold)


def contradictions(request: Request, remote: Remote) -> tuple[str, ...]:
    """Return the fields of the request that a live broadcast is told to have otherwise.

    What is not told contradicts nothing. Nor does what Invent may fill in: a time where "at once" was asked for, and
    segments where everyone was.
    """
    untold = set(remote.untold)
    if request.scheduled_at is None:
        untold.add("scheduled_at")
    if request.send_to_all and remote.request.send_to_all:
        untold.add("segment_ids")
    return tuple(field for field, same in _compared(request, remote) if not same and field not in untold)


def _compared(request: Request, remote: Remote) -> Iterator[tuple[str, bool]]:
    live = remote.request
    for field in REQUEST_FIELDS:
        # A name that only looks the same may be somebody else's: it is shown, and not taken for ours.
        spelled = field == "name" and composed(request.name) == composed(live.name)
        yield field, spelled or getattr(request, field) == getattr(live, field)
