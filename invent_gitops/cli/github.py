"""`github comment|outdated|approved|issue`: what a workflow tells the people who review."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from invent_gitops.cli.options import common_options, not_empty, plain_text
from invent_gitops.cli.posting import (
    Desk,
    Document,
    Done,
    NowhereToPost,
    Written,
    desk_for,
    merged_by,
    post_or_summarise,
    read_result,
    show,
    tell,
    workspace_of,
)
from invent_gitops.cli.session import Session
from invent_gitops.cli.several import chosen_name, workspace_option
from invent_gitops.errors import ExitCode, Refused, WrongUsage
from invent_gitops.github import step
from invent_gitops.github.event import Event, read_event
from invent_gitops.render.clean import clean

if TYPE_CHECKING:
    from invent_gitops.github.repository import Post, PullRequest
    from invent_gitops.render.comment import Marker

# Seconds between looks for a merge that GitHub does not show yet: where the message of the commit speaks of one, and
# where it does not.
LONG_WAITS = (1.0, 2.0, 4.0, 8.0, 15.0)
SHORT_WAITS = (1.0, 2.0)
BY_HAND = (
    "Run the workflow by hand with the digest of the plan (invent-gitops plan --json shows it), after somebody has "
    "reviewed that plan."
)

author_option: Callable[[Any], Any] = click.option(
    "--author", metavar="LOGIN", callback=not_empty, help="Whose comments and issues are ours; by default the token's."
)


@click.group()
@common_options
def github() -> None:
    """Keep the comment on a pull request and the issue about drift up to date.

    For steps of a workflow: reads GITHUB_TOKEN and what GitHub tells every step.
    """


@github.command()
@click.argument("file")
@author_option
@common_options
@click.pass_obj
def comment(session: Session, file: str, author: str | None) -> ExitCode:
    """Show a plan, or the outcome of an apply, in the one comment on the pull request.

    FILE is what plan --out or apply --out wrote. The comment is updated in place. Where there can be
    none (a fork, no token, no pull request), the summary of the step has the same.
    """
    from invent_gitops.cli.commenting import keep_comment

    session.kind = "github"
    document, event = read_result(file, "plan", "report"), read_event()
    # The comment keeps the plan that was reviewed, below the outcome.
    written = written_for(document, event, with_plan=False)

    def post(desk: Desk) -> Done:
        return keep_comment(session, desk, event, document, written)

    return show(session, post_or_summarise(session, "comment", written, post, event, author, workspace_of(document)))


@github.command()
@author_option
@workspace_option
@common_options
@click.pass_obj
def outdated(session: Session, author: str | None, workspace: str | None) -> ExitCode:
    """Mark the comment as outdated while a newer commit is being planned.

    Nobody should approve what will not be applied. A comment of the newest commit, and one that shows
    the outcome of an apply, is left as it is.
    """
    from invent_gitops.cli.commenting import mark_outdated

    session.kind = "github"
    event, name = read_event(), chosen_name(workspace)
    return show(
        session,
        post_or_summarise(session, "comment", None, lambda desk: mark_outdated(desk, event), event, author, name),
    )


@github.command()
@author_option
@workspace_option
@common_options
@click.pass_obj
def approved(session: Session, author: str | None, workspace: str | None) -> ExitCode:
    """Print the digest of the plan that the reviewers of the merged pull request saw.

    Also sets the outputs digest and pull_request of the step. Refuses (exit code 5) if the comment
    does not say it beyond doubt. A commit that came without a pull request has no digest, since nobody
    approved a plan.
    """
    session.kind = "github"
    event, name = read_event(), chosen_name(workspace)
    if event.pull_request:
        raise WrongUsage(
            "This run is about a pull request that is not merged yet.",
            "Use approved in a workflow that starts on: push.",
        )
    try:
        with desk_for(event, author, name) as desk:
            pull = find_merged(desk, event)
            post, marker = evidence(desk, pull) if pull else (None, None)
    except NowhereToPost as error:
        raise WrongUsage(error.message, "Set GITHUB_TOKEN; in a workflow to the expression github.token.") from None
    digest, number = marker.digest if marker else "", pull.number if pull else 0
    reason = step.write_outputs({"digest": digest, "pull_request": number or ""})
    if reason and os.environ.get("GITHUB_OUTPUT"):
        raise WrongUsage(reason, "Without its outputs, this step would approve nothing.")
    if not pull:
        said = f"The commit {event.commit[:7]} came without a pull request: nobody has approved a plan."
        tell(session, "notice", "no approved plan", said)
        return show(session, Done("approval", "none", "" if not session.json else said, reason=said))
    url = post.url if post else ""
    session.note(clean(f"The plan that was reviewed: {url}"))
    done = Done("approval", "approved", digest, number, url, digest)
    if session.json:
        return show(session, done)
    # Alone, for scripts.
    session.result(digest)
    return ExitCode.DONE


@github.command()
@click.argument("file")
@click.option(
    "--title",
    default="Broadcasts need a look",
    show_default=True,
    callback=plain_text,
    help="The title of a new issue; with the name of the workspace after it, if there are several.",
)
@author_option
@common_options
@click.pass_obj
def issue(session: Session, file: str, title: str, author: str | None) -> ExitCode:
    """Keep one issue about what needs a person: open while there is something, closed while all is well.

    FILE is what status --out, plan --out or apply --out wrote. It needs a person if the command did not
    end with 0, if the status says so, or if a plan of what is merged has something to create, blocked,
    refused or changed.
    """
    from invent_gitops.cli.commenting import keep_issue

    session.kind = "github"
    if not title:
        raise WrongUsage("--title is empty.", "Leave it out, or say what the issue is about.")
    document, event = read_result(file, "status", "plan", "report"), read_event()
    written, name = written_for(document, event), workspace_of(document)

    def post(desk: Desk) -> Done:
        return keep_issue(desk, event, document, written, f"{title} ({name})" if name else title)

    return show(session, post_or_summarise(session, "issue", written, post, event, author, name))


def written_for(document: Document, event: Event, *, with_plan: bool = True) -> Written:
    from invent_gitops.render.page import page

    files = step.files_address(Path(), commit=event.commit)
    return lambda limit, size: page(document, files=files, limit=limit, size=size, with_plan=with_plan)


def find_merged(desk: Desk, event: Event) -> PullRequest | None:
    """The pull request whose merge is the commit of this run, or None if it came without one. Raises `Refused`.

    GitHub's index of commits may be seconds behind a merge. So the number in the commit's message and
    the list of what was closed lately are looked at as well, and all of it some times over.
    """
    for wait in (*(LONG_WAITS if event.merged else SHORT_WAITS), None):
        found = merged_by(desk.repository.pull_requests_of(event.commit), event)
        if not found and event.merged:
            named = desk.repository.pull_request(event.merged)
            found = [one for one in [named] if one and one.merged and one.merge_commit == event.commit]
        if not found:
            lately = desk.repository.lately_closed()
            found = [one for one in lately if one.merged and one.merge_commit == event.commit]
        if len(found) > 1:
            numbers = ", ".join(f"#{one.number}" for one in found[:10])
            raise Refused(f"The commit {event.commit[:7]} belongs to several pull requests: {numbers}.", BY_HAND)
        if found:
            return found[0]
        if wait is not None:
            time.sleep(wait)
    return None


def evidence(desk: Desk, pull: PullRequest) -> tuple[Post, Marker]:
    """The comment that says what reviewers of a merged pull request saw. Raises `Refused` for any doubt."""
    from invent_gitops.render.comment import OPENING

    posts = desk.repository.comments(pull.number)
    shown = f"of pull request #{pull.number}{f' for the workspace {desk.workspace}' if desk.workspace else ''}"
    ours = desk.ours(posts, "plan", "report")
    if not ours:
        edited = any(desk.wrote(post) and post.body.startswith(OPENING) for post in posts)
        why = "was edited, or is about another project or workspace" if edited else f"by {desk.author} is not there"
        raise Refused(f"The comment {shown} that shows its plan {why}.", BY_HAND)
    if len({(marker.commit, marker.digest, marker.status) for _, marker in ours}) > 1:
        raise Refused(f"Several comments {shown} show a plan, and not the same.", BY_HAND)
    post, marker = ours[0]
    if marker.commit != pull.head:
        raise Refused(
            f"The comment {shown} shows the plan of commit {marker.commit[:7]}, and {pull.head[:7]} was merged.",
            BY_HAND,
        )
    if marker.status != "current":
        raise Refused(f"The comment {shown} is marked as outdated.", BY_HAND)
    if not marker.digest:
        raise Refused(f"The comment {shown} shows no plan: there was none to review.", BY_HAND)
    # Once there is an outcome, the comment has been written since; its digest was checked before.
    if marker.kind == "plan" and pull.merged and not (post.updated and post.updated <= pull.merged):
        raise Refused(f"The comment {shown} was written after the merge, so nobody has reviewed it.", BY_HAND)
    return post, marker
