"""Proves that the chain of states is whole: nothing in it changed but by an event, and each commit says by which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise

from invent_gitops.compare import unequal_fields
from invent_gitops.model.broadcast import Request
from invent_gitops.model.chain import Chain, Flaw, Link
from invent_gitops.model.correction import corrects
from invent_gitops.model.state import Record, Removal, State, beside
from invent_gitops.values import replace

EMPTY = State("", 0, "", "")
# Of one source commit: the requests of its definitions by key, or why they cannot be had.
Source = Mapping[str, Request] | str


def verify(chain: Chain, dump: Callable[[State], str], source: Callable[[str], Source]) -> list[Flaw]:
    """Return every flaw of the chain, oldest first; an empty list is the proof that it is whole.

    `dump` gives the canonical text of a state, `source` the requests that the definitions of a commit give.
    """
    flaws: list[Flaw] = []
    for link in chain.links:
        if link.state is None:
            flaws.append(Flaw(place(link), link.fault))
        elif dump(link.state) != link.text:
            flaws.append(Flaw(place(link), "the text is not as invent-gitops writes it: it was edited by hand"))
        if chain.strict and link.parents > 1:
            flaws.append(Flaw(place(link), "it is a merge, and a state is never merged"))
    readable = [link for link in chain.links if link.state is not None]
    first = Link("", 0, "", datetime.min.replace(tzinfo=UTC), "", EMPTY)
    for before, after in pairwise([first, *readable]):
        assert before.state is not None
        assert after.state is not None
        flaws += _step(before.state, after.state, after, strict=chain.strict)
    if readable:
        flaws += _sources(readable[-1], readable, source)
    return flaws


def place(link: Link, key: str = "") -> str:
    where = link.commit[:12] if link.commit else "the file as it is now"
    return f"{where}, key {key}" if key else where


def _step(old: State, new: State, link: Link, *, strict: bool) -> Iterator[Flaw]:
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
    for key, message in _unfounded(old, new, strict=strict):
        yield Flaw(place(link, key), message)
    if strict:
        lines = set(link.message.splitlines())
        for key, trailer, message in _announced(old, new):
            if " ".join(trailer.split()) not in lines:
                yield Flaw(place(link, key), f"{message}, and its commit does not say so")


def _unfounded(old: State, new: State, *, strict: bool) -> Iterator[tuple[str, str]]:
    """By key, what no event of this tool could have done, whatever a commit says."""
    former = {record.id: record for record in old.broadcasts.values()}
    kept = new.ids() | new.corrected()
    for key, record in new.broadcasts.items():
        if corrects(old.broadcasts.get(key), record):
            continue
        before = former.get(record.id)
        if before is None:
            if strict and (fault := _unfollowed(old, record)):
                yield key, f"the record with the id {record.id} {fault}"
        elif before != record and not (
            _took_over(before, record, strict=strict) or (not strict and _came_back(before, record))
        ):
            sides = ({name: getattr(side, name) for name in Record.__struct_fields__} for side in (before, record))
            changed = ", ".join(unequal_fields(*sides))
            yield key, f"the record with the id {record.id} was altered: {changed}"
    for key, record in old.broadcasts.items():
        if record.id not in kept:
            yield key, f"the record with the id {record.id} is gone, without a move or a removal"
    yield from _unfounded_words(old, new, strict=strict)


def _unfounded_words(old: State, new: State, *, strict: bool) -> Iterator[tuple[str, str]]:
    """Yield the same for tombstones, for words that nothing was created, and for intents."""
    records = {record.id: record for record in new.broadcasts.values()}
    for key, gone in new.removed.items():
        if key in old.removed:
            if gone != old.removed[key]:
                yield key, "its tombstone was changed"
        elif strict and not _buries(gone, old.broadcasts.get(key)):
            yield key, "its tombstone is not that of the record that was there"
    for key in old.removed.keys() - new.removed.keys():
        gone = old.removed[key]
        back = new.broadcasts.get(key) if strict else records.get(gone.id)
        if back is None or not (back.restores(gone) if strict else _came_back(gone, back)):
            yield key, "its tombstone is gone"
    for attempt, absence in old.absences.items():
        if new.absences.get(attempt) != absence:
            yield absence.key, "the word that it was not created was changed or is gone"
    if old.listed and not new.listed:
        yield "", "it does not say any more that the list was read"
    for key, intent in old.intents.items():
        after = new.intents.get(key)
        if after and after.attempt == intent.attempt and replace(after, candidates=intent.candidates) != intent:
            yield key, "its open intent was altered"


def _unfollowed(old: State, record: Record) -> str:
    """Return why a record does not come of an intent; "" if it does, or is an import, or of a call that was declared
    lost.
    """
    if record.how == "imported" or record.attempt in old.absences:
        return ""
    intent = old.attempt_of(record.attempt)
    attempts = {settled.attempt for part in (old.broadcasts, old.removed) for settled in part.values()}
    if intent is None and record.note.role == "second" and record.attempt in attempts:
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


def _announced(old: State, new: State) -> Iterator[tuple[str, str, str]]:
    """By key, every change between two states, with the trailer that its commit must have."""
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
    yield from _announced_attempts(old, new)


def _announced_attempts(old: State, new: State) -> Iterator[tuple[str, str, str]]:
    """Yield the same for intents and what became of them without a record."""
    for attempt, absence in new.absences.items():
        if attempt not in old.absences:
            trailer = f"Broadcast-Declared-Absent: {absence.key} {attempt}"
            yield absence.key, trailer, "it was declared not to have been created"
    ended = {record.attempt for record in new.broadcasts.values()} | set(new.absences)
    ended |= {gone.attempt for gone in new.removed.values()}
    for key, intent in old.intents.items():
        after = new.intents.get(key)
        if after is None or after.attempt != intent.attempt:
            if intent.attempt not in ended:
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


def _asked(key: str, record: Record) -> str:
    """Return the key of the definition: a second record, and one of an attempt that was kept beside another, add to
    it.
    """
    return key.removesuffix(f"#{record.id}").removesuffix(beside("", record.attempt))


def _sources(last: Link, links: list[Link], source: Callable[[str], Source]) -> Iterator[Flaw]:
    """Yield whether the definition of each record's source commit gives the request that was sent."""
    assert last.state is not None
    original = {
        record.id: key for link in reversed(links) if link.state for key, record in link.state.broadcasts.items()
    }
    attempted = {
        intent.attempt: (key, intent.provenance.commit)
        for link in links
        if link.state
        for key, intent in link.state.intents.items()
    }
    sources: dict[str, Source] = {}
    for key, record in sorted(last.state.broadcasts.items()):
        first, commit = original[record.id], record.provenance.commit
        if record.how != "created":
            # Settled by a later run, maybe of another commit than that of the definition, and under another id or key.
            first, commit = attempted.get(record.attempt, (first, "" if record.how == "resolved" else commit))
        if record.how == "imported" or (record.how == "resolved" and not commit):
            continue
        if not commit or commit.endswith("-dirty"):
            where = (
                "outside of any commit" if not commit else f"from edits on top of {commit.removesuffix('-dirty')[:12]}"
            )
            message = f"it was created {where}: its definition was not committed then and cannot be looked up"
            yield Flaw(place(last, key), message, missing=True)
            continue
        if commit not in sources:
            sources[commit] = source(commit)
        requests = sources[commit]
        if isinstance(requests, str):
            yield Flaw(
                place(last, key),
                f"the definitions of its commit {commit[:12]} cannot be read: {requests}",
                missing=True,
            )
        elif requests.get(_asked(first, record)) != record.sent:
            yield Flaw(place(last, key), f"its definition in {commit[:12]} does not give the request that was sent")
