"""The pages that `github` posts: from a document, with the addresses that a run of a workflow knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from invent_gitops.cli.options import not_empty
from invent_gitops.cli.result import Result, plain
from invent_gitops.errors import ExitCode
from invent_gitops.github import step
from invent_gitops.model.pull_request import WorkflowEvent
from invent_gitops.operations.posts import JsonDocument, PostResult, RenderPage
from invent_gitops.text.clean import clean


def _own_artifact(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """Return a callback for --calendar-url: the address of an artifact of this very run, "" for none.

    The comment is where people approve, so it links to nothing that another run or another server has made.
    """
    not_empty(ctx, parameter, value)
    if value and not step.is_own_artifact(value):
        raise click.BadParameter(
            "it is not an artifact of this run. Give the output artifact-url of actions/upload-artifact.",
            ctx,
            parameter,
        )
    return value or ""


calendar_option: Callable[[Any], Any] = click.option(
    "--calendar-url",
    metavar="URL",
    callback=_own_artifact,
    help="Link a plan to its calendar, which this run has uploaded as an artifact.",
)


def renderer_of(
    document: JsonDocument, event: WorkflowEvent, *, with_plan: bool = True, calendar: str = ""
) -> RenderPage:
    """Return the page of a document as Markdown, with links to the files of the event's commit.

    `calendar` is the address of the calendar of a plan, "" for none.
    """
    from invent_gitops.installation import docs_address
    from invent_gitops.render.markdown.document import page

    links, run = step.files_address(Path(), commit=event.commit), step.run_address()
    more = f"[The summary of the run]({run}) has more room." if run else ""
    guide = docs_address("change-or-cancel.md")
    return lambda limit, size: page(
        document,
        files=links,
        limit=limit,
        size=size,
        with_plan=with_plan,
        elsewhere=more,
        calendar=calendar,
        guide=guide,
    )


def result_of(post: PostResult) -> Result:
    """Return the result of a command that posts."""
    return Result("github", ExitCode.DONE, post.as_json, plain(clean(f"{post.sentence} {post.url}".strip())))
