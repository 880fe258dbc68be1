"""The context of the program itself, from which the contexts of its commands are made."""

from __future__ import annotations

import click

from invent_gitops.cli.program import cli

PROGRAM = "invent-gitops"


def root_context() -> click.Context:
    """Return a new context with the program's settings: click keeps the option for help as the first context asks."""
    return click.Context(cli, info_name=PROGRAM, **cli.context_settings)
