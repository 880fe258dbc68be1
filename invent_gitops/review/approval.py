"""Judges what was approved, by the comments that the reviewers of merged pull requests saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from invent_gitops.errors import Refused
from invent_gitops.model.broadcast import Request
from invent_gitops.model.pull_request import Post, PullRequest, WorkflowEvent
from invent_gitops.plan.approval import BY_HAND, UNAPPROVED, refuse_old
from invent_gitops.review.evidence import HELD_BACK, ReviewedPlan, read_approved
from invent_gitops.review.marker import OPENING
from invent_gitops.review.ownership import Ownership
from invent_gitops.review.shown_plan import shown_plans
from invent_gitops.values import Struct, replace

_AGAIN = f"If it was merged just now, run this job again in a minute. {BY_HAND}"

_BY_ANOTHER = (
    "Check the rules that were merged, and revert what should not be weaker. Then open another pull request: its plan "
    "shows the same broadcasts, to be reviewed by the rules of today."
)


class NoPlanShown(Refused):
    """A pull request has no comment that even looks like one of ours, or one that says nothing of a workspace.

    One that creates nothing needs no other.
    """


class PlanComment(Struct, frozen=True):
    """What reviewers of a merged pull request saw; `plan` is None where it had no room in the comment.

    `reviewers` are those whose approval the rule of the base branch asks for.
    """

    pull: PullRequest
    post: Post
    digest: str
    plan: ReviewedPlan | None
    reviewers: tuple[str, ...] = ()


class ApprovalResult(Struct, frozen=True):
    """The pull requests of a run, what was approved in them, and why it is not known for the others.

    `digest` is that of all comments together, `UNAPPROVED` where there is none, "" where nobody reviews pull requests.
    """

    pulls: Sequence[PullRequest]
    comments: Sequence[PlanComment]
    doubts: Sequence[Refused]
    digest: str
    plan: ReviewedPlan | None


def judge(
    ownership: Ownership,
    posts: Sequence[tuple[PullRequest, Sequence[Post]]],
    reviewed: Callable[[PlanComment], PlanComment],
) -> ApprovalResult:
    """Return what was approved in pull requests, each with all its comments.

    `reviewed` returns a comment with who approved its plan, or raises `Refused`.
    """
    comments: list[PlanComment] = []
    doubts: list[Refused] = []
    for pull, of_pull in posts:
        try:
            comments.append(reviewed(plan_comment(ownership, pull, of_pull)))
        except Refused as error:
            doubts.append(error)
    digest, plan = UNAPPROVED, None
    try:
        if comments:
            digest, plan = united(comments)
    except Refused as error:
        doubts.append(error)
    return ApprovalResult([pull for pull, _ in posts], comments, doubts, digest, plan)


def doubtful(doubt: Refused) -> ApprovalResult:
    """Return the result where nothing says what this run merged: nothing is approved."""
    return ApprovalResult((), (), (doubt,), UNAPPROVED, None)


def without_pull_request(event: WorkflowEvent, *, reviewed: bool) -> ApprovalResult:
    """Return what a commit without a merged pull request may do; `reviewed` is whether one was ever merged here.

    Where nobody has ever merged one, pushing is how this repository says yes. Anywhere else it must not undo what the
    review of a pull request has refused, nor pass for a merge that GitHub does not show yet.
    """
    message = f"The commit {event.commit[:7]} came without a pull request: nobody has approved a plan."
    doubt = Refused(message, _AGAIN if reviewed else BY_HAND)
    return ApprovalResult((), (), (doubt,), UNAPPROVED if reviewed else "", None)


def named_only(event: WorkflowEvent) -> ApprovalResult:
    """Return what a commit may do whose message names a pull request that GitHub does not show as merged with it."""
    named = f"The commit {event.commit[:7]} names #{event.merged} as merged"
    return doubtful(Refused(f"{named}, and GitHub does not show that it was merged with this commit.", _AGAIN))


def united(comments: Sequence[PlanComment]) -> tuple[str, ReviewedPlan | None]:
    """Return the digest of what was approved in all of these together, and what that is. Raises `Refused`.

    What is approved nowhere is in no plan; so a pull request of which nothing is known takes nothing from the others.
    """
    if len(comments) == 1:
        return comments[0].digest, comments[0].plan
    requests: dict[str, Request] = {}
    numbers: dict[str, int] = {}
    plans: list[ReviewedPlan] = []
    for comment in comments:
        number = comment.pull.number
        if comment.plan is None:
            raise Refused(
                f"The plan of #{number} has no room in its comment, so it cannot be put together with others.", BY_HAND
            )
        plans.append(comment.plan)
        for key, request in comment.plan.requests.items():
            if requests.setdefault(key, request) != request:
                raise Refused(f"{key} is not the same in the plans of #{numbers[key]} and #{number}.", BY_HAND)
            numbers.setdefault(key, number)
    newest = max(reversed(plans), key=lambda plan: plan.at)
    plan = replace(newest, requests=requests)
    return plan.digest, plan


def plan_comment(ownership: Ownership, pull: PullRequest, posts: Sequence[Post]) -> PlanComment:
    """Return the comment that says what reviewers of a merged pull request saw. Raises `Refused` for any doubt."""
    workspace = f" for the workspace {ownership.workspace}" if ownership.workspace else ""
    subject = f"of pull request #{pull.number}{workspace}"
    comments = shown_plans(ownership, posts, subject)
    own = comments.plans
    if comments.silent:
        raise NoPlanShown(f"The comment of pull request #{pull.number} shows no plan{workspace}.", BY_HAND)
    if not own:
        edited = any(ownership.wrote(post) and post.body.startswith(OPENING) for post in posts)
        reason = (
            "was edited, or is about another project or workspace" if edited else f"by {ownership.author} is not there"
        )
        refusal = Refused if any(OPENING in post.body for post in posts) else NoPlanShown
        raise refusal(f"The comment {subject} that shows its plan {reason}.", BY_HAND)
    if len({(candidate.marker.commit, candidate.marker.digest, candidate.marker.status) for candidate in own}) > 1:
        raise Refused(f"Several comments {subject} show a plan, and not the same.", BY_HAND)
    post, marker = own[0].post, own[0].marker
    if marker.commit != pull.head:
        raise Refused(
            f"The comment {subject} shows the plan of commit {marker.commit[:7]}, and {pull.head[:7]} was merged.",
            BY_HAND,
        )
    if marker.status != "current":
        raise Refused(f"The comment {subject} is marked as outdated.", BY_HAND)
    refuse_old(marker.digest, f"The plan in the comment {subject}", BY_HAND)
    if not marker.digest and (cause := HELD_BACK.get(own[0].approved)):
        raise Refused(
            f"The plan in the comment {subject} was refused by policies.loosening, since {cause}. It approves nothing.",
            _BY_ANOTHER,
        )
    if not marker.digest:
        raise Refused(f"The comment {subject} shows no plan, so reviewers had no plan to approve.", BY_HAND)
    # Once there is an outcome, the comment has been written since; but it was there before the merge.
    written = post.updated if marker.kind == "plan" else post.created
    if pull.merged and not (written and written <= pull.merged):
        raise Refused(f"The comment {subject} was written after the merge, so nobody has reviewed it.", BY_HAND)
    line = own[0].approved
    plan = read_approved(line) if line else None
    if line and not (plan and plan.digest == marker.digest):
        raise Refused(f"The comment {subject} was edited: what it holds has not the digest that it shows.", BY_HAND)
    return PlanComment(pull, post, marker.digest, plan)
