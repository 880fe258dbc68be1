"""Whether this machine's clock can be believed, by the clock of Invent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from invent_gitops.errors import Refused
from invent_gitops.model.listing import Listing
from invent_gitops.policy.times import moment

# Clocks that are set by the network differ by less than a second; a lead time is counted in minutes.
LARGEST_SKEW = timedelta(minutes=5)


def clock_fault(listing: Listing[Any], now: datetime) -> str:
    """Return what is wrong with this machine's clock, which says `now` (aware), or "".

    The list carries how far the clocks differ. Where its answers had no usable `Date`, there is no evidence and
    nothing is wrong: a server that has only the route that creates must keep working.
    """
    skew = listing.clock_skew
    if skew is None or abs(skew) <= LARGEST_SKEW:
        return ""
    try:
        theirs = moment(now - skew, "")
    except OverflowError:
        theirs = "another one altogether"
    return f"This machine's clock is wrong: it says {moment(now, '')}; in Invent it is {theirs}."


def check_clock(listing: Listing[Any], now: datetime) -> None:
    """Raise `Refused` if the clock is wrong: what is over would be created, and wrong times would be recorded."""
    if fault := clock_fault(listing, now):
        raise Refused(
            f"{fault} A time that has passed would look like one to come, so nothing was created.",
            "Set the clock, for example with: timedatectl set-ntp true",
        )
