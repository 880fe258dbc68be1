"""How fast a run creates, and how long a call of it may take."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from invent_gitops.values import Struct

# Seconds that writing an intent may take on a slow host.
SLOW = 60.0
# Starts a clock: whether fewer than so many seconds have passed since then.
Clock = Callable[[float], Callable[[], bool]]


def _always(seconds: float) -> Callable[[], bool]:
    return lambda: True


class RunPace(Struct, frozen=True):
    """How fast a run goes: up to `concurrency` calls in flight, and none begins before `batch` may begin.

    So one `sync` of the store covers at least `batch` calls.
    A call follows its intent within `window` seconds by `clock`, and is over within `exchange` seconds after that.
    """

    concurrency: int
    batch: int
    clock: Clock = _always
    window: float = 10.0
    exchange: float = 330.0

    @property
    def together(self) -> int:
        """How many intents are written at once at least: never more than may be called then."""
        return min(self.batch, self.concurrency)

    @property
    def lasts(self) -> timedelta:
        """How long after its intent a call is surely over."""
        # The moment of an intent is written in whole seconds.
        return timedelta(seconds=1 + self.window + SLOW + self.exchange)

    def fresh(self) -> Callable[[], bool]:
        """Return a new clock for calls that follow their intents."""
        return self.clock(self.window)

    def timely_written(self) -> Callable[[], bool]:
        """Return a new clock for the writing of intents and the calls that follow them."""
        return self.clock(self.window + SLOW)
