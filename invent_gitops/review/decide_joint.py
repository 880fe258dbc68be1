"""Decides what becomes of the one comment about the plans of several workspaces."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.pull_request import PullRequest
from invent_gitops.review.actions import CommentAction, Create, Leave, Supersede
from invent_gitops.review.decide import LEFT, NEW, SILENCE, superseded_by, weightier, with_body
from invent_gitops.review.joint import Section, joint_body
from invent_gitops.review.marker import MarkerStatus
from invent_gitops.review.ownership import Ownership, OwnPost


def decide_joint(
    ownership: Ownership,
    posts: Sequence[OwnPost],
    pull: PullRequest,
    commit: str,
    sections: Sequence[Section],
    total: int,
    note: str = "",
) -> tuple[CommentAction, list[Supersede]]:
    """Return what to do with our comments on a pull request, given the plans of a commit for `total` workspaces.

    `posts` are those about all workspaces, and after them those that older workflows wrote about single ones, which
    the one comment supersedes. `sections` are the workspaces that have something to say. `note` is Markdown that the
    comment begins with, "" for none.
    """
    own = posts[0] if posts and posts[0].marker.kind == "plans" else None
    if not posts and not sections:
        return Leave(None, SILENCE), []
    if reason := weightier(own.marker if own else None, pull, commit):
        return Leave(own.post if own else None, LEFT, reason), []
    status: MarkerStatus = "current" if commit == pull.head else "outdated"
    body = joint_body(ownership.marker("plans", commit, "", status), sections, total, note)
    if not own:
        return Create(body, NEW), []
    return with_body(own.post, body), superseded_by(own.post, posts[1:])
