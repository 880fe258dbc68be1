"""Tables and code in Markdown, as GitHub and the site both read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, without the columns that are empty in every row; "" without rows."""
    found = [list(row) for row in rows]
    if not found:
        return ""
    kept = [number for number in range(len(head)) if any(row[number] for row in found)]
    lines = [
        [head[number] for number in kept],
        ["---"] * len(kept),
        *([row[number] for number in kept] for row in found),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def prose(text: str) -> str:
    """Return a sentence of the program as Markdown on one line: nothing in it is markup but its code and options."""
    parts = re.split(r"(`[^`]+`|(?<![\w-])--[a-z][a-z-]*\w)", re.sub(r"\s+", " ", text).strip())
    # Each second part is what the expression has found.
    words = [part if number % 2 == 0 else code(part.strip("`")) for number, part in enumerate(parts)]
    return "".join(_escaped(part) if number % 2 == 0 else part for number, part in enumerate(words))


def _escaped(text: str) -> str:
    """Return a text in which nothing is markup, nor ends the cell of a table."""
    return re.sub(r"([*_\[\]|])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def code(text: object) -> str:
    """Return a value as code on one line; a bar, which would end the cell, makes it HTML."""
    plain = str(text)
    if "|" in plain or "`" in plain:
        escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("`", "&#96;")
        return f"<code>{escaped}</code>"
    return f"`{plain}`" if plain else ""


def codes(values: Iterable[object]) -> str:
    """Return values as code, with commas between them."""
    return ", ".join(map(code, values))


def block(language: str, text: str) -> str:
    """Return a fenced block, whose fence is longer than any in the text."""
    longest = max((len(fence) for fence in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
