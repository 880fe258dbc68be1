"""The command line: parse, wire, print, exit. The tree of commands is in `program`."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from invent_gitops.cli.utf8 import restart_in_utf8_mode
from invent_gitops.errors import ExitCode
from invent_gitops.text.held import hold


def start() -> NoReturn:
    """Be the console script: do what `main` does, and leave at once, without taking the interpreter apart.

    Both streams are flushed by then, and every file of ours is closed where it is written.
    """
    code = int(_run(None))
    if not _is_awaited():
        os._exit(code)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit: the one door through which every error leaves."""
    sys.exit(int(_run(arguments)))


def _run(arguments: Sequence[str] | None) -> ExitCode:
    if arguments is None:
        restart_in_utf8_mode()
    # Thousands of definitions are thousands of objects that stay; looking through them over and over frees nothing.
    gc.set_threshold(100_000, 20, 20)
    command_line = list(sys.argv[1:] if arguments is None else arguments)
    hold(os.environ)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    from invent_gitops.cli.errors import through_the_door
    from invent_gitops.cli.program import run
    from invent_gitops.cli.session import Session

    session = Session(json="--json" in command_line)
    code = through_the_door(session, lambda: run(command_line, session))
    code = session.close(code)
    _flush()
    return code


def _flush() -> None:
    # Python flushes once more at exit, and prints a traceback if the reader of a pipe has gone.
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _is_awaited() -> bool:
    """Return whether something waits for the end: another thread, work for the exit, or who watches or inspects."""
    threading = sys.modules.get("threading")
    return bool(
        (threading and threading.active_count() > 1)
        or atexit._ncallbacks()
        or sys.gettrace()
        or sys.getprofile()
        or sys.flags.inspect
    )
