"""The audit trail: what `history` tells of a state branch and of a state file, and what the commits themselves say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from invent_gitops.audit.history import changes
from invent_gitops.model.chain import Chain, Link
from invent_gitops.model.state import (
    Absence,
    DeclaredAbsent,
    Event,
    Intended,
    Moved,
    Provenance,
    Recorded,
    Removal,
    Removed,
    Withdrawn,
)
from invent_gitops.state.message import commit_message
from invent_gitops.values import replace
from tests.branch_repository import APPLY, AT, BRANCH, Hub, applied, commit, git, hub, told
from tests.making import NOW, a_record, a_request, a_state, an_intent
from tests.running import account, call, define, invent, live, run

GITHUB = {
    "GITHUB_ACTOR": "mona",
    "GITHUB_SERVER_URL": "https://github.test",
    "GITHUB_REPOSITORY": "acme/campaigns",
    "GITHUB_RUN_ID": "77",
}


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "three", "two")


def test_the_whole_life_of_a_key_is_told_oldest_first_and_also_under_its_former_names(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent("close-after@create:2", "error-before@create:3") as server:
        # One after the other: `one` is answered, `three` is lost and found, `two` never comes to be.
        assert applied(clone, server, "--concurrency", "1").code == 7
        assert told(clone, server, "resolve", "two", "--not-created", "--reason", "not in Invent", "--anyway").code == 0
        assert told(clone, server, "state", "mv", "one", "first").code == 0
        assert told(clone, server, "state", "mv", "first", "begin").code == 0
        assert told(clone, server, "state", "rm", "three", "--reason", "sent by mistake").code == 0
        found = told(clone, server, "history", "--json").json["changes"]
        ids = live(server)
        assert {(row["what"], row["key"], row["id"], row["note"]) for row in found} == {
            ("created", "one", ids["Campaign one"], None),
            ("adopted", "three", ids["Campaign three"], None),
            ("declared not created", "two", None, "not in Invent"),
            ("moved", "first", ids["Campaign one"], "from one"),
            ("moved", "begin", ids["Campaign one"], "from first"),
            ("removed", "three", ids["Campaign three"], "sent by mistake"),
        }
        assert len(found) == 6
        assert [row["at"] for row in found] == sorted(row["at"] for row in found)
        for key in ("one", "first", "begin"):
            rows = told(clone, server, "history", key, "--json").json["changes"]
            assert {row["id"] for row in rows} == {ids["Campaign one"]}
            assert {row["key"] for row in rows} == {"one", "first", "begin"}
        refused = told(clone, server, "history", "nobody", "--json")
        assert (refused.code, refused.json["error"]["message"]) == (5, "The state knows no key nobody.")
        shown = told(clone, server, "history").out
        assert "declared not created" in shown
        assert "from first" in shown
        assert "UTC" in shown


def test_a_corrected_id_is_in_the_trail_with_the_wrong_one_and_the_reason(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server, "--only", "one").code == 0
        wrong = live(server)["Campaign one"]
        words = ("--id", "b_right", "--instead-of", wrong, "--anyway", "--reason", "a person's own")
        assert told(clone, server, "resolve", "one", *words, env=GITHUB).code == 0
        _, row = told(clone, server, "history", "--json").json["changes"]
    assert (row["what"], row["id"], row["by"]) == ("corrected", "b_right", "mona")
    assert row["note"] == f"instead of {wrong}: a person's own"


def test_a_corrected_id_is_told_as_such_where_git_has_no_state_with_the_wrong_one() -> None:
    record = replace(a_record("bc_2", note="hers"), instead_of=("bc_1",))
    link = Link("c1", 1, "alice", NOW, True, a_state({"spring": record}))
    [change] = changes(Chain((link,), strict=False))
    assert (change.kind, change.note) == ("corrected", "instead of bc_1: hers")


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=-5)], ids=["the same second", "a clock behind"])
def test_changes_are_in_context_the_order_in_which_they_were_made_whatever_the_clocks_said(later: timedelta) -> None:
    states = [
        a_state({key: a_record("bc_1")}, serial=serial) for serial, key in enumerate(["first", "z", "m", "a"], start=1)
    ]
    links = [Link(f"c{one.serial}", 1, "alice", NOW + later * one.serial, True, one) for one in states]
    assert [change.key for change in changes(Chain(tuple(links), strict=True))] == ["first", "z", "m", "a"]


def test_a_person_who_gives_an_id_is_in_the_trail_with_the_reason(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent("close-before@create:1") as server:
        assert applied(clone, server, "--only", "one").code == 7
        given = told(
            clone, server, "resolve", "one", "--id", "b_hand", "--anyway", "--reason", "made by hand", env=GITHUB
        )
        assert given.code == 0, given.all
        (row,) = told(clone, server, "history", "--json").json["changes"]
    assert (row["what"], row["id"], row["by"], row["note"]) == ("resolved", "b_hand", "mona", "made by hand")
    assert row["run"] == "https://github.test/acme/campaigns/actions/runs/77"


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Merge pull request #12 from acme/black-friday", 12),
        ('Revert "Black Friday (#34)" (#35)', 35),
        ("Merge pull request #12b from x", None),
        ("Cite (#34) in passing", None),
    ],
)
def test_the_pull_request_is_read_from_the_subject_of_the_source_commit(
    tmp_path: Path, subject: str, number: int | None
) -> None:
    remote = hub(tmp_path, "one", subject=subject)
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        (row,) = told(clone, server, "history", "--json").json["changes"]
        assert (row["pull_request"], row["source_commit"]) == (number, git(clone, "rev-parse", "HEAD"))
        assert (f"#{number}" in told(clone, server, "history").out) == (number is not None)


def test_the_state_of_a_file_has_a_history_as_far_as_it_is_committed(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    define(folder, "one")
    first = commit(folder, "Plan one (#1)")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        uncommitted = call(folder, "history", "--json", env=env).json["changes"]
        assert [(row["key"], row["state_commit"]) for row in uncommitted] == [("one", None)]
        (folder / ".gitignore").write_text("*.lock\n", encoding="utf-8")
        recorded = commit(folder, "Record one")
        define(folder, "two")
        second = commit(folder, "Plan two (#2)")
        assert call(folder, *APPLY, env=env).code == 0
        rows = call(folder, "history", "--json", env=env).json["changes"]
        assert call(folder, "state", "verify", env=env).code == 0
        assert call(folder, "history", env=env).code == 0
    assert [(row["key"], row["source_commit"], row["pull_request"], row["state_commit"]) for row in rows] == [
        ("one", first, 1, recorded),
        ("two", second, 2, None),
    ]


def test_before_anything_happened_there_is_nothing_to_tell(remote: Hub, tmp_path: Path) -> None:
    with invent() as server:
        clone = remote.clone("clone")
        assert told(clone, server, "history", "--json").json["changes"] == []
        assert "Nothing" in told(clone, server, "history").out
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    assert call(lonely, "history", "--json").json["changes"] == [], "not even a repository"


def test_a_commit_says_in_words_and_in_trailers_what_happened_where_and_by_whom(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        done = applied(clone, server, "--only", "one", env=GITHUB)
        assert done.code == 0, done.all
        id = live(server)["Campaign one"]
    intended, recorded = git(remote.bare, "log", "--reverse", "--format=%H", BRANCH).split()
    source = git(clone, "rev-parse", "HEAD")
    attempt = remote.state()["broadcasts"]["one"]["attempt"]
    common = f"Source-Commit: {source}\nRun: https://github.test/acme/campaigns/actions/runs/77\nActor: mona\nSerial:"
    assert git(remote.bare, "show", "-s", "--format=%B", intended).strip() == (
        f"About to create one: Campaign one\n\nBroadcast-Intended: one {attempt}\nBroadcasts-Listed: yes\n{common} 1"
    )
    assert git(remote.bare, "show", "-s", "--format=%B", recorded).strip() == (
        f"Created one as {id}: Campaign one\n\nBroadcast-Created: one {id}\n{common} 2"
    )
    assert git(remote.bare, "log", "-1", "--format=%an", BRANCH) == "mona"
    trailers = git(remote.bare, "log", "-1", "--format=%(trailers:key=Actor,valueonly)", BRANCH)
    assert trailers.strip() == "mona"


HOSTILE = "x\nSigned-off-by: evil\r\n\r\nActor: evil\n---\n\u2028Serial: 9\x85Run: evil"


def _events(text: str) -> list[Event]:
    made = Provenance(AT, text, text, text)
    return [
        Intended(text, an_intent(a_request(text), "a1")),
        Recorded(text, a_record(text, a_request(text))),
        Recorded(text, a_record(text, a_request(text), how="adopted")),
        Withdrawn(text, "a2"),
        DeclaredAbsent("a3", Absence(text, text, made)),
        Moved(text, text, text, made),
        Removed(text, Removal(text, a_request(text), text, made)),
    ]


def _trailers(folder: Path, message: str) -> list[str]:
    parsed = git(folder, "interpret-trailers", "--parse", data=message)
    return [line.split(":")[0] for line in parsed.splitlines()]


@pytest.mark.parametrize("number", range(len(_events(""))))
def test_nobodys_words_make_a_trailer_of_their_own(tmp_path: Path, number: int) -> None:
    git(tmp_path, "init", "--quiet")
    made = Provenance(AT, HOSTILE, HOSTILE, HOSTILE)
    harmless = Provenance(AT, "alice", "c0ffee", "https://run.test")
    for size in (1, 2, len(_events(""))):
        events, plain = ([*_events(text)[number:], *_events(text)][:size] for text in (HOSTILE, "x"))
        wanted = _trailers(tmp_path, commit_message(plain, 4, harmless))
        message = commit_message(events, 4, made)
        assert _trailers(tmp_path, message) == wanted
        assert wanted[-4:] == ["Source-Commit", "Run", "Actor", "Serial"]
        assert len(wanted) == size + 4
        assert message.splitlines()[0].strip()


def test_a_hostile_reason_and_actor_reach_the_branch_as_plain_words(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server, "--only", "one").code == 0
        env = {"GITHUB_ACTOR": "mona\nSigned-off-by: evil"}
        assert told(clone, server, "state", "rm", "one", "--reason", HOSTILE, env=env).code == 0
    message = git(remote.bare, "show", "-s", "--format=%B", BRANCH)
    assert _trailers(clone, message + "\n") == ["Broadcast-Removed", "Source-Commit", "Actor", "Serial"]
    assert not [line for line in message.splitlines() if line.startswith(("Signed-off-by", "Run"))]


def test_history_is_a_process_that_ends_with_0_and_prints_a_table(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        done = run(clone, "history", env=account(server.url))
    assert done.code == 0
    assert done.err == ""
    heads = done.out.splitlines()[0].split()
    assert heads == ["WHEN", "WHAT", "KEY", "ID", "BY", "FROM", "NAME"]
    assert len(done.out.splitlines()) == 4


def test_history_refuses_a_key_that_no_state_knows_with_the_nearest_one(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    define(folder, "spring")
    with invent() as server:
        env = account(server.url)
        absent = call(folder, "history", "spring", "--json", env=env)
        assert absent.code == call(folder, "state", "show", "spring", env=env).code == 5
        assert call(folder, "history", env=env).code == 0, "nothing was created yet"
        assert call(folder, *APPLY, env=env).code == 0
        mistyped = call(folder, "history", "sprng", "--json", env=env)
        assert mistyped.code == call(folder, "state", "show", "sprng", env=env).code == 5
        assert mistyped.json["error"]["message"] == "The state knows no key sprng."
        assert "Did you mean `spring`?" in mistyped.json["error"]["cure"]
        assert "nothing was created for it yet" in mistyped.json["error"]["cure"]
        assert call(folder, "history", "spring", env=env).code == 0
        assert call(folder, "state", "mv", "spring", "summer", env=env).code == 0
        git(folder, "init", "--quiet")
        assert call(folder, "history", "summer", env=env).code == 0


def test_history_of_a_key_in_doubt_is_empty_and_no_error(tmp_path: Path) -> None:
    define(tmp_path, "spring")
    with invent("close-after@create:1", "error-before=404@list:*") as server:
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 7
        assert call(tmp_path, "history", "spring", env=account(server.url)).code == 0
