"""The one door through which every result and every error leaves, and the exit code that it leaves with."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from invent_gitops.cli.hints import with_hint
from invent_gitops.cli.output import Output, of_workspace
from invent_gitops.cli.result import Result, failure
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError


def through_the_door(session: Session, run: Callable[[], object]) -> ExitCode:
    """Run the command line: deliver the result that it returns, and say what is wrong if it cannot go on."""
    try:
        end = run()
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.UsageError as error:
        error = with_hint(error)
        error.show()
        if session.json:
            wrong_usage = InventGitopsError(error.format_message())
            Output(session).deliver(Result("error", ExitCode.USAGE, error=wrong_usage))
        return ExitCode.USAGE
    except click.Abort:
        end = failure("error", KeyboardInterrupt())
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the one door: a bug leaves with its own exit code
        end = failure("error", error)
    if isinstance(end, Result):
        return Output(session).deliver(end)
    return ExitCode(end) if isinstance(end, int) else ExitCode.DONE


def answers(kind: str, *, reviewed: bool = False) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Return the innermost decorator of a command: hands it the session, and makes results of a `kind` of its errors.

    The document of what is `reviewed` names the workspace, also when the command fails.
    """

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(function)
        def run(**values: Any) -> Result:
            session = click.get_current_context().find_object(Session)
            try:
                return function(session, **values)
            except (click.exceptions.Exit, click.UsageError):
                raise
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # whatever it is, it is a result
                workspace = of_workspace() if reviewed else {}
                return failure(kind, error, lambda: workspace)

        return run

    return decorate
