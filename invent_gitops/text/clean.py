"""Makes a string that a person or a server wrote harmless in a terminal or a log, and visibly so."""

from __future__ import annotations

import re

from invent_gitops.text.invisible import INVISIBLE
from invent_gitops.text.secret import hide


def clean(text: str) -> str:
    """`text` on one line, control and bidi characters written out, no secret and no command for a CI runner in it.

    This is the one place where secrets go before a text is cut or marked up; both would hide them from any later look.
    """
    visible = hide(INVISIBLE.sub(lambda match: _escape(match[0]), text))
    # A CI runner acts on "##[" anywhere in a line, and on "::" at the beginning of one.
    return re.sub(r"^(\s*):(?=:)", r"\1:\\", visible).replace("##[", "##\\[")


def cut(text: str, width: int) -> str:
    """`clean(text)`, at most `width` characters long."""
    cleaned = clean(text)
    return cleaned if len(cleaned) <= width else cleaned[: width - 1] + "…"


def _escape(character: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    code = ord(character)
    return short or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
