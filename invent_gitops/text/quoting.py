"""Small pieces of wording: quoting what a person wrote, naming places, asking what was meant."""

from __future__ import annotations

import json
from collections.abc import Iterable

from invent_gitops.model.document import Path
from invent_gitops.text.invisible import INVISIBLE
from invent_gitops.text.secret import hide
from invent_gitops.text.slips import Vocabulary

LONGEST_QUOTE = 60


def quote(text: object) -> str:
    """Return what a person wrote, in backticks, cut, on one line and without anything invisible."""
    written = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False, default=str)
    written = hide(written)
    if len(written) > LONGEST_QUOTE:
        written = written[: LONGEST_QUOTE - 1] + "…"
    written = INVISIBLE.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", written)
    if not written.isprintable():
        written = "".join(sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in written)
    return f"`{written}`"


def field_name(path: Path) -> str:
    """`schedule.at`, `segments[2]` (counted from 1, as people do)."""
    name = ""
    for step in path:
        name += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def did_you_mean(word: str, candidates: Iterable[str] | Vocabulary) -> str:
    """Return a question for what was surely meant by a word that nobody knows, or ""."""
    vocabulary = candidates if isinstance(candidates, Vocabulary) else Vocabulary(candidates)
    meant = vocabulary.guess(word)
    return f"Did you mean {quote(meant)}?" if meant else ""


def listing(names: Iterable[str], most: int = 8) -> str:
    """Return `a`, `b` and `c`; of many, only the first."""
    every = list(names)
    quoted = [quote(name) for name in every[:most]]
    if len(every) > most:
        return f"{', '.join(quoted)} and {len(every) - most} more"
    return " and ".join(part for part in (", ".join(quoted[:-1]), *quoted[-1:]) if part)
