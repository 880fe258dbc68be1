"""What came of a broadcast, on the command line: judged by `status`, kept by `refresh`, told by `history`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.render.markdown.document import page
from invent_gitops.sandbox.server import Server
from tests.dashboard import delete, edit
from tests.running import FAST, WHEN, Result, account, call, ids, invent, state_of

FAILED = {
    "status": "SENT",
    "recipients_count": 1240,
    "sent_count": 30,
    "delivered_count": 30,
    "failed_count": 1210,
    "skipped_count": 12,
    "started_at": "2026-11-27T09:00:00.000Z",
    "completed_at": "2026-11-27T09:04:00.000Z",
}
GOOD = {**FAILED, "delivered_count": 1240, "sent_count": 1240, "failed_count": 0, "played_count": 7}


@pytest.fixture
def server() -> Iterator[Server]:
    with invent() as server:
        server.sandbox.seed([("vip", "VIPs", 1_240)])
        yield server


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Path:
    """Two broadcasts that were created, the first one soonest."""
    (tmp_path / "broadcasts").mkdir()
    for key in ("autumn", "spring"):
        define(tmp_path, key)
    assert do(tmp_path, server, "apply", "--yes", *FAST).code == 0
    for id in ids(tmp_path).values():
        edit(server, id, status="SCHEDULED", templates=[{"integration_id": "internal"}])
    return tmp_path


def define(folder: Path, key: str, **more: object) -> None:
    content = {"name": f"Campaign {key}", "schedule": WHEN, "segments": ["vip"], "owner": "growth-team", **more}
    (folder / "broadcasts" / f"{key}.yaml").write_text(json.dumps(content), encoding="utf-8")


def do(folder: Path, server: Server, *words: str) -> Result:
    return call(folder, *words, env=account(server.url))


def rules(result: Result) -> dict[str, list[str]]:
    return {row["key"]: [it["rule"] for it in row["warnings"]] for row in result.json["rows"] if row["warnings"]}


def record(folder: Path, key: str = "spring") -> dict[str, Any]:
    found: dict[str, Any] = state_of(folder)["broadcasts"][key]
    return found


def test_poor_result_is_first_on_the_page_and_ends_with_3(project: Path, server: Server) -> None:
    edit(server, ids(project)["spring"], **FAILED)
    # Something else needs a person, too, and is to come: it would be first.
    edit(server, ids(project)["autumn"], scheduled_at="2099-03-02T09:00:00.000Z")
    result = do(project, server, "status", "--exit-code")
    assert result.code == 3
    first, second = result.out.partition("Coming up")[0].split("  ! ")[1:]
    assert "- spring" in first
    assert "- autumn" in second
    assert first.startswith("1 sent with a poor result [poor-result]\n")
    assert "1,210 of 1,240 recipients failed, 97.6% (policies.results.failed allows 5%).\n" in first
    assert "in order" not in result.out
    document = do(project, server, "status", "--json")
    assert rules(document) == {"spring": ["poor-result"], "autumn": ["drift"]}
    markdown = page(document.json)
    assert markdown.index("97.6%") < markdown.index("scheduled_at")
    assert "owner growth-team" in markdown


def test_good_result_is_in_order_and_shows_hours_channels_and_rarer_counts(project: Path, server: Server) -> None:
    edit(
        server,
        ids(project)["spring"],
        **GOOD,
        templates=[{"integration_id": "internal"}, {"integration_id": "whatsapp"}],
    )
    result = do(project, server, "status", "--exit-code")
    assert result.code == 0
    details = next(line for line in result.out.splitlines() if "completed" in line)
    for part in ("owner growth-team", "channels: internal, whatsapp", "started Fri 27 Nov 2026", "12 skipped (1.0%)"):
        assert part in details
    assert "7 played (0.6%)" in details
    assert "complained" not in details
    assert "no message for: whatsapp" in result.out
    rows = {row["key"]: row for row in do(project, server, "status", "--json").json["rows"]}
    assert rows["spring"]["channels"] == ["internal", "whatsapp"]
    assert (rows["autumn"]["missing_channels"], rows["spring"]["missing_channels"]) == (["whatsapp"], [])
    assert (rows["spring"]["owner"], rows["spring"]["started_at"]) == ("growth-team", "2026-11-27T09:00:00Z")


@pytest.mark.parametrize("how", ["waived", "deleted", "allowed"])
def test_poor_result_that_somebody_has_dealt_with_is_calm(project: Path, server: Server, how: str) -> None:
    edit(server, ids(project)["spring"], **FAILED)
    if how == "waived":
        define(project, "spring", waive={"poor-result": "an old list, cleaned since"})
    elif how == "deleted":
        (project / "broadcasts" / "spring.yaml").unlink()
    else:
        (project / "invent.yaml").write_text("policies: {results: {failed: 97.7%}}\n", encoding="utf-8")
    assert do(project, server, "status", "--exit-code").code == 0
    assert do(project, server, "plan", "--strict").code == 0


@pytest.mark.parametrize("share", ["5", "5,5%", "101%", "-1%", "1.2345%", "100.5%"])
def test_limit_that_is_no_share_is_refused(project: Path, server: Server, share: str) -> None:
    (project / "invent.yaml").write_text(f'policies: {{results: {{failed: "{share}"}}}}\n', encoding="utf-8")
    result = do(project, server, "validate")
    assert result.code == 4
    assert "`policies.results.failed` is not written in its form" in result.all


def test_refresh_keeps_the_counts_once_and_history_shows_them(project: Path, server: Server) -> None:
    edit(server, ids(project)["spring"], **FAILED)
    first = do(project, server, "refresh")
    assert "results: none → 1,240 recipients, 12 skipped (1.0%), 30 delivered (2.4%), 1,210 failed (97.6%)" in first.out
    assert (record(project)["results"]["failed"], record(project)["contacts_count"]) == (1210, 1240)
    before = (project / "invent.state.json").read_bytes()
    assert "Nothing to refresh" in do(project, server, "refresh").out
    edit(server, ids(project)["spring"], opened_count=20)
    assert "Nothing to refresh" in do(project, server, "refresh").out
    assert (project / "invent.state.json").read_bytes() == before
    history = do(project, server, "history", "spring")
    assert "1,210 failed (97.6%)" in history.out
    [change] = [it for it in do(project, server, "history", "spring", "--json").json["changes"] if it["fields"]]
    assert {it["field"]: it["new"] for it in change["fields"]}["results"]["failed"] == 1210
    assert do(project, server, "state", "show", "spring", "--json").json["broadcasts"][0]["results"]["failed"] == 1210


def test_counts_that_were_kept_are_shown_after_invent_has_forgotten_the_broadcast(
    project: Path, server: Server
) -> None:
    edit(server, ids(project)["spring"], **FAILED)
    assert do(project, server, "refresh").code == 0
    delete(server, ids(project)["spring"])
    [row] = [row for row in do(project, server, "status", "--json").json["rows"] if row["key"] == "spring"]
    assert (row["state"], row["counts"]["failed"], row["shares"]["failed"]) == ("GONE", 1210, 0.9758)


def test_owner_and_description_stand_in_the_plan(project: Path, server: Server) -> None:
    define(project, "winter", description="Thanks to all of the fair")
    result = do(project, server, "plan")
    assert "owner growth-team · Thanks to all of the fair" in result.out


def test_poor_result_outlives_the_broadcast_in_invent(project: Path, server: Server) -> None:
    id = ids(project)["autumn"]
    edit(server, id, **FAILED)
    assert do(project, server, "refresh").code == 0
    delete(server, id)
    for _ in range(2):
        listed = do(project, server, "status", "--json")
        assert rules(listed)["autumn"] == ["poor-result"]
        (row,) = [row for row in listed.json["rows"] if row["key"] == "autumn"]
        assert "1,210 of 1,240 recipients failed" in row["warnings"][0]["message"]
        assert "delete its file as well, then" not in str(row["warnings"])
        # The next status reads a record that says GONE, and no more that it was sent.
        assert do(project, server, "refresh").code == 0
    assert state_of(project)["broadcasts"]["autumn"]["status"] == "GONE"


def test_good_result_that_was_deleted_in_invent_needs_nobody(project: Path, server: Server) -> None:
    id = ids(project)["autumn"]
    edit(server, id, **GOOD)
    assert do(project, server, "refresh").code == 0
    delete(server, id)
    for _ in range(2):
        assert "autumn" not in rules(do(project, server, "status", "--json"))
        assert do(project, server, "refresh").code == 0


def test_counts_of_the_readme_give_a_result_that_is_not_poor(project: Path, server: Server) -> None:
    edit(server, ids(project)["autumn"], status="SENT", sent_count=1230)
    listed = do(project, server, "status", "--json")
    assert "autumn" not in rules(listed)
    (row,) = [row for row in listed.json["rows"] if row["key"] == "autumn"]
    assert (row["counts"]["recipients"], row["counts"]["sent"]) == (1240, 1230)
