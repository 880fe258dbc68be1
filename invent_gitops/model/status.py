"""The marketer's page as values: when, to whom, in what state, what came of it, and what needs a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from invent_gitops.model.broadcast import NOT_TOLD, Counts, Request
from invent_gitops.model.command import Cure
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage, Drift
from invent_gitops.model.plan import Audience
from invent_gitops.model.problem import Position

# Words of this tool for what Invent has no status for.
IN_DOUBT, NOT_CREATED = "in doubt", "not created"

Rule = Literal[
    "blocked",
    "twice",
    "failed",
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


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why a broadcast needs a person, and what to do."""

    rule: Rule
    message: str
    cure: Cure | str


@dataclass(frozen=True, slots=True)
class Row:
    """One broadcast. `state` is the status as Invent tells it, or one of this tool's words.

    `read` says whether Invent was asked and told all; what it did not tell is as it was recorded. `at` is None for
    "at once", `timezone` the zone that the author wrote ("" for none). `past` is what is over: sent, failed, cancelled
    or gone. `defined` is what its file says, or None without one. `since` is when it was last heard of, for the order
    of what is past.
    """

    key: str
    name: str
    state: str
    at: datetime | None
    audience: Audience
    id: str = ""
    read: bool = True
    past: bool = False
    timezone: str = ""
    since: datetime | None = None
    counts: Counts = NOT_TOLD
    templates: int | None = None
    error_message: str = ""
    drift: Drift | None = None
    defined: Request | None = None
    position: Position | None = None
    alarms: tuple[Alarm, ...] = ()

    def share(self, name: str) -> float | None:
        """A count as a share of what it is counted of, or None where one of them is not told or there is nothing."""
        part, base = getattr(self.counts, name), getattr(self.counts, SHARES[name])
        return None if part is None or not base else part / base


@dataclass(frozen=True, slots=True)
class Status:
    """The page as of `at`: what is to come, soonest first, and then what is past, newest first.

    `soon` is how far ahead somebody should have it ready. `workspace` is the one of several, "" without. `options` is
    what a printed command needs to speak of the same account, with a space before each.
    """

    at: datetime
    org: str
    api: str
    rows: tuple[Row, ...]
    look: Coverage
    soon: timedelta
    timezone: str = ""
    workspace: str = ""
    options: str = ""
    segment_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return Context(self.at, self.org, self.api, self.workspace, self.timezone, self.options, self.segment_names)

    @property
    def alarmed(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.alarms)

    @property
    def coming(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.past)

    @property
    def empty(self) -> tuple[Row, ...]:
        """What is still to come, and Invent shows as a draft without any message."""
        return tuple(row for row in self.coming if row.state == "DRAFT" and row.templates == 0)

    @property
    def past(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.past)
