"""Writes YAML that our reader, an editor and a reviewer all read alike."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from invent_gitops.inside import inside
from invent_gitops.load.construct import Data

# What needs no quotes: it begins with a letter, and holds nothing that means something in any part of YAML.
_PLAIN = re.compile(r"[^\W\d_](?:[\w ./()&'+–—-]|:(?=[A-Za-z0-9_]))*")
# Words that YAML 1.1, which many editors and tools still read, takes for something else than text.
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"})
# What no YAML file may hold as it is, and what would end a line or pass for the end of the quotes.
_ESCAPED = re.compile('[\\\\"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def scalar(text: str) -> str:
    """Return a text as one scalar on one line, for a value or a key, in a list in brackets or not; quoted where
    needed.
    """
    if _PLAIN.fullmatch(text) and text == text.rstrip() and text.isprintable() and text.casefold() not in _WORDS:
        return text
    return '"' + _ESCAPED.sub(lambda match: _escape(match[0]), text) + '"'


def flow(value: Data) -> str:
    """Return data on one line: `{id: seg_1, contacts_count: 5, formerly: [vip]}`, fields in their order."""
    match value:
        case dict():
            return "{" + ", ".join(f"{scalar(name)}: {flow(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(flow(item) for item in value) + "]"
        case str():
            return scalar(value)
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case _:
            return repr(value)


def comment(text: str) -> str:
    """Return a comment that stays on its line, whatever somebody called something."""
    return "# " + "".join(sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in text)


def catalogue_text(entries: Mapping[str, Any], header: Iterable[str]) -> str:
    """Return a catalogue: a comment for each line of `header`, then one line for each segment, in the order of
    `entries`.

    Where a name has several segments, each has a line of its own.
    """
    lines = [comment(line) for line in header]
    for name, value in entries.items():
        lines += entry_lines(name, value)
    return "\n".join(lines) + "\n"


def entry_lines(name: str, value: Any) -> list[str]:
    """Return one entry of a catalogue: a line, or of several segments with one name a line for each."""
    if isinstance(value, list):
        return [f"{scalar(name)}:", *(f"  - {flow(segment)}" for segment in value)]
    return [f"{scalar(name)}: {flow(value)}"]


def definition_text(
    *,
    header: Iterable[str],
    name: str,
    schedule: str | tuple[str, str],
    segments: Sequence[tuple[str, str]],
    key: str = "",
) -> str:
    """Return a definition as people write them.

    `header` are comments for its top, `schedule` is an RFC 3339 time or `immediately`, or a local time and its
    zone; `segments` are entries, each with a comment ("" for none), and empty for everyone.
    """
    lines = [comment(line) for line in header]
    lines += [f"key: {scalar(key)}"] if key else []
    lines.append(f"name: {scalar(name)}")
    if isinstance(schedule, str):
        lines.append(f"schedule: {schedule}")
    else:
        lines += ["schedule:", f"  at: {schedule[0]}", f"  timezone: {schedule[1]}"]
    lines.append("segments:" if segments else "send_to_all: true")
    lines += [f"  - {scalar(entry)}" + (f" {comment(remark)}" if remark else "") for entry, remark in segments]
    return "\n".join(lines) + "\n"


def schema_line(folder: Path, root: Path, name: str) -> list[str]:
    """Return the first comment of a file: where an editor finds the project's copy of a schema, if there is one."""
    schema = root / "schemas" / f"{name}.schema.json"
    with inside(root) as opened:
        try:
            opened.resolve(f"schemas/{name}.schema.json")
        except OSError:
            return []
    return [f"yaml-language-server: $schema={Path(os.path.relpath(schema, folder)).as_posix()}"]


def _escape(sign: str) -> str:
    code = ord(sign)
    return _SHORT.get(sign) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
