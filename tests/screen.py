"""What a terminal shows after all that was written to it: a carriage return, an erased end of a line, colours."""

from __future__ import annotations

import re

_PIECES = re.compile(r"\x1b\[K|\x1b\[[0-9;]*m|\r|\n|\x1b.|[^\x1b\r\n]+", re.DOTALL)


def screen(written: str) -> list[str]:
    """The lines of a terminal that is wide enough for each; an escape sequence that nobody expects stays."""
    lines, column = [""], 0
    for piece in _PIECES.findall(written):
        if piece == "\n":
            lines.append("")
            column = 0
        elif piece == "\r":
            column = 0
        elif piece == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not piece.endswith("m") or not piece.startswith("\x1b"):
            lines[-1] = lines[-1][:column] + piece + lines[-1][column + len(piece) :]
            column += len(piece)
    return lines
