"""Compare-and-swap: of several writers one wins, the others read and plan again, and nothing is created twice."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from invent_gitops.errors import Refused, StateMoved
from invent_gitops.model.state import Intended, Recorded, Removal, Removed
from tests.branch_repository import APPLY, BRANCH, Hub, a_store, applied, git, hub, told
from tests.making import a_provenance, a_record, a_request, an_intent
from tests.running import account, ended, invent, live, posted, run, started

# An intent that a busy machine pushes slowly is not given up: how that ends is told in test_branch_evidence.py.
UNHURRIED = "from invent_gitops.operations import create; create.FRESH = 300.0"


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one")


def test_whoever_comes_second_writes_none_of_its_intents_and_keeps_its_results(remote: Hub) -> None:
    first, second = a_store(remote.clone("first")), a_store(remote.clone("second"))
    with second:
        second.append([Intended("mine", an_intent(a_request("Mine"), "m1"))])
        second.sync()
        second.append([Recorded("mine", a_record("bc_mine", a_request("Mine"), attempt="m1"))])
        with first:
            first.append([Intended("theirs", an_intent(a_request("Theirs"), "t1"))])
        before = remote.tip
        second.append([Intended("late", an_intent(a_request("Late"), "l1"))])
        with pytest.raises(StateMoved) as lost:
            second.sync()
        assert "Another run" in lost.value.message
        assert "nothing" in lost.value.cure.lower()
        assert remote.tip == before, "nothing of the batch is on the remote"
        assert set(second.state.intents) == {"theirs"}, "and it plans against what is there now"
        second.sync()
        assert remote.ids == {"mine": "bc_mine"}, "but what was created is carried over"
        assert remote.intents == ["theirs"]
    assert not any("late" in state["intents"] for state in remote.states)
    assert remote.linear
    assert remote.holds(before)


def test_results_alone_are_carried_over_to_a_tip_that_moved_without_a_word(remote: Hub) -> None:
    first, second = a_store(remote.clone("first")), a_store(remote.clone("second"))
    with first:
        first.append([Intended("one", an_intent(a_request("One"), "o1"))])
        first.sync()
        first.append([Recorded("one", a_record("bc_1", a_request("One"), attempt="o1"))])
        for number in range(3):
            with second:
                second.append([Intended(f"other-{number}", an_intent(a_request(f"Other {number}"), f"x{number}"))])
    assert remote.ids == {"one": "bc_1"}
    assert remote.intents == ["other-0", "other-1", "other-2"]
    assert remote.linear


def test_of_two_that_would_create_the_branch_one_does_and_the_other_joins_its_lineage(remote: Hub) -> None:
    first, second = a_store(remote.clone("first")), a_store(remote.clone("second"))
    with first, second:
        first.append([Intended("one", an_intent(a_request("One"), "o1"))])
        second.append([Intended("two", an_intent(a_request("Two"), "t1"))])
        first.sync()
        with pytest.raises(StateMoved):
            second.sync()
        assert remote.intents == ["one"]
        assert second.state.lineage == first.state.lineage == remote.state()["lineage"]
        second.append([Intended("two", an_intent(a_request("Two"), "t2"))])
        second.sync()
    assert remote.intents == ["one", "two"]
    assert remote.linear


def test_two_clones_that_mean_the_very_same_at_the_same_second_do_not_both_succeed(remote: Hub) -> None:
    first, second = a_store(remote.clone("first")), a_store(remote.clone("second"))
    with first as one, second as two:
        one.append([Intended("seed", an_intent(a_request("Seed"), "s"))])
        one.sync()
        with contextlib.suppress(StateMoved):
            two.append([Intended("x", an_intent(a_request("X"), "x"))])
            two.sync()
        # Only the attempt differs, which each run draws for itself.
        one.append([Intended("same", an_intent(a_request("Same"), "first"))])
        two.append([Intended("same", an_intent(a_request("Same"), "second"))])
        one.sync()
        with pytest.raises(StateMoved):
            two.sync()
        assert two.state.intents["same"].attempt == "first"
    assert remote.state()["intents"]["same"]["attempt"] == "first"


def test_a_second_writer_in_the_same_clone_is_refused_at_once(remote: Hub) -> None:
    clone = remote.clone("clone")
    with a_store(clone), pytest.raises(Refused, match="Another invent-gitops"), a_store(clone):
        pass


def test_a_result_that_the_journal_of_a_dead_run_holds_is_pushed_onto_whatever_came_after(remote: Hub) -> None:
    clone = remote.clone("clone")
    dead = a_store(clone)
    with contextlib.suppress(KeyboardInterrupt), dead:
        dead.append([Intended("one", an_intent(a_request("One"), "o1"))])
        dead.sync()
        dead.append([Recorded("one", a_record("bc_1", a_request("One"), attempt="o1"))])
        kept = dead.journal_path.read_bytes()
    found = a_record("bc_1", a_request("One"), how="adopted", attempt="o1")
    with a_store(remote.clone("other")) as other:
        # Somebody else found it in Invent meanwhile, and took it out of the records again.
        other.append([Recorded("one", found)])
        other.append([Removed("one", Removal("bc_1", a_request("One"), "a test", a_provenance(), "o1"))])
    # As if the process had died before its last push: the journal is there once more.
    dead.journal_path.write_bytes(kept)
    with a_store(clone):
        assert not dead.journal_path.exists()
    assert remote.state()["broadcasts"] == {}, "an id with a tombstone does not come back"
    assert remote.intents == []
    assert remote.linear


def test_each_earlier_tip_stays_part_of_the_branch_whatever_the_writers_do(remote: Hub) -> None:
    stores = [a_store(remote.clone(f"clone-{number}")) for number in range(3)]
    tips = []
    with stores[0], stores[1], stores[2]:
        for number in range(6):
            store = stores[number % 3]
            store.append([Intended(f"key-{number}", an_intent(a_request(f"Name {number}"), f"a{number}"))])
            try:
                store.sync()
            except StateMoved:
                store.append([Intended(f"key-{number}", an_intent(a_request(f"Name {number}"), f"b{number}"))])
                store.sync()
            tips.append(remote.tip)
    assert len(set(tips)) == 6
    assert all(remote.holds(tip) for tip in tips)
    assert remote.intents == [f"key-{number}" for number in range(6)]
    assert remote.linear


@pytest.mark.parametrize("clones", [12])
def test_clones_that_race_create_each_broadcast_once_and_say_how_it_ended(tmp_path: Path, clones: int) -> None:
    keys = [f"campaign-{number:02}" for number in range(40)]
    remote = hub(tmp_path, *keys)
    folders = [remote.clone(f"runner-{number}") for number in range(clones)]
    words = (*APPLY, "--concurrency", "8")
    with invent() as server, contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(started(folder, *words, env=account(server.url), before=UNHURRIED))
            for folder in folders
        ]
        results = [ended(process) for process in processes]
        assert len(posted(server)) == 40, "no call was made twice"
        assert len(live(server)) == 40
        assert {key: live(server)[f"Campaign {key}"] for key in keys} == remote.ids
        assert remote.intents == []
        for result in results:
            assert result.code in (0, 5, 7), result.all
            assert "Traceback" not in result.all
            assert result.out.strip(), "each says why"
            if result.code == 5:
                assert "Another run" in result.all
            if result.code == 7:
                assert "blocked" in result.all.lower() or "another run" in result.all.lower(), result.all
        assert any(result.code == 0 for result in results)
        assert remote.linear
        verified = run(folders[0], "state", "verify", "--json", env=account(server.url))
        assert (verified.code, verified.json["flaws"]) == (0, [])
        rows = run(folders[1], "history", "--json", env=account(server.url)).json["changes"]
    source = git(remote.bare, "rev-parse", "main")
    assert [(row["what"], row["source_commit"], row["pull_request"]) for row in rows] == [("created", source, 7)] * 40
    assert sorted(row["key"] for row in rows) == keys


def test_a_rerun_from_the_commit_before_the_ids_were_written_creates_nothing(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        # A re-run gets the checkout of its first attempt, on a machine that has never seen the state.
        again = remote.clone("again")
        git(again, "checkout", "--quiet", "--detach", git(clone, "rev-parse", "HEAD"))
        git(again, "update-ref", "-d", f"refs/remotes/origin/{BRANCH}")
        done = applied(again, server)
        assert (done.code, posted(server)) == (0, ["Campaign one"])
        assert "No changes" in done.out
        assert told(again, server, "plan", "--exit-code").code == 0
    assert len(remote.states) == 2
