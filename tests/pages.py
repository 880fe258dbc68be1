"""The pages that people read, and the fenced blocks in them. A block may move from one page to another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.forked import ROOT

FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """The README, and every page of docs/ that is no decision of the past."""
    docs = ROOT / "docs"
    return [ROOT / "README.md", *sorted(page for page in docs.rglob("*.md") if docs / "decisions" not in page.parents)]


def fenced(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a text, of one language or of all."""
    return [block for _, name, block in FENCED.findall(text) if language in ("", name)]


def every_block() -> Iterator[str]:
    for page in pages():
        yield from fenced(page.read_text(encoding="utf-8"))


def block(start: str, page: str = "") -> str:
    """The one block that begins with `start`, of a page or of all: pages that repeat it must agree."""
    texts = fenced((ROOT / page).read_text(encoding="utf-8")) if page else every_block()
    matching = {text for text in texts if text.startswith(start)}
    assert len(matching) == 1, f"{page or 'docs/'} has {len(matching)} different blocks that begin with {start!r}"
    return matching.pop()
