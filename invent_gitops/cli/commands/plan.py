"""`plan`: what apply would do, from files alone unless it is asked to look at Invent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import click

from invent_gitops.cli.account_options import account_options_for
from invent_gitops.cli.completion.keys import chooser, patterns
from invent_gitops.cli.options import Function, common_options, document_options, folders, not_empty
from invent_gitops.cli.output import reviewing
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, WrongUsage, worst
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.listing import Reach
from invent_gitops.model.plan import Plan
from invent_gitops.model.state import State
from invent_gitops.operations.account import Account
from invent_gitops.operations.look import Seen, look, reading, warn_of_clock
from invent_gitops.operations.project import InvalidDefinitions, Workspace, open_workspace
from invent_gitops.operations.signals import Stopping
from invent_gitops.render.documents.machine import plan_json
from invent_gitops.render.github.annotations import plan_annotations


def plan_options(function: Function) -> Function:
    """--only and --strict, of which plan and apply make the same plan."""
    only = click.option(
        "--only",
        metavar="GLOB",
        callback=not_empty,
        shell_complete=patterns,
        help="Only the key of that name, or keys that match, such as 'newsletter/*'.",
    )
    strict = click.option("--strict", is_flag=True, help="Refuse edits of broadcasts that were created already.")
    return only(strict(function))


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
    only: str | None,
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
            seen = looked(session, account, workspace, read) if refresh else None
            if seen:
                warn_of_clock(session, seen)
            live, state = (seen.broadcasts.entries, seen.state) if seen else ((), read())
            reach: Reach = "" if seen is None else "whole" if seen.broadcasts.complete else "partly"
            flags = account.flags(session)
            made = plan_for(workspace, state, only=only, strict=strict, live=live, reach=reach, flags=flags)
            made = compared(made, workspace, seen) if seen else made
            code = worst([plan_code(made), ExitCode.CHANGES if tell and made.counts["create"] else ExitCode.DONE])
            # The annotations send those who want more to the log.
            text = partial(text_of, session, account, workspace, made, everything=form == "github")
            return review.show(code, partial(plan_json, made), text, partial(plan_annotations, made))
    except InvalidDefinitions as error:
        if form != "markdown":
            raise
        # The Markdown has every problem, and no plain text belongs after it.
        return error.exit_code


def warn_of_older(session: Session, account: Account, workspace: Workspace) -> None:
    """Say that the state is older than what this clone has seen: a plan over it shows too much as to be created."""
    store = account.store(workspace.root, workspace.project, strict=False)
    target = account.target()
    if reason := store.went_back(target.org, target.name):
        session.remark([f"{reason} What was created since then may be shown as to be created. apply refuses it."])


def read_state(account: Account, workspace: Workspace, *, strict: bool) -> State:
    """The state as recorded, or an empty one that is bound to the account that was named."""
    state = account.store(workspace.root, workspace.project, strict=strict).read()
    if state.lineage:
        return state
    target = account.target()
    return replace(state, org=target.org, api=target.name)


def looked(session: Session, account: Account, workspace: Workspace, read: Callable[[], State]) -> Seen:
    """What Invent shows; whoever is given this can read and nothing else."""
    where = (account, workspace.root, workspace.project, workspace.catalogue)
    with Stopping(session) as stopping, reading(*where, stop=stopping.event) as reader:
        return look(reader, read, segments=True)


def compared(made: Plan, workspace: Workspace, seen: Seen) -> Plan:
    """The plan with what drifted in Invent, and with today's audience."""
    from invent_gitops.live.drift import with_drift
    from invent_gitops.plan.audience import with_audiences

    made = with_drift(made, seen.state, seen.broadcasts, before=seen.before)
    jump = workspace.project.policies.audience_jump
    return with_audiences(made, seen.segments, workspace.catalogue, jump, seen.gaps)


def plan_for(
    workspace: Workspace,
    state: State,
    *,
    only: str | None,
    strict: bool,
    live: Sequence[Remote] = (),
    reach: Reach = "",
    newest: Mapping[str, Request] | None = None,
    flags: str = "",
) -> Plan:
    """The plan of a workspace against a state, as of now. Raises `WrongUsage` if `only` matches nothing."""
    from invent_gitops.plan.make import make_plan

    keys = {definition.key for definition in workspace.definitions} | state.broadcasts.keys() | state.intents.keys()
    chosen = chooser(only, keys)
    if only is not None and not any(chosen(key) for key in keys):
        raise WrongUsage(f"--only {only!r} matches no key.", "See the keys with: invent-gitops validate --json")
    made = make_plan(
        workspace.definitions,
        state,
        policies=workspace.project.policies,
        catalogue=workspace.catalogue,
        now=datetime.now(UTC),
        only=chosen,
        strict=strict,
        live=live,
        reach=reach,
        newest=newest,
        flags=flags,
    )
    return replace(made, timezone=workspace.project.timezone, workspace=workspace.project.name, options=flags)


def plan_code(made: Plan) -> ExitCode:
    """7 if a key is blocked, 6 if not all of Invent could be read, 5 if a key is refused."""
    return worst(
        [
            ExitCode.UNSETTLED if made.counts["blocked"] else ExitCode.DONE,
            ExitCode.UNAVAILABLE if made.look and not made.look.complete else ExitCode.DONE,
            ExitCode.REFUSED if made.counts["refused"] else ExitCode.DONE,
        ]
    )


def text_of(session: Session, account: Account, workspace: Workspace, made: Plan, *, everything: bool = False) -> str:
    from invent_gitops.render.text.plan import plan_text

    return plan_text(
        made,
        session.style,
        flags=account.flags(session),
        everything=everything or session.verbose,
        zone=workspace.project.timezone,
    )
