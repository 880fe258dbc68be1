"""`python -m tests.chaos`: play many histories, print what happened in each, and fail if the promise broke in any."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.history import ANSWERS, FEW, Row, count_steps, one_death, play
from tests.chaos.world import Broken, Death, Place

COLUMNS = ("runs", "killed", "stopped", "faults", "clones", "by hand", "created", "adopted", "resolved")
Job = Callable[[Path], Row]


def main(words: Sequence[str] | None = None) -> int:
    """0 if the promise held in every history, else 1."""
    given = _parser().parse_args(words)
    places: list[Place] = ["file", "branch"] if given.place == "both" else [given.place]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        jobs: list[Job] = []
        for place in places:
            jobs += _every_step(place, folder, given.answers) if given.every_step else _seeded(place, folder, given)
        broken, total = 0, Counter[str]()
        print(_line("PLACE", "HISTORY", [column.upper() for column in COLUMNS], "SECONDS", "VERDICT"))
        for row in _played(jobs, folder, given.jobs):
            total.update(row.happened)
            broken += bool(row.broken)
            if row.broken or not given.every_step or given.verbose:
                _show(row)
    print(_line("both" if len(places) > 1 else places[0], f"{len(jobs)} in all", _cells(total), "", ""))
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
    parser.add_argument("--jobs", type=int, default=2, help="how many histories are played at once (2)")
    parser.add_argument("--verbose", action="store_true", help="print every run")
    return parser


def _seeded(place: Place, folder: Path, given: argparse.Namespace) -> list[Job]:
    steps = len(count_steps(folder / "count", place))
    print(f"{place}: an apply of six definitions has about {steps} steps.")
    say = print if given.verbose else lambda line: None

    def job(seed: int) -> Job:
        return lambda own: play(seed, place, own, steps, lambda line: say(f"{place} {seed}: {line}"))

    return [job(seed) for seed in range(given.seed, given.seed + given.histories)]


def _every_step(place: Place, folder: Path, answers: str) -> list[Job]:
    names = count_steps(folder / "count", place, FEW, 1)
    counted = ", ".join(f"{count} × {name}" for name, count in Counter(names).items())
    print(f"{place}: an apply of three definitions has {len(names)} steps ({counted}).")
    kinds = {"genuine": [""], "all": ["", *ANSWERS]}.get(answers, [answers])

    def job(at: int, when: str, answer: str, fresh: bool) -> Job:
        death = Death(at, "after" if when == "after" else "before")
        return lambda own: one_death(place, own, death, answer, fresh)

    # Every other death is followed by runs from a fresh clone, and the rest by runs from the one that was left behind.
    # "After" a step and "before" the next are nearly one moment, so that nearly each moment is seen with both.
    return [
        job(at, when, answer, place == "branch" and when == "after")
        for answer, at, when in itertools.product(kinds, range(1, len(names) + 1), ("before", "after"))
    ]


def _played(jobs: Sequence[Job], folder: Path, workers: int) -> Iterable[Row]:
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda numbered: numbered[1](folder / str(numbered[0])), enumerate(jobs))


def _show(row: Row) -> None:
    verdict = "BROKEN" if row.broken else "kept"
    print(_line(row.place, row.name, _cells(row.happened), f"{row.seconds:.1f}", verdict))
    if row.broken:
        print(f"    {row.broken.strip()}".replace("\n", "\n    "))
    sys.stdout.flush()


def _cells(happened: Counter[str]) -> list[str]:
    return [str(happened[column]) for column in COLUMNS]


def _line(place: str, name: str, cells: Sequence[str], seconds: str, verdict: str) -> str:
    columns = "".join(f"{cell:>9}" for cell in cells)
    return f"{place:<7} {name:<12}{columns}{seconds:>9}  {verdict}".rstrip()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as broken:
        sys.exit(f"Without any chaos: {broken}")
