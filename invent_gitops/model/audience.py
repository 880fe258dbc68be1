"""What today's audience of a broadcast tells against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AudienceRule = Literal[
    "audience-gone", "audience-renamed", "audience-retaken", "audience-empty", "audience-jump", "audience-untold"
]


@dataclass(frozen=True, slots=True)
class AudienceWarning:
    """One thing about the segment with the id `segment` that somebody should look at before the broadcast goes out.

    `was` and `now` are counts of contacts, as the catalogue has it and as Invent tells it; None is "not known".
    """

    rule: AudienceRule
    message: str
    cure: str
    segment: str
    was: int | None = None
    now: int | None = None
