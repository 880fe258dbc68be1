"""What the chain of states tells: every change that was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from invent_gitops.live.drift import taken_over
from invent_gitops.model.chain import Chain, Change, Link
from invent_gitops.model.correction import corrects
from invent_gitops.model.state import Provenance, Record, State

EMPTY = State("", 0, "", "")


def changes(chain: Chain) -> list[Change]:
    """Everything that became of any key, oldest first: see `What`."""
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


def keys(chain: Chain, found: Sequence[Change]) -> set[str]:
    """Return every key that the chain speaks of: those that changes name, and those of each state."""
    named = {change.key for change in found}
    for link in chain.links:
        if state := link.state:
            named |= {*state.broadcasts, *state.intents, *state.removed}
            named |= {absence.key for absence in state.absences.values()}
    return named


def _between(old: State, new: State, link: Link) -> Iterator[Change]:
    former = {record.id: (key, record) for key, record in old.broadcasts.items()}
    for key, record in new.broadcasts.items():
        # Where git has no state between the two ids, the record still names the wrong one.
        if corrects(old.broadcasts.get(key), record) or (record.id not in former and record.instead_of):
            note = f"instead of {record.instead_of[-1]}: {record.note.text}"
            yield _change(record.provenance, "corrected", key, record.id, record.sent.name, link, note)
            continue
        if record.id not in former:
            made = _attempted(old, record)
            yield _change(made, record.how, key, record.id, record.sent.name, link, record.note.text)
            continue
        origin, before = former[record.id]
        if origin != key:
            made = Provenance(link.at, link.by)
            yield _change(made, "moved", key, record.id, before.request.name, link, f"from {origin}")
        if record.refreshed and record.refreshed != before.refreshed:
            seen = _change(record.refreshed, "refreshed", key, record.id, record.request.name, link, "")
            yield replace(seen, fields=taken_over(before, record))
    for key, gone in new.removed.items():
        if key not in old.removed:
            yield _change(gone.provenance, "removed", key, gone.id, gone.request.name, link, gone.reason)
    for attempt, absence in new.absences.items():
        if attempt not in old.absences:
            intent = next((one for one in old.intents.values() if one.attempt == attempt), None)
            request = intent.request if intent else absence.request
            name = request.name if request else ""
            yield _change(absence.provenance, "declared not created", absence.key, "", name, link, absence.reason)


def _attempted(old: State, record: Record) -> Provenance:
    """Who recorded it and when, from the commit from which it was attempted; the two may be of different runs."""
    intent = next((one for one in old.intents.values() if one.attempt == record.attempt), None)
    if intent is None or record.how == "created":
        return record.provenance
    return replace(record.provenance, commit=intent.provenance.commit)


def _change(made: Provenance, what: str, key: str, id: str, name: str, link: Link, note: str) -> Change:
    return Change(made.at, what, key, id, name, made.by, made.commit, made.run, link.commit, note)  # type: ignore[arg-type]  # `what` is one of the names
