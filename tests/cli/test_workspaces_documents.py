"""Several workspaces, and what others read of a run: files, Markdown, a step's files, logs of problems, completion."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.render.github.annotations import MOST
from tests.branch_repository import git
from tests.cli.test_completion import offered
from tests.cli.test_workspaces import APPLY, THREE, in_invent, keys, project
from tests.render.test_sarif import sound
from tests.running import FAST, Result, call, define, ended, ids, invent, posted, run, started, until
from tests.steps import Step

OUT = ("--out", "{workspace}.out.json")


def written(folder: Path) -> dict[str, Any]:
    """The files of --out by workspace."""
    return {path.name.partition(".")[0]: json.loads(path.read_text("utf-8")) for path in folder.glob("*.out.json")}


def broken(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name / "broadcasts" / "a.yaml").write_text("nme: x\n", encoding="utf-8")


# ---------------------------------------------------------------- plan and apply


def test_reports_of_all_are_files_of_their_own_and_the_step_has_sums_and_one_summary(tmp_path: Path) -> None:
    project(tmp_path)
    step = Step(tmp_path)
    with invent() as server:
        env = {**keys(server), **step.env}
        result = call(tmp_path, *APPLY, "--all", "--format", "github", *OUT, env=env)
        assert result.code == ExitCode.DONE, result.all
        found = written(tmp_path)
        assert {name: one["workspace"] for name, one in found.items()} == {name: name for name in THREE}
        for name, workspace in THREE.items():
            made = {outcome["id"] for outcome in found[name]["outcomes"]}
            assert made == in_invent(server, workspace["org"])
            assert found[name]["plan"]["workspace"] == name
    none = {"already_created": "0", "adopted": "0", "not_created": "0", "unknown": "0", "exit_code": "0"}
    assert step.outputs == {"created": "6", "unreachable": "0", "ids": "", "digest": "", **none}
    headings = [line for line in step.written.splitlines() if line.startswith("#") and not line.startswith("####")]
    assert headings[::2] == ["## acme", "## globex", "## initech"]
    assert [words.startswith("### ") for words in headings[1::2]] == [True] * 3


def test_workspace_that_was_refused_leaves_a_document_and_counts_as_none(tmp_path: Path) -> None:
    project(tmp_path)
    step = Step(tmp_path)
    with invent() as server:
        env = {**keys(server), **step.env, "INVENT_ORG_ID": "org_222"}
        result = call(tmp_path, *APPLY, "--all", "--format", "github", *OUT, env=env)
    assert result.code == ExitCode.REFUSED
    assert {name: one["exit_code"] for name, one in written(tmp_path).items()} == {"acme": 5, "globex": 0, "initech": 5}
    assert (step.outputs["created"], step.outputs["exit_code"]) == ("2", "5")
    assert "::error title=invent-gitops apply in acme::The workspace acme has the org org_111" in result.out


def test_run_that_was_stopped_leaves_no_older_documents_behind(tmp_path: Path) -> None:
    project(tmp_path)
    with invent("delay=1@create:1-9") as server:
        env = keys(server)
        for name in THREE:
            old = {"kind": "report", "version": 1, "exit_code": 0, "outcomes": []}
            (tmp_path / f"{name}.out.json").write_text(json.dumps(old), encoding="utf-8")
        with started(tmp_path, *APPLY, "--all", *OUT, "--concurrency", "1", env=env) as process:
            until(lambda: server.faults.seen("create") == 1)
            process.send_signal(signal.SIGINT)
            assert ended(process).code == ExitCode.INTERRUPTED
    found = written(tmp_path)
    assert {name: one["exit_code"] for name, one in found.items()} == dict.fromkeys(THREE, 130)
    assert [outcome["outcome"] for outcome in found["acme"]["outcomes"]].count("created") == 1
    assert found["globex"]["workspace"] == "globex"
    assert "is not done" in found["globex"]["error"]["message"]


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_broken_project_file_is_in_context_every_file(tmp_path: Path, form: str) -> None:
    project(tmp_path, {**THREE, "twin": {"org": "org_111"}})
    result = call(tmp_path, "plan", "--format", form, *OUT, env=Step(tmp_path).env)
    assert result.code == ExitCode.INVALID
    found = written(tmp_path)
    assert found.keys() == {*THREE, "twin"}
    assert all(one["problems"][0]["rule"] == "org-twice" for one in found.values())
    assert not list(tmp_path.glob("{workspace}*"))


def test_annotations_of_all_are_no_more_than_github_shows_for_one_step(tmp_path: Path) -> None:
    project(tmp_path, policies={"max_creates": 1})
    for name in THREE:
        define(tmp_path, *(f"more-{number}" for number in range(4)), below=f"{name}/broadcasts")
    result = call(tmp_path, "plan", "--format", "github", env=Step(tmp_path).env)
    told = [line for line in result.out.splitlines() if line.startswith("::")]
    assert len(told) == MOST + 1
    assert f"and {18 - MOST} more messages" in told[-1]
    project(tmp_path)
    broken(tmp_path, "acme", "globex")
    checked = call(tmp_path, "validate", "--format", "github").out
    assert {"file=acme/", "file=globex/"} <= {
        f"{line.partition(' ')[2].partition('/')[0]}/" for line in checked.splitlines() if line.startswith("::error ")
    }


def test_one_workspace_has_its_name_in_its_document_and_a_project_without_has_none(tmp_path: Path) -> None:
    project(tmp_path)
    assert call(tmp_path, "plan", "--workspace", "acme", "--json").json["workspace"] == "acme"
    failed = call(tmp_path, "plan", "--workspace", "acme", "--only", "nothing", "--json")
    assert (failed.code, failed.json["workspace"]) == (ExitCode.USAGE, "acme")
    assert call(tmp_path, "reconcile", "--workspace", "acme", "--json").json["workspace"] == "acme"
    (tmp_path / "invent.yaml").unlink()
    assert call(tmp_path, "plan", "--json").json["workspace"] is None


def test_plan_of_one_workspace_is_no_approval_for_another(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        env = keys(server)
        call(tmp_path, "plan", "--workspace", "acme", "--out", "plan.json", env=env)
        result = run(tmp_path, *APPLY, "--workspace", "globex", "--plan", "plan.json", env=env)
        assert result.code == ExitCode.REFUSED
        assert "is for the workspace acme, and this run for the workspace globex" in result.err
        assert posted(server) == []
        assert call(tmp_path, *APPLY, "--workspace", "acme", "--plan", "plan.json", env=env).code == ExitCode.DONE


def test_two_forms_at_once_are_wrong_usage_in_every_workspace(tmp_path: Path) -> None:
    project(tmp_path)
    result = call(tmp_path, "plan", "--all", "--json", "--format", "markdown")
    assert result.code == ExitCode.USAGE
    parts = result.json["workspaces"]
    assert [part["document"]["error"]["cure"] for part in parts] == ["Give one of them."] * 3


# ---------------------------------------------------------------- validate


def results(result: Result) -> set[tuple[str, str]]:
    """Rule and file of each result of a log."""
    return {
        (one["ruleId"], one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        for one in sound(result.out)["results"]
    }


def test_all_workspaces_have_one_log(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--template=")
    project(tmp_path, {**THREE, "twin": {"org": "org_111"}})
    broken(tmp_path, "acme", "globex")
    result = call(tmp_path, "validate", "--format", "sarif")
    assert result.code == ExitCode.INVALID
    found = results(result)
    assert {file for _, file in found} == {"invent.yaml", "acme/broadcasts/a.yaml", "globex/broadcasts/a.yaml"}
    assert ("org-twice", "invent.yaml") in found
    assert sound(result.out)["invocations"][0]["executionSuccessful"] is True
    assert results(call(tmp_path, "validate", "--format", "sarif", "--workspace", "initech")) == {
        ("org-twice", "invent.yaml")
    }


def test_log_says_which_workspace_could_not_be_checked(tmp_path: Path) -> None:
    project(tmp_path)
    broken(tmp_path, "globex")
    (tmp_path / "acme" / "broadcasts").rename(tmp_path / "acme" / "elsewhere")
    (tmp_path / "acme" / "broadcasts").symlink_to("elsewhere")
    result = call(tmp_path, "validate", "--format", "sarif")
    assert result.code == ExitCode.INVALID
    [invocation] = sound(result.out)["invocations"]
    assert invocation["executionSuccessful"] is False
    [why] = invocation["toolExecutionNotifications"]
    assert why["message"]["text"].startswith("acme: The folder of the definitions")
    assert len(sound(result.out)["results"]) > 0


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        ("globex/broadcasts/a.yaml", {"globex/broadcasts/a.yaml", "invent.yaml"}),
        ("initech/broadcasts/a.yaml", {"invent.yaml"}),
        ("invent.yaml", {"acme/broadcasts/a.yaml", "globex/broadcasts/a.yaml", "invent.yaml"}),
        ("README.md", set()),
    ],
)
def test_files_that_are_given_decide_what_is_shown_of_all_workspaces(
    tmp_path: Path, file: str, wrong: set[str]
) -> None:
    project(tmp_path, {**THREE, "twin": {"org": "org_111"}})
    broken(tmp_path, "acme", "globex")
    (tmp_path / "README.md").touch()
    result = call(tmp_path, "validate", "--json", "--files", file)
    parts = [one["document"] for one in result.json["workspaces"]]
    assert {problem["file"] for one in (result.json, *parts) for problem in one["problems"]} == wrong
    assert result.code == (ExitCode.INVALID if wrong else ExitCode.DONE)


# ---------------------------------------------------------------- completion and the rest


def test_workspaces_are_offered_and_keys_are_those_of_the_one_on_the_line(tmp_path: Path) -> None:
    project(tmp_path)
    define(tmp_path, "only-globex", below="globex/broadcasts")
    assert offered(tmp_path, "plan", "--workspace", "") == list(THREE)
    assert offered(tmp_path, "plan", "--workspace", "globex", "--only", "") == ["a", "b", "only-globex"]
    assert offered(tmp_path, "plan", "--workspace", "acme", "--only", "") == ["a", "b"]
    assert offered(tmp_path, "plan", "--only", "o") == ["only-globex"]
    with invent() as server:
        assert call(tmp_path, *APPLY, "--workspace", "globex", env=keys(server)).code == 0
    assert offered(tmp_path, "state", "show", "--workspace", "globex", "") == ["a", "b", "only-globex"]
    assert offered(tmp_path, "state", "show", "--workspace", "acme", "") == []
    assert offered(tmp_path, "state", "show", "") == ["a", "b", "only-globex"]
    assert offered(tmp_path, "plan", "--workspace", "nobody", "--only", "") == []


def test_state_of_a_workspace_moves_from_its_own_file_to_its_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "--template=", str(tmp_path / "remote.git"))
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--template=", str(tmp_path / "remote.git"), str(clone))
    project(clone)
    with invent() as server:
        env = keys(server)
        assert call(clone, "apply", "--workspace", "acme", "--yes", *FAST, env=env).code == 0
        before = ids(clone, "acme/invent.state.json")
        project(clone, {**THREE, "acme": {"org": "org_111", "state": {"branch": "acme-state"}}})
        moved = call(clone, "state", "migrate", "--workspace", "acme", env=env)
        assert moved.code == 0, moved.all
        assert "Delete acme/invent.state.json." in moved.out
        state = json.loads(git(tmp_path / "remote.git", "show", "acme-state:invent.state.json"))
        assert {key: record["id"] for key, record in state["broadcasts"].items()} == before
