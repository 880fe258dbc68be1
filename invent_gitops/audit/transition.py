"""What differs between two states that follow each other: only that is looked at, however much they hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from invent_gitops.model.chain import Link
from invent_gitops.model.state import Intent, Record, State
from invent_gitops.values import replace

EMPTY = State("", 0, "", "")
Entry = TypeVar("Entry")


class Transition:
    """The states `old` and `new`, whole, and of each what differs: `before` and `after`, in the order of the whole.

    An entry whose id stands under several keys of one of the two counts as one that differs. So each record of `after`
    that had another key or content before has that in `before`.
    """

    def __init__(self, old: State, new: State, twins: frozenset[str] = frozenset()) -> None:
        self.old, self.new = old, new
        parts = [
            _differing(old.broadcasts, new.broadcasts),
            _differing(old.intents, new.intents),
            _differing(old.removed, new.removed),
            _differing(old.absences, new.absences),
        ]
        self.before, self.after = (
            replace(state, broadcasts=broadcasts, intents=intents, removed=removed, absences=absences)
            for state, broadcasts, intents, removed, absences in zip((old, new), *parts, strict=True)
        )
        if twins:
            self.before = _with_twins(self.before, old, twins)
            self.after = _with_twins(self.after, new, twins)

    @cached_property
    def kept(self) -> set[str]:
        """Every id that the new state holds, or names as one that was recorded by mistake."""
        return self.new.ids() | self.new.corrected()

    @cached_property
    def settled(self) -> set[str]:
        """Every attempt of which the old state has a record or a tombstone."""
        return {entry.attempt for part in (self.old.broadcasts, self.old.removed) for entry in part.values()}

    @cached_property
    def attempted(self) -> dict[str, Intent]:
        """By attempt, the first of the open intents of the old state."""
        return {intent.attempt: intent for intent in reversed([*self.old.intents.values()])}

    @cached_property
    def recorded(self) -> dict[str, Record]:
        """By id, the last of the records of the new state."""
        return {record.id: record for record in self.new.broadcasts.values()}

    @cached_property
    def ended(self) -> set[str]:
        """Every attempt of which the new state says what became."""
        ended = {entry.attempt for part in (self.new.broadcasts, self.new.removed) for entry in part.values()}
        return ended | set(self.new.absences)


def place(link: Link, key: str = "") -> str:
    """Return how a flaw names the commit of a link, and the key in it."""
    where = link.commit[:12] if link.commit else "the file as it is now"
    return f"{where}, key {key}" if key else where


def transitions(links: Iterable[Link]) -> Iterator[tuple[Link, Transition | None]]:
    """Yield each link with the step to its state from the last one before it; None where it has no state."""
    old, twins = EMPTY, frozenset[str]()
    for link in links:
        if link.state is None:
            yield link, None
            continue
        both = _twins(link.state)
        yield link, Transition(old, link.state, twins | both)
        old, twins = link.state, both


def _differing(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> tuple[dict[str, Entry], dict[str, Entry]]:
    if old is new:
        return {}, {}
    # What two states share is usually one value, of which nothing has to be compared.
    before = {key: entry for key, entry in old.items() if (other := new.get(key)) is not entry and other != entry}
    after = {key: entry for key, entry in new.items() if (other := old.get(key)) is not entry and other != entry}
    return before, after


def _twins(state: State) -> frozenset[str]:
    """Return the ids that several keys have, as only an edit by hand makes it."""
    if len({record.id for record in state.broadcasts.values()}) == len(state.broadcasts):
        return frozenset()
    counted = Counter(record.id for record in state.broadcasts.values())
    return frozenset(id for id, count in counted.items() if count > 1)


def _with_twins(part: State, state: State, twins: frozenset[str]) -> State:
    records = {key: record for key, record in state.broadcasts.items() if key in part.broadcasts or record.id in twins}
    return replace(part, broadcasts=records)
