"""Shows how far the reading of a long list is, page by page."""

from __future__ import annotations

import time
from collections.abc import Callable

from invent_gitops.model.step import Step
from invent_gitops.operations.console import Console


def list_progress(
    console: Console, clock: Callable[[], float] = time.monotonic
) -> Callable[[str, int, int | None], None]:
    """Return what hears of each page: the route, how many entries were read by now, and of how many.

    Nothing read is the beginning, also of another round. A total of None is "not told". `clock` is in seconds.
    """
    began = clock()

    def hear(route: str, read: int, total: int | None) -> None:
        nonlocal began
        if read:
            console.progress("", Step(read, total, clock() - began, f"Reading {route}"))
        else:
            began = clock()

    return hear
