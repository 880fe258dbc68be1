"""Files that look like definitions to a person and are not read: a reviewer would believe in what never happens."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8

# What is looked into at all: a definition is short.
LONGEST = 64 * 1024

_FIELD = r"[\"']?(?:key|name|schedule|segments|send_to_all|description|owner|waive)[\"']?[ \t]*[:=]"
# Possessive: a CR that belongs to the comment or to the end of its line would double the work with every line.
_BEGINS = re.compile(rf"(?:[ \t]*+(?:(?:#|---)[^\n]*+|\r?)\n)*+{_FIELD}")
_NEEDED = tuple(re.compile(rf"^[\"']?{field}[\"']?[ \t]*[:=]", re.MULTILINE) for field in ("name", "schedule"))
_NEEDED_INLINE = tuple(re.compile(rf"\b{field}\b[\"']?\s*:") for field in ("name", "schedule"))


def looks_like_definition(raw: bytes) -> bool:
    """Return whether the content of a file with another name is that of a definition, in YAML, JSON or the like."""
    text = raw.removeprefix(BOM_UTF8).decode("utf-8", "replace")
    if text.lstrip().startswith(("{", "[")):
        return _json_like(text)
    return bool(_BEGINS.match(text)) and all(field.search(text) for field in _NEEDED)


def _json_like(text: str) -> bool:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        # With comments or a comma too many, a person still sees what it is.
        return all(field.search(text) for field in _NEEDED_INLINE)
    entries = document if isinstance(document, list) else [document]
    return any(isinstance(entry, dict) and {"name", "schedule"} <= entry.keys() for entry in entries)
