"""`validate`: every problem of the input at once."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from invent_gitops.cli.options import common_options, folders
from invent_gitops.cli.sarif_log import failure_log, show_log
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
@click.option("--files", is_flag=True, help="The arguments are files: show the problems that concern them.")
@workspace_options("checks")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="json is the same as --json; github adds annotations for a workflow; sarif is for code scanning.",
)
@common_options
@click.pass_obj
def validate(session: Session, paths: tuple[str, ...], files: bool, form: str) -> ExitCode:
    """Check all definitions, the project file and the segment catalogue.

    DEFINITIONS is the folder of all definitions; by default it is the project's. Every problem is
    shown with file, line and column, what is wrong, and the cure. Exit code 4 if there is any.

    With --files the whole project is checked as well, and what concerns one of the files is shown:
    what stands in it, what speaks of it, and for a definition what is wrong with the project file
    and the catalogue. For the project file and the catalogue everything is shown. Relative files
    count from where the command is started, whatever -C says.
    """
    session.kind = "validation"
    if session.json and form == "sarif":
        raise WrongUsage("--json and --format sarif contradict each other.", "Give one of them.")
    session.json = session.json or form == "json"
    if form == "sarif":
        session.failure = failure_log
    if len(paths) > 1 and not files:
        raise WrongUsage(f"validate takes one folder, and was given {len(paths)}.", "To name files, add --files.")
    workspace = open_workspace(paths[0] if paths and not files else None)
    session.remark(workspace.notes)
    problems = workspace.problems
    if files:
        problems = concerning(problems, workspace.root, [workspace.project], session.start, paths)
    code = ExitCode.INVALID if problems else ExitCode.DONE
    _show(session, workspace, problems, code, form)
    if elsewhere := len(workspace.problems) - len(problems):
        folder = ["-C", session.folder] if session.folder else []
        command = shlex.join(["invent-gitops", *folder, "validate", *_one()])
        plural = "" if elsewhere == 1 else "s"
        session.note(clean(f"{elsewhere:,} problem{plural} in other files; see them with: {command}"))
    return code


def _show(session: Session, workspace: LoadedProject, problems: Sequence[Problem], code: ExitCode, form: str) -> None:
    if session.json:
        keys = [{"key": one.key, "name": one.request.name} for one in workspace.definitions]
        session.answer("validation", code, {"definitions": keys, "notes": list(workspace.notes)}, problems=problems)
    elif form == "sarif":
        if session.gathered is not None:
            # There is one log for all workspaces.
            session.gathered.problems = problems
        else:
            show_log(session, problems, code)
    elif problems:
        session.result(problems_text(problems, session.style))
        if form == "github":
            from invent_gitops.github.step import prefix

            session.commands(problems_github(problems, prefix(Path())))
    elif workspace.problems:
        session.result("No problem concerns these files.")
    else:
        session.result(_good(workspace))


def _one() -> list[str]:
    """The option that chooses the same one of several workspaces."""
    opened = working()
    return ["--workspace", opened.project.name] if opened and opened.project.name else []


def _good(workspace: LoadedProject) -> str:
    count = len(workspace.definitions)
    if not count:
        return "There are no definitions yet. invent-gitops init writes an example."
    return f"{count} definition{' is' if count == 1 else 's are'} valid."
