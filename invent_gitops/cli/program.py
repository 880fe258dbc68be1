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
    "plan": "Show what apply would do. It cannot write anything.",
    "apply": "Create the missing broadcasts, once each, and record their ids.",
    "status": "Show every broadcast: when, to whom, its state and what needs you.",
    "calendar": "Draw the sends as a calendar: in the terminal, as a page or a feed.",
    "refresh": "Update the records with what Invent shows.",
    "reconcile": "Find the broadcasts of attempts whose outcome is unknown.",
    "resolve": "Settle a blocked key by hand.",
    "import": "Write definitions for broadcasts that were created by hand in Invent.",
    "history": "Show each change of the records: what, by whom, from which commit.",
    "github": "Keep the comment on a pull request and the drift issue up to date.",
    "state": "Read the recorded state, and repair it.",
    "segments": "Give the segments in Invent names that definitions can use.",
    "schema": "Print the JSON Schema of a document.",
    "workspaces": "List the workspaces, and print a matrix for GitHub Actions.",
    "completion": "Make your shell complete commands, options and keys.",
    "sandbox": "Serve a built-in Invent on this machine, to try things out.",
}
# What each command is for, in the order of --help. Each command is in one group.
GROUPS = {
    "Write": ("init", "validate", "import", "segments", "schema", "completion"),
    "Review": ("plan", "status", "calendar", "history", "workspaces", "github"),
    "Run": ("apply", "refresh", "sandbox"),
    "Repair": ("reconcile", "resolve", "state"),
}


@cache
def _load(name: str) -> click.Command:
    module = importlib.import_module(f"invent_gitops.cli.commands.{name}")
    command: click.Command = getattr(module, name)
    refuse_repetition(command)
    _explain(command, str(command.name))
    return command


def _explain(command: click.Command, name_of_command: str) -> None:
    """Let the help of a command and of those below it end with an example and the address of its page."""

    def format_help(ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from invent_gitops.cli.help_page import write_page

        write_page(command, name_of_command, ctx, formatter)

    command.format_help = format_help  # type: ignore[method-assign]  # of this command alone
    for name, below in getattr(command, "commands", {}).items():
        _explain(below, f"{name_of_command} {name}")


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
        width = max(map(len, COMMANDS))
        for title, names in GROUPS.items():
            with formatter.section(title):
                # Equally wide in each section, so that the sentences begin in one column.
                formatter.write_dl([(name.ljust(width), COMMANDS[name]) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write("\nRun invent-gitops COMMAND --help for options, an example and documentation.\n")


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
