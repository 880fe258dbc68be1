"""What to write instead of a command or an option that does not exist: for slips, and for habits of other tools."""

from __future__ import annotations

import click

_PLAN = "invent-gitops plan shows what would happen, and writes nothing."
# What people type who know other tools, and what it is called here.
_COMMANDS = {
    "version": "Write: invent-gitops --version",
    "diff": _PLAN,
    "preview": _PLAN,
    "dry-run": _PLAN,
    "lint": "Write: invent-gitops validate",
    "check": "Write: invent-gitops validate",
}
_YES = "Write --yes: it creates without a question."
# A name that is not written to its end; with fewer letters it could be any.
_SHORTEST_BEGINNING = 3
# The same for options, where a command has the option that is meant; "" needs none.
_OPTIONS = {
    "--dry-run": (_PLAN, ""),
    "-n": (_PLAN, ""),
    "-y": (_YES, "--yes"),
    "--auto-approve": (_YES, "--yes"),
    "--assume-yes": (_YES, "--yes"),
}


def with_hint(error: click.UsageError) -> click.UsageError:
    """Return the error with the nearest name for a slip, or with what a habit of another tool is called here."""
    command, option = getattr(error, "command_name", ""), getattr(error, "option_name", "")
    if error.ctx is None or not (command or option):
        return error
    kind, hint = ("command", _of_command(command, error.ctx)) if command else ("option", _of_option(option, error.ctx))
    return click.UsageError(f"No such {kind} '{command or option}'. {hint}".strip(), error.ctx)


def _of_command(written: str, ctx: click.Context) -> str:
    if written == "help":
        return f"Write: {ctx.command_path} --help"
    if ctx.parent is None and written in _COMMANDS:
        return _COMMANDS[written]
    assert isinstance(ctx.command, click.Group)
    return _nearest(written, ctx.command.list_commands(ctx))


def _of_option(written: str, ctx: click.Context) -> str:
    names = [name for parameter in ctx.command.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)]
    hint, needed = _OPTIONS.get(written, ("", ""))
    if hint and (not needed or needed in names):
        return hint
    return _nearest(written, [name for name in names if name.startswith("-")])


def _nearest(written: str, names: list[str]) -> str:
    from invent_gitops.text.slips import guess

    beginning = [name for name in names if len(written) >= _SHORTEST_BEGINNING and name.startswith(written)]
    name = guess(written, names) or (beginning[0] if len(beginning) == 1 else "")
    return f"Did you mean '{name}'?" if name else ""
