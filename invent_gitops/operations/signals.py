"""Signals as a wish to stop: the first lets answers in flight arrive, the same once more ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

from invent_gitops.errors import ExitCode, Interrupted
from invent_gitops.model.deadline import Deadline
from invent_gitops.operations.console import Console
from invent_gitops.text.times import deadline_over

Handler = Callable[[int, FrameType | None], object] | int | None

# SIGHUP is a terminal that was closed; Windows has none.
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

RETRY = "Run it again; nothing is created twice."


class Stopping:
    """While `with stopping:` lasts, a signal or the `deadline` (counted from its beginning) sets `event`.

    `overdue` is the deadline in seconds if that set it, and None if a person did, or nothing yet.
    """

    def __init__(self, console: Console, deadline: Deadline | None = None) -> None:
        self.event = threading.Event()
        self.overdue: float | None = None
        self._console, self._deadline = console, deadline
        self._signalled: set[int] = set()
        self._before: dict[int, Handler] = {}
        self._timer = threading.Timer(deadline.remaining, self._expire) if deadline else None

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        if self._timer:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise `Interrupted` if it is time to stop; for the moments before anything was begun."""
        if self.event.is_set():
            if self.overdue is not None:
                raise Interrupted(f"{deadline_over(self.overdue)} Nothing was created before that.", RETRY)
            raise Interrupted("Stopped before anything was created.", RETRY)

    @contextmanager
    def before_creates(self) -> Iterator[None]:
        """Before the first create, whatever stops the block is reported with the fact that nothing was created."""
        try:
            yield
        except Interrupted:
            self.check()
            raise

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While a person is asked, a signal ends the question at once: nothing has begun yet, and the error says so."""
        now = {number: signal.signal(number, handler) for number, handler in self._before.items()}
        try:
            yield
        except KeyboardInterrupt:
            raise Interrupted("Stopped at the question. Nothing was created.", RETRY) from None
        finally:
            for number, handler in now.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if number in self._signalled:
            # What was intended is on disk already, so there is nothing that waiting could still save.
            os._exit(int(ExitCode.INTERRUPTED))
        # Another one than the first is no second wish: GitHub cancels with SIGINT, and says SIGTERM before it kills.
        repeated, self._signalled = bool(self._signalled), {*self._signalled, number}
        self.event.set()
        if not repeated:
            self._console.stop(
                "Stopping: nothing new is started, and the answers in flight are awaited. Again: stop at once."
            )

    def _expire(self) -> None:
        if self._deadline and not self.event.is_set():
            self.overdue = self._deadline.seconds
            self.event.set()
            self._console.stop("The deadline has come: nothing new is started, and the answers in flight are awaited.")
