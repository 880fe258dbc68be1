"""The guards: what may not be created now, why, and what to do about it."""

from __future__ import annotations

from invent_gitops.policy.audience import audience_today, audience_warnings
from invent_gitops.policy.gaps import Timetable, timetable_of
from invent_gitops.policy.guards import is_waived, objections, too_many
from invent_gitops.policy.times import duration

__all__ = [
    "Timetable",
    "audience_today",
    "audience_warnings",
    "duration",
    "is_waived",
    "objections",
    "timetable_of",
    "too_many",
]
