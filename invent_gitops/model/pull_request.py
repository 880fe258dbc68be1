"""What GitHub shows of a pull request, of its comments and of the run that looks at it."""

from __future__ import annotations

from datetime import datetime

from invent_gitops.values import Struct


class WorkflowEvent(Struct, frozen=True):
    """`commit` is what was planned or applied: the head of the pull request, else the commit of the run.

    `pull_request` is 0 where the event names none; `branch` is what was pushed to; `merged` is the number
    that the first line of the pushed commit's message names as merged, which anybody can write. `push` is
    whether commits were pushed, and `commits` are the last of them but for `commit`. `before` is where the branch was
    before the push, "" where the event does not say.
    """

    repository: str
    commit: str
    pull_request: int = 0
    branch: str = ""
    merged: int = 0
    fork: bool = False
    push: bool = False
    commits: tuple[str, ...] = ()
    before: str = ""


class Post(Struct, frozen=True):
    """A comment or an issue: `id` is what its address ends with."""

    id: int
    author: str
    body: str
    url: str
    updated: datetime | None
    open: bool = True
    created: datetime | None = None
    labels: tuple[str, ...] = ()


class PullRequest(Struct, frozen=True):
    """`merge_commit` is "" where GitHub does not say it, as from version 2026-03-10 of its API on.

    `author` is the login of who opened it, "" for an account that is gone. `branch` is where it comes from, "" where
    that is in another repository.
    """

    number: int
    head: str
    base: str
    merged: datetime | None
    merge_commit: str
    author: str = ""
    branch: str = ""
