"""Measures this program beside the floor, other programs and, if asked, another version of itself.

`python -m benchmarks` takes about a quarter of an hour and prints Markdown; with `--write` it also writes
benchmarks/RESULTS.md. `--quick` gives a minute's look, `--against PYTHON` adds a version that another Python has
installed, and `python -m benchmarks.peers` installs the other programs first.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bench import OTHER, OURS, Bench, Section
from benchmarks.measuring import PROGRAM
from benchmarks.peers import FOLDER, folder_of
from benchmarks.results import Chapter, page
from benchmarks.sections.creates import creates, many_creates, paced_creates
from benchmarks.sections.definitions import definitions
from benchmarks.sections.growth import growth
from benchmarks.sections.history import history
from benchmarks.sections.live import live
from benchmarks.sections.physical import physical
from benchmarks.sections.segments import segments
from benchmarks.sections.shapes import shapes
from benchmarks.sections.starts import starts

RESULTS = Path(__file__).resolve().with_name("RESULTS.md")
SECTIONS: dict[str, Section] = {
    "physical": physical,
    "starts": starts,
    "definitions": definitions,
    "shapes": shapes,
    "history": history,
    "segments": segments,
    "live": live,
    "creates": creates,
    "paced-creates": paced_creates,
    "many-creates": many_creates,
    "growth": growth,
}
QUICK = {"sizes": [200, 1_000], "large": [], "runs": 2, "share": 0.1}


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="NAME", help=", ".join(SECTIONS)
    )
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[1_000, 10_000], help="definitions, measured beside peers"
    )
    parser.add_argument(
        "--large", type=int, nargs="*", default=[100_000], help="definitions, for ours and the floor only"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual amount, where a section has no size")
    parser.add_argument("--only", default="", metavar="WORD", help="kinds of shapes and growth whose names hold it")
    parser.add_argument("--quick", action="store_true", help=f"a look: {QUICK}")
    parser.add_argument("--against", metavar="PYTHON", help="a Python that has another version installed")
    parser.add_argument("--peers", default=str(FOLDER), help="the folder of python -m benchmarks.peers")
    parser.add_argument(
        "--write", nargs="?", const=RESULTS, type=Path, metavar="FILE", help="write benchmarks/RESULTS.md too"
    )
    options = parser.parse_args(arguments)
    for name, value in QUICK.items() if options.quick else ():
        setattr(options, name, value)
    return options


def main(arguments: list[str] | None = None) -> int:
    options = parsed(arguments)
    programs = {OURS: PROGRAM}
    if options.against:
        programs[OTHER] = Path(os.path.abspath(options.against)).parent / "invent-gitops"
    absent = [path for path in programs.values() if not path.exists()]
    if absent:
        raise SystemExit(f"{absent[0]} does not exist. Install the package there: pip install -e .")
    began = time.monotonic()
    chapters = []
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        bench = Bench(
            programs,
            folder_of(options.peers),
            Path(work),
            options.sizes,
            options.large,
            options.runs,
            options.share,
            options.only,
        )
        for name in options.sections:
            print(f"## {name}\n", flush=True)
            tables = []
            for table in SECTIONS[name](bench):
                tables.append(table)
                print(*table.lines(), sep="\n", flush=True)
            chapters.append(Chapter(name, tables))
        text = page(bench, chapters, time.monotonic() - began, ["python -m benchmarks", *(arguments or sys.argv[1:])])
    print(text.partition("## What")[0])
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
