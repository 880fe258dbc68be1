"""The workspaces of a project file: what each one is, what it takes from the project, and what no two may share."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from invent_gitops.model.problem import Problem
from invent_gitops.model.project import (
    BlackoutDays,
    BranchPlace,
    FilePlace,
    Policies,
    Project,
    QuietHours,
    WorkspaceAccount,
)
from invent_gitops.text.secret import without_secrets
from tests.validate.test_validate import check_project, written


def read(folder: Path, text: str) -> dict[str, Project]:
    project, problems = check_project(written(folder, text))
    assert problems == []
    assert project.workspaces is not None
    return dict(project.workspaces)


def wrong(folder: Path, text: str) -> list[Problem]:
    return check_project(written(folder, text))[1]


def test_project_without_workspaces_is_one(tmp_path: Path) -> None:
    project, _ = check_project(written(tmp_path, "timezone: Europe/Berlin\n"))
    assert (project.workspaces, project.name, project.org, project.key) == (None, "", "", "INVENT_API_KEY")


def test_workspace_has_an_org_and_places_named_after_it(tmp_path: Path) -> None:
    found = read(tmp_path, "workspaces: {acme: {org: org_111}, 4-you: {org: org_222}}\n")
    assert list(found) == ["acme", "4-you"]
    assert found["acme"] == Project(
        definitions="acme/broadcasts",
        state=FilePlace("acme/invent.state.json"),
        segments="acme/segments.yaml",
        file="file.yaml",
        account=WorkspaceAccount("acme", "org_111"),
    )


def test_workspace_says_everything_itself_where_it_wants_to(tmp_path: Path) -> None:
    text = """\
timezone: Europe/Berlin
workspaces:
  acme:
    org: org_111
    key: INVENT_API_KEY_ACME_2
    definitions: clients/acme/
    state: {branch: acme-state, remote: upstream}
    segments: clients/acme.yaml
    timezone: America/New_York
"""
    acme = read(tmp_path, text)["acme"]
    assert (acme.key, acme.definitions, acme.segments) == ("INVENT_API_KEY_ACME_2", "clients/acme", "clients/acme.yaml")
    assert acme.state == BranchPlace("acme-state", "upstream")
    assert acme.timezone == "America/New_York"


def test_timezone_and_policies_of_the_project_hold_until_a_workspace_replaces_one(tmp_path: Path) -> None:
    text = """\
timezone: Europe/Berlin
policies:
  minimum_lead_time: 2h
  max_creates: 5
  quiet_hours: {from: 21:00, to: 08:00}
  blackout_days: [2026-12-25]
workspaces:
  acme: {org: org_111}
  globex:
    org: org_222
    timezone: America/New_York
    policies: {max_creates: 10, blackout_days: []}
"""
    found = read(tmp_path, text)
    day = date(2026, 12, 25)
    berlin = QuietHours(time(21), time(8), "", "Europe/Berlin")
    assert found["acme"].policies == Policies(
        timedelta(hours=2), False, 5, berlin, BlackoutDays(((day, day),), "Europe/Berlin")
    )
    new_york = QuietHours(time(21), time(8), "", "America/New_York")
    assert found["globex"].policies == Policies(timedelta(hours=2), False, 10, new_york)
    assert (found["acme"].timezone, found["globex"].timezone) == ("Europe/Berlin", "America/New_York")


@pytest.mark.parametrize("name", ["key", "api", "token", "url", "secret"])
def test_workspace_may_have_the_name_of_a_secret(tmp_path: Path, name: str) -> None:
    assert list(read(tmp_path, f"workspaces: {{{name}: {{org: org_111, key: INVENT_API_KEY_X}}}}\n")) == [name]


@pytest.mark.parametrize(
    "key",
    [
        "sk-live-4711",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "INVENT_BASE_URL",
        "INVENT_API_KEYS",
        "INVENT_API_KEY_",
        "INVENT_API_KEY-X",
        "invent_api_key",
        "XINVENT_API_KEY",
        '"INVENT_API_KEY\\n"',
        '"INVENT_API_KEY_X\\nGITHUB_TOKEN"',
        "INVENT_API_KEY_É",
        "[INVENT_API_KEY]",
        "{name: sk-live-4711}",
        "4711",
        "",
    ],
)
def test_key_that_is_no_variable_of_ours_is_refused_without_showing_it(tmp_path: Path, key: str) -> None:
    (problem,) = wrong(tmp_path, f"workspaces:\n  acme: {{org: org_111, key: {key}}}\n")
    assert problem.rule == "key-variable"
    assert "4711" not in str(problem)
    assert "GITHUB" not in str(problem)


@pytest.mark.parametrize("name", ["api_key", "base_url", "token", "INVENT_API_KEY", "url"])
def test_secret_or_address_in_a_workspace_is_refused_and_no_problem_of_its_line_shows_it(
    tmp_path: Path, name: str
) -> None:
    problems = wrong(tmp_path, f"workspaces:\n  acme: {{org: 7, {name}: sk-live-4711, timezone: Nowhere}}\n")
    assert {problem.rule for problem in problems} >= {"secret-in-project", "wrong-type"}
    assert "4711" not in str(problems)


@pytest.mark.parametrize(
    "org", ["../c/x", "org 1", "a/b", "..", ".", "", '"c?x=1"', '"org_1\\n"', "é", "x" * 129, "[a]", "1"]
)
def test_org_that_would_leave_its_place_in_an_address_is_refused(tmp_path: Path, org: str) -> None:
    (problem,) = wrong(tmp_path, f"workspaces:\n  acme: {{org: {org}}}\n")
    assert (problem.position.line, problem.position.file) == (2, "file.yaml")


@pytest.mark.parametrize("name", ["Acme", "-a", "a_b", "a b", "a/b", "..", "a.b", '"a\\n"', "é", "x" * 64, '""'])
def test_name_that_is_no_word_for_files_and_branches_is_refused(tmp_path: Path, name: str) -> None:
    problems = wrong(tmp_path, f"workspaces:\n  {name}: {{org: org_111}}\n  fine: {{org: org_222}}\n")
    assert {problem.position.line for problem in problems} == {2}
    assert problems


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("org: o1", "org: o1", "org-twice"),
        ("org: o1, key: INVENT_API_KEY_A", "org: o1, key: INVENT_API_KEY_B", "org-twice"),
        ("org: c", "org: c", "org-twice"),
        ("org: c, key: INVENT_API_KEY_A", "org: c, key: INVENT_API_KEY_B", ""),
        ("org: c", "org: o2", "org-unclear"),
        ("org: o1", "org: c", "org-unclear"),
        ("org: c", "org: o2, key: INVENT_API_KEY_B", ""),
        ("org: o1, state: s.json", "org: o2, state: ./s.json", "state-twice"),
        ("org: o1, state: s.json", "org: o2, state: S.json", "state-twice"),
        ("org: o1, state: {branch: s}", "org: o2, state: {branch: s, path: other.json}", "state-twice"),
        ("org: o1, state: {branch: s}", "org: o2, state: {branch: s, remote: upstream}", ""),
        ("org: o1, state: {branch: s}", "org: o2, state: {branch: t}", ""),
        ("org: o1, state: {branch: s}", "org: o2, state: invent.state.json", ""),
        ("org: o1, state: {branch: s}", "org: o2, state: {branch: s/x}", "state-branches-clash"),
        ("org: o1, state: {branch: a/b/c}", "org: o2, state: {branch: a}", "state-branches-clash"),
        ("org: o1, state: {branch: s}", "org: o2, state: {branch: S}", "state-branches-clash"),
        ("org: o1, state: {branch: S}", "org: o2, state: {branch: s/x}", "state-branches-clash"),
        (
            "org: o1, state: {branch: b/c, remote: a}",
            "org: o2, state: {branch: c, remote: a/b}",
            "state-branches-clash",
        ),
        ("org: o1, state: {branch: s}", "org: o2, state: {branch: s/x, remote: upstream}", ""),
        ("org: o1, state: {branch: s/x}", "org: o2, state: {branch: s/y}", ""),
        ("org: o1, state: {branch: s}", "org: o2, state: {branch: sx}", ""),
        ("org: o1, definitions: x", "org: o2, definitions: x/y", "definitions-overlap"),
        ("org: o1, definitions: x/y", "org: o2, definitions: ./X/", "definitions-overlap"),
        ("org: o1, definitions: .", "org: o2", "definitions-overlap"),
        ("org: o1, definitions: x/y", "org: o2, definitions: x/yz", ""),
        ("org: o1, segments: s.yaml", "org: o2, segments: s.yaml", "segments-twice"),
    ],
)
def test_no_two_workspaces_share_what_would_make_one_send_or_lose_what_is_the_others(
    tmp_path: Path, one: str, other: str, rule: str
) -> None:
    problems = wrong(tmp_path, f"workspaces:\n  one: {{{one}}}\n  other: {{{other}}}\n")
    assert [problem.rule for problem in problems] == ([rule] if rule else [])
    assert all(problem.position.line == 3 for problem in problems)


def test_every_key_and_token_is_taken_out_of_a_text_and_nothing_else() -> None:
    environment = {
        "INVENT_API_KEY": "k-12345678",
        "INVENT_API_KEY_GLOBEX": " k-123456789 ",
        "INVENT_API_KEY_SHORT": "k",
        "INVENT_API_KEYS": "not-a-key-of-ours",
        "GITHUB_TOKEN": "a-token-of-github",
    }
    text = "k k-123456789 k-12345678 not-a-key-of-ours a-token-of-github"
    assert without_secrets(text, environment) == "k *** *** not-a-key-of-ours ***"
