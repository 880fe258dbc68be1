"""`init` makes a project that works as it stands; `schema` prints what editors and scripts check against."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from invent_gitops.errors import ExitCode
from invent_gitops.model.project import Project
from invent_gitops.schemas import schema_names
from tests.running import call, run


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_init_makes_a_project_that_validates_plans_and_applies_as_it_stands(tmp_path: Path) -> None:
    result = run(tmp_path, "init")
    assert result.code == 0
    written = files(tmp_path)
    assert set(written) > {"invent.yaml", "broadcasts/welcome.yaml", ".gitignore", "schemas/broadcast.schema.json"}
    assert all(path in result.out for path in written)
    plan = call(tmp_path, "plan")
    assert plan.code == 0
    assert "+ welcome  Welcome to our newsletter" in plan.out
    assert call(tmp_path, "apply", "--yes", "--sandbox").code == 0
    assert call(tmp_path, "plan", "--sandbox", "--exit-code").code == 0


def test_the_gitignore_of_init_keeps_the_state_in_git_and_the_rest_out(tmp_path: Path) -> None:
    assert call(tmp_path, "init").code == 0
    assert call(tmp_path, "apply", "--yes", "--sandbox").code == 0
    (tmp_path / "invent.state.json").touch()
    ignored = (tmp_path / ".gitignore").read_text(encoding="utf-8").split("\n")
    kept = {path.name for path in tmp_path.iterdir() if not any(path.match(pattern) for pattern in ignored if pattern)}
    assert kept == {"invent.yaml", "broadcasts", "schemas", ".gitignore", ".vscode", "invent.state.json"}


def test_a_second_run_keeps_everything(tmp_path: Path) -> None:
    assert call(tmp_path, "init").code == 0
    before = files(tmp_path)
    again = call(tmp_path, "init", "--timezone", "Europe/Berlin", "--json")
    assert again.code == 0
    assert files(tmp_path) == before
    assert all(one["existed"] and not one["written"] for one in again.json["files"])


@pytest.mark.parametrize("path", ["invent.yaml", "broadcasts/welcome.yaml", ".gitignore", ".vscode/settings.json"])
def test_a_file_that_is_there_is_never_written_over(tmp_path: Path, path: str) -> None:
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text("# mine\n", encoding="utf-8")
    result = call(tmp_path, "init")
    assert result.code == 0
    assert f"kept  {path}\n" in result.out
    assert files(tmp_path)[path] == "# mine\n"
    assert ("state.json.journal" in result.err) == (path == ".gitignore"), "what to add is told"
    assert ('"yaml.schemas": {' in result.err) == (path == ".vscode/settings.json")


def test_what_to_add_is_not_told_again_where_it_is_there(tmp_path: Path) -> None:
    assert call(tmp_path, "init").code == 0
    assert "Add to it" not in call(tmp_path, "init").err


# ---------------------------------------------------------------- for the editor


def mapped(folder: Path) -> dict[str, list[str]]:
    """The schema files and the patterns of the files that they describe, as VS Code is told."""
    found: dict[str, list[str]] = json.loads(files(folder)[".vscode/settings.json"])["yaml.schemas"]
    return found


def described(folder: Path, path: str) -> list[str]:
    """The schemas that the settings give to a file; `**` is any number of folders, also none."""
    patterns = {schema: [each.replace("**/", "*") for each in globs] for schema, globs in mapped(folder).items()}
    return [schema for schema, globs in patterns.items() if any(fnmatchcase(path, glob) for glob in globs)]


def test_the_settings_give_each_file_of_a_project_its_schema_and_others_none(tmp_path: Path) -> None:
    assert call(tmp_path, "init").code == 0
    written = files(tmp_path)
    assert all(schema in written for schema in mapped(tmp_path))
    for path in ("broadcasts/welcome.yaml", "broadcasts/new.yml", "broadcasts/2027/spring/new.yaml"):
        assert described(tmp_path, path) == ["schemas/broadcast.schema.json"]
    assert described(tmp_path, "invent.yaml") == ["schemas/project.schema.json"]
    assert described(tmp_path, Project().segments) == ["schemas/segments.schema.json"]
    for path in (".github/workflows/apply.yml", "other/new.yaml", "broadcasts.yaml", "broadcasts/README.md"):
        assert described(tmp_path, path) == []
    assert {described(tmp_path, path)[0] for path in written if path.endswith(".yaml")} <= mapped(tmp_path).keys()
    assert json.loads(written[".vscode/extensions.json"]) == {"recommendations": ["redhat.vscode-yaml"]}


def test_the_first_line_of_each_file_leads_to_the_same_schema_as_the_settings(tmp_path: Path) -> None:
    assert call(tmp_path, "init").code == 0
    for path, text in files(tmp_path).items():
        if path.endswith(".yaml"):
            line = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
            schema = (tmp_path / path).parent / line
            assert [schema.resolve().relative_to(tmp_path.resolve()).as_posix()] == described(tmp_path, path)


def test_jetbrains_gets_the_same_mapping_when_asked_for(tmp_path: Path) -> None:
    assert call(tmp_path, "init", "--editor", "jetbrains").code == 0
    written = files(tmp_path)
    assert not any(path.startswith(".vscode") for path in written)
    found = {}
    tree = ElementTree.fromstring(written[".idea/jsonSchemas.xml"])  # noqa: S314  # we wrote it ourselves
    for info in tree.iter("SchemaInfo"):
        options = {option.get("name"): option.get("value") for option in info.iter("option")}
        found[options["relativePathToSchema"]] = (options["path"], options["directory"], options["mappingKind"])
    assert found == {
        "schemas/broadcast.schema.json": ("broadcasts", "true", "Directory"),
        "schemas/project.schema.json": ("invent.yaml", "false", "File"),
        "schemas/segments.schema.json": ("segments.yaml", "false", "File"),
    }
    assert all(schema in written for schema in found)


def test_two_editors_or_none_can_be_chosen(tmp_path: Path) -> None:
    both, none = tmp_path / "both", tmp_path / "none"
    both.mkdir()
    none.mkdir()
    assert call(both, "init", "--editor", "vscode", "--editor", "jetbrains").code == 0
    assert {".vscode", ".idea"} <= {path.name for path in both.iterdir()}
    assert call(none, "init", "--editor", "none").code == 0
    assert not {".vscode", ".idea"} & {path.name for path in none.iterdir()}
    assert call(none, "init", "--editor", "none", "--editor", "vscode").code == ExitCode.USAGE
    assert not (none / ".vscode").exists()


@pytest.mark.parametrize("editor", ["vscode", "jetbrains"])
def test_in_a_subfolder_it_tells_what_an_editor_needs_that_opens_the_whole_repository(
    tmp_path: Path, editor: str
) -> None:
    folder = tmp_path / "marketing" / "campaigns"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    result = call(folder, "init", "--editor", editor)
    assert result.code == 0
    assert "marketing/campaigns/schemas/broadcast.schema.json" in result.err
    assert "marketing/campaigns/broadcasts" in result.err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == [".git"]
    (folder / ".git").touch()
    assert "marketing/campaigns" not in call(folder, "init", "--editor", editor).err


def test_a_blank_in_the_folder_is_written_as_editors_compare_it(tmp_path: Path) -> None:
    folder = tmp_path / "our campaigns"
    folder.mkdir()
    (tmp_path / ".git").mkdir()
    told = call(folder, "init").err
    assert '"our campaigns/schemas/broadcast.schema.json": [\n      "our%20campaigns/broadcasts/**/*.yaml"' in told


def test_a_link_to_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").symlink_to(tmp_path / "elsewhere")
    refused = call(tmp_path, "init")
    assert refused.code == 4, "what it says of the places of files is not known"
    assert "file-unreadable" in refused.out
    assert not (tmp_path / "elsewhere").exists()


def test_a_project_that_is_there_gets_no_example_and_settings_for_its_own_places(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").write_text("definitions: campaigns/all\nsegments: audience.yaml\n", encoding="utf-8")
    shown = call(tmp_path, "init", "--editor", "vscode", "--editor", "jetbrains")
    assert shown.code == 0, shown.all
    example = tmp_path / "campaigns" / "all" / "welcome.yaml"
    assert "$schema=../../schemas/broadcast.schema.json" in example.read_text("utf-8")
    settings = json.loads((tmp_path / ".vscode" / "settings.json").read_text("utf-8"))["yaml.schemas"]
    assert settings["schemas/broadcast.schema.json"] == ["campaigns/all/**/*.yaml", "campaigns/all/**/*.yml"]
    assert settings["schemas/segments.schema.json"] == ["audience.yaml"]
    assert 'value="campaigns/all"' in (tmp_path / ".idea" / "jsonSchemas.xml").read_text("utf-8")
    example.rename(example.with_name("spring.yaml"))
    assert "welcome" not in call(tmp_path, "init").out, "it would be created like the definitions that are there"
    assert not example.exists()


def test_settings_of_an_editor_are_for_the_places_of_all_workspaces(tmp_path: Path) -> None:
    text = "workspaces: {acme: {org: o1}, globex: {org: o2, definitions: g, segments: names.yaml}}\n"
    (tmp_path / "invent.yaml").write_text(text, encoding="utf-8")
    assert "welcome" not in call(tmp_path, "init", "--editor", "vscode", "--editor", "jetbrains").out
    settings = json.loads((tmp_path / ".vscode" / "settings.json").read_text("utf-8"))["yaml.schemas"]
    assert settings["schemas/broadcast.schema.json"][::2] == ["acme/broadcasts/**/*.yaml", "g/**/*.yaml"]
    assert settings["schemas/segments.schema.json"] == ["acme/segments.yaml", "names.yaml"]
    assert (tmp_path / ".idea" / "jsonSchemas.xml").read_text("utf-8").count("<Item>") == 5


def test_dry_run_writes_nothing_and_says_what_it_would(tmp_path: Path) -> None:
    result = call(tmp_path, "init", "--dry-run")
    assert result.code == 0
    assert "would write invent.yaml" in result.out
    assert list(tmp_path.iterdir()) == []
    document = call(tmp_path, "init", "--dry-run", "--json").json
    assert not any(one["written"] or one["existed"] for one in document["files"])


def test_the_time_zone_of_init_is_that_of_the_project(tmp_path: Path) -> None:
    assert call(tmp_path, "init", "--timezone", "America/New_York").code == 0
    assert "timezone: America/New_York" in files(tmp_path)["invent.yaml"]
    [item] = call(tmp_path, "plan", "--json").json["items"]
    assert item["request"]["scheduled_at"][11:] in ("13:00:00Z", "14:00:00Z")


@pytest.mark.parametrize("zone", ["Nowhere/City", "EST", "Etc/GMT+2", "", "../../etc/passwd"])
def test_init_refuses_a_time_zone_that_means_nothing_or_two_things(tmp_path: Path, zone: str) -> None:
    result = call(tmp_path, "init", "--timezone", zone, "--json")
    assert result.code == ExitCode.USAGE
    assert result.json["error"]["message"]
    assert list(tmp_path.iterdir()) == []


def test_init_says_what_stands_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "broadcasts").write_text("a file\n", encoding="utf-8")
    result = call(tmp_path, "init", "--json")
    assert result.code == ExitCode.INVALID
    assert "broadcasts/welcome.yaml" in result.json["error"]["message"]


@pytest.mark.parametrize("name", schema_names())
def test_each_schema_is_valid_and_printed_as_it_is(tmp_path: Path, name: str) -> None:
    result = call(tmp_path, "schema", name)
    assert result.code == 0
    schema = json.loads(result.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_without_a_name_all_schemas_are_listed(tmp_path: Path) -> None:
    names = call(tmp_path, "schema").out.split()
    assert names == schema_names()
    assert {"broadcast", "project", "segments", "state", "plan", "report"} <= set(names)
    assert call(tmp_path, "schema", "--json").json["schemas"] == names


@pytest.mark.parametrize("name", ["nothing", "../pyproject", "Broadcast", ""])
def test_a_schema_that_there_is_not_is_wrong_usage(tmp_path: Path, name: str) -> None:
    result = call(tmp_path, "schema", name, "--json")
    assert result.code == ExitCode.USAGE
    assert "broadcast" in result.json["error"]["cure"]
