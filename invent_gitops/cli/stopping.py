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
def stop_on_signals(session: Session) -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set while the block lasts."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            # What was intended is on disk already, so there is nothing that waiting could still save.
            os._exit(int(ExitCode.INTERRUPTED))
        stop.set()
        session.note("Stopping: nothing new is started, and the answers in flight are awaited. Again: stop at once.")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
