"""Rules for names and keys, which people compare by eye and logs print as they are."""

from __future__ import annotations

import re
import unicodedata

# Controls, line ends, what turns the direction of writing, and what has no width at all.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def fault_of_line(text: str, what: str) -> tuple[str, str, str] | None:
    """Rule, message and cure if `text` cannot be a name; `what` begins the message, as in "The name"."""
    if text.isprintable() and text == text.strip() and text:
        return None
    invisible = _INVISIBLE.search(text)
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
