"""`github comment|outdated|approved|issue|check`: what a workflow tells reviewers, and a check of its set-up."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from invent_gitops.cli.document_options import NAME, FormatOption
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, files, not_empty, plain_text
from invent_gitops.cli.out_file import remove_document, write_document
from invent_gitops.cli.output import delivered
from invent_gitops.cli.posted_pages import calendar_option, renderer_of, result_of
from invent_gitops.cli.result import Result, plain
from invent_gitops.cli.saved_document import read_document, read_documents, workspace_of
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspace_option import chosen_name, workspace_option
from invent_gitops.errors import ExitCode, Unavailable, WrongUsage
from invent_gitops.github import step
from invent_gitops.github.event import read_event
from invent_gitops.model.pull_request import WorkflowEvent
from invent_gitops.operations.posts import (
    NowhereToPost,
    OwnPosts,
    PostResult,
    own_posts_in,
    post_or_summarise,
    tell,
)
from invent_gitops.plan.approval import UNAPPROVED
from invent_gitops.text.clean import clean

if TYPE_CHECKING:
    from invent_gitops.review.approval import ApprovalResult

author_option: Callable[[Any], Any] = click.option(
    "--author",
    metavar="LOGIN",
    callback=not_empty,
    help="Author of our comments and issues.  [default: the owner of the token]",
)


@click.group()
@common_options
def github() -> None:
    """Keep the comment on a pull request and the issue about drift up to date.

    These commands are steps of a workflow. They read GITHUB_TOKEN and the variables that GitHub sets
    for each step. check also runs on your machine.
    """


@github.command()
@click.argument("file")
@calendar_option
@author_option
@common_options
@answers("github")
def comment(session: Session, file: str, calendar_url: str, author: str | None) -> Result:
    """Show a plan, or the outcome of an apply, in one comment on the pull request.

    FILE is a document of plan --out or apply --out. With {workspace} in its name, as for plan --all,
    one comment shows the plans of all workspaces that change. comment edits its comment in place. It
    adds no comment while nothing changes.

    A run of a fork, without a token or without a pull request cannot comment. The summary of the step
    then shows the same page.
    """
    if NAME in file:
        return _comment_of_all(session, file, calendar_url, author)
    from invent_gitops.operations.keep_comment import keep_comment
    from invent_gitops.operations.review_notice import with_review_of_fork

    document, event = read_document(file, "plan", "report"), read_event()
    # The comment keeps the plan that was reviewed, below the outcome.
    render_of = partial(renderer_of, event=event, with_plan=False, calendar=calendar_url)
    render = render_of(with_review_of_fork(document) if event.fork else document)

    def post(own: OwnPosts) -> PostResult:
        return keep_comment(session, own, event, document, render_of)

    return result_of(post_or_summarise(session, "comment", render, post, event, author, workspace_of(document)))


def _comment_of_all(session: Session, pattern: str, calendar_url: str, author: str | None) -> Result:
    from invent_gitops.operations.keep_joint import joint_renderer, keep_joint_comment
    from invent_gitops.operations.review_notice import with_review_of_fork
    from invent_gitops.render.markdown.plan import calendar_line

    documents, event = read_documents(pattern), read_event()
    render_of = partial(renderer_of, event=event)
    summarised = {name: with_review_of_fork(it) for name, it in documents.items()} if event.fork else documents
    note = calendar_line(calendar_url)
    render = joint_renderer(summarised, render_of, note)

    def post(own: OwnPosts) -> PostResult:
        return keep_joint_comment(session, own, event, documents, render_of, note)

    return result_of(post_or_summarise(session, "comment", render, post, event, author, ""))


@github.command()
@author_option
@workspace_option
@click.option("--all", "every", is_flag=True, help="Mark the comment that shows the plans of all workspaces.")
@common_options
@answers("github")
def outdated(session: Session, author: str | None, workspace: str | None, every: bool) -> Result:
    """Mark the comment as outdated while a newer commit is being planned.

    This keeps reviewers from approving a plan that will not be applied. outdated does not change a
    comment of the newest commit, or one that shows the outcome of an apply.
    """
    from invent_gitops.operations.keep_comment import mark_all_outdated, mark_outdated

    if every and workspace:
        raise WrongUsage("--workspace and --all cannot be combined.", "Give one of them.")
    event, name = read_event(), "" if every else chosen_name(workspace)
    mark = mark_all_outdated if every else mark_outdated
    return result_of(post_or_summarise(session, "comment", None, lambda own: mark(own, event), event, author, name))


@github.command()
@author_option
@click.option(
    "--out",
    metavar="FILE",
    callback=not_empty,
    shell_complete=files,
    help="File for the approved plan, for apply --plan.",
)
@click.option("--required", is_flag=True, help="Exit with 5 unless a plan is certainly approved.")
@workspace_option
@common_options
@answers("github")
def approved(session: Session, author: str | None, out: str | None, required: bool, workspace: str | None) -> Result:
    """Print the digest of the plan that the reviewers of the merged pull request saw.

    The step gets the outputs digest, plan, pull_request, approvals and reason. The digest is the word
    unapproved if the comment or the reviews do not prove an approval. With it, apply --approved
    creates nothing. The rule for the reviews is `review:` in the project file of the base branch.

    A commit without a pull request is unapproved too, once the repository has merged any pull request.
    Before that the digest is empty, and nobody has to approve.
    """
    from invent_gitops.github.refusal import PERMISSIONS, Forbidden
    from invent_gitops.operations.find_approval import find_approval
    from invent_gitops.review.approval import NoPlanShown
    from invent_gitops.review.signoff import MOST_REVIEWERS, unnamed_reviewers

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
        with own_posts_in(event, author, name) as own:
            approval = find_approval(own, event)
    except Forbidden as error:
        needs = "Give the job the permissions pull-requests: read and contents: read."
        cure = needs if error.cure == PERMISSIONS else error.cure
        raise Unavailable(error.message, cure) from None
    except NowhereToPost as error:
        raise WrongUsage(error.message, "Set GITHUB_TOKEN; in a workflow to the expression github.token.") from None
    if required and approval.doubts:
        raise approval.doubts[0]
    if out and approval.plan:
        write_document(out, "plan", approval.plan.as_document())
    reason = " ".join(doubt.message for doubt in approval.doubts)
    write_step_outputs(approval, event, out, reason)
    for doubt in approval.doubts:
        # Without a digest nobody is asked here, and that needs no cure.
        message = f"{doubt.message} {doubt.cure}" if approval.digest else doubt.message
        is_warning = approval.digest and not isinstance(doubt, NoPlanShown)
        tell(session, "warning" if is_warning else "notice", "no approved plan", message)
    for comment in approval.comments:
        session.note(clean(f"The plan that was reviewed: {comment.post.url}"))
        if comment.reviewers:
            session.note(clean(f"Approved by {', '.join(comment.reviewers)}."))
        if unnamed := unnamed_reviewers(comment):
            session.note(
                f"The output approvals names {MOST_REVIEWERS} of them; the record will not name {unnamed} more."
            )
    # Alone, for scripts.
    reviewers = sorted({login for comment in approval.comments for login in comment.reviewers})
    return Result(
        "github",
        ExitCode.DONE,
        lambda: approved_as(approval, reason).as_json() | {"reviewers": reviewers},
        plain(approval.digest),
    )


def write_step_outputs(approval: ApprovalResult, event: WorkflowEvent, out: str | None, reason: str) -> None:
    """Set the outputs of the step. Raises `WrongUsage` where a workflow could not read them."""
    from invent_gitops.review.signoff import write_signoffs

    approves = approval.digest and approval.digest != UNAPPROVED
    values = {
        "digest": approval.digest,
        "plan": out if out and approval.plan else "",
        "pull_request": " ".join(str(pull.number) for pull in approval.pulls),
        "reason": reason,
        "approvals": write_signoffs(approval.comments, step.pulls_address(event.repository)) if approves else "",
    }
    unset = step.write_outputs(values)
    if unset and os.environ.get("GITHUB_OUTPUT"):
        raise WrongUsage(unset, "Without its outputs, this step would approve nothing.")


def approved_as(approval: ApprovalResult, reason: str) -> PostResult:
    """Return what was approved, for a program."""
    action = "none" if not approval.digest else "unapproved" if approval.digest == UNAPPROVED else "approved"
    number = approval.pulls[0].number if approval.pulls else 0
    url = approval.comments[0].post.url if approval.comments else ""
    digest = approval.digest if action == "approved" else ""
    return PostResult("approval", action, reason, number, url, digest, reason)


@github.command()
@click.argument("file")
@click.option(
    "--title",
    default="Broadcasts need a look",
    show_default=True,
    callback=plain_text,
    help="Title of a new issue. The name of a workspace is added to it.",
)
@author_option
@common_options
@answers("github")
def issue(session: Session, file: str, title: str, author: str | None) -> Result:
    """Keep one issue open while something needs a person, and close it afterwards.

    FILE is a document of status --out, plan --out or apply --out. The issue is open if the command
    failed or the status needs a person. It is also open if a plan of merged files has creates, blocked
    keys, refusals or changes.

    With a status, issue also comments the results on the pull requests of broadcasts sent lately.
    """
    from invent_gitops.operations.keep_comment import keep_issue
    from invent_gitops.operations.keep_results import keep_results

    if not title:
        raise WrongUsage("--title is empty.", "Leave it out, or say what the issue is about.")
    document, event = read_document(file, "status", "plan", "report"), read_event()
    render, name = renderer_of(document, event), workspace_of(document)

    def post(own: OwnPosts) -> PostResult:
        kept = keep_issue(own, event, document, render, f"{title} ({name})" if name else title)
        keep_results(session, own, document)
        return kept

    return result_of(post_or_summarise(session, "issue", render, post, event, author, name))


@github.command()
@click.option(
    "--branch",
    metavar="NAME",
    callback=not_empty,
    help="Branch whose merges are applied.  [default: applies_from, else GitHub's]",
)
@click.option("--format", "form", cls=FormatOption, kind="setup", help="Output format.")
@common_options
@delivered
@answers("setup")
def check(session: Session, form: str, branch: str | None) -> Result:
    """Check the set-up of the repository on GitHub, and print the commands that fix it.

    check reads the rules of the branches, the environment and the names of the secrets. It also reads
    the workflows and CODEOWNERS. It changes nothing. The repository is GITHUB_REPOSITORY, else the
    remote origin.

    Exit code 5 means that something is missing or loose. 6 means that GitHub does not show something
    to this token.
    """
    from invent_gitops.operations.check_setup import check_repository
    from invent_gitops.render.documents.setup import setup_json
    from invent_gitops.render.text.setup import setup_text
    from invent_gitops.review.setup_check import exit_code_of

    setup = check_repository(branch)
    return Result(
        "setup", exit_code_of(setup), lambda: setup_json(setup), lambda display: setup_text(setup, display.style)
    )
