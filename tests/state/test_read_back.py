"""What is pushed must appear where plans read: else nothing is called, whatever setting of git sends it elsewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from invent_gitops.errors import Refused
from invent_gitops.model.state import Intended
from invent_gitops.state import remote as state_remote
from invent_gitops.values import force_setattr
from tests.branch_repository import BRANCH, STATE, Hub, a_store, applied, git, hub, told
from tests.making import an_intent
from tests.running import invent, live, posted


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_remote, "PAUSES", (0.01, 0.01, 0.01))


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "two")


@pytest.fixture
def other(tmp_path: Path, remote: Hub) -> Hub:
    """A second repository, to which pushes go astray."""
    bare = tmp_path / "elsewhere.git"
    git(tmp_path, "clone", "--quiet", "--bare", "--template=", str(remote.bare), str(bare))
    return Hub(bare)


def _pushurl(clone: Path, other: Hub) -> str:
    git(clone, "remote", "set-url", "--push", "origin", str(other.bare))
    return "remote.origin.pushurl"


def _two_pushurls(clone: Path, other: Hub) -> str:
    git(clone, "config", "--add", "remote.origin.pushurl", str(other.bare))
    git(clone, "config", "--add", "remote.origin.pushurl", f"file://{other.bare}")
    return "remote.origin.pushurl"


def _push_instead_of(clone: Path, other: Hub) -> str:
    name = f"url.{other.bare}.pushInsteadOf"
    git(clone, "config", name, git(clone, "config", "remote.origin.url"))
    return name.lower().replace(str(other.bare).lower(), str(other.bare))


def _fetched_instead_of(clone: Path, other: Hub) -> str:
    """Both are rewritten, and pushes have an address of their own that is not."""
    url = git(clone, "config", "remote.origin.url")
    git(clone, "config", "remote.origin.url", "short:remote.git")
    git(clone, "config", f"url.{url}.insteadOf", "short:remote.git")
    return _pushurl(clone, other)


ASTRAY = [_pushurl, _two_pushurls, _push_instead_of, _fetched_instead_of]


@pytest.mark.parametrize("setting", ASTRAY)
def test_pushes_that_go_elsewhere_are_refused_before_the_first_call_and_the_printed_command_mends_it(
    remote: Hub, other: Hub, setting: object
) -> None:
    clone = remote.clone("clone")
    assert callable(setting)
    name = setting(clone, other)
    with invent() as server:
        done = applied(clone, server)
        assert done.code == 5, done.all
        assert posted(server) == []
        assert name in done.all
        assert ".git/config" in done.all
        assert (remote.tip, other.intents) == ("", []), "and where it went astray no intent is left open"
        for command in set(re.findall(r"git config --unset-all [^;\n]+", done.all)):
            git(clone, *shlex.split(command)[1:])
        again = applied(clone, server)
        assert again.code == 0, again.all
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "two")}


def test_a_setting_of_all_repositories_is_named_with_its_file_and_mended_there(
    remote: Hub, other: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = remote.clone("clone")
    settings = tmp_path / "global"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    git(clone, "config", "--global", f"url.{other.bare}.pushInsteadOf", str(remote.bare))
    with invent() as server:
        done = applied(clone, server)
        assert done.code == 5, done.all
        assert str(settings) in done.all
        command = re.search(r"git config --global --unset-all [^;\n]+", done.all)
        assert command, done.all
        git(clone, *shlex.split(command[0])[1:])
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 2


def test_a_setting_of_the_environment_is_named_as_such(remote: Hub, other: Hub) -> None:
    given = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "remote.origin.pushurl",
        "GIT_CONFIG_VALUE_0": str(other.bare),
    }
    with invent() as server:
        done = applied(remote.clone("clone"), server, env=given)
        assert (done.code, posted(server)) == (5, [])
    assert "GIT_CONFIG_COUNT" in done.all


def test_no_password_of_an_address_is_printed(remote: Hub) -> None:
    clone = remote.clone("clone")
    git(clone, "config", f"url.{remote.bare.parent}/none.git.insteadOf", "https://me:s3cret@git.invalid/x")
    git(clone, "remote", "set-url", "--push", "origin", "https://me:s3cret@git.invalid/x")
    from invent_gitops.git.repository import Git
    from invent_gitops.state.addresses import why_apart

    what, cure = why_apart(Git(clone), "origin")
    assert "s3cret" not in what + cure
    git(clone, *shlex.split(cure.removeprefix("Take it out: "))[1:])
    assert git(clone, "remote", "get-url", "--push", "origin") == str(remote.bare)


def _by_another_address(clone: Path, remote: Hub, other: Hub) -> None:
    git(clone, "remote", "set-url", "--push", "origin", f"file://{remote.bare}")


def _rewritten(clone: Path, remote: Hub, other: Hub) -> None:
    git(clone, "config", f"url.file://{remote.bare}.pushInsteadOf", str(remote.bare))


def _to_both(clone: Path, remote: Hub, other: Hub) -> None:
    git(clone, "remote", "set-url", "--add", "--push", "origin", str(remote.bare))
    git(clone, "remote", "set-url", "--add", "--push", "origin", str(other.bare))


def _two_urls(clone: Path, remote: Hub, other: Hub) -> None:
    git(clone, "remote", "set-url", "--add", "origin", str(other.bare))


def _default_elsewhere(clone: Path, remote: Hub, other: Hub) -> None:
    git(clone, "remote", "add", "fork", str(other.bare))
    git(clone, "config", "remote.pushDefault", "fork")
    git(clone, "config", "branch.main.pushRemote", "fork")


@pytest.mark.parametrize("setting", [_by_another_address, _rewritten, _to_both, _two_urls, _default_elsewhere])
def test_two_addresses_that_lead_to_where_plans_read_are_no_fault(remote: Hub, other: Hub, setting: object) -> None:
    clone = remote.clone("clone")
    assert callable(setting)
    setting(clone, remote, other)
    with invent() as server:
        for _ in range(2):
            done = applied(clone, server)
            assert done.code == 0, done.all
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "two")}
        assert len(posted(server)) == 2


def test_a_host_that_hides_the_branch_from_readers_is_refused(remote: Hub) -> None:
    git(remote.bare, "config", "uploadpack.hideRefs", f"refs/heads/{BRANCH}")
    with invent() as server:
        done = applied(remote.clone("clone"), server)
        assert (done.code, posted(server)) == (5, [])
    assert "no setting of git" in done.all
    assert remote.intents == []


def _mirrored(remote: Hub, other: Hub) -> Path:
    """A clone that reads from `other`, a mirror, and pushes to `remote`."""
    clone = remote.clone("clone")
    git(clone, "remote", "set-url", "origin", str(other.bare))
    git(clone, "remote", "set-url", "--push", "origin", str(remote.bare))
    return clone


def test_a_mirror_that_lags_a_moment_is_waited_for(remote: Hub, other: Hub) -> None:
    store = a_store(_mirrored(remote, other))

    def wait(seconds: float) -> bool:
        git(other.bare, "fetch", "--quiet", str(remote.bare), f"+refs/heads/{BRANCH}:refs/heads/{BRANCH}")
        return False

    with store:
        force_setattr(store.remote.git, "wait", wait)
        store.append([Intended("one", an_intent())])
        store.sync()
        assert set(store.state.intents) == {"one"}
    assert other.tip == remote.tip


def test_a_mirror_that_stays_behind_is_refused_and_the_intent_is_taken_back_where_it_was_pushed(
    remote: Hub, other: Hub
) -> None:
    with a_store(_mirrored(remote, other)) as store:
        store.append([Intended("one", an_intent())])
        with pytest.raises(Refused, match="does not appear"):
            store.sync()
        assert not store.state.intents
    assert len(remote.states) == 2
    assert remote.intents == []
    assert remote.linear


def test_whoever_asks_to_stop_does_not_wait_for_a_mirror(remote: Hub, other: Hub) -> None:
    asked: list[float] = []

    def wait(seconds: float) -> bool:
        asked.append(seconds)
        return True

    with a_store(_mirrored(remote, other)) as store:
        force_setattr(store.remote.git, "wait", wait)
        store.append([Intended("one", an_intent())])
        with pytest.raises(Refused):
            store.sync()
    assert len(asked) == 1


def test_a_remote_that_cannot_be_read_after_the_push_lets_nothing_be_called_and_the_next_run_goes_on(
    remote: Hub,
) -> None:
    clone = remote.clone("clone")
    remote.hook("post-receive", 'mv "$PWD" "$PWD.away"')
    with invent() as server:
        done = applied(clone, server)
        assert (done.code, posted(server)) == (6, []), done.all
        remote.bare.with_name(f"{remote.bare.name}.away").rename(remote.bare)
        (remote.bare / "hooks" / "post-receive").unlink()
        assert remote.intents == ["one", "two"]
        again = applied(clone, server)
        assert again.code == 0, again.all
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "two")}
        assert len(posted(server)) == 2


def test_a_child_that_another_run_has_pushed_meanwhile_is_as_good_as_the_commit_itself(remote: Hub) -> None:
    clone = remote.clone("clone")
    child = f"""
[ ! -e once ] || exit 0
touch once
new=$(git rev-parse {BRANCH})
git update-ref refs/heads/{BRANCH} "$(git -c user.name=x -c user.email=x commit-tree -p "$new" -m on "$new^{{tree}}")"
"""
    remote.hook("post-receive", child)
    with a_store(clone) as store:
        store.append([Intended("one", an_intent())])
        store.sync()
        assert set(store.state.intents) == {"one"}


@pytest.mark.parametrize("command", [("state", "mv", "one", "first"), ("state", "rm", "one", "--reason", "a test")])
def test_a_word_of_a_person_that_goes_astray_is_no_success(remote: Hub, other: Hub, command: tuple[str, ...]) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        git(other.bare, "fetch", "--quiet", str(remote.bare), f"+refs/heads/{BRANCH}:refs/heads/{BRANCH}")
        _pushurl(clone, other)
        tip = remote.tip
        done = told(clone, server, *command)
    assert (done.code, remote.tip) == (5, tip)
    assert "pushurl" in done.err


def test_a_state_that_is_migrated_elsewhere_is_not_said_to_be_on_the_branch(remote: Hub, other: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        (clone / "invent.yaml").write_text("{}\n", encoding="utf-8")
        assert applied(clone, server).code == 0
        git(clone, "checkout", "--quiet", "invent.yaml")
        _pushurl(clone, other)
        done = told(clone, server, "state", "migrate")
    assert done.code == 5, done.all
    assert "Delete" not in done.all
    assert (clone / STATE).is_file()
