"""The comments, pull requests and issues of one repository on GitHub, as values with checked parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from invent_gitops.errors import Unavailable
from invent_gitops.github.event import COMMIT
from invent_gitops.github.refusal import Forbidden, NotVisible
from invent_gitops.github.rest import Rest
from invent_gitops.github.reviews import Reviewing, login_of
from invent_gitops.model.instant import read_instant
from invent_gitops.model.pull_request import Post, PullRequest
from invent_gitops.text.secret import hide

# Who writes with the token that GitHub gives to each job; GitHub does not say who such a token is.
DEFAULT_AUTHOR = "github-actions[bot]"
# What our issues carry, so that they are found among thousands.
LABEL = "invent-gitops"


class Repository:
    """`name` is OWNER/NAME, checked already."""

    def __init__(self, api: Rest, name: str) -> None:
        self._api, self._name = api, name
        self._path = f"/repos/{name}"

    def author(self) -> str:
        """Return who writes with this token."""
        with suppress(Forbidden, NotVisible):
            user, _ = self._api.get("/user")
            if login := login_of({"user": user}):
                return login
            raise Unavailable("GitHub does not say who writes with this token.", "Pass --author LOGIN.")
        return DEFAULT_AUTHOR

    def reviewing(self) -> Reviewing:
        """Return what GitHub shows of the reviews in this repository."""
        return Reviewing(self._api, self._name)

    def pull_request(self, number: int) -> PullRequest | None:
        """Return the pull request of a number, None if GitHub shows none."""
        try:
            pull, _ = self._api.get(f"{self._path}/pulls/{number:d}")
        except NotVisible:
            return None
        return _pull_request(pull)

    def pull_requests_of(self, commit: str) -> list[PullRequest]:
        """Return those that brought a commit, as GitHub's index has them, which lags some seconds behind a merge."""
        pages = self._api.pages(f"{self._path}/commits/{commit}/pulls")
        return [_pull_request(pull) for page in pages for pull in page if self._is_ours(pull)]

    def lately_closed(self) -> list[PullRequest]:
        """Return the last hundred that were closed or touched after that, which does not ask the index of commits.

        Evidence of what is in it only: what is not may be further back.
        """
        query = {"state": "closed", "sort": "updated", "direction": "desc"}
        first = next(self._api.pages(f"{self._path}/pulls", query))
        return [_pull_request(pull) for pull in first if self._is_ours(pull)]

    def any_merged(self) -> bool:
        """Return whether a pull request was ever merged, into whatever branch. Raises `Unavailable` where that is not
        sure.

        All are read, oldest first, until there is one. In this order none moves to a page that was read already.
        """
        query = {"state": "all", "sort": "created", "direction": "asc"}
        pages = self._api.pages(f"{self._path}/pulls", query)
        # It is the repository's own list: also what names no repository, or one of before a rename, is ours.
        return any(_pull_request(pull).merged for page in pages for pull in page)

    def comments(self, number: int) -> list[Post]:
        """Return all comments of a pull request, oldest first."""
        pages = self._api.pages(f"{self._path}/issues/{number:d}/comments")
        posts = {post.id: post for page in pages for post in map(_post, page)}
        return [posts[id] for id in sorted(posts)]

    def add_comment(self, number: int, body: str, arrived: Callable[[], Post | None]) -> Post:
        """`arrived` looks for the comment after an answer was lost."""
        answer = self._api.post(f"{self._path}/issues/{number:d}/comments", {"body": hide(body)}, arrived)
        return answer if isinstance(answer, Post) else _post(answer)

    def edit_comment(self, id: int, body: str) -> Post:
        return _post(self._api.patch(f"{self._path}/issues/comments/{id:d}", {"body": hide(body)}))

    def issues(self, state: str, author: str, *, labelled: bool) -> Iterator[list[Post]]:
        """Pages of the issues of an author that are `open` (oldest first) or `closed` (last touched first).

        No pull requests; if `labelled`, only those with our label. In these orders a list that changes while it is read
        shows an issue twice rather than not at all.
        """
        order = {"open": ("created", "asc"), "closed": ("updated", "desc")}[state]
        query = {"state": state, "sort": order[0], "direction": order[1], "creator": author}
        if labelled:
            query["labels"] = LABEL
        for page in self._api.pages(f"{self._path}/issues", query):
            yield [_issue(entry) for entry in page if "pull_request" not in entry]

    def add_issue(self, title: str, body: str, arrived: Callable[[], Post | None]) -> Post:
        content = {"title": hide(title), "body": hide(body), "labels": [LABEL]}
        answer = self._api.post(f"{self._path}/issues", content, arrived)
        return answer if isinstance(answer, Post) else _issue(answer)

    def edit_issue(self, issue: Post, body: str, *, open: bool) -> Post:
        change: dict[str, object] = {"body": hide(body), "state": "open" if open else "closed"}
        if LABEL not in issue.labels:
            change["labels"] = [*issue.labels, LABEL]
        return _issue(self._api.patch(f"{self._path}/issues/{issue.id:d}", change))

    def _is_ours(self, pull: Mapping[str, Any]) -> bool:
        """Return whether it is of this repository: a commit is shared with the forks, and so its list may be."""
        base = pull.get("base")
        repo = base.get("repo") if isinstance(base, dict) else None
        name = repo.get("full_name") if isinstance(repo, dict) else None
        return isinstance(name, str) and name.casefold() == self._name.casefold()


def _issue(value: object) -> Post:
    return _post(value, "number")


def _post(value: object, id: str = "id") -> Post:
    if isinstance(value, dict) and _is_number(value.get(id)):
        body, address = value.get("body"), value.get("html_url")
        if isinstance(body, str | None):
            url = address if isinstance(address, str) and re.fullmatch(r"https?://[!-~]{1,500}", address) else ""
            updated, is_open = read_instant(value.get("updated_at")), value.get("state", "open") == "open"
            created = read_instant(value.get("created_at"))
            return Post(value[id], login_of(value), body or "", url, updated, is_open, created, _labels(value))
    raise Unavailable("GitHub's answer is not a comment or an issue.", "Try again later.")


def _labels(value: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the labels; GitHub gives each as an object or as its name."""
    labels = value.get("labels")
    if not isinstance(labels, list):
        return ()
    names = [label.get("name") if isinstance(label, dict) else label for label in labels]
    return tuple(name for name in names if isinstance(name, str))


def _pull_request(value: object) -> PullRequest:
    try:
        pull: Any = value
        number, head, base = pull["number"], pull["head"]["sha"], pull["base"]["ref"]
        merged, merge_commit = pull["merged_at"], pull.get("merge_commit_sha") or ""
        if not _is_number(number) or not COMMIT.fullmatch(head) or (merged is not None and not read_instant(merged)):
            raise ValueError
        branch = _branch(pull["head"], pull["base"])
        return PullRequest(number, head, str(base), read_instant(merged), str(merge_commit), login_of(pull), branch)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unavailable("GitHub's answer is not a pull request.", "Try again later.") from None


def _branch(head: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    """Return the branch of a pull request in this repository; "" where it comes from a fork, or from one that is
    gone.
    """
    source, target = head.get("repo"), base.get("repo")
    ref = head.get("ref")
    same = isinstance(source, dict) and isinstance(target, dict) and source.get("id") == target.get("id")
    return ref if same and isinstance(ref, str) else ""


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63
