"""Makes a string that a person or a server wrote harmless in a terminal or a log, and visibly so."""

from __future__ import annotations

import re

# C0, DEL, C1, and the characters that reorder, hide or break what is read.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean(text: str) -> str:
    """`text` on one line, with control and bidi characters written out, and no command for a CI runner in it."""
    visible = _HARMFUL.sub(lambda match: _escape(match[0]), text)
    # A CI runner acts on "##[" anywhere in a line, and on "::" at the beginning of one.
    return re.sub(r"^(\s*):(?=:)", r"\1:\\", visible).replace("##[", "##\\[")


def cut(text: str, width: int) -> str:
    """`clean(text)`, at most `width` characters long."""
    cleaned = clean(text)
    return cleaned if len(cleaned) <= width else cleaned[: width - 1] + "…"


def _escape(character: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    code = ord(character)
    return short or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
