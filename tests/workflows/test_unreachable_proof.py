"""A pull request that moves one broadcast, deletes the file of another and adds a third, through the real workflows.

A reviewer must read first what will not reach Invent: in the comment, the annotations, the summary and the outcome.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.branch_repository import git
from tests.dashboard import edit
from tests.running import WHEN, account, call, live
from tests.workflows.test_proof import World, define, started, world

__all__ = ["started", "world"]  # fixtures
LATER = WHEN.replace("2099-03", "2099-04")
MOVED = WHEN.replace("09:00", "09:01")


def first_lines(page: str, number: int = 2) -> list[str]:
    """What people read first: the lines that are neither hidden nor empty."""
    return [line for line in page.split("\n") if line.strip() and not line.startswith("<!--")][:number]


def applied(world: World, *keys: str) -> None:
    """Broadcasts that an earlier pull request has created."""
    for key in keys:
        define(world, key)
    tried = world.open_pull(6, "The first ones")
    assert world.run("plan", "pull_request", tried, pull=6).conclusion == "success"
    assert world.run("apply", "push", world.merge(6)).conclusion == "success"
    assert world.created == [f"Campaign {key}" for key in keys]


def file_of(world: World, key: str) -> Path:
    return world.clone / "broadcasts" / f"{key}.yaml"


def assert_both_steps_are_named(lines: list[str]) -> None:
    title, steps = lines
    assert title == "### ⚠️ 1 edit and 1 deletion will not reach Invent"
    assert steps.startswith("**2 steps in Invent are left:** ")
    for part in ("change “Campaign spring”, planned for", "cancel “Campaign winter”, planned for", "to vip"):
        assert part in steps
    assert steps.count("2099") == 2, "the date of each, which is that in Invent"


def test_moved_deleted_and_new_broadcast_are_told_wherever_people_look(started: World) -> None:
    applied(started, "spring", "winter")
    define(started, "spring", MOVED)
    file_of(started, "winter").unlink()
    define(started, "fresh", LATER)
    tried = started.open_pull(7)
    planned = started.run("plan", "pull_request", tried, pull=7)
    assert planned.conclusion == "success", planned.log
    for page in (started.comment, planned.summary):
        assert_both_steps_are_named(first_lines(page))
        assert page.index("will not reach Invent") < page.index("1 broadcast to create")
        assert "<details" not in page[: page.index("To be created")], "nothing of it is folded"
    assert planned.step("Plan").outputs["unreachable"] == "2"
    warnings = [line for line in planned.step("Plan").log.split("\n") if line.startswith("::warning")]
    assert len(warnings) == 2
    assert warnings[0].startswith("::warning file=broadcasts/spring.yaml,line=2,col=11,title=unreachable-edits::")
    assert "invent-gitops refresh" in warnings[0]
    assert warnings[1].startswith("::warning file=invent.yaml,title=unreachable-edits::winter: The deletion")

    done = started.run("apply", "push", started.merge(7))
    assert done.conclusion == "success", done.log
    assert started.created == ["Campaign fresh", "Campaign spring", "Campaign winter"]
    for page in (started.comment, done.summary):
        assert_both_steps_are_named(first_lines(page))
        assert page.index("will not reach Invent") < page.index("1 broadcast created")
        assert "**Next: write the message in Invent and schedule it, by " in page
    assert done.step("Apply").outputs["unreachable"] == "2"
    log = done.step("Apply").log
    assert "Created is not ready: it has no message yet. Next: write the message in Invent and schedule it, by " in log
    assert "::warning file=broadcasts/spring.yaml" in log


def test_once_a_person_acted_in_invent_and_refreshed_the_next_plan_is_calm(started: World) -> None:
    applied(started, "spring", "winter")
    ids = live(started.server)
    edit(started.server, ids["Campaign spring"], scheduled_at=MOVED)
    edit(started.server, ids["Campaign winter"], status="CANCELLED")
    refreshed = call(started.clone, "refresh", env=account(started.server.url))
    assert refreshed.code == 0, refreshed.all
    define(started, "spring", MOVED)
    file_of(started, "winter").unlink()
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert started.hub.bodies(7) == [], "nothing changes in Invent"
    assert "### Nothing to create" in planned.summary
    assert "will not reach" not in planned.summary
    assert planned.step("Plan").outputs["unreachable"] == "0"
    assert call(started.clone, "plan", "--exit-code").code == 0


RECORD = "Record what Invent shows"


def recorded(world: World) -> dict[str, str]:
    """The status of each record on the state branch."""
    state = json.loads(git(world.remote, "show", "broadcast-state:invent.state.json"))
    return {key: record["status"] for key, record in state["broadcasts"].items()}


def test_merge_records_what_a_person_did_in_invent_and_the_next_plan_leaves_no_step(started: World) -> None:
    applied(started, "spring", "winter")
    ids = live(started.server)
    edit(started.server, ids["Campaign spring"], scheduled_at=MOVED)
    edit(started.server, ids["Campaign winter"], status="CANCELLED")
    define(started, "spring", MOVED)
    file_of(started, "winter").unlink()
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert planned.step("Plan").outputs["unreachable"] == "2", "no key, so the plan goes by the records"
    merged = started.merge(7)
    done = started.run("apply", "push", merged)
    assert (done.conclusion, done.step(RECORD).outcome) == ("success", "success"), done.log
    assert done.step("Apply").outputs["created"] == "0"
    assert recorded(started) == {"spring": "DRAFT", "winter": "CANCELLED"}
    assert call(started.clone, "plan", "--exit-code").code == 0
    define(started, "fresh", LATER)
    planned = started.run("plan", "pull_request", started.open_pull(8), pull=8)
    assert planned.step("Plan").outputs["unreachable"] == "0"
    assert "will not reach" not in planned.summary + started.hub.bodies(8)[0]
    # A run of the same commit, started again, has nothing to add.
    before = git(started.remote, "rev-parse", "broadcast-state")
    assert started.run("apply", "push", merged).conclusion == "success"
    assert git(started.remote, "rev-parse", "broadcast-state") == before


def test_what_a_person_did_is_recorded_where_apply_is_refused_and_the_run_stays_red(started: World) -> None:
    applied(started, "winter")
    edit(started.server, live(started.server)["Campaign winter"], status="CANCELLED")
    file_of(started, "winter").unlink()
    define(started, "fresh", LATER)
    started.commit("Straight to main")
    done = started.run("apply", "push", started.push())
    assert (done.conclusion, done.step("Apply").code, done.step(RECORD).code) == ("failure", 5, 0), done.log
    assert recorded(started) == {"winter": "CANCELLED"}
    assert started.created == ["Campaign winter"]


def test_records_that_cannot_be_renewed_are_a_warning_beside_a_green_apply(started: World) -> None:
    applied(started, "winter")
    file_of(started, "winter").unlink()
    started.open_pull(7)
    started.server.faults.add("error-before=503@list:*")
    done = started.run("apply", "push", started.merge(7))
    assert (done.conclusion, done.step("Apply").code) == ("success", 0), done.log
    assert (done.step(RECORD).outcome, done.step(RECORD).code) == ("failure", 6)
    assert recorded(started) == {"winter": "DRAFT"}
    assert first_lines(started.comment)[0] == "### ⚠️ 1 deletion will not reach Invent"


def test_what_was_just_created_is_not_recorded_as_gone_by_a_list_that_lags(started: World) -> None:
    applied(started, "winter")
    started.server.sandbox.update("c", live(started.server)["Campaign winter"], created_at="2020-01-01T00:00:00Z")
    define(started, "fresh", LATER)
    started.run("plan", "pull_request", started.open_pull(7), pull=7)
    started.server.faults.add("lag=3600@list:*")
    done = started.run("apply", "push", started.merge(7))
    assert (done.conclusion, done.step(RECORD).outcome) == ("success", "success"), done.log
    assert "does not show yet: fresh." in done.step(RECORD).log
    assert recorded(started) == {"fresh": "DRAFT", "winter": "DRAFT"}


def test_merge_of_a_deletion_alone_is_told_where_there_was_no_comment_before(started: World) -> None:
    applied(started, "winter")
    file_of(started, "winter").unlink()
    started.open_pull(7)
    done = started.run("apply", "push", started.merge(7))
    assert done.conclusion == "success", done.log
    assert first_lines(started.comment)[0] == "### ⚠️ 1 deletion will not reach Invent"


def test_refusing_team_merges_nothing_unseen_and_an_old_edit_never_stops_new_broadcasts(started: World) -> None:
    applied(started, "spring", "winter")
    project = started.clone / "invent.yaml"
    before = project.read_text(encoding="utf-8")
    assert "policies:\n" in before
    project.write_text(before.replace("policies:\n", "policies:\n  unreachable_edits: refuse\n"), encoding="utf-8")
    define(started, "spring", MOVED)
    file_of(started, "winter").unlink()
    planned = started.run("plan", "pull_request", started.open_pull(7), pull=7)
    assert planned.step("Plan").code == 5
    assert first_lines(started.comment)[0] == "### ⛔ 1 edit and 1 deletion will not reach Invent: refused"
    assert "::error file=broadcasts/spring.yaml" in planned.step("Plan").log

    # Merged all the same, it stays red; and what comes later is created nevertheless.
    assert started.run("apply", "push", started.merge(7)).step("Apply").code == 5
    define(started, "fresh", LATER)
    started.run("plan", "pull_request", started.open_pull(8), pull=8)
    assert started.run("apply", "push", started.merge(8)).step("Apply").code == 5
    assert "Campaign fresh" in started.created

    # Each is waived with a reason: the edit where it is, the deletion by its key.
    waived = "{action: refuse, waive: {winter: Ana cancels it on Monday}}"
    project.write_text(before.replace("policies:\n", f"policies:\n  unreachable_edits: {waived}\n"), encoding="utf-8")
    text = file_of(started, "spring").read_text(encoding="utf-8")
    file_of(started, "spring").write_text(f"{text}waive: {{unreachable-edits: Ana moves it}}\n", encoding="utf-8")
    planned = started.run("plan", "pull_request", started.open_pull(9), pull=9)
    assert planned.step("Plan").code == 0, planned.log
    (body,) = started.hub.bodies(9)
    assert first_lines(body) == [
        "### ⚠️ 1 edit and 1 deletion will not reach Invent",
        "**All are waived; the reasons are below.**",
    ]
    assert "Waived: “Ana cancels it on Monday”" in body
    assert call(started.clone, "plan", "--exit-code").code == 0
