"""A process that has imported everything, and forks one real process for each run that is ordered.

It serves a socket. Each connection orders one run: one line of JSON with three open files, which become stdin, stdout
and stderr. Reports come back on it as lines of JSON: the process number, that the run was stopped, and how it ended;
or at once that the run needs an interpreter of its own, since its environment has other settings for that. A run whose
connection is closed is killed, and so are all runs, with this process, when the `lifeline` is closed. `tests.forked`
is the other end.

    PYTHON tests/forking.py LISTENER LIFELINE [SCRIPT]

The two are the numbers of open sockets. A SCRIPT runs before anything else is imported.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import tempfile
import termios
import threading
import time
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

STREAMS = 3
LARGE = 65536
# What the commands import on their way, beside the modules of the product itself.
LAZY = (
    *("encodings.idna", "httpcore", "httpx._transports.default", "jsonschema", "h11", "anyio", "ssl", "stringprep"),
    *("deepdiff", "yaml", "filelock", "click", "getpass", "shlex", "difflib", "zoneinfo", "jsonschema_rs", "tzdata"),
    "encodings.utf_8_sig",
)
# An interpreter and the C library read these once, at their start.
AT_START = ("PYTHON", "LC_", "LANG", "LD_", "GLIBC_", "MALLOC_", "OPENSSL_")
# Held back until a run is ready for them: none is lost between its fork and its first line.
HELD = (signal.SIGINT, signal.SIGTERM)


def at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of an environment that a process takes at its start only."""
    return {name: value for name, value in environment.items() if name.startswith(AT_START)}


class Server:
    """Forks runs and reports on them. It has one thread, since a fork copies no other."""

    def __init__(self, listener: socket.socket, lifeline: socket.socket) -> None:
        self.listener, self.lifeline = listener, lifeline
        self.runs: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.noticed, self.waker = socket.socketpair()

    def serve(self) -> NoReturn:
        """Fork what is ordered until the lifeline is closed. Then the runs that are left are killed."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
        for end in (self.noticed, self.waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self.waker.fileno())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for readable in (self.listener, self.lifeline, self.noticed):
            self.selector.register(readable, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select():
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                if connection is self.lifeline:
                    for pid in self.runs:
                        os.kill(pid, signal.SIGKILL)
                    os._exit(0)
                elif connection is self.noticed:
                    self.noticed.recv(LARGE)
                    self._report_changes()
                elif connection is self.listener:
                    self._take_order(self.listener.accept()[0])
                else:
                    self._drop(connection)

    def _take_order(self, connection: socket.socket) -> None:
        order, streams = _read_order(connection)
        try:
            if order is None:
                connection.close()
            elif at_start(order["environment"]) != at_start(os.environ):
                _report(connection, {"own interpreter": True})
                connection.close()
            else:
                pid = os.fork()
                if not pid:
                    self._close()
                    connection.close()
                    _become(order, streams)
                self.runs[pid] = connection
                self.selector.register(connection, selectors.EVENT_READ)
                _report(connection, {"pid": pid})
        finally:
            for stream in streams:
                os.close(stream)

    def _close(self) -> None:
        """Close in a new process what is the server's."""
        signal.set_wakeup_fd(-1)
        self.selector.close()
        for end in (self.listener, self.lifeline, self.noticed, self.waker, *self.runs.values()):
            end.close()

    def _report_changes(self) -> None:
        """Report which runs ended or were stopped since this was last called."""
        while self.runs:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if not pid:
                return
            if os.WIFSTOPPED(status):
                _report(self.runs[pid], {"stopped": True})
                continue
            connection = self.runs.pop(pid)
            _report(connection, {"code": os.waitstatus_to_exitcode(status)})
            with contextlib.suppress(KeyError):  # it was dropped
                self.selector.unregister(connection)
            connection.close()

    def _drop(self, connection: socket.socket) -> None:
        """Kill the run of a connection whose other end is closed; nobody waits for it."""
        pid = next((pid for pid, its in self.runs.items() if its is connection), None)
        # An order has one line, so all that can come later is the end. It may have ended since `select` said so.
        if pid is not None:
            self.selector.unregister(connection)
            os.kill(pid, signal.SIGKILL)


def import_everything() -> None:
    """Import what any command would import, so that a run begins at once."""
    import invent_gitops

    for module in pkgutil.walk_packages(invent_gitops.__path__, "invent_gitops."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LAZY:
        importlib.import_module(name)


def _read_order(connection: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """An order and its streams; None if it was not sent to its end."""
    text = b""
    streams: list[int] = []
    while not text.endswith(b"\n"):
        part, more, _, _ = socket.recv_fds(connection, LARGE, STREAMS)
        if not part:
            return None, streams
        text += part
        streams += more
    return json.loads(text), streams


def _report(connection: socket.socket, report: dict[str, Any]) -> None:
    try:
        connection.sendall(json.dumps(report).encode() + b"\n")
    except OSError:  # nobody listens any more; `_drop` follows
        return


def _become(order: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be a process of its own, as far as a fresh interpreter would be one, and run the module that was ordered."""
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        if order["session"]:
            os.setsid()
        if order["terminal"]:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        time.tzset()
        tempfile.tempdir = None
        _open_streams()
        sys.path[0] = os.getcwd()
        sys.argv = ["", *order["words"]]
        sys.orig_argv = [sys.executable, "-m", order["module"], *order["words"]]
        if order["before"]:
            exec(compile(order["before"], "before", "exec"), {"__name__": "before"})  # noqa: S102  # a test's own
        runpy.run_module(order["module"], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if code and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except KeyboardInterrupt:
        traceback.print_exc()
        code = -signal.SIGINT
    except BaseException:  # noqa: BLE001  # what a fresh interpreter would print at its end
        traceback.print_exc()
    finally:
        _end(code)


def _open_streams() -> None:
    """Make the three streams anew, as at a start: each decides at its beginning whether it is a terminal's."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        was = getattr(sys, name)
        raw = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115  # for as long as the process lives
        raw.raw.name = f"<{name}>"  # type: ignore[attr-defined]
        at_once = number == 2 or raw.isatty()
        stream = io.TextIOWrapper(raw, encoding=was.encoding, errors=was.errors, newline="\n", line_buffering=at_once)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _end(code: int) -> NoReturn:
    """End as an interpreter does: wait for the threads, call what was registered, and flush."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError as error:
                code = 120
                os.write(2, f"Exception ignored in: {stream!r}\n{type(error).__name__}: {error}\n".encode())
        if code == -signal.SIGINT:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        os._exit(code & 0xFF)


def main() -> NoReturn:
    listener, lifeline = (socket.socket(fileno=int(word)) for word in sys.argv[1:3])
    for script in sys.argv[3:]:
        runpy.run_path(script)
    import_everything()
    # What is here now is shared with every run, and no collection needs to look at it.
    gc.collect()
    gc.freeze()
    Server(listener, lifeline).serve()


if __name__ == "__main__":
    main()
