"""Rules for names and keys, which people compare by eye and logs print as they are."""

from __future__ import annotations

import re
import unicodedata

from invent_gitops.model.document import Path
from invent_gitops.text.invisible import INVISIBLE
from invent_gitops.validate.report import ProblemReport

# No blank of any kind, nothing that joins letters or chooses their form, no quotes of print.
_NOT_IN_IDS = re.compile(
    "[\\s\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef\u201c-\u201f\u00ab\u00bb\u2018-\u201b\u2039\u203a]"
)
_MARKS = "\u201c-\u201f\u00ab\u00bb\u2039\u203a\u300c-\u300f\u301d-\u301f\uff02"
_QUOTED = re.compile(f"([{_MARKS}\u2018-\u201b])([^{_MARKS}]+)([{_MARKS}\u2018-\u201b])")


def quick_line(text: str) -> str | None:
    """Return a text that surely has no fault, so that nothing is worded for it; None if it has to be looked at."""
    return text if text.isascii() and text.isprintable() and text and text == text.strip() else None


def quick_id(id: str) -> str | None:
    """Return an id that surely has no fault, so that nothing is worded for it; None if it has to be looked at."""
    return id if id.isascii() and id.isprintable() and id and " " not in id else None


def fault_of_line(text: str, subject: str) -> tuple[str, str, str] | None:
    """Rule, message and cure if `text` cannot be a name; `subject` begins the message, as in "The name"."""
    # Most are plain, and then nothing in them can hide.
    invisible = None if text.isascii() and text.isprintable() else INVISIBLE.search(text)
    if not invisible and text == text.strip() and text and text.isascii():
        return None
    if invisible:
        sign = invisible[0]
        name = {"\n": "a line feed", "\r": "a carriage return", "\t": "a tab"}.get(sign)
        name = name or f"U+{ord(sign):04X} ({unicodedata.name(sign, 'a control character').lower()})"
        return "control-character", f"{subject} holds {name}, which nobody sees in review.", "Delete it."
    if not text.strip():
        return "only-spaces", f"{subject} holds nothing but spaces.", "Write a text."
    if not any(unicodedata.category(sign)[0] in "LNPS" for sign in text):
        return "nothing-visible", f"{subject} holds no sign that people can see.", "Write a text."
    if text != text.strip():
        return "outer-spaces", f"{subject} begins or ends with a space.", f"Write it without: {text.strip()[:60]!r}."
    return None


def fault_of_id(id: str, subject: str, prefix: str = "") -> tuple[str, str, str] | None:
    """Rule, message and cure if `id` cannot be an id, in which nothing is blank; `prefix` is what stands before it."""
    fault = fault_of_line(id, subject)
    if fault and fault[0] == "outer-spaces" and prefix:
        return fault[0], fault[1], f"Write it without: `{prefix}{id.strip()[:60]}`."
    if fault:
        return fault
    if hidden := _NOT_IN_IDS.search(id):
        sign = "a space" if hidden[0] == " " else f"U+{ord(hidden[0]):04X} ({unicodedata.name(hidden[0], '?').lower()})"
        bare = _NOT_IN_IDS.sub("", id)
        return "id-form", f"{subject} holds {sign}, which no id does.", f"Write it without: `{prefix}{bare[:60]}`."
    return None


def check_quotes(report: ProblemReport, text: str, subject: str, path: Path, *, of_key: bool = False) -> bool:
    """Report quotes of print that stand around an unquoted text, and say whether there are some.

    Within straight quotes they are a part of the text on purpose.
    """
    match = _QUOTED.fullmatch(text)
    span = report.document.locate(path, of_key=of_key) if match else None
    if not match or not span or not span.source.startswith(text[0], span.position.column - 1):
        return False
    message = f"`{match[1]}` and `{match[3]}` are typographic quotes, which YAML takes for a part of {subject}."
    cure = f"Write straight quotes or none: `\"{match[2]}\"`. If they belong to the text: `'{text}'`."
    report.add("typographic-quotes", message, cure, path, of_key=of_key)
    return True


def has_words(text: str) -> bool:
    """Return whether there is a letter or a digit in it that people can see."""
    return any(unicodedata.category(character)[0] in "LN" for character in INVISIBLE.sub("", text))
