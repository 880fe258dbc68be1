"""`validate`: every problem of the input at once."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

import click

from invent_gitops.cli.session import Session, common_options, folders
from invent_gitops.cli.several import workspace_options
from invent_gitops.cli.workspace import PROJECT_FILE, Workspace, open_workspace
from invent_gitops.errors import ExitCode, InventGitopsError, WrongUsage
from invent_gitops.model.problem import Problem
from invent_gitops.render.clean import clean
from invent_gitops.render.problems import problems_github, problems_text


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
        session.failure = _failure
    if len(paths) > 1 and not files:
        raise WrongUsage(f"validate takes one folder, and was given {len(paths)}.", "To name files, add --files.")
    workspace = open_workspace(paths[0] if paths and not files else None)
    session.remark(workspace.notes)
    problems = _concerning(workspace, session.start, paths) if files else workspace.problems
    code = ExitCode.INVALID if problems else ExitCode.DONE
    _show(session, workspace, problems, code, form)
    if elsewhere := len(workspace.problems) - len(problems):
        command = shlex.join(["invent-gitops", *(["-C", session.folder] if session.folder else []), "validate"])
        plural = "" if elsewhere == 1 else "s"
        session.note(clean(f"{elsewhere:,} problem{plural} in other files; see them with: {command}"))
    return code


def _show(session: Session, workspace: Workspace, problems: Sequence[Problem], code: ExitCode, form: str) -> None:
    if session.json:
        keys = [{"key": one.key, "name": one.request.name} for one in workspace.definitions]
        session.answer("validation", code, {"definitions": keys, "notes": list(workspace.notes)}, problems=problems)
    elif form == "sarif":
        from invent_gitops.render.sarif import problems_sarif

        log, told = problems_sarif(problems, _addresses(), code)
        session.result(log)
        for sentence in told:
            session.note(sentence)
    elif problems:
        session.result(problems_text(problems, session.style))
        if form == "github":
            from invent_gitops.github.step import prefix

            session.result(problems_github(problems, prefix(Path())))
    elif workspace.problems:
        session.result("No problem concerns these files.")
    else:
        session.result(_good(workspace))


def _good(workspace: Workspace) -> str:
    count = len(workspace.definitions)
    if not count:
        return "There are no definitions yet. invent-gitops init writes an example."
    return f"{count} definition{' is' if count == 1 else 's are'} valid."


def _failure(error: InventGitopsError, code: ExitCode) -> str:
    from invent_gitops.render.sarif import failure_sarif

    return failure_sarif(error, code)


def _concerning(workspace: Workspace, start: str, files: Iterable[str]) -> list[Problem]:
    """The problems that concern one of `files`, which count from the folder `start`, "" for the current one.

    A folder stands for all that is in it.
    """
    project = workspace.project
    common = _places(str(workspace.root / PROJECT_FILE), str(workspace.root / project.segments))
    chosen = _places(*(os.path.join(start, file) for file in files))
    if chosen & _around(common):
        return workspace.problems
    around = _around(chosen)
    # Without what all definitions share, none of them is known to be good.
    shared = common if around & _places(str(workspace.root / project.definitions)) else frozenset[str]()

    @cache
    def concerned(file: str) -> bool:
        places = _places(file)
        # What is wrong with a folder hides the files in it.
        return bool(places & (around | shared) or _around(places) & chosen)

    return [
        problem
        for problem in workspace.problems
        if any(concerned(position.file) for position in (problem.position, *problem.related))
    ]


def _places(*paths: str) -> frozenset[str]:
    """Each path in full, as written and with links followed; a name that is no UTF-8 is spelled as it is shown."""
    full = (follow(path) for path in paths for follow in (os.path.abspath, os.path.realpath))
    return frozenset(path.encode("utf-8", "replace").decode() for path in full)


def _around(places: Iterable[str]) -> frozenset[str]:
    """The places, and every folder around one of them."""
    return frozenset(str(one) for place in places for one in (Path(place), *Path(place).parents))


def _addresses() -> Callable[[str], str]:
    """What gives the URI of a file: relative to the root of the git repository where it is in there, else absolute."""
    from invent_gitops.github.step import repository

    root = repository(Path())

    @cache
    def address(file: str) -> str:
        # GitHub shows nothing at a link, so the file behind it is named, unless that is elsewhere.
        real = Path(os.path.realpath(file))
        path = real if real.is_file() and real.is_relative_to(root) else Path(os.path.abspath(file))
        inside = path.is_relative_to(root)
        return quote(path.relative_to(root).as_posix(), errors="replace") if inside else path.as_uri()

    return address
