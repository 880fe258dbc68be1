"""The one form in which names, keys and segments are compared: what looks the same to people is the same."""

from __future__ import annotations

import re
import unicodedata

# What chooses the form of the sign before it. Whether it is there or not, people read the same.
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_JOINERS = re.compile("[\u200c\u200d]+")
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff]")
# Scripts in which a joiner changes how the letters beside it are written: those of Arabia, of India and around.
_JOINING = re.compile(
    "[\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1a20-\u1aaf\u1b00-\u1bff\u1c00-\u1c4f\ua800-\ua9ff"
    "\uaa00-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00010fff\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)


def alike(text: str) -> str:
    """Return the form of `text` that equals that of every other text which looks the same.

    Compatible signs are one (NFKC), all blanks in a row are one space, outer ones are dropped, and so is what joins
    letters or chooses their form where that cannot be seen. Upper and lower case are told apart. For comparing only:
    what is sent and recorded stays as it was written.
    """
    if text.isascii():
        return text if text.isprintable() and "  " not in text and text == text.strip() else " ".join(text.split())
    bare = unicodedata.normalize("NFKC", _SELECTORS.sub("", text))
    joined = _JOINERS.sub(lambda match: match[0][0] if _joins(bare, match) else "", bare)
    return " ".join(unicodedata.normalize("NFKC", joined).split())


def composed(text: str) -> str:
    """`text` as it is sent: one letter is one character wherever Unicode has one for it (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _joins(text: str, match: re.Match[str]) -> bool:
    """Return whether people see what a joiner does: between two emoji, or between letters of a joining script."""
    at, end = match.start() - 1, match.end()
    if at < 0 or end == len(text):
        return False
    if _JOINING.match(text[at]) and _JOINING.match(text[end]):
        return True
    while at > 0 and _SKIN.match(text[at]):
        at -= 1
    return "\u200d" in match[0] and _is_emoji(text[at]) and _is_emoji(text[end])


def _is_emoji(sign: str) -> bool:
    # Arrows and a few others are mathematical signs to Unicode, and parts of emoji, too.
    return unicodedata.category(sign) == "So" or "\u2190" <= sign <= "\u21ff" or sign in "\u00a9\u00ae"
