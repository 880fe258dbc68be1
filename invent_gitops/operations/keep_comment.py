"""Keeps the one comment on a pull request, and the one issue about drift: look, decide, write, look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from invent_gitops.cli.session import Session
from invent_gitops.errors import InventGitopsError, Refused
from invent_gitops.github.event import Event
from invent_gitops.model.digest import Destination, digest, is_old_digest
from invent_gitops.model.instant import read_instant, write_instant
from invent_gitops.operations.find_approval import find_merged
from invent_gitops.operations.posts import Desk, Document, Done, NowhereToPost, Written, tell
from invent_gitops.plan.approval import read_request
from invent_gitops.review.comment import (
    Content,
    Marker,
    Status,
    digest_of,
    drift_body,
    outdated_body,
    plan_body,
    report_body,
    same,
    superseded_body,
    well_body,
)
from invent_gitops.review.evidence import approved_in, approved_line, read_approved
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.times import moment

if TYPE_CHECKING:
    from invent_gitops.github.repository import Post, PullRequest

# What a plan says of a key, and of which it takes a person to get rid.
NEEDS = ("create", "blocked", "refused", "changed", "needs_you")
_TITLE_LIMIT = 250


class LeftAlone(InventGitopsError):
    """What the comment says is newer or weightier than what was to be written."""


def keep_comment(session: Session, desk: Desk, event: Event, document: Document, written: Written) -> Done:
    """Write a document into the one comment of its pull request; of each, where a push has merged several."""
    try:
        merged = find_merged(desk, event) if event.push else []
    except Refused as error:
        raise NowhereToPost(error.message) from None
    pulls = merged or [desk.pull_request(event)]
    first, *others = [_keep_comment(session, desk, event, pull, document, written) for pull in pulls]
    for done in others:
        session.note(clean(f"{done.said} {done.url}"))
    return first


def _keep_comment(
    session: Session, desk: Desk, event: Event, pull: PullRequest, document: Document, written: Written
) -> Done:
    """After a comment was added, all are read again: another run may have added one in the same moment."""
    new: Post | None = None
    while True:
        ours = desk.ours(desk.repository.comments(pull.number), "plan", "report")
        if not ours and new:
            _check_author(session, desk, new)
            return _done("created", "The comment is new:", pull, new)
        kept, marker = ours[0] if ours else (None, None)
        try:
            body = _comment_body(desk, event, pull, kept, marker, document, lambda room: written(room, len))
        except LeftAlone as error:
            if not kept:
                raise NowhereToPost(error.message) from None
            tell(session, "notice", "the comment was left alone", error.message)
            return _done("left", "The comment was left alone:", pull, kept, error.message)
        if not kept:
            new = desk.repository.add_comment(pull.number, body, lambda: _first(desk, pull.number))
            continue
        action = "unchanged" if same(kept.body, body) else "updated"
        if action == "updated":
            kept = desk.repository.edit_comment(kept.id, body)
        _supersede(desk, kept, ours[1:])
        if new and new.id == kept.id:
            return _done("created", "The comment is new:", pull, kept)
        return _done(action, "The comment is up to date:", pull, kept)


def mark_outdated(desk: Desk, event: Event) -> Done:
    """Mark the comment as outdated, unless it is of the newest commit or shows the outcome of an apply."""
    pull = desk.pull_request(event)
    ours = desk.ours(desk.repository.comments(pull.number), "plan", "report")
    if not ours:
        return Done("comment", "none", "There is no comment yet.", pull.number)
    kept, marker = ours[0]
    if marker.kind == "report":
        return _done("left", "The comment shows the outcome of an apply, and is left as it is:", pull, kept)
    if marker.status == "outdated":
        return _done("unchanged", "The comment is marked as outdated already:", pull, kept)
    old = is_old_digest(marker.digest)
    if marker.commit in (event.commit, pull.head) and not old:
        return _done("unchanged", "The comment is of the newest commit:", pull, kept)
    kept = desk.repository.edit_comment(kept.id, outdated_body(kept.body, marker))
    why = " since an older version wrote it. Push a commit, or run the plan again" if old else ""
    return _done("outdated", f"The comment is now marked as outdated{why and ','}{why}:", pull, kept)


def keep_issue(desk: Desk, event: Event, document: Document, written: Written, title: str) -> Done:
    """Open, reopen or update the one issue if something needs a person, else close it."""
    marker = desk.marker("drift", event.commit, digest_of(document))
    ours = _open_issues(desk)
    if not needs_person(document):
        body = well_body(marker, moment(at) if (at := read_instant(document.get("at"))) else "")
        for post, _ in ours:
            desk.repository.edit_issue(post, body, open=False)
        if not ours:
            return Done("issue", "none", "All is well, and no issue says otherwise.")
        return _issue("closed", "All is well; the issue is closed:", ours[0][0])
    body = drift_body(marker, lambda room: written(room, len))
    kept = ours[0][0] if ours else _last_closed(desk)
    if not kept:
        kept = desk.repository.add_issue(cut(title, _TITLE_LIMIT), body, lambda: _first_issue(desk))
        return _issue("created", "The issue is new:", kept)
    action = "reopened" if not kept.open else "unchanged" if same(kept.body, body) else "updated"
    if action != "unchanged":
        kept = desk.repository.edit_issue(kept, body, open=True)
    for post, other in ours[1:]:
        desk.repository.edit_issue(post, superseded_body(other, kept.url), open=False)
    return _issue(action, "The issue is open again:" if action == "reopened" else "The issue is up to date:", kept)


def needs_person(document: Document) -> bool:
    """Whether somebody must look: the command did not end well, or a key is not as the repository says.

    On a schedule "to create" means that it was merged and not created. What is recorded without a file
    (`undefined`) is kept for the audit, and needs nobody.
    """
    counts = document.get("counts") or {}
    return document.get("exit_code") != 0 or any(counts.get(action) for action in NEEDS)


def _comment_body(
    desk: Desk,
    event: Event,
    pull: PullRequest,
    kept: Post | None,
    marker: Marker | None,
    document: Document,
    in_room: Content,
) -> str:
    """What the comment is to say. Raises `LeftAlone` where what it says is newer or weightier."""
    if document["kind"] == "report":
        ended = read_instant(document.get("at"))
        when = write_instant(ended) if ended else ""
        if not kept or not marker:
            if document.get("exit_code") == 0 and not document.get("outcomes"):
                raise LeftAlone("There was nothing to create, and no plan in the pull request.")
            return report_body(desk.marker("report", pull.head, ""), in_room, "", when)
        # The digest of what people approved stays: a later run of the apply asks for it again. But they cannot have
        # approved what was written after the merge.
        late = marker.kind == "plan" and pull.merged and not (kept.updated and kept.updated <= pull.merged)
        # Nor is a plan of another commit the one that was merged.
        status: Status = "outdated" if late or marker.commit != pull.head else marker.status
        after = replace(marker, kind="report", status=status)
        return report_body(after, in_room, kept.body, when, complete=_is_complete(document, marker, kept.body))
    if pull.merged:
        raise LeftAlone("The pull request was merged before this plan was there, so nobody has reviewed it.")
    newest = event.commit == pull.head
    if marker and marker.kind == "report" and (marker.commit == event.commit or not newest):
        raise LeftAlone("The comment shows the outcome of an apply, which is more than a plan.")
    if marker and not newest and marker.commit == pull.head:
        raise LeftAlone(f"This plan is of commit {event.commit[:7]}, and the comment of a newer one.")
    status = "current" if newest else "outdated"
    marker = desk.marker("plan", event.commit, digest_of(document), status)
    return plan_body(marker, in_room, approved_line(document) if marker.digest else "")


def _is_complete(document: Document, marker: Marker, body: str) -> bool:
    """Whether a report tells what became of every broadcast that the plan in a comment creates.

    Where the comment has its digest only, the requests of what the report tells of must have just that.
    """
    told = {outcome["key"] for outcome in document.get("outcomes", ())}
    approved = read_approved(approved_in(body))
    if approved:
        return bool(told) and approved.requests.keys() <= told
    plan = document.get("plan") or {}
    items = [item for item in plan.get("items", ()) if item["key"] in told]
    try:
        destination = Destination(plan["org"], plan["api"], plan["workspace"] or "")
        requests = ((item["key"], read_request(item["request"])) for item in items)
        return bool(told) and marker.digest == digest(destination, requests)
    except (KeyError, TypeError, ValueError):
        # Written by another version.
        return False


def _first(desk: Desk, number: int) -> Post | None:
    ours = desk.ours(desk.repository.comments(number), "plan", "report")
    return ours[0][0] if ours else None


def _open_issues(desk: Desk) -> list[tuple[Post, Marker]]:
    """Ours that are open, oldest first: by author and label, and by author alone where none has the label."""
    for labelled in (True, False):
        pages = desk.repository.issues("open", desk.author, labelled=labelled)
        if ours := [one for page in pages for one in desk.ours(page, "drift")]:
            return sorted(ours, key=lambda one: one[0].id)
    return []


def _first_issue(desk: Desk) -> Post | None:
    return next((post for post, _ in _open_issues(desk)), None)


def _last_closed(desk: Desk) -> Post | None:
    """The one that was touched last; pages are read only until it is found."""
    for labelled in (True, False):
        for page in desk.repository.issues("closed", desk.author, labelled=labelled):
            if ours := {post.id for post, _ in desk.ours(page, "drift")}:
                return next(post for post in page if post.id in ours)
    return None


def _supersede(desk: Desk, kept: Post, others: Sequence[tuple[Post, Marker]]) -> None:
    for post, marker in others:
        desk.repository.edit_comment(post.id, superseded_body(marker, kept.url))


def _check_author(session: Session, desk: Desk, new: Post) -> None:
    if not desk.wrote(new):
        message = f"Comments with this token are by {new.author}, and were looked for under {desk.author}."
        tell(session, "warning", "the next run will not find this comment", f"{message} Pass --author {new.author}.")


def _done(action: str, said: str, pull: PullRequest, post: Post, reason: str = "") -> Done:
    return Done("comment", action, said, pull.number, post.url, reason=reason)


def _issue(action: str, said: str, post: Post) -> Done:
    return Done("issue", action, said, post.id, post.url)
