"""`plan`: what apply would do, from files alone unless it is asked to look at Invent."""

from __future__ import annotations

from functools import partial

import click

from invent_gitops.cli.account_options import account_options_for
from invent_gitops.cli.options import common_options, document_options, folders
from invent_gitops.cli.output import reviewing
from invent_gitops.cli.plans import plan_options, text_of
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, worst
from invent_gitops.model.listing import Reach
from invent_gitops.operations.account import Account
from invent_gitops.operations.look import warn_of_clock
from invent_gitops.operations.plan import compared, looked, plan_code, plan_for, read_state, warn_of_older
from invent_gitops.operations.project import InvalidDefinitions, open_workspace
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.github.annotations import plan_annotations


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]", shell_complete=folders)
@account_options_for("each")
@plan_options
@click.option("--refresh", is_flag=True, help="Look at Invent, too: what drifted, and today's audience.")
@click.option("--exit-code", "tell", is_flag=True, help="Exit 3 if there is something to create.")
@document_options("text", "json", "markdown", "github", what="plan", told="markdown is for reviewers; ")
@common_options
@click.pass_obj
def plan(
    session: Session,
    account: Account,
    definitions: str | None,
    only: tuple[str, ...],
    strict: bool,
    refresh: bool,
    tell: bool,
    form: str,
    out: str | None,
) -> ExitCode:
    """Show what apply would do: who would be messaged, when, and what needs you.

    DEFINITIONS is the folder of all definitions; by default it is the project's. Works offline unless
    --refresh is given, and has no way to write to Invent or to the state. Exit code 5 if something is
    refused, 6 if --refresh could not read everything, 7 if a key is blocked, and with --exit-code 3 if
    there is something to create.
    """
    session.kind = "plan"
    try:
        with reviewing(session, form, out) as review:
            workspace = open_workspace(definitions).checked()
            session.remark(workspace.notes)
            warn_of_older(session, account, workspace)
            read = partial(read_state, account, workspace, strict=refresh)
            seen = looked(session, account, workspace, read, segments=True) if refresh else None
            if seen:
                warn_of_clock(session, seen)
            live, state = (seen.broadcasts.entries, seen.state) if seen else ((), read())
            reach: Reach = "" if seen is None else "whole" if seen.broadcasts.complete else "partly"
            flags = account.flags()
            made = plan_for(workspace, state, only=only, strict=strict, live=live, reach=reach, flags=flags)
            made = compared(made, workspace, seen) if seen else made
            code = worst([plan_code(made), ExitCode.CHANGES if tell and made.counts["create"] else ExitCode.DONE])
            # The annotations send those who want more to the log.
            text = partial(text_of, session, made, everything=form == "github")
            return review.show(code, partial(plan_json, made), text, partial(plan_annotations, made))
    except InvalidDefinitions as error:
        if form != "markdown":
            raise
        # The Markdown has every problem, and no plain text belongs after it.
        return error.exit_code
