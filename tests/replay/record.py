"""Plays every scene with a program, and writes down what it did.

    python -m tests.replay.record OUT                           # the program of this tree
    python -m tests.replay.record --program PYTHON OUT          # of another version: a Python that has it installed
    python -m tests.replay.record --tree FOLDER OUT             # or another tree, with this Python's libraries
    python -m tests.replay.record --only GLOB OUT               # scenes of these names
    python -m tests.replay.record --resumed OUT                 # what it does with the files that are kept
    python -m tests.replay.record --compare OUT                 # writes nothing; shows what differs from what OUT holds

With `--keep FOLDER`, the moments that a scene names are kept as files, see `keeping.py`. `tests/replay/kept` holds
those of the version before, and is never written again: every later version must read these old files.

OUT is a folder; each scene is a file in it, `NAME.txt`. `tests/replay/recorded` holds what the version before did. The
expectations of a scene change only where the program changes on purpose; then record that scene anew.
"""

from __future__ import annotations

import argparse
import difflib
import fnmatch
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.replay.player import play, resume
from tests.replay.program import playing
from tests.replay.scenes import MOMENTS, SCENES
from tests.replay.transcript import Step, dump, load

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@contextmanager
def empty_folder() -> Iterator[Path]:
    # A name of nothing but letters and digits: others are marked up where it is shown.
    folder = Path(tempfile.gettempdir()) / f"replay{uuid.uuid4().hex}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def changed_lines(before: list[Step], after: list[Step], name: str) -> list[str]:
    """The lines in which the steps differ, none if they are equal."""
    if before == after:
        return []
    earlier, later = (dump("", steps, likeness=False).split("\n") for steps in (before, after))
    return list(difflib.unified_diff(earlier, later, f"{name} before", f"{name} now", lineterm=""))


def difference(path: Path, after: list[Step]) -> list[str]:
    """The lines in which the steps differ from those that a file holds."""
    return changed_lines(load(path.read_text(encoding="utf-8")), after, path.stem)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.replay.record", description=__doc__.split("\n", 1)[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--program", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--tree", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default="*", metavar="GLOB")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--resumed", action="store_true", help="what is gone on from the kept files, not whole scenes")
    parser.add_argument("--compare", action="store_true")
    options = parser.parse_args()
    tree = options.tree or (ROOT if options.program == sys.executable else None)
    differing = 0
    with playing(options.program, tree and tree.resolve()) as program:
        print(f"The program is in {program.folder}.")
        scenes = {name: SCENES[scene] for name, scene in MOMENTS.items()} if options.resumed else SCENES
        for name, scene in scenes.items():
            if not fnmatch.fnmatch(name, options.only):
                continue
            with empty_folder() as folder:
                if options.resumed:
                    _, steps = resume(program, scene, folder, HERE / "kept", name)
                else:
                    steps = play(program, scene, folder, options.keep and options.keep.resolve())
            path = options.out / f"{name}.txt"
            if options.compare:
                lines = difference(path, steps)
                differing += bool(lines)
                print("\n".join(lines) or f"{name}: the same")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(dump(scene.__doc__ or "", steps), encoding="utf-8")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
