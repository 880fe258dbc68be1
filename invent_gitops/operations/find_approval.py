"""Finds what was approved: the pull requests that a push merged, and the plans that their reviewers saw."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from invent_gitops.errors import Refused
from invent_gitops.model.pull_request import PullRequest, WorkflowEvent
from invent_gitops.operations.find_review import ReviewCheck
from invent_gitops.operations.posts import OwnPosts
from invent_gitops.review.approval import ApprovalResult, doubtful, judge, named_only, without_pull_request
from invent_gitops.review.merges import merged_at, merged_by, merged_with

if TYPE_CHECKING:
    from invent_gitops.github.repository import Repository

# Seconds between looks for a merge that GitHub does not show yet: where the message of the commit speaks of one, and
# where it does not.
LONG_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0)
SHORT_WAITS = (2.0,)


def find_approval(own: OwnPosts, event: WorkflowEvent) -> ApprovalResult:
    """Return what was approved of what this run is about: the evidence is read here, and judged in
    `review/approval.py`.
    """
    try:
        pulls = find_merged(own.repository, event)
    except Refused as error:
        return doubtful(error)
    check = ReviewCheck(own.repository.reviewing(), event, own.ownership.workspace)
    if pulls:
        return judge(own.ownership, [(pull, own.repository.comments(pull.number)) for pull in pulls], check)
    if event.merged and own.repository.pull_request(event.merged):
        return named_only(event)
    # Into whatever branch: what was merged elsewhere, and then pushed here, was approved for there.
    try:
        reviewed = own.repository.any_merged() or check.asks()
    except Refused as error:
        return doubtful(error)
    return without_pull_request(event, reviewed=reviewed)


def find_merged(repository: Repository, event: WorkflowEvent) -> list[PullRequest]:
    """Return the pull requests that the commits of this run merged, none if they came without one.

    A merge queue pushes several at once. GitHub's index of commits may be seconds behind a merge. So the number in the
    commit's message and the list of what was closed lately are looked at as well, and all of it several times.
    Raises `Refused` where GitHub does not say which one it was.
    """
    waits = LONG_WAITS if event.merged else SHORT_WAITS
    merged = _merged_by_head(repository, event)
    for wait in waits:
        if merged:
            break
        time.sleep(wait)
        merged = _merged_by_head(repository, event)
    if event.commits:
        merged += merged_at(repository.lately_closed(), event, event.commits)
        for commit in event.commits:
            pulls = repository.pull_requests_of(commit)
            merged += merged_at(pulls, event, event.commits) + merged_with(pulls, event, merged)
    return _distinct(merged)


def _merged_by_head(repository: Repository, event: WorkflowEvent) -> list[PullRequest]:
    """Return what the last commit merged, as far as GitHub shows it by now."""
    merged = merged_by(repository.pull_requests_of(event.commit), event)
    if not merged and event.merged:
        named = repository.pull_request(event.merged)
        merged = merged_at([named] if named else [], event, [event.commit])
    return merged or merged_at(repository.lately_closed(), event, [event.commit])


def _distinct(pulls: Sequence[PullRequest]) -> list[PullRequest]:
    """Return each pull request once, in the order of their numbers."""
    return sorted({pull.number: pull for pull in pulls}.values(), key=lambda pull: pull.number)
