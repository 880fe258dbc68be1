"""Faults of a text, and what the parser says of them in words for people who do not know the parser."""

from __future__ import annotations

import re
from typing import NamedTuple

from yaml.error import MarkedYAMLError


class YamlFault(NamedTuple):
    """A fault of the text; `line` and `column` count from 0."""

    rule: str
    message: str
    cure: str
    line: int
    column: int
    length: int = 1


_UNFIT = (
    "This does not fit the lines above it.",
    "Give fields of one level the same indentation, and put a text that begins with a quote wholly in quotes.",
)
_LIST_HERE = (
    "A list cannot begin on the line of its field.",
    "Write each entry on a line of its own below the field, or all of them in brackets.",
)
_LIST_OPEN = ("A list in brackets lacks a `,` or its `]`.", "Add the `,` or the `]`.")
_MAPPING_OPEN = ("A mapping in braces lacks a `,` or its `}`.", "Add the `,` or the `}`.")
_NO_PAIR = (
    "This is not a `field: value` pair.",
    "Write a colon and a space after the field's name, or indent the line if it goes on with a longer text.",
)
_AFTER_END = ("This comes after the end of the value.", "Delete it, or put the whole text in quotes.")
_MARK_IN_BRACKETS = ("A `?` has a meaning of its own in brackets and braces.", "Put the text with the `?` in quotes.")
_CUT = (
    "A comment ends the text before it, so what follows it belongs to nothing.",
    "Put the whole text in quotes if the `#` belongs to it; else write the comment on a line of its own above it.",
)

# A part of the parser's own words → what is wrong and what to do.
_WORDS: tuple[tuple[str, tuple[str, str]], ...] = (
    (
        "mapping values are not allowed",
        (
            "A `:` is at a place where no field can begin.",
            "Put the text in quotes if the colon belongs to it. Otherwise check the indentation of this line.",
        ),
    ),
    ("'\\t'", ("The line is indented with a tab, and YAML requires spaces.", "Indent with spaces.")),
    ("cannot start any token", ("A text cannot begin with this character.", "Put the text in quotes.")),
    ("could not find expected ':'", _NO_PAIR),
    ("expected <block end>", _UNFIT),
    ("did not find expected key", _UNFIT),
    ("did not find expected '-'", _UNFIT),
    ("expected ',' or ']'", _LIST_OPEN),
    ("expected ',' or '}'", _MAPPING_OPEN),
    ("sequence entries are not allowed", _LIST_HERE),
    (
        "expected the node content, but found ','",
        ("Nothing is written before this `,`.", "Delete the `,`, or put the text in quotes if it belongs to it."),
    ),
    (
        "expected the node content",
        ("A value is missing here.", "Write the value, or put it in quotes if this sign belongs to it."),
    ),
    ("expected '<document start>'", _AFTER_END),
    ("expected <document start>", _AFTER_END),
    ("found unexpected end of stream", ("A quote is opened here and never closed.", "Close it.")),
    (
        "found undefined alias",
        ("An alias (`*name`) refers to an anchor that is not there.", "Write out the value."),
    ),
    ("second occurrence", ("An anchor (`&name`) is given twice.", "Give each anchor a name of its own.")),
    (
        "expected alphabetic or numeric character",
        (
            "The name of an anchor (`&name`) or an alias (`*name`) holds letters, digits, `-` and `_` only.",
            "Put the text in quotes if the `&` or the `*` belongs to it.",
        ),
    ),
    (
        "expected chomping or indentation indicators, but found '#'",
        ("A comment begins here without a space before its `#`.", "Write a space before the `#`."),
    ),
    (
        "expected chomping or indentation indicators",
        (
            "After `>` or `|`, nothing can stand on the line but a digit, `+` or `-`.",
            "Begin the text on the next line; put it in quotes if the `>` or the `|` belongs to it.",
        ),
    ),
    (
        "unknown escape character",
        (
            "A backslash in double quotes begins no escape that YAML knows.",
            "Use single quotes, or write two backslashes.",
        ),
    ),
    (
        "names no character",
        ("An escape in this text names no character.", "Write the character itself instead of `\\u…` or `\\x…`."),
    ),
)

# Where a comment may be why the parser stumbles: after it, the text that it ended is not taken up again.
_STUMBLES = (_LIST_OPEN, _MAPPING_OPEN, _UNFIT, _AFTER_END, _NO_PAIR)
# Without quotes before it, so that the `#` surely begins a comment; the second one touches what it cuts.
_ENDS_TEXT = re.compile(r"[^\"'#]*[^\s\"'#,\[\]{}][ \t]+(#)")
_TOUCHING = re.compile(r"[^\"'#]*[^\s\"'#,\[\]{}][ \t]+(#)[^\s#]")
_LINE_END = re.compile(r"\r\n|\r|\n")


def syntax_fault(error: MarkedYAMLError, text: str) -> YamlFault:
    """Return what stopped the parser in `text`, and where."""
    problem = error.problem or error.context or "the parser gave no reason"
    # The end of the file says nothing about a quote that was left open; its beginning does.
    mark = error.context_mark if "end of stream" in problem else error.problem_mark
    mark = mark or error.problem_mark or error.context_mark
    line, column, index = (mark.line, mark.column, mark.index) if mark else (0, 0, 0)
    wording = next((wording for part, wording in _WORDS if part in problem), None)
    if wording is None:
        return YamlFault("yaml-syntax", f"This is not valid YAML: {problem}.", "Fix the YAML here.", line, column)
    if wording in _STUMBLES:
        cut = _comment_before(text, index, any_of_them=wording in (_UNFIT, _AFTER_END))
        if cut:
            return YamlFault("yaml-syntax", *_CUT, *cut)
    if wording in (_LIST_OPEN, _MAPPING_OPEN) and text[index : index + 1] == "?":
        wording = _MARK_IN_BRACKETS
    return YamlFault("yaml-syntax", *wording, line, column)


def _comment_before(text: str, index: int, *, any_of_them: bool) -> tuple[int, int] | None:
    """Line and column of the comment that ended a text, if the next thing after it is at `index`."""
    lines = _LINE_END.split(text[:index])
    pattern = _ENDS_TEXT if any_of_them else _TOUCHING
    alone: tuple[int, int] | None = None
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        match = pattern.match(line)
        if match:
            return number, match.start(1)
        if number == len(lines) - 1 or not line.strip():
            continue
        if not line.lstrip().startswith("#"):
            # Between two lines of one text a comment ends it; after a collection or a quoted text, it does not.
            return alone if any_of_them and line.rstrip()[-1] not in ":,\"'[]{}" else None
        alone = number, len(line) - len(line.lstrip())
    return None
