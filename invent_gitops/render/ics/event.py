"""The events of a feed, as plain values: what a subscriber reads, and how often it changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from invent_gitops.values import Struct
from invent_gitops.zonedata import UnknownZone, load_zone

Status = Literal["TENTATIVE", "CONFIRMED", "CANCELLED"]

PRODUCT = "-//invent-gitops//calendar//EN"
# RFC 5545 gives an integer 31 bits; those before the last leave room for one more change.
LARGEST_SEQUENCE = 2**31 - 2
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_YEARS = range(1900, 9900)
_UTC_NAMES = ("", "UTC", "Etc/UTC")


class FeedEvent(Struct, frozen=True):
    """One send in the feed.

    `key` and `id` say which send it is; each is "" where no record or no create gave it one. `at` is aware, in UTC and
    in whole seconds. `zone` is the zone of its local time, "" for UTC. The first category is the state. All text is
    clean.
    """

    uid: str
    key: str
    id: str
    at: datetime
    zone: str
    summary: str
    description: str
    categories: tuple[str, ...]
    status: Status

    @property
    def account(self) -> str:
        """The part of the UID that names the account."""
        return self.uid.partition("@")[2]


class Issue(Struct, frozen=True):
    """How often an event changed, as a number that never shrinks, and when it changed last, in whole seconds of UTC."""

    sequence: int
    changed_at: datetime


class FeedItem(Struct, frozen=True):
    """An event as one feed has it."""

    event: FeedEvent
    issue: Issue


def sequence_at(changed_at: datetime | None) -> int:
    """Return the number of a change at a moment: the seconds since 2020, and 0 without a moment."""
    if changed_at is None:
        return 0
    return min(max((changed_at - EPOCH) // timedelta(seconds=1), 0), LARGEST_SEQUENCE)


def whole(at: datetime) -> datetime:
    """Return a moment in whole seconds of UTC, as a feed writes it."""
    return at.astimezone(UTC).replace(microsecond=0)


def local_time(at: datetime, zone: str) -> datetime | None:
    """Return the local time without its zone; None where a feed has to say it in UTC.

    That is so without a zone that this version knows, in years that no rule of a zone is for, and in the hour that the
    clocks repeat: a local time in a feed means the first of the two.
    """
    if zone in _UTC_NAMES or at.year not in _YEARS:
        return None
    try:
        local = at.astimezone(load_zone(zone))
    except UnknownZone:
        return None
    return None if local.fold else local.replace(tzinfo=None)
