"""What a person wrote, made harmless for the places of GitHub Markdown: text, inline code and links."""

from __future__ import annotations

import re
from urllib.parse import quote

from invent_gitops.render.cells.spelling import Spelling
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.secret import hide

# Zero width: it keeps GitHub from making a link or a picture of what it stands in, and nobody sees it.
_GAP = "\u200b"
# In place of that where the text may be copied, until all else is marked up; no cleaned text has it.
_CUT = "\x00"
# Mentions, references, addresses, emoji and the hashes of commits are found in the finished page, where no escape is
# left; so they are broken up.
_LINKED = re.compile(
    r"@(?=\S)|#(?=\S)|\bGH-(?=\d)|:(?=//)|www(?=\.)|:(?=[\w+-]+:)|[0-9a-f]{6}(?=[0-9a-f])", re.IGNORECASE
)
# As references, since those can never be markup, neither in a table nor inside of HTML. Mathematics is the exception:
# GitHub looks for its dollars everywhere but in an element of their own.
_MARKUP = str.maketrans(
    {character: f"&#{ord(character)};" for character in "\\`*_[]|~!"}
    | {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "<span>$</span>"}
)
# At the beginning of a block these would make a list, a heading or a rule of it.
_FIRST = re.compile(r"^(?:[-+=#]|\d+(?=[.)]))")


def text(raw: str, most: int = 500) -> str:
    """`raw` as plain text on one line, cut to `most` characters: no markup, HTML, mention, reference or address."""
    broken = _LINKED.sub(lambda match: match[0] + _GAP, cut(raw.strip(), most))
    return _FIRST.sub(lambda match: f"{_GAP}{match[0]}", broken.translate(_MARKUP))


def code(raw: str, most: int = 300) -> str:
    """`raw` as inline code, in which nothing means anything; a table survives it."""
    short = cut(raw, most)
    if "|" in short or "<" in short or not short.strip():
        # A pipe would end the cell of a table even inside of code, and its escape means something only there. And if
        # code is cut off or taken apart by another reader of Markdown, no HTML must come of it.
        return f"<code>{for_element(short.strip()) or ' '}</code>"
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", short)), default=0) + 1)
    pad = " " if short[0] in "` " or short[-1] in "` " else ""
    return f"{ticks}{pad}{short}{pad}{ticks}"


def for_element(cleaned: str) -> str:
    """Return the inside of an HTML element for code: as harmless as `text`, and copied from there it is as it was."""
    return _LINKED.sub(lambda match: match[0] + _CUT, cleaned).translate(_MARKUP).replace(_CUT, "<span></span>")


def link(path: str, line: int, files: str) -> str:
    """Return a file: linked by its last name if `files`, the address of the repository's files, is known, else in
    full.
    """
    parts = path.split("/")
    if not files or path.startswith("/") or {"", ".", ".."} & set(parts) or "\\" in path or clean(path) != path:
        return code(path)
    return f"[{code(parts[-1])}]({files}{quote(path)}#L{line or 1})"


def address(url: object) -> str:
    """`url` if it is one that can stand in a link as it is, else ""."""
    plain = isinstance(url, str) and re.fullmatch(r"https?://[\w.~:/%-]+", url, re.ASCII)
    return url if isinstance(url, str) and plain and hide(url) == url else ""


# In the cells that every format words alike.
MARKDOWN = Spelling(text, segment=80, value=500, status=40)
