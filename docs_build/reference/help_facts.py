"""What the help of a command says beside its options: its example, its page and its variables."""

from __future__ import annotations

import click

from invent_gitops.cli import help_page
from invent_gitops.cli.program import GROUPS


def example_of(name: str) -> str:
    """Return the command line that shows a command, such as `state mv`; "" if there is none."""
    return help_page.EXAMPLES.get(name, "")


def page_of(name: str) -> str:
    """Return the page below docs/ that a command's help names; "" if there is none."""
    return str(help_page.page_of(name))


def variables_of(option: click.Parameter, name: str) -> list[str]:
    """Return the variables that are read where an option of a command is not given."""
    return list(help_page.variables_of(option, name))


def further_variables(name: str) -> list[tuple[str, str]]:
    """Return the variables that no option of a command stands for, each with what it holds."""
    return [(variable, sentence) for variable, (sentence, readers) in help_page.VARIABLES.items() if name in readers]


def groups() -> dict[str, tuple[str, ...]]:
    """Return the commands in the groups of the help."""
    return dict(GROUPS)
