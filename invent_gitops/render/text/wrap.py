"""Wraps the lines of a page at words, for a terminal. Colours take no room, and a command stays on one line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from invent_gitops.render.text.width import cells

# Narrower than this, words would stand below each other.
NARROWEST = 20
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# From the program to the end of the clause: a line feed inside would break what somebody pastes.
_PROGRAM = r"(?:invent-gitops|git (?:push|fetch|commit|pull|add|rm))\b"
_ENDS = r"[.,;:)]?(?:\s\s|\x1b|$)|[.,;:)]\s|\s(?:says|shows|writes|looks|records|has|does|is|and|or|to)\b"
_COMMAND = re.compile(rf"{_PROGRAM}(?:'[^']*'|.)*?(?={_ENDS})")
_HELD = "\0"
# A line of somebody's file, with carets below that point into it.
_EXCERPT = "  | "


def wrapped(text: str, width: int | None) -> str:
    """`text` with no line wider than `width` cells, as far as words allow; what goes on is set in below its line.

    As it is where the width is None, since no terminal shows it, and where it is too narrow for words.
    """
    if width is None or width < NARROWEST:
        return text
    return "\n".join(piece for line in text.split("\n") for piece in _pieces(line, width))


def plain(text: str) -> str:
    """`text` without colours."""
    return _COLOUR.sub("", text)


def _pieces(line: str, width: int) -> Iterator[str]:
    bare = plain(line)
    if cells(bare) <= width or bare.startswith(_EXCERPT):
        yield line
        return
    indent = len(bare) - len(bare.lstrip(" "))
    hanging = " " * (indent + 2)
    held = _COMMAND.sub(lambda match: match[0].replace(" ", _HELD), line)
    piece, used = "", 0
    for token in re.findall(r" *[^ ]+", held):
        word = token.replace(_HELD, " ")
        room = cells(plain(word))
        # A mark such as an arrow does not stand alone.
        if len(plain(piece).strip()) > 1 and used + room > width:
            yield piece
            piece, word = hanging, word.lstrip(" ")
            used, room = len(hanging), cells(plain(word))
        piece, used = piece + word, used + room
    yield piece
