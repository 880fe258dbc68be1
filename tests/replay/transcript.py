"""What a scene leaves behind, step by step, and the text that it is kept as: to be read, compared and read back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

# Whoever opens a recorded scene sees these; a terminal does not obey them.
SIGNS = str.maketrans({"\x1b": "\N{SYMBOL FOR ESCAPE}", "\r": "\N{SYMBOL FOR CARRIAGE RETURN}"})
CUT = "(no line feed at the end)"
# Documents are kept with short values on one line. By the remark, each is the very bytes that it was: indented by 2.
DOCUMENTS = {", JSON": True, ", JSON in Unicode": False}
WIDTH = 120


@dataclass(slots=True)
class Step:
    """One call of the program: its exit code, both streams, and whatever was written or changed by it.

    `parts` are texts by name: `file PATH`, `broadcasts`, `comments`, …; None is a file that is gone.
    """

    title: str
    code: int
    parts: dict[str, str | None] = field(default_factory=dict)


def dump(about: str, steps: Iterable[Step]) -> str:
    lines = [f"# {line}".rstrip() for line in about.strip().splitlines()]
    for step in steps:
        lines += ["", f"$ {step.title}", f"exit {step.code}"]
        texts: dict[str, str] = {}
        for name, text in step.parts.items():
            if text is None:
                lines.append(f"{name} is gone")
            elif text in texts and len(text) > 80:
                lines.append(f"{name} is the same as {texts[text]}")
            else:
                texts[text] = name
                remark = next((remark for remark in DOCUMENTS if _is_document(text, remark)), "")
                body = "".join(f"{line}\n" for line in _short(json.loads(text), DOCUMENTS[remark])) if remark else text
                lines += [f"{name}{remark}:", *_quoted(body)]
    return "\n".join(lines) + "\n"


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
        return [line]
    rows = list(value.items()) if isinstance(value, dict) else [("", entry) for entry in value]
    lines = [margin + label + ("{" if isinstance(value, dict) else "[")]
    for number, (name, entry) in enumerate(rows, 1):
        label = f"{json.dumps(name, ensure_ascii=ascii_only)}: " if isinstance(value, dict) else ""
        lines += _short(entry, ascii_only, f"{margin}  ", label, "," if number < len(rows) else "")
    return [*lines, f"{margin}{'}' if isinstance(value, dict) else ']'}{comma}"]


def _quoted(text: str) -> list[str]:
    lines = text.translate(SIGNS).split("\n")
    if lines[-1] == "":
        return [f"| {line}" for line in lines[:-1]]
    return [*(f"| {line}" for line in lines), CUT]


def load(text: str) -> list[Step]:
    """Read back what `dump` wrote."""
    steps: list[Step] = []
    remarks: dict[tuple[int, str], str] = {}
    name = ""
    for line in text.split("\n"):
        if line.startswith("$ "):
            steps.append(Step(line[2:], 0))
        elif match := re.fullmatch(r"exit (-?\d+)", line):
            steps[-1].code = int(match[1])
        elif line.startswith("| "):
            steps[-1].parts[name] = f"{steps[-1].parts[name]}{_unsigned(line[2:])}\n"
        elif line == CUT:
            steps[-1].parts[name] = str(steps[-1].parts[name])[:-1]
        elif line.endswith(" is gone"):
            steps[-1].parts[line.removesuffix(" is gone")] = None
        elif match := re.fullmatch(r"(.+) is the same as (.+)", line):
            steps[-1].parts[match[1]] = steps[-1].parts[match[2]]
            remarks[len(steps), match[1]] = remarks[len(steps), match[2]]
        elif match := re.fullmatch(r"(.+?)(, JSON( in Unicode)?)?:", line):
            name, remarks[len(steps), match[1]] = match[1], match[2] or ""
            steps[-1].parts[name] = ""
    for (number, name), remark in remarks.items():
        if remark:
            parts = steps[number - 1].parts
            parts[name] = _document(str(parts[name]), remark)
    return steps


def _unsigned(line: str) -> str:
    return line.translate({ord(sign): chr(letter) for letter, sign in SIGNS.items()})
