"""The text of one file, which can show any place of it to a person."""

from __future__ import annotations

import re
from bisect import bisect_right

from yaml.nodes import Node

from invent_gitops.load.construct import Pairs
from invent_gitops.load.grammar import compose
from invent_gitops.load.syntax import YamlFault
from invent_gitops.model.document import Span
from invent_gitops.model.problem import Position, Problem

LONGEST_LINE_SHOWN = 1_000

# YAML 1.2 ends a line here and nowhere else; `str.splitlines` would count other characters too.
_LINE_END = re.compile(r"\r\n|\r|\n")


class Source:
    """`shown` is the path as people read it. Lines and columns that come in count from 0, as marks do."""

    __slots__ = ("_lines", "_roots", "_starts", "label", "pairs", "text")

    def __init__(self, label: str, text: str) -> None:
        self.label = label
        self.text = text
        self._lines: list[str] | None = None
        self._roots: list[Node] | None = None
        self._starts: list[int] | None = None
        # What `find` remembers of the mappings among `roots`.
        self.pairs: Pairs = {}

    def roots(self) -> list[Node]:
        """Return the nodes once more, for those files of which a problem is to be shown."""
        if self._roots is None:
            self._roots = compose(self.text)[0]
        return self._roots

    def line(self, number: int) -> str:
        # Split only when a problem asks for it: most files have none.
        if self._lines is None:
            self._lines = _LINE_END.split(self.text)
        return self._lines[number] if number < len(self._lines) else ""

    def place(self, index: int) -> tuple[int, int]:
        """Line and column of a character."""
        if self._starts is None:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        line = bisect_right(self._starts, index) - 1
        return line, index - self._starts[line]

    def span(self, line: int, column: int, length: int = 0) -> Span:
        """`length` 0 underlines the rest of the line."""
        text = self.line(line)
        length = length or len(text.rstrip()) - column
        length = min(max(length, 1), LONGEST_LINE_SHOWN)
        return Span(Position(self.label, line + 1, column + 1), text[:LONGEST_LINE_SHOWN], length)

    def problem(self, rule: str, message: str, cure: str, line: int, column: int, length: int = 1) -> Problem:
        span = self.span(line, column, length)
        return Problem(span.position, rule, message, cure, span.source, span.length)

    def problem_at(self, index: int, length: int, fault: YamlFault) -> Problem:
        """Return the problem of a fault whose place is that of a character of the text."""
        line, column = self.place(index)
        return self.problem(fault.rule, fault.message, fault.cure, line, column, length)
