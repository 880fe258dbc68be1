"""What can be done with the comment on a pull request, and with the issue about drift."""

from __future__ import annotations

from typing import ClassVar

from invent_gitops.model.pull_request import Post
from invent_gitops.values import Struct


class Create(Struct, frozen=True):
    """Add a post. `sentence` says what was done, as in each of these; `action` is the same for programs."""

    body: str
    sentence: str
    action: ClassVar[str] = "created"


class Edit(Struct, frozen=True):
    """Write another body into a post."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "updated"


class Keep(Struct, frozen=True):
    """The post says so already."""

    post: Post
    sentence: str
    action: ClassVar[str] = "unchanged"


class Leave(Struct, frozen=True):
    """Write nothing. `post` is what stays, None where there is none; `reason` is for people, "" where it needs none."""

    post: Post | None
    sentence: str
    reason: str = ""

    @property
    def action(self) -> str:
        """The action for programs."""
        return "left" if self.post else "none"


class Supersede(Struct, frozen=True):
    """Let a second post say that another one counts; a second issue is closed."""

    post: Post
    body: str


class MarkOutdated(Struct, frozen=True):
    """Write into a comment that its plan is outdated."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "outdated"


class Reopen(Struct, frozen=True):
    """Open a closed issue again, with another body."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "reopened"


class Close(Struct, frozen=True):
    """Close an issue, with another body."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "closed"


# What is done with the post that stays, and with the others.
CommentAction = Create | Edit | Keep | Leave | MarkOutdated
IssueAction = Create | Edit | Keep | Leave | Reopen | Close
