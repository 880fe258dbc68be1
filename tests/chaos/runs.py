"""Runs that are ordered from the fork server: start one, wait for it, hold it still, go on, kill it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests import forked

ROOT = forked.ROOT


@dataclass(eq=False)
class Run:
    """A process that was ordered. `code` is None until it has ended; a negative one is the signal that killed it."""

    words: Sequence[str]
    process: forked.Run
    out: IO[bytes]
    err: IO[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def code(self) -> int | None:
        return self.process.code

    @property
    def held(self) -> bool:
        return self.process.held

    def texts(self) -> tuple[str, str]:
        """What it has printed."""
        found = []
        for file in (self.out, self.err):
            file.seek(0)
            found.append(file.read().decode("utf-8", "replace"))
            file.close()
        return found[0], found[1]


@dataclass(eq=False)
class Zygote:
    """The runs of one history. One thread at a time may use it."""

    runs: list[Run] = field(default_factory=list)

    def start(
        self,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        meddling: str = "",
        stdin: int | None = None,
        shown: Sequence[str] = (),
    ) -> Run:
        """Fork a run; without `stdin` it reads nothing. `shown` are the words to speak of it with."""
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  # closed in `texts`
        with open(os.devnull, "rb") as nothing:
            streams = (nothing.fileno() if stdin is None else stdin, out.fileno(), err.fileno())
            settings = forked.environment(base=environment)
            process = forked.Run("tests.chaos.dying", words, folder, settings, streams, before=meddling)
        run = Run(shown or words, process, out, err)
        self.runs.append(run)
        return run

    def wait(self, run: Run, patience: float, *, held: bool = False, also: int | None = None) -> bool:
        """Wait until a run has ended, or until it is held, or until there is something to read in `also`.

        False if none of it came within `patience` seconds.
        """
        until = time.monotonic() + patience
        while run.code is None and not (held and run.held):
            files: list[Any] = [run.process, *([] if also is None else [also])]
            ready, _, _ = select.select(files, [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return False
            if run.process in ready:
                run.process.hear(0)
            elif also is not None:
                return True
        return True

    def go_on(self, run: Run) -> None:
        """Let a run that was held go on."""
        run.process.held = False
        self._send(run, signal.SIGCONT)

    def kill(self, run: Run) -> None:
        self._send(run, signal.SIGKILL)
        self.wait(run, forked.PATIENCE)

    def _send(self, run: Run, number: signal.Signals) -> None:
        # It may have ended without our having heard of it yet.
        with contextlib.suppress(ProcessLookupError):
            if run.code is None:
                os.kill(run.pid, number)


@contextlib.contextmanager
def zygote() -> Iterator[Zygote]:
    """A zygote for one thread; what it has started ends with it."""
    found = Zygote()
    try:
        yield found
    finally:
        for run in found.runs:
            if run.code is None:
                found.kill(run)
                run.texts()
