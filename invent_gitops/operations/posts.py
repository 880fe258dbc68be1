"""Our posts at GitHub: which repository, whose they are, and what to do where nothing can be posted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from invent_gitops.errors import InventGitopsError, Refused, Unavailable, WrongUsage
from invent_gitops.github import step
from invent_gitops.model.pull_request import Post, PullRequest, WorkflowEvent
from invent_gitops.operations.console import Console
from invent_gitops.render.github.annotations import Annotation
from invent_gitops.render.markdown.fit import Size
from invent_gitops.review.marker import encoded
from invent_gitops.review.merges import concerned
from invent_gitops.review.ownership import Ownership, OwnPost
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct

if TYPE_CHECKING:
    from invent_gitops.github.repository import Repository

# What a command wrote with --out.
JsonDocument = Mapping[str, Any]
# A document as Markdown of at most that many units, as the second argument counts them.
RenderPage = Callable[[int, Size], str]
DEPENDABOT = "dependabot[bot]"
Subject = Literal["comment", "issue", "approval"]


class PostResult(Struct, frozen=True):
    """What came of a command: `sentence` is for people, `reason` says why nothing was posted."""

    subject: Subject
    action: str
    sentence: str
    number: int = 0
    url: str = ""
    digest: str = ""
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "subject": self.subject,
            "action": self.action,
            "number": self.number or None,
            "url": self.url or None,
            "digest": self.digest or None,
            "reason": self.reason or None,
        }


class NowhereToPost(InventGitopsError):
    """There is no token, or no pull request: nothing is wrong, and the summary of the step has to do."""


class OwnPosts(Struct, frozen=True):
    """The posts in a repository that are ours."""

    repository: Repository
    ownership: Ownership

    def comments(self, number: int) -> list[OwnPost]:
        """Our comments on a pull request, oldest first."""
        return self.ownership.select(self.repository.comments(number), "plan", "report")

    def joint_comments(self, number: int) -> list[OwnPost]:
        """Our comments on a pull request about all workspaces, then those about the plan of single ones."""
        return self.ownership.select_joint(self.repository.comments(number))

    def results(self, number: int) -> list[OwnPost]:
        """Our comments with what came of the broadcasts of a pull request, oldest first."""
        return self.ownership.select(self.repository.comments(number), "result")

    def open_issues(self) -> list[OwnPost]:
        """Our open issues, oldest first: by author and label, and by author alone where none has the label."""
        for labelled in (True, False):
            pages = self.repository.issues("open", self.ownership.author, labelled=labelled)
            if issues := self.ownership.select((post for page in pages for post in page), "drift"):
                return issues
        return []

    def last_closed_issue(self) -> Post | None:
        """Our closed issue that was touched last; pages are read only until it is found."""
        for labelled in (True, False):
            for page in self.repository.issues("closed", self.ownership.author, labelled=labelled):
                if ids := {candidate.post.id for candidate in self.ownership.select(page, "drift")}:
                    return next(post for post in page if post.id in ids)
        return None

    def pull_request(self, event: WorkflowEvent) -> PullRequest:
        """Return the one that this run is about. Raises `NowhereToPost` if there is none."""
        if event.pull_request:
            pull = self.repository.pull_request(event.pull_request)
            if pull:
                return pull
            raise NowhereToPost(f"GitHub shows no pull request #{event.pull_request} to this token.")
        try:
            pull = concerned(self.repository.pull_requests_of(event.commit), event)
        except Refused as error:
            raise NowhereToPost(error.message) from None
        if not pull:
            raise NowhereToPost(f"The commit {event.commit[:7]} belongs to no pull request.")
        return pull


@contextmanager
def own_posts_in(event: WorkflowEvent, author: str | None, workspace: str) -> Iterator[OwnPosts]:
    """Our posts in the repository of an event, for a workspace or "". Raises `NowhereToPost` without a token."""
    from invent_gitops.github.repository import Repository
    from invent_gitops.github.rest import Rest, token_of

    token = token_of()
    if not token:
        raise NowhereToPost("There is no GITHUB_TOKEN.")
    with Rest(os.environ.get("GITHUB_API_URL", ""), token) as api:
        repository = Repository(api, event.repository)
        author = author or repository.author()
        yield OwnPosts(repository, Ownership(author, encoded(step.prefix(Path())), workspace))


def post_or_summarise(
    console: Console,
    subject: Subject,
    render: RenderPage | None,
    post: Callable[[OwnPosts], PostResult],
    event: WorkflowEvent,
    author: str | None,
    workspace: str,
) -> PostResult:
    """Post, and where that is not possible write to the summary of this step and say why.

    What a fork, a token or an event cannot do is no failure; that GitHub cannot be reached is one.
    """
    from invent_gitops.github.refusal import Forbidden, NotVisible

    try:
        with own_posts_in(event, author, workspace) as own:
            return post(own)
    except (NowhereToPost, Forbidden, NotVisible) as error:
        if not os.environ.get("GITHUB_STEP_SUMMARY"):
            raise WrongUsage(
                error.message, error.cure or "Run this in a step of a workflow that has a token."
            ) from None
        unwritten = summarised(render)
        sentence = unwritten or f"It is in the summary of this step, since there can be no {subject}."
        reason = _why_not_posted(error, event)
        tell(console, "warning" if render and unwritten else "notice", f"no {subject}", f"{reason} {sentence}")
        return PostResult(subject, "none" if unwritten else "summary", sentence, reason=reason)
    except Unavailable as error:
        sentence = summarised(render) or "It is in the summary of this step."
        tell(console, "warning", f"no {subject}", f"{error.message} {sentence}")
        raise


def _why_not_posted(error: InventGitopsError, event: WorkflowEvent) -> str:
    from invent_gitops.github.refusal import ClosedToAll, Forbidden

    if isinstance(error, Forbidden) and not isinstance(error, ClosedToAll):
        if event.fork:
            return "On a pull request from a fork, the token of a workflow can only read."
        if os.environ.get("GITHUB_ACTOR") == DEPENDABOT:
            return "In a run that Dependabot has started, the token can only read, whatever the job's permissions say."
    return f"{error.message} {error.cure}".strip()


def summarised(render: RenderPage | None) -> str:
    """Write to the summary of this step. Returns why not, or ""."""
    from invent_gitops.render.markdown.fit import in_bytes

    if not render:
        return "No comment needs the mark."
    return step.write_summary(render(max(0, step.summary_room() - 2), in_bytes))


def tell(console: Console, level: Literal["warning", "notice"], title: str, message: str) -> None:
    """Say something beside the result, as an annotation of the run where there is one."""
    in_workflow = os.environ.get("GITHUB_ACTIONS") == "true"
    console.note(Annotation(level, title, message).command("") if in_workflow else clean(message))
