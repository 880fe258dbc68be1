"""A process that has imported everything, and forks one real process for each run that is ordered.

An order comes over a socket as one line of JSON with three open files: the words, the folder, the environment and the
code that spoils the product. Reports go back as lines of JSON: the process number, and how it ended or that it was
stopped. `run` is the other end of it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import tempfile
import threading
import traceback
from typing import Any, NoReturn

FILES = 3
LARGE = 65536
# What the commands import on their way, beside the modules of the product itself.
LAZY = (
    *("encodings.idna", "httpcore", "httpx._transports.default", "jsonschema", "h11", "anyio", "ssl", "stringprep"),
    *("deepdiff", "yaml", "filelock", "click", "getpass", "shlex", "difflib", "zoneinfo", "tests.chaos.dying"),
)


def main(channel: socket.socket) -> NoReturn:
    """Serve orders until the other end is closed. Then the runs that are left are killed."""
    import_everything()
    # What is here now is shared with every run, and no collection needs to look at it.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    noticed, waker = socket.socketpair()
    for end in (noticed, waker):
        end.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    living: set[int] = set()
    _say(channel, {"ready": True})
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        selector.register(noticed, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is noticed:
                    noticed.recv(LARGE)
                    for report in _changes():
                        living.discard(report["pid"] if "code" in report else 0)
                        _say(channel, report)
                    continue
                order, files = _next_order(channel)
                if order is None:
                    for pid in living:
                        os.kill(pid, signal.SIGKILL)
                    os._exit(0)
                pid = os.fork()
                if not pid:
                    for end in (channel, noticed, waker):
                        end.close()
                    _become(order, files)
                living.add(pid)
                for file in files:
                    os.close(file)
                _say(channel, {"forked": pid})


def import_everything() -> None:
    """Import what any command would import, so that a run begins at once."""
    import invent_gitops

    for module in pkgutil.walk_packages(invent_gitops.__path__, "invent_gitops."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LAZY:
        importlib.import_module(name)


def _next_order(channel: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """An order and its files, or None at the end."""
    text = b""
    files: list[int] = []
    while not text.endswith(b"\n"):
        part, more, _, _ = socket.recv_fds(channel, LARGE, FILES)
        if not part:
            return None, files
        text += part
        files += more
    return json.loads(text), files


def _changes() -> list[dict[str, Any]]:
    """Which runs ended or were stopped since they were last asked for."""
    found: list[dict[str, Any]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        except ChildProcessError:
            return found
        if not pid:
            return found
        stopped = os.WIFSTOPPED(status)
        found.append({"pid": pid} | ({"stopped": True} if stopped else {"code": os.waitstatus_to_exitcode(status)}))


def _say(channel: socket.socket, report: dict[str, Any]) -> None:
    channel.sendall(json.dumps(report).encode() + b"\n")


def _become(order: dict[str, Any], files: list[int]) -> NoReturn:
    """Be a process of its own, as far as a fresh interpreter would be one, and run what was ordered."""
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        # Each is made anew, since a stream decides at its beginning whether it is a terminal's.
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
        tempfile.tempdir = None
        if order["meddling"]:
            exec(compile(order["meddling"], "meddling", "exec"), {"__name__": "meddling"})  # noqa: S102  # a test's own
        from tests.chaos.dying import main as die

        die(order["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001  # what a fresh interpreter would print at its end
        traceback.print_exc()
        code = 1
    finally:
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does: wait for its threads
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
