"""`validate`: every problem of the input at once."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import partial

import click

from invent_gitops.cli.document_options import FormatOption
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, folders
from invent_gitops.cli.result import Display, Result
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspace_option import workspace_options
from invent_gitops.errors import ExitCode, WrongUsage
from invent_gitops.model.problem import Problem
from invent_gitops.operations.problems_for_files import concerning
from invent_gitops.operations.project import LoadedProject, open_workspace, working
from invent_gitops.render.text.problems import problems_github, problems_text
from invent_gitops.text.clean import clean


@click.command()
@click.argument("paths", nargs=-1, metavar="[DEFINITIONS]", shell_complete=folders)
@click.option(
    "--files", is_flag=True, help="Treat the arguments as files, and show only the problems that concern them."
)
@workspace_options("checks")
@click.option(
    "--format",
    "form",
    cls=FormatOption,
    kind="validation",
    help="Output format. github adds annotations of the workflow. sarif is for code scanning.",
)
@common_options
@answers("validation")
def validate(session: Session, paths: tuple[str, ...], files: bool) -> Result:
    """Check all definitions, the project file and the segment catalogue.

    DEFINITIONS is the folder of all definitions; by default it is the project's. validate shows
    every problem with its file, line and column, and with its fix. Exit code 4 means that there is a
    problem.

    With --files, validate still checks the whole project, but shows only what concerns these files.
    For a definition that includes problems of the project file and of the catalogue. For the project
    file and the catalogue it shows everything. Relative paths start at the current folder, also
    with -C.
    """
    if len(paths) > 1 and not files:
        raise WrongUsage(f"validate takes one folder, and was given {len(paths)}.", "To name files, add --files.")
    workspace = open_workspace(paths[0] if paths and not files else None)
    session.remark(workspace.notes)
    problems = workspace.problems
    if files:
        problems = concerning(problems, workspace.root, [workspace.project], session.start, paths)
    return Result(
        "validation",
        ExitCode.INVALID if problems else ExitCode.DONE,
        partial(_body, workspace),
        partial(_text, workspace, problems),
        problems,
        annotations=partial(problems_github, problems),
        notes=_about_other_files(session, len(workspace.problems) - len(problems)),
    )


def _body(workspace: LoadedProject) -> dict[str, object]:
    keys = [{"key": definition.key, "name": definition.request.name} for definition in workspace.definitions]
    return {"definitions": keys, "notes": list(workspace.notes)}


def _text(workspace: LoadedProject, problems: Sequence[Problem], display: Display) -> str:
    if problems:
        return problems_text(problems, display.style, display.width)
    return "No problem concerns these files." if workspace.problems else _good(workspace)


def _about_other_files(session: Session, count: int) -> list[str]:
    """Return that there are so many problems elsewhere, and how to see them."""
    if not count:
        return []
    folder = ["-C", session.folder] if session.folder else []
    command = shlex.join(["invent-gitops", *folder, "validate", *_workspace_option()])
    return [clean(f"{count:,} problem{'' if count == 1 else 's'} in other files; see them with: {command}")]


def _workspace_option() -> list[str]:
    """Return the option that chooses the same one of several workspaces."""
    opened = working()
    return ["--workspace", opened.project.name] if opened and opened.project.name else []


def _good(workspace: LoadedProject) -> str:
    count = len(workspace.definitions)
    if not count:
        return "There are no definitions yet. invent-gitops init writes an example."
    return f"{count} definition{' is' if count == 1 else 's are'} valid."
