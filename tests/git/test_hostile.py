"""A bare repository among the committed files: no command runs what its config says, on any git."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from invent_gitops.errors import Refused
from invent_gitops.git.repository import Git, GitFailed
from tests.branch_repository import BRANCH, Hub, git, hub
from tests.hostile_git import ATTACKS, plant, ran
from tests.running import FAST, account, call, define, invent, live, posted
from tests.state.test_branch_surroundings import script

REAL = shutil.which("git") or "git"
COMMANDS = (
    ("plan",),
    ("plan", "--refresh"),
    ("status",),
    ("apply", "--yes", *FAST),
    ("history",),
    ("state", "verify"),
    ("state", "list"),
    ("state", "mv", "a", "b"),
    ("refresh",),
    ("reconcile",),
    ("import",),
    ("resolve", "a", "--id", "b1", "--reason", "Seen there"),
    ("init", "--github"),
    ("github", "approved"),
    ("github", "comment", "plan.json"),
    ("github", "issue", "plan.json"),
    ("completion", "bash"),
)
STATES = {"a file": "{}\n", "a branch": f"state: {{branch: {BRANCH}}}\n"}
# A step of a workflow: this is where git is asked which commit the run is of.
WORKFLOW = {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_REF": "refs/heads/main"}


def old_git(folder: Path, before: str = "") -> dict[str, str]:
    """A PATH with a git that does not know `safe.bareRepository`, as 2.30 did not; `before` is run first each time."""
    text = f"""{before}
for word do
  shift
  case "$word" in safe.bareRepository=*) word=ancient.setting=x;; esac
  set -- "$@" "$word"
done
exec {REAL} "$@\""""
    script(folder / "git", text)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def project(folder: Path, state: str) -> tuple[Hub, Path]:
    """A clone with a project in its folder `campaigns`, whose definition is committed."""
    remote = hub(folder, "unused")
    clone = remote.clone("clone")
    campaigns = clone / "campaigns"
    campaigns.mkdir()
    define(campaigns, "a")
    (campaigns / "invent.yaml").write_text(STATES[state], encoding="utf-8")
    (campaigns / "plan.json").write_text("{}", encoding="utf-8")
    _commit(clone, "Plan the campaigns")
    return remote, clone


def _commit(clone: Path, subject: str) -> None:
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", subject)
    git(clone, "push", "--quiet", "origin", "HEAD:main")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_config_of_an_embedded_repository_runs_on_no_command(tmp_path: Path, attack: str, state: str) -> None:
    remote, clone = project(tmp_path, state)
    plant(clone / "campaigns", tmp_path / "marks", attack)
    _commit(clone, "Add a harmless file")
    fresh = remote.clone("fresh")
    with invent() as server:
        for words in COMMANDS:
            for settings in ({}, WORKFLOW, old_git(tmp_path / "old")):
                done = call(fresh, "-C", "campaigns", *words, env=account(server.url) | settings)
                assert ran(tmp_path / "marks") == [], f"{words} {done.all}"
        assert posted(server) == []


@pytest.mark.parametrize("words", [("plan",), ("status",), ("apply", "--yes"), ("history",), ("state", "verify")])
@pytest.mark.parametrize("commondir", [False, True])
@pytest.mark.parametrize("age", ["old", "new"])
def test_embedded_repository_is_refused_with_the_command_that_shows_its_commit(
    tmp_path: Path, words: tuple[str, ...], commondir: bool, age: str
) -> None:
    _, clone = project(tmp_path, "a branch")
    plant(clone / "campaigns", tmp_path / "marks", "ext", commondir=commondir)
    _commit(clone, "Add a harmless file")
    env = old_git(tmp_path / "old") if age == "old" else {}
    with invent() as server:
        done = call(clone / "campaigns", *words, env=account(server.url) | env)
    assert done.code == 5, done.all
    assert f"{clone}/campaigns" in done.err
    cure = done.err.split("delete them: ")[1].strip()
    assert "Add a harmless file" in git(tmp_path, *shlex.split(cure)[1:])
    assert ran(tmp_path / "marks") == []


@pytest.mark.parametrize("where", ["broadcasts", ".", "deep/er"])
def test_embedded_repository_is_refused_wherever_git_would_find_it_first(tmp_path: Path, where: str) -> None:
    _, clone = project(tmp_path, "a file")
    folder = clone / "campaigns" / where
    plant(folder, tmp_path / "marks", "fsmonitor")
    for below in (folder, folder / "not" / "there"):
        with pytest.raises(Refused, match="HEAD, objects and refs"):
            Git(below).run("describe", "--always", "--dirty")
    link = tmp_path / "link"
    link.symlink_to(folder)
    with pytest.raises(Refused, match="HEAD, objects and refs"):
        Git(link).run("describe", "--always", "--dirty")
    assert ran(tmp_path / "marks") == []


@pytest.mark.parametrize("name", ["HEAD", "objects", "refs"])
def test_files_that_git_takes_for_no_repository_are_not_refused(tmp_path: Path, name: str) -> None:
    _, clone = project(tmp_path, "a file")
    plant(clone / "campaigns", tmp_path / "marks", "fsmonitor")
    gone = clone / "campaigns" / name
    gone.rename(tmp_path / "gone")
    with invent() as server:
        done = call(clone, "-C", "campaigns", "plan", env=account(server.url))
    assert done.code == 0, done.all
    assert ran(tmp_path / "marks") == []


@pytest.mark.parametrize("attack", ["fsmonitor", "ext", "clean-filter", "gpg-program"])
def test_files_that_appear_after_the_look_are_not_obeyed(tmp_path: Path, attack: str) -> None:
    remote, clone = project(tmp_path, "a branch")
    plant(tmp_path / "planted", tmp_path / "marks", attack)
    campaigns = clone / "campaigns"
    gone = " ".join(f"'{campaigns}/{path.name}'" for path in (tmp_path / "planted").iterdir())
    before = f"rm -rf {gone}; {REAL} --version > /dev/null"
    # For each process of git the files are there, and gone again once it ends.
    text = f"""cp -R '{tmp_path}/planted/.' '{campaigns}'
{tmp_path}/old/git "$@"
code=$?
{before}
exit $code"""
    path = old_git(tmp_path / "old")["PATH"]
    script(tmp_path / "racing" / "git", text)
    env = {"PATH": f"{tmp_path}/racing:{path}"}
    with invent() as server:
        done = call(clone, "-C", "campaigns", "apply", "--yes", *FAST, env=account(server.url) | WORKFLOW | env)
        assert ran(tmp_path / "marks") == [], done.all
        assert done.code == 0, done.all
        assert remote.ids == {"a": live(server)["Campaign a"]}, "and the state went where it belongs"


@pytest.mark.parametrize("age", ["old", "new"])
@pytest.mark.parametrize("attack", ["fsmonitor", "ext", "clean-filter"])
def test_damaged_git_folder_beside_such_files_is_not_passed_over(tmp_path: Path, attack: str, age: str) -> None:
    _, clone = project(tmp_path, "a branch")
    plant(clone, tmp_path / "marks", attack)
    (clone / ".git" / "HEAD").unlink()
    env = old_git(tmp_path / "old") if age == "old" else {}
    with invent() as server:
        for words in (("plan",), ("status",), ("apply", "--yes")):
            done = call(clone, "-C", "campaigns", *words, env=account(server.url) | env)
            assert done.code == 5, done.all
            assert f"Git takes {clone} for the repository" in done.err
            assert str(clone / ".git") in done.err
    assert ran(tmp_path / "marks") == []


def test_embedded_repository_in_a_folder_without_git_is_refused_as_well(tmp_path: Path) -> None:
    define(tmp_path / "unpacked" / "campaigns", "a")
    plant(tmp_path / "unpacked", tmp_path / "marks", "fsmonitor")
    with invent() as server:
        done = call(tmp_path / "unpacked", "-C", "campaigns", "plan", env=account(server.url))
    assert done.code == 5, done.all
    assert f"ls -l {tmp_path}/unpacked" in done.err
    assert ran(tmp_path / "marks") == []


@pytest.mark.parametrize("commondir", [False, True])
def test_git_file_that_leads_to_files_of_the_work_tree_is_refused(tmp_path: Path, commondir: bool) -> None:
    _, clone = project(tmp_path, "a branch")
    plant(clone / "planted", tmp_path / "marks", "ext", "fsmonitor", commondir=commondir)
    shutil.rmtree(clone / ".git")
    for given in ("gitdir: planted\n", f"gitdir: {clone}/planted\n", "gitdir: ../clone/planted/../planted"):
        (clone / ".git").write_text(given, encoding="utf-8")
        with invent() as server:
            done = call(clone, "-C", "campaigns", "plan", env=account(server.url))
        assert done.code == 5, done.all
        assert f"{clone}/planted" in done.err
    (clone / ".git").unlink()
    (clone / ".git").symlink_to("planted")
    with pytest.raises(Refused, match="among the files of the work tree"):
        Git(clone / "campaigns").run("status")
    assert ran(tmp_path / "marks") == []


def test_git_file_that_leads_nowhere_is_no_repository_and_nothing_else_is_taken_for_one(tmp_path: Path) -> None:
    _, clone = project(tmp_path, "a branch")
    plant(clone, tmp_path / "marks", "fsmonitor")
    shutil.rmtree(clone / ".git")
    for given in ("gitdir: /nowhere\n", "no link\n", "gitdir: \n", ""):
        (clone / ".git").write_text(given, encoding="utf-8")
        with pytest.raises((GitFailed, Refused)):
            Git(clone).run("describe", "--always", "--dirty")
    assert ran(tmp_path / "marks") == []
