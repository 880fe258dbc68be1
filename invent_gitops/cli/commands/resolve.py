"""`resolve`: a person's word on a blocked key, recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from invent_gitops.api.answer import usable_id
from invent_gitops.cli.account_options import one_account_options
from invent_gitops.cli.completion.keys import blocked
from invent_gitops.cli.options import a_reason, common_options
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError, NotOffered, Refused, Unavailable, WrongUsage
from invent_gitops.live.resolve import (
    Wanted,
    Word,
    absence,
    attempt_name,
    attempts_of,
    check_free,
    checked,
    correction,
    instead_of,
    wanted,
)
from invent_gitops.model.absence import Absences
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.listing import Listing
from invent_gitops.model.project import Project
from invent_gitops.model.record import DEFINED
from invent_gitops.model.state import How, Record, Recorded, State
from invent_gitops.operations.account import DEFAULT_RATE, Account, Store, connect
from invent_gitops.operations.look import of_this_account
from invent_gitops.operations.project import checked_project, open_workspace
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.unsettled import unsettled_code
from invent_gitops.provenance import Origin, find_origin
from invent_gitops.text.clean import clean
from invent_gitops.text.commands import resolving


@click.command()
@click.argument("keys", metavar="KEY...", nargs=-1, required=True, shell_complete=blocked)
@one_account_options
@click.option("--id", "id", metavar="ID", help="It was created, and this is its id.")
@click.option("--instead-of", "wrong", metavar="WRONG", help="With --id: the id that was recorded by mistake.")
@click.option("--not-created", is_flag=True, help="It was not created, and Invent's list does not show it.")
@click.option(
    "--not", "others", metavar="ID", multiple=True, help="With --not-created: Invent shows this one; it is another."
)
@click.option(
    "--reason",
    metavar="TEXT",
    callback=a_reason(needed=False),
    help="Why; needed with --not-created and --instead-of, recorded in every case.",
)
@click.option(
    "--anyway",
    is_flag=True,
    help="Though Invent does not show the id, or shows it otherwise. With --not-created: though its call may still be "
    "in flight, or Invent's list cannot be read.",
)
@common_options
@click.pass_obj
def resolve(
    session: Session,
    account: Account,
    keys: tuple[str, ...],
    id: str | None,
    wrong: str | None,
    not_created: bool,
    others: tuple[str, ...],
    reason: str,
    anyway: bool,
) -> ExitCode:
    """Settle a blocked KEY by hand.

    With --id the broadcast is looked up in Invent's list first, and recorded; this also records the id of a defined
    key that the state has lost, and repairs a wrong --not-created. With --id and --instead-of, a wrong id is
    corrected. With --not-created Invent's whole list is read; if it shows nothing of the attempt, and its call is over
    for certain, the KEYs are free again. Your word, your name and the reason are recorded, and what you set aside.
    """
    session.kind = "records"
    _check_words(keys, id, not_created, reason)
    _check_options(id, wrong, not_created, others, reason)
    root, project = checked_project()
    origin = find_origin(root)
    with account.store(root, project, strict=True) as store, Stopping(session) as stopping:
        resolving_ = Resolving(session, account, root, project, store, stopping, origin, anyway)
        try:
            if id is None:
                told = resolving_.declare(keys, reason, frozenset(others))
            elif wrong is not None:
                told = [resolving_.correct(keys[0], id, wrong, reason)]
            else:
                told = [resolving_.record(keys[0], id, reason)]
        except Refused:
            # Other doubts are said; the code stays that of the refusal: a script must see that the word did not count.
            others_open = {name: intent for name, intent in store.state.intents.items() if name not in keys}
            unsettled_code(session, account, replace(store.state, intents=others_open))
            raise
        state = store.state
    code = unsettled_code(session, account, state, resolving_.listing)
    if session.json:
        from invent_gitops.render.documents.machine import records_json

        session.answer("records", code, records_json(state))
    else:
        session.result("\n".join(told))
    return code


@dataclass
class Resolving:
    """One word, with what its steps share: Invent's list is read first, and the state again right before the word."""

    session: Session
    account: Account
    root: Path
    project: Project
    store: Store
    stopping: Stopping
    origin: Origin
    anyway: bool
    listing: Listing[Remote] = field(default_factory=lambda: Listing(()))

    def declare(self, keys: Sequence[str], reason: str, others: frozenset[str]) -> list[str]:
        """Record that the attempts of `keys` created nothing."""
        keys = [*dict.fromkeys(keys)]
        attempts = attempts_of(self.store.state, keys)
        # As of before the list was read: what was created during that, it may not show.
        word = Word(self.origin.now(), reason, self.anyway, others)
        listing = self._readable()
        self.store.refresh()
        state = self.store.state
        if attempts_of(state, keys) != attempts:
            raise Refused("Another run has tried again meanwhile.", "Look again, and then say what became of that.")
        self.listing = of_this_account(listing, state)
        zone, flags = self.project.timezone, self.account.flags(self.session)
        events = [absence(state, key, self.listing, word, zone=zone, flags=flags) for key in keys]
        self.store.append(events)
        self.store.sync()
        after = self.store.state
        for event in events:
            _check_absent(after, event.absence.key, event.attempt)
        return [self._freed(after, event.absence.key) for event in events]

    def _freed(self, state: State, key: str) -> str:
        if key in state.broadcasts:
            return f"{clean(key)}: the attempt is settled. The key is recorded as {clean(state.broadcasts[key].id)}."
        repaired = resolving(self.account.flags(self.session), key, "--id ID")
        return (
            f"{clean(key)} is free again: the next apply creates it, once it has read Invent's whole list. If it turns "
            f"up after all, this records it: {clean(repaired)}"
        )

    def record(self, key: str, id: str, reason: str) -> str:
        """Record that `id` is what an attempt, or the definition, of a key was created as."""
        defined = _defined(self.store.state, key)
        found = wanted(self.store.state, key, defined)
        check_free(self.store.state, id)
        self._read(needed=found[0].request is None)
        self.store.refresh()
        state = self.store.state
        found = wanted(state, key, defined)
        check_free(state, id)
        one, request, status = self._judged(found, id)
        how: How = "resolved" if one.attempt else "imported"
        note = reason if one.attempt else f"{DEFINED} {reason}".strip()
        made = self.origin.now()
        if attempted := state.attempt_of(one.attempt):
            # The definition is that of the commit from which it was attempted.
            made = replace(made, commit=attempted.provenance.commit)
        local = attempted.local if attempted else None
        record = Record(id, request, status, how, made, one.attempt, note, local=local, attempted=one.attempted)
        self.store.append([Recorded(one.key, record)])
        self.store.sync()
        name = self._holder(id)
        if name not in (one.key, f"{one.key}#{id}"):
            raise Refused(f"{id} was recorded as {name} by somebody else meanwhile.", "See: invent-gitops state list")
        if name != one.key:
            first = self.store.state.broadcasts[one.key].id
            return f"{clean(id)} is recorded as {clean(name)}, beside {clean(first)}: delete one of the two in Invent."
        return f"{clean(name)} is recorded as {clean(id)}."

    def correct(self, key: str, id: str, wrong: str, reason: str) -> str:
        """Record that a key stands for `id`, and not for `wrong`."""
        instead_of(self.store.state, key, wrong)
        check_free(self.store.state, id, for_key=key)
        self._read()
        self.store.refresh()
        state = self.store.state
        before = instead_of(state, key, wrong)
        check_free(state, id, for_key=key)
        _, _, status = self._judged([Wanted(key, before.sent, before.attempt)], id)
        self.store.append([correction(state, key, wrong, id, status, Word(self.origin.now(), reason))])
        self.store.sync()
        if self._holder(id) != key:
            raise Refused(f"{key} was changed by somebody else meanwhile.", "See it with: invent-gitops state list")
        left = f"No record knows {clean(wrong)} any more"
        if any(remote.id == wrong for remote in self.listing.entries):
            left += ", and Invent still has it: delete it there, if it is not to be sent"
        return f"{clean(key)} is recorded as {clean(id)} now. {left}."

    def _judged(self, found: Sequence[Wanted], id: str) -> tuple[Wanted, Request, str]:
        """What the id is, in the eyes of the list or, with --anyway, of the person."""
        if self.anyway and found[0].request is not None:
            return found[0], found[0].request, "UNKNOWN"
        return checked(found, id, self.listing.entries)

    def _holder(self, id: str) -> str:
        """The key under which an id is recorded now. Raises `Refused` if somebody else was faster."""
        for key, record in self.store.state.broadcasts.items():
            if record.id == id:
                return key
        raise Refused(f"{id} was settled by somebody else meanwhile.", "See it with: invent-gitops state list")

    def _read(self, *, needed: bool = False) -> None:
        """Read the whole list, unless the person has seen it in Invent. Raises `Unavailable`."""
        if self.anyway and not needed:
            return
        with connect(self.account, self.root, self.project, None, rate=DEFAULT_RATE, stop=self.stopping.event) as api:
            try:
                self.listing = Listing(tuple(api.broadcasts()))
            except NotOffered as error:
                raise NotOffered(error.message, "If you have seen it in Invent yourself, add --anyway.") from None

    def _readable(self) -> Listing[Remote]:
        """What can be read of the list, with what cannot as its gaps. Raises `WrongUsage` without a key."""
        try:
            with connect(
                self.account, self.root, self.project, None, rate=DEFAULT_RATE, stop=self.stopping.event
            ) as api:
                return api.readable_broadcasts(tries=3)
        except Unavailable as error:
            return Listing((), (error.message,))
        except WrongUsage as error:
            if not self.anyway:
                raise
            return Listing((), (error.message,))


def _defined(state: State, key: str) -> Request | None:
    """What the definition of a key requests, where that matters: nothing else says what it stands for."""
    if attempt_name(state, key) or key in state.broadcasts or key in state.removed:
        return None
    try:
        definitions = open_workspace(None).checked().definitions
    except InventGitopsError:
        if Absences(state.absences).of(key):
            # What was attempted is on record; the files may be gone.
            return None
        raise
    return next((one.request for one in definitions if one.key == key), None)


def _check_words(keys: tuple[str, ...], id: str | None, not_created: bool, reason: str) -> None:
    if (id is not None) == not_created:
        raise WrongUsage("Say what became of it.", "Give either --id ID or --not-created --reason TEXT.")
    if not_created and not reason:
        raise WrongUsage("--not-created needs a reason.", 'Add --reason "…", and say in words how you know.')
    if id is not None and not usable_id(id):
        raise WrongUsage("That is no id.", "Copy the id from Invent, without blanks around it.")
    if id is not None and len(keys) > 1:
        raise WrongUsage("One id belongs to one key.", "Resolve the keys one by one.")


def _check_options(id: str | None, wrong: str | None, not_created: bool, others: Sequence[str], reason: str) -> None:
    if wrong is not None and (id is None or not reason):
        raise WrongUsage("--instead-of needs --id and --reason.", "Give the right id with --id, and say why.")
    if wrong is not None and wrong == id:
        raise WrongUsage("--id and --instead-of name the same id.", "Give the right id with --id.")
    if others and not not_created:
        raise WrongUsage("--not needs --not-created.", "Give --id ID for the one that it is.")


def _check_absent(state: State, key: str, attempt: str) -> None:
    """Somebody else may have settled the attempt while this was written; then the key is not free."""
    record = state.broadcasts.get(key)
    if record is not None and record.attempt == attempt:
        raise Refused(
            f"{key} was settled meanwhile: it is recorded as {record.id}.",
            "It exists. Your word is on record as well, and changes nothing.",
        )
