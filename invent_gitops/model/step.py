"""How far a run of many steps has come."""

from __future__ import annotations

from invent_gitops.values import Struct


class Step(Struct, frozen=True):
    """`done` of `total` steps after `elapsed` seconds; `total` is None where nobody knows it.

    `label` says what is done, "" where the lines beside it say so.
    """

    done: int
    total: int | None
    elapsed: float
    label: str = ""

    @property
    def over(self) -> bool:
        """Whether all is done."""
        return self.total is not None and self.done >= self.total

    @property
    def rate(self) -> float | None:
        """Steps a second, as a mean since the beginning; None before the first."""
        return self.done / self.elapsed if self.done and self.elapsed > 0 else None

    @property
    def remaining(self) -> float | None:
        """Seconds until all is done at that rate; None where nobody can say."""
        return (self.total - self.done) / self.rate if self.total is not None and self.rate else None
