"""What the benchmarks share: whole processes, measured in turns by the operating system, and written as ratios."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = Path(__file__).resolve().with_name("launcher.py")
PROGRAM = Path(sys.executable).parent / "invent-gitops"
# A process that takes longer is killed, and its time is a bound: "more than".
PATIENCE = 120.0


@dataclass(frozen=True)
class Command:
    """One process: its words, where it runs, what its environment holds beside the usual, and how it may end."""

    words: Sequence[str | Path]
    folder: Path
    codes: Collection[int] = (0,)
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Figures:
    """Of each run: seconds on the clock, seconds of processor time, peak memory in MB; `cut` if one was killed."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    cut: bool = False

    @property
    def seconds(self) -> float:
        return statistics.median(self.wall)

    @property
    def processor(self) -> float:
        return statistics.median(self.cpu)

    @property
    def peak(self) -> float:
        return statistics.median(self.memory)


def measure(
    commands: Mapping[str, Command], runs: int, *, warm: bool = True, patience: float = PATIENCE
) -> dict[str, Figures]:
    """Run every command `runs` times in turns, so that a slow minute meets all alike; `warm` adds one uncounted turn.

    Ends the benchmark where a command ends with another exit code than one of its `codes`. A command that takes longer
    than `patience` is killed and not run again.
    """
    figures = {name: Figures() for name in commands}
    for turn in range(-warm, runs):
        for name, command in commands.items():
            if not figures[name].cut:
                _once(name, command, figures[name], counted=turn >= 0, patience=patience)
    return figures


def _once(name: str, command: Command, figures: Figures, *, counted: bool, patience: float) -> None:
    """Run a command once, from a small process, and keep its figures."""
    launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(patience)]
    done = subprocess.run(
        [*launch, *map(str, command.words)],
        cwd=command.folder,
        env=environment(**command.env),
        check=True,
        capture_output=True,
        text=True,
    )
    wall, cpu, kilobytes, code = map(float, done.stdout.split())
    figures.cut = wall >= patience and code == -signal.SIGKILL
    if not figures.cut and code not in command.codes:
        line = " ".join(map(str, command.words[:6]))
        raise SystemExit(f"{name} ended with {code:.0f}, so its time says nothing: {line}")
    if counted or figures.cut:
        figures.wall.append(wall)
        figures.cpu.append(cpu)
        figures.memory.append(kilobytes / 1024)


@dataclass
class Table:
    """One table of the results; `note` stands below its title."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def lines(self) -> Iterator[str]:
        """Yield its Markdown, title and all."""
        yield f"### {self.title}\n"
        if self.note:
            yield f"{self.note}\n"
        yield f"| {' | '.join(self.header)} |"
        yield f"|{' --- |' * len(self.header)}"
        for row in self.rows:
            yield f"| {' | '.join(row)} |"
        yield ""


HEADER = ("command", "seconds (least–most)", "processor", "peak memory", "× {}", "× its processor")


def compared(title: str, figures: Mapping[str, Figures], base: str, note: str = "") -> Table:
    """Return a table of medians, with each as a multiple of `base`, run by run."""
    rows = [row_of(name, measured, figures[base]) for name, measured in figures.items()]
    return Table(title, [cell.format(base) for cell in HEADER], rows, note)


def row_of(name: str, measured: Figures, base: Figures) -> Sequence[str]:
    wall, cpu = ratio(measured, base), ratio(measured, base, processor=True)
    more = "more than " if measured.cut else ""
    spread = f"{more}{measured.seconds:.3f} ({min(measured.wall):.3f}–{max(measured.wall):.3f})"
    memory = f"{measured.peak:.0f} MB"
    return (name, spread, f"{measured.processor:.3f} s", memory, f"{more}{wall:.2f}", f"{cpu:.2f}")


def ratio(measured: Figures, base: Figures, *, processor: bool = False) -> float:
    """Return the median of one command's times, each divided by that of the other in the same turn."""
    mine, theirs = (part.cpu if processor else part.wall for part in (measured, base))
    # A command that was killed has fewer turns than the other.
    return statistics.median(first / max(second, 1e-6) for first, second in zip(mine, theirs, strict=False))


def environment(**more: str) -> dict[str, str]:
    """Return this environment, with nothing that makes Python slower or a program speak to an account or a network."""
    foreign = ("INVENT_", "GITHUB_", "GIT_", "TF_", "PYTHON", "CI")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "CHECKPOINT_DISABLE": "1", **more}


@contextmanager
def sandbox(program: Path, folder: Path, *options: str, port: int = 0) -> Iterator[dict[str, str]]:
    """Serve the built-in Invent without a limit in a process of its own; yield the environment that speaks to it."""
    given = ["--quiet", "--port", str(port), "--limit", "0", "--key", "k-benchmark", "--file", "bench.sqlite"]
    with serving([program, "sandbox", *given, *options], folder) as process:
        assert process.stdout
        url = process.stdout.readline().split("=", 1)[1].strip()
        yield {"INVENT_BASE_URL": url, "INVENT_API_KEY": "k-benchmark"}


@contextmanager
def serving(words: Sequence[str | Path], folder: Path, log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a server until the end of the block; `log` takes what it writes to its second stream."""
    with open(log or os.devnull, "w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            words, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()
