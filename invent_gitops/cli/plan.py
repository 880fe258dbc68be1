"""`plan`: what apply would do, from files alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

import click

from invent_gitops.cli.account import Account, account_options
from invent_gitops.cli.session import Session, common_options, not_empty
from invent_gitops.cli.workspace import InvalidDefinitions, Workspace, open_workspace
from invent_gitops.errors import ExitCode, InvalidInput, InventGitopsError, Refused, WrongUsage, worst
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.plan import Plan
from invent_gitops.model.state import State
from invent_gitops.render.clean import clean

# The forms for people who review, which are complete even where there is no plan.
REVIEW = ("markdown", "github")


@click.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]")
@account_options
@click.option("--only", metavar="GLOB", callback=not_empty, help="Only keys that match, such as 'newsletter/*'.")
@click.option("--strict", is_flag=True, help="Refuse edits of broadcasts that were created already.")
@click.option("--exit-code", "tell", is_flag=True, help="Exit 3 if there is something to create.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "github"]),
    default="text",
    help="json is the same as --json; markdown is for reviewers; github adds annotations, summary and outputs.",
)
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
    form: str,
    out: str | None,
) -> ExitCode:
    """Show what apply would do: who would be messaged, when, and what needs you.

    DEFINITIONS is the folder of all definitions; by default it is the project's. Works offline, and
    has no way to write to Invent or to the state. Exit code 5 if something is refused, 7 if a key
    is blocked, and with --exit-code 3 if there is something to create.
    """
    session.kind = "plan"
    if session.json and form in REVIEW:
        raise WrongUsage(f"--json and --format {form} contradict each other.", "Give one of them.")
    session.json = session.json or form == "json"
    try:
        workspace = open_workspace(definitions).checked()
        state = account.store(workspace.root, workspace.project, strict=False).read()
        if not state.lineage:
            target = account.target()
            state = replace(state, org=target.org, api=target.name)
        made = plan_for(workspace, state, only=only, strict=strict, flags=account.flags(session))
    except InventGitopsError as error:
        if form in REVIEW:
            show_failure(session, form, error)
        if form == "markdown" and isinstance(error, InvalidDefinitions):
            return error.exit_code
        raise
    code = worst([plan_code(made), ExitCode.CHANGES if tell and made.counts["create"] else ExitCode.DONE])
    show_plan(session, account, workspace, made, code, out, form)
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
    session: Session, account: Account, workspace: Workspace, made: Plan, code: ExitCode, out: str | None, form: str
) -> None:
    from invent_gitops.render.machine import document, plan_json

    # Text needs no document, and a large one takes longer than the plan.
    whole = document("plan", code, plan_json(made)) if out or session.json or form in REVIEW else ""
    if out:
        _write(Path(out), whole + "\n")
    if session.json:
        session.result(whole)
    elif form != "markdown":
        session.result(text_of(session, account, workspace, made))
    if form in REVIEW:
        from invent_gitops.render.annotations import plan_annotations

        more = {"zone": workspace.project.timezone, "flags": account.flags(session), "segments": made.segment_names}
        review(session, form, json.loads(whole), partial(plan_annotations, made), **more)


def show_failure(session: Session, form: str, error: InventGitopsError) -> None:
    """For reviewers; people at a terminal are told at the one door."""
    from invent_gitops.render.annotations import Annotation, commands
    from invent_gitops.render.machine import document
    from invent_gitops.render.problems import problems_github

    if isinstance(error, InvalidDefinitions):
        whole = document("plan", error.exit_code, {}, problems=error.problems)
        review(session, form, json.loads(whole), partial(problems_github, error.problems))
    else:
        whole = document("plan", error.exit_code, {}, error=error)
        told = Annotation("error", "invent-gitops plan", f"{error.message} {error.cure}".strip())
        review(session, form, json.loads(whole), partial(commands, [told]))


def review(
    session: Session, form: str, whole: Mapping[str, Any], annotations: Callable[[str], str], **more: Any
) -> None:
    """Show a plan document to reviewers: as Markdown, or as everything that a step of a workflow can say."""
    from invent_gitops.github import step
    from invent_gitops.render.fitting import in_bytes
    from invent_gitops.render.markdown import COMMENT_LIMIT, plan_markdown, step_outputs

    written = partial(plan_markdown, whole, files=step.files_address(Path()), **more)
    if form == "markdown":
        # One less, for the line feed at the end.
        session.result(written(limit=COMMENT_LIMIT - 1))
        return
    if commands := annotations(step.prefix(Path())):
        session.result(commands)
    wrong = [
        step.write_summary(written(limit=max(0, step.summary_room() - 2), size=in_bytes)),
        step.write_outputs(step_outputs(whole)),
    ]
    for reason in filter(None, wrong):
        session.note(clean(reason))


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
