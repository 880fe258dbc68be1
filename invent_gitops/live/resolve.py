"""Judges a person's word on an attempt: what speaks against it, and what is recorded of it; it calls nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from invent_gitops.errors import InventGitopsError, Refused, Unavailable
from invent_gitops.live.reconcile import Unclaimed, differences
from invent_gitops.model.absence import Absences
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.note import Note
from invent_gitops.model.record import Check, own_key
from invent_gitops.model.state import (
    Absence,
    Candidate,
    Corrected,
    DeclaredAbsent,
    Intent,
    Provenance,
    Record,
    State,
)
from invent_gitops.text.commands import quoted, resolving
from invent_gitops.text.times import distance, moment
from invent_gitops.values import Struct, replace

_SEE = "See the details with: invent-gitops plan"


class Wanted(Struct, frozen=True):
    """What was to be created under a key: of an attempt, or, with "" as the attempt, of its definition.

    `request` is None where only an older version knew it.
    """

    key: str
    request: Request | None
    attempt: str = ""
    attempted: datetime | None = None


class Word(Struct, frozen=True):
    """What a person says: the reason, whether in spite of its age and of an unread list, and what it is not."""

    provenance: Provenance
    reason: str
    anyway: bool = False
    others: frozenset[str] = frozenset()


def attempt_name(state: State, key: str) -> str:
    """Under which name the open attempt of a key is kept; "" if there is none. Raises `Refused` for several."""
    if key in state.intents:
        return key
    names = sorted(name for name, intent in state.intents.items() if own_key(name, intent.attempt) == key)
    if len(names) > 1:
        raise Refused(f"{key} has several open attempts: {', '.join(names)}.", "Settle each by its name.")
    return names[0] if names else ""


def attempts_of(state: State, keys: Sequence[str]) -> list[str]:
    """Return the open attempt of each key. Raises `Refused` for a key that has none."""
    names = {key: attempt_name(state, key) for key in keys}
    for key, name in names.items():
        if not name:
            raise not_blocked(state, key)
    return [state.intents[name].attempt for name in names.values()]


def not_blocked(state: State, key: str) -> Refused:
    reason = (
        f"it is recorded as {state.broadcasts[key].id}"
        if key in state.broadcasts
        else "the state has no open attempt of it"
    )
    return Refused(f"{key} is not blocked: {reason}.", _SEE)


# ---------------------------------------------------------------- it was not created


def absences(
    state: State, keys: Sequence[str], listing: Listing[Remote], word: Word, context: Context
) -> list[DeclaredAbsent]:
    """Return the word for each key that nothing was created. Raises as `absence`, for the first key that it speaks
    against.
    """
    unclaimed = Unclaimed(state, listing.entries)
    return [absence(state, key, listing, word, context, unclaimed) for key in keys]


def absence(
    state: State,
    key: str,
    listing: Listing[Remote],
    word: Word,
    context: Context,
    unclaimed: Unclaimed | None = None,
) -> DeclaredAbsent:
    """Return the word that nothing was created. Raises `Refused` or `Unavailable` with all that speaks against it.

    `unclaimed` is the list without what the state knows, where it was made already.
    """
    name = attempt_name(state, key)
    if not name:
        raise not_blocked(state, key)
    intent = state.intents[name]
    candidates = _shown(intent, state, listing, unclaimed or Unclaimed(state, listing.entries))
    against = [
        *_too_early(name, intent, word, context),
        *_not_read(listing, word),
        *_found(name, candidates, word, context),
    ]
    if against:
        kind = Unavailable if any(isinstance(objection, Unavailable) for objection in against) else Refused
        raise kind(
            " ".join(objection.message for objection in against), " ".join(objection.cure for objection in against)
        )
    overridden: list[Check] = ["too-early"] if word.provenance.at < intent.settled_from else []
    overridden += [] if listing.complete else ["not-read"]
    others = tuple(candidate.remote.id for candidate in candidates)
    declaration = Absence(
        own_key(name, intent.attempt),
        word.reason,
        word.provenance,
        intent.request,
        listing.complete,
        tuple(overridden),
        others,
    )
    return DeclaredAbsent(intent.attempt, declaration)


def _shown(intent: Intent, state: State, listing: Listing[Remote], unclaimed: Unclaimed) -> tuple[Candidate, ...]:
    """Return what is shown of an attempt; where the list was not read, what was shown of it before still counts."""
    candidates = unclaimed.candidates(intent)
    if listing.complete:
        return candidates
    known_ids = state.ids() | {candidate.remote.id for candidate in candidates}
    return (*candidates, *(candidate for candidate in intent.candidates or () if candidate.remote.id not in known_ids))


def _too_early(name: str, intent: Intent, word: Word, context: Context) -> Iterator[InventGitopsError]:
    now, since = word.provenance.at, intent.settled_from
    if now < since and not word.anyway:
        yield Refused(
            f"{name} was attempted {distance(intent.provenance.at, now)}, and its call may still be in flight. If that "
            "creates it after your word, the next apply creates another one.",
            f"Say it from {moment(since, context.zone)} on, {distance(since, now)}. "
            "If its run is surely dead, add --anyway.",
        )


def _not_read(listing: Listing[Remote], word: Word) -> Iterator[InventGitopsError]:
    if not listing.complete and not word.anyway:
        yield Unavailable(
            "Invent's list could not be read to its end, so it is not certain that the broadcast is missing. "
            f"{' '.join(listing.gaps)}",
            "Try again later. If you have looked in Invent yourself, and it is not there, add --anyway.",
        )


def _found(name: str, candidates: Sequence[Candidate], word: Word, context: Context) -> Iterator[InventGitopsError]:
    remaining = [candidate for candidate in candidates if candidate.remote.id not in word.others]
    if remaining:
        described = ", ".join(
            f"{candidate.remote.id} ({candidate.remote.request.name}; {_same(candidate)})" for candidate in remaining
        )
        anyway = " --anyway" if remaining[0].differs else ""
        same = resolving(context.flags, name, f"--id {quoted(remaining[0].remote.id)}{anyway}")
        named = " ".join(f"--not {quoted(candidate.remote.id)}" for candidate in remaining)
        yield Refused(
            f"Invent shows what the attempt of {name} may have made: {described}.",
            f"If that is it: {same} . If it is surely another one, say so: {named}",
        )


def _same(candidate: Candidate) -> str:
    return f"differs in {', '.join(candidate.differs)}" if candidate.differs else "as requested"


# ---------------------------------------------------------------- it was created


def wanted(state: State, key: str, defined: Request | None) -> list[Wanted]:
    """Return what an id of a key may belong to, the likeliest first; `defined` is what its definition requests now.

    An open attempt; else attempts that were declared not to have created anything, for such a word may be wrong; and
    the definition of a key that has no record. Raises `Refused` where nothing of all this is there.
    """
    if name := attempt_name(state, key):
        intent = state.intents[name]
        return [Wanted(own_key(name, intent.attempt), intent.request, intent.attempt, intent.provenance.at)]
    ended = {record.attempt for part in (state.broadcasts, state.removed) for record in part.values()}
    declared = reversed(Absences(state.absences).of(key).items())
    possibilities = [
        Wanted(key, declaration.request, attempt) for attempt, declaration in declared if attempt not in ended
    ]
    if defined is not None and key not in state.broadcasts and key not in state.removed:
        possibilities.append(Wanted(key, defined))
    if not possibilities:
        raise not_blocked(state, key)
    return possibilities


def check_free(state: State, id: str, *, for_key: str = "") -> None:
    """Refuse an id that another key has. The second one that is kept beside `for_key` is that key's own."""
    for key, record in state.broadcasts.items():
        if record.id == id and key != f"{for_key}#{id}":
            raise Refused(f"The id {id} is recorded under the key {key} already.", "Look for the other id in Invent.")
    for key, removal in state.removed.items():
        if removal.id == id:
            raise Refused(f"The id {id} was removed under the key {key}.", "Look for the other id in Invent.")


def checked(possibilities: Sequence[Wanted], id: str, remotes: Sequence[Remote]) -> tuple[Wanted, Request, str]:
    """Return which of what was wanted the broadcast with that id is, its request, and its status. Raises `Refused`."""
    remote = next((remote for remote in remotes if remote.id == id), None)
    if remote is None and possibilities[0].request is None:
        raise Refused(
            f"Invent's list does not show a broadcast with the id {id}, and no record says what was requested.",
            "Check the id.",
        )
    if remote is None:
        raise Refused(f"Invent's list does not show a broadcast with the id {id}.", "Check the id, or add --anyway.")
    for possibility in possibilities:
        if possibility.request is not None and not differences(possibility.request, remote):
            return possibility, possibility.request, remote.status
    for possibility in possibilities:
        if possibility.request is None:
            # Nobody knows any more what was requested: it is what Invent shows.
            return possibility, remote.request, remote.status
    assert possibilities[0].request is not None
    differs = ", ".join(differences(possibilities[0].request, remote))
    raise Refused(
        f"The broadcast {id} ({remote.request.name}) is not as it was requested: it differs in {differs}.",
        "If it is still the right one, add --anyway.",
    )


def instead_of(state: State, key: str, wrong: str) -> Record:
    """Return the record whose id is wrong. Raises `Refused` if the key stands for something else."""
    record = state.broadcasts.get(key)
    if record is None or record.id != wrong:
        standing = f"is recorded as {record.id}" if record else "has no record"
        raise Refused(f"{key} {standing}, and not as {wrong}.", "See the ids with: invent-gitops state list")
    return record


def correction(state: State, key: str, wrong: str, id: str, status: str, word: Word) -> Corrected:
    """Return the event that puts `id` in place of `wrong`, which is free by that."""
    before = instead_of(state, key, wrong)
    # Whatever the clocks of two machines say, this comes after that.
    provenance = word.provenance if word.provenance.at >= before.provenance.at else before.provenance
    record = Record(
        id,
        before.sent,
        status,
        "resolved",
        replace(provenance, attempted=before.attempted),
        before.attempt,
        Note(word.reason),
        instead_of=(wrong,),
    )
    return Corrected(key, wrong, record)
