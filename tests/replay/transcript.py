"""What a scene leaves behind, step by step, and the text that it is kept as: to be read, compared and read back.

Each text of a step is quoted with `| `. What repeats an earlier text is written as how it differs from that: `(9 lines
like it)` copies lines, `(3 lines of it left out)` passes over some, and what is quoted comes in their place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

# Whoever opens a recorded scene sees these; a terminal does not obey them.
SIGNS = str.maketrans({"\x1b": "\N{SYMBOL FOR ESCAPE}", "\r": "\N{SYMBOL FOR CARRIAGE RETURN}"})
LETTERS = str.maketrans({"\N{SYMBOL FOR ESCAPE}": "\x1b", "\N{SYMBOL FOR CARRIAGE RETURN}": "\r"})
CUT = "(no line feed at the end)"
# Documents are kept with short values on one line. By the remark, each is the very bytes that it was: indented by 2.
DOCUMENTS = {", JSON": True, ", JSON in Unicode": False}
WIDTH = 160
# How many of the latest texts are looked at for a likeness, and how much shorter a text must become by it.
LATEST, WORTH = 40, 0.9


@dataclass(slots=True)
class Step:
    """One call of the program: its exit code, both streams, and whatever was written or changed by it.

    `parts` are texts by name: `file PATH`, `broadcasts`, `comments`, …; None is a file that is gone.
    """

    title: str
    code: int
    parts: dict[str, str | None] = field(default_factory=dict)


def dump(about: str, steps: Iterable[Step], likeness: bool = True) -> str:
    """The scene as a text that `load` reads; without `likeness`, each text is written out."""
    lines = [f"# {line}".rstrip() for line in about.strip().splitlines()]
    latest: list[tuple[str, list[str]]] = []
    for number, step in enumerate(steps, 1):
        lines += ["", f"{number} $ {step.title}", f"exit {step.code}"]
        for name, text in step.parts.items():
            if text is None:
                lines.append(f"{name} is gone")
                continue
            remark = next((remark for remark in DOCUMENTS if _is_document(text, remark)), "")
            body = _quoted("".join(_short(json.loads(text), DOCUMENTS[remark])) if remark else text)
            like, short = _shortest(body, latest if likeness else [])
            lines += [f"{name}{remark}{like}:", *short]
            latest = [*latest[1 - LATEST :], (f"{number} {name}", body)]
    return "\n".join(lines) + "\n"


def _shortest(body: list[str], latest: Sequence[tuple[str, list[str]]]) -> tuple[str, list[str]]:
    """The body, or how it differs from an earlier text, with the words that name that."""
    shortest = ("", body)
    limit = WORTH * len("\n".join(body)) if len(body) > 3 else 0
    for name, earlier in reversed(latest):
        short = [f"({len(body)} lines like it)"] if body == earlier else _like(body, earlier)
        if len("\n".join(short)) < limit:
            shortest, limit = (f", like {name}", short), len("\n".join(short))
    return shortest


def _like(body: list[str], earlier: list[str]) -> list[str]:
    short: list[str] = []
    for tag, first, last, begin, end in SequenceMatcher(None, earlier, body, autojunk=False).get_opcodes():
        if tag == "equal":
            short.append(f"({last - first} lines like it)")
        else:
            short += [f"({last - first} lines of it left out)"] * (last > first) + body[begin:end]
    return short


def _is_document(text: str, remark: str) -> bool:
    try:
        return text.startswith("{\n") and _document(text, remark) == text
    except ValueError:
        return False


def _document(text: str, remark: str) -> str:
    return json.dumps(json.loads(text), indent=2, ensure_ascii=DOCUMENTS[remark]) + "\n"


def _short(value: Any, ascii_only: bool, margin: str = "", label: str = "", comma: str = "") -> list[str]:
    """The lines of a value, with whatever is short on one."""
    line = f"{margin}{label}{json.dumps(value, ensure_ascii=ascii_only)}{comma}"
    if len(line) <= WIDTH or not value or not isinstance(value, dict | list):
        return [f"{line}\n"]
    rows = list(value.items()) if isinstance(value, dict) else [("", entry) for entry in value]
    lines = [f"{margin}{label}{'{' if isinstance(value, dict) else '['}\n"]
    for number, (name, entry) in enumerate(rows, 1):
        label = f"{json.dumps(name, ensure_ascii=ascii_only)}: " if isinstance(value, dict) else ""
        lines += _short(entry, ascii_only, f"{margin}  ", label, "," if number < len(rows) else "")
    return [*lines, f"{margin}{'}' if isinstance(value, dict) else ']'}{comma}\n"]


def _quoted(text: str) -> list[str]:
    lines = text.translate(SIGNS).split("\n")
    if lines[-1] == "":
        return [f"| {line}" for line in lines[:-1]]
    return [*(f"| {line}" for line in lines), CUT]


def load(text: str) -> list[Step]:
    """Read back what `dump` wrote."""
    steps: list[Step] = []
    bodies: dict[str, list[str]] = {}
    body: list[str] = []
    earlier: list[str] = []
    remarks: dict[str, str] = {}
    for line in text.split("\n"):
        if line.startswith("| ") or line == CUT:
            body.append(line)
        elif match := re.fullmatch(r"\((\d+) lines (like it|of it left out)\)", line):
            body += earlier[: int(match[1])] if match[2] == "like it" else []
            earlier = earlier[int(match[1]) :]
        elif match := re.fullmatch(r"\d+ \$ (.+)", line):
            steps.append(Step(match[1], 0))
        elif match := re.fullmatch(r"exit (-?\d+)", line):
            steps[-1].code = int(match[1])
        elif line.endswith(" is gone"):
            steps[-1].parts[line.removesuffix(" is gone")] = None
        elif match := re.fullmatch(r"(.+?)(, JSON(?: in Unicode)?)?(?:, like (.+))?:", line):
            name, body, earlier = f"{len(steps)} {match[1]}", [], bodies[match[3]] if match[3] else []
            steps[-1].parts[match[1]], bodies[name], remarks[name] = "", body, match[2] or ""
    for name, lines in bodies.items():
        number, _, part = name.partition(" ")
        plain = _unquoted(lines)
        steps[int(number) - 1].parts[part] = _document(plain, remarks[name]) if remarks[name] else plain
    return steps


def _unquoted(lines: Sequence[str]) -> str:
    text = "".join(f"{line[2:]}\n" for line in lines if line != CUT).translate(LETTERS)
    return text[:-1] if lines and lines[-1] == CUT else text
