"""From documents to definitions: the rules of each, and those that need to see all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from invent_gitops.model.alike import alike, composed
from invent_gitops.model.broadcast import Catalogue, Definition, Request, Segment
from invent_gitops.model.document import Document, Path
from invent_gitops.model.problem import Marks, Position, Problem
from invent_gitops.model.project import Project
from invent_gitops.text.quoting import quote
from invent_gitops.validate import names
from invent_gitops.validate.comments import check_comments, of_text
from invent_gitops.validate.names import check_quotes, fault_of_id, fault_of_line, has_words
from invent_gitops.validate.report import ProblemReport
from invent_gitops.validate.schedule import Schedule, ScheduleFault, parse_schedule
from invent_gitops.validate.segments import ID_PREFIX, KnownSegments
from invent_gitops.validate.shape import Shape
from invent_gitops.values import replace

LONGEST_KEY = 255
_MARKED = ("key", "name", "schedule", "segments", "send_to_all", "waive")


def validate_definitions(
    documents: Iterable[Document],
    *,
    schema: Mapping[str, Any],
    project: Project,
    catalogue: Catalogue | None,
) -> tuple[list[Definition], list[Problem]]:
    """Return what `validate_in_order` does for documents in any order: "the second one" is always the same one."""
    in_order = sorted(documents, key=lambda item: (item.start.file, item.start.line, item.start.column))
    return validate_in_order(in_order, schema=schema, project=project, catalogue=catalogue)


def validate_in_order(
    documents: Iterable[Document],
    *,
    schema: Mapping[str, Any],
    project: Project,
    catalogue: Catalogue | None,
) -> tuple[list[Definition], list[Problem]]:
    """Return the definitions without a fault in the order of their places, and every problem, sorted.

    The documents come in that order, and none is kept. `schema` is the schema `broadcast`. Without a catalogue an
    entry of `segments` is an id.
    """
    shape = Shape(schema)
    definitions: list[Definition] = []
    problems: list[Problem] = []
    claims = _Seen()
    known_segments = KnownSegments(catalogue) if catalogue is not None else None
    for document in documents:
        report = ProblemReport(document)
        definition = _define(report, shape, project, known_segments)
        claims.check(report, definition)
        if definition and not report.problems:
            definitions.append(definition)
        problems.extend(report.problems)
    return definitions, sorted(set(problems))


def _define(
    report: ProblemReport, shape: Shape, project: Project, known_segments: KnownSegments | None
) -> Definition | None:
    document = report.document = _as_sent(report.document)
    fields = document.content
    report.key = _key(document)
    unclear = {path[0] for path in shape.check(report) if path}
    check_comments(report, of_text)
    if not isinstance(fields, dict):
        return None
    if "key" not in unclear:
        _check_key(report, fields)
    if "name" not in unclear and "name" in fields:
        _check_line(report, fields["name"], "The name", "name")
    ids = _segment_ids(report, fields.get("segments"), known_segments)
    waive: dict[str, str] = fields.get("waive", {}) if "waive" not in unclear else {}
    for policy, reason in waive.items():
        if not has_words(reason):
            message = f"The reason for waiving {quote(policy)} says nothing."
            report.add("only-spaces", message, "Write the reason; reviewers read it in the plan.", ("waive", policy))
    schedule = (
        _schedule(report, fields["schedule"], project) if "schedule" in fields and "schedule" not in unclear else None
    )
    report.explain_rest()
    if report.problems or schedule is None:
        return None
    return Definition(
        key=report.key,
        request=Request(
            fields["name"],
            schedule.scheduled_at,
            tuple(sorted(ids)),
            fields.get("send_to_all", False),
        ),
        position=document.start,
        timezone=schedule.timezone,
        segments=tuple(fields.get("segments", ())),
        description=fields.get("description", ""),
        owner=fields.get("owner", ""),
        waive=waive,
        marks=Marks(document.start.file, document.marks, _MARKED),
        local=schedule.local,
    )


def _key(document: Document) -> str:
    written = document.content.get("key") if isinstance(document.content, dict) else None
    return written if isinstance(written, str) else document.default_key


def _as_sent(document: Document) -> Document:
    """Return the document with key and name as they are recorded and sent, so that limits hold for that."""
    fields = document.content
    if not isinstance(fields, dict):
        return document
    sent = {
        name: text
        for name in ("key", "name")
        if isinstance(written := fields.get(name), str) and (text := composed(written)) != written
    }
    return replace(document, content=fields | sent) if sent else document


def _check_key(report: ProblemReport, fields: Mapping[str, Any]) -> None:
    if "key" in fields:
        _check_line(report, fields["key"], "The key", "key")
    elif not report.key:
        message = "A file with several documents gives each a `key` of its own, and this one has none."
        report.add("key-missing", message, "Add a line such as `key: spring-sale`.")
    elif fault := fault_of_line(report.key, "The file's path, which is the key,"):
        report.add_for_file(fault[0], fault[1], "Rename the file, or write a `key`.")
    elif len(report.key) > LONGEST_KEY:
        message = f"The file's path, which is the key, has {len(report.key)} characters; at most {LONGEST_KEY} will do."
        report.add_for_file("too-long", message, "Shorten the path, or write a `key`.")


def _check_line(report: ProblemReport, text: str, subject: str, field: str) -> None:
    if names.quick_line(text) is not None:
        return
    fault = fault_of_line(text, subject)
    if fault:
        report.add(fault[0], fault[1], _cure_of_block(report, text, (field,)) or fault[2], (field,))
    check_quotes(report, text, f"the {field}", (field,))


def _cure_of_block(report: ProblemReport, text: str, path: Path) -> str:
    """Return what to write where only the sign of a block of text brings a line feed with it; "" for anything else."""
    span = report.document.locate(path)
    sign = span.source[span.position.column - 1 :][:1]
    if sign not in (">", "|") or fault_of_line(" ".join(text.split("\n")).strip(), ""):
        return ""
    if "\n" not in text.rstrip("\n"):
        return f"Write `{sign}-` instead of `{sign}`: without the hyphen the line feed at the end belongs to the text."
    return "Write the text on one line, or `>-` before it, which makes one line of several."


def _schedule(report: ProblemReport, value: object, project: Project) -> Schedule | None:
    parsed = parse_schedule(value, project.timezone)
    if isinstance(parsed, ScheduleFault):
        report.add(parsed.rule, parsed.message, parsed.cure, ("schedule", *parsed.path))
        return None
    return parsed


def _segment_ids(report: ProblemReport, entries: object, known_segments: KnownSegments | None) -> list[str]:
    if not isinstance(entries, list):
        return []
    ids: dict[str, str] = {}
    earlier: set[str] = set()
    for index, entry in enumerate(entries):
        path = ("segments", index)
        # The shape has complained of these already, and the entries beside them still deserve a look.
        if not isinstance(entry, str) or not entry or entry in earlier:
            continue
        earlier.add(entry)
        if names.quick_line(entry) is None and check_quotes(report, entry, "the segment", path):
            continue
        parsed = _segment_id(entry, known_segments)
        if isinstance(parsed, tuple):
            cure = _cure_of_block(report, entry, path) if parsed[0] == "control-character" else ""
            report.add(parsed[0], parsed[1], cure or parsed[2], path)
        elif parsed in ids:
            message = f"{quote(entry)} is the same segment as {quote(ids[parsed])}: both have the id {quote(parsed)}."
            report.add("duplicate-segment", message, "Delete one of the two.", path)
        else:
            ids[parsed] = entry
    return list(ids)


def _segment_id(entry: str, known_segments: KnownSegments | None) -> str | tuple[str, str, str]:
    """Return the id, or rule, message and cure."""
    if names.quick_line(entry) is None and (fault := fault_of_line(entry, f"The segment {quote(entry)}")):
        return fault
    if entry.startswith(ID_PREFIX):
        written = entry.removeprefix(ID_PREFIX)
        if not written.strip():
            return "segment-id-missing", f"{quote(entry)} has no id after `{ID_PREFIX}`.", "Write `id:` and the id."
        return names.quick_id(written) or fault_of_id(written, f"The id in {quote(entry)}", ID_PREFIX) or written
    if known_segments is None:
        return _bare_id(entry)
    namesakes = known_segments.now_or_formerly(entry)
    if len(namesakes) == 1:
        return namesakes[0].id
    if namesakes:
        return _ambiguous(entry, namesakes, now=known_segments.has(entry))
    return "unknown-segment", f"There is no segment {quote(entry)} in the catalogue.", known_segments.cure_of(entry)


def _bare_id(entry: str) -> str | tuple[str, str, str]:
    """Return an entry where there is no catalogue of names."""
    if names.quick_id(entry) is not None:
        return entry
    fault = fault_of_id(entry, f"The segment {quote(entry)}, which is an id where there is no catalogue,")
    if fault is None:
        return entry
    return fault[0], fault[1], f"{fault[2]} To write names, get the catalogue: invent-gitops segments pull"


def _ambiguous(entry: str, namesakes: Sequence[Segment], *, now: bool) -> tuple[str, str, str]:
    """Rule, message and cure for a name that several segments have, or had."""
    choices = " or ".join(
        f"{quote(ID_PREFIX + twin.id)} ({'never counted' if twin.contacts is None else f'{twin.contacts:,} contacts'}"
        f"{'' if now else f', now {quote(twin.name)}'})"
        for twin in namesakes
    )
    has = "have" if now else "had"
    message = f"{len(namesakes)} segments {has} the name {quote(entry)}, so it does not say which of them is meant."
    return "ambiguous-segment", message, f"Write {choices}."


class _Seen:
    """What earlier documents claimed: a key and a request belong to one definition."""

    def __init__(self) -> None:
        self._keys: dict[str, tuple[Position, Definition | None]] = {}
        self._requests: dict[Request, Definition] = {}

    def check(self, report: ProblemReport, definition: Definition | None) -> None:
        key, start = report.key, report.document.start
        first = self._keys.setdefault(alike(key), (start, definition)) if key else (start, None)
        if first[0] is not start:
            twin = bool(definition and first[1] and definition.request.plain == first[1].request.plain)
            also = ", and its request too: it would be sent twice" if twin else ""
            cure = "Delete one of the two." if twin else "Give one of them another `key`."
            written = isinstance(report.document.content, dict) and "key" in report.document.content
            other_key = first[1].key if first[1] else key
            same = f"looks the same as {quote(other_key)} of" if other_key != key else "is taken by"
            message = f"The key {quote(key)} {same} {first[0]}{also}."
            report.add("duplicate-key", message, cure, ("key",) if written else (), related=(first[0],))
        elif definition:
            other = self._requests.setdefault(definition.request.plain, definition)
            if other is not definition:
                message = (
                    f"This is the same broadcast as {quote(other.key)} ({other.position}): the same name, time and "
                    "audience. The same people would get it twice."
                )
                cure = "Delete one of the two, or give it another name."
                report.add("duplicate-request", message, cure, ("name",), related=(other.position,))
