"""What every git process is told: nothing of a checkout is started, and what the user chose for git still counts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from invent_gitops.git.program import find_program
from invent_gitops.git.repository import Git, GitFailed
from tests.branch_repository import BRANCH, Hub, applied, git, hub, told
from tests.running import FAST, account, call, invent, posted
from tests.state.test_branch_surroundings import script, works
from tests.state.test_branch_token import TOKEN, Guarded

REAL = shutil.which("git") or "git"
DAEMON = Path(REAL).parent.parent / "lib" / "git-core" / "git-daemon"
READING = (("plan",), ("status",), ("history",), ("state", "verify"), ("state", "list"), ("reconcile",))


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "two")


def test_every_git_is_told_which_repository_it_is_for_and_what_is_off(remote: Hub, tmp_path: Path) -> None:
    clone, log = remote.clone("clone"), tmp_path / "log"
    script(tmp_path / "bin" / "git", f'echo "$GIT_DIR|$GIT_WORK_TREE|$*" >> {log}\nexec {REAL} "$@"')
    env = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "CI": "true"}
    with invent() as server:
        assert applied(clone, server, env=env).code == 0
        for words in READING:
            assert told(clone, server, *words, env=env).code == 0
    started = log.read_text(encoding="utf-8").splitlines()
    named = [line for line in started if line.startswith(f"{clone}/.git|{clone}|")]
    # The rest finds the place, and asks for the version.
    others = [line for line in started if line not in named]
    assert all(" rev-parse --absolute-git-dir " in line or line.endswith(" --version") for line in others), others
    assert len([line for line in named if " push " in line]) == 2
    for line in started:
        for setting in (
            "safe.bareRepository=explicit",
            "core.fsmonitor=false",
            f"core.hooksPath={os.devnull}",
            "protocol.ext.allow=never",
        ):
            assert f" -c {setting} " in line, line


# ---------------------------------------------------------------- the program


@pytest.mark.parametrize("entry", ["", ".", "tools", "{clone}/tools", "{clone}/broadcasts/../tools", "{link}"])
@pytest.mark.parametrize("name", ["git", "ssh"])
def test_program_of_the_checkout_is_not_started(remote: Hub, tmp_path: Path, entry: str, name: str) -> None:
    clone = remote.clone("clone")
    git(clone, "remote", "add", "far", "ssh://nobody.invalid/x.git")
    for folder in (clone, clone / "tools"):
        # On this PATH there is no other program.
        script(folder / name, f": > {tmp_path}/ran; exit 1")
    (tmp_path / "link").symlink_to(clone / "tools")
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine" / "git").symlink_to(REAL)
    path = f"{entry.format(clone=clone, link=tmp_path / 'link')}:{tmp_path}/machine"
    with pytest.MonkeyPatch.context() as patch, invent() as server:
        patch.chdir(clone)
        patch.setenv("PATH", path)
        assert told(clone, server, "state", "list").code == 0
        with pytest.raises(GitFailed):
            Git(clone).run("ls-remote", "far")
    assert not (tmp_path / "ran").exists()


def test_entries_of_the_path_that_depend_on_the_current_folder_are_passed_over(tmp_path: Path) -> None:
    bin = script(tmp_path / "bin" / "git", "exit 0").parent
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        found = find_program(f":.:bin:./bin:../x:{bin}:", tmp_path / "clone")
        assert (found.path, found.search) == (f"{bin}/git", str(bin))
        assert find_program("bin:.", tmp_path / "clone").path == ""


def test_repository_at_the_root_of_the_disk_leaves_the_path_as_it_is() -> None:
    assert find_program(os.environ["PATH"], Path("/")).path


def test_link_on_the_path_that_leads_into_the_checkout_is_not_followed(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    script(clone / "tool", f": > {tmp_path}/ran; exit 1")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(clone / "tool")
    with invent() as server:
        done = told(clone, server, "state", "list", env={"PATH": str(tmp_path / "bin")})
    assert done.code == 5, done.all
    assert "not on the PATH outside of this repository" in done.err
    assert not (tmp_path / "ran").exists()


# ---------------------------------------------------------------- what is off


def _runs_hooks_of_settings(folder: Path) -> dict[str, str]:
    """A PATH with a git that runs hooks of the settings, as 2.54 does: all of them, unless they are switched off."""
    text = f"""
hooks() {{ {REAL} config --name-only --get-regexp '^hook\\..*\\.command$' | sed 's/^hook\\.//; s/\\.command$//'; }}
case " $* " in *" push "*|*" fetch "*|*" update-ref "*|*" update-index "*)
  settings=
  before=
  for word do [ "$before" = -c ] && settings="$settings -c $word"; before=$word; done
  for name in $(hooks); do
    [ "$({REAL} $settings config --type=bool "hook.$name.enabled")" = false ] ||
      sh -c "$({REAL} config "hook.$name.command")"
  done;;
esac
exec {REAL} "$@\""""
    script(folder / "git", text)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("where", ["repository", "user"])
def test_hooks_in_the_settings_of_a_newer_git_are_not_run(remote: Hub, tmp_path: Path, where: str) -> None:
    clone = remote.clone("clone")
    config = str(clone / ".git" / "config") if where == "repository" else str(tmp_path / "gitconfig")
    shutil.copy(os.environ["GIT_CONFIG_GLOBAL"], tmp_path / "gitconfig")
    for name, event in (("check", "pre-push"), ("Look.at-it", "reference-transaction")):
        git(clone, "config", "--file", config, f"hook.{name}.event", event)
        git(clone, "config", "--file", config, f"hook.{name}.command", f"touch {tmp_path}/ran")
    env = _runs_hooks_of_settings(tmp_path / "bin") | {"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")}
    works(clone, remote, env)
    assert not (tmp_path / "ran").exists()
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in env.items():
            patch.setenv(variable, value)
        patch.setenv("GIT_DIR", str(clone / ".git"))
        git(clone, "push", "--quiet", "origin", "HEAD:other")
    assert (tmp_path / "ran").exists(), "so this is a git that runs them"


def test_file_system_monitor_of_the_users_own_settings_is_not_started(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    git(clone, "config", "core.fsmonitor", f"touch {tmp_path}/ran; false")
    works(clone, remote, {"CI": "true"})
    assert not (tmp_path / "ran").exists()
    git(clone, "status")
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("chosen", ["settings", "GIT_ALLOW_PROTOCOL", "GIT_CONFIG_COUNT"])
def test_address_that_is_a_command_is_not_used_whatever_allows_it(remote: Hub, tmp_path: Path, chosen: str) -> None:
    clone = remote.clone("clone")
    run = script(tmp_path / "run", f"touch {tmp_path}/ran; exit 1")
    git(clone, "remote", "set-url", "origin", f"ext::sh {run}")
    env = {}
    if chosen == "settings":
        git(clone, "config", "protocol.ext.allow", "always")
    elif chosen == "GIT_ALLOW_PROTOCOL":
        env = {"GIT_ALLOW_PROTOCOL": "file:ext:ssh"}
    else:
        env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.ext.allow", "GIT_CONFIG_VALUE_0": "always"}
    with invent() as server:
        for words in (("plan",), ("apply", "--yes"), ("history",)):
            done = told(clone, server, *words, env=env | {"CI": "true"})
            assert done.code in (5, 6), done.all
            assert "git remote set-url" in done.err
        assert posted(server) == []
    assert not (tmp_path / "ran").exists()


def test_other_addresses_that_the_environment_allows_stay_allowed(remote: Hub) -> None:
    clone = remote.clone("clone", address=f"file://{remote.bare}")
    works(clone, remote, {"GIT_ALLOW_PROTOCOL": "ext:file"})
    with invent() as server:
        assert told(clone, server, "plan", env={"GIT_ALLOW_PROTOCOL": "ext"}).code == 6


# ---------------------------------------------------------------- what the user chose


def test_rewritten_address_of_the_users_settings_is_used(remote: Hub) -> None:
    clone = remote.clone("clone")
    git(clone, "remote", "set-url", "origin", "team:remote.git")
    git(clone, "config", f"url.{remote.bare.parent}/.insteadOf", "team:")
    works(clone, remote)


def test_remote_that_is_set_in_an_included_file_of_the_user_is_used(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    git(clone, "remote", "remove", "origin")
    (tmp_path / "shared").write_text(f'[remote "origin"]\n\turl = {remote.bare}\n', encoding="utf-8")
    git(clone, "config", "include.path", str(tmp_path / "shared"))
    works(clone, remote)


@pytest.mark.skipif(not DAEMON.exists(), reason="this git has no daemon")
def test_proxy_of_the_users_settings_is_used(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    proxy = script(
        tmp_path / "proxy",
        f'echo "$@" >> {tmp_path}/called\nexec {DAEMON} --inetd --export-all --enable=receive-pack '
        f"--base-path={tmp_path} {tmp_path}",
    )
    git(clone, "remote", "set-url", "origin", "git://nobody.invalid/remote.git")
    git(clone, "config", "core.gitProxy", str(proxy))
    works(clone, remote)
    assert "nobody.invalid" in (tmp_path / "called").read_text(encoding="utf-8")


@pytest.fixture
def server(remote: Hub) -> Iterator[Guarded]:
    with Guarded(remote.bare.parent) as found:
        yield found
        found.shutdown()


def test_credential_helper_of_the_users_settings_is_asked(remote: Hub, server: Guarded, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    helper = script(tmp_path / "helper", f"echo username=x-access-token; echo password={TOKEN}")
    git(clone, "remote", "set-url", "origin", f"{server.url}/remote.git")
    git(clone, "config", "credential.helper", str(helper))
    works(clone, remote)


# ---------------------------------------------------------------- settings among the committed files

POWERFUL = (
    "[core]\n\tsshCommand = {run}\n",
    "[core]\n\tgitProxy = {run}\n",
    '[remote "origin"]\n\tuploadpack = {run}\n',
    '[filter "x"]\n\tclean = {run}\n',
    "[credential]\n\thelper = {run}\n",
    '[credential "https://x.invalid"]\n\thelper = {run}\n',
    '[url "ext::{run} "]\n\tinsteadOf = /\n',
    '[http "https://x.invalid"]\n\tproxy = http://x.invalid\n',
    '[gpg "ssh"]\n\tprogram = {run}\n',
    '[hook "x"]\n\tevent = pre-push\n\tcommand = {run}\n',
    "[include]\n\tpath = more\n[core]\n\tpager = cat\n",
)


@pytest.mark.parametrize("settings", POWERFUL)
@pytest.mark.parametrize("how", ["include", "home", "variable"])
def test_settings_in_a_file_of_the_work_tree_are_refused(remote: Hub, tmp_path: Path, settings: str, how: str) -> None:
    clone = remote.clone("clone")
    run = script(tmp_path / "run", f"touch {tmp_path}/ran; exit 1")
    (clone / "more").write_text(f"[core]\n\tsshCommand = {run}\n", encoding="utf-8")
    (clone / ".gitconfig").write_text(settings.format(run=run), encoding="utf-8")
    env = {"CI": "true"}
    if how == "include":
        git(clone, "config", "include.path", "../.gitconfig")
    elif how == "home":
        env |= {"HOME": str(clone), "GIT_CONFIG_GLOBAL": ""}
    else:
        env |= {"GIT_CONFIG_GLOBAL": str(clone / ".gitconfig")}
    with pytest.MonkeyPatch.context() as patch, invent() as server:
        if how == "home":
            patch.delenv("GIT_CONFIG_GLOBAL")
            del env["GIT_CONFIG_GLOBAL"]
        for words in (("plan",), ("apply", "--yes"), ("status",)):
            done = told(clone, server, *words, env=env)
            assert done.code == 5, done.all
            assert "git config --show-origin --get" in done.err
            assert "among the files of the work tree" in done.err
        assert posted(server) == []
    assert not (tmp_path / "ran").exists()


def test_harmless_settings_in_a_file_of_the_work_tree_are_the_users_affair(remote: Hub) -> None:
    clone = remote.clone("clone")
    (clone / ".gitconfig").write_text("[alias]\n\tst = status\n[pull]\n\trebase = true\n", encoding="utf-8")
    git(clone, "config", "include.path", "../.gitconfig")
    works(clone, remote)


# ---------------------------------------------------------------- remotes

WRONG = ("ext::sh -c id", "--upload-pack=id", "-x", "https://x.invalid/y", "git@x.invalid:y", "../x", "/x", ".", "a\tb")


@pytest.mark.parametrize("name", WRONG)
def test_remote_that_is_no_name_is_refused_with_the_line_of_the_project_file(remote: Hub, name: str) -> None:
    clone = remote.clone("clone")
    quoted = name.replace("\t", "\\t")
    text = f'# ours\nstate:\n  branch: {BRANCH}\n  remote: "{quoted}"\n'
    (clone / "invent.yaml").write_text(text, encoding="utf-8")
    with invent() as server:
        for words in (("plan",), ("apply", "--yes"), ("status",), ("history",)):
            done = told(clone, server, *words, env={"CI": "true"})
            assert done.code == 4, done.all
            assert "invent.yaml:4:" in done.all
            assert "git-name" in done.all
        assert posted(server) == []


def test_name_that_no_remote_has_is_not_taken_for_the_path_of_a_folder(remote: Hub) -> None:
    clone = remote.clone("clone")
    shutil.copytree(remote.bare, clone / "elsewhere")
    git(clone, "config", "remote.elsewhere.pushurl", str(remote.bare))
    (clone / "invent.yaml").write_text(f"state: {{branch: {BRANCH}, remote: elsewhere}}\n", encoding="utf-8")
    with invent() as server:
        done = told(clone, server, "plan")
    assert done.code == 4, done.all
    assert "no remote named elsewhere" in done.err


def test_remote_without_an_address_is_not_asked_what_its_branch_defines(remote: Hub) -> None:
    """Git would take the folder of that name, which a commit can bring along."""
    clone = remote.clone("clone")
    (clone / "invent.yaml").write_text("{}\n", encoding="utf-8")
    git(clone, "remote", "remove", "origin")
    git(clone, "config", "remote.origin.prune", "true")
    assert git(clone, "remote") == "origin"
    shutil.copytree(remote.bare, clone / "origin")
    with invent() as server:
        done = call(clone, "apply", "--yes", "--branch", "main", *FAST, env=account(server.url) | {"CI": "true"})
        assert posted(server) == []
    assert done.code == 5, done.all
    assert "no remote" in done.err
