"""What comes too close to a send of the calendar, in one sentence."""

from __future__ import annotations

from datetime import timedelta

from invent_gitops.model.calendar import Clash
from invent_gitops.policy.times import duration
from invent_gitops.render.cells.audience import EVERYONE
from invent_gitops.text.clean import clean


def clash_text(clash: Clash) -> str:
    """Return such as `Clash: spring-vip also goes to VIP customers, 3 hours apart`, in full and clean."""
    other = clean(clash.key or clash.name) or "a broadcast without a name"
    segments = ", ".join(clean(name) for name in clash.segments) or EVERYONE
    apart = f"{duration(clash.apart, days=False)} apart" if clash.apart > timedelta() else "at the same time"
    return f"Clash: {other} also goes to {segments}, {apart}"
