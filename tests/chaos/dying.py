"""The command line in a process that counts its steps and sends itself a signal before or after one of them.

A step is a call of the operating system that the outside can see: a file opened for writing, written, flushed,
renamed or deleted; a connection made, bytes sent and received; a program started and its end awaited. The product
knows nothing of this: the calls are wrapped here, before its first module is imported.
"""

from __future__ import annotations

import argparse
import builtins
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

WRITING = os.O_WRONLY | os.O_RDWR
real_open = builtins.open


class Steps:
    """Counts from 1; at number `at` it sends `number` to this process, before or after the real call."""

    def __init__(self, at: int, when: str, number: signal.Signals) -> None:
        self.at, self.when, self.number = at, when, number
        self.names: list[str] = []
        self._lock = threading.Lock()

    def around(self, name: str, real: Callable[..., Any], counts: Callable[..., bool] = lambda *a, **k: True) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not counts(*args, **kwargs):
                return real(*args, **kwargs)
            with self._lock:
                self.names.append(name)
                struck = len(self.names) == self.at
            if struck and self.when == "before":
                os.kill(os.getpid(), self.number)
            try:
                return real(*args, **kwargs)
            finally:
                if struck and self.when == "after":
                    os.kill(os.getpid(), self.number)

        return call

    def wrap(self) -> None:
        for name in ("write", "fsync", "ftruncate", "replace", "rename", "unlink"):
            setattr(os, name, self.around(name, getattr(os, name)))
        os.open = self.around("open", os.open, _opens_for_writing)
        builtins.open = self.around("open", builtins.open, _writes)
        for name in ("connect", "send", "sendall", "recv"):
            setattr(socket.socket, name, self.around(name, getattr(socket.socket, name)))
        # Others inherit from Popen, so its methods are replaced, and not the class.
        for name, shown in (("__init__", "start"), ("communicate", "end")):
            setattr(subprocess.Popen, name, self.around(shown, getattr(subprocess.Popen, name)))


def _opens_for_writing(path: object, flags: int, *rest: object, **more: object) -> bool:
    return bool(flags & WRITING)


def _writes(file: object, mode: str = "r", *rest: object, **more: object) -> bool:
    return any(letter in mode for letter in "wax+")


def main() -> NoReturn:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("--when", choices=["before", "after"], default="before")
    parser.add_argument("--signal", choices=["KILL", "INT", "TERM"], default="KILL")
    parser.add_argument("--count", type=Path, help="write the names of all steps to this file at the end")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    steps = Steps(given.at, given.when, signal.Signals[f"SIG{given.signal}"])
    steps.wrap()
    try:
        from invent_gitops.cli import main as command

        command([word for word in given.words if word != "--"])
    finally:
        if given.count:
            with real_open(given.count, "w", encoding="utf-8") as file:
                file.write("\n".join(steps.names))
    sys.exit(70)


if __name__ == "__main__":
    main()
