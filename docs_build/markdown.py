"""What the pages are made of: titles with their anchors, links and fenced blocks, as GitHub and the site read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r" *(`{3,}|~{3,})(.*)")
_TITLE = re.compile(r"#{1,6} +(.*?)(?: +#+)?")
_INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
# A picture, and a link whose text may hold a picture or one pair of brackets: [text](target "title").
_PICTURE = re.compile(r'(!\[[^\]]*\]\()([^()\s]+)((?: "[^"]*")?\))')
_LINK = re.compile(r'((?<!!)\[(?:[^\[\]]|\[[^\]]*\](?:\([^)]*\))?)*\]\()([^()\s]+)((?: "[^"]*")?\))')
_ATTRIBUTE = re.compile(r'(\b(?:href|src|srcset)=")([^"]+)(")')
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class Block(NamedTuple):
    """A fenced block: its language, its text, the line that it begins in, and the comments right before it."""

    language: str
    text: str
    line: int
    comments: tuple[str, ...] = ()


class Link(NamedTuple):
    """Where a link leads, and the line that it is in."""

    target: str
    line: int


def _lines(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield each line with its number and whether it belongs to a fenced block."""
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        match = _FENCE.fullmatch(line)
        opens = bool(match) and not fence and "`" not in (match[2] if match else "")
        closes = bool(fence and match and match[1].startswith(fence) and not match[2].strip())
        yield number, line, bool(fence) or opens
        if opens and match:
            fence = match[1]
        elif closes:
            fence = ""


def prose(text: str) -> str:
    """Return the text with an empty line for each line of a fenced block, and no comment."""
    kept = "\n".join("" if fenced else line for _, line, fenced in _lines(text))
    return _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), kept)


def blocks(text: str) -> list[Block]:
    """Return the fenced blocks in their order, without the indentation of their fence."""
    result: list[Block] = []
    comments: list[str] = []
    opening: re.Match[str] | None = None
    content: list[str] = []
    begin = 0
    for number, line, fenced in _lines(text):
        match = _FENCE.fullmatch(line)
        if not fenced:
            if comment := re.fullmatch(r"<!-- *(.*?) *-->", line.strip()):
                comments.append(comment[1])
            elif line.strip():
                comments = []
        elif opening is None:
            opening, begin, content = match, number, []
        elif match and match[1].startswith(opening[1]) and not match[2].strip():
            language = opening[2].strip().partition(" ")[0]
            result.append(Block(language, "".join(f"{part}\n" for part in content), begin, tuple(comments)))
            opening, comments = None, []
        else:
            indentation = len(opening[0]) - len(opening[0].lstrip())
            content.append(line[indentation:] if not line[:indentation].strip() else line)
    return result


def titles(text: str) -> list[str]:
    """Return the titles of a page, as they are written."""
    return [match[1] for line in prose(text).split("\n") if (match := _TITLE.fullmatch(line))]


def anchor(title: str) -> str:
    """Return the anchor that GitHub and the site both give a title that stands once on its page."""
    shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")


def anchors(text: str) -> list[str]:
    """Return what a link can lead to on a page: its titles, and the names of its HTML tags."""
    named = re.findall(r'<a (?:id|name)="([^"]+)"', prose(text))
    return [*map(anchor, titles(text)), *named]


def links(text: str) -> list[Link]:
    """Return every link and picture outside of code, in Markdown and in HTML."""
    plain = _INLINE_CODE.sub(lambda match: re.sub(r"[^\n]", "x", match[0]), prose(text))
    return [
        Link(match[2], plain.count("\n", 0, match.start(2)) + 1)
        for pattern in (_PICTURE, _LINK, _ATTRIBUTE)
        for match in pattern.finditer(plain)
    ]


def with_targets(text: str, change: Callable[[str], str]) -> str:
    """Return a page with the target of each link changed."""

    def line_with_targets(line: str) -> str:
        for pattern in (_PICTURE, _LINK, _ATTRIBUTE):
            line = pattern.sub(lambda match: match[1] + change(match[2]) + match[3], line)
        return line

    paragraphs: list[str] = []
    outside: list[str] = []
    for _, line, fenced in _lines(text):
        if fenced:
            paragraphs += [line_with_targets("\n".join(outside)), line] if outside else [line]
            outside = []
        else:
            outside.append(line)
    return "\n".join([*paragraphs, *([line_with_targets("\n".join(outside))] if outside else [])])


def pages(root: Path) -> list[Path]:
    """Return every Markdown page of the repository that people read, in order."""
    folders = ("docs", "examples", "benchmarks", ".github")
    found = [*root.glob("*.md"), *(path for folder in folders for path in (root / folder).rglob("*.md"))]
    return sorted(path for path in found if "peers" not in path.parts)
