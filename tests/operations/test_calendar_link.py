"""`github comment --calendar-url`: the comment links to the calendar of its own run, and to nothing else."""

from __future__ import annotations

import pytest

from invent_gitops.github.step import is_own_artifact
from tests.cli.test_workspaces import project
from tests.github.reviewed_project import Desk
from tests.operations.test_comment_of_workspaces import TWO
from tests.running import call

RUN = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/campaigns", "GITHUB_RUN_ID": "77"}
OWN = "https://github.com/acme/campaigns/actions/runs/77/artifacts/4001"
FOREIGN = (
    "https://github.com/acme/campaigns/actions/runs/78/artifacts/4001",
    "https://github.com/acme/other/actions/runs/77/artifacts/4001",
    "https://github.example/acme/campaigns/actions/runs/77/artifacts/4001",
    "http://github.com/acme/campaigns/actions/runs/77/artifacts/4001",
    f"{OWN}/../../1",
    f"{OWN}) [x](https://evil.example",
    f"{OWN}\n",
    "javascript:alert(1)",
    OWN.replace("4001", "x"),
    "",
)


def test_address_of_an_artifact_of_this_run_is_own() -> None:
    assert is_own_artifact(OWN, RUN)


@pytest.mark.parametrize("address", FOREIGN)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_own_artifact(address, RUN)


@pytest.mark.parametrize("name", RUN)
def test_nothing_is_own_where_the_run_is_not_known(name: str) -> None:
    assert not is_own_artifact(OWN, {**RUN, name: ""})


def test_plan_links_to_the_calendar_below_its_headline(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json", "--calendar-url", OWN).code == 0
    (body,) = desk.hub.bodies(7)
    assert f"[Calendar of this change]({OWN})" in body
    assert body.index("1 broadcast to create") < body.index("Calendar of this change") < body.index("To be created")


@pytest.mark.parametrize("address", FOREIGN)
def test_foreign_address_is_wrong_usage_and_posts_nothing(desk: Desk, address: str) -> None:
    desk.plan("plan.json", "a")
    done = desk.on_pull("comment", "plan.json", "--calendar-url", address)
    assert done.code == 2
    assert desk.hub.writes() == []


def test_one_comment_of_several_workspaces_links_once(desk: Desk) -> None:
    project(desk.folder, TWO)
    assert call(desk.folder, "plan", "--out", "{workspace}.json").code == 0
    assert desk.on_pull("comment", "{workspace}.json", "--calendar-url", OWN).code == 0
    (body,) = desk.hub.bodies(7)
    assert body.count("Calendar of this change") == 1
    assert body.index("Calendar of this change") < body.index("## `acme`")
    assert desk.on_pull("comment", "{workspace}.json").code == 0
    assert "Calendar of this change" not in desk.hub.bodies(7)[0]


def test_fork_has_the_link_in_the_summary_of_its_run(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json", "--calendar-url", OWN, token="").code == 0
    assert desk.hub.bodies(7) == []
    assert f"[Calendar of this change]({OWN})" in desk.summary
