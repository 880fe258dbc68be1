"""`status`: when, to whom, in what state, what came of it, and what needs a person."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial

import click

from invent_gitops.cli.account_options import account_options_for
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, document_options, folders
from invent_gitops.cli.result import Display, Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, worst
from invent_gitops.model.status import Status
from invent_gitops.operations.account import Account
from invent_gitops.operations.look import warn_of_clock
from invent_gitops.operations.plan import looked, read_account_state, read_state, warn_of_older
from invent_gitops.operations.project import open_workspace
from invent_gitops.operations.status import recorded_status_at, status_at
from invent_gitops.operations.unsettled import unsettled_code

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def span(ctx: click.Context, parameter: click.Parameter, value: str) -> timedelta:
    """Return a callback for options that say how far ahead: a whole number with m, h or d, at most a year."""
    match = re.fullmatch(r"([0-9]{1,6})([mhd])", value)
    ahead = int(match[1]) * _UNITS[match[2]] if match else None
    if ahead is None or ahead > timedelta(days=366):
        raise click.BadParameter(f"{value!r} is not a span of at most a year, such as 90m, 24h or 3d.", ctx, parameter)
    return ahead


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]", shell_complete=folders)
@account_options_for("each")
@click.option(
    "--soon",
    callback=span,
    metavar="SPAN",
    default="24h",
    show_default=True,
    help="How long before its send time a broadcast must be ready: 90m, 24h, 3d.",
)
@click.option("--exit-code", "tell", is_flag=True, help="Exit with 3 if a broadcast needs a person.")
@click.option(
    "--past",
    type=click.IntRange(min=0),
    metavar="N",
    help="Show only the newest N past broadcasts in text. Other formats hold all that fit.",
)
@click.option("--recorded", is_flag=True, help="Show the records, without reading Invent. Needs no key.")
@document_options(kind="status", more_forms="markdown is for an issue. ")
@common_options
@answers("status", reviewed=True)
def status(
    session: Session,
    account: Account,
    definitions: str | None,
    soon: timedelta,
    tell: bool,
    past: int | None,
    recorded: bool,
) -> Result:
    """Show every broadcast: when, to whom, in what state, and what came of it.

    status lists first what needs a person, with the reason and the step. Then come the future
    broadcasts, soonest first, and the past ones with their counts, newest first. status reads Invent
    and writes nothing. DEFINITIONS is the folder of all definitions; by default it is the project's.

    Exit code 6 means that Invent's list could not be read completely. status then shows the recorded
    values, and reports nothing as missing. 7 means that the outcome of a key is unknown, or that it
    exists twice. With --exit-code, 3 means that a broadcast needs a person.
    """
    from invent_gitops.render.documents.status import status_json
    from invent_gitops.render.github.status_annotations import status_annotations

    workspace = open_workspace(definitions).checked()
    session.remark(workspace.notes)
    store = warn_of_older(session, account, workspace)
    if recorded:
        state = read_state(account, store)
        current = recorded_status_at(datetime.now(UTC), account, workspace, state, soon)
        unsettled = unsettled_code(session, account, state)
    else:
        read = partial(read_account_state, account, workspace)
        snapshot = looked(session, account, workspace, read, segments=False)
        warn_of_clock(session, snapshot)
        current = status_at(datetime.now(UTC), account, workspace, snapshot, soon)
        unsettled = unsettled_code(session, account, snapshot.state, snapshot.broadcasts)
    needy = ExitCode.CHANGES if tell and current.alarmed else ExitCode.DONE
    unread = ExitCode.DONE if recorded or current.look.complete else ExitCode.UNAVAILABLE
    return Result(
        "status",
        worst([needy, unsettled, unread]),
        partial(status_json, current),
        partial(_text, current, past),
        annotations=partial(status_annotations, current),
    )


def _text(current: Status, past: int | None, display: Display) -> str:
    from invent_gitops.render.text.status import status_text

    return status_text(current, display.style, width=display.width, everything=display.verbose, past=past)
