"""The marketer's page as values: when, to whom, in what state, what came of it, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from invent_gitops.model.broadcast import NOT_BEGUN, Definition, Request, Sending
from invent_gitops.model.command import Cure
from invent_gitops.model.context import Context
from invent_gitops.model.cure_steps import steps_of
from invent_gitops.model.drift import Coverage, Drift
from invent_gitops.model.plan import Audience
from invent_gitops.model.unreachable import ManualStep
from invent_gitops.values import Struct, field

# Words of this tool for what Invent has no status for.
IN_DOUBT, NOT_CREATED = "in doubt", "not created"

Rule = Literal[
    "blocked",
    "twice",
    "failed",
    "poor-result",
    "gone",
    "overdue",
    "cancelled",
    "template-error",
    "no-content",
    "still-draft",
    "drift",
    "changed",
    "not-created",
    "no-file",
    "removed",
]
# What is counted of a broadcast, and of what it is a share. A message can be opened only where it was delivered.
SHARES: Mapping[str, str] = {
    "delivered": "recipients",
    "opened": "delivered",
    "click": "delivered",
    "failed": "recipients",
    "unsubscribed": "delivered",
}
# The same with the counts that are rarer.
ALL_SHARES: Mapping[str, str] = {
    **SHARES,
    "skipped": "recipients",
    "complained": "delivered",
    "played": "delivered",
}


class Alarm(Struct, frozen=True):
    """Why a broadcast needs a person, and what to do. `steps_read` are those of a document that holds them."""

    rule: Rule
    message: str
    cure: Cure | str
    steps_read: tuple[ManualStep, ...] = ()

    @property
    def steps(self) -> tuple[ManualStep, ...]:
        """The cure as steps, each with its command alone."""
        return self.steps_read or steps_of(self.cure)


class Row(Struct, frozen=True):
    """One broadcast. `state` is the status as Invent tells it, or one of this tool's words.

    `request` is what Invent shows; `read` says whether it was asked and told all. What it did not tell is as it was
    recorded. `past` is what is over: sent, failed, cancelled or gone. `since` is when it was last heard of, for the
    order of what is past. The `error_message` of `sending` is "" before the sending began. `definition` is what its
    file says, or None without one.
    """

    key: str
    request: Request
    state: str
    audience: Audience
    id: str = ""
    read: bool = True
    past: bool = False
    since: datetime | None = None
    sending: Sending = NOT_BEGUN
    drift: Drift | None = None
    definition: Definition | None = None
    alarms: tuple[Alarm, ...] = ()

    @property
    def at(self) -> datetime | None:
        """Its hour, or None for "at once"."""
        return self.request.scheduled_at

    @property
    def timezone(self) -> str:
        """The zone that the author wrote, "" for none."""
        return self.definition.timezone if self.definition else ""

    @property
    def poor(self) -> bool:
        """Whether it was sent, and what came of it is no success."""
        return any(alarm.rule == "poor-result" for alarm in self.alarms)

    def share(self, name: str) -> float | None:
        """Return a count as a share of what it is counted of, or None where one of them is not told or there is
        nothing.
        """
        part, base = getattr(self.sending.counts, name), getattr(self.sending.counts, SHARES[name])
        return None if part is None or not base else part / base


class Status(Struct, frozen=True):
    """The page as of a moment: what is to come, soonest first, and then what is past, newest first.

    `context` is the moment and the account. `look` says how much of Invent was read. Within `soon` of the moment, a
    broadcast should be ready. `commits` are the source commits of the records by key, "" where one is not known.
    `channels` are those that any of the broadcasts has a content for (`channels_of`).
    """

    context: Context
    rows: tuple[Row, ...]
    look: Coverage
    soon: timedelta
    commits: Mapping[str, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()

    @property
    def alarmed(self) -> tuple[Row, ...]:
        """What needs a person: first what was sent with a poor result, which no other page shows."""
        return tuple(sorted((row for row in self.rows if row.alarms), key=lambda row: not row.poor))

    def lacking(self, row: Row) -> tuple[str, ...]:
        """Return the channels that others have and a broadcast that is still to be sent has no content for."""
        if row.past or row.sending.templates is None:
            return ()
        return tuple(channel for channel in self.channels if channel not in row.sending.channels)

    @property
    def coming(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.past)

    @property
    def empty(self) -> tuple[Row, ...]:
        """What is still to come, and Invent shows as a draft without any message."""
        return tuple(row for row in self.coming if row.state == "DRAFT" and row.sending.templates == 0)

    @property
    def past(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.past)


def channels_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return every channel that any of the broadcasts has a content for, sorted."""
    return tuple(sorted({channel for row in rows for channel in row.sending.channels}))
