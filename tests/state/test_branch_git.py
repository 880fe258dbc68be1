"""What can go wrong between a clone and its remote: lost answers, refusals, absence, rewrites, and odd names."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from invent_gitops.errors import InvalidInput, Refused, Unavailable
from invent_gitops.git import repository as state_git
from invent_gitops.model.project import BranchPlace
from invent_gitops.model.state import Intended
from invent_gitops.state.branch import BranchStore
from invent_gitops.state.document import dump
from invent_gitops.values import replace
from tests.branch_repository import API, APPLY, AT, BRANCH, Hub, a_store, applied, git, hub, told
from tests.making import a_provenance, a_record, a_state, an_intent
from tests.running import account, call, ended, invent, live, posted, started, until

# The ref has moved, and the answer never comes: git's own server dies.
KILLED = '[ "$1" != committed ] || kill -9 $PPID'


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "three", "two")


def _pushes(remote: Hub) -> int:
    """How often the state branch was moved, as the remote counted it."""
    log = remote.bare / "moves"
    return log.read_text(encoding="utf-8").count(f"refs/heads/{BRANCH}") if log.exists() else 0


def _counted(remote: Hub, then: str = "") -> None:
    remote.hook("reference-transaction", f'[ "$1" != committed ] || cat >> moves\n{then}')


def test_a_push_whose_answer_was_lost_is_looked_up_and_not_repeated(remote: Hub) -> None:
    _counted(remote, KILLED)
    with invent() as server:
        done = applied(remote.clone("clone"), server)
        assert done.code == 0, done.all
        assert live(server).keys() == {"Campaign one", "Campaign three", "Campaign two"}
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "three", "two")}
    assert remote.linear
    assert _pushes(remote) == len(remote.states) == 2, "the intents, and the results"


def test_a_push_that_ends_with_an_error_after_it_arrived_counts_as_a_success(remote: Hub, tmp_path: Path) -> None:
    _counted(remote)
    wrapper = tmp_path / "receive"
    wrapper.write_text('#!/bin/sh\ngit-receive-pack "$@"\nexit 1\n', encoding="utf-8")
    wrapper.chmod(0o755)
    clone = remote.clone("clone")
    git(clone, "config", "remote.origin.receivepack", str(wrapper))
    pushed = subprocess.run(
        ["git", "-C", str(clone), "push", "--quiet", "origin", "main:other"], capture_output=True, check=False
    )
    assert pushed.returncode != 0, "so this is a push that fails"
    assert git(remote.bare, "rev-parse", "other") == git(clone, "rev-parse", "main"), "although it arrived"
    with invent() as server:
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 3
    assert _pushes(remote) == len(remote.states) == 2


def test_a_push_that_hangs_after_it_arrived_is_looked_up_when_patience_ends(
    remote: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    _counted(remote)
    remote.hook("post-receive", "exec sleep 3")
    clone = remote.clone("clone")
    monkeypatch.setattr(state_git, "TIMEOUT", 1.5)
    with a_store(clone) as store:
        store.append([Intended("one", an_intent())])
        store.sync()
        assert remote.intents == ["one"]
    assert _pushes(remote) == len(remote.states) == 1


def test_a_push_that_was_lost_before_it_arrived_is_not_taken_for_a_success(remote: Hub) -> None:
    remote.hook("pre-receive", "kill -9 $PPID")
    with invent() as server:
        done = applied(remote.clone("clone"), server)
        assert done.code == 6, done.all
        assert posted(server) == []
    assert remote.tip == ""


def test_a_lost_answer_is_still_a_success_if_somebody_has_pushed_on_top_meanwhile(remote: Hub) -> None:
    clone, other = remote.clone("clone"), remote.clone("other")
    with a_store(other) as store:
        store.append([Intended("theirs", an_intent(attempt="t1"))])
        store.sync()
        store.append([Intended("later", an_intent(attempt="t2"))])
    # Right after our push arrives, its child arrives as well, and only then does the answer get lost.
    child = f"""
[ "$1" = committed ] || exit 0
[ ! -e once ] || exit 0
touch once
unset GIT_QUARANTINE_PATH
new=$(git rev-parse {BRANCH})
ours=$(git -c user.name=x -c user.email=x@example.test commit-tree -p "$new" -m on-top "$new^{{tree}}")
git update-ref refs/heads/{BRANCH} "$ours"
kill -9 $PPID"""
    remote.hook("reference-transaction", child)
    with a_store(clone) as store:
        store.append([Intended("ours", an_intent(attempt="o1"))])
        store.sync()
        assert remote.intents == ["later", "ours", "theirs"]
    assert git(remote.bare, "log", "-1", "--format=%s", BRANCH) == "on-top"


@pytest.mark.parametrize("before", ["nothing", "a state"])
def test_a_push_that_is_refused_ends_with_6_and_nothing_is_called(remote: Hub, before: str) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        if before == "a state":
            assert applied(clone, server, "--only", "one").code == 0
        tip, calls = remote.tip, posted(server)
        remote.hook("pre-receive", "echo 'this branch is protected' >&2; exit 1")
        done = applied(clone, server)
        assert done.code == 6, done.all
        assert "this branch is protected" in done.all or "hook declined" in done.all
        assert "may push" in done.all
        assert (remote.tip, posted(server)) == (tip, calls)
        assert remote.intents == []
        (remote.bare / "hooks" / "pre-receive").unlink()
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 3
    assert remote.linear


@pytest.mark.parametrize("command", [("apply", "--yes"), ("plan",), ("state", "list"), ("reconcile",), ("history",)])
def test_a_remote_that_is_away_at_the_start_ends_with_6(remote: Hub, command: tuple[str, ...]) -> None:
    clone = remote.clone("clone")
    remote.bare.rename(remote.bare.with_name("away.git"))
    with invent() as server:
        done = told(clone, server, *command)
        assert done.code == 6, done.all
        assert "origin" in done.err
        assert "→" in done.err
        assert posted(server) == []


def _goes_away_after(remote: Hub, pushes: int) -> None:
    """The push after so many finds the remote there, and neither it nor anything later gets through."""
    script = f'echo x >> count; [ "$(wc -l < count)" -le {pushes} ] || {{ mv "$PWD" "$PWD.away"; exit 1; }}'
    remote.hook("pre-receive", script)


def _comes_back(remote: Hub) -> None:
    remote.bare.with_name(f"{remote.bare.name}.away").rename(remote.bare)
    (remote.bare / "hooks" / "pre-receive").unlink()


def _journals(clone: Path) -> list[Path]:
    return list((clone / ".git" / "invent-gitops").glob("*.journal"))


def test_ids_that_could_not_be_pushed_are_kept_in_the_clone_and_the_next_run_pushes_them(remote: Hub) -> None:
    clone = remote.clone("clone")
    _goes_away_after(remote, 1)
    with invent() as server:
        done = applied(clone, server)
        journal = _journals(clone)[0].read_text(encoding="utf-8")
        assert all(id in journal for id in live(server).values()), "every id is on this disk"
        assert all(id in done.all for id in live(server).values()), "and was printed"
        _comes_back(remote)
        assert remote.intents == ["one", "three", "two"], "for everybody else they are in doubt"
        again = applied(clone, server)
        assert again.code == 0, again.all
        assert len(posted(server)) == 3, "nothing is created again"
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "three", "two")}
        assert remote.state()["broadcasts"]["one"]["how"] == "created", "known from the answer, not guessed from a list"
    assert remote.linear


def test_a_run_whose_ids_could_not_be_pushed_ends_with_7_and_says_where_they_are(remote: Hub) -> None:
    clone = remote.clone("clone")
    _goes_away_after(remote, 1)
    with invent() as server:
        done = applied(clone, server)
        assert len(posted(server)) == 3
    assert done.code == 7, done.all
    assert re.search(r"\.journal\b", done.all), done.all


@pytest.mark.parametrize("faults", [(), ("close-after@create:1",)], ids=["all answered", "an answer lost"])
def test_a_run_whose_ids_could_not_be_pushed_prints_its_report_all_the_same(
    remote: Hub, faults: tuple[str, ...]
) -> None:
    clone = remote.clone("clone")
    _goes_away_after(remote, 1)
    with invent(*faults) as server:
        done = applied(clone, server, "--json")
        outcomes = done.json.get("outcomes", [])
        assert {one["id"] for one in outcomes if one["id"]} <= set(live(server).values())
    assert done.code == 7
    assert [one["key"] for one in outcomes] == ["one", "three", "two"]
    assert len([one for one in outcomes if one["id"]]) >= 3 - len(faults)
    assert not any(one["recorded"] for one in outcomes)


def test_ids_whose_push_is_refused_are_kept_and_the_run_ends_with_7_and_says_where(remote: Hub) -> None:
    clone = remote.clone("clone")
    remote.hook("pre-receive", 'echo x >> count; [ "$(wc -l < count)" -le 1 ]')
    with invent() as server:
        done = applied(clone, server)
        assert done.code == 7, done.all
        assert re.search(r"\.journal\b", done.all), done.all
        (remote.bare / "hooks" / "pre-receive").unlink()
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 3
    assert set(remote.ids) == {"one", "three", "two"}


def test_the_ids_of_a_lost_clone_are_found_in_invent_by_the_next_one(remote: Hub) -> None:
    _goes_away_after(remote, 1)
    with invent() as server:
        applied(remote.clone("lost"), server)
        _comes_back(remote)
        done = applied(remote.clone("fresh"), server)
        assert done.code == 0, done.all
        assert len(posted(server)) == 3
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "three", "two")}
    assert {record["how"] for record in remote.state()["broadcasts"].values()} == {"adopted"}


def test_a_branch_of_the_sandbox_can_be_deleted_and_begun_anew_for_an_account(remote: Hub) -> None:
    clone = remote.clone("clone")
    rehearsed = replace(a_state({"one": a_record("b_1")}), org="c", api="sandbox")
    blob = git(clone, "hash-object", "-w", "--stdin", data=dump(rehearsed))
    tree = git(clone, "mktree", data=f"100644 blob {blob}\tinvent.state.json\n")
    git(clone, "push", "--quiet", "origin", f"{git(clone, 'commit-tree', tree, '-m', 'x')}:refs/heads/{BRANCH}")
    assert "nothing that it records exists in Invent" in call(clone, "plan").err
    with invent() as server:
        refused = applied(clone, server)
        assert refused.code == 5
        command = re.search(r"git push origin --delete \S+", refused.err)
        assert command, refused.err
        git(clone, *shlex.split(command[0])[1:])
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 3
    assert remote.linear


def test_a_branch_that_was_deleted_is_refused_with_the_command_that_puts_it_back(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        tip = remote.tip
        git(remote.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
        refused = [told(clone, server, *words) for words in (("plan",), ("state", "list"), APPLY)]
        assert [done.code for done in refused] == [5, 5, 5]
        assert all("is gone" in done.err for done in refused)
        assert len(posted(server)) == 3
        command = re.search(r"git push \S+ \S+", refused[-1].err)
        assert command, refused[-1].err
        git(clone, *shlex.split(command[0])[1:])
        assert remote.tip == tip
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 3


@pytest.mark.parametrize("how", ["another history", "an older commit"])
def test_a_branch_that_was_rewritten_is_refused_each_time(remote: Hub, how: str) -> None:
    clone = remote.clone("clone")
    git(clone, "config", "core.logAllRefUpdates", "always")
    with invent() as server:
        assert applied(clone, server).code == 0
        tip = remote.tip
        other = (
            f"{tip}~1"
            if how == "an older commit"
            else git(
                remote.bare, "-c", "user.name=x", "-c", "user.email=x@x", "commit-tree", "-m", "new", f"{tip}^{{tree}}"
            )
        )
        git(remote.bare, "update-ref", f"refs/heads/{BRANCH}", other)
        for words in (APPLY, ("plan",), APPLY):
            done = told(clone, server, *words)
            assert done.code == 5, done.all
            assert "rewritten" in done.err
            assert tip in done.err
        assert len(posted(server)) == 3
    assert remote.tip == git(remote.bare, "rev-parse", other), "and nothing was pushed over it"
    noted = git(clone, "reflog", "show", "--format=%H", f"refs/invent-gitops/origin/{BRANCH}").splitlines()
    assert noted[0] == tip
    assert remote.tip not in noted[:1], (
        "a run that is killed right then leaves nothing that the next one takes for seen"
    )
    assert len(noted) == len({*noted}), "it never went there and back"


def test_what_another_run_of_this_clone_has_seen_meanwhile_is_not_forgotten(remote: Hub) -> None:
    clone = remote.clone("clone")
    first, second = a_store(clone), a_store(clone)
    with second:
        second.append([Intended("one", an_intent())])
        second.sync()
        first.read()
        older = remote.tip
        second.append([Intended("two", an_intent(attempt="a2"))])
        second.sync()
        # As if its fetch had ended before, and its look at what it knew had been even earlier.
        first.remote._see(older, "")
        first.remote._see(older, older)
    seen = git(clone, "rev-parse", f"refs/invent-gitops/origin/{BRANCH}")
    assert seen == remote.tip != older


def test_a_branch_without_the_file_is_refused(remote: Hub) -> None:
    git(remote.bare, "update-ref", f"refs/heads/{BRANCH}", "main")
    with invent() as server:
        done = applied(remote.clone("clone"), server)
        assert done.code == 5, done.all
        assert "has no file" in done.err
        assert posted(server) == []
    assert remote.tip == git(remote.bare, "rev-parse", "main")


REMOTES = ["--upload-pack=touch pwned;", "-o", "ext::sh -c touch% pwned", "/srv/git/x.git", "../remote.git", "."]
REMOTES += ["https://example.test/x.git", "git@example.test:x.git", "file:///x.git", "upstream", "origin/..", ""]


def test_only_the_name_of_a_configured_remote_is_taken_and_no_option_or_address(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        for name in REMOTES:
            with pytest.raises(InvalidInput):
                a_store(clone, remote=name)
            (clone / "invent.yaml").write_text(f"state: {{branch: {BRANCH}, remote: {name!r}}}\n", encoding="utf-8")
            done = applied(clone, server)
            assert done.code == 4, done.all
        assert posted(server) == []
    assert not list(clone.parent.rglob("pwned"))


BRANCHES = ["a..b", "a b", "x.lock", "a~1", ":main", "x:y", "@{-1}", ""]


def test_a_name_that_no_branch_can_have_is_an_error_of_the_input(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        for branch in (*BRANCHES, "-x", "--all", "+main"):
            (clone / "invent.yaml").write_text(f"state: {{branch: {branch!r}}}\n", encoding="utf-8")
            done = applied(clone, server)
            assert done.code == 4, done.all
        assert posted(server) == []
    for branch in BRANCHES:
        with pytest.raises(InvalidInput, match="not a name for a git branch"):
            BranchStore(clone, BranchPlace(branch), org="c", api=API, provenance=lambda: a_provenance(AT))


def test_a_remote_may_have_dashes_dots_and_slashes_in_its_name(remote: Hub) -> None:
    clone = remote.clone("clone")
    git(clone, "remote", "rename", "origin", "my-team/state.v2")
    with a_store(clone, remote="my-team/state.v2") as store:
        store.append([Intended("one", an_intent())])
    assert remote.intents == ["one"]


def test_a_folder_that_is_in_no_repository_is_an_error_of_the_input(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    (clone / ".git").rename(tmp_path / "gone")
    with invent() as server:
        done = applied(clone, server)
        assert done.code == 4, done.all
        assert "git repository" in done.err
        assert posted(server) == []


def test_a_state_of_another_account_is_refused(remote: Hub) -> None:
    clone = remote.clone("clone")
    with a_store(clone) as store:
        store.append([Intended("one", an_intent())])
    with invent() as server:
        done = applied(clone, server)
        assert done.code == 5, done.all
        assert API in done.err
        assert posted(server) == []


def test_a_remote_that_comes_and_goes_within_a_store_is_an_error_that_can_be_tried_again(remote: Hub) -> None:
    with a_store(remote.clone("clone")) as store:
        remote.bare.rename(remote.bare.with_name("away.git"))
        store.append([Intended("one", an_intent())])
        with pytest.raises(Unavailable):
            store.sync()
        remote.bare.with_name("away.git").rename(remote.bare)
        assert not store.state.intents, "nothing is in doubt, for nothing was called"
    assert remote.intents == []


def test_a_journal_of_another_account_is_refused_and_kept(remote: Hub) -> None:
    clone = remote.clone("clone")
    with a_store(clone) as store:
        store.append([Intended("one", an_intent())])
        path = store.journal_path
    header = '{"journal": 1, "lineage": "x", "org": "c", "api": "https://elsewhere.test"}'
    path.write_text(
        f'{header}\n{{"event": "looked", "key": "one", "attempt": "t", "candidates": []}}\n', encoding="utf-8"
    )
    with pytest.raises(Refused, match=r"elsewhere\.test"), a_store(clone):
        pass
    assert path.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_answer_in_flight_arrive_and_pushes_it(remote: Hub, number: signal.Signals) -> None:
    clone = remote.clone("clone")
    with (
        invent("delay=0.7@create:1") as server,
        started(clone, *APPLY, "--concurrency", "1", env=account(server.url)) as process,
    ):
        until(lambda: server.faults.seen("create") == 1)
        process.send_signal(number)
        done = ended(process)
        assert done.code == 130, done.all
        assert posted(server) == ["Campaign one"], "nothing more is started"
        assert remote.ids == {"one": live(server)["Campaign one"]}
        assert remote.intents == []
        assert "not attempted" in done.out
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 3
    assert remote.linear


def test_a_ctrl_c_that_reaches_all_of_the_terminal_does_not_kill_a_push_half_way(remote: Hub) -> None:
    clone = remote.clone("clone")
    remote.hook("pre-receive", 'echo x >> count; [ "$(wc -l < count)" -ne 2 ] || sleep 0.7')
    with (
        invent() as server,
        started(clone, *APPLY, env=account(server.url), start_new_session=True) as process,
    ):
        until(lambda: (remote.bare / "count").exists() and (remote.bare / "count").read_text() == "x\nx\n")
        os.killpg(process.pid, signal.SIGINT)
        done = ended(process)
        assert done.code in (0, 130), done.all
        assert remote.ids == {key: live(server)[f"Campaign {key}"] for key in ("one", "three", "two")}
    assert (remote.bare / "count").read_text() == "x\nx\n", "the one push came to its end"
    assert "not recorded" not in done.all
    assert remote.linear


def test_a_second_signal_ends_at_once_and_the_next_run_finds_the_intent(remote: Hub) -> None:
    clone = remote.clone("clone")
    with (
        invent("delay=3.0@create:1") as server,
        started(clone, *APPLY, "--concurrency", "1", env=account(server.url)) as process,
    ):
        until(lambda: server.faults.seen("create") == 1)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "answers in flight are awaited" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert ended(process).code == 130
        assert live(server) == {}, "it did not wait for the answer"
        assert remote.intents == ["one"]
        until(lambda: len(live(server)) == 1)
        done = applied(clone, server)
        assert done.code == 0, done.all
        assert len(posted(server)) == 3
        assert remote.ids["one"] == live(server)["Campaign one"]
    assert remote.linear
