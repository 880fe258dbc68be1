"""Files that look like definitions or project files to a person, and are not read: an error names each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.running import WHEN, call, define, run

DEFINITION = f"name: Spring\nschedule: {WHEN}\nsegments: [vip]\n"
JSON = f'{{"name": "Spring", "schedule": "{WHEN}", "segments": ["vip"]}}'


def beside(folder: Path, name: str, text: str = DEFINITION) -> Path:
    """A good definition, and a file of that name beside it."""
    path = define(folder, "good") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# ---------------------------------------------------------------- in the folder of the definitions


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SPRING.YAML", "SPRING.yaml"), ("x.Yml", "x.yml"), ("x.yamL", "x.yaml"), ("sub/x.YML", "x.yml"),
        ("x.yaml.txt", "x.yaml"), ("x.YAML.TXT", "x.yaml"), ("x.yml.json", "x.yml"), ("x.yaml.1", "x.yaml"),
        ("x.yaml ", "x.yaml"), ("x.yaml.", "x.yaml"), ("a.b.Yaml", "a.b.yaml"), ("grün.YAML", "grün.yaml"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", [DEFINITION, ""], ids=["definition", "empty"])
def test_name_that_promises_a_definition_is_an_error_with_the_name_to_give_it(
    tmp_path: Path, name: str, meant: str, text: str
) -> None:
    beside(tmp_path, name, text)
    for command in ("validate", "plan"):
        [problem] = call(tmp_path, command, "--json").json["problems"]
        assert (problem["file"], problem["rule"]) == (f"broadcasts/{name}", "file-not-read")
        assert problem["cure"].startswith(f"Rename it to {meant}, or move it out")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.json", JSON), ("x.JSON", JSON), ("x.json", f"[\n{JSON}\n]"), ("x.json5", JSON[:-1] + ",} // soon"),
        ("x.txt", DEFINITION), ("spring", DEFINITION), ("x.yalm", DEFINITION), ("x.toml", 'name = "x"\nschedule = "y"'),
        ("x.txt", "# Spring\r\n---\r\n" + DEFINITION.replace("\n", "\r\n")), ("x.yam", "\ufeff" + DEFINITION),
        ("x.txt", '"name": Spring\n\'schedule\': now\n'),
    ],
)  # fmt: skip
def test_content_of_a_definition_under_another_name_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    beside(tmp_path, name, text)
    [problem] = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["file"], problem["rule"]) == (f"broadcasts/{name}", "file-not-read")
    stem = name.partition(".")[0]
    assert problem["cure"] == f"Rename it to {stem}.yaml, or move it out of the folder of the definitions."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # Backups and what people do on purpose.
        ("x.yaml~", DEFINITION), ("x.yaml.bak", DEFINITION), ("x.yaml.orig", DEFINITION), ("x.yaml.~1~", DEFINITION),
        ("x.yaml.disabled", DEFINITION), ("x.yaml.draft", DEFINITION), (".x.YAML", DEFINITION), (".x.yaml.swp", ""),
        # What is no definition at all.
        ("README.md", "# Ours\n\n```yaml\n" + DEFINITION + "```\n"), ("notes.md", DEFINITION), (".gitkeep", ""),
        (".gitignore", "*.txt\n"), ("notes.txt", "We plan this:\n\n" + DEFINITION), ("package.json", '{"name": "x"}'),
        ("make.sh", "#!/bin/sh\ncat > x.yaml <<EOF\n" + DEFINITION + "EOF\n"), ("broken.json", "{"),
        ("broadcast.schema.json", '{"properties": {"name": {}, "schedule": {}}}'), ("hero.png", "\x89PNG\r\n"),
        ("list.txt", "name: a list\n"), ("long.txt", DEFINITION + "# " + "x" * 70_000),
    ],
)  # fmt: skip
def test_backups_notes_and_other_files_are_left_alone(tmp_path: Path, name: str, text: str) -> None:
    beside(tmp_path, name, text)
    result = call(tmp_path, "validate")
    assert result.out == "1 definition is valid.\n", result.all


def test_both_suffixes_are_read_as_before(tmp_path: Path) -> None:
    beside(tmp_path, "x.yml")
    beside(tmp_path, "y.yml.yaml", DEFINITION.replace("Spring", "Other"))
    keys = [one["key"] for one in call(tmp_path, "validate", "--json").json["definitions"]]
    assert keys == ["good", "x", "y.yml"]


def test_pipe_folder_and_unreadable_file_of_another_name_hold_nobody_up(tmp_path: Path) -> None:
    folder = define(tmp_path, "good")
    os.mkfifo(folder / "pipe.txt")
    (folder / "sub.YAML").mkdir()
    beside(tmp_path, "shut.txt").chmod(0)
    (folder / "gone.txt").symlink_to("nowhere")
    result = run(tmp_path, "validate")
    # Whoever may read everything sees into the third one.
    assert not [name for name in ("pipe", "sub.YAML", "gone") if name in result.out]


@pytest.mark.parametrize("target", ["good.yaml", "nowhere", "/etc/hosts"])
def test_link_under_a_name_that_is_not_read_is_an_error_as_well(tmp_path: Path, target: str) -> None:
    (define(tmp_path, "good") / "x.YAML").symlink_to(target)
    [problem] = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["file"], problem["rule"]) == ("broadcasts/x.YAML", "file-not-read")


def test_files_option_names_the_file_that_is_not_read(tmp_path: Path) -> None:
    beside(tmp_path, "SPRING.YAML")
    result = call(tmp_path, "validate", "--files", "broadcasts/SPRING.YAML")
    assert (result.code, "file-not-read" in result.out) == (ExitCode.INVALID, True)


# ---------------------------------------------------------------- files of the project


@pytest.mark.parametrize("name", ["Invent.yaml", "INVENT.YAML", "invent.yml", "Invent.Yml", "invent.yaml.txt"])
@pytest.mark.parametrize("below", ["", "sub/folder"])
def test_project_file_under_another_spelling_is_an_error_that_names_it(tmp_path: Path, name: str, below: str) -> None:
    define(tmp_path, "good")
    (tmp_path / name).write_text("timezone: Europe/Berlin\n", encoding="utf-8")
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    for command in ("validate", "plan"):
        result = call(tmp_path / below, command)
        assert result.code == ExitCode.INVALID
        assert f"The project file is named {name} here, which is not looked for." in result.err
        assert "Rename it to invent.yaml." in result.err


def test_two_project_files_are_not_chosen_from(tmp_path: Path) -> None:
    define(tmp_path, "good")
    for name in ("invent.yaml", "Invent.yaml"):
        (tmp_path / name).touch()
    result = call(tmp_path, "plan")
    assert result.code == ExitCode.INVALID
    assert "invent.yaml is there as well: delete one of the two." in result.err


@pytest.mark.parametrize("name", ["Segments.yaml", "segments.yml", "SEGMENTS.YAML", "segments.yaml.txt"])
@pytest.mark.parametrize("both", [False, True])
def test_catalogue_under_another_spelling_is_an_error_that_names_it(tmp_path: Path, name: str, both: bool) -> None:
    define(tmp_path, "good")
    for one in (name, *(["segments.yaml"] if both else [])):
        (tmp_path / one).write_text("vip: seg_vip\n", encoding="utf-8")
    [problem] = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["file"], problem["rule"]) == (name, "file-not-read")
    assert problem["cure"].startswith("segments.yaml is there as well" if both else "Rename it to segments.yaml.")
    assert call(tmp_path, "validate", "--files", name).code == ExitCode.INVALID


def test_catalogue_with_a_name_of_its_own_is_looked_for_under_that_name(tmp_path: Path) -> None:
    define(tmp_path, "good")
    (tmp_path / "invent.yaml").write_text("segments: lists/people.yml\n", encoding="utf-8")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "people.yml").write_text("vip: seg_vip\n", encoding="utf-8")
    (tmp_path / "segments.yml").touch()
    assert call(tmp_path, "validate").code == ExitCode.DONE
    (tmp_path / "lists" / "People.yml").touch()
    [problem] = call(tmp_path, "validate", "--json").json["problems"]
    assert problem["file"] == "lists/People.yml"


@pytest.mark.parametrize("project", [False, True])
def test_folder_of_the_definitions_under_another_spelling_is_an_error(tmp_path: Path, project: bool) -> None:
    define(tmp_path, "good", below="Broadcasts")
    if project:
        (tmp_path / "invent.yaml").touch()
    result = call(tmp_path, "validate")
    assert result.code == ExitCode.INVALID
    assert "is named Broadcasts here, which is not looked for." in result.err
    assert call(tmp_path, "validate", "Broadcasts").code == ExitCode.DONE
