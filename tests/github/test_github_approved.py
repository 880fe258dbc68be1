"""`github approved`: the digest that reviewers saw, or the word that there is none; never a guess."""

from __future__ import annotations

from typing import Any

import pytest

from tests.github.making import HEAD, MERGE, OLD, Desk, failed
from tests.github.standin import Seen
from tests.running import Result


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


def unapproved(desk: Desk, words: str, **event: Any) -> None:
    """Nobody's approval is found: that is told, nothing fails by it, and who demands an approval is refused."""
    result = desk.on_push("approved", "--out", "approved.json", **event)
    assert (result.code, result.out) == (0, "unapproved\n"), result.all
    assert result.err.startswith("::warning title=no approved plan::")
    assert words in result.err
    assert "Run the workflow by hand with the digest of the plan" in result.err
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
    assert desk.outputs == {"digest": digest, "plan": "", "pull_request": "7", "reason": ""}


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


def test_direct_push_has_no_digest_and_says_that_nobody_approved(desk: Desk, digest: str) -> None:
    result = desk.on_push("approved", message="Not merged (#7)")
    assert (result.code, result.out.strip()) == (0, "")
    assert "nobody has approved a plan" in result.err
    said = "The commit ccccccc came without a pull request: nobody has approved a plan."
    assert desk.outputs == {"digest": "", "plan": "", "pull_request": "", "reason": said}
    required = desk.on_push("approved", "--required")
    assert (required.code, required.out) == (5, "")
    assert "came without a pull request" in required.err


def test_no_comment_is_refused_with_the_cure(desk: Desk) -> None:
    desk.hub.merge(7, MERGE)
    unapproved(desk, "is not there")


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
    unapproved(desk, "there was none to review")


@pytest.mark.parametrize("edit", [("sha256:", "sha256:0"), ("current -->", "-->"), (" 1 plan", " 9 plan"), ("=", "==")])
def test_edited_marker_is_refused(desk: Desk, digest: str, edit: tuple[str, str]) -> None:
    comment = desk.hub.comments(7)[0]
    comment["body"] = comment["body"].replace(*edit, 1)
    desk.hub.merge(7, MERGE)
    unapproved(desk, "was edited")


def test_marker_that_is_not_at_the_very_beginning_is_none(desk: Desk, digest: str) -> None:
    comment = desk.hub.comments(7)[0]
    comment["body"] = "\n" + comment["body"]
    desk.hub.merge(7, MERGE)
    unapproved(desk, "is not there")


def test_plan_that_was_written_after_the_merge_is_refused_also_after_an_outcome(desk: Desk, digest: str) -> None:
    desk.hub.merge(7, MERGE)
    desk.hub.comments(7)[0]["updated_at"] = "2030-01-01T00:00:00Z"
    unapproved(desk, "was written after the merge")
    desk.report()
    desk.on_push("comment", "report.json")
    unapproved(desk, "marked as outdated")


def test_two_comments_that_differ_are_refused(desk: Desk, digest: str) -> None:
    desk.hub.add_comment(7, desk.hub.bodies(7)[0].replace(digest, "sha256:" + "e" * 64))
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
    assert desk.outputs["digest"] == ""


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
