"""How many creates a second apply gets through, beside what its workers and the answers allow.

`python benchmarks/creates.py` applies to a sandbox whose answers take 50 ms, with 1, 8, 16 and 32 at once and the state
in a file, everything recorded durably. The bound is workers ÷ latency; the pace is set so high that it bounds nothing.
The sandbox runs on the same machine and takes its share of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

from measuring import PROGRAM, sandbox

LATENCY = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--creates", type=int, default=400)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 8, 16, 32])
    arguments = parser.parse_args()
    print("| at once | creates | seconds | creates a second | workers ÷ latency | share |")
    print("| --- | --- | --- | --- | --- | --- |")
    for workers in arguments.workers:
        number = max(20, arguments.creates * workers // max(arguments.workers))
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            define(folder, number)
            seconds = applied(folder, workers) - applied_nothing(folder)
        bound = workers / LATENCY
        rate = number / seconds
        print(f"| {workers} | {number} | {seconds:.2f} | {rate:.0f} | {bound:.0f} | {rate / bound:.0%} |", flush=True)


def define(folder: Path, number: int) -> None:
    (folder / "broadcasts").mkdir()
    (folder / "invent.yaml").write_text("policies: {max_creates: 100000}\n", encoding="utf-8")
    for index in range(number):
        text = f"name: Campaign {index}\nschedule: 2040-03-01T09:00:00Z\nsegments: [vip]\n"
        (folder / "broadcasts" / f"c{index:05}.yaml").write_text(text, encoding="utf-8")


def applied(folder: Path, workers: int) -> float:
    """Seconds of an apply that creates all of them."""
    with sandbox(folder, "--fault", f"delay={LATENCY}@create:*") as env:
        return timed(folder, env, workers, code=0)


def applied_nothing(folder: Path) -> float:
    """Seconds of one that finds everything created: what starting, reading and planning take."""
    with sandbox(folder) as env:
        state = folder / "invent.state.json"
        known = json.loads(state.read_text(encoding="utf-8"))
        state.write_text(json.dumps(known | {"api": env["INVENT_BASE_URL"]}), encoding="utf-8")
        return timed(folder, env, 1, code=0)


def timed(folder: Path, env: dict[str, str], workers: int, code: int) -> float:
    words = [*PROGRAM, "apply", "--yes", "--quiet", "--rate", "1000000", "--concurrency", str(workers)]
    began = time.perf_counter()
    done = subprocess.run(words, cwd=folder, env=env, check=False, stdout=subprocess.DEVNULL)
    assert done.returncode == code, done.returncode
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
