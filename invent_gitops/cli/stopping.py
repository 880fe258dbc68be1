"""Signals as a wish to stop: the first lets the answers in flight arrive, the second ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode


@contextmanager
def stop_on_signals(session: Session, deadline: float | None = None) -> Iterator[threading.Event]:
    """An event that SIGINT, SIGTERM and the `deadline` (seconds from now) set while the block lasts."""
    stop = threading.Event()
    timer = threading.Timer(deadline, _expire, (session, stop)) if deadline else None

    signalled = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal signalled
        if signalled:
            # What was intended is on disk already, so there is nothing that waiting could still save.
            os._exit(int(ExitCode.INTERRUPTED))
        signalled = True
        stop.set()
        session.note("Stopping: nothing new is started, and the answers in flight are awaited. Again: stop at once.")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield stop
    finally:
        if timer:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _expire(session: Session, stop: threading.Event) -> None:
    if not stop.is_set():
        stop.set()
        session.note("The deadline has come: nothing new is started, and the answers in flight are awaited.")
