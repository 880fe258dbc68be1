"""What changes the state: the journal keeps events, and a commit of the state branch carries them."""

from __future__ import annotations

from dataclasses import dataclass

from invent_gitops.model.broadcast import Counts, Request
from invent_gitops.model.correction import Corrected
from invent_gitops.model.record import Absence, Candidate, Intent, Provenance, Record, Removal


@dataclass(frozen=True, slots=True)
class Intended:
    key: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Reopened:
    """A call of which nobody knows the outcome, though its attempt was settled meanwhile: `intent` is a new doubt."""

    key: str
    intent: Intent


@dataclass(frozen=True, slots=True)
class Listed:
    """A run has read the whole list: from now on, an answer that there is no list is not believed."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The list was read to its end and did not settle the attempt; these are its candidates."""

    key: str
    attempt: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    key: str
    record: Record


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The call surely created nothing, so the intent is taken back."""

    key: str
    attempt: str


@dataclass(frozen=True, slots=True)
class DeclaredAbsent:
    """`resolve --not-created`."""

    attempt: str
    absence: Absence


@dataclass(frozen=True, slots=True)
class Moved:
    """The record with that id goes from one key to another."""

    key: str
    to: str
    id: str
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Removed:
    key: str
    removal: Removal


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Invent shows the recorded broadcast with that id like this by now; `results` are its counts once it was sent."""

    key: str
    id: str
    request: Request
    status: str
    provenance: Provenance
    results: Counts | None = None


_OfAttempts = Intended | Reopened | Looked | Recorded | Withdrawn | DeclaredAbsent
Event = _OfAttempts | Listed | Corrected | Moved | Removed | Refreshed
