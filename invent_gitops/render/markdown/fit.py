"""Puts a text together from parts, and cuts it to a size on whole rows: as many as fit, and it says how many do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, overload

from invent_gitops.values import Struct

Size = Callable[[str], int]
V = TypeVar("V")


def in_bytes(text: str) -> int:
    """Return the size of a text in UTF-8, for places that count bytes instead of characters."""
    return len(text.encode("utf-8", "replace"))


class Rows(Sequence[str], Generic[V]):
    """The rows of `values`, each of which `write` puts into words when it is asked for: what is cut costs nothing."""

    def __init__(self, values: Sequence[V], write: Callable[[V], str]) -> None:
        self._values, self._write = values, write
        self._written: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        numbers = range(len(self._values))[index]
        return self._row(numbers) if isinstance(numbers, int) else [self._row(number) for number in numbers]

    def _row(self, number: int) -> str:
        if number not in self._written:
            self._written[number] = self._write(self._values[number])
        return self._written[number]


class Part(Struct, frozen=True):
    """Lines above, rows that can be left out from the end, lines below. A row may be several lines."""

    above: Sequence[str]
    rows: Sequence[str] = ()
    below: Sequence[str] = ()

    def shown(self, count: int) -> str:
        return "\n".join([*self.above, *self.rows[:count], *self.note(count), *self.below])

    def note(self, count: int) -> list[str]:
        hidden = len(self.rows) - count
        return ["", f"**Cut here: {hidden:,} of {len(self.rows):,} are not shown.**"] if hidden else []

    def cost(self, count: int, size: Size) -> int:
        """Return what the row after `count` rows adds at most; with the last one the note goes."""
        row = size("\n" + self.rows[count])
        return row if count + 1 < len(self.rows) else row - size("\n".join(["", *self.note(count)]))


def fitted(parts: Sequence[Part], limit: int, size: Size = len, elsewhere: str = "") -> str:
    """Return the parts with a blank line between them, in at most `limit`, unless what cannot be left out is more than
    that.

    If there is no room for all rows, each part gets its next one in turn, so that no part starves the others; and the
    first part ends with the number of those that are left out, and with `elsewhere`: where they are.
    The size of a text is the sum of the sizes of its parts. Of the rows, only those that have room are asked for, and
    the next one of each part.
    """
    counts = [len(part.rows) for part in parts]
    if _has_room(parts, limit, size):
        return _joined(parts, counts, elsewhere)
    numbers = [0] * len(parts)
    # With no row at all the notes are as long as they get.
    room = limit - size(_joined(parts, numbers, elsewhere))
    growing = [index for index, count in enumerate(counts) if count]
    while growing:
        for index in list(growing):
            cost = parts[index].cost(numbers[index], size)
            if cost > room:
                growing.remove(index)
                continue
            room -= cost
            numbers[index] += 1
            if numbers[index] == counts[index]:
                growing.remove(index)
    return _joined(parts, numbers, elsewhere)


def _has_room(parts: Sequence[Part], limit: int, size: Size) -> bool:
    """Return whether all rows fit; looks at them in the order in which they are taken, and at none beyond the limit."""
    room = limit - size("\n\n".join("\n".join([*part.above, *part.below]) for part in parts))
    # A part without lines of its own has no line feed before its first row.
    room += sum(size("\n") for part in parts if part.rows and not part.above and not part.below)
    for turn in range(max((len(part.rows) for part in parts), default=0)):
        for part in parts:
            if turn < len(part.rows):
                room -= size("\n" + part.rows[turn])
        if room < 0:
            return False
    return room >= 0


def _joined(parts: Sequence[Part], counts: Sequence[int], elsewhere: str) -> str:
    first, *others = [part.shown(count) for part, count in zip(parts, counts, strict=True)]
    every = sum(len(part.rows) for part in parts)
    hidden = every - sum(counts)
    if hidden:
        first += (
            f"\n\n**Cut to fit: {hidden:,} of {every:,} entries are not shown below.** The numbers above count all."
            f" {elsewhere}".rstrip()
        )
    return "\n\n".join([first, *others])
