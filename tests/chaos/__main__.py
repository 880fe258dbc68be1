"""`python -m tests.chaos`: play many histories, print what happened in each, and fail if the promise broke in any."""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.chaos.jobs import Job, played
from tests.chaos.judge import Row
from tests.chaos.project import Broken, Place
from tests.chaos.scenes import FEW, count_steps
from tests.chaos.seeded import ANSWERS, KEYS
from tests.chaos.summary import COLUMNS, summary
from tests.chaos.world import Death

MEMORY = Path("/dev/shm")  # a folder is made in it


def main(words: Sequence[str] | None = None) -> int:
    """0 if the promise held in every history, else 1."""
    given = _parser().parse_args(words)
    places: list[Place] = ["file", "branch"] if given.place == "both" else [given.place]
    started = time.monotonic()
    done = _logged(given.log)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=_folder(given.folder), ignore_cleanup_errors=True) as name:
        folder, jobs = Path(name), list[Job]()
        for place in places:
            jobs += _every_step(place, folder, given.answers) if given.every_step else _seeded(place, folder, given)
        rows = [done[job.place, job.name] for job in jobs if (job.place, job.name) in done]
        left = [job for job in jobs if (job.place, job.name) not in done]
        print(_line("PLACE", "HISTORY", [column.upper() for column in COLUMNS], "SECONDS", "VERDICT"))
        for row in played(left, given.jobs):
            rows.append(row)
            if given.log:
                with given.log.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(vars(row), sort_keys=True) + "\n")
            if row.broken or not (given.every_step or given.quiet):
                _show(row, given.verbose)
    total = sum((row.happened for row in rows), Counter[str]())
    print(_line("both" if len(places) > 1 else places[0], f"{len(jobs)} in all", _cells(total), "", ""))
    if not given.every_step:
        print(summary(rows, given.seed, given.histories))
    broken = sum(bool(row.broken) for row in rows)
    verdict = f"the promise broke in {broken} of them" if broken else "the promise held in every one"
    print(f"{len(jobs)} histories in {time.monotonic() - started:.0f} s: {verdict}.")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--histories", type=int, default=50, help="how many for each place of the state (50)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first one (1)")
    parser.add_argument("--place", choices=["file", "branch", "both"], default="both")
    parser.add_argument("--every-step", action="store_true", help="die once before and once after every single step")
    parser.add_argument(
        "--answers",
        choices=["genuine", "all", *ANSWERS],
        default="genuine",
        help="with --every-step: to the 2nd create",
    )
    parser.add_argument("--jobs", type=int, default=3, help="how many histories are played at once (3)")
    parser.add_argument("--log", type=Path, help="add each history to this file, and play none that is in it already")
    parser.add_argument("--folder", type=Path, help="where the histories happen (memory, where the system has some)")
    parser.add_argument("--quiet", action="store_true", help="print the histories that broke only")
    parser.add_argument("--verbose", action="store_true", help="print every run, and all that it said where one broke")
    return parser


def _folder(wish: Path | None) -> Path | None:
    return wish or (MEMORY if MEMORY.is_dir() else None)


def _logged(log: Path | None) -> dict[tuple[Place, str], Row]:
    if log is None or not log.exists():
        return {}
    rows = [Row(**json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row.happened = Counter(row.happened)
    return {(row.place, row.name): row for row in rows}


def _seeded(place: Place, folder: Path, given: argparse.Namespace) -> list[Job]:
    steps = len(count_steps(folder / "count", place, KEYS))
    print(f"{place}: an apply of six definitions has about {steps} steps.")
    job = partial(Job, place, steps=steps, verbose=given.verbose)
    return [job(folder / f"{place}-{seed}", seed) for seed in range(given.seed, given.seed + given.histories)]


def _every_step(place: Place, folder: Path, answers: str) -> list[Job]:
    names = count_steps(folder / "count", place, FEW, 1)
    counted = ", ".join(f"{count} × {name}" for name, count in Counter(names).items())
    print(f"{place}: an apply of three definitions has {len(names)} steps ({counted}).")
    kinds = {"genuine": [""], "all": ["", *ANSWERS]}.get(answers, [answers])
    # Every other death is followed by runs from a fresh clone, and the rest by runs from the one that was left behind.
    # "After" a step and "before" the next are nearly one moment, so that nearly each moment is seen with both.
    return [
        Job(
            place,
            folder / f"{place}-{number}",
            death=Death(at, "after" if when == "after" else "before"),
            answer=answer,
            fresh=place == "branch" and when == "after",
        )
        for number, (answer, at, when) in enumerate(
            itertools.product(kinds, range(1, len(names) + 1), ("before", "after"))
        )
    ]


def _show(row: Row, verbose: bool) -> None:
    verdict = "BROKEN" if row.broken else "kept"
    print(_line(row.place, row.name, _cells(row.happened), f"{row.seconds:.1f}", verdict))
    if row.broken:
        told = row.broken.strip() if verbose else row.broken.strip().splitlines()[0]
        print(f"    {told}".replace("\n", "\n    "))
    sys.stdout.flush()


def _cells(happened: Counter[str]) -> list[str]:
    return [str(happened[column]) for column in COLUMNS]


def _line(place: str, name: str, cells: Sequence[str], seconds: str, verdict: str) -> str:
    columns = "".join(f"{cell:>9}" for cell in cells)
    return f"{place:<7} {name:<12}{columns}{seconds:>9}  {verdict}".rstrip()


if __name__ == "__main__":
    # The processes that play end with this one only if it can tell them.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except Broken as broken:
        sys.exit(f"Without any chaos: {broken}")
