"""Runs a command in the workspace that somebody chose, or in each of them in turn, where a project has several."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from invent_gitops.cli.options import not_empty
from invent_gitops.cli.output import Output, taken_from
from invent_gitops.cli.result import Result
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspaces_run import Scope, WorkspacesRun, for_workspace
from invent_gitops.errors import ExitCode, InventGitopsError, WrongUsage
from invent_gitops.model.project import Project
from invent_gitops.operations.project import SelectedProject, find_root, none_chosen, read_project, working_in
from invent_gitops.values import replace

Function = TypeVar("Function", bound=Callable[..., Any])


def workspace_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return a callback for `shell_complete`: the workspaces of the project; none where it cannot be read."""
    session = ctx.find_object(Session)
    if session is None or session.astray:
        return []
    try:
        workspaces = read_project(find_root()).project.workspaces or {}
    except (InventGitopsError, OSError):
        return []
    return [CompletionItem(name) for name in workspaces if name.startswith(incomplete)]


workspace_option = click.option(
    "--workspace",
    metavar="NAME",
    callback=not_empty,
    shell_complete=workspace_names,
    help="Run in this workspace of the project.",
)


def workspace_options(scope: Scope) -> Callable[[Function], Function]:
    """--workspace and, unless the scope is one, --all: the function runs in what they choose."""

    def decorate(function: Function) -> Function:
        def choose(**values: Any) -> ExitCode:
            return _run(scope, function, values, values.pop("workspace"), values.pop("every", False))

        choose.__name__, choose.__doc__ = function.__name__, function.__doc__
        choose.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
        wrapped: Any = choose
        by_default = "  [default in a project with workspaces]" if scope in ("checks", "each") else ""
        if scope != "one":
            wrapped = click.option(
                "--all", "every", is_flag=True, help=f"Run in each workspace of the project.{by_default}"
            )(wrapped)
        decorated: Function = workspace_option(wrapped)
        return decorated

    return decorate


def chosen_name(name: str | None) -> str:
    """Return the workspace of that name, for commands that need no more of it than its name; "" where there are none.

    A project file that is broken is no obstacle. Raises `WrongUsage` where it says that there is another choice.
    """
    try:
        opened = read_project(find_root())
    except InventGitopsError:
        return name or ""
    workspaces = opened.project.workspaces
    if workspaces is None:
        if name and not opened.problems:
            raise _there_are_none(opened, "--workspace")
        return name or ""
    _chosen(opened, name, workspaces)
    if not name:
        raise none_chosen(opened.project)
    return name


def _run(
    scope: Scope, function: Callable[..., Result], values: dict[str, Any], name: str | None, every: bool
) -> ExitCode:
    if name and every:
        raise WrongUsage("--workspace and --all cannot be combined.", "Give one of them.")
    context = click.get_current_context()
    command, session = context.command, context.find_object(Session)
    assert session is not None
    try:
        opened = read_project(find_root())
    except InventGitopsError:
        if name or every:
            raise
        # The command finds the same, and says it in its own form.
        return _answer(session, command, function, values)
    workspaces = opened.project.workspaces
    if workspaces is None:
        if (name or every) and not opened.problems:
            raise _there_are_none(opened, "--all" if every else "--workspace")
        with working_in(opened):
            return _answer(session, command, function, for_workspace(command, values, name) if name else values)
    if values.get("definitions") is not None or (values.get("paths") and not values.get("files")):
        raise WrongUsage(
            "DEFINITIONS is for a project without workspaces: each workspace has its own folder.",
            "Leave it out, and choose with --workspace NAME.",
        )
    if every or (not name and scope in ("checks", "each")):
        return WorkspacesRun(session, command, function, scope, opened, values).run()
    with working_in(_chosen(opened, name, workspaces)):
        return _answer(session, command, function, for_workspace(command, values, name or ""))


def _answer(
    session: Session, command: click.Command, function: Callable[..., Result], values: Mapping[str, Any]
) -> ExitCode:
    """Run a command once, and deliver its result."""
    values = dict(values)
    output = Output(session, taken_from(command, values))
    return output.deliver(output.run(function, values))


def _chosen(opened: SelectedProject, name: str | None, workspaces: Mapping[str, Project]) -> SelectedProject:
    """Return the workspace of that name. Where the file is wrong, the command says so in its own form."""
    if name and name in workspaces:
        return replace(opened, project=workspaces[name], several=workspaces)
    if opened.problems:
        return opened
    if not name:
        raise none_chosen(opened.project)
    raise there_is_none(opened, name)


def there_is_none(opened: SelectedProject, name: str) -> WrongUsage:
    workspaces = opened.project.workspaces
    if not workspaces:
        return _there_are_none(opened, "--workspace")
    from invent_gitops.text.quoting import did_you_mean

    meant = did_you_mean(name, workspaces)
    return WrongUsage(f"There is no workspace {name!r}.", f"{meant} There are: {', '.join(workspaces)}".strip())


def _there_are_none(opened: SelectedProject, option: str) -> WrongUsage:
    return WrongUsage(
        f"There are no workspaces in {opened.project.file or 'this project'}.",
        f"Leave {option} out, or add workspaces: to the project file.",
    )
