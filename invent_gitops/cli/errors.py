"""The one door through which every result and every error leaves, and the exit code that it leaves with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError

if TYPE_CHECKING:
    from invent_gitops.cli.result import Result

T = TypeVar("T")


def through_the_door(session: Session, run: Callable[[], object]) -> ExitCode:
    """Run the command line: deliver the result that it returns, and say what is wrong if it cannot go on."""
    end: object = None
    failed: BaseException | None = None
    try:
        end = run()
    except click.exceptions.NoArgsIsHelpError as error:
        _show(error)
        return ExitCode.USAGE
    except click.UsageError as error:
        return _refuse(session, error)
    except click.Abort:
        failed = KeyboardInterrupt()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # the one door: a bug leaves with its own exit code
        failed = error
    if not failed and (end is None or isinstance(end, int)):
        return ExitCode(end or 0)

    from invent_gitops.cli.output import Output
    from invent_gitops.cli.result import Result, failure

    result = failure("error", failed) if failed else end
    return Output(session).deliver(result) if isinstance(result, Result) else ExitCode.DONE


def _refuse(session: Session, error: click.UsageError) -> ExitCode:
    """Say what is wrong with the command line."""
    from invent_gitops.cli.hints import with_hint

    error = with_hint(error)
    _show(error)
    if session.json:
        from invent_gitops.cli.output import Output
        from invent_gitops.cli.result import Result

        wrong_usage = InventGitopsError(error.format_message())
        Output(session).deliver(Result("error", ExitCode.USAGE, error=wrong_usage))
    return ExitCode.USAGE


def _show(error: click.UsageError) -> None:
    """Print it; where stderr cannot be written, the exit code alone says it."""
    with suppress(OSError, ValueError):
        error.show()


def answers(kind: str, *, reviewed: bool = False) -> Callable[[Callable[..., T]], Callable[..., T | Result]]:
    """Return the innermost decorator of a command: hands it the session, and makes results of a `kind` of its errors.

    The document of what is `reviewed` names the workspace, also when the command fails.
    """

    def decorate(function: Callable[..., T]) -> Callable[..., T | Result]:
        @wraps(function)
        def run(**values: Any) -> T | Result:
            session = click.get_current_context().find_object(Session)
            try:
                return function(session, **values)
            except (click.exceptions.Exit, click.UsageError):
                raise
            except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # whatever it is, it is a result
                from invent_gitops.cli.output import of_workspace
                from invent_gitops.cli.result import failure

                workspace = of_workspace() if reviewed else {}
                return failure(kind, error, lambda: workspace)

        return run

    return decorate
