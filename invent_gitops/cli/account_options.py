"""The options that choose an account: its workspace, its state, its org, its API, or the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from invent_gitops.cli.document_options import OneWorkspaceOption
from invent_gitops.cli.options import files, not_empty
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspace_option import workspace_options
from invent_gitops.cli.workspaces_run import Scope
from invent_gitops.errors import WrongUsage
from invent_gitops.operations.account import Account
from invent_gitops.operations.project import working
from invent_gitops.operations.rehearsal import announce

Function = TypeVar("Function", bound=Callable[..., Any])


def account_options_for(scope: Scope) -> Callable[[Function], Function]:
    """--workspace, --all, --state, --org, --base-url and --sandbox, gathered into an `account` argument."""

    def decorate(function: Function) -> Function:
        def gather(**values: Any) -> Any:
            _refuse_two_apis(values)
            account = Account(
                state=values.pop("state", None) or "",
                org=values.pop("org", None) or "",
                base_url=values.pop("base_url", None) or "",
                sandbox=values.pop("sandbox", False),
                folder=click.get_current_context().ensure_object(Session).folder,
            )
            opened = working()
            if opened and opened.project.name:
                account = account.of(opened.project, opened.several)
            if account.sandbox and opened and not opened.problems:
                announce(click.get_current_context().ensure_object(Session), account, opened)
            return function(account=account, **values)

        gather.__name__, gather.__doc__ = function.__name__, function.__doc__
        gather.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
        wrapped: Any = gather
        for option in reversed(_OPTIONS):
            wrapped = option(wrapped)
        decorated: Function = workspace_options(scope)(wrapped)
        return decorated

    return decorate


def _refuse_two_apis(values: Mapping[str, Any]) -> None:
    """Refuse an address that --sandbox would make void; one from the environment is there for the other commands."""
    source = click.get_current_context().get_parameter_source("base_url")
    if values.get("sandbox") and source is ParameterSource.COMMANDLINE:
        raise WrongUsage("--sandbox and --base-url cannot be combined.", "Give one of them.")


_OPTIONS = [
    click.option(
        "--state",
        cls=OneWorkspaceOption,
        metavar="FILE",
        callback=not_empty,
        shell_complete=files,
        help="State file.  [default: the project's]",
    ),
    click.option(
        "--org",
        envvar="INVENT_ORG_ID",
        metavar="ID",
        callback=not_empty,
        help="Organization ID. c is the organization that owns the API key.",
    ),
    click.option(
        "--base-url",
        envvar="INVENT_BASE_URL",
        metavar="URL",
        callback=not_empty,
        help="Base URL of the Invent API.",
    ),
    click.option("--sandbox", is_flag=True, help="Use the built-in Invent and its own state in .invent-sandbox."),
]

# Of several workspaces, --workspace or --all has to choose.
account_options = account_options_for("asked")
# For commands that speak of one key, which is of one workspace.
one_account_options = account_options_for("one")
