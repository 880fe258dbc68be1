"""A wrong id that is undone: the event, and what it does to the records."""

from __future__ import annotations

from invent_gitops.model.record import Record
from invent_gitops.values import Struct, replace


class Corrected(Struct, frozen=True):
    """`resolve --id RIGHT --instead-of WRONG`: the key stands for another broadcast than was recorded.

    The id `wrong` is free again; `record` remembers it in its `instead_of`.
    """

    key: str
    wrong: str
    record: Record


def correct(broadcasts: dict[str, Record], ids: set[str], event: Corrected) -> bool:
    """Put the right record in place of the wrong one; whether that was possible.

    It is not where the wrong one is not there any more, was recorded later, or the right id is another key's.
    """
    before, after = broadcasts.get(event.key), event.record
    if before is None or before.id != event.wrong or before.provenance.at > after.provenance.at:
        return False
    second = f"{event.key}#{after.id}"
    if second in broadcasts and broadcasts[second].id == after.id:
        # It was kept as a second broadcast for this very key.
        del broadcasts[second]
    elif after.id in ids:
        return False
    # Every id that was ever recorded by mistake is remembered.
    wrong = (*(id for id in before.instead_of if id != after.id), event.wrong)
    broadcasts[event.key] = replace(after, instead_of=wrong)
    ids.discard(event.wrong)
    ids.add(after.id)
    return True


def corrects(before: Record | None, after: Record) -> bool:
    """Return whether `after` is what a correction has made of `before` under the same key."""
    if before is None or before.id == after.id or after.instead_of[-1:] != (before.id,):
        return False
    return (before.attempt, before.sent) == (after.attempt, after.sent)
