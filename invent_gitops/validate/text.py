"""Rules for names and keys, which people compare by eye and logs print as they are."""

from __future__ import annotations

import unicodedata

from invent_gitops.model.invisible import INVISIBLE


def fault_of_line(text: str, what: str) -> tuple[str, str, str] | None:
    """Rule, message and cure if `text` cannot be a name; `what` begins the message, as in "The name"."""
    # Most are plain, and then nothing in them can hide.
    invisible = None if text.isascii() and text.isprintable() else INVISIBLE.search(text)
    if not invisible and text == text.strip() and text:
        return None
    if invisible:
        sign = invisible[0]
        name = {"\n": "a line feed", "\r": "a carriage return", "\t": "a tab"}.get(sign)
        name = name or f"U+{ord(sign):04X} ({unicodedata.name(sign, 'a control character').lower()})"
        return "control-character", f"{what} holds {name}, which nobody sees in review.", "Delete it."
    if not text.strip():
        return "only-spaces", f"{what} holds nothing but spaces.", "Write a text."
    if text != text.strip():
        return "outer-spaces", f"{what} begins or ends with a space.", f"Write it without: {text.strip()[:60]!r}."
    return None


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in it that people can see."""
    return any(unicodedata.category(one)[0] in "LN" for one in INVISIBLE.sub("", text))
