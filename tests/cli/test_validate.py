"""`validate`: every problem at once, on stdout, with exit code 4, and nobody is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.running import WHEN, account, call, define, invent, run

MISTAKES = {
    "no-name.yaml": f"schedule: {WHEN}\nsegments: [vip]\n",
    "both.yaml": f"name: Both\nschedule: {WHEN}\nsegments: [vip]\nsend_to_all: true\n",
    "unknown-key.yaml": f"name: Unknown\nschedule: {WHEN}\nsegmentz: [vip]\n",
    "no-zone.yaml": "name: Naive\nschedule: 2099-03-01T09:00\nsegments: [vip]\n",
    "broken.yaml": "name: [Broken\n",
    "twice.yaml": f"name: Twice\nname: Again\nschedule: {WHEN}\nsegments: [vip]\n",
}


def mistakes(folder: Path) -> None:
    (folder / "broadcasts").mkdir()
    for name, text in MISTAKES.items():
        (folder / "broadcasts" / name).write_text(text, encoding="utf-8")


def test_good_definitions_are_counted(tmp_path: Path) -> None:
    define(tmp_path, "a")
    assert call(tmp_path, "validate").out == "1 definition is valid.\n"
    define(tmp_path, "b")
    result = call(tmp_path, "validate")
    assert (result.code, result.out, result.err) == (0, "2 definitions are valid.\n", "")


def test_every_problem_of_every_file_is_shown_at_once_with_its_place(tmp_path: Path) -> None:
    mistakes(tmp_path)
    result = call(tmp_path, "validate")
    assert result.code == ExitCode.INVALID
    for name in MISTAKES:
        assert f"broadcasts/{name}" in result.out
    assert "segmentz" in result.out
    assert "problems. Nothing was created." in result.out


def test_the_document_holds_each_problem_with_file_line_column_rule_and_cure(tmp_path: Path) -> None:
    mistakes(tmp_path)
    result = call(tmp_path, "validate", "--json")
    found = result.json
    assert (found["kind"], found["exit_code"], result.err) == ("validation", 4, "")
    assert {problem["file"] for problem in found["problems"]} == {f"broadcasts/{name}" for name in MISTAKES}
    assert all(problem["rule"] and problem["message"] for problem in found["problems"])
    [unknown] = [problem for problem in found["problems"] if problem["file"].endswith("no-zone.yaml")]
    assert (unknown["line"], unknown["source"]) == (2, "schedule: 2099-03-01T09:00")
    assert unknown["cure"]


def test_format_json_is_the_same_document_as_json(tmp_path: Path) -> None:
    define(tmp_path, "a")
    assert call(tmp_path, "validate", "--format", "json") == call(tmp_path, "validate", "--json")
    assert call(tmp_path, "validate", "--json").json["definitions"] == [{"key": "a", "name": "Campaign a"}]


def test_format_github_adds_annotations_and_none_where_all_is_well(tmp_path: Path) -> None:
    define(tmp_path, "good")
    assert "::error" not in call(tmp_path, "validate", "--format", "github").out
    mistakes_of = tmp_path / "broadcasts" / "no-zone.yaml"
    mistakes_of.write_text(MISTAKES["no-zone.yaml"], encoding="utf-8")
    result = call(tmp_path, "validate", "--format", "github")
    assert result.code == ExitCode.INVALID
    [line] = [line for line in result.out.splitlines() if line.startswith("::")]
    assert line.startswith("::error file=broadcasts/no-zone.yaml,line=2,col=11,title=")


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_many_mistakes_stop_plan_and_apply_with_4_before_any_request(
    tmp_path: Path, command: tuple[str, ...], form: tuple[str, ...]
) -> None:
    mistakes(tmp_path)
    define(tmp_path, "good")
    with invent() as server:
        result = call(tmp_path, *command, *form, env=account(server.url))
        assert result.code == ExitCode.INVALID
        assert server.sandbox.requests == []
    for name in MISTAKES:
        assert name in result.out
    if form:
        assert len(result.json["problems"]) >= len(MISTAKES)
    assert not (tmp_path / "invent.state.json").exists()


def test_many_mistakes_stop_a_real_process_in_the_same_way(tmp_path: Path) -> None:
    mistakes(tmp_path)
    with invent() as server:
        result = run(tmp_path, "apply", "--yes", "broadcasts", "--json", env=account(server.url))
        assert result.code == ExitCode.INVALID
        assert {problem["file"] for problem in result.json["problems"]} == {f"broadcasts/{name}" for name in MISTAKES}
        assert server.sandbox.requests == []


def test_a_mistake_in_the_project_file_counts_as_well(tmp_path: Path) -> None:
    define(tmp_path, "a")
    (tmp_path / "invent.yaml").write_text("timezoone: UTC\n", encoding="utf-8")
    for command in (["validate"], ["plan"], ["apply", "--yes"], ["reconcile"], ["state", "list"]):
        result = call(tmp_path, *command)
        assert result.code == ExitCode.INVALID, command
        assert "timezoone" in result.out


def test_a_project_file_cannot_send_the_key_elsewhere(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        for line in (f"base_url: {server.url}", "api_key: k", f"api: {server.url}"):
            (tmp_path / "invent.yaml").write_text(f"{line}\n", encoding="utf-8")
            assert call(tmp_path, "apply", "--yes", env={"INVENT_API_KEY": "k"}).code == ExitCode.INVALID
        assert server.sandbox.requests == []


def test_a_folder_that_is_not_there_is_invalid_input_and_not_an_empty_project(tmp_path: Path) -> None:
    result = call(tmp_path, "validate", "nowhere")
    assert result.code == ExitCode.INVALID
    assert "nowhere" in result.err


@pytest.mark.parametrize("text", ["over: {0: 2}", "over:\n    0: 2"])
def test_mapping_whose_only_key_is_refused_is_not_called_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "broadcasts").mkdir()
    (tmp_path / "invent.yaml").write_text(f"review:\n  {text}\n", encoding="utf-8")
    problems = call(tmp_path, "validate", "--json").json["problems"]
    assert [problem["rule"] for problem in problems] == ["yaml-key-not-text"]
    (tmp_path / "invent.yaml").write_text("review:\n  over: {}\n", encoding="utf-8")
    [problem] = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], problem["message"]) == ("wrong-form", "`review.over` is empty.")
