"""Old runs of any CI: git says which commit they are of, and what was taken back since is not created."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from invent_gitops.sandbox.server import Server
from tests.branch_repository import Hub, applied, commit, definition, git, hub, told
from tests.running import FAST, account, call, define, invent, live, posted

IN_FILE = "{}\n"
GIT = shutil.which("git")


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "kept", "moved", "taken-back")


@pytest.fixture(params=["branch", "file"])
def place(request: pytest.FixtureRequest, remote: Hub) -> str:
    """Where the state is; both are judged alike."""
    if request.param == "file":
        _commit(remote, "Keep the state in a file", lambda clone: (clone / "invent.yaml").write_text(IN_FILE, "utf-8"))
    return str(request.param)


def _commit(remote: Hub, subject: str, change: Callable[[Path], object]) -> str:
    """A commit on the remote's main, made elsewhere."""
    clone = remote.clone("elsewhere")
    change(clone)
    made = commit(clone, subject)
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    shutil.rmtree(clone)
    return made


def _go_on(clone: Path) -> None:
    (clone / "broadcasts" / "taken-back.yaml").unlink()
    (clone / "broadcasts" / "moved.yaml").write_text(definition("moved", "Moved"), encoding="utf-8")


def _refused(clone: Path, server: Server, *words: str, env: dict[str, str]) -> None:
    """What the newest commit does not define so is not created, and the rest is."""
    done = applied(clone, server, *words, env=env)
    assert done.code == 5, done.all
    assert posted(server) == ["Campaign kept"]
    assert "does not define it any more" in done.all
    assert "defines it differently" in done.all


def _detached(clone: Path, old: str) -> None:
    git(clone, "checkout", "--quiet", "--detach", old)


def _on_main(clone: Path, old: str) -> None:
    """As actions/checkout does it."""
    git(clone, "checkout", "--quiet", "-B", "main", old)


def _as_a_tag(clone: Path, old: str) -> None:
    git(clone, "tag", "v1", old)
    git(clone, "checkout", "--quiet", "v1")


def _on_a_local_branch(clone: Path, old: str) -> None:
    git(clone, "checkout", "--quiet", "--no-track", "-b", "job", old)


RUNS = {
    "any CI": {"CI": "true"},
    "GitHub with its variables at the tip": {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_SHA": "T",
    },
    "GitHub, a release": {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/tags/v1", "GITHUB_SHA": "T"},
    "GitLab": {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "main"},
    "a wrong hint": {"CI": "1", "CIRCLE_BRANCH": "nowhere", "BUILDKITE_BRANCH": "v1"},
}


@pytest.mark.parametrize("how", [_detached, _on_main, _as_a_tag, _on_a_local_branch])
def test_a_run_of_an_older_commit_creates_nothing_that_was_changed_since(
    remote: Hub, place: str, how: Callable[[Path, str], None]
) -> None:
    old = git(remote.bare, "rev-parse", "main")
    tip = _commit(remote, "Take one back", _go_on)
    clone = remote.clone("clone")
    how(clone, old)
    with invent() as server:
        _refused(clone, server, env={"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": tip})


@pytest.mark.parametrize("run", RUNS)
def test_it_is_the_same_in_every_ci_whatever_its_variables_say(remote: Hub, run: str) -> None:
    old = git(remote.bare, "rev-parse", "main")
    tip = _commit(remote, "Take one back", _go_on)
    clone = remote.clone("clone")
    _detached(clone, old)
    with invent() as server:
        _refused(
            clone,
            server,
            env={name: value.replace("T", tip) if value == "T" else value for name, value in RUNS[run].items()},
        )


@pytest.mark.parametrize("run", RUNS)
def test_a_run_of_the_newest_commit_creates_everything(remote: Hub, place: str, run: str) -> None:
    tip = _commit(remote, "Take one back", _go_on)
    clone = remote.clone("clone")
    _detached(clone, tip)
    with invent() as server:
        done = applied(clone, server, env=RUNS[run] | {"GITHUB_SHA": "0" * 40})
        assert done.code == 0, done.all
        assert posted(server) == ["Campaign kept", "Moved"]


def test_older_files_in_the_checkout_of_the_newest_commit_are_compared_with_it(remote: Hub, place: str) -> None:
    old = git(remote.bare, "rev-parse", "main")
    tip = _commit(remote, "Take one back", _go_on)
    clone = remote.clone("clone")
    git(clone, "checkout", "--quiet", old, "--", "broadcasts")
    with invent() as server:
        _refused(clone, server, env={"CI": "true", "GITHUB_SHA": tip})


def test_files_that_git_is_told_to_ignore_are_seen_all_the_same(remote: Hub) -> None:
    def ignore(clone: Path) -> None:
        (clone / ".gitignore").write_text("broadcasts/hidden.yaml\n", encoding="utf-8")

    _commit(remote, "Ignore", ignore)
    clone = remote.clone("clone")
    define(clone, "hidden")
    git(clone, "update-index", "--assume-unchanged", "broadcasts/moved.yaml")
    (clone / "broadcasts" / "moved.yaml").write_text(definition("moved", "Otherwise"), encoding="utf-8")
    with invent() as server:
        done = applied(clone, server, env={"CI": "true"})
        assert done.code == 5, done.all
        assert posted(server) == ["Campaign kept", "Campaign taken-back"]


@pytest.mark.parametrize("depth", ["1", "2"])
def test_a_shallow_clone_fetches_what_it_needs_to_tell(remote: Hub, place: str, depth: str) -> None:
    old = git(remote.bare, "rev-parse", "main")
    _commit(remote, "Take one back", _go_on)
    for number in range(3):
        _commit(remote, f"More {number}", lambda clone: (clone / "README").write_text(os.urandom(4).hex(), "utf-8"))
    git(remote.bare, "tag", "v1", old)
    clone = remote.clone("clone", "--depth", depth, "--branch", "main", address=f"file://{remote.bare}")
    git(clone, "fetch", "--quiet", "--depth", "1", "origin", "tag", "v1")
    git(clone, "checkout", "--quiet", "v1")
    with invent() as server:
        _refused(clone, server, env={"CI": "true"})


def test_a_shallow_clone_of_a_shallow_remote_that_cannot_tell_refuses(remote: Hub, tmp_path: Path) -> None:
    old = git(remote.bare, "rev-parse", "main")
    tip = _commit(remote, "Take one back", _go_on)
    cut = tmp_path / "cut.git"
    git(tmp_path, "clone", "--quiet", "--bare", "--depth", "1", f"file://{remote.bare}", str(cut))
    clone = remote.clone("clone")
    _detached(clone, old)
    git(clone, "remote", "set-url", "origin", f"file://{cut}")
    # What the remote cannot give is not here either.
    (clone / ".git" / "shallow").write_text(f"{tip}\n", encoding="utf-8")
    with invent() as server:
        done = applied(clone, server, env={"CI": "true"})
        assert (done.code, posted(server)) == (5, []), done.all
    assert "too shallow" in done.err


def test_a_commit_that_a_rewritten_branch_does_not_hold_any_more_is_refused(remote: Hub, place: str) -> None:
    first = git(remote.bare, "rev-parse", "main")
    made = _commit(remote, "Another", lambda clone: define(clone, "another"))
    for how in (_detached, _on_main):
        clone = remote.clone(f"clone-{how.__name__}")
        how(clone, made)
        git(remote.bare, "update-ref", "refs/heads/main", first)
        with invent() as server:
            done = applied(clone, server, env={"CI": "true", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": made})
            assert (done.code, posted(server)) == (5, []), done.all
        assert "not on" in done.err
        git(remote.bare, "update-ref", "refs/heads/main", made)


def test_a_tag_on_another_branch_is_refused_until_somebody_names_that_branch(remote: Hub, place: str) -> None:
    clone = remote.clone("clone")
    git(clone, "checkout", "--quiet", "-b", "autumn")
    define(clone, "leaves")
    commit(clone, "Leaves")
    git(clone, "push", "--quiet", "origin", "autumn")
    git(clone, "checkout", "--quiet", "--detach")
    with invent() as server:
        done = applied(clone, server, env={"CI": "true"})
        assert (done.code, posted(server)) == (5, []), done.all
        assert "applies_from: main" in done.err
        assert "--branch NAME" in done.err
        assert applied(clone, server, "--branch", "nowhere", env={"CI": "true"}).code == 5
        assert applied(clone, server, "--branch", "main", env={"CI": "true"}).code == 5
        assert posted(server) == []
        done = applied(clone, server, "--branch", "autumn", env={"CI": "true"})
        assert done.code == 0, done.all
        assert len(posted(server)) == 4


def test_the_project_file_names_the_branch_and_it_outranks_the_one_that_is_checked_out(remote: Hub) -> None:
    def name(clone: Path) -> None:
        with (clone / "invent.yaml").open("a", encoding="utf-8") as file:
            file.write("applies_from: release\n")

    old = _commit(remote, "Apply from release", name)
    git(remote.bare, "branch", "release", old)
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server, "--only", "kept", env={"CI": "true"}).code == 0
        newer = _commit(remote, "Take one back", _go_on)
        git(remote.bare, "update-ref", "refs/heads/release", newer)
        _refused(clone, server, env={"CI": "true"})
        git(remote.bare, "update-ref", "-d", "refs/heads/release")
        done = applied(clone, server, env={"CI": "true"})
    assert done.code == 5
    assert "origin has no branch release" in done.err


@pytest.mark.parametrize("written", ["--all", "a..b", "x y", ""])
def test_a_name_that_no_branch_can_have_is_an_error_of_the_project_file(tmp_path: Path, written: str) -> None:
    define(tmp_path, "a")
    (tmp_path / "invent.yaml").write_text(f"applies_from: {written!r}\n", encoding="utf-8")
    done = call(tmp_path, "validate")
    assert done.code == 4
    assert "applies_from" in done.all or "branch" in done.all


def test_a_commit_that_was_not_pushed_is_refused_in_ci_with_the_cure(remote: Hub, place: str) -> None:
    clone = remote.clone("clone")
    define(clone, "new")
    commit(clone, "Not pushed")
    with invent() as server:
        done = applied(clone, server, env={"CI": "true"})
        assert (done.code, posted(server)) == (5, [])
        assert "push the commit" in done.err
        git(clone, "push", "--quiet", "origin", "main")
        assert applied(clone, server, env={"CI": "true"}).code == 0


def test_a_persons_clone_that_is_behind_or_ahead_creates_what_it_defines(remote: Hub, place: str) -> None:
    clone = remote.clone("clone")
    _commit(remote, "Take one back", _go_on)
    define(clone, "new")
    with invent() as server:
        assert applied(clone, server, "--only", "new").code == 0
        assert applied(clone, server, "--only", "taken-back", env={"CI": "false"}).code == 0
        assert posted(server) == ["Campaign new", "Campaign taken-back"]


def test_a_person_who_names_the_branch_is_held_to_it(remote: Hub) -> None:
    clone = remote.clone("clone")
    _commit(remote, "Take one back", _go_on)
    with invent() as server:
        _refused(clone, server, "--branch", "main", env={})


def _plain(folder: Path) -> None:
    """No repository."""


def _fresh(folder: Path) -> None:
    git(folder, "init", "--quiet")


def _committed(folder: Path) -> None:
    git(folder, "init", "--quiet")
    commit(folder, "All of it")


@pytest.mark.parametrize("kind", [_plain, _fresh, _committed])
def test_where_there_is_no_remote_there_is_no_branch_to_be_older_than(
    tmp_path: Path, kind: Callable[[Path], None]
) -> None:
    project, old = tmp_path / "project", tmp_path / "bin" / "git"
    define(project, "a")
    kind(project)
    # And no git is too old for that.
    old.parent.mkdir()
    old.write_text(
        f'#!/bin/sh\ncase "$*" in *--version*) echo "git version 2.1.0";; *) exec {GIT} "$@";; esac\n', "utf-8"
    )
    old.chmod(0o755)
    with invent() as server:
        env = account(server.url) | {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main"}
        env |= {"PATH": f"{old.parent}:{os.environ['PATH']}"}
        assert call(project, "apply", "--yes", *FAST, env=env).code == 0
        assert posted(server) == ["Campaign a"]


def test_a_repository_with_a_remote_and_without_a_commit_cannot_tell(tmp_path: Path, remote: Hub) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    define(folder, "a")
    git(folder, "init", "--quiet")
    git(folder, "remote", "add", "origin", str(remote.bare))
    with invent() as server:
        done = call(folder, "apply", "--yes", *FAST, env=account(server.url) | {"CI": "true"})
        assert (done.code, posted(server)) == (5, [])


@pytest.mark.parametrize("fault", ["another user", "no git", "two remotes"])
def test_a_repository_that_git_cannot_tell_of_refuses_with_the_cure(remote: Hub, tmp_path: Path, fault: str) -> None:
    clone = remote.clone("clone")
    (clone / "invent.yaml").write_text(IN_FILE, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    env, cure = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}, "safe.directory"
    if fault == "no git":
        env, cure = {"PATH": str(tmp_path / "bin")}, "Install git"
    if fault == "two remotes":
        git(clone, "checkout", "--quiet", "--detach")
        git(clone, "remote", "rename", "origin", "one")
        git(clone, "remote", "add", "two", str(remote.bare))
        env, cure = {}, "git remote rename"
    with invent() as server:
        done = applied(clone, server, env={"CI": "true"} | env)
        assert (done.code, posted(server)) == (5, []), done.all
    assert cure in done.err


def test_a_remote_that_is_away_is_no_reason_to_create_anything(remote: Hub) -> None:
    clone = remote.clone("clone")
    (clone / "invent.yaml").write_text(IN_FILE, encoding="utf-8")
    remote.bare.rename(remote.bare.with_name("away.git"))
    with invent() as server:
        done = applied(clone, server, env={"CI": "true"})
        assert (done.code, posted(server)) == (6, [])
        assert told(clone, server, "plan", env={"CI": "true"}).code == 0, "a plan asks nobody"


def test_a_rehearsal_in_the_sandbox_is_no_run_of_a_branch(remote: Hub) -> None:
    clone = remote.clone("clone")
    define(clone, "of a pull request")
    commit(clone, "Not merged")
    git(clone, "checkout", "--quiet", "--detach")
    (clone / "invent.yaml").write_text(IN_FILE, encoding="utf-8")
    assert call(clone, "apply", "--sandbox", "--yes", *FAST, env={"CI": "true"}).code == 0


def test_definitions_of_a_folder_outside_the_repository_are_judged_by_their_own(remote: Hub, tmp_path: Path) -> None:
    clone, outside = remote.clone("clone"), define(tmp_path / "outside", "x")
    with invent() as server:
        assert applied(clone, server, str(outside), env={"CI": "true"}).code == 0
        assert live(server).keys() == {"Campaign x"}


def test_nothing_of_the_clone_moves_when_the_branch_is_looked_at(remote: Hub) -> None:
    clone = remote.clone("clone")
    _commit(remote, "Take one back", _go_on)
    before = _refs(clone)
    with invent() as server:
        _refused(clone, server, env={"CI": "true"})
    assert _refs(clone) == before
    assert git(clone, "status", "--porcelain") == ""


def _refs(clone: Path) -> list[str]:
    refs = git(clone, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return [ref for ref in refs if not ref.startswith(("refs/invent-gitops/", "refs/remotes/origin/broadcast-state "))]
