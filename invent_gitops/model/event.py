"""What changes the state: the journal keeps events, and a commit of the state branch carries them."""

from __future__ import annotations

from invent_gitops.model.broadcast import Counts, Request
from invent_gitops.model.correction import Corrected
from invent_gitops.model.record import Absence, Candidate, Intent, Provenance, Record, Removal
from invent_gitops.values import Struct


class Intended(Struct, frozen=True):
    key: str
    intent: Intent


class Reopened(Struct, frozen=True):
    """A call of which nobody knows the outcome, though its attempt was settled meanwhile: `intent` is a new doubt."""

    key: str
    intent: Intent


class Listed(Struct, frozen=True):
    """A run has read the whole list: from now on, an answer that there is no list is not believed."""


class Looked(Struct, frozen=True):
    """The list was read to its end and did not settle the attempt; these are its candidates."""

    key: str
    attempt: str
    candidates: tuple[Candidate, ...]


class Recorded(Struct, frozen=True):
    key: str
    record: Record


class Withdrawn(Struct, frozen=True):
    """The call surely created nothing, so the intent is taken back."""

    key: str
    attempt: str


class DeclaredAbsent(Struct, frozen=True):
    """`resolve --not-created`."""

    attempt: str
    absence: Absence


class Moved(Struct, frozen=True):
    """The record with that id goes from one key to another."""

    key: str
    to: str
    id: str
    provenance: Provenance


class Removed(Struct, frozen=True):
    key: str
    removal: Removal


class Refreshed(Struct, frozen=True):
    """Invent shows the recorded broadcast with that id like this by now; `results` are its counts once it was sent."""

    key: str
    id: str
    request: Request
    status: str
    provenance: Provenance
    results: Counts | None = None


_OfAttempts = Intended | Reopened | Looked | Recorded | Withdrawn | DeclaredAbsent
Event = _OfAttempts | Listed | Corrected | Moved | Removed | Refreshed
