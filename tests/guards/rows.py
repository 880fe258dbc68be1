"""The rows: a guard in user's words, how it is taken out, and the tests that must fail then. They are in rows/."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "rows"


class Unfit(Exception):
    """A row cannot be carried out: its text is not there, or what it makes of the tree is no program."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One replacement: `text` appears in `file` exactly once, and `instead` takes its place."""

    file: str
    text: str
    instead: str

    def applied(self, source: str) -> str:
        """`source` without the guard. Raises `Unfit` unless the text appears exactly once."""
        if (count := source.count(self.text)) != 1:
            raise Unfit(f"{self.file} holds this {count} times, and not once: {self.text!r}")
        return source.replace(self.text, self.instead)


@dataclass(frozen=True, slots=True)
class Row:
    """A guard; each of `tests` is a pytest id, of a function with all of its cases or of one case."""

    name: str
    guard: str
    cuts: tuple[Cut, ...]
    tests: tuple[str, ...]


def read_rows(folder: Path = FOLDER) -> list[Row]:
    """Every row of every file, in the order of the files."""
    found = []
    for path in sorted(folder.glob("*.toml")):
        for name, row in tomllib.loads(path.read_text(encoding="utf-8")).items():
            cuts = tuple(Cut(**cut) for cut in row["cuts"])
            found.append(Row(name, row["guard"], cuts, tuple(row["tests"])))
    return found
