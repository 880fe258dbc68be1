"""`github comment|outdated|approved|issue`: what a workflow tells the people who review."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, files, not_empty, plain_text
from invent_gitops.cli.out_file import remove_document, write_document
from invent_gitops.cli.result import Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspace_option import chosen_name, workspace_option
from invent_gitops.errors import ExitCode, Unavailable, WrongUsage
from invent_gitops.github import step
from invent_gitops.github.event import Event, read_event
from invent_gitops.operations.posts import (
    Desk,
    Document,
    Done,
    NowhereToPost,
    Written,
    desk_for,
    post_or_summarise,
    read_result,
    tell,
    workspace_of,
)
from invent_gitops.plan.approval import UNAPPROVED
from invent_gitops.text.clean import clean

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
@answers("github")
def comment(session: Session, file: str, author: str | None) -> Result:
    """Show a plan, or the outcome of an apply, in the one comment on the pull request.

    FILE is what plan --out or apply --out wrote. The comment is updated in place. Where there can be
    none (a fork, no token, no pull request), the summary of the step has the same.
    """
    from invent_gitops.operations.keep_comment import keep_comment

    document, event = read_result(file, "plan", "report"), read_event()
    # The comment keeps the plan that was reviewed, below the outcome.
    written = written_for(document, event, with_plan=False)

    def post(desk: Desk) -> Done:
        return keep_comment(session, desk, event, document, written)

    return _posted(post_or_summarise(session, "comment", written, post, event, author, workspace_of(document)))


@github.command()
@author_option
@workspace_option
@common_options
@answers("github")
def outdated(session: Session, author: str | None, workspace: str | None) -> Result:
    """Mark the comment as outdated while a newer commit is being planned.

    Nobody should approve what will not be applied. A comment of the newest commit, and one that shows
    the outcome of an apply, is left as it is.
    """
    from invent_gitops.operations.keep_comment import mark_outdated

    event, name = read_event(), chosen_name(workspace)
    return _posted(
        post_or_summarise(session, "comment", None, lambda desk: mark_outdated(desk, event), event, author, name),
    )


@github.command()
@author_option
@click.option(
    "--out", metavar="FILE", callback=not_empty, shell_complete=files, help="Write the plan for apply --plan, if any."
)
@click.option("--required", is_flag=True, help="Refuse (exit code 5) where nobody has approved a plan beyond doubt.")
@workspace_option
@common_options
@answers("github")
def approved(session: Session, author: str | None, out: str | None, required: bool, workspace: str | None) -> Result:
    """Print the digest of the plan that the reviewers of the merged pull request saw.

    Sets the outputs digest, plan (the FILE of --out, if it was written), pull_request and reason of the step. Where
    the comment does not say beyond doubt what was approved, it warns, and the digest is the word unapproved: with it,
    apply --approved creates nothing. So it is for a commit that came without a pull request, as soon as one was ever
    merged; before that it has no digest, since nobody was asked.
    """
    from invent_gitops.github.refusal import PERMISSIONS, Forbidden
    from invent_gitops.operations.find_approval import look_up

    event, name = read_event(), chosen_name(workspace)
    if event.pull_request:
        raise WrongUsage(
            "This run is about a pull request that is not merged yet.",
            "Use approved in a workflow that starts on: push.",
        )
    # An older one must not be taken for this run's.
    if out:
        remove_document(out, "plan")
    try:
        with desk_for(event, author, name) as desk:
            found = look_up(desk, event)
    except Forbidden as error:
        cure = "Give the job the permission pull-requests: read." if error.cure == PERMISSIONS else error.cure
        raise Unavailable(error.message, cure) from None
    except NowhereToPost as error:
        raise WrongUsage(error.message, "Set GITHUB_TOKEN; in a workflow to the expression github.token.") from None
    if required and found.doubts:
        raise found.doubts[0]
    if out and found.plan:
        write_document(out, "plan", found.plan.as_document())
    reason = " ".join(doubt.message for doubt in found.doubts)
    values = {
        "digest": found.digest,
        "plan": out if out and found.plan else "",
        "pull_request": " ".join(str(pull.number) for pull in found.pulls),
        "reason": reason,
    }
    unset = step.write_outputs(values)
    if unset and os.environ.get("GITHUB_OUTPUT"):
        raise WrongUsage(unset, "Without its outputs, this step would approve nothing.")
    for doubt in found.doubts:
        # Without a digest nobody is asked here, and that needs no cure.
        told = f"{doubt.message} {doubt.cure}" if found.digest else doubt.message
        tell(session, "warning" if found.digest else "notice", "no approved plan", told)
    for one in found.evidence:
        session.note(clean(f"The plan that was reviewed: {one.post.url}"))
    action = "none" if not found.digest else "unapproved" if found.digest == UNAPPROVED else "approved"
    number = found.pulls[0].number if found.pulls else 0
    url = found.evidence[0].post.url if found.evidence else ""
    shown = found.digest if action == "approved" else ""
    done = Done("approval", action, reason, number, url, shown, reason)
    # The digest alone, for scripts.
    return Result("github", ExitCode.DONE, done.as_json, plain(found.digest))


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
@answers("github")
def issue(session: Session, file: str, title: str, author: str | None) -> Result:
    """Keep one issue about what needs a person: open while there is something, closed while all is well.

    FILE is what status --out, plan --out or apply --out wrote. It needs a person if the command did not
    end with 0, if the status says so, or if a plan of what is merged has something to create, blocked,
    refused or changed.
    """
    from invent_gitops.operations.keep_comment import keep_issue

    if not title:
        raise WrongUsage("--title is empty.", "Leave it out, or say what the issue is about.")
    document, event = read_result(file, "status", "plan", "report"), read_event()
    written, name = written_for(document, event), workspace_of(document)

    def post(desk: Desk) -> Done:
        return keep_issue(desk, event, document, written, f"{title} ({name})" if name else title)

    return _posted(post_or_summarise(session, "issue", written, post, event, author, name))


def written_for(document: Document, event: Event, *, with_plan: bool = True) -> Written:
    from invent_gitops.render.markdown.document import page

    links, run = step.files_address(Path(), commit=event.commit), step.run_address()
    rest = f"[The summary of the run]({run}) has more room." if run else ""
    return lambda limit, size: page(document, files=links, limit=limit, size=size, with_plan=with_plan, rest=rest)


def _posted(done: Done) -> Result:
    return Result("github", ExitCode.DONE, done.as_json, plain(clean(f"{done.said} {done.url}".strip())))
