"""A fault of the input, as a value: where it is, which rule it breaks and how to mend it."""

from __future__ import annotations

from invent_gitops.values import Struct


class Position(Struct, frozen=True, order=True):
    """A place in a file. `line` and `column` count from 1, in characters; 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


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
