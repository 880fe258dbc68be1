"""Several workspaces in one repository: a comment and an issue for each, and no approval of one for another."""

from __future__ import annotations

import json
import re

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.review.comment import BODY_LIMIT
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


# ---------------------------------------------------------------- one comment for all


PLANS = "{workspace}.json"


def the_joint(desk: Desk) -> str:
    """The body of our one comment that counts."""
    (body,) = [body for body in desk.hub.bodies(7) if " superseded -->" not in body]
    return body


def replan(desk: Desk) -> dict[str, str]:
    """Plan each workspace; returns the digests."""
    call(desk.folder, "plan", "--all", "--out", PLANS)
    return {name: str(json.loads((desk.folder / f"{name}.json").read_text("utf-8"))["digest"]) for name in TWO}


def test_one_comment_has_a_section_for_each_workspace_and_is_kept(both: Desk) -> None:
    for _ in range(2):
        result = both.on_pull("comment", PLANS)
        assert (result.code, result.err) == (0, "")
    assert both.hub.writes() == ["POST /repos/acme/campaigns/issues/7/comments"]
    body = the_joint(both)
    assert re.findall(r"^## `(.*)`$", body, re.MULTILINE) == list(TWO)
    assert "**2 of 2 workspaces have something to show.**" in body


def test_workspace_in_which_nothing_changes_has_no_section_and_approves_nothing(both: Desk) -> None:
    for file in (both.folder / "acme" / "broadcasts").glob("*.yaml"):
        file.unlink()
    digests = replan(both)
    both.on_pull("comment", PLANS)
    assert re.findall(r"^## `(.*)`$", the_joint(both), re.MULTILINE) == ["globex-eu"]
    both.hub.merge(7, MERGE)
    assert both.on_push("approved", "--workspace", "globex-eu").out == f"{digests['globex-eu']}\n"
    quiet = both.on_push("approved", "--workspace", "acme")
    assert (quiet.code, quiet.out) == (0, "unapproved\n")
    assert quiet.err.startswith("::notice title=no approved plan::The comment of pull request #7 shows no plan for")
    assert both.on_push("approved", "--workspace", "acme", "--required").code == ExitCode.REFUSED


def test_no_comment_where_nothing_changes_in_any_workspace(both: Desk) -> None:
    for file in both.folder.glob("*/broadcasts/*.yaml"):
        file.unlink()
    replan(both)
    result = both.on_pull("comment", PLANS)
    assert (result.code, result.err, both.hub.writes(), both.summary) == (0, "", [], "")
    assert result.out == "Nothing changes in Invent, so the pull request gets no comment.\n"


def test_each_workspace_is_approved_by_its_own_section_with_the_plan_that_was_shown(both: Desk) -> None:
    (both.folder / "globex-eu" / "broadcasts" / "b.yaml").unlink()
    digests = replan(both)
    both.on_pull("comment", PLANS)
    both.hub.merge(7, MERGE)
    for name, keys in (("acme", ["a", "b"]), ("globex-eu", ["a"])):
        result = both.on_push("approved", "--workspace", name, "--out", "approved.json")
        assert (result.code, result.out) == (0, f"{digests[name]}\n"), result.all
        approved = json.loads((both.folder / "approved.json").read_text("utf-8"))
        assert (approved["workspace"], [item["key"] for item in approved["items"]]) == (name, keys)


def test_outcomes_of_parallel_applies_are_comments_of_their_own_and_the_evidence_stays(both: Desk) -> None:
    digests = replan(both)
    both.on_pull("comment", PLANS)
    before = the_joint(both)
    both.hub.merge(7, MERGE)
    both.report()
    report = json.loads((both.folder / "report.json").read_text("utf-8"))
    for _ in range(2):
        for name in TWO:
            (both.folder / "report.json").write_text(json.dumps({**report, "workspace": name}), encoding="utf-8")
            assert both.on_push("comment", "report.json").code == 0
            assert both.on_push("approved", "--workspace", name).out == f"{digests[name]}\n", "a run again finds it"
    bodies = both.hub.bodies(7)
    assert (bodies[0], len(bodies)) == (before, 3)
    assert all("bc_0" in body for body in bodies[1:])


def test_outdated_marks_the_one_comment_which_then_approves_nothing(both: Desk) -> None:
    both.on_pull("comment", PLANS)
    both.hub.push(7, "e" * 40)
    for _ in range(2):
        assert both.on_pull("outdated", "--all").code == 0
    assert the_joint(both).count("**Outdated**") == 1
    both.hub.push(7, HEAD)
    both.hub.merge(7, MERGE)
    refused = both.on_push("approved", "--workspace", "acme")
    assert refused.out == "unapproved\n"
    assert "is marked as outdated" in refused.err


def test_next_plan_is_written_into_the_one_comment_also_where_nothing_changes_any_more(both: Desk) -> None:
    both.on_pull("comment", PLANS)
    for file in both.folder.glob("*/broadcasts/*.yaml"):
        file.unlink()
    replan(both)
    both.hub.push(7, "e" * 40)
    both.on_pull("outdated", "--all")
    assert both.on_pull("comment", PLANS, "--json").json["action"] == "updated"
    assert "Nothing changes in any of 2 workspaces" in the_joint(both)
    assert "**Outdated**" not in the_joint(both)


def test_comments_of_an_older_workflow_are_superseded_by_the_one(both: Desk) -> None:
    for name in TWO:
        both.on_pull("comment", f"{name}.json")
    both.hub.push(7, "e" * 40)
    assert both.on_pull("outdated", "--all").code == 0
    assert [body.count("**Outdated**") for body in both.hub.bodies(7)] == [1, 1]
    assert both.on_pull("comment", PLANS).code == 0
    assert " plans project=" in the_joint(both)
    old = both.hub.bodies(7)[:2]
    assert all("Superseded by [another comment](https://github.com/acme/campaigns/pull/7#" in body for body in old)
    digests = replan(both)
    both.hub.merge(7, MERGE)
    assert both.on_push("approved", "--workspace", "acme").out == f"{digests['acme']}\n"


def test_old_and_new_comment_that_differ_approve_nothing(both: Desk) -> None:
    both.on_pull("comment", PLANS)
    (both.folder / "acme" / "broadcasts" / "b.yaml").unlink()
    replan(both)
    both.on_pull("comment", "acme.json")
    both.hub.merge(7, MERGE)
    result = both.on_push("approved", "--workspace", "acme")
    assert result.out == "unapproved\n"
    assert "Several comments" in result.err


@pytest.mark.parametrize(
    "edit",
    [
        (r"(plan of acme digest=v2:2:)[0-9a-f]{4}", r"\g<1>0000"),
        (r"\n<!-- invent-gitops: plan of acme [^\n]*", ""),
        (r"\n(<!-- invent-gitops: plan of acme [^\n]*)", r"\n\1\n\1"),
        (r"\n<!-- invent-gitops: the plans begin -->", ""),
        (r"\n(<!-- invent-gitops: plan of acme )", r"\n\n\1"),
        (r"\n(<!-- invent-gitops: approved e)", r"\n\1x"),
    ],
)
def test_edited_lines_of_the_one_comment_approve_nothing(both: Desk, edit: tuple[str, str]) -> None:
    both.on_pull("comment", PLANS)
    (comment,) = both.hub.comments(7)
    comment["body"], count = re.subn(*edit, comment["body"], count=1)
    assert count == 1
    both.hub.merge(7, MERGE)
    assert both.on_push("approved", "--workspace", "acme").out == "unapproved\n"


def test_one_comment_by_somebody_else_or_after_the_merge_approves_nothing(both: Desk) -> None:
    both.on_pull("comment", PLANS)
    (comment,) = both.hub.comments(7)
    author = comment["user"]
    comment["user"] = {"login": "mallory"}
    both.hub.merge(7, MERGE)
    assert both.on_push("approved", "--workspace", "acme").out == "unapproved\n"
    comment["user"], comment["updated_at"] = author, "2099-01-01T00:00:00Z"
    assert "written after the merge" in both.on_push("approved", "--workspace", "acme").err


def test_broken_workspace_is_shown_and_the_others_are_approved(both: Desk) -> None:
    (both.folder / "acme" / "broadcasts" / "a.yaml").write_text("nme: x\n", encoding="utf-8")
    assert call(both.folder, "plan", "--all", "--out", PLANS).code == ExitCode.INVALID
    digest = json.loads((both.folder / "globex-eu.json").read_text("utf-8"))["digest"]
    assert both.on_pull("comment", PLANS).code == 0
    assert "nothing can be created" in the_joint(both)
    both.hub.merge(7, MERGE)
    assert both.on_push("approved", "--workspace", "globex-eu").out == f"{digest}\n"
    assert "shows no plan" in both.on_push("approved", "--workspace", "acme").err


def test_missing_plan_and_one_of_another_workspace_are_refused_before_anything_is_posted(both: Desk) -> None:
    (both.folder / "acme.json").write_bytes((both.folder / "globex-eu.json").read_bytes())
    other = both.on_pull("comment", PLANS)
    assert (other.code, "not the plan of acme" in other.err) == (ExitCode.INVALID, True)
    (both.folder / "acme.json").unlink()
    assert both.on_pull("comment", PLANS).code == ExitCode.INVALID
    assert both.hub.writes() == []


def test_many_workspaces_are_cut_honestly_and_what_is_not_shown_is_not_approved(desk: Desk) -> None:
    many = {f"brand-{number:03}": {"org": f"org_{number}"} for number in range(120)}
    project(desk.folder, many)
    assert call(desk.folder, "plan", "--all", "--out", PLANS).code == 0
    assert desk.on_pull("comment", PLANS).code == 0
    body = the_joint(desk)
    assert 40_000 < len(body) <= BODY_LIMIT
    shown = re.findall(r"^## `(.*)`$", body, re.MULTILINE)
    # The last room may be enough for a later section, and not for the next one: their encodings differ in length.
    assert shown == [name for name in many if name in shown]
    hidden = [name for name in many if name not in shown]
    assert f"**Cut here: {len(hidden)} of 120 are not shown:** `{hidden[0]}`" in body
    assert "Nothing of them is approved" in body
    desk.hub.merge(7, MERGE)
    assert desk.on_push("approved", "--workspace", shown[-1]).out.startswith("v2:2:")
    for name in (hidden[0], hidden[-1]):
        assert desk.on_push("approved", "--workspace", name).out == "unapproved\n"


def test_fork_has_the_plans_in_the_summary(both: Desk) -> None:
    both.hub.writable = False
    result = both.on_pull("comment", PLANS, fork=True)
    assert result.code == 0
    assert re.findall(r"^## `(.*)`$", both.summary, re.MULTILINE) == list(TWO)


def test_plan_of_a_workspace_that_rules_held_back_says_so_after_the_merge(both: Desk) -> None:
    path = both.folder / "acme.json"
    change = {"rule": "audience-cap", "subject": "audience_cap", "old": "1", "new": "2", "source": "project"}
    loosened = {"reference": "main", "base": None, "guard": "refuse", "refused": True, "error": None, "tighter": [],
                "weaker": [change | {"key": None, "position": None}], "passes_only_so": []}  # fmt: skip
    plan = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(plan | {"loosened": loosened}), encoding="utf-8")
    assert both.on_pull("comment", PLANS).code == 0
    both.hub.merge(7, MERGE)
    held = both.on_push("approved", "--workspace", "acme")
    assert held.out == "unapproved\n"
    assert "for the workspace acme was refused by policies.loosening, since the pull request makes rules" in held.err
    assert both.on_push("approved", "--workspace", "globex-eu").out.startswith("v2:")


def test_summary_of_a_fork_says_for_each_workspace_that_no_approval_can_count(both: Desk) -> None:
    both.hub.writable = False
    assert both.on_pull("comment", PLANS, fork=True).code == 0
    assert both.summary.count("**No approval can count**: this pull request comes from a fork.") == 2
