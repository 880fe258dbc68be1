"""What a shell starts in the place of `python -I -m invent_gitops`: it orders the run, lends it its streams, and waits.

`python -I -S tests/forked_shell.py SOCKET WORD...`, in a tenth of the time of a whole start: it imports nothing that
takes long. Where the run needs an interpreter of its own, this process becomes that.
"""

from __future__ import annotations

import _socket  # `socket` imports much that is not needed here
import array
import functools
import json
import os
import signal
import sys
from typing import NoReturn


def main(address: str, *words: str) -> NoReturn:
    order = {"module": "invent_gitops", "words": words, "folder": os.getcwd(), "environment": dict(os.environ)}
    line = json.dumps(order | {"session": False, "terminal": False, "before": ""}).encode() + b"\n"
    connection = _socket.socket(_socket.AF_UNIX)
    connection.connect(address)
    sent = connection.sendmsg([line], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
    if sent < len(line):
        connection.sendall(line[sent:])
    text = b""
    while part := connection.recv(65536):
        text += part
        for report in [json.loads(report) for report in text.split(b"\n")[:-1]]:
            if "pid" in report:
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, functools.partial(pass_on, report["pid"]))
            elif "code" in report:
                end(report["code"])
        text = text.rpartition(b"\n")[2]
    # It asked for an interpreter of its own.
    os.execv(sys.executable, [sys.executable, "-I", "-m", "invent_gitops", *words])  # noqa: S606  what it stands for


def pass_on(pid: int, number: int, frame: object) -> None:
    os.kill(pid, number)


def end(code: int) -> NoReturn:
    """End as the run did, by a signal as well."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
