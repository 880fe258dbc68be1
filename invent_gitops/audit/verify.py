"""Proves that the chain of states is whole: nothing in it changed but by an event, and each commit says by which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from invent_gitops.audit.origins import Origins, Source, sourced
from invent_gitops.audit.transition import Transition, place, transitions
from invent_gitops.compare import unequal_fields
from invent_gitops.model.chain import Chain, Flaw, Link
from invent_gitops.model.correction import corrects
from invent_gitops.model.state import Record, Removal, beside
from invent_gitops.values import Struct, replace


class Verdict(Struct, frozen=True):
    """Every flaw of a chain of so many `links`, oldest first; without any it is proved to be whole."""

    flaws: Sequence[Flaw]
    links: int


def verify(chain: Chain, source: Callable[[str], Source]) -> Verdict:
    """Return every flaw of the chain, in one turn through it.

    `source` gives the requests that the definitions of a commit give.
    """
    alone: list[Flaw] = []
    between: list[Flaw] = []
    origins = Origins()
    last: Link | None = None
    count = 0
    for link, step in transitions(chain.links):
        count += 1
        if step is None:
            alone.append(Flaw(place(link), link.fault))
        elif not link.canonical:
            alone.append(Flaw(place(link), "the text is not as invent-gitops writes it: it was edited by hand"))
        if chain.strict and link.parents > 1:
            alone.append(Flaw(place(link), "it is a merge, and a state is never merged"))
        if step:
            between += _step(step, link, strict=chain.strict)
            origins.take(step)
            last = link
    founded = sourced(last, origins, source) if last else ()
    return Verdict([*alone, *between, *founded], count)


def _step(step: Transition, link: Link, *, strict: bool) -> Iterator[Flaw]:
    old, new = step.old, step.new
    first = not old.lineage
    if first and f"State-Taken-Over: {new.lineage} {new.serial}" in link.message.splitlines():
        # What it holds was recorded in a file, and the branch cannot tell how.
        return
    if not first and (new.lineage, new.org, new.api) != (old.lineage, old.org, old.api):
        yield Flaw(place(link), "its lineage, org or API is not that of the state before it")
    if strict and new.serial != old.serial + 1:
        yield Flaw(place(link), f"its serial is {new.serial}, and should be {old.serial + 1}")
    elif not strict and new.serial < old.serial:
        yield Flaw(place(link), f"its serial is {new.serial}, and was {old.serial} before")
    for key, message in _unfounded(step, strict=strict):
        yield Flaw(place(link, key), message)
    if strict:
        lines = set(link.message.splitlines())
        for key, trailer, message in _announced(step):
            if " ".join(trailer.split()) not in lines:
                yield Flaw(place(link, key), f"{message}, and its commit does not say so")


def _unfounded(step: Transition, *, strict: bool) -> Iterator[tuple[str, str]]:
    """By key, what no event of this tool could have done, whatever a commit says."""
    old, new = step.before, step.after
    former = {record.id: record for record in old.broadcasts.values()}
    held = new.ids() | new.corrected()
    for key, record in new.broadcasts.items():
        if corrects(old.broadcasts.get(key), record):
            continue
        before = former.get(record.id)
        if before is None:
            if strict and (fault := _unfollowed(step, record)):
                yield key, f"the record with the id {record.id} {fault}"
        elif before != record and not (
            _took_over(before, record, strict=strict) or (not strict and _came_back(before, record))
        ):
            sides = ({name: getattr(side, name) for name in Record.__struct_fields__} for side in (before, record))
            changed = ", ".join(unequal_fields(*sides))
            yield key, f"the record with the id {record.id} was altered: {changed}"
    for key, record in old.broadcasts.items():
        if record.id not in held and record.id not in step.kept:
            yield key, f"the record with the id {record.id} is gone, without a move or a removal"
    yield from _unfounded_words(step, strict=strict)


def _unfounded_words(step: Transition, *, strict: bool) -> Iterator[tuple[str, str]]:
    """Yield the same for tombstones, for words that nothing was created, and for intents."""
    old, new = step.before, step.after
    yield from _unfounded_tombstones(step, strict=strict)
    for attempt, absence in old.absences.items():
        if new.absences.get(attempt) != absence:
            yield absence.key, "the word that it was not created was changed or is gone"
    if old.listed and not new.listed:
        yield "", "it does not say any more that the list was read"
    for key, intent in old.intents.items():
        after = new.intents.get(key)
        if after and after.attempt == intent.attempt and replace(after, candidates=intent.candidates) != intent:
            yield key, "its open intent was altered"


def _unfounded_tombstones(step: Transition, *, strict: bool) -> Iterator[tuple[str, str]]:
    old, new = step.before, step.after
    for key, gone in new.removed.items():
        if key in old.removed:
            if gone != old.removed[key]:
                yield key, "its tombstone was changed"
        elif strict and not _buries(gone, step.old.broadcasts.get(key)):
            yield key, "its tombstone is not that of the record that was there"
    for key, gone in old.removed.items():
        if key in new.removed:
            continue
        back = step.new.broadcasts.get(key) if strict else step.recorded.get(gone.id)
        if back is None or not (back.restores(gone) if strict else _came_back(gone, back)):
            yield key, "its tombstone is gone"


def _unfollowed(step: Transition, record: Record) -> str:
    """Return why a record does not come of an intent; "" if it does, or is an import, or of a call that was declared
    lost.
    """
    if record.how == "imported" or record.attempt in step.old.absences:
        return ""
    intent = step.attempted.get(record.attempt)
    if intent is None and record.note.role == "second" and record.attempt in step.settled:
        # Somebody else's broadcast was taken for that of the attempt, before its own answer came.
        return ""
    if intent is None:
        return "follows from no intent"
    return "" if intent.request == record.sent else "is not what its intent was about"


def _came_back(before: Record | Removal, after: Record) -> bool:
    """Return whether `after` was removed and restored since, and maybe refreshed: nothing that was refused is free by
    it.
    """
    return after.restored and after.attempt == before.attempt and set(before.requests) <= set(after.requests)


def _took_over(before: Record, after: Record, *, strict: bool) -> bool:
    """Return whether a refresh has made `after` of `before`; between two commits of a file there may have been
    several.
    """
    refresh = after.refreshed
    if refresh is None or refresh == before.refreshed:
        return False
    if strict:
        return before.seen(after.request, after.status, refresh, after.counts.results) == after
    untouched = {name: getattr(before, name) for name in ("request", "status", "formerly", "refreshed", "counts")}
    return (
        replace(after, **untouched) == before
        and (before.refreshed is None or before.refreshed.at < refresh.at)
        and after.formerly[: len(before.formerly)] == before.formerly
        and before.request in after.requests
        and before.counts.contacts == after.counts.contacts
    )


def _buries(gone: Removal, record: Record | None) -> bool:
    if record is None:
        return False
    return all(getattr(gone, name) == getattr(record, name) for name in ("id", "request", "attempt", "formerly"))


def _announced(step: Transition) -> Iterator[tuple[str, str, str]]:
    """By key, every change between two states, with the trailer that its commit must have."""
    old, new = step.before, step.after
    former = {record.id: key for key, record in old.broadcasts.items()}
    refreshes = {record.id: record.refreshed for record in old.broadcasts.values()}
    for key, record in new.broadcasts.items():
        if corrects(old.broadcasts.get(key), record):
            wrong = record.instead_of[-1]
            trailer = f"Broadcast-Corrected: {key} {wrong} {record.id}"
            yield key, trailer, f"it was corrected from {wrong} to {record.id}"
            continue
        if record.refreshed and record.refreshed != refreshes.get(record.id):
            yield key, f"Broadcast-Refreshed: {key} {record.id}", "it was refreshed"
        if record.id not in former:
            asked = key.removesuffix(f"#{record.id}") if record.note.role == "second" else key
            yield key, f"Broadcast-{record.how.capitalize()}: {asked} {record.id}", f"the id {record.id} was recorded"
        elif former[record.id] != key:
            yield key, f"Broadcast-Moved: {former[record.id]} {key}", f"the record was moved from {former[record.id]}"
    for key, gone in new.removed.items():
        if key not in old.removed:
            yield key, f"Broadcast-Removed: {key} {gone.id}", "it was removed"
    yield from _announced_attempts(step)


def _announced_attempts(step: Transition) -> Iterator[tuple[str, str, str]]:
    """Yield the same for intents and what became of them without a record."""
    old, new = step.before, step.after
    for attempt, absence in new.absences.items():
        if attempt not in old.absences:
            trailer = f"Broadcast-Declared-Absent: {absence.key} {attempt}"
            yield absence.key, trailer, "it was declared not to have been created"
    ended = {record.attempt for record in new.broadcasts.values()} | set(new.absences)
    ended |= {gone.attempt for gone in new.removed.values()}
    for key, intent in old.intents.items():
        after = new.intents.get(key)
        if after is None or after.attempt != intent.attempt:
            if intent.attempt not in ended and intent.attempt not in step.ended:
                asked = key.removesuffix(beside("", intent.attempt))
                yield key, f"Broadcast-Not-Created: {asked} {intent.attempt}", "its open intent is gone"
        elif after.candidates != intent.candidates:
            yield key, f"Broadcast-Looked-For: {key} {intent.attempt}", "its candidates changed"
    for key, intent in new.intents.items():
        if key not in old.intents or old.intents[key].attempt != intent.attempt:
            asked = key.removesuffix(beside("", intent.attempt))
            yield key, f"Broadcast-Intended: {asked} {intent.attempt}", "it was about to be created"
    if new.listed and not old.listed:
        yield "", "Broadcasts-Listed: yes", "the list was read"
