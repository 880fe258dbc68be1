"""Clocks for what must follow something else soon."""

from __future__ import annotations

import time
from collections.abc import Callable


def stopwatch(seconds: float) -> Callable[[], bool]:
    """Return whether fewer than `seconds` have passed since now; a process that was stopped or slept counts as
    passed.
    """
    began = time.monotonic(), time.time()

    def fresh() -> bool:
        return max(time.monotonic() - began[0], time.time() - began[1]) < seconds

    return fresh
