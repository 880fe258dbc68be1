"""A fault of the input, as a value: where it is, which rule it breaks and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from invent_gitops.values import Struct


class Position(Struct, frozen=True, order=True):
    """A place in a file. `line` and `column` count from 1, in characters; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Marks(Mapping[str, Position]):
    """The positions of the fields of one file that have some, kept as numbers until a message needs one."""

    __slots__ = ("_file", "_numbers")

    def __init__(self, file: str, marks: Mapping[str, tuple[int, int]], fields: Iterable[str]) -> None:
        """Keep of `marks`, which are line and column by field, those in `fields`."""
        self._file = file
        # Each field, its line and its column, one after the other: half the weight of positions in a dictionary.
        self._numbers = tuple([part for name in fields if name in marks for part in (name, *marks[name])])

    def __getitem__(self, name: str) -> Position:
        try:
            at = self._numbers.index(name)
        except ValueError:
            raise KeyError(name) from None
        line, column = self._numbers[at + 1 : at + 3]
        return Position(self._file, int(line), int(column))

    def __iter__(self) -> Iterator[str]:
        return map(str, self._numbers[::3])

    def __len__(self) -> int:
        return len(self._numbers) // 3


class Problem(Struct, frozen=True, order=True):
    """One fault, complete enough to be mended without reading another message.

    `rule` is a stable kebab-case id, `message` says what is wrong, `cure` what to write instead,
    `source` is the text of the line (empty for the file as a whole), `length` how many characters
    the caret underlines, `key` the definition it belongs to, if one is known, `related` the other places
    that the message speaks of.
    """

    position: Position
    rule: str
    message: str
    cure: str = ""
    source: str = ""
    length: int = 1
    key: str = ""
    related: tuple[Position, ...] = ()
