"""The command line in a process that counts its steps, and to which something happens at one of them.

A step is a call of the operating system that the outside can see: a file opened for writing, written, flushed,
renamed or deleted; a connection made, bytes sent and received; a program started and its end awaited. At a step the
process may send itself a signal (to die, to be interrupted, or to be held until somebody lets it go on), or the system
may refuse the call. The product knows nothing of this: the calls are wrapped here, before anything of it runs.
"""

from __future__ import annotations

import argparse
import builtins
import errno
import fcntl
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

WRITING = os.O_WRONLY | os.O_RDWR
SIGNALS = ("KILL", "INT", "TERM", "STOP")
# What the system may refuse, by the names of the steps.
REFUSABLE = ("write", "fsync", "ftruncate", "rename", "unlink", "open", "read", "flock", "start")
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


class Refusals:
    """Lets the system refuse call number `at` of one kind below a folder, and all later ones if it is `lasting`."""

    def __init__(self, kind: str, at: int, error: int, below: str, lasting: bool) -> None:
        self.kind, self.at, self.error, self.lasting = kind, at, error, lasting
        self.below = os.path.realpath(below)
        self._seen = 0

    def wrap(self) -> None:
        calls: dict[str, tuple[tuple[Any, str], ...]] = {
            "rename": ((os, "rename"), (os, "replace")),
            "open": ((os, "open"), (builtins, "open"), (io, "open")),
            "read": ((builtins, "open"), (io, "open")),
            "flock": ((fcntl, "flock"),),
            "start": ((subprocess.Popen, "__init__"),),
        }
        for owner, name in calls.get(self.kind, ((os, self.kind),)):
            setattr(owner, name, self._around(getattr(owner, name)))

    def _around(self, real: Callable[..., Any]) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self._concerns(*args, **kwargs):
                self._seen += 1
                if self._seen == self.at or (self.lasting and self._seen > self.at):
                    raise OSError(self.error, os.strerror(self.error))
            return real(*args, **kwargs)

        return call

    def _concerns(self, *args: Any, **kwargs: Any) -> bool:
        if self.kind == "start":
            return True
        if self.kind in ("open", "read"):
            flags = kwargs.get("mode", args[1] if len(args) > 1 else "r")
            writes = bool(flags & WRITING) if isinstance(flags, int) else _writes(args[0], flags)
            if writes != (self.kind == "open"):
                return False
        place = args[0] if args else ""
        if isinstance(place, int):
            try:
                place = os.readlink(f"/proc/self/fd/{place}")
            except OSError:
                return False
            if not os.path.isabs(place):  # a pipe or a socket
                return False
        folder = kwargs.get("dir_fd", kwargs.get("src_dir_fd"))
        if folder is not None:
            place = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), place)
        return os.path.abspath(os.fspath(place)).startswith(f"{self.below}{os.sep}")


def hurry(speed: float) -> None:
    """Let the clocks of this process run so much faster, and its pauses last so much shorter.

    It is the same life in less time: a window of ten seconds is over, and a process that was held counts as
    having slept, after a part of them. Dates stay as they are, and so do the time-outs of connections.
    """
    for name in ("monotonic", "time"):
        setattr(time, name, _hurried(getattr(time, name), speed))
    sleep, wait = time.sleep, threading.Event.wait

    def short(self: threading.Event, timeout: float | None = None) -> bool:
        return wait(self, None if timeout is None else timeout / speed)

    time.sleep = lambda seconds: sleep(float(seconds) / speed)
    threading.Event.wait = short  # type: ignore[method-assign]


def _hurried(real: Callable[[], float], speed: float) -> Callable[[], float]:
    began = real()
    return lambda: began + (real() - began) * speed


def hold_at_questions() -> None:
    """Be held whenever a person is asked, before anything is read."""
    import click.termui

    real = click.termui.visible_prompt_func

    def ask(prompt: str) -> str:
        os.kill(os.getpid(), signal.SIGSTOP)
        return real(prompt)

    click.termui.visible_prompt_func = ask


def _opens_for_writing(path: object, flags: int, *rest: object, **more: object) -> bool:
    return bool(flags & WRITING)


def _writes(file: object, mode: str = "r", *rest: object, **more: object) -> bool:
    return any(letter in mode for letter in "wax+")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at", type=int, default=0)
    parser.add_argument("--when", choices=["before", "after"], default="before")
    parser.add_argument("--signal", choices=SIGNALS, default="KILL")
    parser.add_argument("--count", type=Path, help="write the names of all steps to this file at the end")
    parser.add_argument("--refuse", choices=REFUSABLE, help="let the system refuse a call of this kind")
    parser.add_argument("--nth", type=int, default=1, help="which of them")
    parser.add_argument("--errno", default="EIO", help="why")
    parser.add_argument("--lasting", action="store_true", help="and all that come after it")
    parser.add_argument("--below", default="/", help="only what concerns files below this folder")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster time passes")
    parser.add_argument("--hold-at-questions", action="store_true")
    parser.add_argument("words", nargs=argparse.REMAINDER)
    return parser


def main(order: Sequence[str] | None = None) -> NoReturn:
    given = _parser().parse_args(order)
    steps = Steps(given.at, given.when, signal.Signals[f"SIG{given.signal}"])
    steps.wrap()
    if given.refuse:
        Refusals(given.refuse, given.nth, getattr(errno, given.errno), given.below, given.lasting).wrap()
    if given.speed != 1:
        hurry(given.speed)
    if given.hold_at_questions:
        hold_at_questions()
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
