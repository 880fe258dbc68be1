"""`state list|show|mv|rm|migrate|verify`: a look into the recorded state, and the ways to mend and move it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta

import click

from invent_gitops.cli.account_options import account_options, one_account_options
from invent_gitops.cli.completion.keys import known, recorded, removed, unrecorded
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import a_reason, common_options, folders
from invent_gitops.cli.result import Display, Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, Refused, WrongUsage
from invent_gitops.model.note import restored_note
from invent_gitops.model.project import Project
from invent_gitops.model.state import Event, Moved, Record, Recorded, Removal, Removed, State
from invent_gitops.model.statuses import RESTORED
from invent_gitops.operations.account import Account, check_named_state, own_place
from invent_gitops.operations.definitions_at import requests_reader
from invent_gitops.operations.project import checked_project, shown
from invent_gitops.operations.sandbox_place import removal
from invent_gitops.operations.unsettled import unsettled_code
from invent_gitops.provenance import Origin, find_origin
from invent_gitops.text.clean import clean
from invent_gitops.text.commands import settling
from invent_gitops.values import replace

reason_option = click.option(
    "--reason",
    required=True,
    metavar="TEXT",
    callback=a_reason(needed=True),
    help="Reason for the record.",
)


@click.group()
@common_options
def state() -> None:
    """Read the recorded state, and repair it."""


@state.command(name="list")
@account_options
@common_options
@answers("records")
def list_(session: Session, account: Account) -> Result:
    """List each recorded broadcast: key, ID, status and name. Then list unknown outcomes and removed keys."""
    from invent_gitops.render.text.records import records_text

    state = _read(account)
    return _result(state, lambda display: records_text(state, display.style))


@state.command()
@click.argument("key", shell_complete=known)
@one_account_options
@common_options
@answers("records")
def show(session: Session, account: Account, key: str) -> Result:
    """Show the whole record of KEY."""
    from invent_gitops.render.text.records import record_text

    state = _read(account)
    declared = {absence.key for absence in state.absences.values()}
    if not any(key in keys for keys in (state.broadcasts, state.intents, state.removed, declared)):
        raise Refused(f"The state knows no key {key}.", _see_keys(account.flags()))
    return _result(state.only(key), plain(record_text(state, key)))


@state.command()
@click.argument("key", shell_complete=recorded)
@click.argument("to", shell_complete=unrecorded)
@one_account_options
@common_options
@answers("records")
def mv(session: Session, account: Account, key: str, to: str) -> Result:
    """Rename the record of KEY to TO, after you renamed its definition.

    mv creates nothing.
    """

    moved = ""

    def event(current: State, origin: Origin) -> Event:
        nonlocal moved
        _check_recorded(current, key, origin.now().at, account.flags())
        for part, word in (
            (current.broadcasts, "it is recorded"),
            (current.intents, "its outcome is unknown"),
            (current.removed, "it is removed"),
        ):
            if to in part:
                raise Refused(f"The key {to} is taken: {word}.", "Choose another key.")
        if not to.strip() or not to.isprintable() or len(to) > 255:
            raise Refused("A key has 1 to 255 printable characters.", "Choose another key.")
        moved = current.broadcasts[key].id
        return Moved(key, to, moved, origin.now())

    def done(current: State) -> bool:
        return to in current.broadcasts and current.broadcasts[to].id == moved

    return _change(session, account, event, f"{clean(key)} is now {clean(to)}.", done)


@state.command()
@click.argument("key", shell_complete=recorded)
@reason_option
@one_account_options
@common_options
@answers("records")
def rm(session: Session, account: Account, key: str, reason: str) -> Result:
    """Remove the record of KEY, and leave a tombstone so that KEY is never created again.

    rm does not change the broadcast in Invent.
    """

    def event(current: State, origin: Origin) -> Event:
        provenance = origin.now()
        _check_recorded(current, key, provenance.at, account.flags())
        record = current.broadcasts[key]
        if record.restored:
            # Later than that, within one second too, or it would pass for the removal that was taken back.
            provenance = replace(provenance, at=max(provenance.at, record.provenance.at + timedelta(seconds=1)))
        removal = Removal(record.id, record.request, reason, provenance, record.attempt, record.formerly)
        return Removed(key, removal)

    def done(current: State) -> bool:
        return key in current.removed and key not in current.broadcasts

    reminder = "Its tombstone keeps it from being sent again. Invent was not asked: what is still there is still sent."
    return _change(session, account, event, f"{clean(key)} is removed. {reminder}", done)


@state.command()
@click.argument("key", shell_complete=removed)
@reason_option
@one_account_options
@common_options
@answers("records")
def restore(session: Session, account: Account, key: str, reason: str) -> Result:
    """Undo the removal of KEY: its record names the same broadcast as before.

    restore creates nothing, and the next apply does not either. refresh then reads its status from
    Invent.
    """

    def event(current: State, origin: Origin) -> Event:
        if key not in current.removed or key in current.broadcasts:
            raise Refused(f"{key} is not removed.", _see_keys(account.flags()))
        gone, note = current.removed[key], restored_note(reason)
        holder = next((name for name, record in current.broadcasts.items() if record.id == gone.id), "")
        if holder:
            raise Refused(f"{gone.id} is recorded as {holder} already.", "There is nothing to take back.")
        if key.endswith(f"#{gone.id}"):
            raise Refused(f"{gone.id} was a second broadcast for one key.", "Delete it in Invent.")
        now = origin.now()
        # Whatever the clocks of two machines say, this comes after that.
        provenance = replace(now, at=max(now.at, gone.provenance.at))
        record = Record(gone.id, gone.request, RESTORED, "imported", provenance, gone.attempt, note, gone.formerly)
        return Recorded(key, record)

    def done(current: State) -> bool:
        return key in current.broadcasts and current.broadcasts[key].restored

    return _change(session, account, event, f"{clean(key)} is recorded again.", done)


@state.command()
@account_options
@common_options
@answers("records")
def migrate(session: Session, account: Account) -> Result:
    """Move the state from its file to the branch that the project file names.

    The branch must not exist yet. migrate keeps the file. Delete it when the branch exists.
    """
    from invent_gitops.state.branch import BranchStore
    from invent_gitops.state.file import FileStore

    if account.sandbox:
        raise WrongUsage(
            "The sandbox keeps its state in a folder of its own, and on no branch.", "Leave --sandbox out."
        )
    root, project = checked_project()
    store = account.store(root, project, strict=False)
    if not isinstance(store, BranchStore):
        raise Refused(
            "The project keeps its state in a file.",
            "Write state: {branch: broadcast-state} into the project file first.",
        )
    path = root / project.state.path
    usual = root / Project().standing_for(project.name).state.path
    if project.name and not os.path.lexists(path) and os.path.lexists(usual):
        # Where the state of a workspace was by default, before the project file named a branch.
        path = usual
    file_path, way_out = own_place(path, root, "state"), f"Delete it: {removal(path, account.folder)}"
    with FileStore(file_path, label=shown(path), org=store.org, api=store.api, way_out=way_out) as file:
        current = file.state
        if not os.path.lexists(path):
            raise Refused(f"There is no state in {shown(path)}.", "There is nothing to move; apply begins the branch.")
        store.take_over(current)
    return _result(
        current, plain(f"The state is on the branch now: {clean(store.label)}. Delete {clean(shown(path))}.")
    )


@state.command()
@click.argument("definitions", required=False, metavar="[DEFINITIONS]", shell_complete=folders)
@account_options
@common_options
@answers("verification")
def verify(session: Session, account: Account, definitions: str | None) -> Result:
    """Verify that the chain of states is complete.

    verify checks that no serial is missing and that the lineage is always the same. It traces each
    record to its intent and its commit. The definition in that commit must give the same request.
    DEFINITIONS is the folder of all definitions; by default it is the project's.

    Exit code 4 means that something is broken. 5 means that something cannot be checked here.
    """
    from invent_gitops.audit.verify import verify as verify_chain
    from invent_gitops.render.documents.history import flaws_json
    from invent_gitops.render.text.history import flaws_text

    root, project = checked_project()
    store = account.store(root, project, strict=False)
    with requests_reader(root, definitions) as source:
        verdict = verify_chain(account.chain(root, project), source)
    flaws = verdict.flaws
    if not verdict.links:
        raise Refused(
            f"There is no state in {store.label}, so there is nothing to verify.",
            f"Name the state that you mean with --state FILE, or begin one with: invent-gitops apply{account.flags()}",
        )
    broken = any(not flaw.missing for flaw in flaws)
    code = ExitCode.INVALID if broken else ExitCode.REFUSED if flaws else ExitCode.DONE
    return Result(
        "verification",
        code,
        lambda: flaws_json(flaws, verdict.links),
        lambda display: flaws_text(flaws, verdict.links, display.style),
    )


def _read(account: Account) -> State:
    root, project = checked_project()
    state = account.store(root, project, strict=False).read()
    check_named_state(account, exists=bool(state.lineage))
    return state


def _change(
    session: Session,
    account: Account,
    event: Callable[[State, Origin], Event],
    text: str,
    done: Callable[[State], bool],
) -> Result:
    """Write one event down, as it follows from the newest state, and see that it holds afterwards."""
    root, project = checked_project()
    with account.store(root, project, strict=False) as store:
        origin = find_origin(root)
        store.refresh()
        store.append([event(store.state, origin)])
        store.sync()
        current = store.state
    if not done(current):
        raise Refused(
            "Another run changed it meanwhile.", f"See the records with: invent-gitops state list{account.flags()}"
        )
    return _result(current, plain(text), unsettled_code(session, account, current))


def _result(state: State, text: Callable[[Display], str], code: ExitCode = ExitCode.DONE) -> Result:
    from invent_gitops.render.documents.records import records_json

    return Result("records", code, lambda: records_json(state), text)


def _see_keys(flags: str) -> str:
    return f"See the keys with: invent-gitops state list{flags}"


def _check_recorded(state: State, key: str, now: datetime, flags: str) -> None:
    if key in state.intents:
        raise Refused(
            f"The outcome of {key} is unknown.",
            f"Settle it first: {settling(flags, key, state.intents[key], now)}",
        )
    if key not in state.broadcasts:
        raise Refused(f"The state has no record of {key}.", _see_keys(flags))
