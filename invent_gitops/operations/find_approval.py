"""Finds what was approved: the pull requests that a push merged, and the plans that their reviewers saw."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from invent_gitops.errors import Refused
from invent_gitops.github.event import Event
from invent_gitops.operations.posts import Desk, at_once, merged_by
from invent_gitops.plan.approval import BY_HAND, UNAPPROVED, refuse_old

if TYPE_CHECKING:
    from invent_gitops.github.repository import Post, PullRequest
    from invent_gitops.model.broadcast import Request
    from invent_gitops.review.evidence import Reviewed

# Seconds between looks for a merge that GitHub does not show yet: where the message of the commit speaks of one, and
# where it does not.
LONG_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0)
SHORT_WAITS = (2.0,)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What reviewers of a merged pull request saw; `approved` is None where it had no room in the comment."""

    pull: PullRequest
    post: Post
    digest: str
    approved: Reviewed | None


@dataclass(frozen=True, slots=True)
class Finding:
    """The pull requests of a run, what was approved in them, and why it is not known for the others.

    `digest` is that of all evidence together, `UNAPPROVED` where there is none, "" where nobody reviews pull requests.
    """

    pulls: Sequence[PullRequest]
    evidence: Sequence[Evidence]
    doubts: Sequence[Refused]
    digest: str
    plan: Reviewed | None


def find_merged(desk: Desk, event: Event) -> list[PullRequest]:
    """The pull requests that the commits of this run merged, none if they came without one.

    A merge queue pushes several at once. GitHub's index of commits may be seconds behind a merge. So the number in the
    commit's message and the list of what was closed lately are looked at as well, and all of it some times over.
    Raises `Refused` where GitHub does not say which one it was.
    """
    waits = LONG_WAITS if event.merged else SHORT_WAITS
    found = _merged_by_head(desk, event)
    for wait in waits:
        if found:
            break
        time.sleep(wait)
        found = _merged_by_head(desk, event)
    if event.commits:
        found += _merged_at(event, desk.repository.lately_closed(), event.commits)
        for commit in event.commits:
            known = desk.repository.pull_requests_of(commit)
            found += _merged_at(event, known, event.commits) + _merged_with(event, known, found)
    return sorted({one.number: one for one in found}.values(), key=lambda one: one.number)


def _merged_by_head(desk: Desk, event: Event) -> list[PullRequest]:
    """What the last commit merged, as far as GitHub shows it by now."""
    found = merged_by(desk.repository.pull_requests_of(event.commit), event)
    if not found and event.merged:
        named = desk.repository.pull_request(event.merged)
        found = _merged_at(event, [named] if named else [], [event.commit])
    return found or _merged_at(event, desk.repository.lately_closed(), [event.commit])


def look_up(desk: Desk, event: Event) -> Finding:
    """What was approved of what this run is about."""
    try:
        pulls = find_merged(desk, event)
    except Refused as error:
        return Finding((), (), (error,), UNAPPROVED, None)
    if not pulls:
        return _nobody_asked(desk, event)
    found: list[Evidence] = []
    doubts: list[Refused] = []
    for pull in pulls:
        try:
            found.append(evidence(desk, pull))
        except Refused as error:
            doubts.append(error)
    digest, plan = UNAPPROVED, None
    try:
        if found:
            digest, plan = united(found)
    except Refused as error:
        doubts.append(error)
    return Finding(pulls, found, doubts, digest, plan)


def _nobody_asked(desk: Desk, event: Event) -> Finding:
    """What a commit without a merged pull request may do.

    Where nobody has ever merged one, pushing is how this repository says yes. Anywhere else it must not undo what the
    review of a pull request has refused, nor pass for a merge that GitHub does not show yet.
    """
    again = f"If it was merged just now, run this job again in a minute. {BY_HAND}"
    if event.merged and desk.repository.pull_request(event.merged):
        named = f"The commit {event.commit[:7]} names #{event.merged} as merged"
        said = f"{named}, and GitHub does not show that it was merged with this commit."
        return Finding((), (), (Refused(said, again),), UNAPPROVED, None)
    said = f"The commit {event.commit[:7]} came without a pull request: nobody has approved a plan."
    # Into whatever branch: what was merged elsewhere, and then pushed here, was approved for there.
    reviewed = desk.repository.any_merged()
    return Finding((), (), (Refused(said, again if reviewed else BY_HAND),), UNAPPROVED if reviewed else "", None)


def united(found: Sequence[Evidence]) -> tuple[str, Reviewed | None]:
    """The digest of what was approved in all of these together, and what that is. Raises `Refused`.

    What is approved nowhere is in no plan; so a pull request of which nothing is known takes nothing from the others.
    """
    if len(found) == 1:
        return found[0].digest, found[0].approved
    requests: dict[str, Request] = {}
    places: dict[str, int] = {}
    for one in found:
        if one.approved is None:
            raise Refused(
                f"The plan of #{one.pull.number} has no room in its comment, so it cannot be put together with others.",
                BY_HAND,
            )
        for key, request in one.approved.requests.items():
            if requests.setdefault(key, request) != request:
                raise Refused(f"{key} is not the same in the plans of #{places[key]} and #{one.pull.number}.", BY_HAND)
            places.setdefault(key, one.pull.number)
    plans = sorted((one.approved for one in found if one.approved), key=lambda one: one.at)
    whole = replace(plans[-1], requests=requests)
    return whole.digest, whole


def evidence(desk: Desk, pull: PullRequest) -> Evidence:
    """The comment that says what reviewers of a merged pull request saw. Raises `Refused` for any doubt."""
    from invent_gitops.review.comment import OPENING
    from invent_gitops.review.evidence import approved_in, read_approved

    posts = desk.repository.comments(pull.number)
    shown = f"of pull request #{pull.number}{f' for the workspace {desk.workspace}' if desk.workspace else ''}"
    ours = desk.ours(posts, "plan", "report")
    if not ours:
        edited = any(desk.wrote(post) and post.body.startswith(OPENING) for post in posts)
        why = "was edited, or is about another project or workspace" if edited else f"by {desk.author} is not there"
        raise Refused(f"The comment {shown} that shows its plan {why}.", BY_HAND)
    if len({(marker.commit, marker.digest, marker.status) for _, marker in ours}) > 1:
        raise Refused(f"Several comments {shown} show a plan, and not the same.", BY_HAND)
    post, marker = ours[0]
    if marker.commit != pull.head:
        raise Refused(
            f"The comment {shown} shows the plan of commit {marker.commit[:7]}, and {pull.head[:7]} was merged.",
            BY_HAND,
        )
    if marker.status != "current":
        raise Refused(f"The comment {shown} is marked as outdated.", BY_HAND)
    refuse_old(marker.digest, f"The plan in the comment {shown}", BY_HAND)
    if not marker.digest:
        raise Refused(f"The comment {shown} shows no plan: there was none to review.", BY_HAND)
    # Once there is an outcome, the comment has been written since; but it was there before the merge.
    written = post.updated if marker.kind == "plan" else post.created
    if pull.merged and not (written and written <= pull.merged):
        raise Refused(f"The comment {shown} was written after the merge, so nobody has reviewed it.", BY_HAND)
    line = approved_in(post.body)
    approved = read_approved(line) if line else None
    if line and not (approved and approved.digest == marker.digest):
        raise Refused(f"The comment {shown} was edited: what it holds has not the digest that it shows.", BY_HAND)
    return Evidence(pull, post, marker.digest, approved)


def _merged_at(event: Event, known: Sequence[PullRequest], commits: Sequence[str]) -> list[PullRequest]:
    merged = [one for one in known if one.merged and event.branch in ("", one.base)]
    return [one for one in merged if one.merge_commit in commits]


def _merged_with(event: Event, known: Sequence[PullRequest], found: Sequence[PullRequest]) -> list[PullRequest]:
    """Of the pull requests of another commit, those that were merged at once with one that is found.

    Only for answers without the merge commit: an earlier merge whose commits this push brings again is not of this run.
    """
    merged = [one for one in known if one.merged and not one.merge_commit and event.branch in ("", one.base)]
    return [one for one in merged if any(at_once(one, other) for other in found)]
