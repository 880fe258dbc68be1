"""`python -m tests.scale`: a large apply that is killed on its way and run again; prints what each run did."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.scale.killed import faults_of, play


def main() -> int:
    """0 if each broadcast was created once and recorded with its id, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.add_argument("--broadcasts", type=int, default=10_000, help="how many are created (10,000)")
    parser.add_argument("--kills", type=int, default=1, help="how many runs are killed (1)")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1, help="when the runs are killed (1)")
    given = parser.parse_args()
    chance = random.Random(given.seed)  # noqa: S311  # repeatable, keeps no secret
    deaths = sorted(chance.randrange(1, given.broadcasts) for _ in range(given.kills))
    with tempfile.TemporaryDirectory(prefix="scale-") as name:
        history = play(Path(name), given.broadcasts, deaths, concurrency=given.concurrency)
    print(f"{given.broadcasts:,} definitions, killed after {', '.join(f'{death:,}' for death in deaths) or 'none'}.")
    print(f"{'RUN':>4}{'EXIT':>6}{'SECONDS':>9}{'CREATES':>9}{'A SECOND':>10}{'PAGES':>7}{'IN DOUBT':>10}  MEGABYTES")
    doubts = [*history.doubts, *[0] * (len(history.runs) - len(history.doubts))]
    for number, (run, left) in enumerate(zip(history.runs, doubts, strict=True), 1):
        rate = run.creates / run.seconds
        memory = " ".join(f"{size:.0f}" for size in run.memory[:: max(1, len(run.memory) // 20)])
        print(
            f"{number:>4}{run.code:>6}{run.seconds:>9.1f}{run.creates:>9,}{rate:>10.1f}{run.pages:>7,}{left:>10,}"
            f"  {memory}"
        )
    faults = faults_of(history, given.broadcasts)
    blocked = f"; {len(history.blocked)} calls never left, and their keys are blocked" if history.blocked else ""
    print("\n".join(faults) or f"Each was created once, and each id is recorded{blocked}.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
