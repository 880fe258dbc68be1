"""How long the program takes to start, beside an empty Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.measuring import Command, Table, compared, measure, ratio

EMPTY = "python -c pass"
STARTS = {"--version": ["--version"], "--help": ["--help"], "completion": ["completion", "bash"]}
RUNS = 20


def starts(bench: Bench) -> Iterator[Table]:
    folder = bench.fresh()
    commands = {EMPTY: Command([Path(sys.executable), "-c", "pass"], folder)}
    for label, arguments in STARTS.items():
        for name, command in bench.ours(folder, *arguments).items():
            commands[f"{name} {label}"] = command
    figures = measure(commands, bench.amount(RUNS, least=1), warm=bench.warm)
    for label in STARTS:
        bench.keep(f"start {label}", ratio(figures[f"{OURS} {label}"], figures[EMPTY]))
    yield compared("Start", figures, EMPTY)
