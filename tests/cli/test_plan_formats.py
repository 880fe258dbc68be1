"""`plan --format`: for reviewers and for a step of a workflow, with the files of a runner and real processes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.github import step as step_files
from tests.running import STATE, account, call, define, invent, run
from tests.steps import LINKS, SHA, Step, commands, read_outputs
from tests.text.test_clean import is_harmless

EVIL = "@everyone #1 | <img src=x> ::error::x `</details>` --> %%{init ##[group]"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "repo" / "examples"
    define(folder, "a", "b")
    (tmp_path / "repo" / ".git").mkdir()
    return folder


def name_it(folder: Path, name: str, key: str = "a") -> None:
    (folder / "broadcasts" / f"{key}.yaml").write_text(
        f"name: {json.dumps(name)}\nschedule: 2099-03-01T09:00:00Z\nsegments: [vip]\n", encoding="utf-8"
    )


# ---------------------------------------------------------------- markdown and json


def test_markdown_links_each_file_of_a_folder_inside_of_the_repository(project: Path) -> None:
    result = run(project, "plan", "--format", "markdown", env=LINKS)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("### 2 broadcasts to create, to an audience of unknown size\n")
    assert f"[`a.yaml`](https://github.com/acme/campaigns/blob/{SHA}/examples/broadcasts/a.yaml#L1)" in result.out


def test_markdown_keeps_the_exit_codes_of_the_plan(project: Path) -> None:
    assert run(project, "plan", "--format", "markdown", "--exit-code").code == ExitCode.CHANGES
    (project / "invent.yaml").write_text("policies: {max_creates: 1}\n", encoding="utf-8")
    refused = run(project, "plan", "--format", "markdown")
    assert refused.code == ExitCode.REFUSED
    assert "2 refused: nothing is sent" in refused.out


def test_problems_are_markdown_and_exit_with_four(project: Path) -> None:
    (project / "broadcasts" / "a.yaml").write_text("name: A\nshedule: x\n", encoding="utf-8")
    result = run(project, "plan", "--format", "markdown", env=LINKS)
    assert (result.code, result.err) == (ExitCode.INVALID, "")
    assert re.match(r"### ⛔ \d problems in the input: nothing can be created\n\n- \[`a.yaml`\]", result.out)
    assert "Did you mean &#96;schedule&#96;?" in result.out
    assert "Nothing was created." not in result.out, "no plain text after the Markdown"


def test_damaged_state_is_in_context_markdown_and_on_stderr(project: Path) -> None:
    (project / STATE).write_text("{", encoding="utf-8")
    result = run(project, "plan", "--format", "markdown")
    assert result.code == ExitCode.INVALID
    assert result.out.startswith("### ⛔ There is no plan\n")
    assert result.err.startswith("Error: ")


def test_five_hundred_broadcasts_stay_below_the_limit_of_a_comment(project: Path) -> None:
    define(project, *(f"c{number:03}" for number in range(498)))
    (project / "invent.yaml").write_text("policies: {max_creates: 1000}\n", encoding="utf-8")
    result = call(project, "plan", "--format", "markdown", env=LINKS)
    assert 59_000 < len(result.out) <= 60_000
    assert result.out.startswith("### 500 broadcasts to create")
    assert "**Cut to fit: " in result.out


def test_format_json_is_the_same_as_json(project: Path) -> None:
    one, other = call(project, "plan", "--format", "json").json, call(project, "plan", "--json").json
    assert {**one, "at": ""} == {**other, "at": ""}


@pytest.mark.parametrize("form", ["markdown", "github"])
def test_two_forms_at_once_are_wrong_usage(project: Path, form: str) -> None:
    assert call(project, "plan", "--json", "--format", form).code == ExitCode.USAGE


def test_markdown_is_beside_the_saved_plan(project: Path) -> None:
    call(project, "plan", "--format", "markdown", "--out", "plan.json")
    assert json.loads((project / "plan.json").read_text(encoding="utf-8"))["counts"]["create"] == 2


# ---------------------------------------------------------------- a step of a workflow


def test_step_gets_the_plan_the_summary_and_the_outputs(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    result = run(project, "plan", "--format", "github", env=step.env | LINKS)
    assert (result.code, result.err) == (0, "")
    (told,) = commands(result)
    assert told.startswith("::warning title=new state::")
    assert result.out == f"{call(project, 'plan').out}{told}\n"
    assert step.written.startswith("### 2 broadcasts to create")
    assert "The state is new" in step.written
    digest = call(project, "plan", "--json").json["digest"]
    assert step.outputs == {"creates": "2", "refused": "0", "blocked": "0", "changed": "0", "unchanged": "0",
                            "unreachable": "0", "digest": digest, "exit_code": "0"}  # fmt: skip


def test_edit_after_creation_is_a_warning_at_the_line_of_the_value(project: Path, tmp_path: Path) -> None:
    with invent() as server:
        assert call(project, "apply", "--yes", env=account(server.url)).code == 0
    path = project / "broadcasts" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[vip]", "[vip, new]"), encoding="utf-8")
    result = run(project, "plan", "--format", "github", env=Step(tmp_path).env)
    (line,) = commands(result)
    place = "file=examples/broadcasts/a.yaml,line=3,col=11"
    assert line.startswith(f"::warning {place},title=unreachable-edits::a: The edit of “Campaign a” will not reach")
    strict = run(project, "plan", "--format", "github", "--strict", env=Step(tmp_path).env)
    assert strict.code == ExitCode.REFUSED
    assert commands(strict)[0].startswith("::error file=examples/broadcasts/a.yaml,")


def test_problems_are_annotated_summed_up_and_put_out(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    for number in range(12):
        (project / "broadcasts" / f"x{number}.yaml").write_text(
            "name: A\nschedule: no\nsegments: [a]\n", encoding="utf-8"
        )
    result = run(project, "plan", "--format", "github", env=step.env)
    assert result.code == ExitCode.INVALID
    assert len(commands(result)) == 10
    assert commands(result)[0].startswith("::error file=examples/broadcasts/x0.yaml,line=2,col=11,title=")
    assert re.match(r"::error ::and \d+ more problem", commands(result)[-1])
    assert "problems in the input" in step.written
    assert "12 problems. Nothing was created." in result.out
    assert step.outputs == {"creates": "0", "digest": "", "exit_code": "4"}


def test_failure_without_a_plan_is_told_everywhere(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    (project / STATE).write_text("{", encoding="utf-8")
    result = run(project, "plan", "--format", "github", env=step.env)
    assert result.code == ExitCode.INVALID
    assert commands(result)[0].startswith("::error title=invent-gitops plan::")
    assert "There is no plan" in step.written
    assert step.outputs["exit_code"] == "4"


def test_files_of_a_runner_are_appended_to_even_without_an_end_of_their_last_line(
    project: Path, tmp_path: Path
) -> None:
    step = Step(tmp_path)
    step.summary.write_text("before", encoding="utf-8")
    step.output.write_text("before=1", encoding="utf-8")
    run(project, "plan", "--format", "github", env=step.env)
    assert step.written.startswith("before\n### 2 broadcasts")
    assert step.outputs["before"] == "1"
    assert step.outputs["creates"] == "2"


def test_without_a_runner_a_note_says_so_and_the_exit_code_stays(project: Path) -> None:
    result = run(project, "plan", "--format", "github", "--exit-code")
    assert result.code == ExitCode.CHANGES
    assert result.err.count("is not set: this is not a step of a workflow") == 2
    assert run(project, "plan", "--format", "github", "-q").err == ""


@pytest.mark.parametrize("path", ["nowhere/file", ".", "/dev/null", "\x1b[31mdir", "\x1b[31m/::error::x"])
def test_unwritable_files_are_a_note_and_no_traceback(project: Path, path: str) -> None:
    (project / "\x1b[31mdir").mkdir()
    env = {"GITHUB_STEP_SUMMARY": path, "GITHUB_OUTPUT": path}
    result = run(project, "plan", "--format", "github", env=env)
    assert result.code == 0
    assert "GITHUB_STEP_SUMMARY" in result.err
    assert "GITHUB_OUTPUT" in result.err
    assert "Traceback" not in result.err
    assert [line for line in result.err.split("\n") if not is_harmless(line)] == []


def test_summary_of_five_thousand_stays_below_the_limit_of_a_step_with_what_stood_there(
    project: Path, tmp_path: Path
) -> None:
    step = Step(tmp_path)
    step.summary.write_text("x" * 500_000, encoding="utf-8")
    define(project, *(f"c{number:04}" for number in range(4998)))
    (project / "invent.yaml").write_text("policies: {max_creates: 10000}\n", encoding="utf-8")
    assert run(project, "plan", "--format", "github", env=step.env | LINKS).code == 0
    assert 900 * 1024 - 1000 < step.summary.stat().st_size <= 900 * 1024
    assert "**Cut to fit: " in step.written
    assert "**5,000** to create" in step.written


def test_full_summary_is_left_alone_with_a_note(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    step.summary.write_text("x" * 921_600, encoding="utf-8")
    result = run(project, "plan", "--format", "github", env=step.env)
    assert (result.code, step.summary.stat().st_size) == (0, 921_600)
    assert "no room left" in result.err


def test_nasty_name_harms_neither_log_summary_nor_outputs(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    name_it(project, EVIL)
    (project / "broadcasts" / "b.yaml").write_text(
        f"name: {json.dumps(EVIL)}\nschedule: 2001-01-01T00:00:00Z\nsegments: [v]\n", encoding="utf-8"
    )
    result = run(project, "plan", "--format", "github", env=step.env)
    assert result.code == ExitCode.REFUSED
    assert len(commands(result)) == 2, "the refusal, and that the state is new"
    assert "##[" not in result.out + step.written
    assert "<img" not in step.written
    assert "@everyone" not in step.written
    assert [line for line in step.written.split("\n") if not is_harmless(line.replace("\u200b", ""))] == []
    numbers = {"creates", "refused", "blocked", "changed", "unchanged", "unreachable"}
    assert set(step.outputs) == {*numbers, "digest", "exit_code"}


# ---------------------------------------------------------------- the runner


@pytest.mark.parametrize("value", ["a\nother=1", "a<<b", "x\r\nEOF\n", "", "1 2", "a=b", "::error::x", "ü"])
def test_output_of_any_value_is_read_back_as_it_is_and_as_nothing_else(tmp_path: Path, value: str) -> None:
    step = Step(tmp_path)
    assert step_files.write_outputs({"one": value, "two": 2}, step.env) == ""
    assert read_outputs(step.output.read_bytes().decode()) == {"one": value, "two": "2"}


@pytest.mark.parametrize("words", [{"GITHUB_SHA": "main"}, {"GITHUB_REPOSITORY": "a/b)[x"}, {"GITHUB_SERVER_URL": "x"}])
def test_no_link_is_made_of_what_is_no_address(tmp_path: Path, words: dict[str, str]) -> None:
    assert step_files.files_address(tmp_path, LINKS)
    assert step_files.files_address(tmp_path, LINKS | words) == ""


@pytest.mark.parametrize("name", ["INVENT_API_KEY", "INVENT_API_KEY_GLOBEX", "GITHUB_TOKEN", "GH_TOKEN"])
def test_secret_that_got_into_a_text_does_not_get_into_a_file(tmp_path: Path, name: str) -> None:
    step = Step(tmp_path)
    assert step_files.write_summary("a secret-key b", step.env | {name: "secret-key"}) == ""
    assert step.written == "a *** b\n"
