"""Creates over HTTP, everything recorded durably: how near they come to what the answers or the pace allow.

The built-in Invent runs on the same machine and takes its share of it.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.measuring import Command, Table, environment, measure, sandbox
from benchmarks.repositories import Shape

LATENCY = 0.05
WORKERS = (1, 8, 16, 32)
FOR_EACH_WORKER = 40
RUNS = 3
PACE = 400
PACED = 60
SETTLED = 5
MANY = 10_000
UNBOUNDED = ("--rate", "1000000")


def apply_words(program: Path, *arguments: str) -> list[str | Path]:
    return [program, "apply", "--yes", "--quiet", *arguments]


def creates(bench: Bench) -> Iterator[Table]:
    """Yield the share of workers ÷ latency that creates reach; an apply with nothing to do is taken off."""
    listing = []
    for workers in WORKERS:
        number = bench.amount(FOR_EACH_WORKER, least=1) * workers
        for name, program in bench.programs.items():
            taken = [_net_seconds(bench, program, number, workers) for _ in range(min(bench.runs, RUNS))]
            bound = workers / LATENCY
            rates = [number / seconds for seconds in taken]
            share = statistics.median(rates) / bound
            if name == OURS:
                bench.keep(f"creates {workers}", share)
            spread = f"{statistics.median(rates):.1f} ({min(rates):.1f}–{max(rates):.1f})"
            listing.append([str(workers), name, f"{number:,}", spread, f"{bound:.0f}", f"{share:.0%}"])
    header = ["at once", "program", "creates", "a second (least–most)", "workers ÷ latency", "share"]
    note = "Each answer takes 50 ms. Starting, reading and planning are taken off: see `sections/creates.py`."
    yield Table("Creates against 50 ms", header, listing, note)


def _net_seconds(bench: Bench, program: Path, number: int, workers: int) -> float:
    folder = bench.repository(Shape(number), created=False)
    with sandbox(bench.program, folder, "--fault", f"delay={LATENCY}@create:*") as account:
        words = apply_words(program, *UNBOUNDED, "--concurrency", str(workers))
        command = {"apply": Command(words, folder, env=account)}
        creating, nothing = (measure(command, 1, warm=False)["apply"].seconds for _ in range(2))
    return max(creating - nothing, 1e-6)


def paced_creates(bench: Bench) -> Iterator[Table]:
    """Yield how near creates come to the pace, by the moments at which the server answered them."""
    number = bench.amount(PACED, least=SETTLED + 2)
    listing = []
    for name, program in bench.programs.items():
        folder = bench.repository(Shape(number), created=False)
        moments = _arrivals(bench, program, folder)[SETTLED:]
        rate = (len(moments) - 1) / (moments[-1] - moments[0]) * 60
        if name == OURS:
            bench.keep("creates paced", rate / PACE)
        listing.append([name, f"{len(moments):,}", f"{rate:.1f}", f"{PACE}", f"{rate / PACE:.1%}"])
    header = ["program", "creates", "a minute", "pace", "share"]
    yield Table(
        "Creates with the pace on",
        header,
        listing,
        f"As they came to the server, without the first {SETTLED}, which come late: each worker connects first.",
    )


def _arrivals(bench: Bench, program: Path, folder: Path) -> list[float]:
    """Return when each create came to the server, in order, from its log, which is read as it is written."""
    moments: list[float] = []
    words = [str(bench.program), "sandbox", "-v", "--port", "0", "--limit", "0", "--key", "k-benchmark"]
    server = subprocess.Popen(
        words, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert server.stdout
    assert server.stderr
    log = server.stderr

    def follow() -> None:
        answers = ((re.search(r"POST \S+ 200 \((\S+) ms\)", line), time.perf_counter()) for line in log)
        moments.extend(now - float(answer[1]) / 1000 for answer, now in answers if answer)

    reader = threading.Thread(target=follow)
    reader.start()
    try:
        url = re.search(r"http://\S+", server.stdout.readline())
        assert url
        account = {"INVENT_BASE_URL": url[0], "INVENT_API_KEY": "k-benchmark"}
        measure({"apply": Command(apply_words(program, "--rate", str(PACE)), folder, env=account)}, 1, warm=False)
    finally:
        server.terminate()
        reader.join()
        server.stdout.close()
        log.close()
        server.wait()
    return sorted(moments)


@dataclass(frozen=True)
class Moment:
    """How much memory a process held at a moment, in MB, and how many seconds it had run."""

    second: float
    memory: float


def many_creates(bench: Bench) -> Iterator[Table]:
    """Yield the memory of one long apply over time, and its rate."""
    number = bench.amount(MANY, least=20)
    listing = []
    for name, program in bench.programs.items():
        folder = bench.repository(Shape(number), created=False)
        with sandbox(bench.program, folder) as account:
            began = time.perf_counter()
            words = apply_words(program, *UNBOUNDED, "--concurrency", "16")
            process = subprocess.Popen(words, cwd=folder, env=environment(**account), stdout=subprocess.DEVNULL)
            moments = _watched(process, began)
            took = time.perf_counter() - began
        if process.returncode:
            raise SystemExit(f"apply ended with {process.returncode}, so its memory says nothing.")
        quarters = [_memory(moments, took * part / 4) for part in (1, 2, 3, 4)]
        listing.append([name, f"{number:,}", f"{took:.1f}", f"{number / took:.0f}", *quarters])
    header = ["program", "creates", "seconds", "a second", *(f"MB after {part} quarters" for part in (1, 2, 3, 4))]
    yield Table("Many creates, pacing off, 16 at once", header, listing, "The whole run, with its start and its plan.")


def _watched(process: subprocess.Popen[bytes], began: float) -> list[Moment]:
    moments: list[Moment] = []
    while True:
        try:
            process.wait(0.1)
            return moments
        except subprocess.TimeoutExpired:
            if memory := resident(process.pid):
                moments.append(Moment(time.perf_counter() - began, memory))


def resident(process: int) -> float | None:
    """Return the MB that a process holds now; None where the system has no /proc."""
    try:
        text = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    match = re.search(r"VmRSS:\s+(\d+)", text)
    return int(match[1]) / 1024 if match else None


def _memory(moments: Sequence[Moment], second: float) -> str:
    earlier = [moment.memory for moment in moments if moment.second <= second]
    return f"{earlier[-1]:.0f}" if earlier else "not measured"
