"""`validate` and `plan` of other repositories: how schedules are written, files of many documents, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import FLOOR, Bench, floor, rows
from benchmarks.measuring import HEADER, Table, measure
from benchmarks.repositories import Shape

RUNS = 3


def shapes(bench: Bench) -> Iterator[Table]:
    size = max(bench.sizes)
    listing = [
        Shape(size, style="offset"),
        Shape(size, style="immediately"),
        Shape(size, style="mixed"),
        Shape(size, documents=100),
        Shape(size, style="mixed", changed=0.05, new=0.05),
        Shape(size, new=0.05, policies=True),
        Shape(size, catalogue=True, segments=min(size, 500)),
        Shape(size, changed=0.5),
        Shape(size, broken=0.01),
        Shape(size, broken=0.2, documents=100),
    ]
    for shape in listing:
        if bench.only not in shape.name():
            continue
        folder = bench.repository(shape)
        command = "validate" if shape.broken else "plan"
        # A policy may refuse what is new; what is broken is to be found.
        codes = (4,) if shape.broken else (0, 5)
        script = {} if shape.catalogue else {FLOOR: floor(command, folder, codes=codes)}
        commands = bench.ours(folder, command, codes=codes) | script
        figures = measure(commands, min(bench.runs, RUNS), warm=bench.warm)
        base = FLOOR if script else next(iter(figures))
        yield Table(
            f"`{command}`, {size:,} definitions: {shape.name()}",
            [cell.format(base) for cell in HEADER],
            rows(figures, base),
        )
