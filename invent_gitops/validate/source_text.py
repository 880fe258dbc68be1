"""What stands in the file where a value is wrong: numbers as they were written, and why nothing was read."""

from __future__ import annotations

import re
from typing import Any

from invent_gitops.model.document import Path
from invent_gitops.text.quoting import quote
from invent_gitops.validate.report import ProblemReport


def as_written(report: ProblemReport, value: Any, path: Path) -> Any:
    """Return a number or a word of YAML as it stands in the file, `0123` and not 123; anything else as it is."""
    if not isinstance(value, (bool, int, float)):
        return value
    span = report.document.locate(path)
    written = span.source[span.position.column - 1 :][: span.length]
    # An alias stands elsewhere, and then what is there may be longer.
    return written if re.fullmatch(r"[\w.+-]+", written) else str(value).lower()


def cure_of_nothing(report: ProblemReport, path: Path) -> str:
    """Return why nothing is read where something seems to be written; "" where nothing is."""
    name = path[-1]
    if isinstance(name, str) and (cure := unspaced(name)):
        return cure
    span = report.document.locate(path, of_key=True)
    comment = re.search(r"(?:^|[:\-,\[]) +(#\S.*)", span.source[max(span.position.column - 3, 0) :])
    return f"{quote(comment[1])} is a comment in YAML: put the text in quotes." if comment else ""


def unspaced(name: str) -> str:
    """Return what to write for a field whose value touches its colon, since both are one text then; "" for any
    other.
    """
    field, colon, value = name.partition(":")
    return f"Write a space after the colon: {quote(f'{field}: {value}')}." if field and colon and value else ""
