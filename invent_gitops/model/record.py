"""What the state holds of each broadcast: a record, an intent, a tombstone, or a person's word that there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from invent_gitops.model.broadcast import Counts, Remote, Request
from invent_gitops.model.instant import write_instant
from invent_gitops.model.local import LocalTime
from invent_gitops.model.note import NO_NOTE, Note
from invent_gitops.model.review import Signoff
from invent_gitops.values import Struct, replace

# How long a call may take from its intent to its answer, where the intent does not say: an older version pushed it for
# up to two minutes before its clock began.
CALL_LASTS = timedelta(minutes=8)

How = Literal["created", "adopted", "resolved", "imported"]
# What a person can set aside who says that nothing was created: the call may be in flight; the list was not read.
Check = Literal["too-early", "not-read"]


def own_key(name: str, attempt: str) -> str:
    """Return the key of an attempt that is kept under `name`: the key itself, or one beside another attempt."""
    return name.removesuffix(f"#{attempt[:12]}")


class Provenance(Struct, frozen=True):
    """Who acted, when (aware, UTC), from which commit and in which run; "" where it is not known.

    `signoff` is who wrote and who approved what was done, None where nobody has said.
    `attempted` is when the call of a record was intended, where its id came later than its answer.
    """

    at: datetime
    by: str
    commit: str = ""
    run: str = ""
    signoff: Signoff | None = None
    attempted: datetime | None = None


class RecordedCounts(Struct, frozen=True):
    """What Invent counted, in contacts: for how many it created the broadcast, and what came of it.

    `contacts` is what the answer or the list said, `results` what a refresh took over when it was sent; None is "not
    told".
    """

    contacts: int | None = None
    results: Counts | None = None


NOT_COUNTED = RecordedCounts()


class Record(Struct, frozen=True):
    """A broadcast that exists: `how` says whether its id came from the answer, the list, a person or an import.

    `request` and `status` are as Invent showed them last. `formerly` holds the requests that it had before,
    the one that was sent first; it is empty until somebody edits the broadcast in Invent. `refreshed` says who
    last took something over from Invent, or is None. `local` is the local time that was reviewed. `counts` is what
    Invent counted of it. `instead_of` are wrong ids that were recorded before, the last one last.
    """

    id: str
    request: Request
    status: str
    how: How
    provenance: Provenance
    attempt: str = ""
    note: Note = NO_NOTE
    formerly: tuple[Request, ...] = ()
    refreshed: Provenance | None = None
    local: LocalTime | None = None
    counts: RecordedCounts = NOT_COUNTED
    instead_of: tuple[str, ...] = ()

    @property
    def attempted(self) -> datetime | None:
        """When its call was intended, where the id came later than its answer."""
        return self.provenance.attempted

    @property
    def restored(self) -> bool:
        """Whether somebody has taken its removal back."""
        return self.how == "imported" and self.note.role == "restored"

    def restores(self, removal: Removal) -> bool:
        """Return whether this takes that removal back: the same broadcast, refused as before. A later removal
        stands.
        """
        return self.outlives(removal) and (self.request, self.formerly) == (removal.request, removal.formerly)

    def outlives(self, removal: Removal) -> bool:
        """Return whether that removal was taken back by this, which may have been refreshed since."""
        same = (self.id, self.attempt) == (removal.id, removal.attempt)
        return self.restored and same and removal.provenance.at <= self.provenance.at

    def precedes(self, other: Record) -> bool:
        """Return whether `other` is of another attempt, or was recorded later than this."""
        return self.attempt != other.attempt or self.provenance.at < other.provenance.at

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request that it ever had: none of them is created a second time."""
        return (self.request, *self.formerly)

    @property
    def sent(self) -> Request:
        """The request as it was sent."""
        return self.formerly[0] if self.formerly else self.request

    def seen(self, request: Request, status: str, provenance: Provenance, results: Counts | None = None) -> Record:
        """Return this record as Invent shows it by now. An older look changes nothing, nor does the same one again.

        Without `results` those that it has stay.
        """
        if self.refreshed and provenance.at <= self.refreshed.at:
            return self
        counts = replace(self.counts, results=results) if results else self.counts
        if (request, status, counts) == (self.request, self.status, self.counts):
            return self
        repeated = request == self.request or self.request in self.formerly
        formerly = self.formerly if repeated else (*self.formerly, self.request)
        return replace(self, request=request, status=status, formerly=formerly, refreshed=provenance, counts=counts)


class Candidate(Struct, frozen=True):
    """A live broadcast that may have come of an attempt; `differs` names the fields that are not as requested."""

    remote: Remote
    differs: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """As the state and the documents for machines both show it."""
        remote = self.remote
        request = remote.request.as_json()
        return {
            "id": remote.id,
            "name": request.pop("name"),
            "status": remote.status,
            **request,
            "created_at": write_instant(remote.created_at) if remote.created_at else None,
            "differs": list(self.differs),
        }


class Intent(Struct, frozen=True):
    """Written durably before a create call; it stays until the outcome of that call is known.

    `attempt` is unique for each call, so that two runs can never mistake each other's intent for their own.
    `candidates` is what the last look at the list found, or None if nobody has looked yet. `settles_at` (aware, UTC)
    is when its call is over for certain; None in states of older versions. `local` is the local time that was reviewed.
    """

    request: Request
    attempt: str
    provenance: Provenance
    candidates: tuple[Candidate, ...] | None = None
    settles_at: datetime | None = None
    local: LocalTime | None = None

    @property
    def settled_from(self) -> datetime:
        """From when on a person may say what became of it: before, its call may still be in flight."""
        # The last moment of all has no later one.
        last = datetime.max.replace(tzinfo=UTC) - CALL_LASTS
        return self.settles_at or min(self.provenance.at, last) + CALL_LASTS


class Removal(Struct, frozen=True):
    """A tombstone: the record is gone, and its key and all its requests stay refused, unless somebody restores it."""

    id: str
    request: Request
    reason: str
    provenance: Provenance
    attempt: str = ""
    formerly: tuple[Request, ...] = ()

    @property
    def requests(self) -> tuple[Request, ...]:
        return (self.request, *self.formerly)


class Absence(Struct, frozen=True):
    """A person's word that an attempt created nothing.

    `request` is what was attempted, and `listed` whether Invent's whole list was read for it; states of older versions
    say neither. `overridden` are the checks that the person set aside, `others` the ids of what the list did show, and
    what the person declared to be another broadcast.
    """

    key: str
    reason: str
    provenance: Provenance
    request: Request | None = None
    listed: bool = False
    overridden: tuple[Check, ...] = ()
    others: tuple[str, ...] = ()
