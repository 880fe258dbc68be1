"""A person's word on a blocked key: checked against Invent's list, and recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from invent_gitops.errors import InventGitopsError, NotOffered, Refused, Unavailable, WrongUsage
from invent_gitops.live.resolve import (
    Wanted,
    Word,
    absences,
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
from invent_gitops.model.note import Note, defined_note
from invent_gitops.model.project import Project
from invent_gitops.model.state import How, Record, Recorded, State
from invent_gitops.operations.account import Account, Store, connect
from invent_gitops.operations.console import Console
from invent_gitops.operations.context import context_of
from invent_gitops.operations.look import of_this_account
from invent_gitops.operations.project import open_workspace
from invent_gitops.operations.signals import Stopping
from invent_gitops.provenance import Origin
from invent_gitops.text.clean import clean
from invent_gitops.text.commands import resolving
from invent_gitops.values import Struct, field, replace


class Resolving(Struct):
    """One word, with what its steps share: Invent's list is read first, and the state again right before the word."""

    console: Console
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
            raise Refused("Another run has tried again meanwhile.", "Check Invent again, then settle the new attempt.")
        self.listing = of_this_account(listing, state)
        context = context_of(self.account, self.project)
        events = absences(state, keys, self.listing, word, context)
        self.store.append(events)
        self.store.sync()
        after = self.store.state
        for event in events:
            _check_absent(after, event.absence.key, event.attempt)
        return [self._freed(after, event.absence.key) for event in events]

    def _freed(self, state: State, key: str) -> str:
        if key in state.broadcasts:
            return f"{clean(key)}: the attempt is settled. The key is recorded as {clean(state.broadcasts[key].id)}."
        repaired = resolving(self.account.flags(), key, "--id ID")
        return (
            f"{clean(key)} is free again: the next apply creates it, once it has read Invent's whole list. If it turns "
            f"up after all, this records it: {clean(repaired)}"
        )

    def record(self, key: str, id: str, reason: str) -> str:
        """Record that `id` is what an attempt, or the definition, of a key was created as."""
        defined = _defined(self.store.state, key)
        candidates = wanted(self.store.state, key, defined)
        check_free(self.store.state, id)
        self._read(needed=candidates[0].request is None)
        self.store.refresh()
        state = self.store.state
        candidates = wanted(state, key, defined)
        check_free(state, id)
        candidate, request, status = self._judged(candidates, id)
        how: How = "resolved" if candidate.attempt else "imported"
        note = Note(reason) if candidate.attempt else defined_note(reason)
        provenance = self.origin.now()
        if attempted := state.attempt_of(candidate.attempt):
            # The definition is that of the commit from which it was attempted.
            provenance = replace(provenance, commit=attempted.provenance.commit)
        provenance = replace(provenance, attempted=candidate.attempted)
        local = attempted.local if attempted else None
        record = Record(id, request, status, how, provenance, candidate.attempt, note, local=local)
        self.store.append([Recorded(candidate.key, record)])
        self.store.sync()
        name = self._holder(id)
        if name not in (candidate.key, f"{candidate.key}#{id}"):
            raise Refused(f"{id} was recorded as {name} by another run meanwhile.", "See: invent-gitops state list")
        if name != candidate.key:
            first = self.store.state.broadcasts[candidate.key].id
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
            raise Refused(f"{key} was changed by another run meanwhile.", "See it with: invent-gitops state list")
        consequence = f"No record knows {clean(wrong)} any more"
        if any(remote.id == wrong for remote in self.listing.entries):
            consequence += ", and Invent still has it: delete it there, if it is not to be sent"
        return f"{clean(key)} is recorded as {clean(id)} now. {consequence}."

    def _judged(self, candidates: Sequence[Wanted], id: str) -> tuple[Wanted, Request, str]:
        """Return what the id is, in the eyes of the list or, with --anyway, of the person."""
        if self.anyway and candidates[0].request is not None:
            return candidates[0], candidates[0].request, "UNKNOWN"
        return checked(candidates, id, self.listing.entries)

    def _holder(self, id: str) -> str:
        """Return the key under which an id is recorded now. Raises `Refused` if somebody else was faster."""
        for key, record in self.store.state.broadcasts.items():
            if record.id == id:
                return key
        raise Refused(f"{id} was settled by another run meanwhile.", "See it with: invent-gitops state list")

    def _read(self, *, needed: bool = False) -> None:
        """Read the whole list, unless the person has seen it in Invent. Raises `Unavailable`."""
        if self.anyway and not needed:
            return
        with connect(self.console, self.account, self.root, self.project, None, stop=self.stopping.event) as api:
            try:
                self.listing = Listing(tuple(api.broadcasts()))
            except NotOffered as error:
                raise NotOffered(error.message, "If you have seen it in Invent yourself, add --anyway.") from None

    def _readable(self) -> Listing[Remote]:
        """Return what can be read of the list, with what cannot as its gaps. Raises `WrongUsage` without a key."""
        try:
            with connect(self.console, self.account, self.root, self.project, None, stop=self.stopping.event) as api:
                return api.readable_broadcasts(tries=3)
        except Unavailable as error:
            return Listing((), (error.message,))
        except WrongUsage as error:
            if not self.anyway:
                raise
            return Listing((), (error.message,))


def _defined(state: State, key: str) -> Request | None:
    """Return what the definition of a key requests, where that matters: nothing else says what it stands for."""
    if attempt_name(state, key) or key in state.broadcasts or key in state.removed:
        return None
    try:
        definitions = open_workspace(None).checked().definitions
    except InventGitopsError:
        if Absences(state.absences).of(key):
            # What was attempted is on record; the files may be gone.
            return None
        raise
    return next((definition.request for definition in definitions if definition.key == key), None)


def _check_absent(state: State, key: str, attempt: str) -> None:
    """Somebody else may have settled the attempt while this was written; then the key is not free."""
    record = state.broadcasts.get(key)
    if record is not None and record.attempt == attempt:
        raise Refused(
            f"{key} was settled meanwhile: it is recorded as {record.id}.",
            "It exists. Your declaration is also recorded, and changes nothing.",
        )
