"""Does a document have the shape that its schema describes? The words are ours, the judgement is jsonschema's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from invent_gitops.model.document import Path
from invent_gitops.text.quoting import did_you_mean, field_name, listing, quote
from invent_gitops.text.slips import guess
from invent_gitops.validate.message_fields import cure_of_message
from invent_gitops.validate.report import ProblemReport
from invent_gitops.validate.source_text import as_written, cure_of_nothing, unspaced
from invent_gitops.validate.unique import report_repeated, unique

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

_KIND_WORDS = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "boolean": "`true` or `false`",
    "integer": "a whole number",
}


class Shape:
    """One schema, made ready once for all documents.

    jsonschema-rs says a quick yes to what the schema allows, some fifty times as fast. Whatever gets no
    yes is for jsonschema to judge and to locate; a test holds that no yes is given where it says no.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        # Imported here, as whoever asks for --help has nothing to check.
        import jsonschema_rs

        self._schema = schema
        self.surely_allows: Callable[[object], bool] = jsonschema_rs.validator_for(dict(schema)).is_valid
        self._validator: Draft202012Validator | None = None

    def check(self, report: ProblemReport) -> set[Path]:
        """Report every fault of the shape; return the paths that cannot be judged further."""
        document = report.document.content
        if self.surely_allows(document):
            return set()
        violations = sorted(
            self._judge().iter_errors(document), key=lambda error: [str(step) for step in error.absolute_path]
        )
        # Whom it goes to is a condition on the document; it is worded as one, where both of its fields are sound.
        errors = [error for error in violations if not _of_audience(error) and not _for_a_rule(error)]
        report.unexplained += [_unexplained(error) for error in violations if _for_a_rule(error)]
        paths: set[Path] = {tuple(error.absolute_path) for error in errors}
        done: set[tuple[Path, str]] = set()
        for error in errors:
            path = tuple(error.absolute_path)
            # jsonschema names one missing field at a time; here each kind of fault is worded once for a place.
            spot = (*path, str(error.instance)) if _of_name(error) else path
            if (spot, str(error.validator)) in done:
                continue
            done.add((spot, str(error.validator)))
            _word(report, error, path)
        if any(map(_of_audience, violations)) and not {("segments",), ("send_to_all",)} & paths:
            _audience(report, document)
        return paths

    def _judge(self) -> Draft202012Validator:
        if self._validator is None:
            # Imported where something is wrong: most runs have nothing to explain, and the import takes long.
            from jsonschema import Draft202012Validator
            from jsonschema.validators import extend

            # Its own compares each entry with each other one where they cannot be sorted.
            judge: type[Draft202012Validator] = extend(  # type: ignore[no-untyped-call]  # it has no types yet
                Draft202012Validator, {"uniqueItems": unique}
            )
            self._validator = judge(self._schema)
        return self._validator


def _word(report: ProblemReport, error: ValidationError, path: Path) -> None:
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    value: Any = error.instance
    if _of_name(error) and error.validator == "pattern":
        message = f"The name {quote(value)} is not made of small letters, digits and hyphens, with no hyphen first."
        report.add("name-form", message, "Write it like `acme` or `acme-eu`.", (*path, value), of_key=True)
        return
    if _of_name(error):
        message = f"The name {quote(value)} has {len(value)} characters; 1 to {schema.get('maxLength')} are allowed."
        report.add("name-length", message, "Choose another name.", (*path, value), of_key=True)
        return
    name = quote(field_name(path)) if path else "The document"
    match error.validator:
        case "additionalProperties":
            _unknown_fields(report, value, schema, path)
        case "required":
            _missing_fields(report, value, schema, path)
        case "type":
            _wrong_type(report, value, schema, path)
        case "minLength" | "maxLength" | "minItems" | "maxItems":
            _size(report, error, schema, path)
        case "uniqueItems":
            report_repeated(report, value, path)
        case "minimum" | "maximum":
            message = f"{name} is {quote(value)}; it must be {_range(schema)}."
            report.add("out-of-range", message, f"Choose a number in that range.{_example(schema)}", path)
        case "enum":
            cure = did_you_mean(str(value), schema["enum"]) or f"Write {' or '.join(map(quote, schema['enum']))}."
            report.add("wrong-form", f"{name} is {quote(value)}, which is not one of its values.", cure, path)
        case "pattern":
            message = f"{name} is not written in its form: {quote(value)}."
            report.add("wrong-form", message, _example(schema, path).strip(), path)
        case _:
            message = f"{name} is not allowed by the schema (`{error.validator}`)."
            report.add("wrong-form", message, f"See the description of the field.{_example(schema)}", path)


def _of_audience(error: ValidationError) -> bool:
    return error.absolute_schema_path[0] in ("then", "else")


def _for_a_rule(error: ValidationError) -> bool:
    """Return whether a rule of this package explains it better: such parts carry words for editors only."""
    return error.validator in ("pattern", "minProperties") and bool(_editor_words(error))


def _unexplained(error: ValidationError) -> tuple[str, str, Path]:
    """Return message, cure and path for what no rule may have complained of."""
    path = tuple(error.absolute_path)
    if _of_name(error):
        path = (*path, str(error.instance))
    return f"{quote(field_name(path))} is not written in its form.", _editor_words(error), path


def _editor_words(error: ValidationError) -> str:
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    return str(schema.get("patternErrorMessage" if error.validator == "pattern" else "errorMessage", ""))


def _of_name(error: ValidationError) -> bool:
    """Return whether it is about the name of a field instead of its value; `path` then leads to what holds the
    field.
    """
    return "propertyNames" in error.absolute_schema_path


def _size(report: ProblemReport, error: ValidationError, schema: Mapping[str, Any], path: Path) -> None:
    value: Any = error.instance
    name, length, limit = quote(field_name(path)), len(value), error.validator_value
    example = _example(schema, path)
    match error.validator:
        case "minLength" if limit == 1:
            report.add("empty-text", f"{name} is empty.", f"Write a text, or delete it.{example}", path)
        case "minLength":
            counted = "1 character" if length == 1 else f"{length} characters"
            message = f"{name} has {counted}; it needs at least {limit}."
            report.add("too-short", message, f"Write more.{example}", path)
        case "maxLength":
            message = f"{name} has {length} characters; at most {limit} are allowed."
            report.add("too-long", message, "Shorten it.", path)
        case "minItems":
            report.add("too-few", f"{name} is an empty list.", f"Name at least one.{example}", path)
        case _:
            message = f"{name} has {length} entries; at most {limit} are allowed."
            split = ", or split it into several broadcasts" if path == ("segments",) else ""
            report.add("too-many", message, f"Delete some{split}.", path)


def _unknown_fields(report: ProblemReport, value: Mapping[str, Any], schema: Mapping[str, Any], path: Path) -> None:
    field_names = list(schema.get("properties", {}))
    for name in (name for name in value if name not in field_names):
        where = (*path, name)
        if path == ("waive",):
            message = f"There is no policy {quote(name)} that could be waived."
            cure = did_you_mean(name, field_names) or f"The policies are {listing(field_names)}."
            report.add("unknown-policy", message, cure, where, of_key=True)
            continue
        context = f" in {quote(field_name(path))}" if path else ""
        if "schedule" in field_names and (cure := cure_of_message(name)):
            report.add("unknown-field", f"There is no field {quote(name)}{context}.", cure, where, of_key=True)
            continue
        cure = unspaced(name) if value[name] is None else ""
        cure = cure or did_you_mean(name, field_names) or f"The fields are {listing(field_names, 12)}."
        report.add("unknown-field", f"There is no field {quote(name)}{context}.", cure, where, of_key=True)


def _missing_fields(report: ProblemReport, value: Mapping[str, Any], schema: Mapping[str, Any], path: Path) -> None:
    for name in _truly_missing(value, schema):
        part = schema.get("properties", {}).get(name, {})
        context = f" in {quote(field_name(path))}" if path else ""
        example = _example({"examples": [{name: sample} for sample in _examples(part)]})
        message = f"The field {quote(name)} is missing{context}."
        if name == "schedule":
            message += " It is required, so that nothing is sent at once by omission."
        report.add("missing-field", message, f"Add it.{example}", path)


def _truly_missing(value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Without those that are only misspelled, which the unknown field says already."""
    field_names = list(schema.get("properties", {}))
    meant = {guess(written.partition(":")[0], field_names) for written in value if written not in field_names}
    required: list[str] = schema["required"]
    for name in required:
        if name not in value and name not in meant:
            yield name


def _wrong_type(report: ProblemReport, value: Any, schema: Mapping[str, Any], path: Path) -> None:
    kinds: list[str] = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    expected = " or ".join(_KIND_WORDS.get(kind, kind) for kind in kinds)
    example = _example(schema, path)
    if not path:
        message = f"The document must be {expected}, and it is {_kind_of(value)}."
        report.add("wrong-type", message, "Write it as `field: value` lines.", path)
        return
    name = quote(field_name(path))
    if value is None:
        cure = cure_of_nothing(report, path) or f"Write one.{example}"
        report.add("wrong-type", f"{name} has no value.", cure, path, of_key=True)
        return
    written = as_written(report, value, path)
    message = f"{name} must be {expected}, and {quote(written)} is {_kind_of(value)}."
    plain = isinstance(value, (bool, int, float)) and re.search(schema.get("pattern", ""), written)
    if "string" in kinds and plain:
        cure = "Put the value in quotes." if written == quote(value)[1:-1] else f'Put it in quotes: `"{written}"`.'
    elif path[:1] == ("segments",) and isinstance(value, dict) and list(value) == ["id"]:
        entry = f"id:{value['id']}"
        cure = f"Write {quote(entry)}, without a space after the colon."
    elif kinds == ["array"] and isinstance(value, str):
        cure = f"Put it in brackets: {quote(f'{path[-1]}: [{value}]')}."
    else:
        cure = f"Write {expected}.{example}"
    report.add("wrong-type", message, cure, path)


def _audience(report: ProblemReport, document: Any) -> None:
    if not isinstance(document, Mapping):
        return
    if "segments" in document:
        message = "It goes to `segments` and to everyone (`send_to_all: true`) at the same time."
        report.add("two-audiences", message, "Delete one of the two.", ("send_to_all",), of_key=True)
    elif not any(guess(name, ("segments", "send_to_all")) for name in document if name != "send_to_all"):
        message = "It says nobody to send to: `segments` is missing, and `send_to_all` is not true."
        cure = "Add `segments: […]` with 1 to 10 names, or `send_to_all: true`."
        report.add("no-audience", message, cure, ("send_to_all",), of_key=True)


def _range(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    return f"{least} to {most}" if most is not None else f"{least} or more"


def _example(schema: Mapping[str, Any], path: Path = ()) -> str:
    examples = _examples(schema)
    if not examples:
        return ""
    field = path[-1] if path and isinstance(path[-1], str) else ""
    # Behind the name of its field, a mapping of one entry needs its braces on the same line.
    text = _flow(examples[0], outer=not field)
    return f" For example `{field}: {text}`." if field else f" For example `{text}`."


def _examples(schema: Mapping[str, Any]) -> list[Any]:
    """Return mappings as examples in the form that editors offer well: as snippets."""
    return [*(snippet["body"] for snippet in schema.get("defaultSnippets", ())), *schema.get("examples", ())]


def _flow(value: Any, *, outer: bool = True) -> str:
    """Return a value on one line of YAML, without quotes where none are needed."""
    if isinstance(value, dict):
        inner = ", ".join(f"{name}: {_flow(item, outer=False)}" for name, item in value.items())
        return inner if outer and len(value) == 1 else f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(item, outer=False) for item in value)}]"
    if isinstance(value, str) and not set(value) & set(",[]{}\"'"):
        return value
    return json.dumps(value, ensure_ascii=False)


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"
