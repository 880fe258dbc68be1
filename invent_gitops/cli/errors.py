"""The one door through which every error leaves, and the exit code that it leaves with."""

from __future__ import annotations

from collections.abc import Callable

import click

from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError
from invent_gitops.operations.console import failure_of
from invent_gitops.operations.project import InvalidDefinitions


def through_the_door(session: Session, run: Callable[[], object]) -> ExitCode:
    """Run something, and say what is wrong if it cannot go on."""
    try:
        found = run()
        return ExitCode(found) if isinstance(found, int) else ExitCode.DONE
    except InvalidDefinitions as error:
        session.wrong(error.problems)
        return error.exit_code
    except InventGitopsError as error:
        session.failed(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.UsageError as error:
        _guess_only_slips(error)
        error.show()
        session.failed(InventGitopsError(error.format_message()), ExitCode.USAGE)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        session.failed(failure_of(KeyboardInterrupt()))
        return ExitCode.INTERRUPTED
    except OSError as error:
        session.failed(found := failure_of(error))
        return found.exit_code
    except Exception as error:  # noqa: BLE001  # the one door: a bug leaves with its own exit code, not a traceback
        session.bug(error)
        return ExitCode.BUG


def _guess_only_slips(error: click.UsageError) -> None:
    """Let click ask "did you mean" as everything here does."""
    written = getattr(error, "option_name", "") or getattr(error, "command_name", "")
    if offered := getattr(error, "possibilities", None):
        from invent_gitops.text.slips import guess

        meant = guess(written, offered)
        vars(error)["possibilities"] = [meant] if meant else []
