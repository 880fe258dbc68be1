"""`state verify`: whole after everything the tool does, and broken, with the place named, after anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.audit.verify import verify
from invent_gitops.model.state import Intended, Recorded
from invent_gitops.sandbox.server import Server
from tests.branch_repository import BRANCH, STATE, Hub, a_store, applied, commit, git, hub, told
from tests.making import a_record, a_request, an_intent
from tests.running import WHEN, Result, account, call, define, invent, live

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "three", "two")


def verified(clone: Path, server: Server, *words: str) -> Result:
    return told(clone, server, "state", "verify", "--json", *words)


def flaws(clone: Path, server: Server) -> list[tuple[str, str, bool]]:
    return [(flaw["place"], flaw["message"], flaw["missing"]) for flaw in verified(clone, server).json["flaws"]]


def put(remote: Hub, text: str, *parents: str, message: str = "By hand") -> str:
    """A state commit by hand, on top of the tip or of the given parents."""
    blob = git(remote.bare, "hash-object", "-w", "--stdin", data=text)
    tree = git(remote.bare, "mktree", data=f"100644 blob {blob}\t{STATE}\n")
    above = [word for parent in parents or (BRANCH,) for word in ("-p", parent)]
    made = git(remote.bare, "commit-tree", tree, *above, "-m", message)
    git(remote.bare, "update-ref", f"refs/heads/{BRANCH}", made)
    return made


def written(state: dict[str, Any]) -> str:
    return json.dumps(state, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def tampered(remote: Hub, change: Change) -> str:
    """A state commit that looks like one of the tool's, but for what `change` did to the state."""
    state = remote.state()
    state["serial"] += 1
    change(state)
    return put(remote, written(state))


def credit(remote: Hub, commit: str, instead: str) -> None:
    """Write the last state commit anew, with another source commit in every record."""
    text, message = written(remote.state()), git(remote.bare, "show", "-s", "--format=%B", BRANCH)
    put(remote, text.replace(commit, instead), f"{BRANCH}~1", message=message)


def test_the_chain_is_whole_after_everything_that_the_tool_can_do(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent("close-after@create:2", "error-before@create:3") as server:
        assert verified(clone, server).code == 5, "there is nothing that could be verified"
        assert applied(clone, server, "--concurrency", "1").code == 7
        assert told(clone, server, "resolve", "two", "--not-created", "--reason", "not in Invent", "--anyway").code == 0
        assert told(clone, server, "state", "mv", "one", "first").code == 0
        assert told(clone, server, "state", "rm", "three", "--reason", "a test").code == 0
        assert told(clone, server, "state", "restore", "three", "--reason", "a test of that").code == 0
        assert told(clone, server, "state", "rm", "three", "--reason", "a test").code == 0
        wrong = remote.ids["first"]
        words = ("--id", "b_right", "--instead-of", wrong, "--anyway", "--reason", "a person's own")
        assert told(clone, server, "resolve", "first", *words).code == 0
        (clone / "broadcasts" / "one.yaml").rename(clone / "broadcasts" / "first.yaml")
        (clone / "broadcasts" / "three.yaml").unlink()
        commit(clone, "Follow (#8)")
        assert applied(clone, server).code == 0
        done = verified(clone, server)
        assert (done.code, done.json["flaws"], done.json["states"]) == (0, [], len(remote.states))
        assert "is complete" in told(clone, server, "state", "verify").out
        fresh = remote.clone("fresh")
        git(clone, "push", "--quiet", "origin", "main")
        git(fresh, "fetch", "--quiet")
        assert verified(fresh, server).code == 0


def test_second_record_of_an_attempt_for_which_another_was_adopted_breaks_nothing(remote: Hub) -> None:
    clone = remote.clone("clone")
    with a_store(clone) as store:
        store.append([Intended("one", an_intent(attempt="t1"))])
        store.sync()
        # A person's own was taken for the attempt's, before its answer came.
        for record in (a_record("theirs", how="adopted", attempt="t1"), a_record("ours", attempt="t1")):
            store.append([Recorded("one", record)])
            store.sync()
    assert set(remote.ids) == {"one", "one#ours"}
    found = verify(a_store(clone).chain(), lambda commit: {"one": a_request()})
    assert [flaw.message for flaw in found.flaws if not flaw.missing] == []


def _set(*path: str, to: Any) -> Change:
    def change(state: dict[str, Any]) -> None:
        for name in path[:-1]:
            state = state[name]
        state[path[-1]] = to

    return change


def _drop(*path: str) -> Change:
    def change(state: dict[str, Any]) -> None:
        for name in path[:-1]:
            state = state[name]
        del state[path[-1]]

    return change


def _call_it_a_correction(state: dict[str, Any]) -> None:
    record = state["broadcasts"]["one"]
    record.update(id="b_other", instead_of=[record["id"]])


def _invent_a_record(state: dict[str, Any]) -> None:
    state["broadcasts"]["new"] = state["broadcasts"]["one"] | {"id": "b_new", "attempt": "never"}


RECORD = ("broadcasts", "one")
ALTERED: dict[str, tuple[Change, str, str]] = {
    "another id": (_set(*RECORD, "id", to="b_other"), "one", "is gone"),
    "another id, as if it were a correction": (_call_it_a_correction, "one", "its commit does not say so"),
    "an id that was never recorded": (_set(*RECORD, "instead_of", to=["b_never"]), "one", "instead_of"),
    "another name": (_set(*RECORD, "request", "name", to="Other"), "one", "request"),
    "another time": (_set(*RECORD, "request", "scheduled_at", to="2099-03-02T09:00:00Z"), "one", "request"),
    "other people": (_set(*RECORD, "request", "segment_ids", to=["everybody"]), "one", "request"),
    "another actor": (_set(*RECORD, "provenance", "by", to="nobody"), "one", "provenance"),
    "another moment": (_set(*RECORD, "provenance", "at", to="2026-01-01T00:00:00Z"), "one", "provenance"),
    "another source": (_set(*RECORD, "provenance", "commit", to="0" * 40), "one", "provenance"),
    "another origin": (_set(*RECORD, "how", to="imported"), "one", "how"),
    "another attempt": (_set(*RECORD, "attempt", to="x"), "one", "attempt"),
    "a record less": (_drop(*RECORD), "one", "is gone"),
    "a record of nothing": (_invent_a_record, "new", "follows from no intent"),
    "a tombstone less": (_drop("removed", "two"), "two", "tombstone"),
    "another tombstone": (_set("removed", "two", "id", to="b_x"), "two", "tombstone"),
    "a serial skipped": (lambda state: state.update(serial=state["serial"] + 1), "", "serial"),
    "a serial repeated": (lambda state: state.update(serial=state["serial"] - 1), "", "serial"),
    "another lineage": (_set("lineage", to="7c9e6679-7425-40de-944b-e07fc1f90ae7"), "", "lineage"),
    "another org": (_set("org", to="o"), "", "org"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A state with two records and a tombstone; each test puts the branch back."""
    folder = tmp_path_factory.mktemp("whole")
    remote = hub(folder, "one", "three", "two")
    with invent() as server:
        clone = remote.clone("clone")
        assert applied(clone, server).code == 0
        assert told(clone, server, "state", "rm", "two", "--reason", "a test").code == 0
    return remote


@pytest.mark.parametrize("name", ALTERED)
def test_what_was_altered_by_hand_is_named_with_its_commit_and_key(whole: Hub, tmp_path: Path, name: str) -> None:
    change, key, words = ALTERED[name]
    before = whole.tip
    try:
        made = tampered(whole, change)
        clone = tmp_path / "clone"
        git(tmp_path, "clone", "--quiet", str(whole.bare), str(clone))
        bound = ("--base-url", whole.state(before)["api"])
        with invent() as server:
            done = told(clone, server, "state", "verify", "--json", *bound)
            found = done.json
            assert done.code == 4, done.all
            place = f"{made[:12]}, key {key}" if key else made[:12]
            assert [flaw for flaw in found["flaws"] if flaw["place"] == place and words in flaw["message"]], found
            assert {flaw["place"].split(",")[0] for flaw in found["flaws"]} == {made[:12]}, "and no other commit"
    finally:
        git(whole.bare, "update-ref", f"refs/heads/{BRANCH}", before)


def test_people_are_told_the_place_too(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server, "--only", "one").code == 0
        made = tampered(remote, _set(*RECORD, "id", to="b_other"))
        done = told(clone, server, "state", "verify")
    assert done.code == 4
    assert f"{made[:12]}, key one" in done.out
    assert "is broken" in done.out


def test_a_text_that_was_formatted_again_or_is_no_state_at_all_is_broken(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        state = remote.state()
        state["serial"] += 1
        made = put(remote, json.dumps(state, indent=4, sort_keys=True) + "\n")
        (flaw,) = flaws(clone, server)
        assert flaw[0] == made[:12]
        assert "edited by hand" in flaw[1]
        again = put(remote, "[]")
        put(remote, written(state | {"serial": state["serial"] + 1}))
        assert again[:12] in [place for place, _, _ in flaws(clone, server)]
        assert verified(clone, server).code == 4


def test_a_merge_is_broken_whatever_it_holds(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        tip, state = remote.tip, remote.state()
        side = put(remote, written(state | {"serial": state["serial"] + 1}))
        made = put(remote, written(state | {"serial": state["serial"] + 2}), side, tip)
        assert (made[:12], "it is a merge, and a state is never merged", False) in flaws(clone, server)


def test_a_record_altered_in_the_past_is_found_in_a_branch_that_was_written_anew(remote: Hub) -> None:
    with invent() as server:
        clone = remote.clone("clone")
        assert applied(clone, server).code == 0
        recorded = remote.state()
        recorded["broadcasts"]["one"]["request"]["name"] = "Something else"
        made = put(remote, written(recorded), f"{BRANCH}~1")
        found = flaws(remote.clone("fresh"), server)
    assert (
        f"{made[:12]}, key one",
        f"the record with the id {recorded['broadcasts']['one']['id']} is not what its intent was about",
        False,
    ) in found


def test_a_source_whose_definition_requests_something_else_is_broken(remote: Hub) -> None:
    clone = remote.clone("clone")
    old = git(clone, "rev-parse", "HEAD")
    (clone / "broadcasts" / "one.yaml").write_text(
        f"name: Newer\nschedule: {WHEN}\nsegments: [vip]\n", encoding="utf-8"
    )
    (clone / "broadcasts" / "four.yaml").write_text(
        f"name: Four\nschedule: {WHEN}\nsegments: [vip]\n", encoding="utf-8"
    )
    commit(clone, "Edit")
    with invent() as server:
        assert applied(clone, server).code == 0
        # The records say that they were made from a commit that says otherwise.
        credit(remote, git(clone, "rev-parse", "HEAD"), old)
        done = verified(remote.clone("fresh"), server)
        assert done.code == 4
        assert {flaw["place"] for flaw in done.json["flaws"]} == {
            f"{remote.tip[:12]}, key four",
            f"{remote.tip[:12]}, key one",
        }
        assert all(old[:12] in flaw["message"] for flaw in done.json["flaws"])


def test_a_source_that_this_clone_does_not_have_cannot_be_checked_and_that_is_no_proof(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        credit(remote, git(clone, "rev-parse", "HEAD"), "0123456789" * 4)
        clone = remote.clone("fresh")
        done = verified(clone, server)
        assert done.code == 5
        assert [flaw["missing"] for flaw in done.json["flaws"]] == [True] * 3
        assert "cannot check" in told(clone, server, "state", "verify").out


def test_edits_that_were_not_committed_cannot_be_checked(remote: Hub) -> None:
    clone = remote.clone("clone")
    define(clone, "one")
    (clone / "broadcasts" / "one.yaml").write_text(
        f"name: Edited\nschedule: {WHEN}\nsegments: [vip]\n", encoding="utf-8"
    )
    with invent() as server:
        assert applied(clone, server, "--only", "one").code == 0
        assert remote.state()["broadcasts"]["one"]["provenance"]["commit"].endswith("-dirty")
        done = verified(clone, server)
    assert (done.code, [flaw["missing"] for flaw in done.json["flaws"]]) == (5, [True])
    assert "edits on top of" in done.json["flaws"][0]["message"]


def test_definitions_moved_between_commits_are_looked_up_where_they_were(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        (clone / "broadcasts").rename(clone / "campaigns")
        text = (clone / "invent.yaml").read_text(encoding="utf-8")
        (clone / "invent.yaml").write_text(f"{text}definitions: campaigns\n", encoding="utf-8")
        define(clone, "new", below="campaigns")
        commit(clone, "Move the folder")
        assert applied(clone, server).code == 0
        assert set(live(server)) == {"Campaign new", "Campaign one", "Campaign three", "Campaign two"}
        assert verified(clone, server).code == 0


def test_a_clone_that_has_only_the_tip_of_the_state_branch_does_not_call_the_chain_broken(remote: Hub) -> None:
    with invent() as server:
        assert applied(remote.clone("clone"), server).code == 0
        shallow = remote.clone("shallow", "--depth", "1", "--no-single-branch", address=f"file://{remote.bare}")
        assert verified(shallow, server).code in (0, 5)
        rows = told(shallow, server, "history", "--json").json["changes"]
        assert len(rows) == 3


def test_a_shallow_clone_of_main_verifies_the_whole_chain(remote: Hub) -> None:
    with invent() as server:
        assert applied(remote.clone("clone"), server).code == 0
        shallow = remote.clone("shallow", "--depth", "1", address=f"file://{remote.bare}")
        done = verified(shallow, server)
        assert (done.code, done.json["states"]) == (0, 2)


@pytest.mark.parametrize("words", [("state", "verify"), ("history",)])
def test_a_part_of_the_history_of_a_state_file_does_not_pass_for_all_of_it(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    whole, shallow = tmp_path / "whole", tmp_path / "shallow"
    whole.mkdir()
    git(whole, "init", "--quiet", "--template=")
    with invent() as server:
        for key in ("one", "two"):
            define(whole, key)
            assert call(whole, "apply", "--yes", env=account(server.url)).code == 0
            commit(whole, f"Apply {key}")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{whole}", str(shallow))
    done = call(shallow, *words)
    assert (done.code, done.out) == (5, ""), done.all
    assert "is cut off in this clone" in done.err
    assert "git fetch --unshallow" in done.err
    git(shallow, "fetch", "--quiet", "--unshallow")
    assert call(shallow, *words).out == call(whole, *words).out != ""


def test_a_state_file_is_verified_as_far_as_it_is_committed(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    define(folder, "one", "two")
    (folder / ".gitignore").write_text("*.lock\n", encoding="utf-8")
    commit(folder, "Plan")
    with invent() as server:
        assert applied(folder, server).code == 0
        assert verified(folder, server).code == 0
        commit(folder, "Record")
        assert verified(folder, server).code == 0
        state = json.loads((folder / STATE).read_text(encoding="utf-8"))
        for change, key in (
            (_drop("broadcasts", "one"), "one"),
            (_set("broadcasts", "two", "how", to="imported"), "two"),
        ):
            altered = json.loads(json.dumps(state))
            change(altered)
            (folder / STATE).write_text(written(altered), encoding="utf-8")
            done = verified(folder, server)
            assert done.code == 4
            assert [flaw["place"] for flaw in done.json["flaws"]] == [f"the file as it is now, key {key}"]


# ---------------------------------------------------------------- what a canonical commit by hand can do


def _swap(state: dict[str, Any]) -> None:
    records = state["broadcasts"]
    records["one"], records["three"] = records["three"], records["one"]


def _rename(state: dict[str, Any]) -> None:
    state["broadcasts"]["other"] = state["broadcasts"].pop("one")


def _import(state: dict[str, Any]) -> None:
    state["broadcasts"]["forged"] = state["broadcasts"]["one"] | {"id": "forged", "how": "imported", "attempt": "x"}


def _absence(state: dict[str, Any]) -> None:
    intent = state["intents"].pop("two")
    made = {"key": "two", "reason": "x", "provenance": intent["provenance"]}
    state["absences"][intent["attempt"]] = made


def _tombstone(state: dict[str, Any]) -> None:
    record = state["broadcasts"].pop("one")
    kept = {name: record[name] for name in ("id", "request", "provenance", "attempt")}
    state["removed"]["one"] = kept | {"reason": "x"}


def _other_tombstone(state: dict[str, Any]) -> None:
    _tombstone(state)
    state["removed"]["one"]["request"]["name"] = "Another"


def _new_intent(state: dict[str, Any]) -> None:
    state["intents"]["blocked"] = state["intents"]["two"] | {"attempt": "forged"}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (_swap, "one"),
        (_rename, "other"),
        (_import, "forged"),
        (_absence, "two"),
        (_tombstone, "one"),
        (_other_tombstone, "one"),
        (_new_intent, "blocked"),
        (lambda state: state["intents"].pop("two"), "two"),
        (lambda state: state["intents"]["two"]["request"].update(name="Another"), "two"),
        (lambda state: state["intents"]["two"]["provenance"].update(by="somebody"), "two"),
        (lambda state: state["broadcasts"]["one"].update(status="SENT"), "one"),
        (lambda state: state["broadcasts"]["one"].update(note="x"), "one"),
    ],
)
def test_change_that_no_event_made_or_no_commit_announced_is_found(remote: Hub, change: Change, key: str) -> None:
    clone = remote.clone("clone")
    with invent("error-before@create:3") as server:
        assert applied(clone, server, "--concurrency", "1").code == 7
        assert verified(clone, server).code == 0
        made = tampered(remote, change)
        found = flaws(clone, server)
    assert f"{made[:12]}, key {key}" in {place for place, _, _ in found}


def test_verify_refuses_where_it_finds_no_state(tmp_path: Path) -> None:
    define(tmp_path, "one")
    with invent() as server:
        env = account(server.url)
        absent = call(tmp_path, "state", "verify", "--json", env=env)
        assert absent.code == 5
        assert "no state in invent.state.json" in absent.json["error"]["message"]
        assert "--state FILE" in absent.json["error"]["cure"]
        assert call(tmp_path, "apply", "--yes", env=env).code == 0
        mistyped = call(tmp_path, "state", "verify", "--state", "invent.stat.json", env=env)
        assert (mistyped.code, mistyped.out) == (5, "")
        assert "invent.stat.json" in mistyped.err
        recorded = call(tmp_path, "state", "verify", "--json", env=env)
        assert recorded.json["states"] == 1


def test_verify_refuses_a_branch_that_holds_no_state(remote: Hub) -> None:
    with invent() as server:
        assert verified(remote.clone("clone"), server).code == 5
