"""What was approved: each row is what the comments of merged pull requests say, and each doubt approves nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from invent_gitops.errors import Refused
from invent_gitops.model.broadcast import Request
from invent_gitops.model.pull_request import Post, PullRequest, WorkflowEvent
from invent_gitops.plan.approval import UNAPPROVED
from invent_gitops.review.approval import (
    ApprovalResult,
    doubtful,
    judge,
    named_only,
    plan_comment,
    without_pull_request,
)
from invent_gitops.review.comment import outdated_body, plan_body, report_body
from invent_gitops.review.evidence import ReviewedPlan, approved_line
from invent_gitops.review.marker import read_marker
from invent_gitops.review.ownership import Ownership
from invent_gitops.values import replace

OLD, HEAD, MERGE = "a" * 40, "b" * 40, "c" * 40
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(seconds=1)
OURS = Ownership("bot", "my/")
PULL = PullRequest(7, HEAD, "main", NOON, MERGE)
SPRING, AUTUMN = (Request(name, None, ("everyone",), False) for name in ("Spring", "Autumn"))
EVENT = WorkflowEvent("o/r", MERGE, branch="main", push=True)


def reviewed(**requests: Request) -> ReviewedPlan:
    return ReviewedPlan(BEFORE, "c", "https://api.useinvent.com", "", requests)


def comment(
    plan: ReviewedPlan, *, commit: str = HEAD, updated: datetime | None = BEFORE, room: bool = True, by: str = "bot"
) -> Post:
    """The comment that shows a plan; without `room`, its requests have none in it."""
    marker = OURS.marker("plan", commit, plan.digest)
    line = approved_line(json.loads(plan.as_document())) if room else ""
    body = plan_body(marker, lambda limit: "The plan", line)
    return Post(1, by, body, "https://github.com/o/r/1", updated, created=updated)


def edited(post: Post, old: str, new: str) -> Post:
    assert old in post.body
    return replace(post, body=post.body.replace(old, new, 1))


def marked_as_outdated(post: Post) -> Post:
    marker = read_marker(post.body)
    assert marker
    return replace(post, body=outdated_body(post.body, marker))


def with_outcome(post: Post, created: datetime = BEFORE) -> Post:
    """The comment after an apply has written its outcome into it."""
    marker = read_marker(post.body)
    assert marker
    body = report_body(replace(marker, kind="report"), lambda room: "Done", post.body)
    return replace(post, body=body, updated=AFTER, created=created)


A = reviewed(a=SPRING)
GOOD = comment(A)


@pytest.mark.parametrize(
    "posts",
    [[GOOD], [GOOD, replace(GOOD, id=2)], [Post(2, "mallory", GOOD.body, "", BEFORE), GOOD], [with_outcome(GOOD)]],
    ids=["alone", "twice the same", "beside one of somebody else", "with an outcome"],
)
def test_comment_that_was_there_at_the_merge_says_what_was_approved(posts: Sequence[Post]) -> None:
    approval = plan_comment(OURS, PULL, posts)
    assert (approval.digest, approval.plan) == (A.digest, A)


def test_comment_without_room_for_its_requests_gives_the_digest_alone() -> None:
    approval = plan_comment(OURS, PULL, [comment(A, room=False)])
    assert (approval.digest, approval.plan) == (A.digest, None)


OLD_DIGEST = f"sha256:{'d' * 64}"


@pytest.mark.parametrize(
    ("posts", "doubt"),
    [
        ([], "by bot is not there"),
        ([comment(A, by="mallory")], "by bot is not there"),
        ([comment(A, by="")], "by bot is not there"),
        ([edited(GOOD, " current -->", " current  -->")], "was edited, or is about another project or workspace"),
        ([edited(GOOD, "project=my/", "project=more/")], "was edited, or is about another project or workspace"),
        ([GOOD, replace(comment(reviewed(a=AUTUMN)), id=2)], "show a plan, and not the same"),
        ([GOOD, marked_as_outdated(replace(GOOD, id=2))], "show a plan, and not the same"),
        ([comment(A, commit=OLD)], "shows the plan of commit aaaaaaa, and bbbbbbb was merged"),
        ([marked_as_outdated(GOOD)], "is marked as outdated"),
        ([edited(comment(A, room=False), A.digest, OLD_DIGEST)], "was made by an older version"),
        ([edited(comment(A, room=False), A.digest, "none")], "shows no plan, so reviewers had no plan to approve"),
        ([comment(A, updated=AFTER)], "was written after the merge"),
        ([comment(A, updated=None)], "was written after the merge"),
        ([with_outcome(GOOD, created=AFTER)], "was written after the merge"),
        ([edited(GOOD, A.digest, reviewed(a=AUTUMN).digest)], "what it holds has not the digest that it shows"),
        ([edited(GOOD, "approved e", "approved f")], "what it holds has not the digest that it shows"),
    ],
)
def test_each_doubt_about_a_comment_approves_nothing(posts: Sequence[Post], doubt: str) -> None:
    with pytest.raises(Refused) as caught:
        plan_comment(OURS, PULL, posts)
    assert doubt in caught.value.message
    result = judge(OURS, [(PULL, posts)], lambda comment: comment)
    assert (result.digest, result.plan, result.comments) == (UNAPPROVED, None, [])
    assert [doubt.message for doubt in result.doubts] == [caught.value.message]


def test_message_names_the_workspace_that_was_looked_for() -> None:
    with pytest.raises(Refused, match="of pull request #7 for the workspace acme that shows its plan"):
        plan_comment(replace(OURS, workspace="acme"), PULL, [GOOD])


def judged(*plans: ReviewedPlan | None, room: bool = True) -> ApprovalResult:
    """The judgement of pull requests with a comment each; None stands for one without."""
    numbered = [(replace(PULL, number=number), plan) for number, plan in enumerate(plans, 7)]
    return judge(
        OURS, [(pull, [comment(plan, room=room)] if plan else []) for pull, plan in numbered], lambda comment: comment
    )


@pytest.mark.parametrize(
    ("plans", "requests", "doubts"),
    [
        ([A], {"a": SPRING}, 0),
        ([A, reviewed(b=AUTUMN)], {"a": SPRING, "b": AUTUMN}, 0),
        ([A, reviewed(a=SPRING, b=AUTUMN)], {"a": SPRING, "b": AUTUMN}, 0),
        ([A, None], {"a": SPRING}, 1),
        ([None, A], {"a": SPRING}, 1),
        ([A, reviewed(a=AUTUMN)], None, 1),
        ([None, None], None, 2),
    ],
)
def test_plans_together_approve_what_each_of_them_says_and_nothing_that_two_say_differently(
    plans: Sequence[ReviewedPlan | None], requests: Mapping[str, Request] | None, doubts: int
) -> None:
    result = judged(*plans)
    assert len(result.doubts) == doubts
    assert len(result.pulls) == len(plans)
    if requests is None:
        assert (result.digest, result.plan) == (UNAPPROVED, None)
    else:
        assert result.plan
        assert (result.plan.requests, result.digest) == (requests, result.plan.digest)


def test_digests_alone_cannot_be_put_together() -> None:
    assert judged(A, room=False).digest == A.digest
    result = judged(A, reviewed(b=AUTUMN), room=False)
    assert result.digest == UNAPPROVED
    assert "has no room in its comment" in result.doubts[0].message


@pytest.mark.parametrize(
    ("result", "digest", "message"),
    [
        (without_pull_request(EVENT, reviewed=True), UNAPPROVED, "came without a pull request"),
        (without_pull_request(EVENT, reviewed=False), "", "came without a pull request"),
        (named_only(replace(EVENT, merged=7)), UNAPPROVED, "names #7 as merged, and GitHub does not show"),
        (doubtful(Refused("Which of both?")), UNAPPROVED, "Which of both?"),
    ],
)
def test_commit_without_evidence_is_unapproved_unless_nobody_reviews_here(
    result: ApprovalResult, digest: str, message: str
) -> None:
    assert (result.digest, result.plan, result.pulls, result.comments) == (digest, None, (), ())
    assert message in result.doubts[0].message
