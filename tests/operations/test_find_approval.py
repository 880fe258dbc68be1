"""`github approved`: the digest that reviewers saw, or the word that there is none; never a guess."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest

from tests.github.reviewed_project import HEAD, MERGE, OLD, Desk, failed
from tests.github.standin import Seen
from tests.running import ROOT, WHEN, Result, account, call, define, live, posted


@pytest.fixture
def digest(desk: Desk) -> str:
    """A reviewed plan in the comment of pull request 7, which is not merged yet."""
    found = desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json").code == 0
    return found


def refused(desk: Desk, result: Result, words: str, code: int = 5) -> None:
    assert result.code == code, result.all
    assert words in result.err
    assert result.out == ""
    assert desk.outputs.get("digest", "") == ""


def unapproved(desk: Desk, words: str, level: str = "warning", **event: Any) -> None:
    """Nobody's approval is found: that is told, nothing fails by it, and who demands an approval is refused."""
    result = desk.on_push("approved", "--out", "approved.json", **event)
    assert (result.code, result.out) == (0, "unapproved\n"), result.all
    assert result.err.startswith(f"::{level} title=no approved plan::")
    assert words in result.err
    assert "Then run the workflow by hand with its digest" in result.err
    assert (desk.outputs["digest"], desk.outputs["plan"]) == ("unapproved", "")
    assert words in desk.outputs["reason"]
    assert not (desk.folder / "approved.json").exists()
    found = desk.on_push("approved", "--json", **event).json
    assert (found["action"], found["digest"]) == ("unapproved", None)
    assert words in found["reason"]
    (desk.step / "output.txt").unlink()
    refused(desk, desk.on_push("approved", "--required", **event), words)


def approved(desk: Desk, digest: str, result: Result) -> None:
    assert (result.code, result.out) == (0, f"{digest}\n")
    assert result.err.startswith("The plan that was reviewed: https://github.com/acme/campaigns/pull/7#issuecomment-")
    signed = '[{"pull_request": "https://github.com/acme/campaigns/pull/7", "author": "carol", "reviewers": []}]'
    assert desk.outputs == {"digest": digest, "plan": "", "pull_request": "7", "reason": "", "approvals": signed}


def test_digest_of_the_reviewed_plan_is_printed_and_set(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    approved(desk, digest, desk.on_push("approved"))


def test_document_names_the_digest_and_the_pull_request(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    found = desk.on_push("approved", "--json").json
    assert (found["digest"], found["number"], found["action"]) == (digest, 7, "approved")


def test_run_again_after_an_outcome_finds_the_same_digest(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    desk.report()
    desk.on_push("comment", "report.json")
    approved(desk, digest, desk.on_push("approved"))


@pytest.mark.parametrize("message", ["Merge pull request #7 from acme/x\n\nText", "Campaigns (#7)"])
def test_merge_that_the_index_does_not_show_is_found_by_its_message(desk: Desk, digest: str, message: str) -> None:
    desk.hub.merge(7, MERGE, indexed=False)
    approved(desk, digest, desk.on_push("approved", message=message))


def test_merge_that_the_index_does_not_show_is_found_among_what_was_closed_lately(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE, indexed=False)
    approved(desk, digest, desk.on_push("approved"))


def test_merge_that_becomes_visible_late_is_waited_for(desk: Desk, digest: str) -> None:
    looks: list[Seen] = []

    def meanwhile(seen: Seen) -> None:
        if seen.path.endswith(f"{MERGE}/pulls"):
            looks.append(seen)
            if len(looks) == 3:
                desk.hub.merge(7, MERGE)
                # The clock of the merge is not what this is about.
                desk.hub.pulls[7]["merged_at"] = "2026-12-01T00:00:00Z"

    desk.hub.meanwhile = meanwhile
    approved(desk, digest, desk.on_push("approved", message="Campaigns (#7)"))


def test_direct_push_where_nobody_merges_pull_requests_has_no_digest_and_says_that_nobody_approved(
    desk: Desk, digest: str
) -> None:
    result = desk.on_push("approved", message="No pull request (#70)")
    assert (result.code, result.out.strip()) == (0, "")
    assert "nobody has approved a plan" in result.err
    said = "The commit ccccccc came without a pull request: nobody has approved a plan."
    assert desk.outputs == {"digest": "", "plan": "", "pull_request": "", "reason": said, "approvals": ""}
    required = desk.on_push("approved", "--required")
    assert (required.code, required.out) == (5, "")
    assert "came without a pull request" in required.err


def test_direct_push_after_a_merge_approves_nothing_so_that_it_cannot_undo_a_refusal(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    unapproved(desk, "came without a pull request", commit="e" * 40)


def test_commit_that_names_a_pull_request_which_github_does_not_show_as_merged_approves_nothing(
    desk: Desk, digest: str
) -> None:
    unapproved(desk, "names #7 as merged, and GitHub does not show that it was", message="Campaigns (#7)")


def test_no_comment_is_refused_with_the_cure_and_is_no_warning_since_nothing_may_need_one(desk: Desk) -> None:
    desk.hub.merge(7, MERGE)
    unapproved(desk, "is not there", level="notice")


def test_comment_by_somebody_else_is_no_evidence(desk: Desk, digest: str) -> None:
    desk.hub.comments(7)[0]["user"] = {"login": "mallory"}
    desk.hub.merge(7, MERGE)
    unapproved(desk, "is not there")


@pytest.mark.parametrize("user", [None, {"login": None}, {}])
def test_comment_by_nobody_is_no_evidence(desk: Desk, digest: str, user: Any) -> None:
    desk.hub.comments(7)[0]["user"] = user
    desk.hub.merge(7, MERGE)
    unapproved(desk, "is not there")


def test_comment_that_is_marked_as_outdated_is_refused(desk: Desk) -> None:
    desk.plan("plan.json", "a")
    desk.on_pull("comment", "plan.json", head=OLD)
    desk.hub.push(7, OLD)
    desk.hub.merge(7, MERGE)
    unapproved(desk, "marked as outdated")


def test_plan_of_another_commit_than_the_final_head_is_refused(desk: Desk, digest: str) -> None:
    desk.hub.push(7, OLD)
    desk.hub.merge(7, MERGE)
    unapproved(desk, "shows the plan of commit bbbbbbb, and aaaaaaa was merged")


def test_comment_without_a_plan_is_refused(desk: Desk) -> None:
    failed(desk.folder)
    desk.on_pull("comment", "failed.json")
    desk.hub.merge(7, MERGE)
    unapproved(desk, "reviewers had no plan to approve")


@pytest.mark.parametrize("edit", [("=v2:", "=v2:0x"), ("current -->", "-->"), (" 1 plan", " 9 plan"), ("=", "==")])
def test_edited_marker_is_refused(desk: Desk, digest: str, edit: tuple[str, str]) -> None:
    comment = desk.hub.comments(7)[0]
    comment["body"] = comment["body"].replace(*edit, 1)
    desk.hub.merge(7, MERGE)
    unapproved(desk, "was edited")


@pytest.mark.parametrize("line", [True, False])
def test_digest_of_an_older_version_in_a_comment_approves_nothing_and_says_why(
    desk: Desk, digest: str, line: bool
) -> None:
    """It does not say for which account it was; and an outcome keeps such a comment as it is."""
    comment = desk.hub.comments(7)[0]
    body = comment["body"].replace(digest, "sha256:" + "a" * 64)
    comment["body"] = body if line else body.replace(f"{body.splitlines()[1]}\n", "", 1)
    desk.hub.merge(7, MERGE)
    unapproved(desk, "was made by an older version of invent-gitops, and does not say for which account")
    desk.report()
    assert desk.on_push("comment", "report.json").code == 0
    unapproved(desk, "was made by an older version of invent-gitops, and does not say for which account")


def test_marker_that_is_not_at_the_very_beginning_is_none(desk: Desk, digest: str) -> None:
    comment = desk.hub.comments(7)[0]
    comment["body"] = "\n" + comment["body"]
    desk.hub.merge(7, MERGE)
    unapproved(desk, "is not there")


def test_plan_that_was_written_after_the_merge_is_refused_also_after_an_outcome(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    desk.hub.comments(7)[0]["updated_at"] = "2099-01-01T00:00:00Z"
    unapproved(desk, "was written after the merge")
    desk.report()
    desk.on_push("comment", "report.json")
    unapproved(desk, "marked as outdated")


def test_two_comments_that_differ_are_refused(desk: Desk, digest: str) -> None:
    desk.hub.add_comment(7, desk.hub.bodies(7)[0].replace(digest, f"{digest[:-64]}{'e' * 64}"))
    desk.hub.merge(7, MERGE)
    unapproved(desk, "and not the same")


def test_plan_of_another_project_is_no_evidence(desk: Desk, digest: str) -> None:
    other = Desk(desk.hub, desk.folder.parent / "other")
    other.folder.mkdir()
    desk.hub.merge(7, MERGE)
    unapproved(other, "about another project")


def test_merge_commit_decides_among_several_merged_pull_requests(desk: Desk, digest: str) -> None:
    desk.hub.add_pull(8, OLD)
    desk.hub.merge(8, OLD)
    desk.hub.merge(7, MERGE)
    desk.hub.index[MERGE] = [8, 7]
    approved(desk, digest, desk.on_push("approved"))


def test_pull_request_that_was_merged_into_another_branch_is_not_the_one(desk: Desk, digest: str) -> None:
    desk.hub.pulls[7]["base"]["ref"] = "develop"
    desk.hub.merge(7, OLD)
    desk.hub.index[MERGE] = [7]
    assert desk.on_push("approved").code == 0
    assert (desk.outputs["digest"], desk.outputs["pull_request"]) == ("unapproved", "")


def test_what_was_approved_for_another_branch_is_not_approved_for_this_one(desk: Desk, digest: str) -> None:
    """Say, merged into develop, which was then pushed to main as it is."""
    desk.hub.pulls[7]["base"]["ref"] = "develop"
    desk.hub.merge(7, MERGE)
    result = desk.on_push("approved", message="Campaigns (#7)")
    assert (result.code, desk.outputs["digest"]) == (0, "unapproved")


def test_where_all_merges_go_elsewhere_a_push_is_still_not_approved(desk: Desk, digest: str) -> None:
    desk.hub.pulls[7]["base"]["ref"] = "develop"
    desk.hub.merge(7, OLD)
    assert desk.on_push("approved").out == "unapproved\n"


def test_open_pull_request_with_the_commit_is_no_merge(desk: Desk, digest: str) -> None:
    desk.hub.index[HEAD] = [7]
    result = desk.on_push("approved", commit=HEAD)
    assert result.code == 0
    assert desk.outputs["digest"] == ""


@pytest.mark.parametrize(("path", "status"), [("commits", 500), ("commits", 0), ("comments", 502), ("pulls/7", 500)])
def test_github_that_does_not_answer_is_a_refusal_and_no_direct_push(
    desk: Desk, digest: str, path: str, status: int
) -> None:
    desk.hub.merge(7, MERGE, indexed=path != "pulls/7")
    desk.hub.fault("GET", path, status, times=99)
    refused(desk, desk.on_push("approved", message="Campaigns (#7)"), "GitHub", code=6)


def test_token_that_may_not_read_is_a_refusal(desk: Desk, digest: str) -> None:
    desk.hub.fault("GET", "commits", 403, times=9)
    refused(desk, desk.on_push("approved"), "GitHub answered 403", code=6)


def test_no_token_is_a_refusal(desk: Desk, digest: str) -> None:
    refused(desk, desk.on_push("approved", token=""), "There is no GITHUB_TOKEN", code=2)


def test_outputs_that_cannot_be_set_are_a_refusal(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    refused(desk, desk.on_push("approved", env={"GITHUB_OUTPUT": str(desk.folder)}), "names no file", code=2)


@pytest.mark.parametrize("body", [b"{}", b'[{"number": 7}]', b"[7]", b"<html>", b"[" * 9999])
def test_answer_of_another_shape_is_a_refusal(desk: Desk, digest: str, body: bytes) -> None:
    desk.hub.merge(7, MERGE)
    desk.hub.pulls[7]["head"] = {"sha": "short", "repo": None}
    desk.hub.fault("GET", "commits", 200, times=9, body=body)
    assert desk.on_push("approved").code in (5, 6)
    assert desk.outputs.get("digest", "") == ""


def test_run_of_a_pull_request_has_nothing_approved_yet(desk: Desk, digest: str) -> None:
    refused(desk, desk.on_pull("approved"), "not merged yet", code=2)


def test_token_of_nobody_does_not_make_the_comments_of_deleted_accounts_ours(desk: Desk, digest: str) -> None:
    desk.hub.comments(7)[0]["user"] = None
    desk.hub.fault("GET", "user", 200, body=b"{}")
    desk.hub.merge(7, MERGE)
    refused(desk, desk.on_push("approved"), "Pass --author LOGIN", code=6)


# ---------------------------------------------------------------- the plan itself


def plan_file(desk: Desk) -> Any:
    """The document of --out, which keeps the schema of a plan."""
    found = json.loads((desk.folder / "approved.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def the_line(desk: Desk) -> str:
    """The second line of the comment, which holds what was approved."""
    line: str = desk.hub.comments(7)[0]["body"].split("\n")[1]
    assert line.startswith("<!-- invent-gitops: approved ")
    return line


def test_plan_is_written_for_apply_also_after_outcomes_and_is_the_one_that_was_approved(
    desk: Desk, digest: str
) -> None:
    line = the_line(desk)
    desk.hub.merge(7, MERGE)
    for outcomes in (1, 2, 3):
        result = desk.on_push("approved", "--out", "approved.json")
        assert (result.code, result.out) == (0, f"{digest}\n")
        assert desk.outputs["plan"] == "approved.json"
        assert plan_file(desk)["digest"] == digest
        desk.report(outcomes=outcomes)
        desk.on_push("comment", "report.json")
        assert the_line(desk) == line
    with desk.invent() as server:
        path = define(desk.folder, "a") / "a.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("09:00", "09:01"), encoding="utf-8")
        words = ("apply", "--yes", "--plan", "approved.json")
        refused = call(desk.folder, *words, env=account(server.url))
        assert refused.code == 5
        assert (
            f"a has another scheduled_at ('{WHEN}' was approved, now '{WHEN.replace('09:00', '09:01')}')" in refused.err
        )
        path.write_text(text, encoding="utf-8")
        assert call(desk.folder, *words, env=account(server.url)).code == 0
        assert list(live(server)) == ["Campaign a"]


def test_mark_of_an_outdated_comment_keeps_what_it_holds(desk: Desk, digest: str) -> None:
    line = the_line(desk)
    desk.hub.push(7, OLD)
    desk.on_pull("outdated")
    assert the_line(desk) == line


def test_plan_that_is_too_large_for_its_comment_has_its_digest_only(desk: Desk) -> None:
    (desk.folder / "invent.yaml").write_text("policies: {max_creates: 9000}\n", encoding="utf-8")
    digest = desk.plan("plan.json", *(f"{number * 15485863**3:x}" for number in range(1, 1500)))
    desk.on_pull("comment", "plan.json")
    assert "invent-gitops: approved" not in desk.hub.bodies(7)[0]
    desk.hub.merge(7, MERGE)
    assert desk.on_push("approved", "--out", "approved.json").out == f"{digest}\n"
    assert desk.outputs["plan"] == ""
    assert not (desk.folder / "approved.json").exists()


def test_older_plan_is_not_left_for_this_run_and_another_file_is_left_alone(desk: Desk, digest: str) -> None:
    (desk.folder / "approved.json").write_text((desk.folder / "plan.json").read_text("utf-8"), encoding="utf-8")
    assert desk.on_push("approved", "--out", "approved.json").code == 0
    assert not (desk.folder / "approved.json").exists()
    desk.hub.merge(7, MERGE)
    (desk.step / "output.txt").unlink()
    (desk.folder / "approved.json").write_text("name: A\n", encoding="utf-8")
    result = desk.on_push("approved", "--out", "approved.json")
    assert result.code == 5
    assert "is not a plan, so it is not overwritten" in result.err
    assert desk.on_push("approved", "--out", "no/such/folder/plan.json").code == 4
    assert desk.outputs == {}


@pytest.mark.parametrize("kind", ["plan", "report"])
@pytest.mark.parametrize("edit", [("approved e", "approved f"), (" -->\n", " -->x\n")])
def test_comment_whose_plan_is_not_the_one_of_its_digest_is_no_evidence(
    desk: Desk, digest: str, kind: str, edit: tuple[str, str]
) -> None:
    first, line, rest = desk.hub.comments(7)[0]["body"].split("\n", 2)
    first = first.replace(" 1 plan", f" 1 {kind}")
    desk.hub.comments(7)[0]["body"] = f"{first}\n{(line + chr(10)).replace(*edit)}{rest}"
    desk.hub.merge(7, MERGE)
    unapproved(desk, "was edited: what it holds has not the digest that it shows")


def test_plan_of_another_comment_below_the_marker_is_no_evidence(desk: Desk, digest: str) -> None:
    first = desk.hub.bodies(7)[0]
    desk.plan("plan.json", "b")
    desk.on_pull("comment", "plan.json")
    body = desk.hub.comments(7)[0]["body"].split("\n")
    desk.hub.comments(7)[0]["body"] = "\n".join([body[0], first.split("\n")[1], *body[2:]])
    desk.hub.merge(7, MERGE)
    unapproved(desk, "was edited: what it holds has not the digest that it shows")


def test_outcome_that_was_not_there_before_the_merge_is_no_evidence(desk: Desk, digest: str) -> None:
    forged = desk.hub.bodies(7)[0].replace(" 1 plan", " 1 report")
    desk.hub.drop_comments()
    desk.hub.merge(7, MERGE)
    desk.hub.add_comment(7, forged)
    unapproved(desk, "was written after the merge")


# ---------------------------------------------------------------- several at once, as a merge queue merges them

SECOND, THIRD = "d" * 40, "e" * 40


def queued(desk: Desk, *keys: str, number: int, head: str, merge: str, indexed: bool = True) -> None:
    """A pull request with a reviewed plan of these keys alone, merged."""
    if number not in desk.hub.pulls:
        desk.hub.add_pull(number, head)
    for path in (desk.folder / "broadcasts").glob("*.yaml"):
        path.unlink()
    desk.plan("plan.json", *keys)
    assert desk.on_pull("comment", "plan.json", number=number).code == 0
    desk.hub.merge(number, merge, indexed=indexed)


@pytest.fixture
def queue(desk: Desk) -> Desk:
    """Two pull requests of a merge queue, pushed to main at once."""
    queued(desk, "a", number=7, head=HEAD, merge=SECOND)
    queued(desk, "b", number=8, head=OLD, merge=MERGE)
    define(desk.folder, "a", "b")
    return desk


PUSHED: Sequence[str] = (SECOND, MERGE)


@pytest.mark.parametrize("indexed", [True, False])
def test_plans_of_all_merged_pull_requests_together_are_what_was_approved(desk: Desk, indexed: bool) -> None:
    queued(desk, "a", number=7, head=HEAD, merge=SECOND, indexed=indexed)
    queued(desk, "b", number=8, head=OLD, merge=MERGE, indexed=indexed)
    whole = desk.plan("whole.json", "a", "b")
    result = desk.on_push("approved", "--out", "approved.json", "--required", commits=PUSHED)
    assert (result.code, result.out) == (0, f"{whole}\n"), result.all
    assert desk.outputs["pull_request"] == "7 8"
    assert plan_file(desk)["digest"] == whole
    with desk.invent() as server:
        define(desk.folder, "c")
        words = ("apply", "--yes", "--plan", "approved.json", "--out", "report.json")
        refused = call(desk.folder, *words, env=account(server.url))
        assert (refused.code, posted(server)) == (5, [])
        assert "c was not in it" in refused.err
        (desk.folder / "broadcasts" / "c.yaml").unlink()
        assert call(desk.folder, *words, env=account(server.url)).code == 0
        assert list(live(server)) == ["Campaign a", "Campaign b"]
    result = desk.on_push("comment", "report.json", commits=PUSHED)
    assert result.code == 0
    for number in (7, 8):
        assert "2 broadcasts created" in desk.hub.bodies(number)[0]
        assert f"pull/{number}#issuecomment" in result.all
    again = desk.on_push("approved", "--out", "approved.json", "--required", commits=PUSHED)
    assert (again.code, again.out) == (0, f"{whole}\n")


def test_pull_request_without_a_plan_takes_nothing_from_the_others_and_adds_nothing(queue: Desk) -> None:
    queue.hub._comments[:] = queue.hub.comments(7)  # the other comment is deleted
    result = queue.on_push("approved", "--out", "approved.json", commits=PUSHED)
    assert result.code == 0
    assert "::notice title=no approved plan::The comment of pull request #8" in result.err
    assert [item["key"] for item in plan_file(queue)["items"]] == ["a"]
    assert "#8" in queue.outputs["reason"]
    assert queue.on_push("approved", "--required", commits=PUSHED).code == 5


def test_key_that_two_plans_create_differently_is_approved_by_neither(desk: Desk) -> None:
    queued(desk, "a", number=7, head=HEAD, merge=SECOND)
    path = define(desk.folder, "a") / "a.yaml"
    path.write_text(path.read_text("utf-8").replace("09:00", "10:00"), encoding="utf-8")
    assert call(desk.folder, "plan", "--out", "plan.json").code == 0
    desk.hub.add_pull(8, OLD)
    assert desk.on_pull("comment", "plan.json", number=8).code == 0
    desk.hub.merge(8, MERGE)
    unapproved(desk, "a is not the same in the plans of #7 and #8", commits=PUSHED)


def test_plan_of_which_only_the_digest_is_known_cannot_be_put_together_with_others(queue: Desk) -> None:
    comment = queue.hub.comments(7)[0]
    first, _, rest = comment["body"].split("\n", 2)
    updated = comment["updated_at"]
    comment |= {"body": f"{first}\n{rest}", "updated_at": updated}
    unapproved(queue, "The plan of #7 has no room in its comment", commits=PUSHED)


def test_two_pull_requests_with_one_merge_commit_are_taken_together(desk: Desk) -> None:
    queued(desk, "a", number=7, head=HEAD, merge=MERGE)
    queued(desk, "b", number=8, head=OLD, merge=MERGE)
    whole = desk.plan("whole.json", "a", "b")
    assert desk.on_push("approved").out == f"{whole}\n"


def test_no_more_than_fifty_commits_of_a_push_are_looked_at(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    commits = [f"{number:040x}" for number in range(1, 200)]
    approved(desk, digest, desk.on_push("approved", commits=[*commits, MERGE]))
    looks = [one.path for one in desk.hub.requests if re.search("/commits/.*/pulls", one.path)]
    assert len(looks) == 51
    assert looks[-1].endswith(f"{commits[-1]}/pulls")


@pytest.mark.parametrize("odd", [["x"], [None], [["a"]]])
def test_commits_of_a_push_that_are_none_are_passed_over(desk: Desk, digest: str, odd: list[Any]) -> None:
    desk.hub.merge(7, MERGE)
    approved(desk, digest, desk.on_push("approved", commits=odd))


def test_outcome_finds_the_pull_request_that_the_index_does_not_show(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE, indexed=False)
    desk.report()
    assert desk.on_push("comment", "report.json").code == 0
    assert "1 broadcast created" in desk.hub.bodies(7)[0]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (None, "the pull request makes rules weaker"),
        ({"message": "This clone has no base", "cure": "Fetch it."}, "could not be compared with those of the base"),
    ],
    ids=["weaker", "not compared"],
)
def test_plan_that_rules_held_back_is_not_called_missing_and_no_cure_leads_past_the_guard(
    desk: Desk, digest: str, error: dict[str, str] | None, reason: str
) -> None:
    weaker = {"rule": "audience-cap", "subject": "audience_cap", "old": "1", "new": "2"}
    change = {**weaker, "source": "project", "key": None, "position": None}
    sides: dict[str, Any] = {"weaker": [change], "tighter": [], "passes_only_so": []}
    held = {"reference": "main", "base": None, "guard": "refuse", "refused": True, "error": error, **sides}
    desk.edited("held.json", loosened=held)
    assert desk.on_pull("comment", "held.json").code == 0
    body = desk.hub.bodies(7)[0]
    assert "**1** held back" in body
    assert "to create" not in body
    desk.hub.merge(7, MERGE)
    desk.report()
    for _ in range(2):
        result = desk.on_push("approved")
        assert result.out == "unapproved\n"
        assert f"was refused by policies.loosening, since {reason}" in desk.outputs["reason"].replace("its rules ", "")
        assert "Then open another pull request" in result.err
        assert "by hand" not in result.err
        # The same below an outcome.
        assert desk.on_push("comment", "report.json").code == 0


def test_line_that_says_held_back_approves_nothing_beside_a_digest(desk: Desk, digest: str) -> None:
    own = desk.hub.comments(7)[0]
    lines = own["body"].split("\n")
    lines[1] = "<!-- invent-gitops: held back since rules are weaker -->"
    own["body"] = "\n".join(lines)
    desk.hub.merge(7, MERGE)
    unapproved(desk, "was edited: what it holds has not the digest that it shows")
