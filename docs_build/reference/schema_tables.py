"""A JSON Schema as tables: each key by its path, with its type, its meaning, its default and an example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from docs_build.reference.cells import code, codes, prose, table

Schema = Mapping[str, Any]
_KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
    "null": "null",
}
# What begins so is a key of the same document, which has its own rows.
_OWN = "#/properties/"
_FORMATS = {"date-time": "time", "date": "day", "uri": "address", "uuid": "UUID"}


class Row(NamedTuple):
    """A key of a document: its path, its type, whether it is always there, its meaning, its default, an example."""

    path: str
    kind: str
    required: str
    meaning: str
    default: str
    example: str


class Tables:
    """The tables of one schema: that of the document, and one for each shared part that has keys of its own."""

    def __init__(self, schema: Schema, *, required: str = "Always there") -> None:
        """Take the schema, and the title of the column that says which keys must be there."""
        self._schema, self._required = schema, required
        self._parts: list[str] = []

    def text(self, level: int = 2) -> str:
        """Return the tables as Markdown, with a title of that level for each part."""
        sections = [self._table(self.rows())]
        done = 0
        while done < len(self._parts):
            reference = self._parts[done]
            done += 1
            part, name = self._part(reference), _name(reference)
            about = prose(part.get("description", ""))
            body = self._table(list(self._of_object(part, "")))
            sections.append("\n\n".join(filter(None, (f"{'#' * level} {name}", about, body))))
        return "\n\n".join(section for section in sections if section)

    def rows(self) -> list[Row]:
        """Return the keys of the document itself."""
        return list(self._of_object(self._schema, ""))

    def _table(self, rows: Sequence[Row]) -> str:
        return table(("Key", "Type", self._required, "Meaning", "Default", "Example"), rows)

    def _part(self, reference: str) -> Schema:
        """Return what a reference such as `#/$defs/request` leads to."""
        part: Any = self._schema
        for step in reference.removeprefix("#").strip("/").split("/"):
            part = part[step]
        found: Schema = part
        return found

    def _resolved(self, schema: Schema) -> tuple[Schema, str]:
        """Return what a schema is with what it refers to, and the name of a part with keys of its own, or ""."""
        if "$ref" not in schema:
            return schema, ""
        reference = str(schema["$ref"])
        part = self._part(reference)
        merged = {**part, **{key: value for key, value in schema.items() if key != "$ref"}}
        return merged, reference if _has_keys(part) or reference.startswith(_OWN) else ""

    def _of_object(self, schema: Schema, prefix: str) -> Iterator[Row]:
        required = schema.get("required", ())
        for name, value in schema.get("properties", {}).items():
            yield from self._of_value(value, f"{prefix}{name}", "yes" if name in required else "")
        further = schema.get("additionalProperties")
        if isinstance(further, Mapping) and further:
            naming = schema.get("propertyNames", {}).get("title", "name").upper().replace(" ", "-")
            yield from self._of_value(further, f"{prefix}{naming}", "")

    def _of_value(self, written: Schema, path: str, required: str) -> Iterator[Row]:
        schema, part = self._resolved(written)
        choices = [self._resolved(choice) for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))]
        for name in [part, *(name for _, name in choices)]:
            if name and name not in self._parts and not name.startswith(_OWN):
                self._parts.append(name)
        yield Row(
            code(path),
            self._kind(schema, part, choices),
            required,
            prose(schema.get("description", schema.get("title", ""))),
            _value(schema["default"]) if "default" in schema else "",
            _value(schema["examples"][0]) if schema.get("examples") else "",
        )
        if part:
            return
        for inner in (schema, *(choice for choice, name in choices if not name)):
            yield from self._of_object(inner, f"{path}.")
            items = inner.get("items")
            if isinstance(items, Mapping):
                yield from self._of_items(items, path)

    def _of_items(self, items: Schema, path: str) -> Iterator[Row]:
        schema, part = self._resolved(items)
        if part or _has_keys(schema) or schema.get("description"):
            yield from self._of_value(items, f"{path}[]", "")

    def _kind(self, schema: Schema, part: str, choices: Sequence[tuple[Schema, str]]) -> str:
        if part:
            return f"as {code(_name(part))}" if part.startswith(_OWN) else f"[{_name(part)}](#{_name(part)})"
        if choices:
            return " or ".join(dict.fromkeys(self._kind(choice, name, ()) for choice, name in choices))
        if "const" in schema:
            return _value(schema["const"])
        if "enum" in schema:
            return f"one of {codes('null' if value is None else value for value in schema['enum'])}"
        names = schema.get("type", ())
        found = [names] if isinstance(names, str) else list(names)
        if schema.get("format") in _FORMATS:
            found = [_FORMATS[schema["format"]] if name == "string" else name for name in found]
        return " or ".join(_KINDS.get(name, name) for name in found) + _bounds(schema)


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _has_keys(schema: Schema) -> bool:
    return bool(schema.get("properties")) or bool(
        isinstance(schema.get("additionalProperties"), Mapping) and schema["additionalProperties"]
    )


def _bounds(schema: Schema) -> str:
    """Return the limits of a number, a text or a list, as they are read."""
    pairs = (
        ("minimum", "maximum", ""),
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " entries"),
    )
    found = []
    for low, high, unit in pairs:
        least, most = schema.get(low), schema.get(high)
        if most is not None:
            found.append(f"{least if least is not None else 0} to {most:,}{unit}")
        elif least is not None and unit != " characters":
            found.append(f"at least {least}{unit}")
    return f", {', '.join(found)}" if found else ""


def _value(value: object) -> str:
    return code(value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False))
