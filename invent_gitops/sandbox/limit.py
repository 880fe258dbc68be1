"""The limit on requests: so many within any minute."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable

from invent_gitops.sandbox.contract import Rejection


class Limit:
    """At most `limit` requests within a minute of `clock`, which tells seconds; 0 is no limit."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit, self._clock = limit, clock
        self._lock = threading.Lock()
        self._recent: deque[float] = deque()

    def check(self) -> None:
        """Count a request; `Rejection` with 429 and the wait where it is one too many."""
        if not self._limit:
            return
        with self._lock:
            now = self._clock()
            while self._recent and self._recent[0] <= now - 60:
                self._recent.popleft()
            if len(self._recent) >= self._limit:
                wait = max(1, math.ceil(self._recent[0] + 60 - now))
                raise Rejection(429, f"More than {self._limit} requests a minute.", {"retry-after": str(wait)})
            self._recent.append(now)
