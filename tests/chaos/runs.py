"""The end of the zygote's socket that orders runs: start one, wait for it, hold it still, go on, kill it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent.parent


@dataclass(eq=False)
class Run:
    """A process that was ordered. `code` is None until it has ended; a negative one is the signal that killed it."""

    words: Sequence[str]
    pid: int
    out: IO[bytes]
    err: IO[bytes]
    code: int | None = None
    held: bool = False

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
    """One process that forks runs. One thread at a time may use it."""

    process: subprocess.Popen[bytes] = field(init=False)
    channel: socket.socket = field(init=False)
    runs: dict[int, Run] = field(default_factory=dict)
    _early: list[dict[str, Any]] = field(default_factory=list)
    _text: bytes = b""

    def __post_init__(self) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.zygote", str(theirs.fileno())],
                cwd=ROOT,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._hear("ready", time.monotonic() + 60)

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
        order = {"words": list(words), "folder": str(folder), "environment": dict(environment), "meddling": meddling}
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115  # closed in `texts`
        with open(os.devnull, "rb") as nothing:
            first = nothing.fileno() if stdin is None else stdin
            line = json.dumps(order).encode() + b"\n"
            sent = socket.send_fds(self.channel, [line], [first, out.fileno(), err.fileno()])
            self.channel.sendall(line[sent:])
            pid = self._hear("forked", time.monotonic() + 60)["forked"]
        run = self.runs[pid] = Run(shown or words, pid, out, err)
        for report in [early for early in self._early if early["pid"] == pid]:
            self._early.remove(report)
            self._note(report)
        return run

    def wait(self, run: Run, patience: float, *, held: bool = False, also: int | None = None) -> bool:
        """Wait until a run has ended, or until it is held, or until there is something to read in `also`.

        False if none of it came within `patience` seconds.
        """
        until = time.monotonic() + patience
        while run.code is None and not (held and run.held):
            files: list[Any] = [self.channel, *([] if also is None else [also])]
            ready, _, _ = select.select(files, [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return False
            if self.channel in ready:
                for report in self._read():
                    self._note(report)
            elif also is not None:
                return True
        return True

    def go_on(self, run: Run) -> None:
        """Let a run that was held go on."""
        run.held = False
        self._send(run, signal.SIGCONT)

    def kill(self, run: Run) -> None:
        self._send(run, signal.SIGKILL)
        self.wait(run, 60)

    def _send(self, run: Run, number: signal.Signals) -> None:
        # It may have ended without our having heard of it yet.
        with contextlib.suppress(ProcessLookupError):
            if run.code is None:
                os.kill(run.pid, number)

    def close(self) -> None:
        self.channel.close()
        self.process.wait()

    def _note(self, report: dict[str, Any]) -> None:
        run = self.runs.get(report["pid"])
        if run is None:
            self._early.append(report)
        elif "code" in report:
            run.code = report["code"]
            del self.runs[run.pid]
        else:
            run.held = True

    def _hear(self, name: str, until: float) -> dict[str, Any]:
        """The report of that name; others are noted."""
        while True:
            ready, _, _ = select.select([self.channel], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(f"The zygote does not answer: no {name!r}.")
            answer = None
            for report in self._read():
                if name in report:
                    answer = report
                else:
                    self._note(report)
            if answer:
                return answer

    def _read(self) -> list[dict[str, Any]]:
        part = self.channel.recv(65536)
        if not part:
            raise EOFError("The zygote has ended.")
        *lines, self._text = (self._text + part).split(b"\n")
        return [json.loads(line) for line in lines]


_lock = threading.Lock()
_free: list[Zygote] = []


@contextlib.contextmanager
def zygote() -> Iterator[Zygote]:
    """A zygote for one thread; it is kept for the next who asks, since to make one takes as long as many runs."""
    with _lock:
        found = _free.pop() if _free else None
    found = found or Zygote()
    try:
        yield found
    finally:
        for run in list(found.runs.values()):
            found.kill(run)
            run.texts()
        with _lock:
            _free.append(found)


@atexit.register
def _close() -> None:
    while _free:
        _free.pop().close()
