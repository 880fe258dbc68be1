"""Which pull requests a push has merged, in both shapes of GitHub's answers, and whether reviews are in use at all."""

from __future__ import annotations

import json

import pytest

from invent_gitops.review.marker import read_marker
from tests.github.reviewed_project import HEAD, MERGE, OLD, Desk
from tests.github.standin import NEW_API, OLD_API
from tests.running import define

# Commits of a pull request, besides its head and what merged it.
OTHER, THIRD = "d" * 40, "e" * 40


@pytest.fixture(params=[OLD_API, NEW_API])
def version(request: pytest.FixtureRequest, desk: Desk) -> str:
    """What GitHub serves: with the merge commit of a pull request, or without."""
    found: str = request.param
    desk.hub.versions = (found,)
    return found


def reviewed(desk: Desk, number: int, head: str, *keys: str) -> str:
    """Open a pull request whose comment shows a plan; returns the digest."""
    if number not in desk.hub.pulls:
        desk.hub.add_pull(number, head)
    for path in (desk.folder / "broadcasts").glob("*.yaml"):
        path.unlink()
    digest = desk.plan("plan.json", *keys)
    assert desk.on_pull("comment", "plan.json", number=number).code == 0
    return digest


def digest_of(desk: Desk, **event: object) -> str:
    """What is approved, as the step before an apply says it."""
    result = desk.on_push("approved", **event)  # type: ignore[arg-type]  # what a test gives
    assert result.code == 0, result.all
    return result.out.strip()


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_each_way_to_merge_is_found_by_the_commit(desk: Desk, version: str, how: str) -> None:
    digest = reviewed(desk, 7, HEAD, "a")
    desk.hub.merge(7, MERGE)
    if how != "squash":
        # The commits of the pull request are pushed too, as they are or anew.
        desk.hub.index |= {OTHER: [7], HEAD: [7]}
    commits = {"merge": (OTHER, HEAD, MERGE), "squash": (MERGE,), "rebase": (OTHER, MERGE)}[how]
    assert digest_of(desk, commits=commits, message="Campaigns (#7)") == digest
    assert desk.outputs["pull_request"] == "7"


def test_what_a_merge_queue_pushes_at_once_is_taken_together(desk: Desk, version: str) -> None:
    reviewed(desk, 7, HEAD, "a")
    reviewed(desk, 8, OLD, "b")
    desk.hub.merge(7, OTHER)
    desk.hub.merge(8, MERGE)
    define(desk.folder, "a", "b")
    whole = desk.plan("whole.json", "a", "b")
    assert digest_of(desk, commits=(OTHER, MERGE)) == whole
    assert desk.outputs["pull_request"] == "7 8"


def test_earlier_merge_whose_commits_a_push_brings_again_is_not_of_this_run(desk: Desk, version: str) -> None:
    """Pull request 7 was squashed an hour ago, and 8 was built on its branch."""
    reviewed(desk, 7, HEAD, "a")
    desk.hub.merge(7, OTHER)
    digest = reviewed(desk, 8, OLD, "b")
    desk.hub.merge(8, MERGE)
    desk.hub.pulls[8]["merged_at"] = "2026-11-20T13:00:00Z"
    desk.hub.index[HEAD] = [7, 8]
    assert digest_of(desk, commits=(HEAD, MERGE)) == digest
    assert desk.outputs["pull_request"] == "8"


def test_pull_requests_that_were_merged_one_after_the_other_with_one_commit_are_refused(
    desk: Desk, version: str
) -> None:
    reviewed(desk, 7, HEAD, "a")
    desk.hub.merge(7, OTHER)
    digest = reviewed(desk, 8, OLD, "b")
    desk.hub.merge(8, MERGE)
    desk.hub.pulls[8]["merged_at"] = "2026-11-20T13:00:00Z"
    desk.hub.index[MERGE] = [7, 8]
    expected = digest if version == OLD_API else "unapproved"
    assert digest_of(desk) == expected
    if version == NEW_API:
        assert "GitHub does not say which of #7 and #8 merged the commit ccccccc" in desk.outputs["reason"]
        desk.report()
        done = desk.on_push("comment", "report.json", "--json").json
        assert done["action"] == "summary", "an outcome is not written below the wrong plan"
        assert "does not say which of" in done["reason"]


@pytest.mark.parametrize("merged", [True, False])
def test_pull_request_of_another_branch_or_one_that_is_open_is_not_the_one(
    desk: Desk, version: str, merged: bool
) -> None:
    digest = reviewed(desk, 7, HEAD, "a")
    reviewed(desk, 8, OLD, "b")
    desk.hub.merge(7, MERGE)
    desk.hub.pulls[8]["base"]["ref"] = "release" if merged else "main"
    if merged:
        desk.hub.merge(8, MERGE)
    desk.hub.index[MERGE] = [8, 7]
    assert digest_of(desk) == digest


def test_merge_that_only_its_message_speaks_of_is_no_evidence_without_the_merge_commit(desk: Desk) -> None:
    """Anybody can write a message; and the index of commits lags, so the cure is to wait."""
    desk.hub.versions = (NEW_API,)
    reviewed(desk, 7, HEAD, "a")
    desk.hub.merge(7, MERGE, indexed=False)
    assert digest_of(desk, message="Campaigns (#7)") == "unapproved"
    assert "names #7 as merged, and GitHub does not show that it was merged with this commit" in desk.outputs["reason"]
    assert "run this job again in a minute" in desk.on_push("approved", message="Campaigns (#7)").err


# ---------------------------------------------------------------- whether anything was ever merged

CLOSED = 250


def closed_without_a_merge(desk: Desk, first: int = 1000, count: int = CLOSED) -> None:
    for number in range(first, first + count):
        desk.hub.add_pull(number, OLD)
        desk.hub.pulls[number]["state"] = "closed"


def test_push_is_not_approved_although_the_last_hundreds_of_pull_requests_were_closed_without_a_merge(
    desk: Desk, version: str
) -> None:
    closed_without_a_merge(desk, 1)
    desk.hub.add_pull(400, HEAD)
    desk.hub.merge(400, OTHER)
    closed_without_a_merge(desk, 1000)
    assert digest_of(desk, commit=THIRD) == "unapproved"


def test_push_has_no_digest_where_the_whole_list_holds_no_merge(desk: Desk, version: str) -> None:
    closed_without_a_merge(desk)
    assert digest_of(desk, commit=THIRD) == ""
    pages = {one.query["page"] for one in desk.hub.requests if one.query.get("state") == "all"}
    assert pages == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("status", "message"),
    [(500, "x"), (0, "x"), (403, "rate limit"), (404, "Not Found"), (200, '{"not": "a list"}'), (422, "pagination")],
)
def test_list_that_is_cut_off_is_no_list_without_a_merge(desk: Desk, status: int, message: str) -> None:
    closed_without_a_merge(desk)

    def strike(seen: object) -> None:
        if getattr(seen, "query", {}).get("page") == "2" and not desk.hub.faults:
            body = message if status == 200 else json.dumps({"message": message})
            desk.hub.fault("GET", "/pulls$", status, times=99, body=body.encode())

    desk.hub.meanwhile = strike
    result = desk.on_push("approved", commit=THIRD)
    assert result.code == 6, result.all
    assert desk.outputs == {}


def test_list_that_goes_on_at_another_host_is_no_list_without_a_merge(desk: Desk) -> None:
    closed_without_a_merge(desk)
    desk.hub.elsewhere = "http://elsewhere.invalid"
    result = desk.on_push("approved", commit=THIRD)
    assert (result.code, desk.outputs) == (6, {})
    assert "goes on at another host" in result.err


# ---------------------------------------------------------------- what nobody can write to


@pytest.mark.parametrize("fork", [False, True])
@pytest.mark.parametrize(
    ("status", "message", "cure"),
    [
        (403, "Repository was archived so is read-only.", "Unarchive the repository"),
        (403, "Unable to create comment because issue is locked.", "Unlock the conversation"),
    ],
)
def test_outcome_that_cannot_be_posted_is_in_the_summary_with_the_right_cure(
    desk: Desk, status: int, message: str, cure: str, fork: bool
) -> None:
    desk.plan("plan.json", "a")
    desk.hub.fault("POST", "comments", status, body=json.dumps({"message": message}).encode())
    done = desk.on_pull("comment", "plan.json", "--json", fork=fork).json
    assert done["action"] == "summary"
    assert message.rstrip(".") in done["reason"]
    assert cure in done["reason"]
    assert desk.summary.startswith("### 1 broadcast to create")


def test_a_step_that_finds_what_was_approved_is_refused_where_the_repository_is_closed(desk: Desk) -> None:
    desk.hub.merge(7, MERGE)
    desk.hub.fault("GET", "comments", 403, body=b'{"message": "Repository access blocked"}')
    result = desk.on_push("approved")
    assert (result.code, desk.outputs) == (6, {})
    assert "GitHub has disabled the repository" in result.err


# ---------------------------------------------------------------- evidence that a header or an entry does not give

LAST_LINKS = ["", "first", "rel='NEXT'", "garbage", "skip", "last"]


@pytest.mark.parametrize("link", LAST_LINKS)
def test_full_page_is_never_the_end_of_the_list_whatever_its_header_says(desk: Desk, link: str) -> None:
    closed_without_a_merge(desk, 1, 100)
    desk.hub.add_pull(400, HEAD)
    desk.hub.merge(400, OTHER)
    here = f"{desk.hub.url}/x"
    told = {
        "first": f'<{here}?page=1>; rel="first"',
        "rel='NEXT'": f"<{here}?page=2>; rel='NEXT'",
        "skip": f'<{here}?page=50>; rel="next"',
        "last": f"<{here}?page=9>; REL=Last",
    }.get(link, link)
    answer = desk.hub.answer

    def answered(seen: object) -> object:
        status, found, _ = answer(seen)  # type: ignore[arg-type]  # what the stand-in gives
        query = getattr(seen, "query", {})
        first = (query.get("state"), query.get("page")) == ("all", "1")
        return status, found, {"Link": told} if told and first else {}

    desk.hub.answer = answered  # type: ignore[method-assign,assignment]  # GitHub with another header
    if link in ("garbage", "skip"):
        result = desk.on_push("approved", commit=THIRD)
        assert (result.code, desk.outputs) == (6, {})
    else:
        assert digest_of(desk, commit=THIRD) == "unapproved"


def test_list_that_ends_before_its_last_page_is_not_believed(desk: Desk) -> None:
    closed_without_a_merge(desk, 1, 3)
    body = json.dumps(list(desk.hub.pulls.values())).encode()
    for _ in range(2):
        link = {"Link": f'<{desk.hub.url}/x?page=4>; rel="last"'}
        desk.hub.fault("GET", "/pulls$", 200, body=body, headers=link)
    result = desk.on_push("approved", commit=THIRD)
    assert (result.code, desk.outputs) == (6, {})


@pytest.mark.parametrize("repo", [None, {"full_name": "before/rename"}, {}, "x"])
def test_merge_in_the_own_list_counts_whatever_it_calls_the_repository(desk: Desk, version: str, repo: object) -> None:
    desk.hub.merge(7, OTHER)
    desk.hub.pulls[7]["base"]["repo"] = repo
    assert digest_of(desk, commit=THIRD) == "unapproved"


@pytest.mark.parametrize("merged", ["", 0, False, "soon", 7, []])
def test_merge_at_no_instant_is_neither_a_merge_nor_none(desk: Desk, merged: object) -> None:
    desk.hub.pulls[7]["merged_at"] = merged
    result = desk.on_push("approved", commit=THIRD)
    assert (result.code, desk.outputs) == (6, {})


def test_merge_of_a_fork_in_the_list_of_a_commit_is_not_ours(desk: Desk, version: str) -> None:
    fork = {
        **desk.hub.pulls[7],
        "merged_at": "2026-11-20T13:00:00Z",
        "base": {"ref": "main", "repo": {"full_name": "f/r"}},
    }
    desk.hub.fault("GET", "/commits/.*/pulls$", 200, times=9, body=json.dumps([fork]).encode())
    assert digest_of(desk) == ""


def test_pull_request_that_another_commit_merged_did_not_merge_this_push(desk: Desk) -> None:
    """Somebody pushes the commits of a pull request that was squashed before."""
    desk.hub.versions = (OLD_API,)
    reviewed(desk, 7, HEAD, "a")
    desk.hub.merge(7, OTHER)
    desk.hub.index[THIRD] = [7]
    assert digest_of(desk, commit=THIRD) == "unapproved"


def test_comment_of_an_old_digest_is_outdated_also_at_the_newest_commit(desk: Desk) -> None:
    digest = reviewed(desk, 7, HEAD, "a")
    comment = desk.hub.comments(7)[0]
    comment["body"] = comment["body"].replace(f"digest={digest}", "digest=sha256:" + "d" * 64, 1)
    result = desk.on_pull("outdated")
    assert "Push a commit, or run the plan again" in result.out, result.all
    assert " outdated -->" in desk.hub.comments(7)[0]["body"].split("\n")[0]


def test_marker_with_a_count_that_no_digest_has_is_no_marker(desk: Desk) -> None:
    reviewed(desk, 7, HEAD, "a")
    body = desk.hub.comments(7)[0]["body"]
    assert read_marker(body)
    assert read_marker(body.replace("digest=v2:1:", "digest=v2:01:", 1)) is None


def test_approved_asks_for_the_permission_to_read_alone(desk: Desk) -> None:
    desk.hub.fault("GET", "pulls$", 403, times=9, body=b'{"message": "Resource not accessible by integration"}')
    result = desk.on_push("approved")
    assert result.code == 6
    assert "permissions pull-requests: read and contents: read" in result.err
    assert "write" not in result.err
