"""What the chain of states tells: every change that was made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from invent_gitops.audit.transition import Transition, transitions
from invent_gitops.live.drift import taken_over
from invent_gitops.model.chain import Chain, Change, Link
from invent_gitops.model.correction import corrects
from invent_gitops.model.plan import FieldChange
from invent_gitops.model.state import Provenance, Record
from invent_gitops.values import Struct, replace


class Trail(Struct, frozen=True):
    """What a chain tells: its `changes`, oldest first, every key that it speaks of, and how many links it has."""

    changes: Sequence[Change]
    keys: Collection[str]
    links: int


def read_trail(chain: Chain) -> Trail:
    """Return everything that became of any key (see `ChangeKind`), in one turn through the chain."""
    history: list[Change] = []
    keys: set[str] = set()
    count = 0
    for link, step in transitions(chain.links):
        count += 1
        if step:
            # Within one commit by time; between commits their order counts, whatever the clocks said.
            history += sorted(_between(step, link), key=lambda change: (change.at, change.key))
            after = step.after
            keys |= {*after.broadcasts, *after.intents, *after.removed}
            keys |= {absence.key for absence in after.absences.values()}
    return Trail(history, keys | {change.key for change in history}, count)


def changes(chain: Chain) -> Sequence[Change]:
    """Return everything that became of any key, oldest first."""
    return read_trail(chain).changes


def about(history: Sequence[Change], key: str) -> list[Change]:
    """Return the changes of one key: those of every broadcast that ever had it, under all its keys."""
    ids = {change.id for change in history if change.key == key and change.id}
    return [change for change in history if change.key == key or change.id in ids]


def _between(step: Transition, link: Link) -> Iterator[Change]:
    old, new = step.before, step.after
    former = {record.id: (key, record) for key, record in old.broadcasts.items()}
    for key, record in new.broadcasts.items():
        # Where git has no state between the two ids, the record still names the wrong one.
        if corrects(old.broadcasts.get(key), record) or (record.id not in former and record.instead_of):
            note = f"instead of {record.instead_of[-1]}: {record.note.text}"
            yield _change(record.provenance, "corrected", key, record.id, record.sent.name, link, note)
            continue
        if record.id not in former:
            provenance = _attempted(step, record)
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
            intent = step.attempted.get(attempt)
            request = intent.request if intent else absence.request
            name = request.name if request else ""
            yield _change(absence.provenance, "declared not created", absence.key, "", name, link, absence.reason)


def _results_at_once(key: str, record: Record, link: Link) -> Iterator[Change]:
    """Yield what came of a broadcast of which git has no state before that was taken over."""
    if record.refreshed and record.counts.results:
        refreshed = _change(record.refreshed, "refreshed", key, record.id, record.request.name, link, "")
        yield replace(refreshed, fields=(FieldChange("results", None, record.counts.results.told),))


def _attempted(step: Transition, record: Record) -> Provenance:
    """Return who recorded it and when, from the commit from which it was attempted; the two may be of different
    runs.
    """
    intent = step.attempted.get(record.attempt)
    if intent is None or record.how == "created":
        return record.provenance
    return replace(record.provenance, commit=intent.provenance.commit, signoff=intent.provenance.signoff)


def _change(by: Provenance, kind: str, key: str, id: str, name: str, link: Link, note: str) -> Change:
    number = by.signoff.number if by.signoff else None
    return Change(by, kind, key, id, name, link.commit, note, number)  # type: ignore[arg-type]  # `kind` is one of the names
