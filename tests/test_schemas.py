"""The schemas: they are valid, they help an editor, and they are found by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from invent_gitops.errors import WrongUsage
from invent_gitops.schemas import read_schema, schema_names, schema_text

OURS = ("broadcast", "project", "segments")


def parts(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield path, schema
    for keyword in ("properties",):
        for name, part in schema.get(keyword, {}).items():
            if "const" not in part:
                yield from parts(part, f"{path}.{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            yield from parts(schema[keyword], f"{path}.{keyword}")


def without_stops(body: Any) -> Any:
    """A snippet as it is inserted: `${1:text}`, where an editor stops for you to type, is `text`."""
    return json.loads(re.sub(r"\$\{\d+:([^}]*)\}", r"\1", json.dumps(body)))


@pytest.mark.parametrize("name", OURS)
def test_schema_is_valid_and_named_after_its_file(name: str) -> None:
    schema = read_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"{name}.schema.json"


@pytest.mark.parametrize("name", OURS)
def test_every_field_is_explained_and_every_example_is_allowed(name: str) -> None:
    schema = read_schema(name)
    for path, part in parts(schema):
        assert part.get("title"), path
        assert part.get("description"), path
        # A mapping is a snippet: as an example, editors would offer it as "[object Object]".
        examples = part.get("examples", [])
        snippets = [without_stops(snippet["body"]) for snippet in part.get("defaultSnippets", [])]
        assert examples or snippets, path
        assert not path or not any(isinstance(example, dict) for example in examples), path
        for example in [*examples, *snippets]:
            Draft202012Validator(schema).evolve(schema=part).validate(example)
        if "properties" in part:
            # Where names are free, what stands under each is described.
            assert part["additionalProperties"] is False or part["additionalProperties"]["title"], path


def test_all_schemas_are_listed_and_each_reads_as_json() -> None:
    assert set(OURS) <= set(schema_names())
    for name in schema_names():
        assert json.loads(schema_text(name)) == read_schema(name)


@pytest.mark.parametrize("name", ["nothing", "../pyproject", "", "broadcast.schema.json"])
def test_unknown_schema_is_wrong_usage(name: str) -> None:
    with pytest.raises(WrongUsage, match="no schema"):
        read_schema(name)
