"""What the benchmarks share: whole processes, measured in turns by the operating system, and told as ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = [sys.executable, "-m", "invent_gitops"]
WORD = Path(sys.executable).parent / "invent-gitops"


@dataclass
class Figures:
    """Of each run: seconds on the clock, seconds of processor time, peak memory in MB."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


def measure(
    commands: Mapping[str, Sequence[str]], folder: Path, runs: int, codes: Collection[int] = (0,)
) -> dict[str, Figures]:
    """Every command `runs` times after one that is not counted, in turns, so that a slow minute meets all alike.

    Ends the benchmark where a command ends with another exit code than one of `codes`.
    """
    found = {name: Figures() for name in commands}
    for turn in range(runs + 1):
        for name, words in commands.items():
            began = time.perf_counter()
            process = subprocess.Popen(
                words, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in codes:
                raise SystemExit(f"{' '.join(words)} ended with {process.returncode}: its time says nothing.")
            if turn:
                found[name].wall.append(time.perf_counter() - began)
                found[name].cpu.append(used.ru_utime + used.ru_stime)
                found[name].memory.append(used.ru_maxrss / 1024)
    return found


def table(found: Mapping[str, Figures], base: str) -> Iterator[str]:
    """Return a Markdown table of medians, with the time of each as a multiple of that of `base`, run by run."""
    yield f"| command | seconds (least–most) | processor | memory | × {base} |"
    yield "| --- | --- | --- | --- | --- |"
    for name, one in found.items():
        times = [mine / theirs for mine, theirs in zip(one.wall, found[base].wall, strict=True)]
        spread = f"{statistics.median(one.wall):.3f} ({min(one.wall):.3f}–{max(one.wall):.3f})"
        processor, memory = statistics.median(one.cpu), statistics.median(one.memory)
        yield f"| {name} | {spread} | {processor:.3f} s | {memory:.0f} MB | {statistics.median(times):.2f} |"


def environment(**more: str) -> dict[str, str]:
    """Return this environment, with nothing that makes Python slower or the program speak to an account."""
    foreign = ("INVENT_", "GITHUB_", "PYTHONDONTWRITE", "PYTHONUNBUFFERED", "CI")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def sandbox(folder: Path, *options: str) -> Iterator[dict[str, str]]:
    """Serve the built-in Invent without a limit in a process of its own; yield the environment that speaks to it."""
    given = ["--quiet", "--port", "0", "--limit", "0", "--key", "k-benchmark", "--file", "bench.sqlite"]
    words = [*PROGRAM, "sandbox", *given, *options]
    process = subprocess.Popen(words, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        url = process.stdout.readline().split("=", 1)[1].strip()
        yield environment(INVENT_BASE_URL=url, INVENT_API_KEY="k-benchmark")
    finally:
        process.terminate()
        process.communicate()
