"""What `plan` and `apply` share on the command line: options that choose the plan, and its text."""

from __future__ import annotations

import click

from invent_gitops.cli.completion.keys import patterns
from invent_gitops.cli.options import Function, none_empty, not_empty
from invent_gitops.cli.result import Display
from invent_gitops.model.plan import Plan


def plan_options(function: Function) -> Function:
    """--only, --strict and --base, of which plan and apply make the same plan."""
    only = click.option(
        "--only",
        metavar="GLOB",
        multiple=True,
        callback=none_empty,
        shell_complete=patterns,
        help="Plan only the keys that match, such as 'newsletter/*'. Can be repeated.",
    )
    strict = click.option("--strict", is_flag=True, help="Refuse edits of broadcasts that are created already.")
    base = click.option(
        "--base",
        metavar="REF",
        callback=not_empty,
        help="Branch or commit to compare the project's rules with.  [default: the base that CI names]",
    )
    return only(strict(base(function)))


def text_of(plan: Plan, display: Display, *, everything: bool = False, asked: bool = False) -> str:
    """Return the plan for people; in the log of a workflow `everything`, since the annotations send those who want
    more.

    On a terminal the totals come last. `asked` is whether a question about it follows.
    """
    from invent_gitops.render.text.plan import plan_text
    from invent_gitops.render.text.totals import plan_end

    text = plan_text(plan, display.style, everything=everything or display.log or display.verbose)
    end = "" if display.width is None else plan_end(plan, display.style, asked=asked)
    return f"{text}\n\n{end}" if end else text
