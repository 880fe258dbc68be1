"""`python -m tests.guards [NAME …]`: take each guard out of a copy of the tree, and show that its test fails then."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Literal

from tests.guards.rows import Row, Unfit, read_rows
from tests.guards.tree import Outcome, Tree, of_test

ROOT = Path(__file__).parent.parent.parent
Word = Literal["caught", "skipped", "SURVIVED", "WRONG"]
Verdict = tuple[Word, str]


def main(words: Sequence[str] | None = None) -> int:
    """0 if each test passes with its guard and fails without it, else 1."""
    given = _parser().parse_args(words)
    rows = read_rows()
    if unknown := set(given.names) - {row.name for row in rows}:
        print(f"No guard is named {', '.join(sorted(unknown))}. See: python -m tests.guards --list", file=sys.stderr)
        return 2
    chosen = [row for row in rows if not given.names or row.name in given.names]
    if given.list:
        for row in chosen:
            print(f"{row.name}: {row.guard}", *row.tests, sep="\n    ")
        return 0
    began = time.monotonic()
    verdicts = judged(ROOT, chosen, given.jobs)
    bad, away = verdicts["WRONG"] + verdicts["SURVIVED"], verdicts["skipped"]
    verdict = f"{bad} of them are not held by their tests" if bad else "each test fails without its guard"
    verdict += f", but for {away} that this machine cannot run" if away else ""
    print(f"{len(chosen)} guards in {time.monotonic() - began:.0f} s: {verdict}.")
    return 1 if bad else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.guards", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help="the guards to take out (all)")
    parser.add_argument("--list", action="store_true", help="print the guards and their tests, and run nothing")
    parser.add_argument("--jobs", type=int, default=2, help="how many guards are taken out at once, each in a copy (2)")
    return parser


def judged(root: Path, rows: Sequence[Row], jobs: int) -> Counter[Word]:
    """Judge every row, print a line for each, and count the verdicts."""
    with tempfile.TemporaryDirectory(prefix="guards-", ignore_cleanup_errors=True) as name:
        trees: SimpleQueue[Tree] = SimpleQueue()
        made = [Tree(root, Path(name).resolve() / str(number)) for number in range(max(1, min(jobs, len(rows))))]
        for tree in made:
            trees.put(tree)
        try:
            tests = sorted({test for row in rows for test in row.tests})
            whole = made[0].outcomes(tests, jobs=jobs if jobs > 1 else 0)
        except Unfit as error:
            print(f"The tests do not run with every guard in place: {error}")
            return Counter({"WRONG": len(rows)})

        def judge(row: Row) -> Verdict:
            tree = trees.get()
            try:
                return _judge(tree, row, whole)
            finally:
                trees.put(tree)

        verdicts = Counter[Word]()
        with ThreadPoolExecutor(len(made)) as pool:
            for row, (word, why) in zip(rows, pool.map(judge, rows), strict=True):
                verdicts[word] += 1
                print(f"{word:<9} {row.name}{f': {why}' if why else ''}", flush=True)
        return verdicts


def _judge(tree: Tree, row: Row, whole: Mapping[str, Outcome]) -> Verdict:
    """Whether each test of a row passes with its guard, by `whole`, and fails without it; and why not."""
    before = {test: set(of_test(whole, test)) for test in row.tests}
    if broken := [test for test, outcomes in before.items() if not outcomes or outcomes - {"passed", "skipped"}]:
        return "WRONG", f"with its guard in place this does not pass: {' '.join(broken)}"
    if away := [test for test, outcomes in before.items() if outcomes == {"skipped"}]:
        return "skipped", f"this machine cannot run {' '.join(away)}"
    try:
        with tree.without(row.cuts):
            found = tree.outcomes(row.tests, cuts=row.cuts)
    except Unfit as error:
        return "SURVIVED", str(error)
    kept = [test for test in row.tests if "failed" not in of_test(found, test)]
    return ("SURVIVED", f"without its guard this does not fail: {' '.join(kept)}") if kept else ("caught", "")


if __name__ == "__main__":
    sys.exit(main())
