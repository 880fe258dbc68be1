"""Keeps all requests of a process together below a rate, and lets a 429 hold every one of them back."""

from __future__ import annotations

import threading
import time


class Pace:
    """At most `rate` requests a minute, evenly spaced; `stop` ends every wait at once."""

    def __init__(self, rate: float, stop: threading.Event) -> None:
        self._interval = 60.0 / rate
        self._stop = stop
        self._lock = threading.Lock()
        self._next = time.monotonic()

    def wait(self) -> bool:
        """Wait for the next free moment; False if `stop` was set before it came."""
        while not self._stop.is_set():
            with self._lock:
                now = time.monotonic()
                remaining = self._next - now
                if remaining <= 0:
                    # A wake-up that is a little late does not slow the pace; an idle time is not saved up.
                    late = -remaining < self._interval
                    self._next = (self._next if late else now) + self._interval
                    return True
            self._stop.wait(remaining)
        return False

    def hold(self, seconds: float) -> None:
        """Nobody starts within the next `seconds`."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)
