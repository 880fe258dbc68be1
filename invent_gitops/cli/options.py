"""The options that commands share, and what they may hold."""

from __future__ import annotations

import contextlib
import math
import os
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from invent_gitops.cli.session import Session
from invent_gitops.errors import Refused, WrongUsage

Function = TypeVar("Function", bound=Callable[..., Any])


def common_options(function: Function) -> Function:
    """-C, --json, --color, -q and -v, before or after the name of a command."""
    for option in reversed(
        [
            click.option(
                "-C",
                "folder",
                metavar="DIR",
                shell_complete=folders,
                help="Run as if started in DIR.",
                **_stored(_enter),
            ),
            click.option("--json", is_flag=True, help="Print one JSON document on stdout.", **_stored(_set)),
            click.option(
                "--color",
                type=click.Choice(["auto", "always", "never"]),
                help="When to print colours. auto prints them on a terminal.  [env: NO_COLOR, FORCE_COLOR]",
                **_stored(_set),
            ),
            click.option("-q", "--quiet", is_flag=True, help="Print the result only.", **_stored(_set)),
            click.option(
                "-v",
                "--verbose",
                is_flag=True,
                help="Print the traceback of a bug, all of a long plan or status, and the sandbox's requests.",
                **_stored(_set),
            ),
        ]
    ):
        function = option(function)
    return function


def document_options(*, kind: str, more_forms: str = "", drafts: bool = False) -> Callable[[Function], Function]:
    """--format and --out, for a command whose result is of a `kind`; the help names `more_forms`.

    With `drafts` the command gets a `draft`, which writes what is known meanwhile to the file of --out.
    """

    from invent_gitops.cli.document_options import FormatOption, OutOption

    def decorate(function: Function) -> Function:
        out = click.option(
            "--out",
            cls=OutOption,
            kind=kind,
            drafts=drafts,
            type=click.Path(dir_okay=False),
            callback=not_empty,
            help=f"File for the {kind} as JSON. It is written whether the command succeeds or fails.",
        )
        form = click.option(
            "--format",
            "form",
            cls=FormatOption,
            kind=kind,
            help=f"Output format. {more_forms}github adds annotations, a summary and outputs of the step.",
        )
        return form(out(function))

    return decorate


def page_options(*, kind: str) -> Callable[[Function], Function]:
    """--format, --out and --open, for a command whose result of a `kind` is also a page and a feed."""

    from invent_gitops.cli.document_options import FormatOption, PageOutOption

    def decorate(function: Function) -> Function:
        out = click.option(
            "--out",
            cls=PageOutOption,
            kind=kind,
            opener="opened",
            type=click.Path(dir_okay=False),
            callback=not_empty,
            help=f"Write the {kind} to this file. Its suffix chooses the format: .html, .ics or .json.",
        )
        form = click.option(
            "--format",
            "form",
            cls=FormatOption,
            kind=kind,
            help="json is the same as --json; html is one page for a browser; ics is a feed to subscribe to.",
        )
        opener = click.option(
            "--open",
            "opened",
            is_flag=True,
            help="Write the HTML page, to a temporary file without --out, and open it.",
        )
        return form(out(opener(function)))

    return decorate


class Positive(click.FloatRange):
    """A number that a clock can wait for. NaN passes every comparison, so it is refused by name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number


POSITIVE = Positive(min=0.01, max=1_000_000)


def not_empty(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return a callback for options that must not be empty: an unset variable in a script is no wish for the
    default.
    """
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty.", ctx, parameter)
    return value


def none_empty(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a callback for the same of options that can be given more than once."""
    for value in values:
        not_empty(ctx, parameter, value)
    return values


def refuse_repetition(command: click.Command) -> None:
    """Let a command and those below it refuse an option that is given twice where it can have one value only.

    Otherwise the first one would be dropped without a word, and with it what somebody meant to narrow.
    """
    make_parser = command.make_parser

    def make(ctx: click.Context) -> Any:
        parser = make_parser(ctx)
        parse_args = parser.parse_args

        def parse(args: list[str]) -> Any:
            values, extra, order = parse_args(args)
            if not ctx.resilient_parsing:
                _check_once(order, ctx)
            return values, extra, order

        parser.parse_args = parse  # type: ignore[method-assign]  # of this parser alone
        return parser

    command.make_parser = make  # type: ignore[method-assign]  # of this command alone
    for below in getattr(command, "commands", {}).values():
        refuse_repetition(below)


def _check_once(order: list[Any], ctx: click.Context) -> None:
    for parameter, count in Counter(order).items():
        if count == 1 or not isinstance(parameter, click.Option):
            continue
        # A second -C works as if started in the first one, as git's does.
        if not (parameter.multiple or parameter.is_flag or parameter.count or parameter.name == "folder"):
            raise click.UsageError(f"{parameter.opts[-1]} is given {count} times, and can have one value.", ctx)


def plain_text(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """Return a callback for options that hold a person's words: trimmed, and refused if they are no UTF-8."""
    text = (value or "").strip()
    try:
        text.encode()
    except UnicodeError:
        raise click.BadParameter("this is not valid UTF-8.", ctx, parameter) from None
    return text


def a_reason(*, needed: bool) -> Callable[[click.Context, click.Parameter, str | None], str]:
    """Return a callback for --reason: a person's own words, never the ellipsis with which a printed command ends."""

    def reason(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
        from invent_gitops.model.command import UNFINISHED

        text = plain_text(ctx, parameter, value)
        if text.rstrip(" .\"'”’").endswith(UNFINISHED):
            raise WrongUsage(f"The reason still ends with {UNFINISHED}", "Put words of your own in its place.")
        if needed and not text:
            raise WrongUsage("--reason is empty.", "Give a reason. history shows it to everyone who reads the record.")
        return text

    return reason


def files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return a callback for `shell_complete`: the shell knows files best."""
    return [CompletionItem(incomplete, type="file")]


def folders(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the same for folders."""
    return [CompletionItem(incomplete, type="dir")]


def _stored(callback: Callable[[click.Context, click.Parameter, Any], None]) -> dict[str, Any]:
    return {"expose_value": False, "callback": callback, "is_eager": True}


def _set(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value and parameter.name:
        setattr(ctx.find_object(Session), parameter.name, value)


def _enter(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    from invent_gitops.git.links import check_way, current_folder

    session = ctx.find_object(Session)
    assert session is not None
    with contextlib.suppress(OSError):  # the folder may be gone, and with it all that could be named from there
        session.start = session.start or os.getcwd()
    try:
        check_way(current_folder() / value)
        os.chdir(value)
    except Refused:
        session.astray = True
        raise
    except OSError as error:
        # Completion goes on all the same, and must not speak of another folder.
        session.astray = True
        raise click.BadParameter(f"{value}: {error.strerror}", ctx, parameter) from None
    session.folder = os.path.join(session.folder, value)
