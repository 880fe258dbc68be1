"""`workspaces`: what a project holds, and a matrix of it, so that a workflow runs them on many runners at once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import click

from invent_gitops.cli.document_options import FormatOption
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.output import delivered
from invent_gitops.cli.result import Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspace_option import there_is_none, workspace_option
from invent_gitops.errors import ExitCode, WrongUsage
from invent_gitops.model.project import BranchPlace, Project
from invent_gitops.operations.project import InvalidDefinitions, find_root, read_project
from invent_gitops.text.clean import clean


@click.command()
@click.option(
    "--format",
    "form",
    cls=FormatOption,
    kind="workspaces",
    help="Output format. matrix is one line for GitHub Actions. github sets it as an output of the step.",
)
@workspace_option
@common_options
@delivered
@answers("workspaces")
def workspaces(session: Session, form: str, workspace: str | None) -> Result:
    """List the workspaces of the project: organization, files, and whether the API key is set.

    With --format github, the step of a workflow gets the output `matrix`. Another job can use it as
    `strategy.matrix: ${{ fromJSON(…) }}`. Each job has `workspace`, and `key`, the name of the variable
    that holds its API key. workspaces never prints a key.
    """
    opened = read_project(find_root())
    if opened.problems:
        raise InvalidDefinitions(opened.problems)
    projects = list((opened.project.workspaces or {}).values())
    if workspace:
        projects = [project for project in projects if project.name == workspace]
        if not projects:
            raise there_is_none(opened, workspace)
    if not projects and form in ("matrix", "github"):
        # GitHub fails a job whose matrix is empty, with words that nobody connects with this.
        raise WrongUsage("There are no workspaces, so there is no matrix.", "Add workspaces: to the project file.")
    if form in ("matrix", "github"):
        from invent_gitops.scaffold.workflows import check_matrix

        check_matrix(len(projects))
    matrix = {"include": [{"workspace": project.name, "key": project.key} for project in projects]}
    return Result(
        "workspaces",
        ExitCode.DONE,
        lambda: {"workspaces": [_as_json(project) for project in projects], "matrix": matrix},
        plain(_text(projects)),
        outputs={"matrix": json.dumps(matrix)},
    )


def _as_json(project: Project) -> dict[str, object]:
    return {
        "workspace": project.name,
        "org": project.org,
        "definitions": project.definitions,
        "state": _state_path(project),
        "segments": project.segments,
        "timezone": project.timezone or None,
        "key": {"variable": project.key, "set": _is_set(project)},
    }


def _state_path(project: Project) -> dict[str, str | None]:
    state = project.state
    if isinstance(state, BranchPlace):
        return {"path": state.path, "branch": state.branch, "remote": state.remote}
    return {"path": state.path, "branch": None, "remote": None}


def _is_set(project: Project) -> bool:
    return bool(os.environ.get(project.key, "").strip())


def _text(projects: Sequence[Project]) -> str:
    if not projects:
        return "There are no workspaces: the project is one account."
    rows = [("workspace", "org", "definitions", "state", "key")]
    for project in projects:
        state = project.state.path
        if isinstance(project.state, BranchPlace):
            state = f"{project.state.path} on {project.state.remote}/{project.state.branch}"
        key = project.key if _is_set(project) else f"{project.key} is not set"
        rows.append((project.name, clean(project.org), clean(project.definitions), clean(state), key))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
