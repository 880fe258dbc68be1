"""What the chain of states tells: every change that was made, and whether each follows from the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from invent_gitops.model.broadcast import Request
from invent_gitops.model.chain import Chain, Change, Flaw, Link
from invent_gitops.model.state import Provenance, Record, State

EMPTY = State("", 0, "", "")
# Of one source commit: the requests of its definitions by key, or why they cannot be had.
Source = Mapping[str, Request] | str


def changes(chain: Chain) -> list[Change]:
    """Everything that was created, adopted, resolved, imported, moved, removed or declared absent, oldest first."""
    found: list[Change] = []
    before = EMPTY
    for link in chain.links:
        if link.state is not None:
            # Within one commit by time; between commits their order counts, whatever the clocks said.
            found += sorted(_between(before, link.state, link), key=lambda change: (change.at, change.key))
            before = link.state
    return found


def about(found: Sequence[Change], key: str) -> list[Change]:
    """The changes of one key: those of every broadcast that ever had it, under all its keys."""
    ids = {change.id for change in found if change.key == key and change.id}
    return [change for change in found if change.key == key or change.id in ids]


def _between(old: State, new: State, link: Link) -> Iterator[Change]:
    former = {record.id: key for key, record in old.broadcasts.items()}
    for key, record in new.broadcasts.items():
        if key in old.broadcasts and old.broadcasts[key].id == record.id:
            continue
        origin = former.get(record.id)
        if origin is None:
            yield _change(record.provenance, record.how, key, record.id, record.request.name, link, record.note)
        else:
            made = Provenance(link.at, link.by)
            yield _change(made, "moved", key, record.id, record.request.name, link, f"from {origin}")
    for key, gone in new.removed.items():
        if key not in old.removed:
            yield _change(gone.provenance, "removed", key, gone.id, gone.request.name, link, gone.reason)
    for attempt, absence in new.absences.items():
        if attempt not in old.absences:
            intent = old.intents.get(absence.key)
            name = intent.request.name if intent else ""
            yield _change(absence.provenance, "declared not created", absence.key, "", name, link, absence.reason)


def _change(made: Provenance, what: str, key: str, id: str, name: str, link: Link, note: str) -> Change:
    return Change(made.at, what, key, id, name, made.by, made.commit, made.run, link.commit, note)  # type: ignore[arg-type]  # `what` is one of the names


def verify(chain: Chain, dump: Callable[[State], str], source: Callable[[str], Source]) -> list[Flaw]:
    """Every flaw of the chain, oldest first; an empty list is the proof that it is whole.

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
    if not first and (new.lineage, new.org, new.api) != (old.lineage, old.org, old.api):
        yield Flaw(place(link), "its lineage, org or API is not that of the state before it")
    if strict and new.serial != old.serial + 1:
        yield Flaw(place(link), f"its serial is {new.serial}, and should be {old.serial + 1}")
    elif not strict and new.serial < old.serial:
        yield Flaw(place(link), f"its serial is {new.serial}, and was {old.serial} before")
    yield from _records(old, new, link, strict=strict)
    yield from _words_of_people(old, new, link)
    if strict:
        yield from _dropped(old, new, link)


def _records(old: State, new: State, link: Link, *, strict: bool) -> Iterator[Flaw]:
    """Records stay as they are, go only by a move or a removal, and come of an intent."""
    former = {record.id: (key, record) for key, record in old.broadcasts.items()}
    kept = {record.id for record in new.broadcasts.values()} | {gone.id for gone in new.removed.values()}
    for key, record in new.broadcasts.items():
        if record.id in former:
            yield from _altered(former[record.id][1], record, link, key)
        elif strict:
            yield from _untraced(old, record, link, key)
    for id, (key, _) in former.items():
        if id not in kept:
            yield Flaw(place(link, key), f"the record with the id {id} is gone, without a move or a removal")


def _words_of_people(old: State, new: State, link: Link) -> Iterator[Flaw]:
    for key, gone in old.removed.items():
        if new.removed.get(key) != gone:
            yield Flaw(place(link, key), "its tombstone was changed or is gone")
    for attempt, absence in old.absences.items():
        if new.absences.get(attempt) != absence:
            yield Flaw(place(link, absence.key), "the word that it was not created was changed or is gone")


def _dropped(old: State, new: State, link: Link) -> Iterator[Flaw]:
    """An intent ends with a record, with a person's word, or with a commit that says that nothing was created."""
    ended = {record.attempt for record in new.broadcasts.values()} | set(new.absences)
    ended |= {gone.attempt for gone in new.removed.values()}
    for key, intent in old.intents.items():
        kept = new.intents.get(key)
        if (kept and kept.attempt == intent.attempt) or intent.attempt in ended:
            continue
        if f"Broadcast-Not-Created: {' '.join(key.split())} {intent.attempt}" not in link.message.splitlines():
            yield Flaw(place(link, key), "its open intent is gone, and no commit says what became of it")


def _altered(old: Record, new: Record, link: Link, key: str) -> Iterator[Flaw]:
    fields = ("request", "how", "provenance", "attempt")
    changed = [field for field in fields if getattr(old, field) != getattr(new, field)]
    if changed:
        yield Flaw(place(link, key), f"the record with the id {new.id} was altered: {', '.join(changed)}")


def _untraced(old: State, record: Record, link: Link, key: str) -> Iterator[Flaw]:
    """A record comes of an intent with the same attempt and request, unless it was imported."""
    if record.how == "imported":
        return
    intent = next((intent for intent in old.intents.values() if intent.attempt == record.attempt), None)
    if intent is None:
        yield Flaw(place(link, key), f"the record with the id {record.id} follows from no intent")
    elif intent.request != record.request:
        yield Flaw(place(link, key), f"the record with the id {record.id} is not what its intent was about")


def _sources(last: Link, links: list[Link], source: Callable[[str], Source]) -> Iterator[Flaw]:
    """Whether the definition of each record's source commit gives the request that was sent."""
    assert last.state is not None
    original = {
        record.id: key for link in reversed(links) if link.state for key, record in link.state.broadcasts.items()
    }
    known: dict[str, Source] = {}
    for key, record in sorted(last.state.broadcasts.items()):
        commit = record.provenance.commit
        if record.how == "imported":
            continue
        if not commit or commit.endswith("-dirty"):
            where = "no commit" if not commit else f"edits on top of {commit.removesuffix('-dirty')}"
            yield Flaw(place(last, key), f"it was created from {where}, so its definition cannot be looked up", True)
            continue
        if commit not in known:
            known[commit] = source(commit)
        found = known[commit]
        if isinstance(found, str):
            yield Flaw(place(last, key), f"the definitions of its commit {commit[:12]} cannot be read: {found}", True)
        elif found.get(original[record.id]) != record.request:
            yield Flaw(place(last, key), f"its definition in {commit[:12]} does not give the request that was sent")
