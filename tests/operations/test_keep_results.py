"""`github issue` with a status: the pull request of a campaign gets one comment with what came of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dashboard import edit
from tests.github.reviewed_project import MERGE, Desk
from tests.running import FAST, account, call, define, ids

OTHER = "9" * 40


def sent(desk: Desk, *, days: float = 0, commit: str | None = MERGE, failed: int = 0, key: str = "a") -> None:
    """A status document of a broadcast that was sent so many days ago, and created from a commit."""
    define(desk.folder, key)
    with desk.invent() as server:
        env = account(server.url)
        assert call(desk.folder, "apply", "--yes", *FAST, env=env).code == 0
        completed = datetime.now(UTC) - timedelta(days=days, minutes=1)
        counts = {"recipients_count": 1240, "delivered_count": 1240 - failed, "failed_count": failed}
        edit(server, ids(desk.folder)[key], status="SENT", completed_at=completed.isoformat(), **counts)
        assert call(desk.folder, "status", "--out", "status.json", env=env).code == 0
    path = desk.folder / "status.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    for row in document["rows"]:
        row["source_commit"] = commit
    path.write_text(json.dumps(document), encoding="utf-8")


def issue(desk: Desk, **more: Any) -> str:
    result = desk.on_push("issue", "status.json", **more)
    assert result.code == 0, result.all
    return result.all


def results(desk: Desk) -> list[str]:
    return [body for body in desk.hub.bodies(7) if body.startswith("<!-- invent-gitops 1 result")]


def test_merged_pull_request_gets_one_comment_that_is_updated_in_place(desk: Desk) -> None:
    desk.hub.merge(7, MERGE)
    sent(desk)
    assert "What came of #7 is in its pull request" in issue(desk)
    [body] = results(desk)
    assert "What came of 1 broadcast" in body
    assert "1,240 recipients, 1,240 delivered (100.0%), 0 failed (0.0%)" in body
    writes = len(desk.hub.writes())
    issue(desk)
    assert len(desk.hub.writes()) == writes
    document = json.loads((desk.folder / "status.json").read_text(encoding="utf-8"))
    document["rows"][0]["counts"]["opened"] = 620
    (desk.folder / "status.json").write_text(json.dumps(document), encoding="utf-8")
    issue(desk)
    [body] = results(desk)
    assert "620 opened (50.0%)" in body


def test_poor_result_is_the_headline_of_the_comment_and_opens_the_issue(desk: Desk) -> None:
    desk.hub.merge(7, MERGE)
    sent(desk, failed=1210)
    issue(desk)
    [body] = results(desk)
    assert "### ⚠️ 1 of 1 broadcast with a poor result" in body
    assert "97.6%" in body
    assert "97.6%" in desk.hub.issues[0]["body"]


@pytest.mark.parametrize("how", ["too old", "no commit", "not merged", "of another commit"])
def test_nobody_is_told_what_no_pull_request_surely_brought(desk: Desk, how: str) -> None:
    if how != "not merged":
        desk.hub.merge(7, MERGE)
    commit = {"no commit": None, "of another commit": OTHER}.get(how, MERGE)
    sent(desk, days=10 if how == "too old" else 0, commit=commit)
    issue(desk)
    assert results(desk) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_pull_requests_that_cannot_be_read_cost_the_comment_and_not_the_issue(desk: Desk, status: int) -> None:
    desk.hub.merge(7, MERGE)
    sent(desk, failed=1210)
    desk.hub.fault("GET", "/pulls", status, times=20)
    said = issue(desk)
    assert results(desk) == []
    assert "no results in the pull request" in said
    assert "97.6%" in desk.hub.issues[0]["body"]
