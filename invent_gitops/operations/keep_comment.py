"""Keeps the one comment on a pull request, and the one issue about drift: read, decide, act, read again.

What becomes of a post is decided in `review/decide.py`; here the decisions are carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from invent_gitops.errors import Refused
from invent_gitops.model.pull_request import Post, PullRequest, WorkflowEvent
from invent_gitops.operations.console import Console
from invent_gitops.operations.find_approval import find_merged
from invent_gitops.operations.posts import (
    JsonDocument,
    NowhereToPost,
    OwnPosts,
    PostResult,
    RenderPage,
    tell,
)
from invent_gitops.operations.review_notice import with_review
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
from invent_gitops.review.decide import decide_comment, decide_issue, decide_outdated, needs_person
from invent_gitops.review.ownership import OwnPost
from invent_gitops.text.clean import clean, cut

_TITLE_LIMIT = 250


RenderDocument = Callable[[JsonDocument], RenderPage]


def keep_comment(
    console: Console, own: OwnPosts, event: WorkflowEvent, document: JsonDocument, render_of: RenderDocument
) -> PostResult:
    """Write a document into the one comment of its pull request; of each, where a push has merged several."""
    try:
        merged = find_merged(own.repository, event) if event.push else []
    except Refused as error:
        raise NowhereToPost(error.message) from None
    pulls = merged or [own.pull_request(event)]
    first, *others = [_keep_comment(console, own, event.commit, pull, document, render_of) for pull in pulls]
    for result in others:
        console.note(clean(f"{result.sentence} {result.url}"))
    return first


def _keep_comment(
    console: Console, own: OwnPosts, commit: str, pull: PullRequest, document: JsonDocument, render_of: RenderDocument
) -> PostResult:
    document = with_review(own, pull, document)
    render = render_of(document)

    def decide(posts: Sequence[OwnPost]) -> tuple[CommentAction, list[Supersede]]:
        return decide_comment(own.ownership, posts, pull, commit, document, lambda room: render(room, len))

    return keep_decided(console, own, pull, lambda: own.comments(pull.number), decide)


def keep_decided(
    console: Console,
    own: OwnPosts,
    pull: PullRequest,
    read: Callable[[], Sequence[OwnPost]],
    decide: Callable[[Sequence[OwnPost]], tuple[CommentAction, list[Supersede]]],
) -> PostResult:
    """Read our comments, decide, and act.

    After a comment was added, all are read again: another run may have added one in the same moment.
    """
    created: tuple[Create, Post] | None = None
    while True:
        posts = read()
        if created and not posts:
            _check_author(console, own, created[1])
            return _result_of_comment(*created, pull)
        action, others = decide(posts)
        post = _act_on_comment(own, pull, action, read)
        for other in others:
            _act_on_comment(own, pull, other, read)
        match action:
            case Create() if post:
                created = action, post
                continue
            case Leave(post=None) if action.reason:
                raise NowhereToPost(action.reason)
            case Leave() if action.reason:
                tell(console, "notice", "the comment was left alone", action.reason)
            case Edit() | Keep() if created and post and post.id == created[1].id:
                return _result_of_comment(created[0], post, pull)
        return _result_of_comment(action, post, pull)


def mark_outdated(own: OwnPosts, event: WorkflowEvent) -> PostResult:
    """Mark the comment as outdated, unless it is of the newest commit or shows the outcome of an apply."""
    pull = own.pull_request(event)
    return _mark_outdated(own, event, pull, own.comments(pull.number))


def mark_all_outdated(own: OwnPosts, event: WorkflowEvent) -> PostResult:
    """Do so with the comment about all workspaces, and with those that older workflows wrote about single ones."""
    pull = own.pull_request(event)
    posts = own.joint_comments(pull.number)
    first, *_ = [_mark_outdated(own, event, pull, [post]) for post in posts] or [_mark_outdated(own, event, pull, [])]
    return first


def _mark_outdated(own: OwnPosts, event: WorkflowEvent, pull: PullRequest, posts: Sequence[OwnPost]) -> PostResult:
    action = decide_outdated(posts, pull, event.commit)
    return _result_of_comment(action, _act_on_comment(own, pull, action, lambda: posts), pull)


def keep_issue(
    own: OwnPosts, event: WorkflowEvent, document: JsonDocument, render: RenderPage, title: str
) -> PostResult:
    """Open, reopen or update the one issue if something needs a person, else close it."""
    posts = own.open_issues()
    # Pages of closed ones are read only where they can matter.
    closed = own.last_closed_issue() if needs_person(document) and not posts else None
    action, others = decide_issue(own.ownership, posts, closed, event.commit, document, lambda room: render(room, len))
    post = _act_on_issue(own, title, action)
    for other in others:
        _act_on_issue(own, title, other)
    if not post:
        return PostResult("issue", action.action, action.sentence)
    return PostResult("issue", action.action, action.sentence, post.id, post.url)


def _act_on_comment(
    own: OwnPosts, pull: PullRequest, action: CommentAction | Supersede, read: Callable[[], Sequence[OwnPost]]
) -> Post | None:
    """Carry an action out. Returns the comment as it is then, None where there is none."""
    match action:
        case Create(body):
            return own.repository.add_comment(pull.number, body, lambda: _first_comment(read))
        case Edit(post, body) | MarkOutdated(post, body) | Supersede(post, body):
            return own.repository.edit_comment(post.id, body)
        case Keep(post):
            return post
        case Leave(remaining):
            return remaining
        case _:
            assert_never(action)


def _act_on_issue(own: OwnPosts, title: str, action: IssueAction | Supersede) -> Post | None:
    """Carry an action out. Returns the issue as it is then, None where there is none."""
    match action:
        case Create(body):
            return own.repository.add_issue(cut(title, _TITLE_LIMIT), body, lambda: _first_issue(own))
        case Edit(post, body) | Reopen(post, body):
            return own.repository.edit_issue(post, body, open=True)
        case Close(post, body) | Supersede(post, body):
            return own.repository.edit_issue(post, body, open=False)
        case Keep(post):
            return post
        case Leave(remaining):
            return remaining
        case _:
            assert_never(action)


def _first_comment(read: Callable[[], Sequence[OwnPost]]) -> Post | None:
    return next((candidate.post for candidate in read()), None)


def _first_issue(own: OwnPosts) -> Post | None:
    return next((candidate.post for candidate in own.open_issues()), None)


def _result_of_comment(action: CommentAction, post: Post | None, pull: PullRequest) -> PostResult:
    reason = action.reason if isinstance(action, Leave) else ""
    return PostResult("comment", action.action, action.sentence, pull.number, post.url if post else "", reason=reason)


def _check_author(console: Console, own: OwnPosts, new: Post) -> None:
    if not own.ownership.wrote(new):
        author = own.ownership.author
        message = f"Comments with this token are by {new.author}, and were looked for under {author}."
        tell(console, "warning", "the next run will not find this comment", f"{message} Pass --author {new.author}.")
