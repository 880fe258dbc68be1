"""Real processes of the command line that cost no start: a warm process, `tests.forking`, forks each of them.

`Forked` is a `Popen`, with its pipes, its time-outs and its signals. There is one fork server for each process of
pytest. It starts when the first run is ordered, and ends when that process does, however it ends.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.careful.fast_paths import python_path

ROOT = Path(__file__).parent.parent
# What a script starts to have a run forked; its first word is the `address`.
SHELL = ROOT / "tests" / "forked_shell.py"
# Seconds after which what a test waits for counts as never coming, on a machine that has other things to do.
PATIENCE = 300.0


def environment(extra: Mapping[str, str] | None = None, *, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """This process's environment without what would make another Python of it, such as PYTHONUNBUFFERED."""
    plain = {name: value for name, value in base.items() if not name.startswith("PYTHON")}
    return {**plain, "PYTHONPATH": python_path(), **(extra or {})}


class Server:
    """A fork server for the program that `command` finds, a Python with its options; it listens at `address`.

    A `script` runs there before anything is imported.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], script: str = "") -> None:
        self._folder = tempfile.mkdtemp(prefix="forking-")
        self.address = os.path.join(self._folder, "socket")
        listener, (self._lifeline, theirs) = socket.socket(socket.AF_UNIX), socket.socketpair()
        with listener, theirs:
            listener.bind(self.address)
            listener.listen(128)
            files = [listener.fileno(), theirs.fileno()]
            self._process = subprocess.Popen(
                [*command, *map(str, files), *([script] if script else [])],
                cwd=ROOT,
                env=environment,
                pass_fds=files,
                stdin=subprocess.DEVNULL,
            )

    def close(self) -> None:
        """Kill the runs that are left, and end."""
        self._lifeline.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


@functools.cache
def address() -> str:
    """Where the fork server of this process listens; it is started the first time."""
    server = Server([sys.executable, "-m", "tests.forking"], environment())
    atexit.register(server.close)
    return server.address


class OwnInterpreter(Exception):
    """The environment of a run has settings that only an interpreter of its own would see."""


class Run:
    """A run that the fork server was ordered to make, and what is known of it.

    `code` is None until it has ended; a negative one is the signal that killed it. `held` is whether it was stopped.
    `server` is the address of another server than that of this process. Raises `OwnInterpreter`.
    """

    def __init__(
        self,
        module: str,
        words: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        streams: Sequence[int],
        *,
        session: bool = False,
        terminal: bool = False,
        before: str = "",
        server: str = "",
    ) -> None:
        self.code: int | None = None
        self.held = False
        self._text = b""
        self._reports: list[dict[str, Any]] = []
        self._reading = threading.Lock()
        order = {"module": module, "words": list(words), "folder": str(folder), "environment": dict(environment)}
        line = json.dumps(order | {"session": session, "terminal": terminal, "before": before}).encode() + b"\n"
        self._connection = socket.socket(socket.AF_UNIX)
        try:
            self._connection.connect(server or address())
            sent = socket.send_fds(self._connection, [line], streams)
            if sent < len(line):
                self._connection.sendall(line[sent:])
            self.pid = self._begun()
        except BaseException:
            self._connection.close()
            raise

    def fileno(self) -> int:
        """The file that can be read when there is news of this run."""
        return self._connection.fileno()

    def hear(self, patience: float | None) -> None:
        """Take in what is new: at once if `patience` is 0, else when it comes; None waits for as long as that takes."""
        # Where a thread waits already, it takes in the same.
        if not self._reading.acquire(blocking=patience != 0):
            return
        try:
            if self.code is not None:
                return
            self._read(patience)
            for report in self._reports:
                self.held = self.held or "stopped" in report
                self.code = report.get("code", self.code)
            self._reports.clear()
            if self.code is not None:
                self._connection.close()
        finally:
            self._reading.release()

    def close(self) -> None:
        """Kill the run, unless it has ended."""
        self._connection.close()

    def _begun(self) -> int:
        end = time.monotonic() + PATIENCE
        while not self._reports:
            assert time.monotonic() < end, "the fork server does not answer"
            self._read(max(0.0, end - time.monotonic()))
        begun = self._reports.pop(0)
        if "pid" not in begun:
            raise OwnInterpreter
        return int(begun["pid"])

    def _read(self, patience: float | None) -> None:
        if self._reports or not select.select([self._connection], [], [], patience)[0]:
            return
        part = self._connection.recv(65536)
        if not part:
            raise EOFError("the fork server has ended")
        *lines, self._text = (self._text + part).split(b"\n")
        self._reports += [json.loads(line) for line in lines]


class Forked(subprocess.Popen[str]):
    """A `Popen` of `python -m MODULE` that was forked; with a `terminal`, that is its stdin.

    Code that is to run in the process `before` the module is given as text.

    It runs the `command` instead, as any other does, if the environment has settings for the interpreter itself.
    """

    run: Run | None = None

    def __init__(
        self,
        command: Sequence[str],
        module: str,
        words: Sequence[str],
        *,
        terminal: bool = False,
        before: str = "",
        **options: Any,
    ) -> None:
        unknown = options.keys() - {
            "cwd",
            "env",
            "stdin",
            "stdout",
            "stderr",
            "encoding",
            "pipesize",
            "start_new_session",
        }
        assert not unknown, f"a forked run knows nothing of {unknown}"
        flags = {"terminal": terminal, "session": options.get("start_new_session", False), "before": before}
        self._order = (module, words, flags)
        super().__init__(command, **options)

    def _execute_child(self, args: Any, executable: Any, preexec_fn: Any, *rest: Any) -> None:
        # Their names in CPython, from 3.11: close_fds, pass_fds, cwd, env, startupinfo, creationflags, shell.
        _, _, folder, variables, _, _, _, *pipes = rest[:13]
        module, words, flags = self._order
        if folder is None or os.path.isdir(folder):
            # What is not redirected is what this process has.
            streams = tuple(
                number if file == -1 else file for number, file in enumerate((pipes[0], pipes[3], pipes[5]))
            )
            settings = os.environ if variables is None else variables
            with contextlib.suppress(OwnInterpreter):
                self.run = Run(module, words, folder or Path.cwd(), settings, streams, **flags)
        if self.run is None:
            assert not flags["before"], "only a forked run can do something before"
            super()._execute_child(args, executable, preexec_fn, *rest)  # type: ignore[misc]
            return
        self.pid = self.run.pid
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]

    def _internal_poll(self, *more: Any, **others: Any) -> int | None:
        if self.run is None:
            code: int | None = super()._internal_poll(*more, **others)  # type: ignore[misc]
            return code
        if self.returncode is None:
            self.run.hear(0)
            self.returncode = self.run.code
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self.run is None:
            code: int = super()._wait(timeout)  # type: ignore[misc]
            return code
        end = None if timeout is None else time.monotonic() + timeout
        while self._internal_poll() is None:
            if end is not None and time.monotonic() >= end:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self.run.hear(None if end is None else max(0.0, end - time.monotonic()))
        return self.returncode
