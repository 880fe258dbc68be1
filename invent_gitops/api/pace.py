"""Keeps all requests of a process together below a rate, and lets a 429 hold every one of them back."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

# Seconds of the window in which Invent counts the requests of an address.
WINDOW = 60.0
# The part of the rate that reads may use up; the rest lets a create begin soon after a long list was read.
READ_SHARE = 0.9
# The part of it that they may use at once: several commands in one minute do not know of each other.
BURST_SHARE = 0.3


class Recent:
    """The requests of this process to one origin: how many are under way, and when those of late ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.under_way = 0
        self.ended: deque[float] = deque()


_recent: dict[str, Recent] = {}


def recent_at(origin: str) -> Recent:
    """Return the requests to an origin, whoever makes them: Invent counts by address, and not by connection."""
    return _recent.setdefault(origin, Recent())


class Pace:
    """At most `rate` requests within any minute; `stop` ends every wait at once.

    A request counts from its beginning until a minute after its end, so that the minute may be that of the server,
    however long requests take to get there. Creates are evenly spaced as well. Reads begin at once as long as few were
    made of late, and go on evenly after that. Each `wait` that is True is followed by one `ended`.
    """

    def __init__(
        self,
        rate: float,
        stop: threading.Event,
        recent: Recent | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._window = WINDOW
        self._limit = max(1, int(rate * WINDOW / 60.0))
        if rate * WINDOW < 60.0:
            self._window = 60.0 / rate
        self._interval = 60.0 / rate
        self._stop, self._clock = stop, clock
        self._recent = recent or Recent()
        self._next = self.held_until = clock()

    def wait(self, *, evenly: bool = True) -> bool:
        """Wait for the next free moment; False if `stop` was set before it came."""
        while not self._stop.is_set():
            with self._recent.lock:
                remaining = self._remaining(evenly)
                if remaining <= 0:
                    self._recent.under_way += 1
                    return True
            self._stop.wait(remaining)
        return False

    def ended(self) -> None:
        """Say that a request is over, whether or not it got there."""
        with self._recent.lock:
            self._recent.under_way -= 1
            self._recent.ended.append(self._clock())

    def hold(self, seconds: float) -> None:
        """Nobody starts within the next `seconds`."""
        with self._recent.lock:
            self.held_until = max(self.held_until, self._clock() + seconds)

    def _remaining(self, evenly: bool) -> float:
        """Return the seconds until a request may begin; where that is now, the next create's moment is set."""
        now, ended = self._clock(), self._recent.ended
        while ended and ended[0] + self._window <= now:
            ended.popleft()
        if now < self.held_until:
            return self.held_until - now
        limit = self._limit if evenly else max(1, int(self._limit * READ_SHARE))
        used = self._recent.under_way + len(ended)
        if used >= limit:
            # One that is under way counts for a whole window after its end, whenever that is.
            return ended[0] + self._window - now if ended else self._window
        if not evenly and used < int(self._limit * BURST_SHARE):
            return 0.0
        if now < self._next:
            return self._next - now
        interval = self._interval
        if ended:
            # What was used up at once is missing until its minute is over: the rest is spread over that time.
            interval = max(interval, (ended[0] + self._window - now) / (limit - used))
        # A wake-up that is a little late does not slow the pace; an idle time is not saved up.
        late = now - self._next < interval
        self._next = (self._next if late else now) + interval
        return 0.0
