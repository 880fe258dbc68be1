"""Odd repositories around a state branch: histories that are cut off, variables of another git, locks left behind."""

from __future__ import annotations

from pathlib import Path

from tests.branch_repository import BRANCH, applied, commit, definition, git, hub, told
from tests.running import invent


def test_a_history_that_a_shallow_fetch_has_cut_off_is_no_rewritten_one(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one")
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        shallow = tmp_path / "shallow"
        url = f"file://{remote.bare}"
        git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", "--branch", "main", url, str(shallow))
        assert told(shallow, server, "plan", "--exit-code").code == 0
        (clone / "broadcasts" / "two.yaml").write_text(definition("two"), encoding="utf-8")
        commit(clone, "Two")
        assert applied(clone, server).code == 0
        git(shallow, "fetch", "--quiet", "--depth", "1", "origin", "+refs/heads/*:refs/remotes/origin/*")
        done = told(shallow, server, "plan")
    assert done.code == 0, done.all
    assert "rewritten" not in done.all


def test_a_repository_that_the_environment_names_is_not_taken_for_that_of_the_project(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one")
    clone = remote.clone("clone")
    other = tmp_path / "other"
    git(tmp_path, "init", "--quiet", str(other))
    with invent() as server:
        assert applied(clone, server, env={"GIT_DIR": str(other / ".git")}).code == 0
    assert list(remote.ids) == ["one"]


def test_a_ref_of_this_clone_that_is_locked_makes_no_failure_of_a_push_that_went_well(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one")
    clone = remote.clone("clone")
    with invent() as server:
        ref = clone / ".git" / "refs" / "invent-gitops" / "origin" / f"{BRANCH}.lock"
        ref.parent.mkdir(parents=True)
        ref.touch()
        done = applied(clone, server)
    assert done.code == 0, done.all
    assert list(remote.ids) == ["one"]
