"""Plays every scene with a program, and writes down what it did.

    python -m tests.replay.record OUT                           # the program of this tree
    python -m tests.replay.record --program PYTHON OUT          # of another version: a Python that has it installed
    python -m tests.replay.record --tree FOLDER OUT             # or another tree, with this Python's libraries
    python -m tests.replay.record --only GLOB OUT               # scenes of these names
    python -m tests.replay.record --compare OUT                 # writes nothing; shows what differs from what OUT holds

OUT is a folder; each scene is a file in it, `NAME.txt`. `tests/replay/recorded` holds what the version before did. The
expectations of a scene change only where the program changes on purpose; then record that scene anew.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import sys
import tempfile
from pathlib import Path

from tests.replay.player import Program, Scene, play, playing
from tests.replay.scenes import SCENES
from tests.replay.transcript import dump

ROOT = Path(__file__).parent.parent.parent


def transcript(program: Program, scene: Scene) -> str:
    """What a program does in a scene, as text."""
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        return dump(scene.__doc__ or "", play(program, scene, Path(folder)))


def difference(before: str, after: str, name: str) -> str:
    """The lines that differ, "" if there are none."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"{name} before", f"{name} now", lineterm="")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.replay.record", description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--program", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--tree", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default="*", metavar="GLOB")
    parser.add_argument("--compare", action="store_true")
    asked = parser.parse_args()
    tree = asked.tree or (ROOT if asked.program == sys.executable else None)
    differing = 0
    with playing(asked.program, tree and tree.resolve()) as program:
        print(f"The program is in {program.place}.")
        for name, scene in SCENES.items():
            if not fnmatch.fnmatch(name, asked.only):
                continue
            text, path = transcript(program, scene), asked.out / f"{name}.txt"
            if asked.compare:
                found = difference(path.read_text(encoding="utf-8"), text, name)
                differing += bool(found)
                print(found or f"{name}: the same")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
