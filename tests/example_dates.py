"""Every date that the project suggests to its users, found by reading its files, and a command that moves them all.

`python -m tests.example_dates` prints those that are past within a year or absurdly far, as "file:line: …", and
`--move YEARS` moves all of them on. A date keeps its weekday, since a letter of a Tuesday stays one. A blackout
day, such as a holiday, keeps its place in the calendar.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

# Generated from definitions that are wrong on purpose: nobody pastes one.
FAULTY = {"docs/reference/rules/problems.md"}
ROOT = Path(__file__).resolve().parent.parent
# An example has to stay in the future this long, so that there is time to move it, and further than that looks absurd.
YEARS_LEFT, YEARS_AT_MOST = 1, 5

DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})(?!\d)")
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# As the program prints it, `Thu 23 Nov 2028`.
PRINTED = re.compile(rf"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{{1,2}} (?:{'|'.join(MONTHS)}) \d{{4}})\b")
# What people write into a definition or send: a time without seconds, or the value of a field that holds one.
WRITTEN = re.compile(
    r"""\b(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?!:?\d)
    | (?<!["\w])(?:schedule|at):\s*["'{]*\s*(?:at:\s*)?["']?(\d{4}-\d{2}-\d{2})
    | ["']scheduled_at["']:\s*["'](\d{4}-\d{2}-\d{2})
    | --(?:from|to|month)[ =](\d{4}-\d{2}(?:-\d{2})?)\b""",
    re.VERBOSE,
)
TIME = re.compile(r"(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}")
BLACKOUT = re.compile(r"blackout_days:|\d\.\.\d")


@dataclass(frozen=True, slots=True, order=True)
class ExampleDate:
    """A date of an example: `start` and `end` are where it stands in its line, which counts from 1.

    `pasted` says that people may take it over, so that it has to lie in the future; a page also shows other dates.
    `fixed` says that it is a day of the calendar, whatever its weekday.
    """

    path: str
    line: int
    start: int
    end: int
    text: str
    pasted: bool
    fixed: bool

    def is_a_day(self) -> bool:
        """Whether any calendar has it; an example of a mistake may be a 30 February."""
        try:
            return self.day is not None
        except ValueError:
            return False

    @property
    def day(self) -> date:
        if "-" in self.text:
            return date.fromisoformat(self.text if len(self.text) > len("2028-11") else f"{self.text}-01")
        number, month, year = self.text.split()
        return date(int(year), MONTHS.index(month) + 1, int(number))


def example_files(root: Path) -> Iterator[Path]:
    """The files that users read or take over, without what a try in the sandbox has left."""
    yield root / "README.md"
    for folder, suffixes in {
        "docs": {".md"},
        "examples": {".md", ".yaml", ".yml", ".json"},
        "invent_gitops": {".py", ".yml", ".yaml", ".html", ".j2", ".js", ".md"},
        "schema_parts": {".json"},
        "schemas": {".json"},
    }.items():
        for path in sorted((root / folder).rglob("*")):
            hidden = any(part.startswith((".", "invent.s")) for part in path.relative_to(root).parts)
            if path.suffix in suffixes and not hidden and path.relative_to(root).as_posix() not in FAULTY:
                yield path


def example_dates(root: Path = ROOT) -> Iterator[ExampleDate]:
    """Find the dates of the examples in the repository at `root`. A date that no calendar has is none."""
    for path in example_files(root):
        if path.is_file():
            name, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
            for example in _dates_of(name, text):
                if example.is_a_day():
                    yield example


def _dates_of(name: str, text: str) -> Iterator[ExampleDate]:
    messages = _messages(text) if name.endswith(".py") else {}
    for number, line in enumerate(text.splitlines(), 1):
        if name.endswith(".py"):
            patterns = [(TIME, True)] if number in messages else []
        elif name.endswith(".md") and not name.startswith("examples/"):
            patterns = [(DAY, True)] if "blackout_days:" in line else [(WRITTEN, True), (DAY, False), (PRINTED, False)]
        else:
            patterns = [(DAY, True), (PRINTED, True)]
        spans: set[tuple[int, int]] = set()
        for pattern, pasted in patterns:
            for match in pattern.finditer(line):
                start, end = match.span(match.lastindex or 0)
                if (start, end) in spans or (number in messages and match[0] not in messages[number]):
                    continue
                spans.add((start, end))
                fixed = end - start == len("2028-11") or bool(BLACKOUT.search(line) and line[end : end + 1] != "T")
                yield ExampleDate(name, number, start, end, line[start:end], pasted, fixed)


def _messages(source: str) -> dict[int, str]:
    """What a module says to users, by line: each text of several words, but for docstrings that are no help page."""
    tree = ast.parse(source)
    docstrings: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Module(body=[ast.Expr(value=text), *_]) | ast.ClassDef(body=[ast.Expr(value=text), *_]):
                docstrings.add(id(text))
            case ast.FunctionDef(body=[ast.Expr(value=text), *_], decorator_list=decorators):
                if not any(re.search(r"\b(command|group)\b", ast.unparse(each)) for each in decorators):
                    docstrings.add(id(text))
            case _:
                pass
    messages: dict[int, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1) if id(node) not in docstrings else ():
                messages[line] = messages.get(line, "") + f"{node.value}\n"
    return messages


def years_after(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes the 28th where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def faults(today: date, root: Path = ROOT) -> list[tuple[str, str]]:
    """Return the path of each example that has to be moved, with its line and the reason."""
    earliest = years_after(today, YEARS_LEFT)
    wrong = []
    for example in example_dates(root):
        reason = ""
        if example.pasted and example.day < earliest:
            reason = f"is not {YEARS_LEFT} year ahead of {today}, so those who try it will soon be refused"
        elif example.day.year > today.year + YEARS_AT_MOST:
            reason = f"is more than {YEARS_AT_MOST} years ahead of {today}, which looks absurd"
        if reason:
            wrong.append((example.path, f"{example.path}:{example.line}: {example.text} {reason}"))
    return wrong


def moved(example: ExampleDate, years: int) -> str:
    """The text of a date some years later: the nearest day with its weekday, or the same day of the calendar."""
    later = years_after(example.day, years)
    if not example.fixed:
        later += timedelta(days=(example.day.weekday() - later.weekday() + 3) % 7 - 3)
    if "-" in example.text:
        return later.isoformat()[: len(example.text)]
    return f"{later.day} {MONTHS[later.month - 1]} {later.year}"


def move(years: int, root: Path = ROOT) -> list[str]:
    """Move the dates of the examples, and what a page shows of the same days; return the paths of the files."""
    examples = list(example_dates(root))
    days = {example.day for example in examples if example.pasted}
    lines: dict[str, list[str]] = {}
    # From the end of each line to its beginning, so that the spans stay true.
    for example in sorted((example for example in examples if example.day in days), reverse=True):
        if example.path not in lines:
            lines[example.path] = (root / example.path).read_text(encoding="utf-8").splitlines(keepends=True)
        line = lines[example.path][example.line - 1]
        lines[example.path][example.line - 1] = line[: example.start] + moved(example, years) + line[example.end :]
    for path, texts in lines.items():
        (root / path).write_text("".join(texts), encoding="utf-8")
    return sorted(lines)


HOW_TO_MOVE = """\
Move all dates of the examples on by a year: .venv/bin/python -m tests.example_dates --move 1
Then read `git diff`: Black Friday and other such days have rules of their own, and some file names hold a year.
Then update what repeats these dates: the texts in tests/definitions, and the scenes that differ, each by
python -m tests.replay.record --only SCENE tests/replay/recorded."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.example_dates", description="Dates of the examples.")
    parser.add_argument("--move", type=int, metavar="YEARS", help="move all of them, keeping the weekday of a time")
    years = parser.parse_args().move
    if years:
        print("\n".join(move(years)))
        return 0
    wrong = [line for _, line in faults(datetime.now(UTC).date())]
    print("\n".join([*wrong, HOW_TO_MOVE] if wrong else ["Each lies more than a year ahead."]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
