"""The help of a command names the token and the variables of a workflow that the command really reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.cli.help_page import VARIABLES
from tests.branch_repository import applied, git, hub, told
from tests.running import call, invent
from tests.state.test_branch_token import Guarded, clone, workflow

# What each command that can use git's remote is called with.
ARGUMENTS = {
    "plan": (),
    "apply": ("--yes",),
    "status": (),
    "calendar": (),
    "refresh": (),
    "reconcile": (),
    "resolve": ("one", "--id", "b_1", "--reason", "found"),
    "import": ("--all",),
    "history": (),
    "validate": (),
    "segments pull": (),
    "segments list": (),
    "state list": (),
    "state show": ("one",),
    "state mv": ("one", "two"),
    "state rm": ("one", "--reason", "gone"),
    "state restore": ("one", "--reason", "back"),
    "state verify": (),
    "workspaces": (),
}


def test_the_help_names_the_token_for_each_command_that_gives_it_to_git(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one")
    readers = set()
    with Guarded(remote.bare.parent) as server, invent() as api:
        folder = clone(remote, server)
        assert applied(folder, api, env=workflow(server)).code == 0
        for words, arguments in ARGUMENTS.items():
            server.seen.clear()
            told(folder, api, *words.split(), *arguments, env=workflow(server))
            if any(server.seen):
                readers.add(words)
        server.shutdown()
    named = {words for words in VARIABLES["GITHUB_TOKEN"][1] if words in ARGUMENTS}
    assert readers == named


# The first is asked for before the second.
ASKED_FOR = {"GITHUB_REPOSITORY": "acme/campaigns", "GITHUB_SHA": "a" * 40}
STEPS = {
    "github comment": ("plan.json",),
    "github outdated": (),
    "github approved": (),
    "github issue": ("plan.json", "--title", "Broadcasts"),
}


@pytest.mark.parametrize("words", STEPS)
def test_the_help_names_each_variable_without_which_a_step_refuses(tmp_path: Path, words: str) -> None:
    assert call(tmp_path, "init").code == 0
    assert call(tmp_path, "plan", "--out", "plan.json").code == 0
    page, env = call(tmp_path, *words.split(), "--help").out, dict.fromkeys(ASKED_FOR, "")
    for name, value in ASKED_FOR.items():
        refused = call(tmp_path, *words.split(), *STEPS[words], env=env)
        assert refused.code == 2, refused.all
        assert f"Error: {name} " in refused.err
        assert f"\n  {name} " in page
        env[name] = value


@pytest.mark.parametrize("absent", ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"])
def test_the_help_of_the_comment_names_each_part_of_the_address_of_its_run(tmp_path: Path, absent: str) -> None:
    parts = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/campaigns", "GITHUB_RUN_ID": "7"}
    address = "https://github.com/acme/campaigns/actions/runs/7/artifacts/1"
    refused = call(tmp_path, "github", "comment", "plan.json", "--calendar-url", address, env={**parts, absent: ""})
    assert "it is not an artifact of this run" in refused.err
    assert (
        "it is not an artifact"
        not in call(tmp_path, "github", "comment", "plan.json", "--calendar-url", address, env=parts).err
    )
    assert f"\n  {absent} " in call(tmp_path, "github", "comment", "--help").out


def test_the_help_of_init_names_the_variable_that_names_the_server(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert call(tmp_path, "init", "--github", env={"GITHUB_SERVER_URL": "https://git.acme.test"}).code == 0
    workflow_text = (tmp_path / ".github/workflows/broadcasts-apply.yml").read_text(encoding="utf-8")
    assert "queue: max" not in workflow_text
    assert "\n  GITHUB_SERVER_URL " in call(tmp_path, "init", "--help").out
