"""`init --github` in a project that is there: the state goes to a branch, and the steps are in the right order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.branch_repository import APPLY, git
from tests.careful.fast_paths import python_path
from tests.running import account, call, define, invent

ACTION = "somebody/invent-gitops@" + "a1" * 20
INIT = ("init", "--github", "--action", ACTION)
ENTRY = "state: {branch: broadcast-state}\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", "hub.git")
    git(folder, "init", "--quiet", "--template=", "--initial-branch=main")
    git(folder, "config", "user.name", "Alice")
    git(folder, "config", "user.email", "alice@example.com")
    git(folder, "remote", "add", "origin", "../hub.git")
    return folder


def read(folder: Path) -> str:
    return (folder / "invent.yaml").read_bytes().decode("utf-8")


def test_after_a_plain_init_the_project_file_gets_the_one_entry_and_keeps_the_rest(repository: Path) -> None:
    call(repository, "init")
    before = read(repository)
    done = call(repository, *INIT)
    assert done.code == 0, done.all
    assert "added state: {branch: broadcast-state} to invent.yaml\n" in done.out
    assert read(repository).startswith(before)
    assert read(repository).endswith(ENTRY)
    assert call(repository, "validate").code == 0
    again = call(repository, *INIT)
    assert "kept  invent.yaml\n" in again.out
    assert read(repository).count("state:") == 1


@pytest.mark.parametrize(
    "text",
    [
        "# Ours\ntimezone: UTC # here\n\npolicies:\n  max_creates: 9 # few\n# The end\n",
        "timezone: UTC\r\n# CRLF\r\n",
        "{timezone: UTC} # on one line\n",
        "# Nothing but a comment\n",
    ],
)
def test_comments_and_ways_of_writing_stay(repository: Path, text: str) -> None:
    (repository / "invent.yaml").write_bytes(text.encode())
    done = call(repository, *INIT)
    assert (done.code, "added state:" in done.out) == (0, True), done.all
    assert [line for line in text.splitlines() if line and line not in read(repository)] in ([], [text.strip()])
    assert all(remark in read(repository) for remark in re.findall(r"#.*", text))
    (repository / "broadcasts" / "welcome.yaml").unlink()
    define(repository, "first")
    assert call(repository, "validate").code == 0


def test_a_dry_run_says_what_it_would_add_and_adds_nothing(repository: Path) -> None:
    call(repository, "init")
    before = read(repository)
    done = call(repository, *INIT, "--dry-run")
    assert "would add state: {branch: broadcast-state} to invent.yaml\n" in done.out
    assert read(repository) == before
    assert not any(file["written"] for file in call(repository, *INIT, "--dry-run", "--json").json["files"])
    files = call(repository, *INIT, "--json").json["files"]
    assert {"path": "invent.yaml", "written": True, "existed": True} in files


@pytest.mark.parametrize("text", ["state: mine.state.json\n", '{"state": "mine.state.json"}\n'])
def test_a_place_that_a_person_chose_is_kept_and_the_first_step_is_to_write_another(
    repository: Path, text: str
) -> None:
    (repository / "invent.yaml").write_text(text, encoding="utf-8")
    done = call(repository, *INIT)
    assert (done.code, read(repository)) == (0, text)
    first = done.err.partition("1. ")[2]
    assert first.startswith("Your invent.yaml keeps the state in a file, which a workflow forgets.")
    assert f"in place of that:\n{ENTRY}" in first


def test_a_project_file_that_is_a_link_is_not_written_to(repository: Path) -> None:
    (repository / "real.yaml").write_text("timezone: UTC\n", encoding="utf-8")
    (repository / "invent.yaml").symlink_to("real.yaml")
    done = call(repository, *INIT)
    assert (done.code, read(repository)) == (0, "timezone: UTC\n")
    assert "kept  invent.yaml\n" in done.out


def commands(text: str) -> list[str]:
    """The lines of the numbered list that are to be pasted, but for those of `gh`."""
    return [line for line in text.splitlines() if line.startswith(("git push", "invent-gitops state", "rm "))]


def paste(folder: Path, lines: list[str], env: dict[str, str]) -> None:
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    script = f'#!/bin/sh\nPYTHONPATH={python_path()} exec {sys.executable} -m invent_gitops "$@"\n'
    (programs / "invent-gitops").write_text(script, encoding="utf-8")
    (programs / "invent-gitops").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["sh", "-eu"],
        input="\n".join(lines),
        cwd=folder,
        env={**os.environ, **env, "PATH": path},
        check=True,
        text=True,
    )


def test_followed_step_by_step_nothing_is_created_twice_and_nothing_is_undone(repository: Path) -> None:
    with invent() as server:
        env = account(server.url)
        call(repository, "init")
        (repository / "broadcasts" / "welcome.yaml").unlink()
        define(repository, "first")
        assert call(repository, *APPLY, env=env).code == 0
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "-m", "By hand")
        done = call(repository, *INIT)
        steps = commands(done.err)
        assert steps == [
            "git push -u origin main",
            "invent-gitops state migrate",
            "rm invent.state.json",
            "git push -u origin main",
        ]
        # Before the state is on its branch, a hasty apply is refused.
        assert call(repository, *APPLY, env=env).code == 5
        paste(repository, steps[:3], env)
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "-m", "With workflows")
        paste(repository, steps[3:], env)
        hub = repository.parent / "hub.git"
        assert git(hub, "for-each-ref", "--format=%(refname:short)").split() == ["broadcast-state", "main"]
        assert git(hub, "ls-tree", "--name-only", "broadcast-state") == "invent.state.json"
        assert "invent.state.json" not in git(hub, "ls-tree", "--name-only", "main")
        result = call(repository, *APPLY, env=env)
        assert (result.code, "Nothing to create" in result.out) == (0, True), result.all
        assert len(server.sandbox.broadcasts()) == 1


def test_the_state_of_a_workspace_that_is_still_in_its_file_is_not_forgotten(repository: Path) -> None:
    with invent() as server:
        env = account(server.url)
        (repository / "invent.yaml").write_text(
            "workspaces:\n  acme: # ours\n    org: c\n    timezone: UTC\n", encoding="utf-8"
        )
        define(repository / "acme", "first")
        assert call(repository, *APPLY, "--workspace", "acme", env=env).code == 0
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "-m", "By hand")
        done = call(repository, *INIT)
        assert "  acme: # ours\n    state: {branch: broadcast-state-acme}\n    org: c\n" in read(repository)
        hasty = call(repository, *APPLY, "--workspace", "acme", env=env)
        assert (hasty.code, "There is a state in the file invent.state.json" in hasty.err) == (5, True), hasty.all
        steps = commands(done.err)
        assert "invent-gitops state migrate --workspace acme" in steps
        assert "rm acme/invent.state.json" in steps
        paste(repository, steps[:3], env)
        result = call(repository, *APPLY, "--workspace", "acme", env=env)
        assert (result.code, "Nothing to create" in result.out) == (0, True), result.all


def test_branch_that_another_workspace_has_chosen_is_not_given_twice(repository: Path) -> None:
    text = "workspaces:\n  acme: {org: o1, state: {branch: broadcast-state-globex}}\n  globex:\n    org: o2\n"
    (repository / "invent.yaml").write_text(text, encoding="utf-8")
    call(repository, *INIT)
    assert "state: {branch: broadcast-state-globex-2}\n" in read(repository)
    assert "state-twice" not in call(repository, "validate").out


def test_the_steps_are_one_list_and_the_rules_of_the_branches_come_after_the_push(repository: Path) -> None:
    done = call(repository, *INIT)
    numbers = re.findall(r"^(\d+)\. ", done.err, re.MULTILINE)
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    words = ["welcome.yaml", "CODEOWNERS", "gh api -X PUT", "gh secret set", "git push", "github check", "Open a pull"]
    assert sorted(words, key=done.err.index) == words
    git(repository, "remote", "set-url", "origin", "https://github.com/acme/campaigns.git")
    assert "gh secret set INVENT_API_KEY --env broadcasts --repo acme/campaigns\n" in call(repository, *INIT).err
