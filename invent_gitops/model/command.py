"""Commands that messages print, so that they can be pasted as they stand."""

from __future__ import annotations

import shlex


def quoted(word: str) -> str:
    """`word` as one word of a POSIX shell."""
    return shlex.quote(word)
