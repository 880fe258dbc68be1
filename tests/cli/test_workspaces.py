"""Several workspaces in one project: each with its own org, key, state and limits, chosen by name or all in turn."""

from __future__ import annotations

import json
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.sandbox.server import Server
from tests.branch_repository import git
from tests.running import (
    FAST,
    KEY,
    Result,
    Terminal,
    account,
    call,
    define,
    ended,
    ids,
    invent,
    posted,
    run,
    started,
    until,
)
from tests.steps import Step

THREE = {
    "acme": {"org": "org_111"},
    "globex": {"org": "org_222", "key": "INVENT_API_KEY_GLOBEX"},
    "initech": {"org": "org_333"},
}
APPLY = ("apply", "--yes", *FAST)


def project(folder: Path, workspaces: Mapping[str, object] | None = None, **settings: object) -> Path:
    """A project with two definitions in each workspace; every workspace has the same keys."""
    chosen = THREE if workspaces is None else workspaces
    (folder / "invent.yaml").write_text(json.dumps({**settings, "workspaces": chosen}), encoding="utf-8")
    for name in chosen:
        define(folder, "a", "b", below=f"{name}/broadcasts")
    return folder


def keys(server: Server, globex: str = KEY) -> dict[str, str]:
    return {**account(server.url), "INVENT_API_KEY_GLOBEX": globex}


def in_invent(server: Server, org: str) -> set[str]:
    return {one["id"] for one in server.sandbox.broadcasts(org)}


def recorded(folder: Path, name: str) -> set[str]:
    state = f"{name}/invent.state.json"
    return set(ids(folder, state).values()) if (folder / state).exists() else set()


def codes(result: Result) -> dict[str, int | None]:
    assert result.json["kind"] == "workspaces-run"
    return {part["workspace"]: part["exit_code"] for part in result.json["workspaces"]}


# ---------------------------------------------------------------- all in turn


def test_one_of_three_with_a_bad_key_is_reported_and_the_other_two_are_done(tmp_path: Path) -> None:
    project(tmp_path)
    with invent(key=KEY) as server:
        result = run(tmp_path, *APPLY, "--all", env=keys(server, globex="k-is-wrong"))
        assert result.code == ExitCode.UNAVAILABLE
        for name, org in (("acme", "org_111"), ("initech", "org_333")):
            assert recorded(tmp_path, name) == in_invent(server, org)
            assert len(recorded(tmp_path, name)) == 2
        assert (recorded(tmp_path, "globex"), in_invent(server, "org_222")) == (set(), set())
        assert result.out.endswith("acme: done\nglobex: the API or the network said no (exit code 6)\ninitech: done\n")
        assert "Workspace globex (org org_222)\n" in result.out
        assert "k-is-wrong" not in result.all

        again = run(tmp_path, *APPLY, "--all", env=keys(server))
        assert again.code == ExitCode.DONE
        assert recorded(tmp_path, "globex") == in_invent(server, "org_222")
        assert len(posted(server)) == 6, "with a key that may not even look, nothing is tried"


def test_json_of_all_holds_the_document_of_each(tmp_path: Path) -> None:
    project(tmp_path)
    with invent(key=KEY) as server:
        result = run(tmp_path, *APPLY, "--all", "--json", env=keys(server, globex="k-is-wrong"))
        assert codes(result) == {"acme": 0, "globex": 6, "initech": 0}
        reports = {part["workspace"]: part["document"] for part in result.json["workspaces"]}
        assert {report["kind"] for report in reports.values()} == {"report"}
        assert {outcome["id"] for outcome in reports["acme"]["outcomes"]} == in_invent(server, "org_111")
        assert {outcome["outcome"] for outcome in reports["globex"]["outcomes"]} == {"not-created"}


def test_missing_key_is_named_and_stops_no_other_workspace(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        result = call(tmp_path, *APPLY, "--all", env=account(server.url))
    assert result.code == ExitCode.USAGE
    assert "Error in globex: There is no API key: INVENT_API_KEY_GLOBEX is not set." in result.err
    assert recorded(tmp_path, "initech")


def test_limits_count_for_each_workspace_on_its_own(tmp_path: Path) -> None:
    workspaces: dict[str, Any] = {**THREE, "globex": {"org": "org_222", "policies": {"max_creates": 1}}}
    project(tmp_path, workspaces, policies={"max_creates": 2})
    with invent() as server:
        result = call(tmp_path, *APPLY, "--all", "--json", env=account(server.url))
    assert codes(result) == {"acme": 0, "globex": 5, "initech": 0}
    assert [len(recorded(tmp_path, name)) for name in workspaces] == [2, 0, 2]


def test_stop_during_one_workspace_records_it_and_tells_which_were_not_begun(tmp_path: Path) -> None:
    project(tmp_path)
    with invent("delay=1@create:1-9") as server:
        words = (*APPLY, "--all", "--json", "--concurrency", "1")
        with started(tmp_path, *words, env=keys(server)) as process:
            until(lambda: server.faults.seen("create") == 1)
            process.send_signal(signal.SIGINT)
            result = ended(process)
        assert result.code == ExitCode.INTERRUPTED
        assert codes(result) == {"acme": 130, "globex": None, "initech": None}
        assert recorded(tmp_path, "acme") == in_invent(server, "org_111")
        assert in_invent(server, "org_222") == in_invent(server, "org_333") == set()


def test_stop_that_comes_too_late_for_one_workspace_still_keeps_the_next_from_being_begun(tmp_path: Path) -> None:
    project(tmp_path)
    with invent("close-after@create:1", "error-before=404@list:*") as server:
        env = keys(server)
        assert call(tmp_path, *APPLY, "--workspace", "acme", "--only", "a", env=env).code == ExitCode.UNSETTLED
        server.faults.clear()
        server.faults.add("delay=1@list:*")
        before = server.faults.seen("list")
        with started(tmp_path, "reconcile", "--all", "--json", env=env) as process:
            until(lambda: server.faults.seen("list") > before)
            process.send_signal(signal.SIGINT)
            result = ended(process)
        assert result.code == ExitCode.INTERRUPTED
        assert codes(result) == {"acme": 0, "globex": None, "initech": None}
        assert recorded(tmp_path, "acme") == in_invent(server, "org_111")


def test_interrupted_question_ends_the_whole_run(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        terminal = Terminal(tmp_path, "apply", "--all", *FAST, env=keys(server))
        terminal.until("Create 2 broadcasts in org org_111")
        terminal.type("\x03")
        result = terminal.end()
        assert result.code == ExitCode.INTERRUPTED
        assert result.out.endswith("acme: interrupted (exit code 130)\nglobex: not begun\ninitech: not begun\n")
        assert posted(server) == []


def test_refused_question_leads_to_the_next_workspace(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        terminal = Terminal(tmp_path, "apply", "--all", *FAST, env=keys(server))
        for org, answer in (("org_111", "n"), ("org_222", "y"), ("org_333", "n")):
            terminal.until(f"Create 2 broadcasts in org {org}")
            terminal.type(f"{answer}\n")
        assert terminal.end().code == ExitCode.REFUSED
        assert len(in_invent(server, "org_222")) == len(posted(server)) == 2


def test_deadline_is_for_all_together(tmp_path: Path) -> None:
    project(tmp_path)
    with invent("delay=1@create:1-9") as server:
        result = call(tmp_path, *APPLY, "--all", "--deadline", "0.5", "--concurrency", "1", env=keys(server))
    assert result.code == ExitCode.INTERRUPTED
    assert result.out.endswith("globex: not begun\ninitech: not begun\n")


def test_two_applies_in_two_workspaces_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    project(tmp_path)
    with invent("delay=0.3@create:1-9") as server:
        env = keys(server)
        with (
            started(tmp_path, *APPLY, "--workspace", "acme", env=env) as one,
            started(tmp_path, *APPLY, "--workspace", "globex", env=env) as other,
        ):
            assert (ended(one).code, ended(other).code) == (0, 0)
        assert recorded(tmp_path, "acme") == in_invent(server, "org_111")
        assert recorded(tmp_path, "globex") == in_invent(server, "org_222")
        assert in_invent(server, "org_333") == set()
        assert len(posted(server)) == 4


def test_two_workspaces_on_two_branches_of_one_clone_are_applied_at_the_same_time(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "--template=", str(tmp_path / "remote.git"))
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--template=", str(tmp_path / "remote.git"), str(clone))
    branches = {name: {**entry, "state": {"branch": f"{name}-state"}} for name, entry in THREE.items()}
    project(clone, branches)
    with invent("delay=0.3@create:1-9") as server:
        env = keys(server)
        with (
            started(clone, *APPLY, "--workspace", "acme", env=env) as one,
            started(clone, *APPLY, "--workspace", "globex", env=env) as other,
        ):
            results = ended(one), ended(other)
        assert [result.code for result in results] == [0, 0], [result.all for result in results]
        for name, org in (("acme", "org_111"), ("globex", "org_222")):
            state = json.loads(git(tmp_path / "remote.git", "show", f"{name}-state:invent.state.json"))
            assert {record["id"] for record in state["broadcasts"].values()} == in_invent(server, org)
            assert state["org"] == org


def test_sandbox_of_each_workspace_has_a_state_and_a_database_of_its_own(tmp_path: Path) -> None:
    project(tmp_path)
    assert call(tmp_path, *APPLY, "--all", "--sandbox").code == 0
    for name in THREE:
        own = tmp_path / ".invent-sandbox" / name
        assert (own / "invent.sandbox.sqlite").exists()
        assert len(json.loads((own / "invent.state.json").read_text(encoding="utf-8"))["broadcasts"]) == 2
        assert not (tmp_path / name / "invent.state.json").exists()
    assert "2 unchanged (org org_222 at sandbox)" in call(tmp_path, "plan", "--workspace", "globex", "--sandbox").out


# ---------------------------------------------------------------- which ones


def test_validate_and_plan_look_at_all_by_default_and_every_other_command_demands_a_choice(tmp_path: Path) -> None:
    project(tmp_path)
    assert list(codes(call(tmp_path, "validate", "--json"))) == list(THREE)
    assert codes(call(tmp_path, "plan", "--json", "--exit-code")) == {"acme": 3, "globex": 3, "initech": 3}
    for words in ("apply --yes", "reconcile", "history", "state list", "state show a", "state verify"):
        result = call(tmp_path, *words.split(), "--json", env={"INVENT_API_KEY": KEY})
        assert result.code == ExitCode.USAGE, words
        assert "acme, globex, initech" in result.json["error"]["cure"]
        assert not (tmp_path / "invent.state.json.lock").exists()


def test_one_workspace_answers_with_its_own_document(tmp_path: Path) -> None:
    project(tmp_path)
    found = call(tmp_path, "plan", "--workspace", "globex", "--json").json
    assert (found["kind"], found["org"]) == ("plan", "org_222")
    assert found["items"][0]["position"]["file"] == "globex/broadcasts/a.yaml"


def test_each_command_reads_the_state_of_the_chosen_workspace(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        env = keys(server)
        assert call(tmp_path, *APPLY, "--workspace", "globex", env=env).code == 0
        moved = call(tmp_path, "state", "mv", "a", "c", "--workspace", "globex", "--json", env=env).json
        assert [record["key"] for record in moved["broadcasts"]] == ["b", "c"]
        listed = call(tmp_path, "state", "list", "--all", "--json", env=env)
        counts = [len(part["document"]["broadcasts"]) for part in listed.json["workspaces"]]
        assert counts == [0, 2, 0]
        assert call(tmp_path, "reconcile", "--all", env=env).code == 0


def test_command_that_plan_prints_settles_the_key_of_the_same_workspace(tmp_path: Path) -> None:
    project(tmp_path)
    with invent("close-before@create:1", "error-before=404@list:*") as server:
        env = keys(server)
        result = call(tmp_path, *APPLY, "--workspace", "globex", "--only", "a", env=env)
        assert result.code == ExitCode.UNSETTLED
        server.faults.clear()
        plan = call(tmp_path, "plan", env=env)
        assert plan.code == ExitCode.UNSETTLED
        printed = [line.strip() for line in plan.out.splitlines() if line.strip().startswith("invent-gitops resolve")]
        settling = next(line for line in printed if "--not-created" in line)
        words = shlex.split(settling.replace("…", "its run is dead, and it is not there"))
        assert call(tmp_path, *words[1:], env=env).code == ExitCode.REFUSED, "its call may be in flight"
        assert call(tmp_path, *words[1:], "--anyway", env=env).code == ExitCode.DONE
    state = json.loads((tmp_path / "globex" / "invent.state.json").read_text("utf-8"))
    assert (state["intents"], len(state["absences"])) == ({}, 1)
    assert recorded(tmp_path, "acme") == set()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("plan --workspace umbrella", "There is no workspace 'umbrella'."),
        ("plan --workspace acme --all", "--workspace and --all cannot be combined."),
        ("plan --workspace ''", "it is empty"),
        ("plan acme/broadcasts", "DEFINITIONS is for a project without workspaces"),
        ("plan acme/broadcasts --workspace acme", "DEFINITIONS is for a project without workspaces"),
        ("plan --all --state other.json", "--state is for one workspace."),
        ("apply --all --yes --approved sha256:1", "--approved is for one workspace."),
        ("plan --out plan.json", "--out names one file for several workspaces."),
        ("apply --all --yes --plan plan.json", "--plan names one file for several workspaces."),
        ("resolve a --all --id b_1", "No such option"),
        ("state rm a --all --reason x", "No such option"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage_and_nothing_is_begun(tmp_path: Path, words: str, message: str) -> None:
    project(tmp_path)
    result = call(tmp_path, *shlex.split(words))
    assert result.code == ExitCode.USAGE
    assert message in result.err
    assert not list(tmp_path.rglob("*.lock"))


@pytest.mark.parametrize("option", [["--workspace", "acme"], ["--all"]])
def test_project_without_workspaces_has_none_to_choose(tmp_path: Path, option: list[str]) -> None:
    define(tmp_path, "a")
    for command in ("validate", "plan", "apply"):
        result = call(tmp_path, command, *option)
        assert result.code == ExitCode.USAGE
        assert "There are no workspaces in this project." in result.err
    (tmp_path / "invent.yaml").write_text("timezone: Europe/Berlin\n", encoding="utf-8")
    assert "There are no workspaces in invent.yaml." in call(tmp_path, "plan", *option).err


# ---------------------------------------------------------------- the account


@pytest.mark.parametrize("given", ["flag", "environment"])
def test_another_org_than_the_reviewed_one_is_refused_before_anything_is_sent(tmp_path: Path, given: str) -> None:
    project(tmp_path)
    flag = ["--org", "org_222"] if given == "flag" else []
    env = {} if given == "flag" else {"INVENT_ORG_ID": "org_222"}
    with invent() as server:
        result = call(tmp_path, *APPLY, "--all", "--json", *flag, env={**keys(server), **env})
        assert codes(result) == {"acme": 5, "globex": 0, "initech": 5}
        refused = result.json["workspaces"][0]["document"]
        assert (refused["kind"], refused["workspace"]) == ("report", "acme")
        assert "org_111" in refused["error"]["message"]
        assert {seen.path.split("/")[2] for seen in server.sandbox.requests} == {"org_222"}


def test_each_workspace_sends_its_own_key_and_no_other(tmp_path: Path) -> None:
    project(tmp_path)
    with invent(key="k-of-globex") as server:
        result = call(tmp_path, *APPLY, "--all", "--json", env=keys(server, globex="k-of-globex"))
    assert codes(result) == {"acme": 6, "globex": 0, "initech": 6}


def test_key_of_any_workspace_is_kept_out_of_what_is_printed(tmp_path: Path) -> None:
    project(tmp_path)
    secret = "k-77aa88bb99cc"
    name = f"name: Leak {secret}\nschedule: 2099-03-01T09:00:00Z\nsegments: [vip]\n"
    (tmp_path / "globex" / "broadcasts" / "a.yaml").write_text(name, encoding="utf-8")
    env = {"INVENT_API_KEY_GLOBEX": secret, "INVENT_API_KEY": "k-77aa88bb99"}
    result = call(tmp_path, "plan", env=env)
    assert "Leak ***" in result.out
    assert secret not in result.all
    assert "k-77aa88bb99" not in result.all


def test_own_org_of_one_key_in_two_variables_is_refused(tmp_path: Path) -> None:
    project(tmp_path, {"acme": {"org": "c"}, "globex": {"org": "c", "key": "INVENT_API_KEY_GLOBEX"}})
    with invent() as server:
        result = call(tmp_path, *APPLY, "--workspace", "acme", env=keys(server))
        assert result.code == ExitCode.REFUSED
        assert "INVENT_API_KEY and INVENT_API_KEY_GLOBEX hold the same key" in result.err
        assert server.sandbox.requests == []
        assert call(tmp_path, *APPLY, "--workspace", "acme", env=keys(server, "another")).code == ExitCode.DONE


# ---------------------------------------------------------------- what is wrong with the input


def test_problems_of_one_workspace_are_shown_with_it_and_the_others_are_checked(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "globex" / "broadcasts" / "a.yaml").write_text("name: x\n", encoding="utf-8")
    result = call(tmp_path, "validate", "--json")
    assert codes(result) == {"acme": 0, "globex": 4, "initech": 0}
    found = result.json["workspaces"][1]["document"]["problems"]
    assert {problem["file"] for problem in found} == {"globex/broadcasts/a.yaml"}
    assert call(tmp_path, "validate", "--workspace", "acme").code == ExitCode.DONE
    assert "globex/broadcasts/a.yaml:1:1" in call(tmp_path, "validate").out


def test_problem_of_the_project_file_is_told_once_and_stops_everything_but_the_check(tmp_path: Path) -> None:
    project(tmp_path, {**THREE, "twin": {"org": "org_111"}})
    (tmp_path / "globex" / "broadcasts" / "a.yaml").write_text("name: x\n", encoding="utf-8")
    result = call(tmp_path, "validate", "--json")
    assert [problem["rule"] for problem in result.json["problems"]] == ["org-twice"]
    assert codes(result) == {"acme": 0, "globex": 4, "initech": 0, "twin": 0}
    assert call(tmp_path, "validate").out.count("org-twice") == 1
    github = call(tmp_path, "validate", "--format", "github").out
    assert github.count("title=org-twice") == 1
    with invent() as server:
        for words in (
            ["plan"],
            [*APPLY, "--all"],
            [*APPLY, "--workspace", "acme"],
            ["reconcile", "--workspace", "acme"],
        ):
            stopped = call(tmp_path, *words, "--json", env=keys(server))
            assert stopped.code == ExitCode.INVALID
            assert [problem["rule"] for problem in stopped.json["problems"]] == ["org-twice"]
        assert server.sandbox.requests == []


def test_problem_of_the_project_file_reaches_reviewers_in_their_form(tmp_path: Path) -> None:
    project(tmp_path, {**THREE, "twin": {"org": "org_111"}})
    step = Step(tmp_path)
    result = call(tmp_path, "plan", "--format", "github", env=step.env)
    assert result.code == ExitCode.INVALID
    assert step.outputs == {"creates": "0", "digest": "", "exit_code": "4"}
    assert "::error file=invent.yaml" in result.out
    assert "org-twice" in step.written
    markdown = call(tmp_path, "plan", "--format", "markdown")
    assert (markdown.code, markdown.out.count("org-twice")) == (ExitCode.INVALID, 1)


def test_link_to_the_definitions_of_another_workspace_is_refused(tmp_path: Path) -> None:
    project(tmp_path)
    for path in (tmp_path / "acme" / "broadcasts").iterdir():
        path.unlink()
    (tmp_path / "acme" / "broadcasts").rmdir()
    (tmp_path / "acme" / "broadcasts").symlink_to("../globex/broadcasts")
    result = call(tmp_path, "plan", "--json")
    assert codes(result) == {"acme": 4, "globex": 0, "initech": 0}
    assert "is a link" in result.json["workspaces"][0]["document"]["error"]["message"]


# ---------------------------------------------------------------- for workflows


def test_outputs_of_a_step_are_sums_and_the_summary_has_a_heading_for_each(tmp_path: Path) -> None:
    project(tmp_path, {**THREE, "globex": {"org": "org_222", "policies": {"max_creates": 1}}})
    step = Step(tmp_path)
    result = call(tmp_path, "plan", "--format", "github", env=step.env)
    assert result.code == ExitCode.REFUSED
    assert step.outputs == {
        "creates": "4",
        "refused": "2",
        "blocked": "0",
        "changed": "0",
        "unchanged": "0",
        "unreachable": "0",
        "digest": "",
        "exit_code": "5",
    }
    assert step.output.read_text("utf-8").count("creates=") == 1
    assert [line for line in step.written.splitlines() if line.startswith("## ")] == [
        "## acme",
        "## globex",
        "## initech",
    ]


def test_outputs_claim_nothing_for_a_workspace_that_could_not_be_planned(tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "globex" / "broadcasts" / "a.yaml").write_text("name: x\n", encoding="utf-8")
    step = Step(tmp_path)
    call(tmp_path, "plan", "--format", "github", env=step.env)
    assert step.outputs == {"creates": "4", "digest": "", "exit_code": "4"}


def test_markdown_of_many_workspaces_fits_into_one_comment(tmp_path: Path) -> None:
    names = [f"w{number}" for number in range(12)]
    project(tmp_path, {name: {"org": f"org_{name}", "policies": {"max_creates": 99}} for name in names})
    for name in names:
        define(tmp_path, *(f"campaign-{number:03}" for number in range(60)), below=f"{name}/broadcasts")
    result = call(tmp_path, "plan", "--format", "markdown")
    assert 40_000 < len(result.out) <= 60_000
    assert [line[3:] for line in result.out.splitlines() if line.startswith("## ")] == names
    assert "Cut to fit" in result.out
    assert result.err.startswith("w0: done\n")


def test_saved_plans_of_all_are_applied_each_in_its_workspace(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        assert call(tmp_path, "plan", "--out", "plan-{workspace}.json", env=keys(server)).code == 0
        saved = json.loads((tmp_path / "plan-globex.json").read_text("utf-8"))
        assert (saved["workspace"], saved["org"]) == ("globex", "org_222")
        define(tmp_path, "late", below="globex/broadcasts")
        result = call(tmp_path, *APPLY, "--all", "--plan", "plan-{workspace}.json", "--json", env=keys(server))
        assert codes(result) == {"acme": 0, "globex": 5, "initech": 0}
        assert in_invent(server, "org_222") == set()


def test_workspaces_lists_what_there_is_and_whether_each_key_is_set(tmp_path: Path) -> None:
    project(tmp_path, {**THREE, "piper": {"org": "c", "state": {"branch": "s"}, "key": "INVENT_API_KEY_P"}})
    env = {"INVENT_API_KEY_GLOBEX": "k-of-globex"}
    text = call(tmp_path, "workspaces", env=env).out
    assert "globex     org_222  globex/broadcasts   globex/invent.state.json       INVENT_API_KEY_GLOBEX\n" in text
    assert "invent.state.json on origin/s  INVENT_API_KEY_P is not set" in text
    found = call(tmp_path, "workspaces", "--json", env=env).json
    assert [one["key"]["set"] for one in found["workspaces"]] == [False, True, False, False]
    assert "k-of-globex" not in text + json.dumps(found)


def test_matrix_is_one_line_and_an_output_of_a_step(tmp_path: Path) -> None:
    project(tmp_path)
    step = Step(tmp_path)
    keys = {"globex": "INVENT_API_KEY_GLOBEX"}
    matrix = {"include": [{"workspace": name, "key": keys.get(name, "INVENT_API_KEY")} for name in THREE]}
    assert call(tmp_path, "workspaces", "--json").json["matrix"] == matrix
    (line,) = call(tmp_path, "workspaces", "--format", "matrix").out.splitlines()
    assert json.loads(line) == matrix
    assert call(tmp_path, "workspaces", "--format", "github", env=step.env).code == 0
    assert json.loads(step.outputs["matrix"]) == matrix


def test_project_without_workspaces_has_an_empty_list_and_no_matrix(tmp_path: Path) -> None:
    found = call(tmp_path, "workspaces", "--json").json
    assert (found["workspaces"], found["matrix"]) == ([], {"include": []})
    for form in ("matrix", "github"):
        result = call(tmp_path, "workspaces", "--format", form)
        assert result.code == ExitCode.USAGE
        assert "there is no matrix" in result.err


# ---------------------------------------------------------------- from one to several


def test_history_from_before_the_workspaces_is_verified_with_the_definitions_of_then(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--template=")
    define(tmp_path, "a")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "-m", "One project")
    with invent() as server:
        env = keys(server)
        assert call(tmp_path, *APPLY, "--org", "org_111", env=env).code == 0
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "-m", "Record it")
        project(tmp_path, {"acme": {"org": "org_111", "definitions": "broadcasts", "state": "invent.state.json"}})
        define(tmp_path, "b")
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "-m", "Several workspaces")
        assert call(tmp_path, *APPLY, "--workspace", "acme", env=env).code == 0
        git(tmp_path, "add", "--all")
        git(tmp_path, "commit", "--quiet", "-m", "Record it again")
        result = call(tmp_path, "state", "verify", "--workspace", "acme", env=env)
        assert (result.code, sorted(ids(tmp_path))) == (0, ["a", "b"]), result.all


def test_segments_of_each_workspace_are_listed(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        assert call(tmp_path, *APPLY, "--all", env=keys(server)).code == 0
        call(tmp_path, "segments", "pull", "--all", env=keys(server))
    shown = call(tmp_path, "segments", "list")
    assert (shown.code, shown.out.count("Workspace ")) == (0, 3)
    one = call(tmp_path, "segments", "list", "--workspace", "acme")
    assert (one.code, "Workspace" in one.out, "vip" in one.out) == (0, False, True), one.all


def test_history_of_a_key_in_all_workspaces_needs_one_that_knows_it(tmp_path: Path) -> None:
    project(tmp_path)
    with invent() as server:
        assert call(tmp_path, *APPLY, "--workspace", "acme", env=keys(server)).code == 0
    everywhere = call(tmp_path, "history", "a", "--all", "--json")
    assert (everywhere.code, set(codes(everywhere).values())) == (0, {0}), everywhere.all
    listed = {part["workspace"]: len(part["document"]["changes"]) for part in everywhere.json["workspaces"]}
    assert listed == {name: int(name == "acme") for name in THREE}
    in_text = call(tmp_path, "history", "a", "--all").out
    assert (in_text.count("This workspace has no key a."), "Nothing was created yet" in in_text) == (2, False)
    nowhere = call(tmp_path, "history", "nosuchkey", "--all", "--json")
    assert (nowhere.code, set(codes(nowhere).values())) == (5, {5}), nowhere.all
    other = next(name for name in THREE if name != "acme")
    assert call(tmp_path, "history", "a", "--workspace", other).code == 5, "the one that was asked does not know it"
