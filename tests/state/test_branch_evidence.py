"""While a run pushes and calls, others act on the state branch, and what they settle is asked for before each call."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.model.project import BranchPlace
from invent_gitops.model.state import Absence, DeclaredAbsent, Provenance
from invent_gitops.operations import create as creating
from invent_gitops.sandbox.server import Server
from invent_gitops.state.branch import BranchStore
from tests.branch_repository import BRANCH, STATE, Hub, applied, git, hub
from tests.running import FAST, account, afterwards, ended, invent, live, posted, run, started, until

# Waits as long as the test wants, once, in a push that others can see already.
SLOW_ONCE = "[ -e slow ] && rm slow && while [ ! -e go ]; do sleep 0.05; done; exit 0"
ABSENT = Provenance(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), "eve")


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one")


def declare_absent(clone: Path, server: Server, key: str) -> None:
    """A person says of an open attempt that it created nothing, and is believed."""
    place = BranchPlace(BRANCH, "origin", STATE)
    store = BranchStore(clone, place, org="c", api=server.url, provenance=lambda: ABSENT)
    with store:
        attempt = store.state.intents[key].attempt
        store.append([DeclaredAbsent(attempt, Absence(key, "looked", ABSENT))])
        store.sync()


def attempts(remote: Hub) -> list[str]:
    return [intent["attempt"] for intent in remote.state()["intents"].values()]


# ---------------------------------------------------------------- slow pushes


def test_intent_that_was_settled_while_its_push_was_slow_is_not_called(
    remote: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "FRESH", 0.5)
    remote.hook("post-receive", SLOW_ONCE)
    (remote.bare / "slow").touch()
    mine, theirs = remote.clone("mine"), remote.clone("theirs")
    with invent() as server:

        def settle() -> None:
            declare_absent(theirs, server, "one")
            # Long after the clock of the intent has run out.
            threading.Event().wait(1.0)
            (remote.bare / "go").touch()

        watch = afterwards(lambda: bool(remote.intents), settle)
        done = applied(mine, server)
        watch.join()
        # The attempt that was settled was never called; the run planned again, and called once for a new one.
        assert len(posted(server)) <= 1, done.all
        state = remote.state()
        assert state["intents"] == {}
        called = {record["attempt"] for record in state["broadcasts"].values()}
        assert called.isdisjoint(state["absences"])


def test_what_another_run_created_during_a_slow_push_is_not_created_by_the_batches_that_follow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "FRESH", 0.5)
    remote = hub(tmp_path, "one", "two", "three")
    remote.hook("post-receive", SLOW_ONCE)
    (remote.bare / "slow").touch()
    mine, theirs = remote.clone("mine"), remote.clone("theirs")
    with invent() as server:

        def overtake() -> None:
            assert run(theirs, "apply", "--yes", *FAST, env=account(server.url)).code == ExitCode.UNSETTLED
            (remote.bare / "go").touch()

        watch = afterwards(lambda: bool(remote.intents), overtake)
        done = applied(mine, server, "--concurrency", "1")
        watch.join()
        assert posted(server) == ["Campaign one", "Campaign three", "Campaign two"], done.all
        assert done.code == 0, done.all
    assert set(remote.ids) == {"one", "two", "three"}


def test_loser_of_a_race_for_a_new_branch_leaves_no_journal_of_a_state_that_never_was(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two")
    mine, theirs = remote.clone("mine"), remote.clone("theirs")
    with invent() as server:
        assert applied(theirs, server, "--only", "one").code == 0
        left = mine / ".git" / "invent-gitops"
        left.mkdir(exist_ok=True)
        name = "origin%20broadcast-state%20invent.state.json.journal"
        header = {"journal": 1, "lineage": "another", "serial": 0, "org": "c", "api": server.url}
        taken_back = {"event": "withdrawn", "key": "one", "attempt": "never-landed"}
        (left / name).write_text(f"{json.dumps(header)}\n{json.dumps(taken_back)}\n", encoding="utf-8")
        done = applied(mine, server)
        assert (done.code, posted(server)) == (0, ["Campaign one", "Campaign two"]), done.all
        assert not (left / name).exists()


def test_slow_host_gets_through_since_the_intent_is_seen_open_after_the_push(
    remote: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creating, "FRESH", 0.5)
    remote.hook("post-receive", "sleep 1")
    with invent() as server:
        done = applied(remote.clone("mine"), server)
        assert (done.code, posted(server)) == (0, ["Campaign one"]), done.all
    assert set(remote.ids) == {"one"}


def test_host_that_is_never_fast_enough_gets_no_call(remote: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "FRESH", -1.0)
    monkeypatch.setattr("invent_gitops.model.run_pace.SLOW", 1.5)
    with invent() as server:
        done = applied(remote.clone("mine"), server)
        assert (done.code, posted(server)) == (ExitCode.UNAVAILABLE, []), done.all
    assert "too slowly" in done.all
    assert remote.intents == []


# ---------------------------------------------------------------- a settled attempt comes back


def test_unknown_answer_to_a_settled_attempt_is_a_new_doubt_and_nobody_elses_broadcast(remote: Hub) -> None:
    mine, theirs = remote.clone("mine"), remote.clone("theirs")
    with invent("hang=2@create:1", "close-after@create:1") as server:
        with started(mine, "apply", "--yes", *FAST, env=account(server.url)) as process:
            until(lambda: len(posted(server)) == 1)
            [first] = attempts(remote)
            declare_absent(theirs, server, "one")
            other = applied(theirs, server, "--json")
            done = ended(process)
        # The other run sees what the first one has made, and creates no second one.
        assert (other.code, len(posted(server))) == (ExitCode.REFUSED, 1), other.all
        assert done.code == ExitCode.UNSETTLED, done.all
        [ours] = live_ids(server)
        assert ours not in remote.ids.values()
        [doubt] = attempts(remote)
        assert doubt != first, "what nobody has recorded is in doubt anew"


def live_ids(server: Server) -> list[str]:
    return [one["id"] for one in server.sandbox.broadcasts()]


# ---------------------------------------------------------------- what the disk cannot do


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_branch_needs_no_locks(remote: Hub, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def flock(file: int, how: int) -> None:
        raise OSError(number, "no locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with invent() as server:
        done = applied(remote.clone("mine"), server)
        assert (done.code, posted(server)) == (0, ["Campaign one"]), done.all


def test_journal_that_cannot_be_written_is_refused_before_anything_is_called(
    remote: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = os.fsync

    def fsync(file: int) -> None:
        if os.readlink(f"/proc/self/fd/{file}").endswith(".journal"):
            raise OSError(errno.EIO, "Input/output error")
        genuine(file)

    monkeypatch.setattr(os, "fsync", fsync)
    with invent() as server:
        done = applied(remote.clone("mine"), server)
        assert (done.code, posted(server)) == (ExitCode.REFUSED, []), done.all
        assert "cannot be written" in done.all
    assert remote.intents == []


# ---------------------------------------------------------------- the report is made after the last attempt


def test_push_that_is_refused_for_a_while_heals_and_the_report_says_so(remote: Hub) -> None:
    remote.hook("pre-receive", 'echo x >> count; n=$(wc -l < count); [ "$n" -le 1 ] || [ "$n" -ge 4 ]')
    with invent() as server:
        done = applied(remote.clone("mine"), server, "--json")
        assert (done.code, posted(server)) == (0, ["Campaign one"]), done.all
    [outcome] = done.json["outcomes"]
    assert (outcome["recorded"], done.json["error"]) == (True, None)
    assert remote.ids == {"one": outcome["id"]}


def test_push_is_not_tried_again_once_somebody_wants_to_stop(remote: Hub) -> None:
    remote.hook("pre-receive", 'echo x >> count; [ "$(wc -l < count)" -le 1 ]')
    with (
        invent("delay=2@create:1") as server,
        started(remote.clone("mine"), "apply", "--yes", *FAST, env=account(server.url)) as process,
    ):
        until(lambda: server.faults.seen("create") >= 1)
        process.send_signal(signal.SIGINT)
        done = ended(process)
        assert done.code == ExitCode.INTERRUPTED, done.all
        assert live(server)
    tried = (remote.bare / "count").read_text(encoding="utf-8").count("x")
    assert tried <= 4
    assert ".journal" in done.all


# ---------------------------------------------------------------- where neither list nor memory can vouch


def test_fresh_clone_creates_nothing_on_a_known_branch_where_the_list_is_away(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two")
    mine = remote.clone("mine")
    with invent() as server:
        assert applied(mine, server, "--only", "one").code == 0
        server.faults.add("error-before=403@list:*")
        fresh = remote.clone("fresh")
        for _ in range(2):
            done = applied(fresh, server)
            assert (done.code, posted(server)) == (ExitCode.UNAVAILABLE, ["Campaign one"]), done.all
        assert applied(mine, server).code == 0
        assert posted(server) == ["Campaign one", "Campaign two"]


# ---------------------------------------------------------------- a branch that goes back under a run


def test_branch_that_is_rewound_under_a_run_gets_no_commit_on_top(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two")
    mine = remote.clone("mine")
    with invent("delay=2@create:2") as server:
        assert applied(mine, server, "--only", "one").code == 0
        older = git(remote.bare, "rev-parse", f"{BRANCH}~1")

        def rewind() -> None:
            git(remote.bare, "update-ref", f"refs/heads/{BRANCH}", older)

        watch = afterwards(lambda: len(posted(server)) == 2, rewind)
        done = applied(mine, server)
        watch.join()
        assert done.code == ExitCode.UNSETTLED, done.all
        assert ".journal" in done.all
        assert remote.tip == older


@pytest.mark.parametrize("whose", ["the same clone", "a fresh clone", "a shallow clone", "a shallow remote"])
def test_older_state_that_is_put_on_top_of_the_branch_is_refused(tmp_path: Path, whose: str) -> None:
    remote = hub(tmp_path, "one", "two")
    mine = remote.clone("mine")
    with invent() as server:
        assert applied(mine, server, "--only", "one").code == 0
        older = remote.tip
        assert applied(mine, server).code == 0
        other = remote.clone("other", "--branch", BRANCH)
        git(other, "checkout", "--quiet", older, "--", STATE)
        git(other, "commit", "--quiet", "-m", "Revert the state")
        git(other, "push", "--quiet", "origin", f"HEAD:{BRANCH}")
        server.sandbox.delete("c", live(server)["Campaign two"])
        url, cut = f"file://{remote.bare}", ("clone", "--quiet", "--depth", "1", "--no-single-branch")
        if whose == "a fresh clone":
            mine = remote.clone("fresh")
        elif whose == "a shallow clone":
            git(tmp_path, *cut, url, str(tmp_path / "shallow"))
            mine = tmp_path / "shallow"
        elif whose == "a shallow remote":
            git(tmp_path, *cut, "--bare", url, str(tmp_path / "shallow.git"))
            git(tmp_path, "clone", "--quiet", f"file://{tmp_path / 'shallow.git'}", str(tmp_path / "of it"))
            mine = tmp_path / "of it"
        done = applied(mine, server)
        assert (done.code, posted(server)) == (ExitCode.REFUSED, ["Campaign one", "Campaign two"]), done.all
        # What the remote itself has not, nobody can compare.
        assert ("is cut off here" if whose == "a shallow remote" else "went back") in done.err
