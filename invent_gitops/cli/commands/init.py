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
from invent_gitops.model.project import BranchPlace, Project
from invent_gitops.operations.project import InvalidDefinitions, check_inside, read_project
from invent_gitops.text.clean import clean

if TYPE_CHECKING:
    from invent_gitops.scaffold.project import NewFile
    from invent_gitops.scaffold.workflows import Wording

# The schemas that an editor needs.
_EDITED = ("broadcast", "project", "segments")
_NEXT = "Next: invent-gitops plan, then invent-gitops apply --sandbox to try it without an account."


@click.command()
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="The project's time zone.")
@click.option(
    "--editor",
    "editors",
    type=click.Choice(["vscode", "jetbrains", "none"]),
    multiple=True,
    default=["vscode"],
    show_default=True,
    help="Whose settings to write, so that new files get completion and red lines; may be repeated.",
)
@click.option("--github", is_flag=True, help="Write GitHub workflows too: validate, plan, apply and drift.")
@click.option("--sandbox", is_flag=True, help="With --github: workflows that need no account, to try it with a team.")
@click.option(
    "--branch",
    metavar="NAME",
    callback=not_empty,
    help="With --github: what is merged here is applied.  [default: the remote's, else the current one]",
)
@click.option(
    "--action",
    metavar="OWNER/REPOSITORY@SHA",
    callback=not_empty,
    help="With --github: the action that installs this program.  [default: what it was installed from]",
)
@click.option(
    "--queue/--no-queue",
    default=None,
    help="With --github: whether several applies may wait.  [default: not on an Enterprise Server]",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
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

    Writes a project file, one example, the schemas and the settings for your editor, and a
    .gitignore; with --github also the workflows of a repository on GitHub, and the state is kept on a
    branch. A file that is there already is never written over.
    """
    from invent_gitops.scaffold.project import project_files, write_files
    from invent_gitops.schemas import schema_text
    from invent_gitops.validate.zones import find_zone

    if "none" in editors and len(set(editors)) > 1:
        raise WrongUsage("--editor none and another --editor contradict each other.", "Leave out one of them.")
    chosen = [editor for editor in dict.fromkeys(editors) if editor != "none"]
    zone = find_zone(timezone)
    if isinstance(zone, tuple):
        _, message, cure = zone
        raise WrongUsage(message, cure)
    if not github and any(value not in (None, False) for value in about.values()):
        raise WrongUsage(
            "--sandbox, --branch, --action and --queue say what the workflows do.", "Give --github as well."
        )
    schemas = {f"{name}.schema.json": schema_text(name) for name in _EDITED}
    folder = Path.cwd()
    check_way(current_folder())
    opened = read_project(folder)
    if opened.problems:
        raise InvalidDefinitions(opened.problems)
    project = opened.project
    wording = _wording(folder, project, **about) if github else None
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
    listed = [{"path": file.path, "written": not (file.exists or dry_run), "existed": file.exists} for file in files]
    verb = "would write" if dry_run else "wrote"
    lines = [f"{'kept ' if file.exists else verb} {file.path}" for file in files]
    notes = [
        *_kept(files),
        *_from_above(folder, project, chosen),
        *(_on_github(project, wording, _example(files)) if wording else [_NEXT]),
    ]
    return Result(
        "files",
        ExitCode.DONE,
        lambda: {"files": listed},
        plain("\n".join(lines)),
        # The document has a program for its reader, which does nothing by hand.
        notes=[] if session.json else [f"\n{note}" for note in notes],
    )


def _wording(
    folder: Path, project: Project, *, sandbox: bool, branch: str | None, action: str | None, queue: bool | None
) -> Wording:
    """What the workflows of this project say. Raises `WrongUsage`, or `Refused` for too many workspaces."""
    from invent_gitops.github.step import prefix
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
        raise WrongUsage(f"--branch {branch!r} is no name of a branch that is written out.", "Use one like main.")
    if "${{" in prefix(folder):
        raise WrongUsage("The name of this folder holds ${{, which GitHub takes for code.", "Choose another name.")
    used = action_reference(action) if action else own_action()
    keys = tuple(dict.fromkeys(workspace.key for workspace in (project.workspaces or {}).values()))
    waiting = lets_runs_wait(server_of(folder)) if queue is None else queue
    return Wording(used, branch, prefix(folder).removesuffix("/"), sandbox, keys, waiting)


def _workflows(folder: Path, wording: Wording) -> dict[str, str]:
    """The workflows by their path from `folder`: they belong into the root of the repository."""
    from invent_gitops.scaffold.workflows import workflow_texts

    up = "../" * len(Path(wording.folder).parts)
    check_inside(folder / up / ".github" / "workflows", folder / up, "The folder of the workflows")
    return {up + path: text for path, text in workflow_texts(wording).items()}


def _example(files: Iterable[NewFile]) -> str:
    """The path of the example, if it is new."""
    return next((file.path for file in files if file.path.endswith("/welcome.yaml") and not file.exists), "")


def _on_github(project: Project, wording: Wording, example: str) -> Iterator[str]:
    """What is left for a person to do before the first merge."""
    from invent_gitops.scaffold.workflows import UNKNOWN_OWNER

    if wording.action.startswith(f"{UNKNOWN_OWNER}/"):
        yield (
            f"The workflows install {wording.action}: put the account in place of {UNKNOWN_OWNER}, under which this "
            "program's repository is on GitHub, or delete them and run init with --action OWNER/REPOSITORY@SHA."
        )
        if " # " not in wording.action:
            yield "That is a tag, which can be moved to other code: put the SHA of its commit in its place, too."
    if not wording.queue:
        yield (
            "The workflow apply has no queue: of several merges while one is applied, GitHub runs the last one only. "
            "Then run the cancelled ones again, oldest first. If this server knows `queue: max`, delete the workflows "
            "and run init with --queue."
        )
    yield from _forgetful(project, wording)
    folder = "the definitions of a workspace" if wording.keys else f"{clean(project.definitions)}/"
    change = f"change or delete {clean(example)}, which would be created, then " if example else ""
    yield (
        f"What is on the branch {wording.branch} is applied; --branch names another. Next: {change}commit and push. "
        f"On GitHub, make {_environments(project, wording)}. Then open a "
        f"pull request with a new file in {folder}: a comment shows who would be messaged."
    )
    yield (
        "Name code owners for invent.yaml, the segment catalogue and .github/, which hold the rules, and require their "
        "review: docs/github.md has the lines."
    )


def _environments(project: Project, wording: Wording) -> str:
    """Which environments hold the keys, and for which branch."""
    restricted = f"for the branch {wording.branch} only"
    if not project.workspaces:
        secret = "" if wording.sandbox else ", and the secret INVENT_API_KEY"
        return f"the environment {wording.environment()} {restricted}{secret}"
    holders = [
        wording.environment(name) + ("" if wording.sandbox else f" with the secret {workspace.key}")
        for name, workspace in project.workspaces.items()
    ]
    more = f" and {len(holders) - 5} more" if len(holders) > 6 else ""
    listed = ", ".join(holders[: 5 if more else 6])
    return f"an environment for each workspace {restricted}, so that no job sees another's key: {listed}{more}"


def _forgetful(project: Project, wording: Wording) -> Iterator[str]:
    """What to do about a state in a file of the runner, which goes with it."""
    if project.workspaces is None:
        # A project file that was just written keeps its state on the branch.
        if project.file and not isinstance(project.state, BranchPlace):
            yield (
                "Your invent.yaml was kept, and keeps the state in a file, which a workflow forgets. Write into it:\n"
                f"state: {{branch: {wording.state_branch}}}\n"
                "and, if there is a state already: invent-gitops state migrate"
            )
        return
    kept = [workspace.name for workspace in project.workspaces.values() if not isinstance(workspace.state, BranchPlace)]
    if kept:
        lines = "\n".join(f"  {name}: {{…, state: {{branch: {wording.state_branch}-{name}}}}}" for name in kept)
        yield (
            "These workspaces keep their state in a file, which a workflow forgets. Write into invent.yaml, for each:\n"
            f"{lines}\n"
            "and, where there is a state already: invent-gitops state migrate --workspace NAME"
        )


def _kept(files: Iterable[NewFile]) -> Iterator[str]:
    """What to add by hand to files that have other content and are not this program's own."""
    for file in files:
        if not file.exists or file.same:
            continue
        if ".github/" in file.path:
            yield f"{file.path} was kept, and is another than this version writes. To have that one, delete it first."
        elif file.path.startswith("."):
            yield f"Your {file.path} was kept. Add to it:\n{file.text.rstrip()}"


def _from_above(folder: Path, project: Project, editors: Sequence[str]) -> Iterator[str]:
    """What to do where the project is a subfolder of a repository, which is what people open in their editors."""
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
