"""`plan --refresh` and `refresh`: what somebody did in the dashboard, told, and taken into the records."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.cli.session import Session
from invent_gitops.live import drift
from invent_gitops.model.listing import Listing
from invent_gitops.model.project import Project
from invent_gitops.model.state import Recorded, Refreshed
from invent_gitops.model.statuses import GONE
from invent_gitops.operations.account import Account
from invent_gitops.operations.look import Reader, look, reading
from invent_gitops.sandbox.server import Server
from tests.audit.test_verify import put, written
from tests.branch_repository import Hub, a_store, applied, commit, git, hub, told
from tests.dashboard import create_by_hand, delete, edit, fill_segment
from tests.making import NOW, a_move, a_provenance, a_record, a_remote, a_request, a_state
from tests.paging import losing, paged
from tests.running import FAST, KEY, STATE, WHEN, Result, account, call, define, ids, invent, posted, scripted, state_of

LATER = "2099-03-01T14:00:00Z"


@pytest.fixture
def server() -> Iterator[Server]:
    with invent() as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Path:
    """A project with two broadcasts that were created."""
    (tmp_path / "invent.yaml").write_text("timezone: America/New_York\n", encoding="utf-8")
    define(tmp_path, "one", "two")
    assert do(tmp_path, server, "apply", "--yes", *FAST).code == 0
    return tmp_path


def do(folder: Path, server: Server, *words: str) -> Result:
    return call(folder, *words, env=account(server.url))


def put_off(folder: Path, key: str) -> None:
    """The same edit in the file."""
    path = folder / "broadcasts" / f"{key}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(WHEN, LATER), encoding="utf-8")


def actions(result: Result) -> dict[str, str]:
    return {item["key"]: item["action"] for item in result.json["items"]}


def drifts(result: Result) -> dict[str, list[str]]:
    return {item["key"]: item["drift"]["words"] for item in result.json["items"] if item["drift"]}


# ---------------------------------------------------------------- plan --refresh


def test_a_broadcast_that_was_put_off_in_invent_is_shown_with_both_times_in_both_zones(
    project: Path, server: Server
) -> None:
    edit(server, ids(project)["one"], scheduled_at=LATER)
    shown = do(project, server, "plan", "--refresh").out
    assert "1 differs in Invent from what is recorded; see below." in shown
    assert "one  Campaign one  rescheduled" in shown
    assert "recorded Sun 1 Mar 2099 04:00 America/New_York (09:00 UTC)" in shown
    assert "in Invent: Sun 1 Mar 2099 09:00 America/New_York (14:00 UTC)" in shown
    assert "It was edited in Invent" in shown


def test_an_edit_in_invent_and_then_in_the_file_ends_as_unchanged(project: Path, server: Server) -> None:
    edit(server, ids(project)["one"], scheduled_at=LATER)
    assert actions(do(project, server, "plan", "--json")) == {"one": "unchanged", "two": "unchanged"}
    assert do(project, server, "refresh").code == 0
    assert actions(do(project, server, "plan", "--json")) == {"one": "changed", "two": "unchanged"}
    put_off(project, "one")
    done = do(project, server, "plan", "--refresh", "--exit-code", "--json")
    assert (done.code, actions(done), drifts(done)) == (0, {"one": "unchanged", "two": "unchanged"}, {})
    assert len(posted(server)) == 2


def test_everything_that_can_become_of_a_broadcast_has_its_word(tmp_path: Path, server: Server) -> None:
    changes: dict[str, dict[str, Any]] = {
        "cancelled": {"status": "CANCELLED"},
        "edited": {"name": "By hand"},
        "failed": {"status": "FAILED", "error_message": "No sender"},
        "rescheduled": {"scheduled_at": LATER},
        "sending": {"status": "SENDING"},
        "sent": {"status": "SENT"},
    }
    define(tmp_path, *changes, "gone", "untouched")
    do(tmp_path, server, "apply", "--yes", *FAST)
    for key, change in changes.items():
        edit(server, ids(tmp_path)[key], **change)
    delete(server, ids(tmp_path)["gone"])
    done = do(tmp_path, server, "plan", "--refresh", "--json")
    assert drifts(done) == {key: [key] for key in (*changes, "gone")}
    found = {item["key"]: item["drift"] for item in done.json["items"]}
    assert found["failed"]["error_message"] == "No sender"
    assert {key for key in found if found[key] and not found[key]["needs_you"]} == {"sending", "sent"}
    shown = do(tmp_path, server, "plan", "--refresh").out
    assert "Invent says: No sender" in shown
    assert "sent  Campaign sent  DRAFT → SENT" in shown.partition("Moved on in Invent")[2]


def test_the_plan_that_looks_writes_nothing_anywhere(project: Path, server: Server) -> None:
    edit(server, ids(project)["one"], scheduled_at=LATER)
    before, seen = state_of(project), len(server.sandbox.requests)
    names = sorted(path.name for path in project.rglob("*"))
    assert do(project, server, "plan", "--refresh").code == 0
    assert (state_of(project), sorted(path.name for path in project.rglob("*"))) == (before, names)
    assert {request.method for request in server.sandbox.requests[seen:]} == {"GET"}


def test_what_the_plan_is_given_can_read_and_has_nothing_to_write_with(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVENT_API_KEY", KEY)
    where = (Session(), Account(base_url=server.url), tmp_path, Project(), None)
    with reading(*where, stop=threading.Event()) as reader:
        assert {*reader.__struct_fields__} == {"broadcasts", "segments"}
        assert not hasattr(reader, "create")


def test_without_refresh_nobody_calls_anybody(project: Path, server: Server) -> None:
    before = len(server.sandbox.requests)
    done = do(project, server, "plan", "--json")
    assert (done.json["look"], len(server.sandbox.requests)) == (None, before)


def test_a_look_without_a_key_is_wrong_usage_that_says_what_works_without(project: Path) -> None:
    done = call(project, "plan", "--refresh")
    assert done.code == 2
    assert "INVENT_API_KEY" in done.err
    assert "Offline, invent-gitops plan" in done.err


def test_the_sandbox_can_be_looked_at_too(tmp_path: Path) -> None:
    define(tmp_path, "one")
    call(tmp_path, "apply", "--sandbox", "--yes", *FAST)
    done = call(tmp_path, "plan", "--sandbox", "--refresh", "--json")
    assert (done.code, drifts(done), done.json["look"]["complete"]) == (0, {}, True)
    assert "Nothing to refresh." in call(tmp_path, "refresh", "--sandbox").out


def test_live_broadcasts_that_no_record_knows_are_counted_and_guard_what_is_the_same(
    project: Path, server: Server
) -> None:
    create_by_hand(server, "By hand")
    define(project, "three")
    (project / "broadcasts" / "three.yaml").write_text(
        "name: By hand\nschedule: immediately\nsegments: [vip]\n", encoding="utf-8"
    )
    done = do(project, server, "plan", "--refresh")
    assert "1 broadcast in Invent is recorded nowhere: invent-gitops import" in done.out
    assert (done.code, "exists-already" in done.out) == (5, True)


def test_todays_audience_is_shown_and_a_jump_is_told(project: Path, server: Server) -> None:
    (project / "segments.yaml").write_text("vip: {id: vip, contacts_count: 100}\n", encoding="utf-8")
    fill_segment(server, "vip", 900)
    define(project, "three")
    done = do(project, server, "plan", "--refresh")
    assert "vip (up to 900 contacts today)" in done.out
    assert "[audience-jump]" in done.out
    fill_segment(server, "vip", 0)
    done = do(project, server, "plan", "--refresh", "--json")
    assert {item["key"]: [one["rule"] for one in item["warnings"]] for item in done.json["items"]} == {
        key: ["audience-empty"] for key in ("one", "three", "two")
    }


def test_reviewers_see_drift_in_markdown(project: Path, server: Server) -> None:
    edit(server, ids(project)["one"], name="| By <b>hand</b> @you")
    edit(server, ids(project)["two"], status="SENT")
    page = do(project, server, "plan", "--refresh", "--format", "markdown").out
    row = next(line for line in page.splitlines() if "By &lt;b&gt;hand" in line)
    assert row.count(" | ") == 4
    assert "1 moved on in Invent" in page


# ---------------------------------------------------------------- a list with a hole


@pytest.fixture
def holed(project: Path) -> Iterator[Callable[..., Result]]:
    """The recorded project, at an Invent whose second page cannot be read: the one with `two` on it."""
    found = ids(project)
    first = {"id": found["one"], "name": "Campaign one", "status": "SENT", "scheduled_at": WHEN}
    shown = [first | {"segments": [{"id": "vip"}], "send_to_all": False, "created_at": WHEN}]
    shown += [{"id": f"b_{number}", "name": "By hand", "status": "DRAFT"} for number in range(99)]
    shown += [{"id": found["two"], "name": "Campaign two", "status": "DRAFT"}]
    state = state_of(project)
    with scripted(losing([2, 3, 4], paged(shown), 400)) as lossy:
        (project / "invent.state.json").write_text(json.dumps(state | {"api": lossy.url}), encoding="utf-8")
        yield lambda *words: call(project, *words, env=account(lossy.url))


def test_what_could_not_be_read_is_told_and_not_called_gone(holed: Callable[..., Result]) -> None:
    done = holed("plan", "--refresh", "--json")
    assert (done.code, drifts(done), done.json["look"]["unread"]) == (6, {"one": ["sent"]}, ["two"])
    assert "Page 2" in done.json["look"]["gaps"][0]
    assert "nothing is called gone" in holed("plan", "--refresh").out


@pytest.mark.parametrize("command", [["plan", "--refresh"], ["refresh"]])
def test_broadcast_of_which_invent_tells_the_id_alone_is_a_gap_and_no_drift(project: Path, command: list[str]) -> None:
    found, state = ids(project), state_of(project)
    with scripted(paged([{"id": id} for id in found.values()])) as vague:
        (project / "invent.state.json").write_text(json.dumps(state | {"api": vague.url}), encoding="utf-8")
        before = state_of(project)
        done = call(project, *command, "--json", env=account(vague.url))
        text = call(project, *command, env=account(vague.url))
    fields = "name, scheduled_at, segments, send_to_all and status"
    assert (done.code, text.code, state_of(project)["broadcasts"]) == (6, 6, before["broadcasts"])
    assert done.json["look"]["unread"] == ["one", "two"]
    [gap] = done.json["look"]["gaps"]
    assert gap == f"Invent does not show the {fields} of {found['one']} (one), {found['two']} (two)."
    assert gap in text.out
    assert "as it is recorded" not in text.out
    assert "Nothing to refresh." not in text.out


def test_what_is_recorded_as_gone_is_not_said_to_be_shown(project: Path, server: Server) -> None:
    everything = "Invent shows every recorded broadcast as it is recorded."
    assert everything in do(project, server, "plan", "--refresh").out
    for key, said in (
        ("one", "1 recorded broadcast is gone from Invent; the others are as recorded."),
        ("two", "2 recorded broadcasts are gone from Invent."),
    ):
        delete(server, ids(project)[key])
        assert do(project, server, "refresh").code == 0
        text = do(project, server, "plan", "--refresh").out
        assert said in text
        assert everything not in text


def test_refresh_takes_in_what_it_could_read_and_calls_nothing_gone(
    holed: Callable[..., Result], project: Path
) -> None:
    done = holed("refresh", "--json")
    assert (done.code, [one["key"] for one in done.json["refreshed"]]) == (6, ["one"])
    assert {key: record["status"] for key, record in state_of(project)["broadcasts"].items()} == {
        "one": "SENT",
        "two": "DRAFT",
    }


def test_a_list_that_cannot_be_read_at_all_leaves_the_plan_as_it_is(project: Path, server: Server) -> None:
    before = state_of(project)
    with scripted(losing(range(1, 9), paged([]), 401)) as closed:
        (project / "invent.state.json").write_text(json.dumps(before | {"api": closed.url}), encoding="utf-8")
        done = call(project, "plan", "--refresh", env=account(closed.url))
        assert done.code == 6
        assert "2 unchanged" in done.out
        assert "Check the API key" in done.out
        assert call(project, "refresh", env=account(closed.url)).code == 6
    assert state_of(project)["broadcasts"] == before["broadcasts"]


# ---------------------------------------------------------------- refresh


def test_refresh_prints_what_changed_and_a_second_one_has_nothing_to_do(project: Path, server: Server) -> None:
    edit(server, ids(project)["one"], scheduled_at=LATER, status="SCHEDULED")
    done = do(project, server, "refresh")
    assert "1 of 2 records refreshed." in done.out
    assert "scheduled_at: Sun 1 Mar 2099 04:00 America/New_York (09:00 UTC) → Sun 1 Mar 2099 09:00" in done.out
    assert "status: DRAFT → SCHEDULED" in done.out
    before = state_of(project)
    again = do(project, server, "refresh", "--json")
    assert (again.code, again.json["refreshed"], state_of(project)) == (0, [], before)


def test_a_deleted_broadcast_stays_recorded_as_gone_and_is_never_created_again(project: Path, server: Server) -> None:
    delete(server, ids(project)["one"])
    assert do(project, server, "refresh").code == 0
    assert state_of(project)["broadcasts"]["one"]["status"] == "GONE"
    assert do(project, server, "apply", "--yes", *FAST).code == 0
    assert len(posted(server)) == 2


def created_at(project: Path, key: str, at: str) -> None:
    """Let a record say that its broadcast was created at another time."""
    path = project / STATE
    document = json.loads(path.read_text(encoding="utf-8"))
    document["broadcasts"][key]["provenance"]["at"] = at
    path.write_text(json.dumps(document), encoding="utf-8")


def test_a_list_that_lags_makes_no_new_broadcast_gone_where_new_ones_are_kept(project: Path, server: Server) -> None:
    created_at(project, "two", "2020-01-01T00:00:00Z")
    define(project, "three")
    assert do(project, server, "apply", "--yes", *FAST).code == 0
    server.faults.add("lag=3600@list:*")
    delete(server, ids(project)["two"])
    # Without one that the list shows, it could be that of another account.
    server.sandbox.update("c", ids(project)["one"], created_at="2020-01-01T00:00:00Z")
    kept = do(project, server, "refresh", "--keep-new")
    assert kept.code == 0, kept.all
    assert {key: record["status"] for key, record in state_of(project)["broadcasts"].items()} == {
        "one": "DRAFT",
        "two": GONE,
        "three": "DRAFT",
    }
    assert "Invent's list does not show yet: three. That was created within the hour" in kept.err
    assert "GONE" in do(project, server, "refresh").out
    assert state_of(project)["broadcasts"]["three"]["status"] == GONE


def test_what_was_sent_stays_refused_under_a_new_name_after_a_refresh_and_a_removal(
    project: Path, server: Server
) -> None:
    edit(server, ids(project)["one"], scheduled_at=LATER)
    do(project, server, "refresh")
    assert do(project, server, "state", "rm", "one", "--reason", "a test").code == 0
    (project / "broadcasts" / "one.yaml").rename(project / "broadcasts" / "renamed.yaml")
    done = do(project, server, "apply", "--yes", *FAST)
    assert (done.code, len(posted(server))) == (5, 2)


def test_keys_in_doubt_are_left_to_reconcile(tmp_path: Path) -> None:
    define(tmp_path, "one")
    with invent("close-after@create:1", "error-before=404@list:*") as server:
        do(tmp_path, server, "apply", "--yes", *FAST)
        before = state_of(tmp_path)
        server.faults.clear()
        done = do(tmp_path, server, "refresh")
    assert before["intents"]
    assert state_of(tmp_path) == before
    assert "invent-gitops reconcile" in done.out


def test_a_state_of_another_account_is_refused(project: Path, server: Server) -> None:
    with invent() as other:
        done = call(project, "refresh", env=account(other.url))
    assert done.code == 5


# ---------------------------------------------------------------- the audit trail


def test_on_the_branch_a_refresh_is_a_commit_that_says_who_what_and_in_which_run(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two")
    clone = remote.clone("clone")
    run = {
        "GITHUB_ACTOR": "carol",
        "GITHUB_SERVER_URL": "https://git.test",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_RUN_ID": "7",
    }
    with invent() as server:
        applied(clone, server)
        edit(server, remote.ids["one"], scheduled_at=LATER)
        delete(server, remote.ids["two"])
        before = remote.tip
        assert told(clone, server, "refresh", env=run).code == 0
        message = git(remote.bare, "log", "-1", "--format=%B", remote.tip)
        assert git(remote.bare, "rev-parse", f"{remote.tip}^") == before
        for line in (
            f"Broadcast-Refreshed: one {remote.ids['one']}",
            f"Broadcast-Refreshed: two {remote.ids['two']}",
            "Run: https://git.test/o/r/actions/runs/7",
            "Actor: carol",
        ):
            assert line in message.splitlines()
        tip = remote.tip
        assert "Nothing to refresh." in told(clone, server, "refresh").out
        assert remote.tip == tip
        assert told(clone, server, "state", "verify").code == 0
        history = told(clone, server, "history", "one", "--json").json["changes"]
        assert [(one["what"], one["by"]) for one in history][1:] == [("refreshed", "carol")]
        assert history[1]["run"] == "https://git.test/o/r/actions/runs/7"
        assert history[1]["fields"] == [{"field": "scheduled_at", "old": WHEN, "new": LATER}]
        assert "scheduled_at: Sun 1 Mar 2099 09:00 UTC → Sun 1 Mar 2099 14:00 UTC" in told(clone, server, "history").out


def test_a_refresh_of_a_committed_state_file_verifies_as_well(project: Path, server: Server) -> None:
    git(project, "init", "--quiet", "--template=")
    commit(project, "Created")
    edit(server, ids(project)["one"], scheduled_at=LATER)
    do(project, server, "refresh")
    edit(server, ids(project)["one"], scheduled_at=WHEN)
    do(project, server, "refresh")
    commit(project, "Refreshed twice")
    flaws = do(project, server, "state", "verify", "--json").json["flaws"]
    assert [flaw["message"] for flaw in flaws if not flaw["missing"]] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record.update(formerly=[]),
        lambda record: record["formerly"][0].update(name="Never sent"),
        lambda record: record["provenance"].update(by="mallory"),
        lambda record: record.pop("refreshed"),
        lambda record: record["request"].update(name="Another"),
    ],
    ids=["what was sent is dropped", "what was sent is altered", "who created it", "who refreshed it", "the request"],
)
def test_a_hand_that_passes_for_a_refresh_is_found(tmp_path: Path, change: Callable[[Any], object]) -> None:
    remote = hub(tmp_path, "one")
    clone = remote.clone("clone")
    with invent() as server:
        state = refreshed(remote, clone, server)
        change(state["broadcasts"]["one"])
        put(remote, written(state))
        assert told(clone, server, "state", "verify").code == 4


def refreshed(remote: Hub, clone: Path, server: Server) -> dict[str, Any]:
    """The state after a refresh, with the next serial, for a hand to change."""
    applied(clone, server)
    edit(server, remote.ids["one"], scheduled_at=LATER)
    told(clone, server, "refresh")
    state = remote.state()
    state["serial"] += 1
    return state


def again(record: dict[str, Any]) -> None:
    """As a second refresh would do it."""
    record["formerly"].append(record["request"])
    record["request"] = record["request"] | {"name": "Another"}
    record["refreshed"] = {"at": "2099-01-01T00:00:00Z", "by": "mallory"}


@pytest.mark.parametrize(
    ("change", "announced", "code"),
    [
        (lambda record: None, True, 0),
        (lambda record: None, False, 4),
        (lambda record: record["formerly"].pop(), True, 4),
        (lambda record: record["formerly"].pop(0), True, 4),
        (lambda record: record["formerly"].append(record["request"]), True, 4),
        (lambda record: record["provenance"].update(by="mallory"), True, 4),
        (lambda record: record.update(note="Trust me"), True, 4),
        (lambda record: record["refreshed"].update(at="2001-01-01T00:00:00Z"), True, 4),
    ],
    ids=[
        "all of it",
        "no trailer",
        "last is dropped",
        "first is dropped",
        "too many",
        "creator",
        "note",
        "back in time",
    ],
)
def test_a_refresh_must_leave_everything_else_alone_and_be_announced_by_its_commit(
    tmp_path: Path, change: Callable[[Any], object], announced: bool, code: int
) -> None:
    remote = hub(tmp_path, "one")
    clone = remote.clone("clone")
    with invent() as server:
        state = refreshed(remote, clone, server)
        again(state["broadcasts"]["one"])
        change(state["broadcasts"]["one"])
        trailer = f"Broadcast-Refreshed: one {remote.ids['one']}"
        put(remote, written(state), message=trailer if announced else "Looks well")
        assert told(clone, server, "state", "verify").code == code


def test_a_refresh_that_loses_the_race_is_carried_over_and_undoes_nothing(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two")
    first, second = a_store(remote.clone("first")), a_store(remote.clone("second"))
    with first:
        first.append([Recorded(key, a_record(f"bc_{key}", attempt=key)) for key in ("one", "two")])
    seen = {key: Refreshed(key, f"bc_{key}", a_request(key), "SENT", a_provenance(NOW)) for key in ("one", "two")}
    with second:
        second.append([seen["one"], seen["two"]])
        with first:
            later = a_provenance(NOW + timedelta(hours=1))
            first.append(
                [Refreshed("one", "bc_one", a_request("Later"), "SENT", later), a_move("two", "moved", "bc_two")]
            )
        second.sync()
    found = remote.state()["broadcasts"]
    assert {key: record["request"]["name"] for key, record in found.items()} == {
        "one": "Later",
        "moved": a_request().name,
    }
    assert remote.linear


def test_two_people_who_refresh_one_after_the_other_make_one_commit(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one")
    clones = remote.clone("first"), remote.clone("second")
    with invent() as server:
        applied(clones[0], server)
        edit(server, remote.ids["one"], scheduled_at=LATER)
        before = len(remote.states)
        assert [told(clone, server, "refresh").code for clone in clones] == [0, 0]
    assert len(remote.states) == before + 1


def test_the_list_of_another_account_makes_nothing_gone(project: Path, server: Server) -> None:
    before = state_of(project)
    shown = [{"id": f"other_{number}", "name": "Not ours", "status": "SENT"} for number in range(3)]
    with scripted(paged(shown, lambda page: 3)) as other:
        (project / "invent.state.json").write_text(json.dumps(before | {"api": other.url}), encoding="utf-8")
        env = account(other.url)
        for words in (["refresh"], ["plan", "--refresh"], ["status"]):
            done = call(project, *words, env=env)
            assert done.code == 6, done.all
            assert "this looks like another account" in done.all
            assert "GONE" not in done.all
        assert state_of(project)["broadcasts"] == before["broadcasts"]


@pytest.mark.parametrize(
    ("first", "second", "gone"),
    [("12", "123", ""), ("12", "13", ""), ("12", "12", "3"), ("1", "2", "3")],
    ids=["was there", "each was seen", "missing twice", "one more slips"],
)
def test_only_what_two_readings_of_the_list_miss_is_gone(first: str, second: str, gone: str) -> None:
    """What is deleted while pages are read moves the rest forward, and something new hides that from the count."""
    state = a_state({id: a_record(id) for id in "123"})
    lists = iter([first, second])
    reader = Reader(lambda: Listing(tuple(map(a_remote, next(lists)))), list)
    seen = look(reader, lambda: state, segments=False)
    assert seen.complete
    events = drift.refreshed(state, seen.broadcasts, a_provenance(), before=seen.before)
    assert "".join(event.id for event in events if event.status == GONE) == gone


def test_nothing_is_read_twice_where_all_is_there() -> None:
    state = a_state({"one": a_record("b_1")})
    lists = iter([Listing((a_remote("b_1"),))])
    assert look(Reader(lambda: next(lists), list), lambda: state, segments=False).complete


def test_who_waits_for_invent_is_told_why(project: Path, server: Server) -> None:
    server.faults.add(f"429=3@list:{server.faults.seen('list') + 1}")
    done = call(project, "refresh", env=account(server.url))
    assert done.code == 0
    assert "Invent answered 429" in done.err
    assert "It is asked again in 3 seconds." in done.err
