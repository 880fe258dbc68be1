"""`validate` with thousands of unknown segments, and `plan --refresh` with thousands of segments."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.measuring import Table, compared, measure, sandbox
from benchmarks.repositories import Shape

SEGMENTS = 2_000
RUNS = 3


def segments(bench: Bench) -> Iterator[Table]:
    number = bench.amount(SEGMENTS, least=10)
    shape = Shape(number, segments=number, catalogue=True)
    runs = min(bench.runs, RUNS)
    unknown = bench.repository(shape)
    catalogue = unknown / "segments.yaml"
    # Alike enough that each deserves a suggestion, and none is the one that a definition names.
    text = catalogue.read_text(encoding="utf-8").replace("group-", "groups-")
    catalogue.write_text(text, encoding="utf-8")
    commands = bench.ours(unknown, "validate", codes=(4,))
    figures = measure(commands, runs, warm=False)
    title = f"`validate`, {number:,} definitions with {number + 1:,} unknown segments, {number + 1:,} in the catalogue"
    yield compared(title, figures, next(iter(commands)))
    fresh = bench.repository(shape, created=False)
    bench.prepare([sys.executable, "-m", "benchmarks.invented", fresh, str(number)])
    with sandbox(bench.program, fresh) as account:
        commands = bench.ours(fresh, "plan", "--refresh", env=account)
        figures = measure(commands, runs, warm=False)
    title = f"`plan --refresh`, {number:,} new definitions, {number + 1:,} segments in the catalogue and in Invent"
    yield compared(title, figures, next(iter(commands)), "It reads the segments at the program's own pace.")
