"""What the help of a command says beside its options: its example, its page and its variables."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import click

_MODULE = "invent_gitops.cli.help_page"


def _help_page() -> Any:
    """Return the room that writes help, or None where the program has none."""
    return importlib.import_module(_MODULE) if importlib.util.find_spec(_MODULE) else None


def example_of(name: str) -> str:
    """Return the command line that shows a command, such as `state mv`; "" if there is none."""
    room = _help_page()
    return str(room.EXAMPLES.get(name, "")) if room else ""


def page_of(name: str) -> str:
    """Return the page below docs/ that a command's help names; "" if there is none."""
    room = _help_page()
    return str(room.page_of(name)) if room else ""


def variables_of(option: click.Parameter, name: str) -> list[str]:
    """Return the variables that are read where an option of a command is not given."""
    room = _help_page()
    if room:
        return list(room.variables_of(option, name))
    return [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())


def further_variables(name: str) -> list[tuple[str, str]]:
    """Return the variables that no option of a command stands for, each with what it holds."""
    room = _help_page()
    rows = room.VARIABLES.items() if room else ()
    return [(variable, sentence) for variable, (sentence, readers) in rows if name in readers]


def groups() -> dict[str, tuple[str, ...]]:
    """Return the commands in the groups of the help; all in one where the program has none."""
    from invent_gitops.cli import program

    return dict(getattr(program, "GROUPS", {"Commands": tuple(program.COMMANDS)}))
