"""`validate`: every problem of the input at once."""

from __future__ import annotations

from pathlib import Path

import click

from invent_gitops.cli.session import Session, common_options
from invent_gitops.cli.workspace import Workspace, open_workspace
from invent_gitops.errors import ExitCode
from invent_gitops.render.problems import problems_github, problems_text


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="json is the same as --json; github adds annotations for a workflow.",
)
@common_options
@click.pass_obj
def validate(session: Session, definitions: str | None, form: str) -> ExitCode:
    """Check all definitions, the project file and the segment catalogue.

    DEFINITIONS is the folder of all definitions; by default it is the project's. Every problem is
    shown with file, line and column, what is wrong, and the cure. Exit code 4 if there is any.
    """
    session.kind, session.json = "validation", session.json or form == "json"
    workspace = open_workspace(definitions)
    code = ExitCode.INVALID if workspace.problems else ExitCode.DONE
    if session.json:
        keys = [{"key": one.key, "name": one.request.name} for one in workspace.definitions]
        session.answer("validation", code, {"definitions": keys}, problems=workspace.problems)
    elif workspace.problems:
        session.result(problems_text(workspace.problems, session.style))
        if form == "github":
            from invent_gitops.github.step import prefix

            session.result(problems_github(workspace.problems, prefix(Path())))
    else:
        session.result(_good(workspace))
    return code


def _good(workspace: Workspace) -> str:
    count = len(workspace.definitions)
    if not count:
        return "There are no definitions yet. invent-gitops init writes an example."
    return f"{count} definition{' is' if count == 1 else 's are'} valid."
