"""`init`: an empty folder becomes a working project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, not_empty
from invent_gitops.cli.result import Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, WrongUsage
from invent_gitops.git.links import check_way, current_folder
from invent_gitops.model.project import Project
from invent_gitops.operations.project import PROJECT_FILE, InvalidDefinitions, check_inside, read_project
from invent_gitops.text.clean import clean

if TYPE_CHECKING:
    from invent_gitops.operations.first_steps import StateEntries
    from invent_gitops.scaffold.project import NewFile
    from invent_gitops.scaffold.workflows import Publish, Wording

# The schemas that an editor needs.
_EDITED = ("broadcast", "project", "segments")
_NEXT = "Next: invent-gitops plan, then invent-gitops apply --sandbox to try it without an account."


@click.command()
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="Time zone of the project.")
@click.option(
    "--editor",
    "editors",
    type=click.Choice(["vscode", "jetbrains", "none"]),
    multiple=True,
    default=["vscode"],
    show_default=True,
    help="Editor whose settings to write, for completion and error marks. Can be repeated.",
)
@click.option(
    "--github",
    is_flag=True,
    help="Write the workflows validate, plan, apply and drift. With --publish also publish.",
)
@click.option(
    "--sandbox", is_flag=True, help="With --github: write workflows that use the sandbox and need no account."
)
@click.option(
    "--branch",
    metavar="NAME",
    callback=not_empty,
    help="With --github: branch whose merges are applied.  [default: the remote's, else the current one]",
)
@click.option(
    "--action",
    metavar="OWNER/REPOSITORY@SHA",
    callback=not_empty,
    help="With --github: action that installs this program.  [default: its own source]",
)
@click.option(
    "--queue/--no-queue",
    default=None,
    help="With --github: whether several applies can wait.  [default: not on an Enterprise Server]",
)
@click.option(
    "--publish",
    type=click.Choice(["pages", "artifact"]),
    help="With --github: a workflow that publishes the calendar after each apply and each drift run.",
)
@click.option("--dry-run", is_flag=True, help="Print the files without writing them.")
@common_options
@answers("files")
def init(
    session: Session,
    /,
    timezone: str,
    editors: tuple[str, ...],
    github: bool,
    dry_run: bool,
    **about: Any,
) -> Result:
    """Turn the current folder into a working project.

    init writes a project file, one example, the schemas, the settings for your editor and a
    .gitignore. With --github it also writes the workflows, and keeps the state on a branch. It never
    overwrites a file. A project file without a state entry gets one, and keeps everything else.
    """
    from invent_gitops.operations.first_steps import state_entries, write_entries
    from invent_gitops.scaffold.project import project_files, write_files
    from invent_gitops.schemas import schema_text

    chosen = _chosen_editors(editors)
    _check_zone(timezone)
    if not github and any(value not in (None, False) for value in about.values()):
        raise WrongUsage("--sandbox, --branch, --action, --queue and --publish set up the workflows.", "Add --github.")
    schemas = {f"{name}.schema.json": schema_text(name) for name in _EDITED}
    folder = Path.cwd()
    check_way(current_folder())
    opened = read_project(folder)
    if opened.problems:
        raise InvalidDefinitions(opened.problems)
    project = opened.project
    wording = _wording(folder, project, **about) if github else None
    entries = state_entries(folder, project, wording) if wording else None
    files = project_files(
        folder,
        now=datetime.now(UTC),
        timezone=timezone,
        schemas=schemas,
        editors=chosen,
        branch=wording.state_branch if wording else "",
        more=_workflows(folder, wording) if wording else {},
        project=project,
    )
    if not dry_run:
        write_files(folder, files)
        if entries:
            write_entries(folder, entries)
    changed = PROJECT_FILE if entries and entries.inserted else ""
    listed = [
        {
            "path": file.path,
            "written": not dry_run and (not file.exists or file.path == changed),
            "existed": file.exists,
        }
        for file in files
    ]
    notes = [
        *_kept(files),
        *_from_above(folder, project, chosen),
        *_next_steps(folder, project, files, wording, entries),
    ]
    return Result(
        "files",
        ExitCode.DONE,
        lambda: {"files": listed},
        plain("\n".join(_lines(files, entries, dry_run=dry_run))),
        # The document has a program for its reader, which does nothing by hand.
        notes=[] if session.json else [f"\n{note}" for note in notes],
    )


def _next_steps(
    folder: Path, project: Project, files: Sequence[NewFile], wording: Wording | None, entries: StateEntries | None
) -> list[str]:
    """Return what a person does next: on GitHub what its server does not do, and the steps in order."""
    if not wording or not entries:
        return [_NEXT]
    from invent_gitops.operations.first_steps import first_steps
    from invent_gitops.render.text.first_steps import first_steps_text
    from invent_gitops.scaffold.limits import limits

    steps = first_steps(folder, project, wording, entries, _example(files))
    return [*limits(folder, wording), first_steps_text(steps)]


def _chosen_editors(editors: Sequence[str]) -> list[str]:
    """Return each named editor once. Raises `WrongUsage` for none together with another."""
    if "none" in editors and len(set(editors)) > 1:
        raise WrongUsage("--editor none and another --editor cannot be combined.", "Leave out one of them.")
    return [editor for editor in dict.fromkeys(editors) if editor != "none"]


def _check_zone(timezone: str) -> None:
    """Raise `WrongUsage` for a time zone that nobody knows."""
    from invent_gitops.validate.zones import find_zone

    zone = find_zone(timezone)
    if isinstance(zone, tuple):
        _, message, cure = zone
        raise WrongUsage(message, cure)


def _wording(
    folder: Path,
    project: Project,
    *,
    sandbox: bool,
    branch: str | None,
    action: str | None,
    queue: bool | None,
    publish: Publish | None,
) -> Wording:
    """Return what the workflows of this project say. Raises `WrongUsage`, or `Refused` for too many workspaces."""
    from invent_gitops.github.step import prefix
    from invent_gitops.scaffold.limits import check_publishing
    from invent_gitops.scaffold.workflows import (
        Wording,
        action_reference,
        check_matrix,
        default_branch,
        lets_runs_wait,
        own_action,
        server_of,
    )

    check_matrix(len(project.workspaces or {}))
    if not any(os.path.lexists(above / ".git") for above in (folder, *folder.parents)):
        raise WrongUsage("There is no git repository here, so GitHub cannot have it.", "Run git init first.")
    branch = branch or default_branch(folder)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", branch):
        raise WrongUsage(f"--branch {branch!r} is not the name of a branch.", "Use a name such as main.")
    if "${{" in prefix(folder):
        raise WrongUsage("The name of this folder holds ${{, which GitHub takes for code.", "Choose another name.")
    used = action_reference(action) if action else own_action()
    keys = tuple(dict.fromkeys(workspace.key for workspace in (project.workspaces or {}).values()))
    if publish:
        check_publishing(server_of(folder), queue=queue)
    waiting = lets_runs_wait(server_of(folder)) if queue is None else queue
    return Wording(used, branch, prefix(folder).removesuffix("/"), sandbox, keys, waiting, publish or "")


def _workflows(folder: Path, wording: Wording) -> dict[str, str]:
    """Return the workflows by their path from `folder`: they belong into the root of the repository."""
    from invent_gitops.scaffold.workflows import workflow_texts

    up = "../" * len(Path(wording.folder).parts)
    check_inside(folder / up / ".github" / "workflows", folder / up, "The folder of the workflows")
    return {up + path: text for path, text in workflow_texts(wording).items()}


def _example(files: Iterable[NewFile]) -> str:
    """Return the path of the example, if it is new, or still as it was written."""
    return next(
        (file.path for file in files if file.path.endswith("/welcome.yaml") and (file.same or not file.exists)), ""
    )


def _lines(files: Iterable[NewFile], entries: StateEntries | None, *, dry_run: bool) -> Iterator[str]:
    """Yield what was written, kept and inserted, a line for each file and each entry."""
    for file in files:
        inserted = entries.inserted if entries and file.path == PROJECT_FILE else ()
        if not inserted:
            yield f"{'kept ' if file.exists else 'would write' if dry_run else 'wrote'} {file.path}"
        for move in inserted:
            workspace = f"workspaces: {move.name}: " if move.name else ""
            yield f"{'would add' if dry_run else 'added'} {workspace}state: {{branch: {move.branch}}} to {file.path}"


def _kept(files: Iterable[NewFile]) -> Iterator[str]:
    """Yield what to add by hand to files that have other content and are not this program's own."""
    for file in files:
        if not file.exists or file.same:
            continue
        if ".github/" in file.path:
            yield f"{file.path} was kept, and is another than this version writes. To have that one, delete it first."
        elif file.path.startswith("."):
            yield f"Your {file.path} was kept. Add to it:\n{file.text.rstrip()}"


def _from_above(folder: Path, project: Project, editors: Sequence[str]) -> Iterator[str]:
    """Yield what to do where the project is a subfolder of a repository, which is what people open in their editors."""
    from invent_gitops.scaffold.project import editor_files

    root = next((above for above in (folder, *folder.parents) if os.path.lexists(above / ".git")), folder)
    if root == folder:
        return
    below = folder.relative_to(root).as_posix() + "/"
    for editor in editors:
        path, text = next(iter(editor_files(editor, project, below).items()))
        lines = "\n".join(clean(line) for line in text.splitlines())
        yield (
            f"{path} works where {clean(below)} itself is opened. "
            f"If you open the repository, {clean(str(root))}, add to its {path}:\n{lines}"
        )
