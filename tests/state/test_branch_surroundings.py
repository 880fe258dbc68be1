"""What people have told their git, and what a machine lacks: each works, or is refused with the cure before a call."""

from __future__ import annotations

import os
import re
import resource
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.git import repository as state_git
from invent_gitops.git.faults import NETWORK, cure_for, is_passing
from invent_gitops.git.repository import Git, GitFailed
from tests.branch_repository import BRANCH, Hub, a_store, applied, git, hub, told
from tests.running import invent, live, posted
from tests.state.test_branch_token import Guarded, Handler

REAL = shutil.which("git") or "git"


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "two")


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def works(clone: Path, remote: Hub, env: dict[str, str] | None = None) -> None:
    """Apply creates, records, and all that reads finds it."""
    with invent() as server:
        done = applied(clone, server, env=env)
        assert done.code == 0, done.all
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "two")}
        assert told(clone, server, "plan", "--exit-code", env=env).code == 0
        assert told(clone, server, "state", "mv", "two", "second", env=env).code == 0
        verified = told(clone, server, "state", "verify", env=env)
        assert verified.code == 0, verified.all
        assert len(told(clone, server, "history", "--json", env=env).json["changes"]) == 3
        assert len(posted(server)) == 2


# ---------------------------------------------------------------- settings


MANY = """
color.ui=always core.logAllRefUpdates=always core.sparseCheckout=true fetch.fsckObjects=true fetch.prune=true
fetch.pruneTags=true fetch.recurseSubmodules=true format.pretty=oneline index.version=4 log.follow=true
log.showSignature=true push.autoSetupRemote=true push.default=nothing push.followTags=true push.gpgSign=true
push.recurseSubmodules=on-demand push.useForceIfIncludes=true remote.origin.tagOpt=--tags
status.showUntrackedFiles=no submodule.recurse=true transfer.fsckObjects=true
"""
MIRROR = f"push.recurseSubmodules=only remote.origin.mirror=true remote.origin.fetch=^refs/heads/{BRANCH}"
HEADS = "push.recurseSubmodules=check remote.origin.fetch=+refs/heads/*:refs/heads/* remote.origin.prune=true"


@pytest.mark.parametrize("settings", [MANY, MIRROR, HEADS], ids=["many", "mirror", "heads"])
def test_settings_that_people_have_for_their_own_work_are_not_in_the_way(remote: Hub, settings: str) -> None:
    clone = remote.clone("clone")
    for setting in settings.split():
        name, _, value = setting.partition("=")
        git(clone, "config", "--add", name, value)
    works(clone, remote)


def test_a_submodule_whose_repository_is_gone_is_not_asked_for(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    (tmp_path / "apart").mkdir()
    inner = hub(tmp_path / "apart", "x")
    git(clone, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.bare), "inner")
    git(clone, "commit", "--quiet", "-m", "Add a submodule")
    git(clone, "push", "--quiet", "origin", "main")
    shutil.rmtree(inner.bare)
    for name, value in (("submodule.recurse", "true"), ("push.recurseSubmodules", "only")):
        git(clone, "config", name, value)
    works(clone, remote)


def test_hooks_of_the_clone_are_not_in_the_way(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    names = ("pre-commit", "pre-push", "commit-msg", "post-commit", "reference-transaction", "post-index-change")
    for folder in (clone / ".git" / "hooks", tmp_path / "hooks"):
        for name in names:
            script(folder / name, "exit 1")
    works(clone, remote)
    (tmp_path / "apart").mkdir()
    again = hub(tmp_path / "apart", "one", "two")
    other = again.clone("clone")
    git(other, "config", "core.hooksPath", str(tmp_path / "hooks"))
    works(other, again)


def test_no_ref_of_the_person_moves_by_a_fetch(remote: Hub) -> None:
    with invent() as server:
        assert applied(remote.clone("first"), server).code == 0
        clone = remote.clone("clone")
        git(clone, "config", "remote.origin.fetch", "+refs/heads/*:refs/heads/*")
        git(clone, "branch", BRANCH, "main")
        assert told(clone, server, "plan").code == 0
    assert git(clone, "rev-parse", BRANCH) == git(clone, "rev-parse", "main")


def test_a_state_that_somebody_has_replaced_in_a_clone_is_read_as_it_was_recorded(remote: Hub) -> None:
    with invent() as server:
        assert applied(remote.clone("first"), server).code == 0
        clone = remote.clone("clone")
        blob = git(clone, "rev-parse", f"origin/{BRANCH}:invent.state.json")
        empty = git(clone, "hash-object", "-w", "--stdin", data="{}")
        git(clone, "replace", blob, empty)
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 2


@pytest.mark.parametrize("name", ["LITERAL", "GLOB", "NOGLOB", "ICASE"])
def test_variables_about_paths_that_were_meant_for_another_git_are_not_in_the_way(remote: Hub, name: str) -> None:
    works(remote.clone("clone"), remote, {f"GIT_{name}_PATHSPECS": "1"})


def test_an_address_that_the_settings_forbid_is_no_fault_of_the_network(remote: Hub) -> None:
    clone = remote.clone("clone", address=f"file://{remote.bare}")
    git(clone, "config", "protocol.file.allow", "never")
    with invent() as server:
        done = applied(clone, server)
        assert (done.code, posted(server)) == (6, [])
    assert "git config --show-origin --get-regexp" in done.err
    assert "network" not in done.err


# ---------------------------------------------------------------- ssh


@pytest.fixture
def ssh(tmp_path: Path) -> Path:
    """Stands in for ssh: says that it was called, and runs on this machine what was asked of the other."""
    return script(
        tmp_path / "bin" / "own-ssh", f'echo "$@" >> "{tmp_path}/called"\nfor last; do :; done\nexec sh -c "$last"'
    )


def _sshcommand(clone: Path, ssh: Path) -> dict[str, str]:
    git(clone, "config", "core.sshCommand", f"{ssh} -i deploy-key")
    return {}


def _variable(clone: Path, ssh: Path) -> dict[str, str]:
    return {"GIT_SSH": str(ssh)}


def _command_variable(clone: Path, ssh: Path) -> dict[str, str]:
    return {"GIT_SSH_COMMAND": f"{ssh} -i deploy-key"}


@pytest.mark.parametrize("chosen", [_sshcommand, _variable, _command_variable])
def test_ssh_is_the_one_that_the_user_has_chosen(
    remote: Hub, ssh: Path, tmp_path: Path, chosen: Callable[[Path, Path], dict[str, str]]
) -> None:
    clone = remote.clone("clone")
    git(clone, "remote", "set-url", "origin", f"ssh://host.invalid{remote.bare}")
    works(clone, remote, chosen(clone, ssh))
    calls = (tmp_path / "called").read_text(encoding="utf-8")
    assert "host.invalid" in calls
    assert (chosen is _variable) or "-i deploy-key" in calls


def test_an_ssh_that_cannot_be_started_is_no_fault_of_the_network(remote: Hub) -> None:
    clone = remote.clone("clone")
    git(clone, "remote", "set-url", "origin", f"ssh://host.invalid{remote.bare}")
    with invent() as server:
        done = applied(clone, server, env={"GIT_SSH": "/nowhere/ssh"})
        assert (done.code, posted(server)) == (6, [])
    assert "core.sshCommand" in done.err


# ---------------------------------------------------------------- what a machine lacks


def test_a_git_that_is_too_old_is_refused_with_the_version_needed(
    remote: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = remote.clone("clone")
    for version, needed in (("2.28.1", "2.29"), ("1.8.3", "2.29"), ("unknown", "2.29")):
        folder = tmp_path / version
        script(folder / "git", f'case "$*" in *--version*) echo "git version {version}";; *) exec {REAL} "$@";; esac')
        with invent() as server:
            done = applied(clone, server, env={"PATH": f"{folder}:{os.environ['PATH']}"})
            assert (done.code, posted(server), remote.tip) == (5, [], ""), done.all
        assert needed in done.err
        assert version in done.err


def test_a_git_that_is_new_enough_for_the_rest_must_also_take_the_token_of_a_workflow(
    remote: Hub, tmp_path: Path
) -> None:
    clone = remote.clone("clone")
    script(
        tmp_path / "bin" / "git", f'case "$*" in *--version*) echo "git version 2.30.9";; *) exec {REAL} "$@";; esac'
    )
    path = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    token = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_TOKEN": "t"}
    with invent() as server:
        assert "2.31" in applied(clone, server, env=path | token).err
        assert applied(clone, server, env=path).code == 0


def test_a_git_that_is_missing_or_cannot_be_started_is_refused(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    (tmp_path / "bin").mkdir()
    with invent() as server:
        missing = applied(clone, server, env={"PATH": str(tmp_path / "bin")})
        (tmp_path / "bin" / "git").write_text("no program", encoding="utf-8")
        closed = applied(clone, server, env={"PATH": str(tmp_path / "bin")})
        (tmp_path / "bin" / "git").chmod(0o755)
        garbled = applied(clone, server, env={"PATH": str(tmp_path / "bin")})
        assert posted(server) == []
    for done in (missing, closed, garbled):
        assert done.code == 5, done.all
        assert "git" in done.err
        assert "network" not in done.err


def test_where_no_process_can_be_had_git_fails_and_nothing_is_called_a_bug(remote: Hub) -> None:
    clone = Git(remote.clone("clone"))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 3
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (used, before[1]))
        with pytest.raises(GitFailed, match="cannot be started"):
            clone.run("status")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_repository_of_another_user_is_refused_with_the_command_that_trusts_it(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        done = applied(clone, server, env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
        assert (done.code, posted(server), remote.tip) == (5, [], "")
    assert f"git config --global --add safe.directory {clone}" in done.err
    assert "git init" not in done.err


def test_a_git_folder_that_leads_nowhere_is_not_called_missing(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    (clone / ".git").rename(tmp_path / "moved")
    (clone / ".git").write_text("gitdir: /nowhere/worktrees/clone\n", encoding="utf-8")
    with pytest.raises(Refused, match="not a git repository") as refused:
        a_store(clone)
    assert "git init" not in refused.value.cure
    assert str(clone / ".git") in refused.value.cure
    (clone / ".git").unlink()
    with pytest.raises(InvalidInput, match="finds no repository"):
        a_store(clone)


def test_settings_that_git_cannot_read_are_named(remote: Hub) -> None:
    clone = remote.clone("clone")
    with (clone / ".git" / "config").open("a", encoding="utf-8") as file:
        file.write("[broken\n")
    with invent() as server:
        done = applied(clone, server)
        assert (done.code, posted(server)) == (5, [])
    assert "bad config line" in done.err
    assert "git init" not in done.err


def test_a_lock_that_a_killed_git_left_behind_is_named_with_the_command_that_deletes_it(
    remote: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_git, "PAUSES", (0.01, 0.01))
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(remote.clone("other"), server, "--only", "one").code == 0
        assert told(clone, server, "plan").code == 0
        lock = clone / ".git" / "refs" / "invent-gitops" / "origin" / f"{BRANCH}.lock"
        lock.touch()
        assert applied(remote.clone("third"), server).code == 0
        done = applied(clone, server)
        assert done.code == 6, done.all
        assert "network" not in done.err
        command = re.search(r"rm (\S+)", done.err)
        assert command, done.err
        assert Path(shlex.split(command[0])[1]).resolve() == lock.resolve()
        lock.unlink()
        assert applied(clone, server).code == 0
        assert posted(server) == ["Campaign one", "Campaign two"]


def test_a_branch_whose_name_goes_on_from_that_of_a_former_state_is_refused_with_the_cure(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        (clone / "invent.yaml").write_text(f"state: {{branch: {BRANCH}/new}}\n", encoding="utf-8")
        git(remote.bare, "update-ref", f"refs/heads/{BRANCH}-old", BRANCH)
        git(remote.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
        git(remote.bare, "update-ref", f"refs/heads/{BRANCH}/new", f"{BRANCH}-old")
        done = told(clone, server, "plan")
        assert done.code == 6, done.all
        command = re.search(r"git update-ref -d \S+", done.err)
        assert command, done.err
        git(clone, *shlex.split(command[0])[1:])
        assert told(clone, server, "plan").code == 0


# ---------------------------------------------------------------- faults that pass


class Flaky(Handler):
    """Answers with the next of the server's faults, as long as there are any; "" closes without an answer."""

    faults: list[str]

    def _serve(self) -> None:
        faults = self.server.faults  # type: ignore[attr-defined]  # set by the fixture
        if not faults:
            super()._serve()
            return
        self.server.seen.append([])
        fault = faults.pop(0)
        if fault:
            self.send_error(int(fault))
        else:
            self.close_connection = True

    do_GET = do_POST = _serve  # noqa: N815  # the names that http.server looks for


@pytest.fixture
def flaky(remote: Hub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    monkeypatch.setattr(state_git, "PAUSES", (0.01, 0.01, 0.01))
    with Guarded(remote.bare.parent) as server:
        server.RequestHandlerClass = Flaky
        server.faults = []  # type: ignore[attr-defined]
        yield server
        server.shutdown()


def through(remote: Hub, server: Guarded) -> tuple[Path, dict[str, str]]:
    clone = remote.clone("clone")
    git(clone, "remote", "set-url", "origin", f"{server.url}/remote.git")
    return clone, {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": "ghs_0123456789abcdef"}


@pytest.mark.parametrize("faults", [["503", "502"], ["429"], ["500", "", "504"]])
def test_a_host_that_fails_for_a_moment_is_asked_again(remote: Hub, flaky: Guarded, faults: list[str]) -> None:
    clone, env = through(remote, flaky)
    flaky.faults = faults  # type: ignore[attr-defined]
    with invent() as server:
        done = applied(clone, server, env=env)
        assert done.code == 0, done.all
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "two")}
        assert len(posted(server)) == 2


def test_a_host_that_goes_on_failing_is_unavailable_and_nothing_is_called(remote: Hub, flaky: Guarded) -> None:
    clone, env = through(remote, flaky)
    flaky.faults = ["503"] * 100  # type: ignore[attr-defined]
    with invent() as server:
        done = applied(clone, server, env=env)
        assert (done.code, posted(server)) == (6, [])
    assert "503" in done.err


@pytest.mark.parametrize("fault", ["403", "404"])
def test_a_host_that_says_no_is_not_asked_again(remote: Hub, flaky: Guarded, fault: str) -> None:
    clone, _ = through(remote, flaky)
    flaky.faults = [fault] * 100  # type: ignore[attr-defined]
    asked: list[float] = []

    def wait(seconds: float) -> bool:
        asked.append(seconds)
        return False

    with pytest.raises(GitFailed):
        Git(clone, wait).ask("ls-remote", "origin")
    assert not asked


def test_whoever_asks_to_stop_does_not_wait_for_a_host(remote: Hub, flaky: Guarded) -> None:
    clone, _ = through(remote, flaky)
    flaky.faults = ["503"] * 100  # type: ignore[attr-defined]
    with pytest.raises(GitFailed):
        Git(clone, lambda seconds: True).ask("ls-remote", "origin")
    assert len(flaky.seen) == 1


# ---------------------------------------------------------------- words


PASSING = [
    "fatal: unable to access 'https://x/': The requested URL returned error: 503",
    "fatal: unable to access 'https://x/': The requested URL returned error: 429",
    "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502\nfatal: the remote end hung up",
    "fatal: early EOF\nfatal: fetch-pack: invalid index-pack output",
    "ssh: connect to host x port 22: Connection timed out\nfatal: Could not read from remote repository.",
    "fatal: unable to access 'https://x/': Could not resolve host: x",
    "ssh: Could not resolve hostname x: Temporary failure in name resolution",
    "fatal: unable to access 'https://x/': Recv failure: Connection reset by peer",
    "git fetch did not end within 120 seconds",
]
LASTING = [
    "git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    "fatal: Authentication failed for 'https://x/'",
    "fatal: '/x' does not appear to be a git repository\nfatal: Could not read from remote repository.",
    "remote: Repository not found.\nfatal: repository 'https://x/' not found",
    "fatal: unable to access 'https://x/': The requested URL returned error: 403",
    "Host key verification failed.\nfatal: Could not read from remote repository.",
    "error: unable to create temporary file: No space left on device\nfatal: early EOF",
    "fatal: could not open '/x/.git/objects/pack/tmp_pack': Permission denied",
    "fatal: unable to access '.git/config': Permission denied",
    "error: cannot lock ref 'refs/x/y': unable to create directory for .git/refs/x/y",
    "error: cannot update ref 'refs/x': couldn't write '/x/.git/refs/x.lock'",
    "error: insufficient permission for adding an object to repository database .git/objects",
    "error: cannot lock ref 'refs/invent-gitops/o/a/b': 'refs/invent-gitops/o/a' exists; cannot create 'refs/…'",
]


@pytest.mark.parametrize("words", PASSING)
def test_faults_of_the_network_pass(words: str) -> None:
    assert is_passing(words)
    assert cure_for(words) == NETWORK


@pytest.mark.parametrize("words", LASTING)
def test_faults_of_this_machine_and_of_rights_last_and_are_not_the_networks(words: str) -> None:
    assert not is_passing(words)
    assert "network" not in cure_for(words)


def test_damage_at_the_remote_is_not_looked_for_in_this_clone() -> None:
    assert "This clone is damaged" in cure_for("fatal: bad object HEAD")
    for words in (
        "remote: fatal: bad tree object 14e82cc\nfatal: early EOF",
        "error: git upload-pack: git-pack-objects died with error.",
    ):
        assert "The repository at the remote is damaged" in cure_for(words)
