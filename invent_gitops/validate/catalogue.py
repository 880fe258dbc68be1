"""From the segment catalogue to segments by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from invent_gitops.model.alike import alike, composed
from invent_gitops.model.broadcast import Catalogue, Definition, Segment
from invent_gitops.model.document import Document, Path
from invent_gitops.model.instant import read_instant
from invent_gitops.model.problem import Problem
from invent_gitops.text.quoting import quote
from invent_gitops.validate import names
from invent_gitops.validate.comments import check_comments
from invent_gitops.validate.names import check_quotes, fault_of_id, fault_of_line
from invent_gitops.validate.report import ProblemReport
from invent_gitops.validate.segments import ID_PREFIX
from invent_gitops.validate.shape import Shape

LONGEST_NAME = 128
# The field of the catalogue itself that stands among the names: when all of it was read.
READ_AT = "read_at"


def validate_catalogue(document: Document, schema: Mapping[str, Any]) -> tuple[Catalogue, list[Problem]]:
    """Return the segments without a fault, and every problem, sorted. `schema` is the schema `segments`."""
    report = ProblemReport(document)
    unclear = {path[0] for path in Shape(schema).check(report) if path}
    # An id holds no space, so a comment after one cuts nothing.
    check_comments(report, lambda path: "formerly" in path[1:])
    entries: dict[str, Any] = document.content if isinstance(document.content, dict) else {}
    by_name: dict[str, list[Segment]] = {}
    read_at = None
    for name, value in entries.items():
        if name == READ_AT:
            read_at = None if name in unclear else _read_at(report, value, (name,))
            continue
        _check_name(report, name, value)
        if name not in unclear:
            # One name is one however it is spelled: the first spelling is shown.
            namesakes = by_name.setdefault(alike(name), [])
            namesakes += _segments(report, name, value, namesakes[0].name if namesakes else composed(name))
    _check_ids(report, by_name)
    clear = {name: namesakes[0] for name, namesakes in by_name.items() if len(namesakes) == 1}
    twins = {name: tuple(namesakes) for name, namesakes in by_name.items() if len(namesakes) > 1}
    report.explain_rest()
    return Catalogue(clear, twins, read_at), sorted(set(report.problems))


def writable_name(name: str) -> bool:
    """Return whether a catalogue can hold a segment under this name; otherwise it stands under its id."""
    name = composed(name)
    unfit = fault_of_line(name, "") or not name or len(name) > LONGEST_NAME
    return not unfit and not name.startswith(ID_PREFIX) and name != READ_AT


def renamed(definitions: Iterable[Definition], catalogue: Catalogue | None) -> Iterator[str]:
    """Yield a note for each name in a definition that its segment does not have any more."""
    formerly = catalogue.formerly() if catalogue else {}
    for definition in definitions if formerly else ():
        for entry in definition.segments:
            for segment in formerly.get(alike(entry), ()):
                yield (
                    f"{definition.at('segments')}: the segment {quote(entry)} is named {quote(segment.name)} in Invent "
                    f"now. Both mean {segment.id}; write the new name."
                )


def _segments(report: ProblemReport, name: str, value: Any, shown_name: str) -> Iterator[Segment]:
    for index, written in enumerate(value if isinstance(value, list) else [value]):
        path: Path = (name, index) if isinstance(value, list) else (name,)
        entry, of_id = ({"id": written}, path) if isinstance(written, str) else (written, (*path, "id"))
        if names.quick_id(entry["id"]) is None:
            fault = fault_of_id(entry["id"], f"The id of {quote(name)}")
            if fault:
                report.add(*fault, of_id)
            check_quotes(report, entry["id"], f"the id of {quote(name)}", of_id)
        if "read_at" in entry:
            _read_at(report, entry["read_at"], (*path, "read_at"))
        for number, former in enumerate(entry.get("formerly", ())):
            _check_former(report, former, (*path, "formerly", number))
        count = entry.get("contacts_count")
        formerly = tuple(composed(former) for former in entry.get("formerly", ()))
        yield Segment(shown_name, entry["id"], None if count is None else int(count), formerly)


def _check_ids(report: ProblemReport, by_name: Mapping[str, list[Segment]]) -> None:
    """Of several segments with one name, each has an id of its own."""
    for name, namesakes in by_name.items():
        ids: set[str] = set()
        for index, segment in enumerate(namesakes):
            if segment.id in ids:
                message = f"{quote(name)} has the id {quote(segment.id)} twice."
                report.add("repeated-entry", message, "Delete one of the two.", (name, index))
            ids.add(segment.id)


def _read_at(report: ProblemReport, text: str, path: Path) -> datetime | None:
    instant = read_instant(text)
    if instant is None:
        cure = "Write an RFC 3339 time with an offset, such as `2028-11-20T08:00:00Z`."
        report.add("wrong-form", f"{quote(text)} is not a valid time.", cure, path)
    return instant


def _check_name(report: ProblemReport, name: str, value: Any) -> None:
    fault = None
    if names.quick_line(name) is None:
        fault = fault_of_line(name, f"The name {quote(name)}") if name else None
        check_quotes(report, name, "the name", (name,), of_key=True)
    if fault:
        report.add(*fault, (name,), of_key=True)
    elif name.startswith(ID_PREFIX):
        id = value.get("id") if isinstance(value, dict) else value
        if name != f"{ID_PREFIX}{id}":
            message = f"The name {quote(name)} begins with `{ID_PREFIX}`, which definitions write before an id."
            report.add("reserved-name", message, "Choose another name.", (name,), of_key=True)


def _check_former(report: ProblemReport, name: str, path: Path) -> None:
    fault = None if names.quick_line(name) is not None else fault_of_line(name, f"The former name {quote(name)}")
    if fault:
        report.add(*fault, path)
    elif name.startswith(ID_PREFIX):
        message = f"The former name {quote(name)} begins with `{ID_PREFIX}`, which definitions write before an id."
        report.add("reserved-name", message, "Delete it.", path)
