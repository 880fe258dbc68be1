"""Collecting the problems of one document, each at the value it is about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from invent_gitops.model.document import Document, Path
from invent_gitops.model.problem import Position, Problem


class ProblemReport:
    """`key` is filled in as soon as it is known, so that every problem can name its definition.

    `unexplained` holds message, cure and path of what the schema refuses and a rule should word better.
    """

    __slots__ = ("document", "key", "problems", "unexplained")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.key = ""
        self.problems: list[Problem] = []
        self.unexplained: list[tuple[str, str, Path]] = []

    def add(
        self,
        rule: str,
        message: str,
        cure: str,
        path: Path = (),
        *,
        of_key: bool = False,
        related: tuple[Position, ...] = (),
    ) -> None:
        span = self.document.locate(path, of_key=of_key)
        self.problems.append(Problem(span.position, rule, message, cure, span.source, span.length, self.key, related))

    def explain_rest(self) -> None:
        """Report what the schema refuses where no rule has reported anything: it is never stricter in silence."""
        for message, cure, path in self.unexplained if not self.problems else ():
            self.add("wrong-form", message, cure, path)

    def add_for_file(self, rule: str, message: str, cure: str) -> None:
        """About the file's name, which stands on no line."""
        self.problems.append(Problem(Position(self.document.start.file), rule, message, cure, key=self.key))


def without_echoes(problems: list[Problem], unreadable: list[Problem]) -> list[Problem]:
    """Return the problems but those of a value whose keys YAML refused: without them it looks empty, and it is not."""
    columns: dict[tuple[str, int], list[int]] = {}
    for refused in sorted(problem.position for problem in unreadable if problem.rule == "yaml-key-not-text"):
        columns.setdefault((refused.file, refused.line), []).append(refused.column)
    return [
        problem
        for problem in problems
        if problem.rule != "wrong-form"
        or not _underlines(problem, columns.get((problem.position.file, problem.position.line), ()))
    ]


def _underlines(problem: Problem, columns: Sequence[int]) -> bool:
    """Return whether one of the columns of its line, which are sorted, is within what a problem underlines."""
    begin = problem.position.column
    following = bisect_left(columns, begin)
    return following < len(columns) and columns[following] < begin + problem.length
