"""What the commands of a workflow post: the page of a document, and the result that says where it is."""

from __future__ import annotations

from pathlib import Path

from invent_gitops.cli.result import Result, plain
from invent_gitops.errors import ExitCode
from invent_gitops.github import step
from invent_gitops.model.pull_request import WorkflowEvent
from invent_gitops.operations.posts import JsonDocument, PostResult, RenderPage
from invent_gitops.text.clean import clean


def renderer_of(document: JsonDocument, event: WorkflowEvent, *, with_plan: bool = True) -> RenderPage:
    """Return the page of a document as Markdown, with links to the files of the event's commit."""
    from invent_gitops.render.markdown.document import page

    links, run = step.files_address(Path(), commit=event.commit), step.run_address()
    more = f"[The summary of the run]({run}) has more room." if run else ""
    return lambda limit, size: page(document, files=links, limit=limit, size=size, with_plan=with_plan, elsewhere=more)


def result_of(post: PostResult) -> Result:
    """Return the result of a command that posts."""
    return Result("github", ExitCode.DONE, post.as_json, plain(clean(f"{post.sentence} {post.url}".strip())))
