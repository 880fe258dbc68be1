"""What the commands of `github` share: the document, the repository, whose posts are ours, and what to do without."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from invent_gitops.cli.session import Session
from invent_gitops.errors import InvalidInput, InventGitopsError, Refused, Unavailable, WrongUsage
from invent_gitops.github import step
from invent_gitops.github.event import Event
from invent_gitops.operations.console import Console
from invent_gitops.operations.project import chosen_file
from invent_gitops.plan.approval import BY_HAND
from invent_gitops.render.github.annotations import Annotation
from invent_gitops.render.markdown.fit import Size
from invent_gitops.text.clean import clean

if TYPE_CHECKING:
    from invent_gitops.github.repository import Post, PullRequest, Repository
    from invent_gitops.review.comment import Kind, Marker, Status

Document = Mapping[str, Any]
# A document as Markdown of at most so much, in what the second argument counts.
Written = Callable[[int, Size], str]
DEPENDABOT = "dependabot[bot]"
# GitHub stamps what it merges together within seconds.
AT_ONCE = timedelta(minutes=1)
Subject = Literal["comment", "issue", "approval"]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command: `said` is the sentence for people, `reason` says why nothing was posted."""

    subject: Subject
    action: str
    said: str
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


@dataclass(frozen=True, slots=True)
class Desk:
    """The repository, and whose posts in it are ours."""

    repository: Repository
    author: str
    project: str
    workspace: str = ""

    def ours(self, posts: Sequence[Post], *kinds: str) -> list[tuple[Post, Marker]]:
        """Our posts about this project or workspace, oldest first: by who wrote them and by what they begin with."""
        from invent_gitops.review.comment import encoded, read_marker

        mine = [(post, read_marker(post.body)) for post in posts if self.wrote(post)]
        found = [(post, marker) for post, marker in mine if marker and marker.kind in kinds]
        whose = self.project, encoded(self.workspace)
        found = [(post, marker) for post, marker in found if (marker.project, marker.workspace) == whose]
        return sorted([one for one in found if one[1].status != "superseded"], key=lambda one: one[0].id)

    def marker(self, kind: Kind, commit: str, digest: str, status: Status = "current") -> Marker:
        """What a post of ours about this project or workspace is to begin with."""
        from invent_gitops.review.comment import Marker, encoded

        return Marker(kind, self.project, commit, digest, status, encoded(self.workspace))

    def wrote(self, post: Post) -> bool:
        # The account of an author may be gone; nobody is not us.
        return bool(post.author) and post.author.lower() == self.author.lower()

    def pull_request(self, event: Event) -> PullRequest:
        """The one that this run is about. Raises `NowhereToPost` if there is none."""
        if event.pull_request:
            found = self.repository.pull_request(event.pull_request)
            if found:
                return found
            raise NowhereToPost(f"GitHub shows no pull request #{event.pull_request} to this token.")
        known = self.repository.pull_requests_of(event.commit)
        heads = [one for one in known if not one.merged and one.head == event.commit]
        try:
            merged = merged_by(known, event)
        except Refused as error:
            raise NowhereToPost(error.message) from None
        candidates = merged or (heads if len(heads) == 1 else [])
        if not candidates:
            raise NowhereToPost(f"The commit {event.commit[:7]} belongs to no pull request.")
        return candidates[0]


@contextmanager
def desk_for(event: Event, author: str | None, workspace: str) -> Iterator[Desk]:
    """The repository of an event, for a workspace or "". Raises `NowhereToPost` without a token."""
    from invent_gitops.github.repository import Repository
    from invent_gitops.github.rest import Rest, token_of
    from invent_gitops.review.comment import encoded

    token = token_of()
    if not token:
        raise NowhereToPost("There is no GITHUB_TOKEN.")
    with Rest(os.environ.get("GITHUB_API_URL", ""), token) as rest:
        repository = Repository(rest, event.repository)
        yield Desk(repository, author or repository.author(), encoded(step.prefix(Path())), workspace)


def merged_by(known: Sequence[PullRequest], event: Event) -> list[PullRequest]:
    """Of the pull requests of a commit, those that were merged with it into the branch of this run.

    GitHub's older answers name the merge commit, and that decides. Else they are all that were merged, which must have
    been at once. Raises `Refused` where they were merged one after the other: any of them may have brought the commit.
    """
    # What was reviewed for another branch was not reviewed for this one.
    merged = [one for one in known if one.merged and event.branch in ("", one.base)]
    # What another commit has merged did not come with this push.
    pushed = ("", event.commit, *event.commits)
    merged = [one for one in merged if one.merge_commit in pushed]
    exact = [one for one in merged if one.merge_commit == event.commit]
    if exact or not merged:
        return exact
    if not all(at_once(one, merged[0]) for one in merged):
        numbers = " and ".join(f"#{one.number}" for one in sorted(merged, key=lambda one: one.number))
        raise Refused(f"GitHub does not say which of {numbers} merged the commit {event.commit[:7]}.", BY_HAND)
    return merged


def at_once(one: PullRequest, other: PullRequest) -> bool:
    """Whether two were merged together, as a merge queue does, or one with what it was built on."""
    return bool(one.merged and other.merged and abs(one.merged - other.merged) < AT_ONCE)


def workspace_of(document: Document) -> str:
    """The workspace that a document is about; "" without. Raises `InvalidInput` for what is no name of one."""
    name = document.get("workspace") or ""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]*", name):
        raise InvalidInput(f"The document names a workspace that cannot be: {name!r}.", "Write it again.")
    return name


def read_result(path: str, *kinds: str) -> Document:
    """A document of one of these kinds, as --out of a command wrote it. Raises `InvalidInput`."""
    commands = " or ".join(f"{'apply' if kind == 'report' else kind} --out" for kind in kinds)
    cure = f"Name a file of {commands}, and skip this step if the one that writes it did not run."
    try:
        found = json.loads(chosen_file(path, "The document").read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", cure) from None
    except (ValueError, RecursionError):
        raise InvalidInput(f"{path} is no JSON.", cure) from None
    if not isinstance(found, dict) or found.get("kind") not in kinds:
        raise InvalidInput(f"{path} is no document that goes here.", cure)
    from invent_gitops.render.markdown.document import page

    # What cannot be shown is found out before anything is asked of GitHub.
    page(found, limit=1_000)
    # The page of a command that failed shows no counts.
    if not isinstance(found.get("counts") or {}, dict):
        raise InvalidInput(f"{path} was edited: its counts are no counts.", cure)
    checked: Document = found
    return checked


def post_or_summarise(
    session: Session,
    subject: Subject,
    written: Written | None,
    post: Callable[[Desk], Done],
    event: Event,
    author: str | None,
    workspace: str,
) -> Done:
    """Post, and where that is not possible write to the summary of this step and say why.

    What a fork, a token or an event cannot do is no failure; that GitHub cannot be reached is one.
    """
    from invent_gitops.github.refusal import Forbidden, Missing, Shut

    try:
        with desk_for(event, author, workspace) as desk:
            return post(desk)
    except (NowhereToPost, Forbidden, Missing) as error:
        if not os.environ.get("GITHUB_STEP_SUMMARY"):
            raise WrongUsage(
                error.message, error.cure or "Run this in a step of a workflow that has a token."
            ) from None
        why = f"{error.message} {error.cure}".strip()
        refused = isinstance(error, Forbidden) and not isinstance(error, Shut)
        if event.fork and refused:
            why = "On a pull request from a fork, the token of a workflow can only read."
        elif os.environ.get("GITHUB_ACTOR") == DEPENDABOT and refused:
            why = "In a run that Dependabot has started, the token can only read, whatever the job's permissions say."
        unwritten = summarised(written)
        said = unwritten or f"It is in the summary of this step, since there can be no {subject}."
        tell(session, "warning" if written and unwritten else "notice", f"no {subject}", f"{why} {said}")
        return Done(subject, "none" if unwritten else "summary", said, reason=why)
    except Unavailable as error:
        said = summarised(written) or "It is in the summary of this step."
        tell(session, "warning", f"no {subject}", f"{error.message} {said}")
        raise


def summarised(written: Written | None) -> str:
    """Write to the summary of this step. Returns why not, or ""."""
    from invent_gitops.render.markdown.fit import in_bytes

    if not written:
        return "There is nothing to mark."
    return step.write_summary(written(max(0, step.summary_room() - 2), in_bytes))


def tell(console: Console, level: Literal["warning", "notice"], title: str, message: str) -> None:
    """Say something beside the result, as an annotation of the run where there is one."""
    in_workflow = os.environ.get("GITHUB_ACTIONS") == "true"
    console.note(Annotation(level, title, message).command("") if in_workflow else clean(message))
