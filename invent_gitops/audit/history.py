"""What the chain of states tells: every change that was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.live.drift import taken_over
from invent_gitops.model.chain import Chain, Change, Link
from invent_gitops.model.correction import corrects
from invent_gitops.model.plan import FieldChange
from invent_gitops.model.state import Provenance, Record, State
from invent_gitops.values import replace

EMPTY = State("", 0, "", "")


def changes(chain: Chain) -> list[Change]:
    """Everything that became of any key, oldest first: see `ChangeKind`."""
    history: list[Change] = []
    before = EMPTY
    for link in chain.links:
        if link.state is not None:
            # Within one commit by time; between commits their order counts, whatever the clocks said.
            history += sorted(_between(before, link.state, link), key=lambda change: (change.at, change.key))
            before = link.state
    return history


def about(history: Sequence[Change], key: str) -> list[Change]:
    """Return the changes of one key: those of every broadcast that ever had it, under all its keys."""
    ids = {change.id for change in history if change.key == key and change.id}
    return [change for change in history if change.key == key or change.id in ids]


def keys(chain: Chain, history: Sequence[Change]) -> set[str]:
    """Return every key that the chain speaks of: those that changes name, and those of each state."""
    named = {change.key for change in history}
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
            provenance = _attempted(old, record)
            yield _change(provenance, record.how, key, record.id, record.sent.name, link, record.note.text)
            yield from _results_at_once(key, record, link)
            continue
        origin, before = former[record.id]
        if origin != key:
            provenance = Provenance(link.at, link.by)
            yield _change(provenance, "moved", key, record.id, before.request.name, link, f"from {origin}")
        if record.refreshed and record.refreshed != before.refreshed:
            refreshed = _change(record.refreshed, "refreshed", key, record.id, record.request.name, link, "")
            yield replace(refreshed, fields=taken_over(before, record))
    for key, gone in new.removed.items():
        if key not in old.removed:
            yield _change(gone.provenance, "removed", key, gone.id, gone.request.name, link, gone.reason)
    for attempt, absence in new.absences.items():
        if attempt not in old.absences:
            intent = old.attempt_of(attempt)
            request = intent.request if intent else absence.request
            name = request.name if request else ""
            yield _change(absence.provenance, "declared not created", absence.key, "", name, link, absence.reason)


def _results_at_once(key: str, record: Record, link: Link) -> Iterator[Change]:
    """Yield what came of a broadcast of which git has no state before that was taken over."""
    if record.refreshed and record.counts.results:
        refreshed = _change(record.refreshed, "refreshed", key, record.id, record.request.name, link, "")
        yield replace(refreshed, fields=(FieldChange("results", None, record.counts.results.told),))


def _attempted(old: State, record: Record) -> Provenance:
    """Return who recorded it and when, from the commit from which it was attempted; the two may be of different
    runs.
    """
    intent = old.attempt_of(record.attempt)
    if intent is None or record.how == "created":
        return record.provenance
    return replace(record.provenance, commit=intent.provenance.commit, signoff=intent.provenance.signoff)


def _change(by: Provenance, kind: str, key: str, id: str, name: str, link: Link, note: str) -> Change:
    number = by.signoff.number if by.signoff else None
    return Change(by, kind, key, id, name, link.commit, note, number)  # type: ignore[arg-type]  # `kind` is one of the names
