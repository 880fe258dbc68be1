"""`calendar`: when each send goes out, to whom and in what state; in the terminal, as a page, or as a feed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import partial

import click

from invent_gitops.cli.account_options import account_options_for
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, folders, not_empty, page_options
from invent_gitops.cli.result import Display, Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, WrongUsage
from invent_gitops.model.calendar import Calendar
from invent_gitops.operations.account import Account
from invent_gitops.operations.calendar import read_calendar_of
from invent_gitops.operations.plan import warn_of_older
from invent_gitops.operations.project import open_workspace

Days = tuple[date, date]


def month_days(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Days | None:
    """Return a callback for --month: its first and its last day."""
    if value is None:
        return None
    try:
        first = date.fromisoformat(f"{value}-01" if re.fullmatch("[0-9]{4}-[0-9]{2}", value) else "")
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a month. Write it as 2028-11.", ctx, parameter) from None
    if (first.year, first.month) == (date.max.year, date.max.month):
        return first, date.max
    following = (first + timedelta(days=31)).replace(day=1)
    return first, following - timedelta(days=1)


def one_day(ctx: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """Return a callback for --from and --to: a day."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else "")
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a day. Write it as 2028-11-24.", ctx, parameter) from None


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]", shell_complete=folders)
@account_options_for("each")
@click.option("--month", callback=month_days, metavar="YYYY-MM", help="Only the sends of this month.")
@click.option("--from", "first", callback=one_day, metavar="DATE", help="Only the sends from this day on.")
@click.option("--to", "last", callback=one_day, metavar="DATE", help="Only the sends up to this day, included.")
@click.option("--refresh", is_flag=True, help="Read Invent: states, audiences and results as they are now.")
@click.option(
    "--base",
    metavar="REF",
    callback=not_empty,
    help="Mark what is new since this branch or commit; by default since the CI's base.",
)
@page_options(kind="calendar")
@common_options
@answers("calendar", reviewed=True)
def calendar(
    session: Session,
    account: Account,
    definitions: str | None,
    month: Days | None,
    first: date | None,
    last: date | None,
    refresh: bool,
    base: str | None,
) -> Result:
    """Draw the sends as a calendar: when, to whom and in what state.

    The calendar has planned, refused and blocked sends, and those in Invent. It marks clashes, quiet hours and
    blackout days, and shows results. Days are those of the project's time zone. DEFINITIONS is the folder of all
    definitions; by default it is the project's. The calendar is made from files and records. It makes no request
    to Invent unless you give --refresh. It writes nothing to Invent or to the state. The exit code is 6 if
    --refresh could not read everything.
    """
    first, last = _span(month, first, last)
    workspace = open_workspace(definitions).checked()
    session.remark(workspace.notes)
    store = warn_of_older(session, account, workspace)
    drawn = read_calendar_of(
        session,
        account,
        workspace,
        store,
        refresh=refresh,
        base=base or "",
        definitions=definitions,
        days=(first, last),
    )
    complete = drawn.look is None or drawn.look.complete
    return Result(
        "calendar",
        ExitCode.DONE if complete else ExitCode.UNAVAILABLE,
        partial(_body, drawn),
        partial(_text, drawn),
    )


def _span(month: Days | None, first: date | None, last: date | None) -> tuple[date | None, date | None]:
    """Return the first and the last day, None for open. Raises `WrongUsage` where the options contradict."""
    if month and (first or last):
        raise WrongUsage("--month and --from or --to cannot be combined.", "Give the month, or the days.")
    if first and last and first > last:
        raise WrongUsage(f"--from {first} is after --to {last}.", f"Swap them: --from {last} --to {first}")
    return month or (first, last)


def _body(drawn: Calendar) -> dict[str, object]:
    from invent_gitops.render.documents.calendar import calendar_json

    return calendar_json(drawn)


def _text(drawn: Calendar, display: Display) -> str:
    from invent_gitops.render.text.calendar import calendar_text

    return calendar_text(drawn, display.style, display.width, everything=display.verbose)
