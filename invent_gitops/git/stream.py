"""Talks with a git that answers while it is asked, so that nobody has to hold all of its answers."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import NoReturn, Self, TypeVar

from invent_gitops.git.faults import HANGS
from invent_gitops.git.process import GitFailed, end

Answer = TypeVar("Answer")
CHUNK = 1 << 16


class GitStream:
    """The pipes of a running git, called `verb` in messages. It is ended where it is silent for `timeout` seconds.

    Each call raises `GitFailed` with git's words where git has ended with an error.
    """

    def __init__(self, process: subprocess.Popen[bytes], verb: str, timeout: float) -> None:
        self._process, self._verb, self._timeout = process, verb, timeout
        self._reads, self._waits, self._hung = 0, False, False
        self._over = threading.Event()
        self._stderr: list[bytes] = []
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._listen, self._watch)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        end(self._process)
        for thread in self._threads:
            thread.join()

    def ask(self, line: str) -> None:
        """Write one line to git."""
        assert self._process.stdin
        try:
            self._process.stdin.write(line.encode("utf-8", "surrogateescape") + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            self._fail()

    def line(self) -> bytes:
        """Return the next line, without its end."""
        assert self._process.stdout
        line = self._wait_for(self._process.stdout.readline)
        if not line.endswith(b"\n"):
            self._fail()
        return line[:-1]

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        assert self._process.stdout
        stdout = self._process.stdout
        read = self._wait_for(lambda: stdout.read(size)) if size else b""
        if len(read) < size:
            self._fail()
        return read

    def rest(self) -> Iterator[bytes]:
        """Yield what git prints until it ends, in chunks."""
        assert self._process.stdin
        assert self._process.stdout
        stdout = self._process.stdout
        self._process.stdin.close()
        while chunk := self._wait_for(lambda: stdout.read(CHUNK)):
            yield chunk
        if self._wait_for(self._process.wait) != 0:
            self._fail()

    def _wait_for(self, read: Callable[[], Answer]) -> Answer:
        self._reads, self._waits = self._reads + 1, True
        try:
            return read()
        finally:
            self._waits = False

    def _fail(self) -> NoReturn:
        """Raise what git said when it ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self._timeout)
        if self._hung or self._process.returncode is None:
            raise GitFailed(f"git {self._verb} {HANGS} {self._timeout:.0f} seconds")
        self._threads[0].join()
        raise GitFailed(b"".join(self._stderr).decode(errors="replace").strip(), self._process.returncode)

    def _listen(self) -> None:
        """Take up what git says in words, so that it never waits for a reader of them."""
        assert self._process.stderr
        with suppress(OSError, ValueError):
            while chunk := os.read(self._process.stderr.fileno(), CHUNK):
                self._stderr = [*self._stderr[-100:], chunk]

    def _watch(self) -> None:
        """End a git that was asked and says nothing for too long."""
        reads_before = -1
        while not self._over.wait(self._timeout):
            if self._waits and self._reads == reads_before:
                self._hung = True
                self._process.kill()
                return
            reads_before = self._reads
