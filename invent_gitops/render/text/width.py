"""How wide a text is in a terminal, where some characters take two cells and some take none."""

from __future__ import annotations

import unicodedata

from invent_gitops.text.clean import clean


def cells(text: str) -> int:
    """Return how many cells of a terminal `text` takes; it is clean already."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` filled up with blanks to `width` cells, on its left if it goes to the `right`."""
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks


def fit(text: str, width: int) -> str:
    """`clean(text)`, at most `width` cells wide; what is left out is marked."""
    cleaned = clean(text)
    if cells(cleaned) <= width:
        return cleaned
    kept, room = "", width - 1
    for character in cleaned:
        room -= _cells(character)
        if room < 0:
            break
        kept += character
    return kept + "…"


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
