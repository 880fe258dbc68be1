"""Entries of a list that stand twice, found in one pass: comparing each with each other one costs the square."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

from invent_gitops.model.document import Path
from invent_gitops.text.quoting import field_name, quote
from invent_gitops.validate.report import ProblemReport

if TYPE_CHECKING:
    from jsonschema import ValidationError


def unique(_judge: object, required: bool, value: object, _schema: object) -> Iterator[ValidationError]:
    """Judge `uniqueItems`, for jsonschema."""
    if required and isinstance(value, list) and len({_identity(item) for item in value}) < len(value):
        from jsonschema import ValidationError

        yield ValidationError("an entry is listed twice")


def report_repeated(report: ProblemReport, value: list[Any], path: Path) -> None:
    """Report each entry that stands in the list before it already."""
    earlier: set[Hashable] = set()
    for index, item in enumerate(value):
        identity = _identity(item)
        if identity in earlier:
            message = f"{quote(item)} is listed twice in {quote(field_name(path))}."
            report.add("repeated-entry", message, "Delete one of the two.", (*path, index))
        earlier.add(identity)


def _identity(value: Any) -> Hashable:
    """Return what two values have in common exactly if JSON Schema takes them for equal: 1 and 1.0, but not 1 and
    true.
    """
    if isinstance(value, dict):
        return dict, frozenset((name, _identity(item)) for name, item in value.items())
    if isinstance(value, list):
        return list, tuple(_identity(item) for item in value)
    scalar: Hashable = (bool, value) if isinstance(value, bool) else value
    return scalar
