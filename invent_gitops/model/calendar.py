"""The calendar: every send with its hour, its audience and its state, and the hours in which nothing may go out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, get_args

from invent_gitops.model.broadcast import NOT_TOLD, Counts, Request
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage
from invent_gitops.model.plan import Audience
from invent_gitops.model.project import BlackoutDays, QuietHours
from invent_gitops.values import Struct

SendState = Literal[
    "planned",
    "refused",
    "blocked",
    "draft",
    "empty draft",
    "scheduled",
    "sending",
    "sent",
    "failed",
    "cancelled",
    "gone",
    "recorded nowhere",
    "unknown",
]
# In the order in which a legend and a filter list them.
SEND_STATES: tuple[SendState, ...] = get_args(SendState)
# Of what reaches nobody any more: it takes part in no clash.
CALLED_OFF_STATES: frozenset[SendState] = frozenset({"failed", "cancelled", "gone"})


class Clash(Struct, frozen=True):
    """Another send to one of the same segments within the minimum gap.

    `key` and `name` are the other's (`key` is "" where no record knows it). `segments` are names, none where both or
    one of them go to everyone. `apart` is how far the two are from each other.
    """

    key: str
    name: str
    segments: tuple[str, ...]
    apart: timedelta


class Author(Struct, frozen=True):
    """What the definition says for people: its owner and its description, "" each where it says nothing.

    `timezone` is the zone that the author wrote, "" for none. `file` is the definition's, "" without one.
    """

    owner: str = ""
    description: str = ""
    timezone: str = ""
    file: str = ""


NO_AUTHOR = Author()


class Revision(Struct, frozen=True):
    """When a send last changed, for subscribers of the feed; None where no evidence says so.

    `removed` is whether a person took its record out: a subscribed calendar shows it as cancelled. `in_change` is
    whether its definition is new, or another one, since the base that the calendar was made with.
    """

    changed_at: datetime | None = None
    removed: bool = False
    in_change: bool = False


UNCHANGED = Revision()


class CalendarEntry(Struct, frozen=True):
    """One broadcast in the calendar.

    `key` is "" for a broadcast that no record knows; `id` is Invent's, "" before it is created. `at` is when it goes
    or went out (aware, UTC): for "at once" the moment of its create or, before that, the moment of the calendar.
    `request.scheduled_at` stays None there. `status` is the word as Invent told it last, "" before the create.
    `remarks` are full sentences that a person should read: why it is refused or blocked, and each alarm. `results` are
    told once it was sent.
    """

    key: str
    request: Request
    at: datetime
    state: SendState
    audience: Audience
    id: str = ""
    status: str = ""
    author: Author = NO_AUTHOR
    remarks: tuple[str, ...] = ()
    results: Counts = NOT_TOLD
    clashes: tuple[Clash, ...] = ()
    revision: Revision = UNCHANGED

    @property
    def at_once(self) -> bool:
        """Whether it goes out as soon as it is created."""
        return self.request.scheduled_at is None

    @property
    def name(self) -> str:
        return self.request.name


class CalendarRules(Struct, frozen=True):
    """The project's rules that a calendar shades or marks."""

    quiet_hours: QuietHours | None = None
    blackout_days: BlackoutDays | None = None
    minimum_gap: timedelta = timedelta()


class Calendar(Struct, frozen=True):
    """The sends of one workspace, by time and then by key.

    `context` is the moment, the account and the project's zone. `first` and `last` are the days that were asked for,
    both included, in that zone; None is "open". `look` says how much of Invent was read, None for a calendar from files
    and records alone. `changed_from` names the base that "planned in this change" is told by, "" where none is known.
    `outside` are the sends of other days, for a feed in which one has moved out of those that were asked for.
    """

    context: Context
    entries: tuple[CalendarEntry, ...]
    rules: CalendarRules = CalendarRules()
    first: date | None = None
    last: date | None = None
    look: Coverage | None = None
    changed_from: str = ""
    outside: tuple[CalendarEntry, ...] = ()
