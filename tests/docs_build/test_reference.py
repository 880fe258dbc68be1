"""The reference is what the program and the schemas say, and has every command, option, code, variable and rule."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import click
import pytest

from docs_build.blocks import faults
from docs_build.markdown import titles
from docs_build.reference import COMMAND, FOLDER, commands, reference_pages, stale
from docs_build.reference.commands import command_tree, common_options
from docs_build.reference.environment import FORMED, GROUPS, described, variables_in_code
from docs_build.reference.exit_codes import MEANINGS
from docs_build.reference.help_facts import example_of
from docs_build.reference.rule_ids import (
    PACKAGE,
    alarm_ids,
    problem_ids,
    refusal_ids,
    setup_ids,
    unreached_ids,
    warning_ids,
)
from docs_build.reference.rules import FAMILIES
from docs_build.reference.schema_pages import samples
from docs_build.reference.schema_tables import Tables
from docs_build.reference.status_examples import setup_points
from invent_gitops.cli.program import COMMANDS
from invent_gitops.errors import ExitCode
from invent_gitops.load import read_definitions, read_document
from invent_gitops.model.broadcast import Catalogue, Segment
from invent_gitops.model.project import Project
from invent_gitops.schemas import read_schema, schema_names
from invent_gitops.validate import validate_catalogue, validate_definitions, validate_project
from tests.running import ROOT


@cache
def written(name: str) -> str:
    """A page as it is committed."""
    return (ROOT / FOLDER / name).read_text(encoding="utf-8")


def test_reference_is_fresh() -> None:
    assert stale(ROOT) == [], f"Run: {COMMAND}"


def test_a_page_that_is_missing_old_or_left_over_is_stale(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    for name, text in reference_pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    assert stale(tmp_path) == []
    (folder / "exit-codes.md").unlink()
    (folder / "environment.md").write_text("old", encoding="utf-8")
    (folder / "rules" / "left-over.md").touch()
    assert stale(tmp_path) == ["environment.md", "exit-codes.md", "rules/left-over.md"]


def test_reference_is_the_same_after_a_page_was_looked_at() -> None:
    assert list(faults("`invent-gitops plan -h`")) == []
    assert "| `-h, --help` |" in commands.pages()["commands/index.md"]


# ---------------------------------------------------------------- commands


@pytest.mark.parametrize(("path", "command"), [(path, command) for path, command, _ in command_tree()])
def test_every_command_has_a_section_with_each_of_its_options(path: str, command: click.Command) -> None:
    top = path.partition(" ")[0]
    page = written(f"commands/{top}.md")
    title = f"## invent-gitops {path}\n" if path != top else f"# invent-gitops {top}\n"
    _, found, rest = page.partition(title)
    assert found
    section = rest.partition("\n## ")[0]
    common = {tuple(option.opts) for option in common_options()}
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden and tuple(option.opts) not in common:
            assert f"| `{', '.join([*option.opts, *option.secondary_opts])}" in section, option.opts
            assert f"`{option.envvar}`" in section or not option.envvar


def test_every_command_is_in_the_index_with_the_options_of_all() -> None:
    page = written("commands/index.md")
    assert set(re.findall(r"^\| \[`(\S+)`\]\(\1\.md\)", page, re.MULTILINE)) == set(COMMANDS)
    for option in common_options():
        assert f"| `{', '.join(option.opts)}" in page


def test_every_command_has_an_example_that_the_program_understands() -> None:
    lines = {path: example_of(path) for path, _, _ in command_tree()}
    assert all(lines.values())
    for path, line in lines.items():
        assert f"$ {line}\n" in written(f"commands/{path.partition(' ')[0]}.md")
        assert list(faults(f"`{line}`")) == []


# ---------------------------------------------------------------- codes and variables


def test_every_exit_code_has_a_row() -> None:
    assert MEANINGS.keys() == {*ExitCode}
    rows = re.findall(r"^\| \[?(\d+)", written("exit-codes.md"), re.MULTILINE)
    assert rows == [str(int(code)) for code in sorted(ExitCode)]


def test_every_variable_that_the_program_reads_has_a_row_and_no_other() -> None:
    assert described() <= variables_in_code() | FORMED
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", written("environment.md"), re.MULTILINE))
    assert {name for group in GROUPS.values() for name in group} <= rows <= variables_in_code() | FORMED
    for name in ("INVENT_API_KEY", "INVENT_ORG_ID", "NO_COLOR", "CI_COMMIT_BRANCH", "SSL_CERT_FILE"):
        assert name in rows


# ---------------------------------------------------------------- files and documents


@pytest.mark.parametrize("name", schema_names())
def test_every_key_of_a_schema_has_a_row(name: str) -> None:
    schema = read_schema(name)
    pages = {"broadcast": "definition.md", "project": "project-file.md", "segments": "segments.md"}
    page = written(pages.get(name, f"documents/{name}.md"))
    rows = Tables(schema).rows()
    assert [row.path for row in rows if f"| {row.path} |" not in page] == []
    assert {key for key in schema["properties"] if not any(row.path == f"`{key}`" for row in rows)} == set()


def test_the_files_that_the_pages_show_are_valid(tmp_path: Path) -> None:
    for name, text in samples().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "broadcasts").mkdir()
    (tmp_path / "definition.md").rename(tmp_path / "broadcasts" / "black-friday.yaml")
    documents, unread = read_definitions(tmp_path / "broadcasts", root=tmp_path)
    project, of_project = read_document(tmp_path / "project-file.md", "invent.yaml")
    segments, of_segments = read_document(tmp_path / "segments.md", "segments.yaml")
    assert [*unread, *of_project, *of_segments] == []
    assert project
    assert segments
    catalogue = Catalogue({"vip-customers": Segment("vip-customers", "seg_vip", 1240)})
    _, found = validate_definitions(documents, schema=read_schema("broadcast"), project=Project(), catalogue=catalogue)
    assert found == []
    assert validate_project(project, read_schema("project"), "invent.yaml")[1] == []
    assert validate_catalogue(segments, read_schema("segments"))[1] == []


# ---------------------------------------------------------------- rules


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_rule_of_a_family_has_a_section_with_an_example(family: object) -> None:
    name, ids = family.name, list(family.ids())  # type: ignore[attr-defined]  # a parameter has no type of its own
    page = written(f"rules/{name}.md")
    assert titles(page)[1:] == ids
    for id in ids:
        section = page.partition(f"\n## {id}\n")[2].partition("\n## ")[0]
        assert "```text\n" in section, id
        assert f"[`{id}`]({name}.md#{id})" in written("rules/index.md")


def test_an_example_of_a_problem_names_its_rule() -> None:
    page = written("rules/problems.md")
    for id in problem_ids():
        section = page.partition(f"\n## {id}\n")[2].partition("\n## ")[0]
        assert re.search(rf"^\S+  {re.escape(id)}$", section, re.MULTILINE), id


def test_the_ids_are_those_that_the_code_and_the_schemas_have() -> None:
    statuses = read_schema("status")["$defs"]
    rules = re.findall(
        r'"enum": \[[^\]]*"poor-result"[^\]]*\]', (ROOT / "schemas/status.schema.json").read_text("utf-8")
    )
    assert statuses
    assert [id for id in alarm_ids() if f'"{id}"' not in rules[0]] == []
    assert rules[0].count('"') // 2 - 1 == len(alarm_ids())
    assert {"removed", "same-key", "superseded", "audience-jump", "quiet-hours"} <= set(refusal_ids())
    assert {"unknown-field", "zone-inverted", "yaml-tag", "file-special"} <= set(problem_ids())
    assert len(warning_ids()) == 6
    assert unreached_ids() == ["edit", "deletion", "zone-change"]
    assert set(setup_ids()) == setup_points().keys()


def test_a_refusal_that_is_built_under_a_name_without_a_text_would_be_seen() -> None:
    # `policy` is the parameter of the one helper, whose callers give it a text.
    dynamic = [
        (path.name, name)
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"\bRefusal\(\s*([a-z]\w*)\s*[,(]", path.read_text(encoding="utf-8"))
    ]
    assert sorted(dynamic) == [("hours.py", "policy"), ("plan.py", "read_text")]
