"""`resolve`: a person's word on a blocked key, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from invent_gitops.api.answer import usable_id
from invent_gitops.cli.account import DEFAULT_RATE, Account, connect, one_account_options
from invent_gitops.cli.keys import blocked
from invent_gitops.cli.options import common_options, plain_text
from invent_gitops.cli.session import Session
from invent_gitops.cli.stopping import Stopping
from invent_gitops.cli.workspace import checked_project, open_workspace
from invent_gitops.errors import ExitCode, NotOffered, Refused, WrongUsage
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.command import UNFINISHED
from invent_gitops.model.record import DEFINED
from invent_gitops.model.state import Absence, DeclaredAbsent, How, Provenance, Record, Recorded, State
from invent_gitops.provenance import find_origin
from invent_gitops.render.clean import clean

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi


@click.command()
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=blocked)
@one_account_options
@click.option("--id", "id", metavar="ID", help="It was created, and this is its id.")
@click.option("--not-created", is_flag=True, help="It was not created: you looked in Invent, and it is not there.")
@click.option(
    "--reason",
    metavar="TEXT",
    callback=plain_text,
    help="Why; needed with --not-created, recorded in both cases.",
)
@click.option("--anyway", is_flag=True, help="Record the id although Invent does not show it, or shows it otherwise.")
@common_options
@click.pass_obj
def resolve(
    session: Session,
    account: Account,
    keys: tuple[str, ...],
    id: str | None,
    not_created: bool,
    reason: str,
    anyway: bool,
) -> ExitCode:
    """Settle a blocked KEY by hand.

    With --id the broadcast is looked up in Invent's list first, and recorded; this also records the
    id of a defined key that the state has lost. With --not-created the KEYs are free again, and the
    next apply creates them. Your word, your name and the reason are recorded.
    """
    session.kind = "records"
    _check_words(keys, id, not_created, reason)
    root, project = checked_project()
    with account.store(root, project, strict=True) as store, Stopping(session) as stopping:
        made = find_origin(root).now()
        if id is None:
            store.append([_absent(store.state, key, reason, made) for key in keys])
            told = [f"{clean(key)} is free again: the next apply creates it." for key in keys]
        else:
            key = keys[0]
            request, attempt = _wanted(store.state, key)
            if attempt:
                # The definition is that of the commit from which it was attempted.
                made = replace(made, commit=store.state.intents[key].provenance.commit)
            _check_free(store.state, id)
            if anyway:
                status = "UNKNOWN"
            else:
                with connect(account, root, project, None, rate=DEFAULT_RATE, stop=stopping.event) as api:
                    status = _checked(request, id, _listed(api))
            how: How = "resolved" if attempt else "imported"
            note = reason if attempt else f"{DEFINED} {reason}".strip()
            store.append([Recorded(key, Record(id, request, status, how, made, attempt, note))])
            told = [f"{clean(key)} is recorded as {clean(id)}."]
        store.sync()
        state = store.state
        if id is None:
            _check_absent(state, keys)
    if session.json:
        from invent_gitops.render.machine import records_json

        session.answer("records", ExitCode.DONE, records_json(state))
    else:
        session.result("\n".join(told))
    return ExitCode.DONE


def _listed(api: InventApi) -> Sequence[Remote]:
    try:
        return api.broadcasts()
    except NotOffered as error:
        raise NotOffered(error.message, "If you have seen it in Invent yourself, add --anyway.") from None


def _check_words(keys: tuple[str, ...], id: str | None, not_created: bool, reason: str) -> None:
    if (id is not None) == not_created:
        raise WrongUsage("Say what became of it.", "Give either --id ID or --not-created --reason TEXT.")
    if not_created and not reason:
        raise WrongUsage("--not-created needs a reason.", 'Add for example: --reason "looked in Invent: not there"')
    if not_created and reason.endswith(UNFINISHED):
        raise WrongUsage(f"The reason still ends with {UNFINISHED}", "Say in words why it is none of those in Invent.")
    if id is not None and not usable_id(id):
        raise WrongUsage("That is no id.", "Copy the id from Invent, without blanks around it.")
    if id is not None and len(keys) > 1:
        raise WrongUsage("One id belongs to one key.", "Resolve the keys one by one.")


def _absent(state: State, key: str, reason: str, made: Provenance) -> DeclaredAbsent:
    if key not in state.intents:
        raise _not_blocked(state, key)
    return DeclaredAbsent(state.intents[key].attempt, Absence(key, reason, made))


def _check_absent(state: State, keys: tuple[str, ...]) -> None:
    """Somebody else may have settled a key while this was written; then it is not free."""
    for key in keys:
        if key in state.broadcasts:
            raise Refused(
                f"{key} was settled meanwhile: it is recorded as {state.broadcasts[key].id}.",
                "It exists. Your word is on record as well, and changes nothing.",
            )


def _wanted(state: State, key: str) -> tuple[Request, str]:
    """What was, or was to be, requested under a key, and the attempt: of its open intent, else of its definition."""
    if key in state.intents:
        return state.intents[key].request, state.intents[key].attempt
    if key not in state.broadcasts and key not in state.removed:
        workspace = open_workspace(None)
        for definition in workspace.checked().definitions:
            if definition.key == key:
                return definition.request, ""
    raise _not_blocked(state, key)


def _not_blocked(state: State, key: str) -> Refused:
    known = f"it is recorded as {state.broadcasts[key].id}" if key in state.broadcasts else "the state knows no doubt"
    return Refused(f"{key} is not blocked: {known}.", "See what is with: invent-gitops plan")


def _check_free(state: State, id: str) -> None:
    for key, record in state.broadcasts.items():
        if record.id == id:
            raise Refused(f"The id {id} is recorded under the key {key} already.", "Look for the other id in Invent.")
    for key, removal in state.removed.items():
        if removal.id == id:
            raise Refused(f"The id {id} was removed under the key {key}.", "Look for the other id in Invent.")


def _checked(request: Request, id: str, remotes: Sequence[Remote]) -> str:
    """The status of the broadcast with that id, once it is known to be the one that was requested."""
    from invent_gitops.reconcile import differences

    remote = next((remote for remote in remotes if remote.id == id), None)
    if remote is None:
        raise Refused(f"Invent's list does not show a broadcast with the id {id}.", "Check the id, or add --anyway.")
    differs = differences(request, remote)
    if differs:
        raise Refused(
            f"The broadcast {id} ({remote.name}) is not as it was requested: it differs in {', '.join(differs)}.",
            "If it is the one all the same, add --anyway.",
        )
    return remote.status
