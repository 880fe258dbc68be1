"""A text as people and programs read it: without what nobody sees, and with what is written by its number read."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from invent_gitops.text.invisible import UNSEEN
from invent_gitops.values import Struct, field

# How often a text that was written by numbers is written so once more: `&amp;#95;`, `%255F`.
_ROUNDS = 3

# How this project writes out what nobody sees: `clean`, quotes of `validate`, and JSON. Only the first backslash of a
# row begins one, so that a long row is gone through once.
_WRITTEN_OUT = r"(?<!\\)\\+(?:u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}|[nrt])|&#8203;"
_GAPS = re.compile(rf"{_WRITTEN_OUT}|{UNSEEN.pattern}")
_NEXT = "%[89abAB][0-9a-fA-F]"
_HEX = "[0-9a-fA-F]"
_NUMBERS = re.compile(
    # The bytes of one character, as addresses have them.
    rf"(?P<bytes>%[0-7]{_HEX}|%[cdCD]{_HEX}{_NEXT}|%[eE]{_HEX}(?:{_NEXT}){{2}}|%[fF][0-7](?:{_NEXT}){{3}})"
    rf"|(?P<html>&#0*[0-9]{{1,7}};?|&#[xX]0*{_HEX}{{1,6}};?|&[A-Za-z][A-Za-z0-9]{{1,30}};)"
    rf"|(?<!\\)\\+(?:[uxU]\{{0*(?P<braces>{_HEX}{{1,6}})\}}|u(?P<four>{_HEX}{{4}})|x(?P<two>{_HEX}{{2}})"
    rf"|U(?P<eight>{_HEX}{{8}})|(?P<octal>[0-3][0-7]{{2}})|(?P<line>[nrt])|(?P<sign>[^\w\s\\]|_))"
    rf"|(?P<unseen>{UNSEEN.pattern})"
)
# Quoted-printable has a reading of its own: `KEY=ab…` is more often a value.
_PRINTABLE = re.compile(rf"=(?:(?P<two>[2-7]{_HEX})|(?P<line>\r?\n))|(?P<unseen>{UNSEEN.pattern})")
# Line ends tell one text from the next where a whole document is searched; a tab does as well.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WRITTEN = re.compile(rf"%[2-7cdefCDEF]{_HEX}|&#|&[A-Za-z]+;|=(?:[2-7]{_HEX}|\r?\n)")


class Reading(Struct):
    """A text as it is read; `source` tells where a part of it is in the text that was given."""

    text: str
    # Of each part: where it begins in what is read and in the text, and its length in the text; 0 for one as it was.
    _parts: list[tuple[int, int, int]]
    _before: Reading | None
    _begins: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._begins = [begin for begin, _, _ in self._parts]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Return the place in the text that was given of what stands from `start` to `end`, which is not empty."""
        begin, at, length = self._parts[bisect_right(self._begins, start) - 1]
        first = at if length else at + start - begin
        begin, at, length = self._parts[bisect_right(self._begins, end - 1) - 1]
        last = at + length if length else at + end - begin
        return self._before.source(first, last) if self._before else (first, last)


def is_as_seen(text: str) -> bool:
    """Return whether a text has but one reading: nothing in it is invisible or written by its number."""
    return text.isascii() and "\\" not in text and not _CONTROLS.search(text) and not _WRITTEN.search(text)


def readings(text: str) -> Iterator[Reading]:
    """Yield every other reading of a text, each made by going through it once."""
    for pattern, read in ((_GAPS, _nothing), (_PRINTABLE, _character)):
        if reading := _read(text, pattern, read, None):
            yield reading
    reading = None
    for _ in range(_ROUNDS):
        reading = _read(reading.text if reading else text, _NUMBERS, _character, reading)
        if reading is None:
            return
        yield reading


def _nothing(_: re.Match[str]) -> str:
    return ""


def _character(match: re.Match[str]) -> str:
    """Return what a match stands for, "" for what nobody sees."""
    kind, written = match.lastgroup, match[match.lastgroup or 0]
    if kind in ("unseen", "line"):
        return ""
    if kind == "bytes":
        meant = bytes.fromhex(written.replace("%", "")).decode("utf-8", "replace")
    elif kind == "html":
        meant = html.unescape(written if written.endswith(";") else f"{written};")
    elif kind == "sign":
        meant = written
    else:
        number = int(written, 8 if kind == "octal" else 16)
        meant = chr(number) if number <= 0x10FFFF else ""
    return UNSEEN.sub("", meant)


def _read(
    text: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str], before: Reading | None
) -> Reading | None:
    """Return the reading of a text in which each match is read so; None where nothing is read otherwise."""
    letters: list[str] = []
    parts: list[tuple[int, int, int]] = []
    at = length = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        if match[0] in ("\n", "\r") or (meant := read(match)) == match[0]:
            continue
        if start > at:
            parts.append((length, at, 0))
            letters.append(text[at:start])
            length += start - at
        if meant:
            parts.append((length, start, end - start))
            letters.append(meant)
            length += len(meant)
        at = end
    if not at:
        return None
    if at < len(text):
        parts.append((length, at, 0))
        letters.append(text[at:])
    return Reading("".join(letters), parts, before)
