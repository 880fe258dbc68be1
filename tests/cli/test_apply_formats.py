"""`apply --format` and `--out`: the outcome for a step of a workflow, and a document whatever happens."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.render.markdown.document import page
from tests.careful.fast_paths import python_path
from tests.cli.test_plan_formats import EVIL
from tests.running import (
    FAST,
    ROOT,
    STATE,
    Fault,
    Received,
    Reply,
    Result,
    Terminal,
    account,
    at_deadline,
    call,
    define,
    ended,
    hold_creates,
    http,
    ids,
    invent,
    posted,
    run,
    scripted,
    started,
    stops,
    until,
)
from tests.steps import LINKS, Step, commands
from tests.text.test_clean import is_harmless

OUT = ("--out", "report.json")
NEVER = "v2:1:" + "0" * 16 + ":" + "0" * 64


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "repo" / "examples"
    define(folder, "a", "b")
    (tmp_path / "repo" / ".git").mkdir()
    return folder


def kept(folder: Path, name: str = "report.json") -> Any:
    """The document in a file, which keeps its schema and has a page."""
    found = json.loads((folder / name).read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "schemas" / f"{found['kind']}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert page(found)
    return found


def answering(lost: str = "", refused: str = "", **more: object) -> Any:
    def answer(request: Received) -> Reply | Fault:
        if request.method == "GET":
            return http(200, [], pagination_count=0)
        body = request.json()
        last = body["name"].split()[-1]
        if last == lost:
            return Fault.CLOSE
        if last == refused:
            return http(422, {"message": more.get("words", "No such segment")})
        return http(200, {**body, "id": more.get("id", f"b_{last}"), "status": "DRAFT", "segments": [{"id": "vip"}]})

    return answer


# ---------------------------------------------------------------- a step of a workflow


def test_step_gets_the_log_the_summary_and_the_outputs(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    with invent() as server:
        env = account(server.url) | step.env | LINKS | {"GITHUB_ACTOR": "ann"}
        result = run(project, "apply", "--yes", "--format", "github", *OUT, *FAST, env=env)
        assert result.code == 0, result.err
    recorded = ids(project)
    assert "2 broadcasts to create" in result.out
    assert "2 created." in result.out
    assert commands(result) == []
    assert step.written.startswith("### ✅ 2 broadcasts created\n")
    assert all(f"`{id}`" in step.written for id in recorded.values())
    outputs = step.outputs
    assert json.loads(outputs.pop("ids")) == recorded
    assert outputs.pop("digest").startswith("v2:2:")
    assert outputs == {
        "created": "2",
        "adopted": "0",
        "already_created": "0",
        "not_created": "0",
        "unknown": "0",
        "unreachable": "0",
        "exit_code": "0",
    }
    document = kept(project)
    assert {one["key"]: one["id"] for one in document["outcomes"]} == recorded
    assert (document["by"], document["commit"]) == ("ann", LINKS["GITHUB_SHA"])


def test_what_went_wrong_is_annotated_at_the_definitions(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    define(project, "c")
    with scripted(answering(lost="b", refused="c")) as server:
        env = account(server.url) | step.env
        result = run(project, "apply", "--yes", "--format", "github", *OUT, *FAST, env=env)
    assert result.code == ExitCode.UNSETTLED
    lines = commands(result)
    assert lines[0].startswith(
        "::error file=examples/broadcasts/b.yaml,line=1,col=1,title=unknown::b: “Campaign b” may"
    )
    assert lines[1].startswith(
        "::error file=examples/broadcasts/c.yaml,line=1,col=1,title=not created::c: “Campaign c”"
    )
    assert "No such segment" in lines[1]
    assert step.written.startswith("### ⛔ 1 created, 1 may have been created: look before anyone retries\n")
    assert "`invent-gitops resolve --base-url" in step.written
    assert step.outputs["unknown"] == step.outputs["not_created"] == step.outputs["created"] == "1"
    [lost] = [one for one in kept(project)["outcomes"] if one["key"] == "b"]
    assert lost["intent"]["candidates"] == []


def test_step_says_in_the_same_three_places_why_nothing_could_begin(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    (project / STATE).write_text("{", encoding="utf-8")
    result = run(project, "apply", "--yes", "--format", "github", *OUT, env=step.env)
    assert result.code == ExitCode.INVALID
    assert commands(result)[0].startswith("::error title=invent-gitops apply::")
    assert result.err.startswith("Error: ")
    assert step.written.startswith("### ⛔ Nothing was created: the input cannot be used\n")
    assert step.outputs == {"created": "0", "adopted": "0", "already_created": "0", "not_created": "0", "unknown": "0",
                            "ids": "{}", "digest": "", "exit_code": "4"}  # fmt: skip


def test_problems_of_the_input_are_annotated_and_in_the_summary(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    (project / "broadcasts" / "a.yaml").write_text("name: A\nshedule: x\n", encoding="utf-8")
    result = run(project, "apply", "--yes", "--format", "github", *OUT, env=step.env)
    assert result.code == ExitCode.INVALID
    assert commands(result)[0].startswith("::error file=examples/broadcasts/a.yaml,line=")
    assert "problems in the input: nothing was created" in step.written
    assert kept(project)["problems"]


def test_format_json_is_the_same_as_json_and_two_forms_are_wrong_usage(project: Path) -> None:
    result = call(project, "apply", "--yes", "--format", "json", "--sandbox", *FAST)
    assert [one["outcome"] for one in result.json["outcomes"]] == ["created", "created"]
    both = call(project, "apply", "--yes", "--json", "--format", "github", "--sandbox", *OUT)
    assert both.code == kept(project)["exit_code"] == ExitCode.USAGE


# ---------------------------------------------------------------- --out, in every case


def test_out_holds_the_document_that_json_prints(project: Path) -> None:
    printed = call(project, "apply", "--yes", "--json", "--sandbox", *OUT, *FAST).json
    assert kept(project) == printed


def test_out_holds_the_document_that_json_prints_also_when_it_is_refused(project: Path) -> None:
    printed = call(project, "apply", "--yes", "--json", "--sandbox", "--approved", NEVER, *OUT).json
    assert {**kept(project), "at": ""} == {**printed, "at": ""}
    assert printed["error"]["message"].startswith("The approved digest is of a plan for another org, API or")
    assert printed["plan"]["counts"]["create"] == 2
    assert printed["outcomes"] == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), ExitCode.REFUSED),
        (("--yes", "--approved", NEVER), ExitCode.REFUSED),
        (("--yes", "--plan", "none.json"), ExitCode.REFUSED),
        (("--yes", "--only", "nothing"), ExitCode.USAGE),
        (("--yes", "no/such/folder"), ExitCode.INVALID),
    ],
)
def test_run_that_creates_nothing_leaves_a_report_that_says_why(
    project: Path, words: tuple[str, ...], code: int
) -> None:
    call(project, "apply", "--yes", "--sandbox", "--only", "a", *OUT)
    assert kept(project)["exit_code"] == 0
    assert call(project, "apply", "--sandbox", *words, *OUT).code == code
    document = kept(project)
    assert (document["kind"], document["exit_code"]) == ("report", code), "the older report is gone"
    assert document["error"] or document["problems"]
    assert not [one for one in document.get("outcomes", ()) if one["outcome"] == "created"]


def test_no_at_the_terminal_leaves_a_report_and_so_does_ctrl_c(project: Path) -> None:
    with invent() as server:
        for typed, code in (("n\n", ExitCode.REFUSED), ("\x03", ExitCode.INTERRUPTED)):
            terminal = Terminal(project, "apply", *OUT, env=account(server.url))
            terminal.until("[y/N]")
            terminal.type(typed)
            assert terminal.end().code == code
            assert kept(project)["exit_code"] == code


def test_signal_leaves_the_report_of_what_was_done_by_then(project: Path) -> None:
    define(project, *(f"k{number}" for number in range(6)))
    with invent() as server:
        go = hold_creates(server, 3)
        words = ("apply", "--yes", "--concurrency", "2", *OUT, *FAST)
        with started(project, *words, env=account(server.url)) as process:
            until(lambda: server.faults.seen("create") >= 4)
            stops(process, signal.SIGTERM)
            go.set()
            assert ended(process).code == ExitCode.INTERRUPTED
    document = kept(project)
    assert document["stopped"]
    created = [one["id"] for one in document["outcomes"] if one["outcome"] == "created"]
    assert sorted(created) == sorted(ids(project).values())
    assert page(document).startswith("### ⚠️ Stopped after 4 of 8: a re-run goes on with the rest\n")


def test_deadline_leaves_the_report_too(project: Path) -> None:
    with invent() as server:

        def attempt(seconds: float) -> Result:
            server.faults.add(f"delay={seconds + 1}@create:1")
            words = ("apply", "--yes", "--concurrency", "1", "--deadline", f"{seconds}", *OUT, *FAST)
            return run(project, *words, env=account(server.url))

        result, _ = at_deadline(attempt, lambda: posted(server))
    assert result.code == ExitCode.INTERRUPTED
    assert kept(project)["stopped"]


def test_killed_run_leaves_no_older_report_but_one_that_says_it_is_not_done(project: Path) -> None:
    call(project, "apply", "--yes", "--sandbox", "--only", "a", "--state", "other.json", *OUT)
    assert kept(project)["exit_code"] == 0
    with (
        invent("hang=600@create:*") as server,
        started(project, "apply", "--yes", *OUT, *FAST, env=account(server.url)) as process,
    ):
        until(lambda: bool(posted(server)))
        process.kill()
        process.wait()
    document = kept(project)
    assert document["exit_code"] == ExitCode.INTERRUPTED
    assert "killed" in document["error"]["message"]
    assert [one["outcome"] for one in document["outcomes"]] == ["unknown", "unknown"]
    told = page(document, with_plan=False)
    assert told.startswith("### ⚠️ It was cut off: 2 may have been created\n")
    assert "Run it again: it looks in Invent first, and creates nothing twice." in told
    assert "| <b>Campaign a</b><br>`a` |" in told
    assert "resolve" not in told


def test_run_that_is_killed_before_anything_was_begun_names_nothing(project: Path) -> None:
    with (
        invent("hang=600@list:*") as server,
        started(project, "apply", "--yes", *OUT, *FAST, env=account(server.url)) as process,
    ):
        until(lambda: bool(server.sandbox.requests) or server.faults.seen("list") > 0)
        process.kill()
        process.wait()
    assert page(kept(project)).startswith("### ⚠️ It was cut off before its end\n")


def test_bug_leaves_a_report_that_does_not_claim_that_nothing_was_created(project: Path) -> None:
    # A broken library is the nearest to a bug of our own that can be had without touching our code.
    (project / "filelock.py").write_text("raise RuntimeError('broken')\n", encoding="utf-8")
    env = {"PYTHONPATH": f"{project}:{python_path()}"}
    result = run(project, "apply", "--yes", "--sandbox", *OUT, env=env)
    assert result.code == kept(project)["exit_code"] == ExitCode.BUG
    assert page(kept(project)).startswith("### ⛔ It broke off: look before anyone retries\n")


@pytest.mark.parametrize("content", ['{"kind": "plan"}', "name: A\n", '{"version": 1, "broadcasts": {}}', "[]"])
def test_file_that_is_no_report_is_not_written_over_and_nothing_is_created(project: Path, content: str) -> None:
    path = project / "report.json"
    path.write_text(content, encoding="utf-8")
    with invent() as server:
        result = call(project, "apply", "--yes", "--format", "json", *OUT, *FAST, env=account(server.url))
        assert result.code == ExitCode.REFUSED
        assert "is not a report" in result.json["error"]["message"]
        assert posted(server) == []
    assert path.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("out", ["no/such/report.json", f"{'x' * 300}.json"])
def test_report_that_cannot_be_written_is_found_out_before_anything_is_created(project: Path, out: str) -> None:
    with invent() as server:
        result = call(project, "apply", "--yes", "--out", out, *FAST, env=account(server.url))
        assert result.code == ExitCode.INVALID
        assert "The report cannot be written to" in result.err
        assert server.sandbox.requests == []


def test_empty_out_is_wrong_usage(project: Path) -> None:
    for command in ("plan", "apply"):
        assert call(project, command, "--out", "").code == ExitCode.USAGE


def test_empty_file_is_written_over_since_nothing_is_lost(project: Path) -> None:
    (project / "report.json").write_text("", encoding="utf-8")
    assert call(project, "apply", "--yes", "--sandbox", *OUT, *FAST).code == 0
    assert kept(project)["outcomes"]


@pytest.mark.parametrize(("fault", "code"), [("", ExitCode.REFUSED), ("close-before@create:1", ExitCode.UNSETTLED)])
def test_report_that_cannot_be_written_any_more_is_told_and_loses_no_worse_outcome(
    project: Path, fault: str, code: int
) -> None:
    path = project / "report.json"
    with invent("delay=0.5@create:*", *([fault] if fault else [])) as server:
        words = ("apply", "--yes", "--json", *OUT, *FAST)
        with started(project, *words, env=account(server.url)) as process:
            until(lambda: server.faults.seen("create") > 0)
            path.write_text("somebody else's now", encoding="utf-8")
            result = ended(process)
    assert result.code == code
    assert result.json["exit_code"] == code
    assert "report.json is not a report, so it is not overwritten." in result.err
    assert {one["id"] for one in result.json["outcomes"] if one["id"]} == set(ids(project).values())
    assert path.read_text(encoding="utf-8") == "somebody else's now"


def test_report_is_put_in_place_in_one_step_also_through_a_link(project: Path) -> None:
    (project / "there").mkdir()
    (project / "report.json").symlink_to("there/real.json")
    assert call(project, "apply", "--yes", "--sandbox", *OUT, *FAST).code == 0
    assert (project / "report.json").is_symlink()
    assert kept(project / "there", "real.json")["outcomes"]
    assert [path.name for path in (project / "there").iterdir()] == ["real.json"]


def test_stream_gets_one_document_only(project: Path) -> None:
    result = run(project, "apply", "--yes", "--sandbox", "-q", "--out", "/dev/stderr", *FAST)
    assert json.loads(result.err)["exit_code"] == 0


def test_key_that_got_into_a_report_does_not_get_into_the_file(project: Path) -> None:
    key = "k-secret-123456"
    with scripted(answering(id=key)) as server:
        call(project, "apply", "--yes", "--only", "a", *OUT, *FAST, env=account(server.url, key))
    assert key not in (project / "report.json").read_text(encoding="utf-8")


# ---------------------------------------------------------------- plan --out, in every case


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda folder: (folder / "broadcasts" / "a.yaml").write_text("name: A\n", encoding="utf-8"), 4),
        (lambda folder: (folder / STATE).write_text("{", encoding="utf-8"), 4),
        (lambda folder: (folder / "invent.yaml").write_text("state: {branch: x, remote: gone}\n", encoding="utf-8"), 4),
        (lambda folder: (folder / "invent.yaml").write_text("policies: {max_creates: 1}\n", encoding="utf-8"), 5),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "markdown", "github"])
def test_plan_that_fails_replaces_an_older_one_and_apply_refuses_it(
    project: Path, harm: Any, code: int, form: str
) -> None:
    assert call(project, "plan", "--out", "plan.json").code == 0
    assert kept(project, "plan.json")["counts"]["create"] == 2
    harm(project)
    result = call(project, "plan", "--out", "plan.json", "--format", form)
    document = kept(project, "plan.json")
    assert result.code == document["exit_code"] == code
    for name in ("invent.yaml", STATE):
        (project / name).unlink(missing_ok=True)
    define(project, "a")
    refused = call(project, "apply", "--yes", "--sandbox", "--plan", "plan.json")
    assert refused.code == ExitCode.REFUSED
    assert not (project / STATE).exists()


def test_saved_plan_has_a_page_without_its_project(project: Path) -> None:
    (project / "invent.yaml").write_text("timezone: Europe/Berlin\n", encoding="utf-8")
    (project / "segments.yaml").write_text("vip: {id: seg_1}\nnew: {id: seg_2}\n", encoding="utf-8")
    assert call(project, "apply", "--yes", "--sandbox", *FAST).code == 0
    path = project / "broadcasts" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[vip]", "[new]"), encoding="utf-8")
    result = call(project, "plan", "--sandbox", "--out", "plan.json", "--format", "markdown")
    document = kept(project, "plan.json")
    assert (document["timezone"], document["options"]) == ("Europe/Berlin", " --sandbox")
    assert document["segment_names"] == {"seg_1": "vip", "seg_2": "new"}
    assert page(document) == result.out.rstrip("\n")
    assert "`segment_ids`: in Invent <b>vip</b>, in the file <b>new</b>" in result.out


def test_plan_that_is_killed_leaves_none_that_could_be_taken_for_it(project: Path) -> None:
    call(project, "plan", "--out", "plan.json")
    before = (project / "plan.json").read_text(encoding="utf-8")
    # Reading it never comes to an end.
    os.mkfifo(project / STATE)
    with started(project, "plan", "--out", "plan.json") as process:
        until(lambda: (project / "plan.json").read_text(encoding="utf-8") != before)
        process.kill()
        process.wait()
    assert "killed" in kept(project, "plan.json")["error"]["message"]


# ---------------------------------------------------------------- what others wrote


def test_hostile_answers_of_the_api_and_hostile_names_of_a_runner_act_nowhere(project: Path, tmp_path: Path) -> None:
    step = Step(tmp_path)
    evil = f"{EVIL}\n::error::z\x1b[31m\r##[group]"
    define(project, "c")
    env = step.env | LINKS | {"GITHUB_ACTOR": evil, "GITHUB_RUN_ID": f"1){evil}"}
    with scripted(answering(lost="b", refused="c", words=evil, id=f"id {evil}")) as server:
        result = run(project, "apply", "--yes", "--format", "github", *OUT, *FAST, env=account(server.url) | env)
        assert result.code == ExitCode.UNSETTLED
        again = run(project, "plan", "--format", "github", "--out", "plan.json", env=account(server.url) | env)
    for each in (result, again):
        assert [line for line in each.all.split("\n") if not line.startswith("::") and not is_harmless(line)] == []
        assert all(line.startswith(("::error file=examples/", "::notice file=examples/")) for line in commands(each))
        assert "##[" not in each.all
    assert [line for line in step.written.split("\n") if not is_harmless(line.replace("\u200b", ""))] == []
    for harm in ("<img", "@everyone", "##["):
        assert harm not in step.written
    assert set(step.outputs) == {"created", "adopted", "already_created", "not_created", "unknown", "ids", "digest",
                                 "exit_code", "creates", "refused", "blocked", "changed", "unchanged",
                                 "unreachable"}  # fmt: skip
    assert "##[" not in (project / "report.json").read_text(encoding="utf-8")
    assert kept(project)["by"] == evil


def test_workflow_is_warned_of_a_state_that_its_runner_forgets(project: Path) -> None:
    with invent() as server:
        env = {**account(server.url), "GITHUB_ACTIONS": "true"}
        first = call(project, "apply", "--yes", *FAST, env=env)
        assert "::warning title=the state is a file of this runner::The next run does not know" in first.err
        assert "commits invent.state.json" in first.err
        again = call(project, "apply", "--yes", *FAST, env=env)
        assert "::warning" not in again.err, "nothing is created, so nothing is forgotten"
    assert "::warning" not in call(project, "apply", "--yes", "--sandbox", "--state", "s.json", env=env).err
