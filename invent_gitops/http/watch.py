"""The end of the time of every request: one thread watches over all of them, however many there are."""

from __future__ import annotations

import math
import threading
import time
from typing import Protocol


class Timed(Protocol):
    """What has an end, in seconds of the monotonic clock, and can be cut by then."""

    @property
    def ends(self) -> float: ...
    def cut(self) -> None: ...


class Watch:
    """Cuts what is not dropped before its end. Its thread begins with the first, and ends with `close`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: set[Timed] = set()
        self._wakes = math.inf
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, timed: Timed) -> None:
        """Watch over it, or over its new end. Raises `RuntimeError` where the system has no thread for that."""
        with self._changed:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="watch-http", daemon=True)
                thread.start()
                self._thread = thread
            self._watched.add(timed)
            # It sleeps on if it wakes up early enough: ends lie far ahead, and most of them are never met.
            if timed.ends < self._wakes:
                self._changed.notify()

    def drop(self, timed: Timed) -> None:
        with self._changed:
            self._watched.discard(timed)

    def close(self) -> None:
        """End the thread. What is still watched is not cut any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                overdue = [timed for timed in self._watched if timed.ends <= now]
                self._watched.difference_update(overdue)
                if not overdue:
                    self._wakes = min((timed.ends for timed in self._watched), default=math.inf)
                    self._changed.wait(None if self._wakes == math.inf else self._wakes - now)
            # Outside: whoever begins a request holds its own lock while it is added here.
            for timed in overdue:
                timed.cut()
