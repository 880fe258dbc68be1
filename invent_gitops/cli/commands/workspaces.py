"""`workspaces`: what a project holds, and a matrix of it, so that a workflow runs them on many runners at once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

import click

from invent_gitops.cli.options import common_options
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
    type=click.Choice(["text", "json", "matrix", "github"]),
    default="text",
    help="json is the same as --json; matrix is one line for GitHub Actions; github sets it as the output matrix.",
)
@workspace_option
@common_options
@click.pass_obj
def workspaces(session: Session, form: str, workspace: str | None) -> ExitCode:
    """List the workspaces of the project: org, places, and whether the variable of the key is set.

    With --format github the step of a workflow gets the output `matrix`, for
    `strategy.matrix: ${{ fromJSON(…) }}` of another job. With --workspace it is only the one. No key is ever shown.
    """
    session.kind = "workspaces"
    if session.json and form in ("matrix", "github"):
        raise WrongUsage(f"--json and --format {form} contradict each other.", "Give one of them.")
    session.json = session.json or form == "json"
    opened = read_project(find_root())
    if opened.problems:
        raise InvalidDefinitions(opened.problems)
    several = list((opened.project.workspaces or {}).values())
    if workspace:
        several = [one for one in several if one.name == workspace]
        if not several:
            raise there_is_none(opened, workspace)
    if not several and form in ("matrix", "github"):
        # GitHub fails a job whose matrix is empty, with words that nobody connects with this.
        raise WrongUsage("There are no workspaces, so there is no matrix.", "Add workspaces: to the project file.")
    if form in ("matrix", "github"):
        from invent_gitops.scaffold.workflows import check_matrix

        check_matrix(len(several))
    matrix = {"include": [{"workspace": one.name} for one in several]}
    if form == "github":
        session.outputs({"matrix": json.dumps(matrix)})
    if session.json:
        session.answer(
            "workspaces", ExitCode.DONE, {"workspaces": [_as_json(one) for one in several], "matrix": matrix}
        )
    elif form == "matrix":
        session.result(json.dumps(matrix))
    else:
        session.result(_text(several))
    return ExitCode.DONE


def _as_json(project: Project) -> dict[str, object]:
    return {
        "workspace": project.name,
        "org": project.org,
        "definitions": project.definitions,
        "state": _place(project),
        "segments": project.segments,
        "timezone": project.timezone or None,
        "key": {"variable": project.key, "set": _is_set(project)},
    }


def _place(project: Project) -> dict[str, str | None]:
    place = project.state
    if isinstance(place, BranchPlace):
        return {"path": place.path, "branch": place.branch, "remote": place.remote}
    return {"path": place.path, "branch": None, "remote": None}


def _is_set(project: Project) -> bool:
    return bool(os.environ.get(project.key, "").strip())


def _text(several: Sequence[Project]) -> str:
    if not several:
        return "There are no workspaces: the project is one account."
    rows = [("workspace", "org", "definitions", "state", "key")]
    for one in several:
        state = one.state.path
        if isinstance(one.state, BranchPlace):
            state = f"{one.state.path} on {one.state.remote}/{one.state.branch}"
        key = one.key if _is_set(one) else f"{one.key} is not set"
        rows.append((one.name, clean(one.org), clean(one.definitions), clean(state), key))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
