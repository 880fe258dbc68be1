"""A version of the program, known only as the Python that has it, and its runs: real processes, started quickly."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# The versions in what was recorded.
RECORDED = {"program": "0.1.0", "zone data": "2026f"}
PATIENCE = 180.0  # seconds; a bound for what never comes


class Program:
    """A version of the program: `python` is an interpreter that has it, or finds it in `tree`."""

    def __init__(self, python: str, tree: Path | None = None) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        if tree:
            environment["PYTHONPATH"] = str(tree)
        script = Path(__file__).with_name("forking.py")
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [python, "-P", str(script), str(theirs.fileno())], env=environment, pass_fds=[theirs.fileno()]
            )
        self._reports = self._channel.makefile(encoding="utf-8")
        first = self._answer()
        self.folder, self._versions = Path(first["folder"]), first["versions"]

    def order(self, order: Mapping[str, Any], terminal: Sequence[int] = ()) -> Any:
        data = json.dumps(order).encode() + b"\n"
        sent = socket.send_fds(self._channel, [data], list(terminal))
        self._channel.sendall(data[sent:])
        return self._answer()

    def as_recorded(self, text: str) -> str:
        """The text with the versions that the recorded program had: another one is no difference."""
        for name, version in RECORDED.items():
            text = text.replace(self._versions[name], version)
        return text

    def _answer(self) -> Any:
        line = self._reports.readline()
        assert line, "the process that has imported the program is gone"
        return json.loads(line)

    def end(self) -> None:
        self._reports.close()
        self._channel.close()
        self._process.wait()


class Run:
    """A run of the command line, which may still be going on."""

    def __init__(self, program: Program, title: str, order: Mapping[str, Any], terminal: Sequence[int]) -> None:
        self._program, self.title, self._streams = program, title, order["streams"]
        self.pid = int(program.order(order, terminal)["pid"])

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"this never came true in: {self.title}"
            time.sleep(0.005)

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def dialogue(self, master: int, answers: Sequence[tuple[str, str]]) -> str:
        """Type each answer once the terminal shows the text before it; returns all that it showed."""
        screen = ""
        for text, typed in [*answers, ("", "")]:
            while text not in screen or not text:
                assert select.select([master], [], [], PATIENCE)[0], f"the terminal never showed {text!r}: {screen}"
                try:
                    data = os.read(master, 65536)
                except OSError:  # its last user has gone
                    break
                screen += data.decode()
            os.write(master, typed.encode())
        return screen.replace("\r\n", "\n")

    def text(self, number: int) -> str:
        return Path(self._streams[number]).read_bytes().decode()

    def end(self) -> int:
        return int(self._program.order({"wait": self.pid})["code"])


@contextmanager
def playing(python: str, tree: Path | None = None) -> Iterator[Program]:
    program = Program(python, tree)
    try:
        yield program
    finally:
        program.end()
