"""Two versions of this program beside each other, on the same projects, in turns.

`python benchmarks/versions.py OTHER` compares the installed program with the one of another Python, such as that of a
virtual environment in a worktree of an earlier commit. `validate` and `plan` read projects of 10,000 recorded
definitions, unchanged; `apply` creates 500 in the built-in Invent, from nothing each time. Memory is the peak of a run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measuring import ROOT, measure, table
from plan import make

CREATES = 500


def program(python: str) -> list[str]:
    """Return the program that this Python has installed; no variable and no folder stands in for it."""
    return [python, "-I", "-m", "invent_gitops"]


def from_nothing(python: str) -> list[str]:
    """Return an `apply` that creates everything, and forgets first what an earlier one created."""
    words = [*program(python), "apply", "--sandbox", "--yes", "--quiet", "--rate", "1000000", "--concurrency", "8"]
    return ["sh", "-c", 'rm -f invent.sandbox.* invent.state.json && exec "$@"', "sh", *words]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("other", metavar="OTHER", help="a Python that has the other version installed")
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    pythons = {"other": options.other, "this": sys.executable}
    start = {f"{name}: --version": [*program(python), "--version"] for name, python in pythons.items()}
    print("## Starting\n", *table(measure(start, ROOT, options.runs), "other: --version"), sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as path:
        make(Path(path), options.size)
        for command in ("validate", "plan"):
            commands = {f"{name}: {command}": [*program(python), command] for name, python in pythons.items()}
            print(f"\n## {options.size:,} definitions, `{command}`\n")
            print(*table(measure(commands, Path(path), options.runs), f"other: {command}"), sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as path:
        make_new(Path(path))
        applies = {f"{name}: apply": from_nothing(python) for name, python in pythons.items()}
        print(f"\n## {CREATES} creates\n")
        print(*table(measure(applies, Path(path), options.runs), "other: apply"), sep="\n", flush=True)


def make_new(folder: Path) -> None:
    """Write a project of which nothing was created yet."""
    make(folder, CREATES)
    (folder / "invent.state.json").unlink()


if __name__ == "__main__":
    main()
