"""Tells the pull request of a campaign what came of it: one comment beside that of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from invent_gitops.errors import Unavailable
from invent_gitops.model.pull_request import PullRequest
from invent_gitops.operations.console import Console
from invent_gitops.operations.posts import JsonDocument, OwnPosts, tell
from invent_gitops.review.comment import same
from invent_gitops.review.finished import finished_by_commit, origin_of
from invent_gitops.text.clean import clean

_CURE = "Give the job the permission pull-requests: write. The issue is kept in any case."


def keep_results(console: Console, own: OwnPosts, document: JsonDocument) -> None:
    """Keep the comment of each pull request whose broadcasts in a status document were sent lately.

    Which one that is, GitHub says by the commit that is recorded. What cannot be told is said, and is no failure.
    """
    from invent_gitops.github.refusal import Forbidden, NotVisible

    try:
        rows_by_pull = _rows_by_pull(own, finished_by_commit(document))
        for pull, rows in rows_by_pull:
            _keep_comment(console, own, pull, rows, str(document.get("timezone") or ""))
    except (Forbidden, NotVisible) as error:
        tell(console, "notice", "no results in the pull request", f"{error.message} {_CURE}")
    except Unavailable as error:
        tell(console, "warning", "no results in the pull request", f"{error.message} {error.cure}".strip())


def _rows_by_pull(
    own: OwnPosts, rows_by_commit: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[tuple[PullRequest, list[Mapping[str, Any]]]]:
    by_number: dict[int, tuple[PullRequest, list[Mapping[str, Any]]]] = {}
    for commit, rows in rows_by_commit.items():
        if pull := origin_of(commit, own.repository.pull_requests_of(commit)):
            by_number.setdefault(pull.number, (pull, []))[1].extend(rows)
    return list(by_number.values())


def _keep_comment(
    console: Console, own: OwnPosts, pull: PullRequest, rows: Sequence[Mapping[str, Any]], zone: str
) -> None:
    from invent_gitops.render.markdown.finished import finished_markdown

    marker = own.ownership.marker("result", pull.head, "")
    body = f"{marker.line()}\n{finished_markdown(rows, zone)}"
    posts = own.results(pull.number)
    if not posts:
        post = own.repository.add_comment(
            pull.number, body, lambda: next((candidate.post for candidate in own.results(pull.number)), None)
        )
    elif same(posts[0].post.body, body):
        return
    else:
        post = own.repository.edit_comment(posts[0].post.id, body)
    console.note(clean(f"What came of #{pull.number} is in its pull request: {post.url}"))
