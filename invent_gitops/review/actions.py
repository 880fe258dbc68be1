"""What can be done with the comment on a pull request, and with the issue about drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from invent_gitops.model.pull_request import Post


@dataclass(frozen=True, slots=True)
class Create:
    """Add a post. `sentence` says what was done, as in each of these; `action` is the same for programs."""

    body: str
    sentence: str
    action: ClassVar[str] = "created"


@dataclass(frozen=True, slots=True)
class Edit:
    """Write another body into a post."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "updated"


@dataclass(frozen=True, slots=True)
class Keep:
    """The post says so already."""

    post: Post
    sentence: str
    action: ClassVar[str] = "unchanged"


@dataclass(frozen=True, slots=True)
class Leave:
    """Write nothing. `post` is what stays, None where there is none; `reason` is for people, "" where it needs none."""

    post: Post | None
    sentence: str
    reason: str = ""

    @property
    def action(self) -> str:
        """The action for programs."""
        return "left" if self.post else "none"


@dataclass(frozen=True, slots=True)
class Supersede:
    """Let a second post say that another one counts; a second issue is closed."""

    post: Post
    body: str


@dataclass(frozen=True, slots=True)
class MarkOutdated:
    """Write into a comment that its plan is outdated."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "outdated"


@dataclass(frozen=True, slots=True)
class Reopen:
    """Open a closed issue again, with another body."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "reopened"


@dataclass(frozen=True, slots=True)
class Close:
    """Close an issue, with another body."""

    post: Post
    body: str
    sentence: str
    action: ClassVar[str] = "closed"


# What is done with the post that stays, and with the others.
CommentAction = Create | Edit | Keep | Leave | MarkOutdated
IssueAction = Create | Edit | Keep | Leave | Reopen | Close
