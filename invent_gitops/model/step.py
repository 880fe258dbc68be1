"""How far a run of many steps has come."""

from __future__ import annotations

from invent_gitops.values import Struct


class Step(Struct, frozen=True):
    """`done` of `total` steps after `elapsed` seconds."""

    done: int
    total: int
    elapsed: float

    @property
    def rate(self) -> float | None:
        """Steps a second, as a mean since the beginning; None before the first."""
        return self.done / self.elapsed if self.done and self.elapsed > 0 else None

    @property
    def remaining(self) -> float | None:
        """Seconds until all is done at that rate; None where nobody can say."""
        return (self.total - self.done) / self.rate if self.rate else None
