"""Several workspaces in one repository: a comment and an issue for each, and no approval of one for another."""

from __future__ import annotations

import json
import re

import pytest

from invent_gitops.errors import ExitCode
from tests.cli.test_completion import offered
from tests.cli.test_workspaces import project
from tests.github.reviewed_project import HEAD, MERGE, Desk
from tests.running import call

TWO = {"acme": {"org": "org_111"}, "globex-eu": {"org": "org_222"}}


@pytest.fixture
def both(desk: Desk) -> Desk:
    """A plan of each of two workspaces, acme.json and globex-eu.json, which have the same definitions."""
    project(desk.folder, TWO)
    assert call(desk.folder, "plan", "--out", "{workspace}.json").code == 0
    return desk


def commented(desk: Desk) -> dict[str, str]:
    """The comments by the workspace in their heading."""
    bodies = desk.hub.bodies(7)
    found = {match[1]: body for body in bodies if (match := re.search(r"^## `(.*)`$", body, re.MULTILINE))}
    assert len(found) == len(bodies)
    return found


def test_each_workspace_has_its_own_comment_which_is_kept(both: Desk) -> None:
    for _ in range(2):
        for name in TWO:
            assert both.on_pull("comment", f"{name}.json").code == 0
    assert commented(both).keys() == TWO.keys()
    assert len(both.hub.bodies(7)) == 2
    for name, marked in (("acme", "acme"), ("globex-eu", "globex%2Deu")):
        assert f" workspace={marked} commit={HEAD} " in commented(both)[name].partition("\n")[0]


def test_outcome_goes_into_the_comment_of_its_workspace(both: Desk) -> None:
    for name in TWO:
        both.on_pull("comment", f"{name}.json")
    before = commented(both)
    both.report()
    report = json.loads((both.folder / "report.json").read_text("utf-8"))
    (both.folder / "report.json").write_text(json.dumps({**report, "workspace": "acme"}), encoding="utf-8")
    both.hub.merge(7, MERGE)
    assert both.on_push("comment", "report.json").code == 0
    after = commented(both)
    assert "bc_0" in after["acme"]
    assert after["globex-eu"] == before["globex-eu"]


def test_document_of_a_plan_that_failed_still_says_whose_it_is(both: Desk) -> None:
    both.on_pull("comment", "acme.json")
    (both.folder / "acme" / "broadcasts" / "a.yaml").write_text("nme: x\n", encoding="utf-8")
    assert call(both.folder, "plan", "--workspace", "acme", "--out", "acme.json").code == ExitCode.INVALID
    assert both.on_pull("comment", "acme.json").code == 0
    assert "nothing can be created" in commented(both)["acme"]


def test_only_the_comment_of_the_workspace_is_marked_as_outdated(both: Desk) -> None:
    for name in TWO:
        both.on_pull("comment", f"{name}.json")
    both.hub.push(7, "e" * 40)
    assert both.on_pull("outdated", "--workspace", "globex-eu").code == 0
    assert "**Outdated**" in commented(both)["globex-eu"]
    assert "**Outdated**" not in commented(both)["acme"]


def test_approval_is_that_of_the_workspace(both: Desk) -> None:
    (both.folder / "globex-eu" / "broadcasts" / "b.yaml").unlink()
    call(both.folder, "plan", "--out", "{workspace}.json")
    digests = {name: json.loads((both.folder / f"{name}.json").read_text("utf-8"))["digest"] for name in TWO}
    assert len(set(digests.values())) == 2
    for name in TWO:
        both.on_pull("comment", f"{name}.json")
    both.hub.merge(7, MERGE)
    for name in TWO:
        result = both.on_push("approved", "--workspace", name)
        assert (result.code, result.out) == (0, f"{digests[name]}\n")


def test_comment_of_another_workspace_is_no_approval(both: Desk) -> None:
    both.on_pull("comment", "acme.json")
    both.hub.merge(7, MERGE)
    result = both.on_push("approved", "--workspace", "globex-eu")
    assert (result.code, both.outputs["digest"]) == (0, "unapproved")
    assert "for the workspace globex-eu" in result.err
    assert both.on_push("approved", "--workspace", "globex-eu", "--required").code == ExitCode.REFUSED


@pytest.mark.parametrize("command", ["outdated", "approved"])
def test_workspace_must_be_chosen_and_be_one(both: Desk, command: str) -> None:
    for name in TWO:
        both.on_pull("comment", f"{name}.json")
    both.hub.merge(7, MERGE)
    before = commented(both)
    unchosen = both.on_push(command)
    assert unchosen.code == ExitCode.USAGE
    assert "--workspace NAME" in unchosen.err
    assert both.on_push(command, "--workspace", "nobody").code == ExitCode.USAGE
    project(both.folder, {**TWO, "twin": {"org": "org_111"}})
    assert both.on_push(command).code == ExitCode.USAGE, "a broken file still has several"
    assert commented(both) == before
    (both.folder / "invent.yaml").write_text("timezone: Europe/Berlin\n", encoding="utf-8")
    assert "There are no workspaces" in both.on_push(command, "--workspace", "acme").err


def test_broken_project_file_does_not_keep_a_comment_from_being_outdated(both: Desk) -> None:
    both.on_pull("comment", "acme.json")
    both.hub.push(7, "e" * 40)
    (both.folder / "invent.yaml").write_text("workspaces: [\n", encoding="utf-8")
    assert both.on_pull("outdated", "--workspace", "acme").code == 0
    assert "**Outdated**" in commented(both)["acme"]


def test_workspaces_are_offered_by_completion(both: Desk) -> None:
    for command in ("outdated", "approved"):
        assert offered(both.folder, "github", command, "--workspace", "g") == ["globex-eu"]


def test_each_workspace_has_its_own_issue(both: Desk) -> None:
    for name in TWO:
        assert both.on_push("issue", f"{name}.json", commit=HEAD).code == 0
    titles = sorted(issue["title"] for issue in both.hub.issues)
    assert titles == ["Broadcasts need a look (acme)", "Broadcasts need a look (globex-eu)"]


@pytest.mark.parametrize("name", ["a b", "../x", "--> x", 7])
def test_document_with_an_impossible_workspace_is_refused(both: Desk, name: object) -> None:
    found = json.loads((both.folder / "acme.json").read_text("utf-8"))
    (both.folder / "acme.json").write_text(json.dumps({**found, "workspace": name}), encoding="utf-8")
    result = both.on_pull("comment", "acme.json")
    assert result.code == ExitCode.INVALID
    assert both.hub.bodies(7) == []
