"""Puts who has to approve beside a plan, before it becomes the comment on a pull request."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.broadcast import Request
from invent_gitops.model.pull_request import PullRequest
from invent_gitops.model.review import ReviewNotice
from invent_gitops.operations.base_rule import rule_at
from invent_gitops.operations.find_review import pushers_of
from invent_gitops.operations.posts import JsonDocument, OwnPosts
from invent_gitops.plan.approval import approved_plan
from invent_gitops.render.documents.review import notice_json
from invent_gitops.review.comment import digest_of
from invent_gitops.review.evidence import approved_line
from invent_gitops.review.need import is_bot, needed, with_bots


def with_review(own: OwnPosts, pull: PullRequest, document: JsonDocument) -> JsonDocument:
    """Return a plan with the entry `review`, for its page; any other document, and a plan that creates nothing, as it
    is.
    """
    requests = _creates(document)
    if not requests:
        return document
    reviewing = own.repository.reviewing()
    try:
        base = rule_at(reviewing, reviewing.commit(f"heads/{pull.base}").id, own.ownership.workspace)
        # What has no room in the comment is not known after the merge either.
        need = needed(base, requests if approved_line(document) else None)
        if need and pull.branch and is_bot(pull.author):
            need = with_bots(need, pull.author, pushers_of(reviewing, pull))
        # Of a fork, GitHub does not show here who pushed.
        notice = ReviewNotice(pull.base, need, fork=bool(need and not pull.branch))
    except InventGitopsError as error:
        notice = ReviewNotice(pull.base, unknown=error.message)
    return {**document, "review": notice_json(notice)}


def with_review_of_fork(document: JsonDocument) -> JsonDocument:
    """Return the same for a pull request of a fork, whose plan is shown in the summary alone, so that nothing is
    approved.
    """
    return {**document, "review": notice_json(ReviewNotice("", fork=True))} if _creates(document) else document


def _creates(document: JsonDocument) -> Mapping[str, Request]:
    """Return the requests that a plan creates; none for any other document, and for what nobody can approve."""
    if document["kind"] != "plan" or not digest_of(document):
        return {}
    try:
        return approved_plan(document).requests
    except InventGitopsError:
        # Edited, or of another version.
        return {}
