"""A version of the program, known only as the Python that has it, and its runs: real processes, started quickly."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import forked
from tests.careful.fast_paths import python_path
from tests.forked import ROOT, Server
from tests.forking import AT_START

# The versions in what was recorded: of the program, and of the zone data.
RECORDED = ("0.1.0", "2026f")
VERSIONS = """
import os, invent_gitops as program, tzdata
print(os.path.dirname(program.__file__), program.__version__, tzdata.IANA_VERSION, sep="\\n")
"""
PATIENCE = 180.0  # seconds; a bound for what never comes


def path_of(tree: Path) -> str:
    """The PYTHONPATH of a tree: this one is played without its fast paths where the tests are so careful."""
    return python_path() if tree == ROOT else str(tree)


@dataclass(frozen=True)
class Order:
    """What is run, where, and with which variables."""

    words: Sequence[str]
    folder: Path
    environment: Mapping[str, str]


class Program:
    """A version of the program: `python` is an interpreter that has it, or finds it in `tree`."""

    def __init__(self, python: str, tree: Path | None = None) -> None:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(AT_START)}
        # What an interpreter takes at its start is the same for the server and for all of its runs.
        self.at_start = {"LANG": "C.UTF-8", **({"PYTHONPATH": path_of(tree)} if tree else {})}
        environment = {**plain, **self.at_start}
        names = subprocess.run(
            [python, "-P", "-c", VERSIONS], env=environment, check=True, capture_output=True, text=True
        )
        folder, *self._versions = names.stdout.splitlines()
        self.folder = Path(folder)
        command = [python, "-P", str(ROOT / "tests" / "forking.py")]
        self._server = Server(command, environment, str(Path(__file__).with_name("frozen.py")))
        self.address = self._server.address

    def as_recorded(self, text: str) -> str:
        """The text with the versions that the recorded program had: another one is no difference."""
        for recorded, version in zip(RECORDED, self._versions, strict=True):
            text = text.replace(version, recorded)
        return text

    def end(self) -> None:
        self._server.close()


class Run:
    """A run of the command line, which may still be going on.

    Its stdout and stderr are the files of the path `streams` with `.out` and `.err` behind it. A terminal instead is
    stdin and stderr of the run, and controls it.
    """

    def __init__(self, program: Program, title: str, order: Order, streams: Path, terminal: int | None = None) -> None:
        self.title = title
        self._paths = [streams.with_suffix(f"{streams.suffix}.{name}") for name in ("out", "err")]
        files = [os.open(os.devnull, os.O_RDONLY)]
        files += [os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600) for path in self._paths]
        ends = files if terminal is None else [terminal, files[1], terminal]
        held = terminal is not None
        environment = {**order.environment, **program.at_start}
        try:
            self._run = forked.Run(
                "invent_gitops",
                order.words,
                order.folder,
                environment,
                ends,
                session=held,
                terminal=held,
                server=program.address,
            )
        finally:
            for file in files:
                os.close(file)

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"this never came true in: {self.title}"
            time.sleep(0.005)

    def signal(self, number: int) -> None:
        os.kill(self._run.pid, number)

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
        return self._paths[number - 1].read_bytes().decode()

    def end(self) -> int:
        while self._run.code is None:
            self._run.hear(PATIENCE)
        return self._run.code


@contextmanager
def playing(python: str, tree: Path | None = None) -> Iterator[Program]:
    program = Program(python, tree)
    try:
        yield program
    finally:
        program.end()
