"""What all pages of the calendar say of a send: whether it has an hour yet, and what comes too close to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from invent_gitops.model.calendar import SEND_STATES, CalendarEntry, Clash, SendState
from invent_gitops.render.cells.audience import EVERYONE
from invent_gitops.text.clean import clean

# Of what does not go out as things are: a count of sends names it.
HELD_STATES: tuple[SendState, ...] = ("refused", "blocked", "failed", "cancelled", "gone")


def held_text(states: Iterable[SendState]) -> str:
    """Return such as `, 3 refused, 1 cancelled` for those that do not go out, and "" where all do."""
    counts = Counter(states)
    return "".join(f", {counts[state]:,} {state}" for state in HELD_STATES if counts[state])


def states_text(states: Iterable[SendState]) -> str:
    """Return such as `2 planned, 4 drafts`, in the order of the states."""
    counts = Counter(states)
    return ", ".join(_counted(state, counts[state]) for state in SEND_STATES if counts[state])


def _counted(state: SendState, count: int) -> str:
    return f"{count:,} {state}{'s' if count != 1 and state.endswith('draft') else ''}"


def has_no_hour(entry: CalendarEntry) -> bool:
    """Return whether it goes out as soon as it is created, and no create was tried yet: its hour is only the page's."""
    return entry.at_once and not entry.id and entry.state != "blocked"


def clash_text(clash: Clash) -> str:
    """Return such as `Clash: spring-vip also goes to VIP customers, 3 hours apart`, in full and clean."""
    other = clean(clash.key or clash.name) or "a broadcast without a name"
    segments = ", ".join(clean(name) for name in clash.segments) or EVERYONE
    apart = f"{distance_text(clash.apart)} apart" if clash.apart > timedelta() else "at the same time"
    return f"Clash: {other} also goes to {segments}, {apart}"


def distance_text(span: timedelta) -> str:
    """Return `26 hours 5 minutes`, rounded down to minutes."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    parts = [
        f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in ((hours, "hour"), (minutes, "minute")) if count
    ]
    return " ".join(parts) or "less than a minute"
