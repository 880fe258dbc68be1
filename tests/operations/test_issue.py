"""`github issue`: one issue for ever, open while something needs a person and closed while all is well."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from invent_gitops.review.comment import BODY_LIMIT
from invent_gitops.review.marker import read_marker
from tests.github.reviewed_project import EVIL, Desk, failed
from tests.running import account, call, define


def told(desk: Desk, *words: str, **more: Any) -> str:
    """What the command did."""
    result = desk.on_push("issue", *words, "--json", **more)
    assert result.code == 0, result.all
    return str(result.json["action"])


def well(desk: Desk) -> None:
    """A plan in which nothing needs anybody."""
    desk.plan("plan.json", "a")
    with desk.invent() as server:
        assert call(desk.folder, "apply", "--yes", env=account(server.url)).code == 0
    assert call(desk.folder, "plan", "--out", "well.json").code == 0


def test_plan_with_something_to_create_opens_an_issue_and_updates_it_in_place(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    assert told(desk, "plan.json") == "created"
    (issue,) = desk.hub.issues
    assert (issue["title"], issue["state"]) == ("Broadcasts need a look", "open")
    assert "1 broadcast to create" in issue["body"]
    assert told(desk, "plan.json") == "unchanged"
    desk.plan("plan.json", "b")
    assert told(desk, "plan.json") == "updated"
    assert len(desk.hub.issues) == 1
    assert "2 broadcasts to create" in issue["body"]


def test_issue_is_closed_when_all_is_well_and_opened_again_when_it_is_not(desk: Desk) -> None:
    well(desk)
    assert told(desk, "well.json") == "none"
    assert desk.hub.writes() == []
    desk.plan("plan.json", "b")
    assert [told(desk, name) for name in ("plan.json", "well.json")] == ["created", "closed"]
    (issue,) = desk.hub.issues
    assert issue["state"] == "closed"
    assert "All is well as of" in issue["body"]
    writes = len(desk.hub.writes())
    assert told(desk, "well.json") == "none"
    assert len(desk.hub.writes()) == writes, "a quiet day changes nothing"
    assert told(desk, "plan.json") == "reopened"
    assert issue["state"] == "open"
    assert len(desk.hub.issues) == 1


def test_title_is_what_was_asked_for_and_a_person_may_change_it(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    told(desk, "plan.json", "--title", "Campaigns drifted")
    assert desk.hub.issues[0]["title"] == "Campaigns drifted"
    desk.hub.issues[0]["title"] = "Ours"
    desk.plan("plan.json", "b")
    told(desk, "plan.json", "--title", "Campaigns drifted")
    assert desk.hub.issues[0]["title"] == "Ours"


@pytest.mark.parametrize("kind", ["plan", "report"])
def test_command_that_failed_needs_a_person(desk: Desk, kind: str) -> None:
    failed(desk.folder, kind=kind)
    assert told(desk, "failed.json") == "created"
    assert "The state is damaged." in desk.hub.issues[0]["body"]


@pytest.mark.parametrize("action", ["blocked", "refused", "changed", "create"])
def test_each_action_that_needs_a_person_opens_the_issue(desk: Desk, action: str) -> None:
    well(desk)
    counts = {"blocked": 0, "refused": 0, "changed": 0, "create": 0, "undefined": 0, "unchanged": 0}
    items: dict[str, list[object]] = {"items": []} if action != "create" else {}
    desk.edited("plan.json", exit_code=0, counts=counts | {action: 1}, **items)
    assert told(desk, "plan.json") == "created"
    desk.edited("plan.json", exit_code=0, items=[], counts=counts | {"undefined": 1, "unchanged": 1})
    assert told(desk, "plan.json") == "closed"


def test_report_in_which_all_went_well_needs_nobody(desk: Desk) -> None:
    desk.report()
    assert told(desk, "report.json") == "none"


def test_issue_of_another_user_and_a_pull_request_are_not_ours(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    told(desk, "plan.json")
    body = desk.hub.issues.pop()["body"]
    desk.hub.add_issue("Forged", body, "mallory")
    desk.hub.add_issue("A pull request", body, pull_request={"url": "x"})
    desk.plan("plan.json", "b")
    assert told(desk, "plan.json") == "created"
    assert [issue["body"] == body for issue in desk.hub.issues] == [True, True, False]


def test_issue_is_found_behind_hundreds_of_others_open_or_closed(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    told(desk, "plan.json")
    for number in range(210):
        desk.hub.add_issue(f"Issue {number}", "…", "alice")
        desk.hub.add_issue(f"Old issue {number}", "…", "alice", state="closed")
    desk.plan("plan.json", "b")
    assert told(desk, "plan.json") == "updated"
    desk.hub.issues[0] |= {"state": "closed", "updated_at": "2026-01-01T00:00:00Z"}
    assert told(desk, "plan.json") == "reopened"


def listed(desk: Desk) -> list[tuple[str | None, str | None]]:
    """The creator and the labels that lists of issues were asked for."""
    lists = [one for one in desk.hub.requests if one.method == "GET" and one.path.endswith("/issues")]
    return [(one.query.get("creator"), one.query.get("labels")) for one in lists]


def test_issue_is_found_by_its_author_and_label_and_not_among_all_issues(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    told(desk, "plan.json")
    assert desk.hub.issues[0]["labels"] == [{"name": "invent-gitops"}]
    assert {creator for creator, _ in listed(desk)} == {"github-actions[bot]"}
    desk.hub.requests.clear()
    desk.plan("plan.json", "b")
    assert told(desk, "plan.json") == "updated"
    assert listed(desk) == [("github-actions[bot]", "invent-gitops")]


@pytest.mark.parametrize("state", ["open", "closed"])
def test_issue_without_the_label_is_found_by_its_author_and_gets_it(desk: Desk, state: str) -> None:
    """An older version has made it, or a person has taken the label away."""
    desk.plan("plan.json", "a")
    told(desk, "plan.json")
    desk.hub.issues[0] |= {"state": state, "labels": [{"name": "urgent"}]}
    desk.plan("plan.json", "b")
    assert told(desk, "plan.json") == ("updated" if state == "open" else "reopened")
    assert [one["name"] for one in desk.hub.issues[0]["labels"]] == ["urgent", "invent-gitops"]
    assert len(desk.hub.issues) == 1


def test_token_whose_labels_are_dropped_still_keeps_one_issue(desk: Desk) -> None:
    desk.hub.labelling = False
    for name, action in (("a", "created"), ("b", "updated"), ("c", "updated")):
        desk.plan("plan.json", name)
        assert told(desk, "plan.json") == action
    assert len(desk.hub.issues) == 1


def test_two_open_issues_become_one(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    told(desk, "plan.json")
    desk.hub.add_issue("Twice", desk.hub.issues[0]["body"], labels=[{"name": "invent-gitops"}])
    told(desk, "plan.json")
    assert [issue["state"] for issue in desk.hub.issues] == ["open", "closed"]
    marker = read_marker(desk.hub.issues[1]["body"])
    assert marker
    assert marker.status == "superseded"


@pytest.mark.parametrize("after", [True, False])
def test_lost_answer_to_a_new_issue_never_makes_two(desk: Desk, after: bool) -> None:
    desk.hub.fault("POST", "issues", after=after)
    desk.plan("plan.json", "a")
    assert told(desk, "plan.json") == "created"
    assert len(desk.hub.issues) == 1


def test_issues_that_are_switched_off_fall_back_to_the_summary(desk: Desk) -> None:
    desk.hub.issues_enabled = False
    desk.plan("plan.json", "a")
    assert told(desk, "plan.json") == "summary"
    assert desk.summary.startswith("### 1 broadcast to create")


def test_hostile_names_and_many_of_them_stay_in_the_issue(desk: Desk) -> None:
    define(desk.folder, *(f"c{number:04}" for number in range(1_500)))
    (desk.folder / "invent.yaml").write_text("policies: {max_creates: 9000}\n", encoding="utf-8")
    desk.plan("plan.json", "a")
    told(desk, "plan.json", "--title", EVIL)
    (issue,) = desk.hub.issues
    assert 50_000 < len(issue["body"]) <= BODY_LIMIT
    assert issue["title"].isprintable()
    assert len(issue["title"]) <= 256


def test_empty_title_is_wrong_usage(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    assert desk.on_push("issue", "plan.json", "--title", " ").code == 2


def test_issue_about_three_hundred_that_were_not_created_has_one_instruction_that_can_be_pasted(desk: Desk) -> None:
    define(desk.folder, *(f"c{number:03}" for number in range(300)))
    with desk.invent() as server:
        environment = account(server.url)
        assert call(desk.folder, "status", "--out", "status.json", env=environment).code == 0
        assert told(desk, "status.json") == "created"
        (issue,) = desk.hub.issues
        assert issue["body"].count("#### ⚠️") == 1
        assert "#### ⚠️ 300 merged and not created `not-created`" in issue["body"]
        assert "- … and 275 more, in the tables below as far as they fit." in issue["body"]
        line = issue["body"].partition("```sh\n")[2].partition("\n```")[0]
        assert "```" not in line
        pasted = shlex.split(line)
        assert pasted[:2] == ["invent-gitops", "plan"]
        assert server.url in pasted
        planned = call(desk.folder, *pasted[1:], env=environment)
        assert "300 refused" in planned.out, "more than max_creates, which the plan says and the status cannot"
