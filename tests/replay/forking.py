"""A process that has imported a version of the program, and forks a real process for each run of its command line.

    PYTHON -P tests/replay/forking.py SOCKET

It is started by any Python that has the program, and knows of it only what a user knows: `python -m invent_gitops`.
SOCKET is the number of an open socket. The first line there says where the program is. An order is one line of JSON:
`{"run": [arguments], "folder": …, "environment": {…}, "streams": [path of stdin, of stdout, of stderr]}` is answered
with a process number as soon as it runs. `{"wait": number}` is answered with its exit code, or minus the signal that
killed it. A terminal that comes with an order is stdin and stderr of the run, and controls it.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import importlib
import importlib.util
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import tempfile
import termios
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

PROGRAM = "invent_gitops"
# What its commands import on their way, so that a run begins at once. What is not there is not needed.
LAZY = (
    *("encodings.idna", "httpcore", "httpx._transports.default", "jsonschema", "h11", "anyio", "ssl", "stringprep"),
    *("deepdiff", "yaml", "filelock", "click", "getpass", "shlex", "difflib", "zoneinfo", "sqlite3", "http.server"),
)


def main(channel: socket.socket) -> None:
    frozen = _beside("frozen")
    frozen.freeze()
    program = importlib.import_module(PROGRAM)
    for module in pkgutil.walk_packages(program.__path__, f"{PROGRAM}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LAZY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # What is here now is shared with every run, and no collection needs to look at it.
    gc.collect()
    gc.freeze()
    versions = {"program": str(program.__version__), "zone data": str(importlib.import_module("tzdata").IANA_VERSION)}
    _say(channel, {"folder": str(Path(str(program.__file__)).parent), "versions": versions})
    while True:
        order, terminal = _next_order(channel)
        if order is None:
            return
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            _say(channel, {"code": os.waitstatus_to_exitcode(status)})
            continue
        pid = os.fork()
        if not pid:
            channel.close()
            _become(order, terminal)
        for file in terminal:
            os.close(file)
        _say(channel, {"pid": pid})


def _beside(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _next_order(channel: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """An order and the terminal that came with it, if any; None at the end."""
    text = b""
    files: list[int] = []
    while not text.endswith(b"\n"):
        part, more, _, _ = socket.recv_fds(channel, 65536, 1)
        if not part:
            return None, files
        text += part
        files += more
    return json.loads(text), files


def _say(channel: socket.socket, report: dict[str, Any]) -> None:
    channel.sendall(json.dumps(report).encode() + b"\n")


def _become(order: dict[str, Any], terminal: list[int]) -> NoReturn:
    """Be a process of its own, as far as a fresh interpreter would be one, and run what was ordered."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _connect(order["streams"], terminal)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        # Each is made anew, since a stream decides at its beginning whether it is a terminal's.
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
        tempfile.tempdir = None
        sys.argv = [PROGRAM, *order["run"]]
        runpy.run_module(PROGRAM, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001  # what a fresh interpreter would print at its end
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does: wait for its threads
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _connect(paths: list[str], terminal: list[int]) -> None:
    for number, (path, mode) in enumerate(zip(paths, (os.O_RDONLY, *[os.O_RDWR | os.O_APPEND] * 2), strict=True)):
        opened = os.dup(terminal[0]) if terminal and number != 1 else os.open(path, mode)
        os.dup2(opened, number)
        os.close(opened)
    if terminal:
        os.close(terminal[0])
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
