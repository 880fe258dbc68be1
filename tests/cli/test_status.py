"""`status` over HTTP: the marketer's page, its exit codes, and what it shows where Invent cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.model.instant import read_instant
from invent_gitops.render.markdown.document import page
from invent_gitops.sandbox.server import Server
from invent_gitops.state.document import dump
from invent_gitops.values import replace
from tests.dashboard import create_by_hand, delete, edit
from tests.making import a_record, a_request, a_state
from tests.paging import losing, paged
from tests.running import FAST, WHEN, Result, account, call, define, ids, invent, scripted, state_of


@pytest.fixture
def server() -> Iterator[Server]:
    with invent() as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Path:
    """A project with two broadcasts that were created and are ready."""
    (tmp_path / "invent.yaml").write_text("timezone: Europe/Berlin\n", encoding="utf-8")
    (tmp_path / "segments.yaml").write_text("vip: {id: vip, contacts_count: 100}\n", encoding="utf-8")
    define(tmp_path, "one", "two")
    assert do(tmp_path, server, "apply", "--yes", *FAST).code == 0
    for id in ids(tmp_path).values():
        edit(server, id, status="SCHEDULED", templates=[{}])
    return tmp_path


def do(folder: Path, server: Server, *words: str) -> Result:
    return call(folder, *words, env=account(server.url))


def states(result: Result) -> dict[str, str]:
    return {row["key"]: row["state"] for row in result.json["rows"]}


def warnings(result: Result) -> dict[str, list[str]]:
    return {row["key"]: [one["rule"] for one in row["warnings"]] for row in result.json["rows"] if row["warnings"]}


def test_all_in_order_is_said_in_one_line_with_when_and_to_whom_below(project: Path, server: Server) -> None:
    done = do(project, server, "status", "--exit-code")
    assert done.code == 0
    assert done.out.startswith("All 2 broadcasts are in order.\n")
    assert "WHEN (Europe/Berlin)" in done.out
    row = next(line for line in done.out.splitlines() if "Campaign one" in line)
    assert "Sun 2099-03-01 10:00" in row
    assert "SCHEDULED  vip (up to 100)" not in row, "the audience is the one that Invent counts for the broadcast"
    assert "SCHEDULED  vip (up to " in row


def test_what_needs_a_person_comes_first_and_exit_code_says_so(project: Path, server: Server) -> None:
    edit(server, ids(project)["one"], status="FAILED", error_message="No sender")
    define(project, "three")
    done = do(project, server, "status")
    assert done.code == 0
    assert done.out.startswith("2 of 3 broadcasts need a person.\n")
    assert "! 1 failed [failed]\n      It failed. Invent says: No sender\n" in done.out
    told = do(project, server, "status", "--exit-code", "--json")
    assert (told.code, warnings(told)) == (3, {"one": ["failed"], "three": ["not-created"]})
    assert states(told) == {"three": "not created", "two": "SCHEDULED", "one": "FAILED"}


def test_what_came_of_a_broadcast_is_in_context_counts_and_shares(project: Path, server: Server) -> None:
    edit(
        server,
        ids(project)["one"],
        status="SENT",
        recipients_count=200,
        delivered_count=190,
        opened_count=95,
        click_count=19,
        failed_count=10,
        unsubscribed_count=0,
    )
    row = next(row for row in do(project, server, "status", "--json").json["rows"] if row["key"] == "one")
    assert (row["past"], row["counts"]["recipients"], row["counts"]["click"]) == (True, 200, 19)
    assert row["shares"] == {"delivered": 0.95, "opened": 0.5, "click": 0.1, "failed": 0.05, "unsubscribed": 0.0}
    shown = do(project, server, "status").out.partition("Sent or over")[2]
    for part in ("190  95.0%", "95  50.0%", "19  10.0%", "10   5.0%"):
        assert part in shown


def test_an_edit_in_invent_is_shown_with_both_times(project: Path, server: Server) -> None:
    edit(server, ids(project)["one"], scheduled_at="2099-03-01T14:00:00Z")
    done = do(project, server, "status", "--exit-code")
    assert done.code == 3
    assert "scheduled_at: recorded Sun 1 Mar 2099 10:00 Europe/Berlin (09:00 UTC)" in done.out
    assert "in Invent: Sun 1 Mar 2099 15:00 Europe/Berlin (14:00 UTC)" in done.out


def test_what_is_gone_cancelled_in_doubt_or_unrecorded_is_told(tmp_path: Path) -> None:
    define(tmp_path, "cancelled", "gone", "lost")
    with invent("error-before@create:3") as server:
        do(tmp_path, server, "apply", "--yes", "--concurrency", "1", *FAST)
        edit(server, ids(tmp_path)["cancelled"], status="CANCELLED")
        delete(server, ids(tmp_path)["gone"])
        create_by_hand(server, "By hand")
        done = do(tmp_path, server, "status", "--json")
        shown = do(tmp_path, server, "status").out
    assert warnings(done) == {"cancelled": ["cancelled"], "gone": ["gone"], "lost": ["blocked"]}
    assert "1 broadcast in Invent is recorded nowhere:\n  invent-gitops import --base-url " in shown


def test_status_writes_nothing_and_only_reads(project: Path, server: Server) -> None:
    before, seen = state_of(project), len(server.sandbox.requests)
    assert do(project, server, "status").code == 0
    assert state_of(project) == before
    assert {request.method for request in server.sandbox.requests[seen:]} == {"GET"}


def test_without_a_key_it_says_what_to_do_and_what_works_without(project: Path) -> None:
    done = call(project, "status")
    assert done.code == 2
    assert "INVENT_API_KEY" in done.err
    assert "invent-gitops plan" in done.err
    assert call(project, "status", "--json").json["error"]["cure"]


def test_the_sandbox_has_a_status_too(tmp_path: Path) -> None:
    define(tmp_path, "one")
    call(tmp_path, "apply", "--sandbox", "--yes", *FAST)
    assert states(call(tmp_path, "status", "--sandbox", "--json")) == {"one": "DRAFT"}


@pytest.mark.parametrize("pages", [[2, 3, 4], range(1, 9)], ids=["one page is lost", "nothing can be read"])
def test_what_could_not_be_read_is_shown_as_recorded_and_never_called_missing(
    project: Path, pages: list[int] | range
) -> None:
    found = ids(project)
    first = {"id": found["one"], "name": "Campaign one", "status": "SENT", "scheduled_at": WHEN}
    shown = [first | {"segments": [{"id": "vip"}], "send_to_all": False}]
    shown += [{"id": f"b_{number}", "name": "By hand", "status": "DRAFT"} for number in range(99)]
    shown += [{"id": found["two"], "name": "Campaign two", "status": "DRAFT"}]
    state = state_of(project)
    with scripted(losing(pages, paged(shown), 400)) as lossy:
        (project / "invent.state.json").write_text(json.dumps(state | {"api": lossy.url}), encoding="utf-8")
        done = call(project, "status", "--json", env=account(lossy.url))
        text = call(project, "status", env=account(lossy.url)).out
    assert (done.code, warnings(done)) == (6, {})
    rows = {row["key"]: (row["state"], row["read"]) for row in done.json["rows"]}
    assert rows["two"] == ("DRAFT", False)
    assert rows["one"] == (("SENT", True) if 1 not in pages else ("DRAFT", False))
    assert "not read (was DRAFT)" in text
    assert "nothing is called gone" in text


def answered(folder: Path, entry: dict[str, Any], *words: str) -> Result:
    """A command where Invent shows `entry` for the broadcast `one`, and `two` is not recorded."""
    state = state_of(folder)
    shown = [{"id": state["broadcasts"]["one"]["id"]} | entry]
    recorded = {"one": state["broadcasts"]["one"]}
    (folder / "broadcasts" / "two.yaml").unlink(missing_ok=True)
    with scripted(paged(shown)) as server:
        path = folder / "invent.state.json"
        path.write_text(json.dumps(state | {"api": server.url, "broadcasts": recorded}), encoding="utf-8")
        return call(folder, *words, env=account(server.url))


WHOLE = {
    "name": "Campaign one",
    "status": "SCHEDULED",
    "scheduled_at": WHEN,
    "segments": [{"id": "vip"}],
    "send_to_all": False,
    "templates": [{}],
    "created_at": WHEN,
}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_time_at_either_end_of_the_calendar_is_shown_and_ends_nothing(project: Path, at: str, zone: str) -> None:
    (project / "invent.yaml").write_text(f"timezone: {zone}\n", encoding="utf-8")
    for words in (["status"], ["status", "--json"], ["status", "--format", "markdown"], ["plan", "--refresh"]):
        done = answered(project, WHOLE | {"scheduled_at": at}, *words)
        assert (done.code, done.err) == (0, "")
    told = answered(project, WHOLE | {"scheduled_at": at}, "status", "--json", "--exit-code")
    overdue = ["overdue"] if at.startswith("0001") else []
    assert (told.code, warnings(told)) == (3, {"one": [*overdue, "drift"]})


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"scheduled_at": "tomorrow"}, "scheduled_at"),
        ({"segments": "x", "name": None}, "name and segments"),
        ({"name": "", "status": None}, "name and status"),
    ],
)
def test_field_that_invent_does_not_tell_is_not_read_and_nothing_is_in_order(
    project: Path, change: dict[str, object], fields: str
) -> None:
    done = answered(project, WHOLE | change, "status", "--json")
    [row] = done.json["rows"]
    assert (done.code, row["read"], warnings(done)) == (6, False, {})
    assert not (row["drift"] or {}).get("fields")
    assert done.json["look"]["gaps"] == [f"Invent does not show the {fields} of {row['id']} (one)."]
    text = answered(project, WHOLE | change, "status", "--exit-code").out
    assert "in order" not in text
    assert "not read (was " in text


def test_failure_that_invent_tells_is_an_alarm_even_where_it_does_not_tell_all_else(project: Path) -> None:
    done = answered(project, WHOLE | {"status": "FAILED", "name": None}, "status", "--json", "--exit-code")
    assert (done.code, warnings(done)) == (6, {"one": ["failed"]})


def test_what_the_plan_would_refuse_is_not_promised_to_be_created(project: Path, server: Server) -> None:
    (project / "broadcasts" / "one.yaml").rename(project / "broadcasts" / "again.yaml")
    done = do(project, server, "status", "--json")
    [alarm] = next(row["warnings"] for row in done.json["rows"] if row["key"] == "again")
    assert alarm["message"] == "It is defined, not recorded as created."
    assert alarm["cure"].startswith("To see whether anything speaks against it: invent-gitops plan")
    assert alarm["cure"].endswith(" . If nothing does, apply creates it.")
    assert "refused" in do(project, server, "plan").out


def test_bad_input_is_told_as_everywhere_and_there_is_no_status(project: Path, server: Server) -> None:
    (project / "broadcasts" / "bad.yaml").write_text("nmae: x\n", encoding="utf-8")
    assert do(project, server, "status").code == 4
    done = do(project, server, "status", "--format", "markdown")
    assert (done.code, done.out.startswith("### ⛔ ")) == (4, True)


@pytest.mark.parametrize("span", ["3", "x", "", "-1h", "400d", "9999999m", "24 h"])
def test_a_span_that_is_none_is_wrong_usage(tmp_path: Path, span: str) -> None:
    assert call(tmp_path, "status", "--sandbox", "--soon", span).code == 2


def test_soon_decides_what_should_be_ready(project: Path, server: Server) -> None:
    edit(server, ids(project)["one"], templates=[])
    assert do(project, server, "status", "--exit-code", "--soon", "366d").code == 0
    assert warnings(do(project, server, "status", "--json")) == {}


def test_the_document_of_out_makes_the_page_for_the_issue(project: Path, server: Server, tmp_path: Path) -> None:
    delete(server, ids(project)["one"])
    out = tmp_path / "status.json"
    markdown = do(project, server, "status", "--format", "markdown", "--out", str(out)).out
    kept = page(json.loads(out.read_text(encoding="utf-8")))
    assert kept.splitlines()[0] == markdown.splitlines()[0] == "### ⚠️ 1 of 2 broadcasts needs a person"
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    assert do(project, server, "status", "--out", str(tmp_path / "mine.txt")).code == 5


def test_a_step_of_a_workflow_gets_annotations_summary_and_outputs(
    project: Path, server: Server, tmp_path: Path
) -> None:
    delete(server, ids(project)["one"])
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    done = call(project, "status", "--format", "github", "--exit-code", env=account(server.url) | files)
    assert done.code == 3
    assert "::error file=broadcasts/one.yaml,line=1,col=1,title=gone::" in done.out
    outputs = (tmp_path / "GITHUB_OUTPUT").read_text(encoding="utf-8")
    assert outputs == "rows=2\nneeds_you=1\ncomplete=true\nexit_code=3\n"
    assert "needs a person" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")


def test_a_thousand_broadcasts_are_a_thousand_rows(tmp_path: Path) -> None:
    number = 1234
    with invent() as server:
        server.sandbox.fill(broadcasts=number)
        records = {}
        for one in server.sandbox.broadcasts():
            segments = tuple(segment["id"] for segment in one["segments"])
            request = a_request(one["name"], read_instant(one["scheduled_at"]), segments, one["send_to_all"])
            records[one["id"]] = a_record(one["id"], request)
        text = dump(replace(a_state(records), api=server.url))
        (tmp_path / "invent.state.json").write_text(text, encoding="utf-8")
        (tmp_path / "broadcasts").mkdir()
        done = do(tmp_path, server, "status", "--out", "status.json")
    found = json.loads((tmp_path / "status.json").read_text(encoding="utf-8"))
    assert (done.code, len(found["rows"])) == (0, number)
    assert {row["key"] for row in found["rows"]} == set(records)
    tables = done.out[done.out.index("WHEN (UTC)") :]
    assert all(f"  {key}  " in tables for key in records)
    assert len(page(found)) <= 60_000


def test_empty_drafts_are_counted_instead_of_called_in_order(tmp_path: Path, server: Server) -> None:
    define(tmp_path, "one", "two", "three")
    do(tmp_path, server, "apply", "--yes", *FAST)
    done = do(tmp_path, server, "status", "--exit-code")
    first, *_ = done.out.split("\n")
    assert first.startswith("3 of 3 are empty drafts, without a message; the first is due in ")
    assert (done.code, "in order" in done.out) == (0, False)
    page = do(tmp_path, server, "status", "--format", "markdown").out
    assert page.startswith("### ✏️ 3 of 3 are empty drafts, without a message; the first is due in ")
    edit(server, ids(tmp_path)["one"], templates=[{}])
    edit(server, ids(tmp_path)["two"], status="SCHEDULED", templates=[{}])
    assert do(tmp_path, server, "status").out.startswith("1 of 3 is an empty draft, without a message; it is due in ")
    assert do(tmp_path, server, "status", "--json").json["counts"]["empty"] == 1
    edit(server, ids(tmp_path)["three"], status="FAILED")
    text = do(tmp_path, server, "status").out
    assert text.startswith("1 of 3 broadcasts needs a person.\n")
    assert "empty draft" not in text


def test_recorded_status_reads_nobody_needs_no_key_and_says_so(project: Path, server: Server) -> None:
    asked = len(server.sandbox.requests)
    define(project, "three")
    done = call(project, "status", "--recorded", "--json", env={"INVENT_BASE_URL": server.url})
    assert (done.code, len(server.sandbox.requests)) == (0, asked)
    assert states(done) == {"one": "DRAFT", "two": "DRAFT", "three": "not created"}
    assert done.json["look"]["complete"] is False
    text = call(project, "status", "--recorded", env={"INVENT_BASE_URL": server.url})
    assert "Invent was not read for it." in text.out
    assert "Try again later" not in text.out
    needy = call(project, "status", "--recorded", "--exit-code", env={"INVENT_BASE_URL": server.url})
    assert needy.code == 3
