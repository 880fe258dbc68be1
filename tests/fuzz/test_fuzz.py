"""Spoiled documents through the command line: no bug, no traceback, no hang; and what once failed stays found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invent_gitops.schemas import read_schema, schema_names
from tests.fuzz import samples
from tests.fuzz.mutations import as_bytes, as_json, as_yaml, scribbled, spoiled
from tests.fuzz.parsers import compare
from tests.fuzz.shapes import KNOWN, from_schema
from tests.fuzz.targets import TARGETS
from tests.running import ROOT, environment

KEPT = Path(__file__).parent / "kept"
# Inputs for each target. With what hypothesis adds, a minute of a core for all of them.
COUNT = 30
# Of the samples with one part of another type, `.ci/run` tries all and the tests every eighth.
STEP = 8
# Keywords that are for people, for editors, or for the place of a schema.
FOR_OTHERS = frozenset(
    (
        *("$schema", "$id", "$defs", "title", "description", "default", "patternErrorMessage", "errorMessage"),
        *("markdownDescription", "definitions", "defaultSnippets", "enumDescriptions", "deprecationMessage"),
    )
)


def fuzz(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *words],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


# ---------------------------------------------------------------- the seeded minute


def groups() -> dict[str, list[str]]:
    """The targets by what they are, since a process for each costs more than its inputs."""
    kinds = {name: name.partition("-")[0] for name in TARGETS}
    return {kind: [name for name in TARGETS if kinds[name] == kind] for kind in ("invent", "github")} | {
        "yaml": ["yaml", "definition", "project", "catalogue"],
        "json": ["state", "journal", "plan", "document", "comment", "event"],
    }


@pytest.mark.parametrize("group", groups())
def test_no_spoiled_document_brings_a_command_down(group: str, tmp_path: Path) -> None:
    targets = groups()[group]
    done = fuzz(*targets, "--count", str(COUNT), "--seed", "1", "--keep", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [f"{target}: {COUNT} inputs" in done.stdout for target in targets] == [True] * len(targets)


@pytest.mark.parametrize("group", groups())
def test_no_part_of_another_type_brings_a_command_down(group: str, tmp_path: Path) -> None:
    done = fuzz(*groups()[group], "--each", str(STEP), "--keep", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_target_is_in_a_group() -> None:
    assert sorted(name for names in groups().values() for name in names) == sorted(TARGETS)


@pytest.mark.parametrize("target", sorted(path.name for path in KEPT.iterdir() if path.is_dir()))
def test_input_that_once_had_a_fault_has_none_with_any_command(target: str) -> None:
    done = fuzz(target, "--replay", str(KEPT / target))
    assert done.returncode == 0, done.stdout + done.stderr


# ---------------------------------------------------------------- documents made from the schemas


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("broadcast", samples.DEFINITION),
        *(("project", project) for project in samples.PROJECTS),
        ("segments", samples.CATALOGUE),
        ("state", samples.STATE),
        ("plan", samples.PLAN),
    ],
)
def test_samples_keep_their_schemas(name: str, value: object) -> None:
    jsonschema.Draft202012Validator(read_schema(name)).validate(value)


@pytest.mark.parametrize("name", schema_names())
def test_values_made_from_a_schema_keep_it(name: str) -> None:
    schema = read_schema(name)

    @settings(max_examples=10)
    @given(from_schema(name))
    def check(value: object) -> None:
        jsonschema.Draft202012Validator(schema).validate(value)

    check()


def test_every_keyword_of_our_schemas_is_known_to_what_makes_values() -> None:
    def keywords(schema: object, names: bool = False) -> set[str]:
        if isinstance(schema, list):
            return {found for one in schema for found in keywords(one)}
        if not isinstance(schema, dict):
            return set()
        found = set() if names else set(schema)
        for keyword, below in schema.items():
            if names or keyword not in ("const", "enum", "examples", "default", "required", "defaultSnippets"):
                found |= keywords(below, not names and keyword in ("properties", "$defs", "definitions"))
        return found

    used = {keyword for name in schema_names() for keyword in keywords(read_schema(name))}
    assert used - KNOWN - FOR_OTHERS == set()


@settings(max_examples=150)
@given(
    st.one_of(from_schema("broadcast"), from_schema("project"), from_schema("segments")),
    st.randoms(use_true_random=False),
)
def test_both_parsers_read_every_spoiled_document_alike(value: object, chance: object) -> None:
    from random import Random

    assert isinstance(chance, Random)
    text = as_yaml(spoiled(value, chance), chance)
    assert compare(as_bytes(scribbled(text, chance), chance)) == ""
    assert compare(as_bytes(as_json(value, chance), chance)) == ""
