"""How what Invent shows differs from what is recorded, and how much of Invent's list could be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from invent_gitops.model.command import Cure
from invent_gitops.model.statuses import GONE
from invent_gitops.values import Struct, field

if TYPE_CHECKING:
    from invent_gitops.model.plan import FieldChange

Word = Literal[
    "gone",
    "back",
    "cancelled",
    "failed",
    "rescheduled",
    "edited",
    "unscheduled",
    "scheduled",
    "sending",
    "sent",
    "unknown status",
]
# Whom the live fields agree with: the file ("record behind"), the record ("edited in Invent") or neither of them.
Case = Literal["", "record behind", "edited in Invent", "all differ", "no file"]


class Drift(Struct, frozen=True):
    """A live broadcast that is not as it is recorded.

    `changes` are the fields of the request, recorded → live; `status` is the live one, or `GONE` where a list that
    was read to its end does not hold the broadcast. `cure` is for people, and empty where nobody has to do anything.
    """

    kinds: tuple[Word, ...]
    status: str
    recorded_status: str
    changes: tuple[FieldChange, ...] = ()
    case: Case = ""
    error_message: str = ""
    cure: Cure | str = ""

    @property
    def alarming(self) -> bool:
        """Whether a person should look; a status that moved on by itself is no alarm."""
        if self.status == GONE and self.recorded_status == "SENT":
            return False
        return bool(self.changes) or any(kind in self.kinds for kind in ("gone", "cancelled", "failed", "unscheduled"))


class Coverage(Struct, frozen=True):
    """What a look at Invent could read of its list.

    `gaps` says in full sentences what could not be read, `unread` names the keys of records of which not all
    could be read; `unrecorded` counts the live broadcasts that no record knows.
    """

    gaps: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    unrecorded: int = 0

    @property
    def complete(self) -> bool:
        return not self.gaps


class Renewed(Struct, frozen=True):
    """What a refresh took into one record: the fields of its request and its status, recorded → live."""

    key: str
    id: str
    name: str
    fields: tuple[FieldChange, ...]


class Renewal(Struct, frozen=True):
    """What came of a refresh over so many `records`. `doubts` are the keys in doubt, which it left alone."""

    renewed: tuple[Renewed, ...]
    records: int
    look: Coverage
    doubts: tuple[str, ...] = ()
    segment_names: Mapping[str, str] = field(default_factory=dict)
