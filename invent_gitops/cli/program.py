"""The tree of commands, and one run of it. One command, one file."""

from __future__ import annotations

import importlib
import keyword
import os
from functools import cache

import click
from click.shell_completion import CompletionItem

from invent_gitops import __version__
from invent_gitops.cli.options import common_options, refuse_repetition
from invent_gitops.cli.session import Session
from invent_gitops.cli.utf8 import check_utf8

# In the order of their use. A command's module is imported when it is called, so that --help stays instant.
COMMANDS = {
    "init": "Turn an empty folder into a working project.",
    "validate": "Check all definitions, and show every problem at once.",
    "plan": "Show what apply would do. It has no way to write anything.",
    "apply": "Create the missing broadcasts, once each, and record their ids.",
    "status": "Show when, to whom, in what state, what came of it, and what needs you.",
    "calendar": "Draw the sends as a calendar: in the terminal, as a page, as a feed to subscribe to.",
    "refresh": "Take what Invent shows into the records.",
    "reconcile": "Look for broadcasts whose outcome is unknown, and adopt what is found.",
    "resolve": "Settle a blocked key by hand.",
    "import": "Bring broadcasts that were made by hand in Invent under the definitions.",
    "history": "Show what was done, by whom and from which commit.",
    "github": "Keep the comment on a pull request and the issue about drift up to date.",
    "state": "Look into the recorded state, and mend it.",
    "segments": "Give the segments in Invent names that definitions can use.",
    "schema": "Print a JSON Schema.",
    "workspaces": "List the workspaces of a project, and print a matrix for GitHub Actions.",
    "completion": "Make your shell complete commands, options and keys.",
    "sandbox": "Serve a built-in Invent on this machine, for trying things out.",
}


@cache
def _load(name: str) -> click.Command:
    module = importlib.import_module(f"invent_gitops.cli.commands.{name}")
    command: click.Command = getattr(module, name)
    refuse_repetition(command)
    return command


class Commands(click.Group):
    """The commands, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # A word of Python itself names neither a module nor a function.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        return _load(name)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands and the options, without importing every command to ask whether it is hidden."""
        completions = [
            CompletionItem(name, help=summary) for name, summary in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*completions, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="invent-gitops", message="%(prog)s %(version)s")
@common_options
def cli() -> None:
    """Broadcasts as code for Invent: review a campaign in git, create it once, keep its id."""


def run(command_line: list[str], session: Session) -> object:
    """Answer a shell that asks for completions, or call the command; returns what it returns."""
    check_utf8()
    if instruction := os.environ.get("_INVENT_GITOPS_COMPLETE"):
        from invent_gitops.cli.completion.shells import answer

        return answer(cli, session, instruction)
    try:
        return cli.main(command_line, prog_name="invent-gitops", standalone_mode=False, obj=session)
    except OSError as error:
        # click prints help and version by itself, and knows of no disk that is full.
        from traceback import extract_tb

        if extract_tb(error.__traceback__)[-1].filename != click.utils.__file__:
            raise
        session.undelivered(error)
    except SystemExit as end:
        # With 1, click leaves where the reader of its help has gone, which is the reader's wish.
        if end.code != 1:
            raise
    return None
