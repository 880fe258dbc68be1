"""`history` on a state branch that grew by one broadcast with each commit."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.measuring import Figures, Table, compared, environment, measure
from benchmarks.repositories import Shape, state

COMMITS = (400, 2_000)
RUNS = 3
BRANCH = "broadcast-state"
BEGAN = 1_790_000_000


def history(bench: Bench) -> Iterator[Table]:
    first: dict[str, Figures] = {}
    for usual in COMMITS:
        commits = bench.amount(usual, least=4)
        folder = bench.fresh()
        write_branch(folder, commits)
        figures = measure(bench.ours(folder / "clone", "history"), min(bench.runs, RUNS), warm=False)
        bench.keep(f"history {commits} seconds", figures[OURS].seconds)
        bench.keep(f"history {commits} memory", figures[OURS].peak)
        note = "Each commit records one more broadcast."
        if first:
            times = (f"{name} × {figures[name].seconds / first[name].seconds:.1f}" for name in figures)
            note += f" Beside the shorter branch: {', '.join(times)}."
        first = first or figures
        yield compared(f"`history`, {commits:,} state commits", figures, OURS, note)


def states(commits: int) -> Iterator[str]:
    """Yield the state after each commit, in the bytes that the program writes."""
    text = state(Shape(commits))
    head, records, tail = re.fullmatch(
        r'(.*?"broadcasts": \{\n)(.*?)(\n  \},\n  "intents".*)', text, re.DOTALL
    ).groups()  # type: ignore[union-attr]
    parts = re.split(r",\n(?=    \")", records)
    length = 0
    for serial, part in enumerate(parts, 1):
        length += len(part) + (2 if serial > 1 else 0)
        yield head + records[:length] + tail.replace('"serial": 1,', f'"serial": {serial},')


def write_branch(folder: Path, commits: int) -> None:
    """Write a bare repository with a state branch, and a clone of it with a project."""
    bare, clone = folder / "remote.git", folder / "clone"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    importer = subprocess.Popen(
        ["git", "-C", str(bare), "fast-import", "--quiet"], stdin=subprocess.PIPE, env=environment()
    )
    assert importer.stdin
    settings = f"state: {json.dumps({'branch': BRANCH})}\n"
    for part in _commit("main", 0, "Begin", {"invent.yaml": settings, "broadcasts/.gitkeep": ""}):
        importer.stdin.write(part)
    keys = [f"{number // 500:03}/c{number:06}" for number in range(commits)]
    for number, text in enumerate(states(commits)):
        message = f"Created {keys[number]}\n\nActor: bench\nSerial: {number + 1}\n"
        for part in _commit(BRANCH, number + 1, message, {"invent.state.json": text}):
            importer.stdin.write(part)
    importer.stdin.close()
    if importer.wait():
        raise SystemExit("git fast-import failed.")
    git(folder, "clone", "--quiet", str(bare), str(clone))


def _commit(branch: str, number: int, message: str, files: dict[str, str]) -> Iterator[bytes]:
    yield f"commit refs/heads/{branch}\ncommitter bench <bench@example.test> {BEGAN + number * 60} +0000\n".encode()
    yield f"data {len(message.encode())}\n{message}\n".encode()
    for name, text in files.items():
        raw = text.encode()
        yield f"M 100644 inline {name}\ndata {len(raw)}\n".encode() + raw + b"\n"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, env=environment())
