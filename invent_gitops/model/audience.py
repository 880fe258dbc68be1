"""The audience of a broadcast: how many were reviewed, how many it is today, and what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from invent_gitops.values import Struct, field

AudienceRule = Literal[
    "audience-gone", "audience-renamed", "audience-retaken", "audience-empty", "audience-jump", "audience-untold"
]


class AudienceWarning(Struct, frozen=True):
    """One thing about the segment with the id `segment` that somebody should look at before the broadcast goes out.

    `was` and `now` are counts of contacts, as the catalogue has it and as Invent tells it; None is "not known".
    """

    rule: AudienceRule
    message: str
    cure: str
    segment: str
    was: int | None = None
    now: int | None = None


class Reviewed(Struct, frozen=True):
    """Up to how many contacts people have agreed to message; `by_segment` says it of each segment, where it is known.

    `segment_ids` are the segments that were counted, none for a broadcast to everyone. `source` names who says so, such
    as `the catalogue`.
    """

    contacts: int
    segment_ids: tuple[str, ...]
    source: str
    by_segment: Mapping[str, int] = field(default_factory=dict)


class AudienceReading(Struct, frozen=True):
    """The contacts of each segment that Invent has, by id (None where it tells no count), or why they are not known.

    `fault` is "" for a list that was read to its end; otherwise nothing in `contacts` counts.
    """

    contacts: Mapping[str, int | None] = field(default_factory=dict)
    fault: str = ""


class Headcount(Struct, frozen=True):
    """For how many `contacts` Invent has created a broadcast, beside what was reviewed, by `policies.audience_jump`."""

    contacts: int
    reviewed: int
    source: str
    jump: int

    @property
    def exceeded(self) -> bool:
        """Whether it is more than the policy lets through."""
        return exceeds(self.contacts, self.reviewed, self.jump)

    @property
    def message(self) -> str:
        return f"It was created for {self.contacts:,} contacts, and {self.source} has {self.reviewed:,}."


def exceeds(contacts: int, reviewed: int, jump: int) -> bool:
    """Return whether `contacts` are more than what was reviewed and `jump` percent of it."""
    return contacts * 100 > reviewed * (100 + jump)
