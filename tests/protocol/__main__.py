"""`python -m tests.protocol`: explore the large configurations, and fail if a promise breaks in any."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.protocol.configurations import LARGE, REGRESSIONS, SMALL, Regression
from tests.protocol.rules import Configuration
from tests.protocol.search import Result, search


def main(words: Sequence[str] | None = None) -> int:
    """0 if everything was explored as it should be, else 1."""
    given = _parser().parse_args(words)
    started = time.monotonic()
    print(_line("CONFIGURATION", "STATES", "TRANSITIONS", "DEPTH", "SECONDS", "VERDICT"))
    if given.before:
        wrong = broken_before([one for one in REGRESSIONS if given.only in one.name])
    else:
        chosen = [one for one in (SMALL if given.small else LARGE) if given.only in one.name]
        wrong = explored(chosen, given.most, given.jobs)
    verdict = "as it should be" if not wrong else f"{wrong} not as they should be"
    print(f"All in {time.monotonic() - started:.0f} s: {verdict}.")
    return 1 if wrong else 0


def broken_before(regressions: Sequence[Regression]) -> int:
    """Show what each rule is for; how many break nothing without it, which should be none."""
    wrong = 0
    for regression in regressions:
        result = search(regression.as_before, wanted=regression.broken)
        wrong += not result.broken
        _show(regression.as_before, result, trace=True)
    return wrong


def explored(configurations: Sequence[Configuration], most: int, jobs: int) -> int:
    """Explore and show each; how many break a promise."""
    wrong = 0
    for configuration, result in _results(configurations, most, jobs):
        wrong += bool(result.broken)
        _show(configuration, result, trace=bool(result.broken))
    return wrong


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.protocol", description=__doc__)
    parser.add_argument("--before", action="store_true", help="with one rule of the protocol missing, for each rule")
    parser.add_argument("--small", action="store_true", help="the configurations of the tests")
    parser.add_argument("--only", default="", metavar="WORD", help="those whose name holds WORD")
    parser.add_argument("--most", type=int, default=0, metavar="N", help="stop each search after N states")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="how many are explored at once (1)")
    return parser


def _results(configurations: Sequence[Configuration], most: int, jobs: int) -> Iterator[tuple[Configuration, Result]]:
    if jobs == 1:
        yield from ((one, search(one, most=most)) for one in configurations)
        return
    # A fresh process for each gives its memory back.
    with ProcessPoolExecutor(jobs, max_tasks_per_child=1) as pool:
        yield from zip(configurations, pool.map(partial(search, most=most), configurations), strict=True)


def _show(configuration: Configuration, result: Result, *, trace: bool) -> None:
    verdict = result.broken or ("kept" if result.complete else "kept so far")
    numbers = (str(result.states), str(result.transitions), str(result.depth), f"{result.seconds:.1f}")
    print(_line(configuration.name, *numbers, verdict))
    if trace:
        print("".join(f"    {number:>2}. {label}\n" for number, label in enumerate(result.trace, start=1)), end="")
    sys.stdout.flush()


def _line(name: str, *cells: str) -> str:
    *numbers, verdict = cells
    return f"{name:<68}{''.join(f'{number:>12}' for number in numbers)}  {verdict}"


if __name__ == "__main__":
    sys.exit(main())
