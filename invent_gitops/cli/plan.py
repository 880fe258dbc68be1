"""`plan`: what apply would do, from files alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import click

from invent_gitops.cli.account import Account, account_options
from invent_gitops.cli.session import Session, common_options, not_empty
from invent_gitops.cli.workspace import Workspace, open_workspace
from invent_gitops.errors import ExitCode, InvalidInput, Refused, WrongUsage, worst
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.plan import Plan
from invent_gitops.model.state import State


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]")
@account_options
@click.option("--only", metavar="GLOB", callback=not_empty, help="Only keys that match, such as 'newsletter/*'.")
@click.option("--strict", is_flag=True, help="Refuse edits of broadcasts that were created already.")
@click.option("--exit-code", "tell", is_flag=True, help="Exit 3 if there is something to create.")
@click.option("--out", type=click.Path(dir_okay=False), help="Write the plan as JSON to this file as well.")
@common_options
@click.pass_obj
def plan(
    session: Session,
    account: Account,
    definitions: str | None,
    only: str | None,
    strict: bool,
    tell: bool,
    out: str | None,
) -> ExitCode:
    """Show what apply would do: who would be messaged, when, and what needs you.

    DEFINITIONS is the folder of all definitions; by default it is the project's. Works offline, and
    has no way to write to Invent or to the state. Exit code 5 if something is refused, 7 if a key
    is blocked, and with --exit-code 3 if there is something to create.
    """
    session.kind = "plan"
    workspace = open_workspace(definitions).checked()
    state = account.store(workspace.root, workspace.project, strict=False).read()
    if not state.lineage:
        target = account.target()
        state = replace(state, org=target.org, api=target.name)
    made = plan_for(workspace, state, only=only, strict=strict, flags=account.flags(session))
    code = worst([plan_code(made), ExitCode.CHANGES if tell and made.counts["create"] else ExitCode.DONE])
    show_plan(session, account, workspace, made, code, out)
    return code


def plan_for(
    workspace: Workspace,
    state: State,
    *,
    only: str | None,
    strict: bool,
    live: Sequence[Remote] = (),
    flags: str = "",
) -> Plan:
    """The plan of a workspace against a state, as of now. Raises `WrongUsage` if `only` matches nothing."""
    from invent_gitops.plan import make_plan

    chosen = chooser(only)
    keys = {definition.key for definition in workspace.definitions} | state.broadcasts.keys() | state.intents.keys()
    if only is not None and not any(chosen(key) for key in keys):
        raise WrongUsage(f"--only {only!r} matches no key.", "See the keys with: invent-gitops validate --json")
    return make_plan(
        workspace.definitions,
        state,
        policies=workspace.project.policies,
        catalogue=workspace.catalogue,
        now=datetime.now(UTC),
        only=chosen,
        strict=strict,
        live=live,
        flags=flags,
    )


def chooser(only: str | None) -> Callable[[str], bool]:
    return (lambda key: True) if only is None else (lambda key: fnmatchcase(key, only))


def plan_code(made: Plan) -> ExitCode:
    """7 if a key is blocked, 5 if one is refused."""
    return worst(
        [
            ExitCode.UNSETTLED if made.counts["blocked"] else ExitCode.DONE,
            ExitCode.REFUSED if made.counts["refused"] else ExitCode.DONE,
        ]
    )


def show_plan(
    session: Session, account: Account, workspace: Workspace, made: Plan, code: ExitCode, out: str | None
) -> None:
    from invent_gitops.render.machine import document, plan_json

    if out:
        _write(Path(out), document("plan", code, plan_json(made)) + "\n")
    if session.json:
        session.answer("plan", code, plan_json(made))
    else:
        session.result(text_of(session, account, workspace, made))


def text_of(session: Session, account: Account, workspace: Workspace, made: Plan, *, everything: bool = False) -> str:
    from invent_gitops.render.plan_text import plan_text

    return plan_text(
        made,
        session.style,
        flags=account.flags(session),
        everything=everything or session.verbose,
        zone=workspace.project.timezone,
    )


def _write(path: Path, text: str) -> None:
    """Write a plan, over an older plan but over nothing else: a state or a definition cannot be had again."""
    try:
        if path.is_file() and not _is_plan(path.read_text(encoding="utf-8", errors="replace")):
            raise Refused(f"{path} is no plan, and is not written over.", "Choose another --out.")
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            f"The plan cannot be written to {path}: {error.strerror}.", "Choose another --out."
        ) from None


def _is_plan(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("kind") == "plan"
