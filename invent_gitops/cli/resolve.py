"""`resolve`: a person's word on a blocked key, recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account import DEFAULT_RATE, Account, account_options, connect
from invent_gitops.cli.session import Session, common_options
from invent_gitops.cli.stopping import stop_on_signals
from invent_gitops.cli.workspace import InvalidDefinitions, open_project
from invent_gitops.errors import ExitCode, Refused, WrongUsage
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.state import Absence, DeclaredAbsent, Event, Intent, Record, Recorded, State
from invent_gitops.provenance import find_origin
from invent_gitops.render.clean import clean

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command()
@click.argument("key")
@account_options
@click.option("--id", "id", metavar="ID", help="It was created, and this is its id.")
@click.option("--not-created", is_flag=True, help="It was not created: you looked in Invent, and it is not there.")
@click.option("--reason", metavar="TEXT", help="Why; needed with --not-created, recorded in both cases.")
@click.option("--anyway", is_flag=True, help="Record the id although Invent does not show it, or shows it otherwise.")
@common_options
@click.pass_obj
def resolve(
    session: Session,
    account: Account,
    key: str,
    id: str | None,
    not_created: bool,
    reason: str | None,
    anyway: bool,
) -> ExitCode:
    """Settle a blocked KEY by hand.

    With --id the broadcast is looked up in Invent's list first, and recorded. With --not-created the
    key is free again, and the next apply creates it. Your word, your name and the reason are recorded.
    """
    session.kind = "records"
    if bool(id) == not_created:
        raise WrongUsage("Say what became of it.", "Give either --id ID or --not-created --reason TEXT.")
    if not_created and not (reason or "").strip():
        raise WrongUsage("--not-created needs a reason.", 'Add for example: --reason "looked in Invent: not there"')
    root, project, problems = open_project()
    if problems:
        raise InvalidDefinitions(problems)
    with account.store(root, project, strict=True) as store, stop_on_signals(session) as stop:
        intent = _open_intent(store.state, key)
        made = find_origin(root).now()
        event: Event
        if id:

            def lookup() -> list[Remote]:
                with connect(account, root, project, None, rate=DEFAULT_RATE, stop=stop) as api:
                    return api.broadcasts()

            _check_free(store.state, id)
            status = _checked(session, intent, id, lookup, anyway)
            record = Record(id, intent.request, status, "resolved", made, intent.attempt, reason or "")
            event, told = Recorded(key, record), f"{clean(key)} is recorded as {clean(id)}."
        else:
            event = DeclaredAbsent(intent.attempt, Absence(key, reason or "", made))
            told = f"{clean(key)} is free again: the next apply creates it."
        store.append([event])
        store.sync()
        state = store.state
    if session.json:
        from invent_gitops.render.machine import records_json

        session.answer("records", ExitCode.DONE, records_json(state))
    else:
        session.result(told)
    return ExitCode.DONE


def _open_intent(state: State, key: str) -> Intent:
    if key not in state.intents:
        known = (
            f"it is recorded as {state.broadcasts[key].id}" if key in state.broadcasts else "the state knows no doubt"
        )
        raise Refused(f"{key} is not blocked: {known}.", "See what is with: invent-gitops plan")
    return state.intents[key]


def _check_free(state: State, id: str) -> None:
    for key, record in state.broadcasts.items():
        if record.id == id:
            raise Refused(f"The id {id} is recorded under the key {key} already.", "Look for the other id in Invent.")


def _checked(session: Session, intent: Intent, id: str, lookup: Callable[[], list[Remote]], anyway: bool) -> str:
    """The status of the broadcast with that id, once it is known to be the one that was requested."""
    from invent_gitops.reconcile import differences

    if anyway:
        return "UNKNOWN"
    remote = next((remote for remote in lookup() if remote.id == id), None)
    if remote is None:
        raise Refused(f"Invent's list does not show a broadcast with the id {id}.", "Check the id, or add --anyway.")
    differs = differences(intent.request, remote)
    if differs:
        raise Refused(
            f"The broadcast {id} ({remote.name}) is not as it was requested: it differs in {', '.join(differs)}.",
            "If it is the one all the same, add --anyway.",
        )
    return remote.status
