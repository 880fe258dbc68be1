"""Decides what becomes of the comment on a pull request, and of the issue about drift.

A decision is what is done with the post that stays, and with the others. `operations/keep_comment.py` carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from invent_gitops.model.broadcast import read_request
from invent_gitops.model.digest import Destination, digest, is_old_digest
from invent_gitops.model.instant import read_instant, write_instant
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
from invent_gitops.review.comment import (
    RenderBody,
    digest_of,
    drift_body,
    outdated_body,
    plan_body,
    report_body,
    same,
    superseded_body,
    well_body,
)
from invent_gitops.review.evidence import approved_in, approved_line, held_back_line, read_approved
from invent_gitops.review.joint import outdated_joint_body
from invent_gitops.review.marker import Marker, MarkerStatus
from invent_gitops.review.notable import is_notable
from invent_gitops.review.ownership import Ownership, OwnPost
from invent_gitops.text.times import moment
from invent_gitops.values import replace

# The counts of a plan of which a person has to get rid.
NEEDS = ("create", "blocked", "refused", "changed", "needs_you")

NEW, LEFT = "The comment is new:", "The comment was left alone:"
# Without a comment nothing is approved, which is what such a plan asks for.
SILENCE = "Nothing changes in Invent, so the pull request gets no comment."


def decide_comment(
    ownership: Ownership,
    posts: Sequence[OwnPost],
    pull: PullRequest,
    commit: str,
    document: Mapping[str, Any],
    render: RenderBody,
) -> tuple[CommentAction, list[Supersede]]:
    """Return what to do with our comments on a pull request (`posts`), given a plan or a report of a commit.

    `render` gives the document as Markdown.
    """
    own = posts[0] if posts else None
    if not own and not is_notable(document):
        return Leave(None, SILENCE), []
    is_report = document["kind"] == "report"
    if not is_report and (reason := weightier(own.marker if own else None, pull, commit)):
        return Leave(own.post if own else None, LEFT, reason), []
    if is_report:
        body = _report_body(ownership, own, pull, document, render)
    else:
        status: MarkerStatus = "current" if commit == pull.head else "outdated"
        marker = ownership.marker("plan", commit, digest_of(document), status)
        body = plan_body(marker, render, approved_line(document) if marker.digest else held_back_line(document))
    if not own:
        return Create(body, NEW), []
    return with_body(own.post, body), superseded_by(own.post, posts[1:])


def with_body(post: Post, body: str) -> Keep | Edit:
    """Return what makes a comment say that."""
    sentence = "The comment is up to date:"
    return Keep(post, sentence) if same(post.body, body) else Edit(post, body, sentence)


def decide_outdated(posts: Sequence[OwnPost], pull: PullRequest, commit: str) -> CommentAction:
    """Return whether to mark our comment as outdated: not if it is of the newest commit or shows the outcome of an
    apply.
    """
    if not posts:
        return Leave(None, "There is no comment yet.")
    post, marker = posts[0].post, posts[0].marker
    if marker.kind == "report":
        return Leave(post, "The comment shows the outcome of an apply, and is left as it is:")
    if marker.status == "outdated":
        return Keep(post, "The comment is marked as outdated already:")
    is_old = is_old_digest(marker.digest)
    if marker.commit in (commit, pull.head) and not is_old:
        return Keep(post, "The comment is of the newest commit:")
    reason = ", since an older version wrote it. Push a commit, or run the plan again" if is_old else ""
    mark = outdated_joint_body if marker.kind == "plans" else outdated_body
    return MarkOutdated(post, mark(post.body, marker), f"The comment is now marked as outdated{reason}:")


def decide_issue(
    ownership: Ownership,
    posts: Sequence[OwnPost],
    closed: Post | None,
    commit: str,
    document: Mapping[str, Any],
    render: RenderBody,
) -> tuple[IssueAction, Sequence[Supersede | Close]]:
    """Return what to do with our issues, given a document that says whether something needs a person.

    `posts` are ours that are open, `closed` is the one of ours that was closed last: it counts where none is open.
    """
    marker = ownership.marker("drift", commit, digest_of(document))
    if not needs_person(document):
        if not posts:
            return Leave(None, "All is well, and no issue says otherwise."), []
        body = well_body(marker, moment(at) if (at := read_instant(document.get("at"))) else "")
        first, *others = [Close(own.post, body, "All is well; the issue is closed:") for own in posts]
        return first, others
    body = drift_body(marker, render)
    post = posts[0].post if posts else closed
    if not post:
        return Create(body, "The issue is new:"), []
    sentence = "The issue is up to date:"
    superseded = superseded_by(post, posts[1:])
    if not post.open:
        return Reopen(post, body, "The issue is open again:"), superseded
    if same(post.body, body):
        return Keep(post, sentence), superseded
    return Edit(post, body, sentence), superseded


def needs_person(document: Mapping[str, Any]) -> bool:
    """Return whether a person must act: the command did not end well, or a key is not as the repository says.

    On a schedule "to create" means that it was merged and not created. What is recorded without a file
    (`undefined`) is kept for the audit, and needs nobody.
    """
    counts = document.get("counts") or {}
    return document.get("exit_code") != 0 or any(counts.get(action) for action in NEEDS)


def superseded_by(first: Post, others: Sequence[OwnPost]) -> list[Supersede]:
    """Return what lets other posts say that `first` is the one that counts."""
    return [Supersede(own.post, superseded_body(own.marker, first.url)) for own in others]


def weightier(marker: Marker | None, pull: PullRequest, commit: str) -> str:
    """Return why the comment stays as it is, newer or weightier than a plan of a commit; "" where it gives way."""
    if pull.merged:
        return "The pull request was merged before this plan was there, so nobody has reviewed it."
    is_newest = commit == pull.head
    if marker and marker.kind == "report" and (marker.commit == commit or not is_newest):
        return "The comment shows the outcome of an apply, which is more than a plan."
    if marker and not is_newest and marker.commit == pull.head:
        return f"This plan is of commit {commit[:7]}, and the comment of a newer one."
    return ""


def _report_body(
    ownership: Ownership, own: OwnPost | None, pull: PullRequest, document: Mapping[str, Any], render: RenderBody
) -> str:
    ended = read_instant(document.get("at"))
    at = write_instant(ended) if ended else ""
    if not own:
        return report_body(ownership.marker("report", pull.head, ""), render, "", at)
    post, marker = own.post, own.marker
    # The digest of what people approved stays: a later run of the apply asks for it again. But they cannot have
    # approved what was written after the merge.
    is_late = marker.kind == "plan" and pull.merged and not (post.updated and post.updated <= pull.merged)
    # Nor is a plan of another commit the one that was merged.
    status: MarkerStatus = "outdated" if is_late or marker.commit != pull.head else marker.status
    after = replace(marker, kind="report", status=status)
    return report_body(after, render, post.body, at, complete=_is_complete(document, marker, post.body))


def _is_complete(document: Mapping[str, Any], marker: Marker, body: str) -> bool:
    """Return whether a report tells what became of every broadcast that the plan in a comment creates.

    Where the comment has its digest only, the requests of what the report tells of must have just that.
    """
    keys = {outcome["key"] for outcome in document.get("outcomes", ())}
    approved = read_approved(approved_in(body))
    if approved:
        return bool(keys) and approved.requests.keys() <= keys
    plan = document.get("plan") or {}
    items = [item for item in plan.get("items", ()) if item["key"] in keys]
    try:
        destination = Destination(plan["org"], plan["api"], plan["workspace"] or "")
        requests = ((item["key"], read_request(item["request"])) for item in items)
        return bool(keys) and marker.digest == digest(destination, requests)
    except (KeyError, TypeError, ValueError):
        # Written by another version.
        return False
