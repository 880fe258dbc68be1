"""What becomes of the comment and of the issue: each row of a table is a decision, and no GitHub is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from invent_gitops.model.pull_request import Post, PullRequest
from invent_gitops.review.actions import (
    Close,
    CommentAction,
    Create,
    Edit,
    IssueAction,
    Keep,
    Leave,
    MarkOutdated,
    Reopen,
    Supersede,
)
from invent_gitops.review.comment import drift_body, outcomes_in, plan_body, plan_in, report_body, well_body
from invent_gitops.review.decide import decide_comment, decide_issue, decide_outdated, needs_person
from invent_gitops.review.marker import Marker, MarkerKind, MarkerStatus, read_marker
from invent_gitops.review.ownership import Ownership, OwnPost
from invent_gitops.values import replace

OLD, HEAD = "a" * 40, "b" * 40
DIGEST = f"v2:1:{'d' * 16}:{'d' * 64}"
BEFORE_DIGESTS_NAMED_AN_ACCOUNT = f"sha256:{'d' * 64}"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OURS = Ownership("bot", "my/")
OPEN = PullRequest(7, HEAD, "main", None, "")
MERGED = replace(OPEN, merged=NOON)

PLAN = {"kind": "plan", "exit_code": 0, "digest": DIGEST}
REPORT = {"kind": "report", "exit_code": 0, "at": "2026-11-20T12:00:05Z", "outcomes": [{"key": "a"}]}
IDLE = {**REPORT, "outcomes": []}
FAILED = {"kind": "report", "exit_code": 4}


def rendered(room: int) -> str:
    return "As rendered"


def own(
    kind: MarkerKind,
    commit: str = HEAD,
    text: str = "As it was",
    digest: str = DIGEST,
    status: MarkerStatus = "current",
    id: int = 1,
    updated: datetime = NOON - timedelta(hours=1),
) -> OwnPost:
    """A post of ours that shows a plan, an outcome or drift."""
    marker = OURS.marker(kind, commit, digest, status)
    bodies = {
        "plan": lambda: plan_body(marker, lambda room: text),
        "report": lambda: report_body(marker, lambda room: text, "", "2026-11-20T12:00:00Z"),
        "drift": lambda: drift_body(marker, lambda room: text),
    }
    return OwnPost(Post(id, "bot", bodies[kind](), f"https://github.com/o/r/{id}", updated), marker)


def decided(comment: OwnPost | None, pull: PullRequest, commit: str, document: Mapping[str, Any]) -> CommentAction:
    action, others = decide_comment(OURS, [comment] if comment else [], pull, commit, document, rendered)
    assert others == []
    return action


def marker_of(action: CommentAction | IssueAction | Supersede) -> Marker:
    assert not isinstance(action, Keep | Leave)
    marker = read_marker(action.body)
    assert marker
    return marker


AGE = ", since an older version wrote it. Push a commit, or run the plan again"
SHOWN = own("plan", HEAD, "As rendered")
OUTCOME, PLANNED, OLDER = own("report"), own("plan"), own("plan", OLD)


@pytest.mark.parametrize(
    ("comment", "pull", "commit", "expected"),
    [
        (None, OPEN, HEAD, Create),
        (None, OPEN, OLD, Create),
        (PLANNED, OPEN, HEAD, Edit),
        (SHOWN, OPEN, HEAD, Keep),
        (OLDER, OPEN, HEAD, Edit),
        (OLDER, OPEN, OLD, Edit),
        (PLANNED, OPEN, OLD, "This plan is of commit aaaaaaa, and the comment of a newer one."),
        (OUTCOME, OPEN, HEAD, "The comment shows the outcome of an apply, which is more than a plan."),
        (OUTCOME, OPEN, OLD, "The comment shows the outcome of an apply, which is more than a plan."),
        (own("report", OLD), OPEN, HEAD, Edit),
        (None, MERGED, HEAD, "The pull request was merged before this plan was there, so nobody has reviewed it."),
        (PLANNED, MERGED, HEAD, "The pull request was merged before this plan was there, so nobody has reviewed it."),
    ],
)
def test_plan_gives_way_to_what_is_newer_or_weightier(
    comment: OwnPost | None, pull: PullRequest, commit: str, expected: type | str
) -> None:
    action = decided(comment, pull, commit, PLAN)
    if isinstance(expected, str):
        assert action == Leave(comment.post if comment else None, "The comment was left alone:", expected)
        return
    assert type(action) is expected
    if isinstance(action, Create | Edit):
        assert marker_of(action) == OURS.marker("plan", commit, DIGEST, "current" if commit == HEAD else "outdated")
        assert plan_in(action.body).startswith("As rendered")


@pytest.mark.parametrize(
    ("document", "digest"),
    [(PLAN, DIGEST), ({**PLAN, "error": {"message": "x"}}, ""), ({**PLAN, "digest": None}, ""), ({"kind": "plan"}, "")],
)
def test_plan_that_failed_takes_the_digest_away(document: Mapping[str, Any], digest: str) -> None:
    assert marker_of(decided(PLANNED, OPEN, HEAD, document)).digest == digest


@pytest.mark.parametrize(
    ("comment", "document", "expected"),
    [
        (None, REPORT, Create),
        (None, FAILED, Create),
        (None, IDLE, Leave),
        (PLANNED, IDLE, Edit),
        (PLANNED, REPORT, Edit),
        (OUTCOME, REPORT, Edit),
    ],
)
def test_outcome_is_shown_unless_there_is_neither_an_outcome_nor_a_plan(
    comment: OwnPost | None, document: Mapping[str, Any], expected: type
) -> None:
    action = decided(comment, MERGED, HEAD, document)
    assert type(action) is expected
    if isinstance(action, Create | Edit):
        assert marker_of(action) == OURS.marker("report", HEAD, comment.marker.digest if comment else "")
        assert "As rendered" in outcomes_in(action.body).values()
    else:
        assert action == Leave(None, "Nothing changes in Invent, so the pull request gets no comment.", "")


@pytest.mark.parametrize(
    ("comment", "pull", "status"),
    [
        (PLANNED, MERGED, "current"),
        (replace(PLANNED, post=replace(PLANNED.post, updated=NOON)), MERGED, "current"),
        (replace(PLANNED, post=replace(PLANNED.post, updated=NOON + timedelta(seconds=1))), MERGED, "outdated"),
        (replace(PLANNED, post=replace(PLANNED.post, updated=None)), MERGED, "outdated"),
        (PLANNED, OPEN, "current"),
        (OLDER, MERGED, "outdated"),
        (own("plan", status="outdated"), MERGED, "outdated"),
        # An outcome is written after the merge, and says nothing about when the plan was.
        (own("report", updated=NOON + timedelta(hours=1)), MERGED, "current"),
        (own("report", OLD), MERGED, "outdated"),
    ],
)
def test_plan_below_an_outcome_was_reviewed_only_if_it_was_there_at_the_merge(
    comment: OwnPost, pull: PullRequest, status: MarkerStatus
) -> None:
    marker = marker_of(decided(comment, pull, HEAD, REPORT))
    assert marker == replace(comment.marker, kind="report", status=status)


@pytest.mark.parametrize("document", [PLAN, REPORT])
def test_second_comment_gives_way_to_the_oldest(document: Mapping[str, Any]) -> None:
    posts = [own("plan"), own("plan", OLD, id=2), own("report", OLD, id=3)]
    action, others = decide_comment(OURS, posts, OPEN, HEAD, document, rendered)
    assert isinstance(action, Edit)
    assert action.post == posts[0].post
    assert [other.post for other in others] == [candidate.post for candidate in posts[1:]]
    for other in others:
        assert marker_of(other).status == "superseded"
        assert marker_of(other).digest == ""
        assert posts[0].post.url in other.body


def test_comment_that_is_left_alone_supersedes_none() -> None:
    posts = [own("plan", HEAD), own("plan", OLD, id=2)]
    action, others = decide_comment(OURS, posts, OPEN, OLD, PLAN, rendered)
    assert (type(action), others) == (Leave, [])


@pytest.mark.parametrize(
    ("comment", "commit", "action", "sentence"),
    [
        (None, HEAD, "none", "There is no comment yet."),
        (OUTCOME, OLD, "left", "The comment shows the outcome of an apply, and is left as it is:"),
        (own("plan", OLD, status="outdated"), HEAD, "unchanged", "The comment is marked as outdated already:"),
        (PLANNED, HEAD, "unchanged", "The comment is of the newest commit:"),
        (PLANNED, OLD, "unchanged", "The comment is of the newest commit:"),
        (OLDER, OLD, "unchanged", "The comment is of the newest commit:"),
        (OLDER, HEAD, "outdated", "The comment is now marked as outdated:"),
        (own("plan", digest=""), HEAD, "unchanged", "The comment is of the newest commit:"),
        (
            own("plan", digest=BEFORE_DIGESTS_NAMED_AN_ACCOUNT),
            HEAD,
            "outdated",
            f"The comment is now marked as outdated{AGE}:",
        ),
    ],
)
def test_comment_is_marked_as_outdated_unless_it_is_of_the_newest_commit(
    comment: OwnPost | None, commit: str, action: str, sentence: str
) -> None:
    decision = decide_outdated([comment] if comment else [], OPEN, commit)
    assert not isinstance(decision, Create)
    assert (decision.post, decision.action, decision.sentence) == (comment.post if comment else None, action, sentence)
    if comment and isinstance(decision, MarkOutdated):
        assert marker_of(decision) == replace(comment.marker, status="outdated")
        assert plan_in(decision.body).startswith("As it was")


WELL = {"kind": "plan", "exit_code": 0, "counts": {"unchanged": 1}, "at": "2026-11-20T12:00:00Z"}
DRIFTED = {**WELL, "counts": {"create": 1}}
CLOSED = replace(own("drift", id=9).post, open=False)
DRIFT_AS_RENDERED = replace(
    own("drift", text="As rendered"), post=replace(own("drift", text="As rendered", digest="").post, id=3)
)


@pytest.mark.parametrize(
    ("posts", "closed", "document", "expected", "id"),
    [
        ([], None, WELL, Leave, 0),
        ([], CLOSED, WELL, Leave, 0),
        ([own("drift", id=3)], None, WELL, Close, 3),
        ([], None, DRIFTED, Create, 0),
        ([], CLOSED, DRIFTED, Reopen, 9),
        ([own("drift", id=3)], None, DRIFTED, Edit, 3),
        ([own("drift", id=3)], CLOSED, DRIFTED, Edit, 3),
        ([DRIFT_AS_RENDERED], None, DRIFTED, Keep, 3),
    ],
)
def test_issue_is_open_while_something_needs_a_person_and_closed_while_all_is_well(
    posts: list[OwnPost], closed: Post | None, document: Mapping[str, Any], expected: type, id: int
) -> None:
    action, others = decide_issue(OURS, posts, closed, HEAD, document, rendered)
    assert (type(action), others) == (expected, [])
    assert (0 if isinstance(action, Create) or not action.post else action.post.id) == id
    if not isinstance(action, Keep | Leave):
        assert marker_of(action) == OURS.marker("drift", HEAD, "")
    if isinstance(action, Close):
        assert "All is well as of" in action.body


@pytest.mark.parametrize(("document", "kind"), [(WELL, Close), (DRIFTED, Supersede)])
def test_of_several_open_issues_at_most_one_stays(document: Mapping[str, Any], kind: type) -> None:
    posts = [own("drift", id=number) for number in (3, 4, 5)]
    action, others = decide_issue(OURS, posts, None, HEAD, document, rendered)
    assert not isinstance(action, Create | Leave)
    assert action.post.id == 3
    assert [(type(other), other.post.id) for other in others] == [(kind, 4), (kind, 5)]


def test_well_body_reads_back_as_drift_of_ours() -> None:
    body = well_body(OURS.marker("drift", HEAD, ""), "today")
    assert OURS.select([Post(1, "bot", body, "", None)], "drift")


@pytest.mark.parametrize(
    ("document", "needed"),
    [
        ({"exit_code": 0}, False),
        ({"exit_code": 0, "counts": None}, False),
        ({"exit_code": 0, "counts": {"undefined": 3, "unchanged": 1, "create": 0}}, False),
        ({"exit_code": 4}, True),
        ({"exit_code": 3, "counts": {}}, True),
        ({}, True),
        *(({"exit_code": 0, "counts": {name: 1}}, True) for name in ("create", "blocked", "refused", "changed")),
        ({"exit_code": 0, "counts": {"needs_you": 1}}, True),
    ],
)
def test_what_needs_a_person(document: Mapping[str, Any], needed: bool) -> None:
    assert needs_person(document) is needed


def test_each_action_has_a_name_of_its_own() -> None:
    names = [kind.action for kind in get_args(CommentAction | IssueAction) if kind is not Leave]
    assert sorted(names) == ["closed", "created", "outdated", "reopened", "unchanged", "updated"]
    assert (Leave(None, "").action, Leave(CLOSED, "").action) == ("none", "left")
