"""From the segment catalogue to segments by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invent_gitops.model.broadcast import Catalogue, Segment
from invent_gitops.model.document import Document
from invent_gitops.model.instant import read_instant
from invent_gitops.model.problem import Problem
from invent_gitops.validate.definitions import ID_PREFIX
from invent_gitops.validate.report import Report
from invent_gitops.validate.shape import Shape
from invent_gitops.validate.text import fault_of_line
from invent_gitops.validate.words import quote


def validate_catalogue(document: Document, schema: Mapping[str, Any]) -> tuple[Catalogue, list[Problem]]:
    """The segments without a fault, and every problem, sorted. `schema` is the schema `segments`."""
    report = Report(document)
    unclear = {path[0] for path in Shape(schema).check(report) if path}
    data: dict[str, Any] = document.data if isinstance(document.data, dict) else {}
    segments: dict[str, Segment] = {}
    for name, value in data.items():
        _check_name(report, name)
        if name in unclear:
            continue
        entry = {"id": value} if isinstance(value, str) else value
        path = (name,) if isinstance(value, str) else (name, "id")
        fault = fault_of_line(entry["id"], f"The id of {quote(name)}")
        if fault:
            report.add(*fault, path)
        read_at = entry.get("read_at")
        if read_at is not None and read_instant(read_at) is None:
            cure = "Write an RFC 3339 time with an offset, such as `2026-11-20T08:00:00Z`."
            report.add("wrong-form", f"{quote(read_at)} is no time that could be read.", cure, (name, "read_at"))
        count = entry.get("contacts_count")
        segments[name] = Segment(name, entry["id"], None if count is None else int(count))
    return Catalogue(segments), sorted(set(report.problems))


def _check_name(report: Report, name: str) -> None:
    fault = fault_of_line(name, f"The name {quote(name)}") if name else None
    if fault:
        report.add(*fault, (name,), of_key=True)
    elif name.startswith(ID_PREFIX):
        message = f"The name {quote(name)} begins with `{ID_PREFIX}`, which definitions write before an id."
        report.add("reserved-name", message, "Choose another name.", (name,), of_key=True)
