"""Measures how fast a run goes, with the clock that it is given."""

from __future__ import annotations

from collections.abc import Callable

from invent_gitops.model.step import Step


class Meter:
    """Counts the steps of a run of `total` steps, which begins now. `clock` is in seconds, and never goes back.

    `label` says what is done.
    """

    def __init__(self, total: int, clock: Callable[[], float], label: str = "") -> None:
        self._total, self._clock, self._label = total, clock, label
        self._began, self._done = clock(), 0

    def now(self) -> Step:
        return Step(self._done, self._total, self._clock() - self._began, self._label)

    def count(self) -> Step:
        """Count one more step as done."""
        self._done += 1
        return self.now()
