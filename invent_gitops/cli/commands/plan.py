"""`plan`: what apply would do, from files alone unless it is asked to look at Invent."""

from __future__ import annotations

from functools import partial

import click

from invent_gitops.cli.account_options import account_options_for
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options, document_options, folders
from invent_gitops.cli.plans import plan_options, text_of
from invent_gitops.cli.result import Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, worst
from invent_gitops.model.listing import Reach
from invent_gitops.operations.account import Account
from invent_gitops.operations.idle_waivers import note_idle_waivers
from invent_gitops.operations.look import warn_of_clock
from invent_gitops.operations.loosening import with_loosening
from invent_gitops.operations.plan import (
    compared,
    looked,
    pending_code,
    plan_code,
    plan_for,
    read_account_state,
    read_state,
    warn_of_older,
)
from invent_gitops.operations.project import open_workspace
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.github.annotations import plan_annotations


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]", shell_complete=folders)
@account_options_for("each")
@plan_options
@click.option("--refresh", is_flag=True, help="Read Invent, and show drift and today's audience.")
@click.option(
    "--exit-code",
    "tell",
    is_flag=True,
    help="Exit with 3 if there are creates, else with 8 if a person must act in Invent.",
)
@document_options(kind="plan", more_forms="markdown is for reviewers. ")
@common_options
@answers("plan", reviewed=True)
def plan(
    session: Session,
    account: Account,
    definitions: str | None,
    only: tuple[str, ...],
    strict: bool,
    refresh: bool,
    base: str | None,
    tell: bool,
) -> Result:
    """Show what apply would do: who would be messaged, when, and what needs you.

    DEFINITIONS is the folder of all definitions; by default it is the project's. plan works offline
    unless you give --refresh. It cannot write to Invent or to the state.

    Exit code 5 means that something is refused. 6 means that --refresh could not read everything.
    7 means that a key is blocked. With --exit-code, 3 means that there are creates. 8 means that
    nothing would be created, but a person must act in Invent.
    """
    workspace = open_workspace(definitions).checked()
    session.remark(workspace.notes)
    store = warn_of_older(session, account, workspace)
    read = partial(read_account_state, account, workspace)
    snapshot = looked(session, account, workspace, read, segments=True) if refresh else None
    if snapshot:
        warn_of_clock(session, snapshot)
    live, state = (snapshot.broadcasts.entries, snapshot.state) if snapshot else ((), read_state(account, store))
    note_idle_waivers(session, workspace, state)
    reach: Reach = "" if snapshot is None else "whole" if snapshot.broadcasts.complete else "partly"
    replan = partial(plan_for, state=state, only=only, strict=strict, live=live, reach=reach, flags=account.flags())
    planned = with_loosening(session, replan(workspace), workspace, replan, base=base or "", definitions=definitions)
    planned = compared(planned, workspace, snapshot) if snapshot else planned
    pending = pending_code(planned) if tell else ExitCode.DONE
    return Result(
        "plan",
        worst([plan_code(planned), pending]),
        partial(plan_json, planned),
        partial(text_of, planned),
        annotations=partial(plan_annotations, planned),
    )
