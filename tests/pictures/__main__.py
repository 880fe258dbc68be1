"""`python -m tests.pictures`: make the pictures of the README and of docs/ anew, from the campaigns of `examples/`.

Needs a Chromium, and the libraries in tests/pictures/requirements.txt. `--check` needs neither: it makes the pages that
the pictures show, and fails if they are not those of the committed pictures.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from tests.pictures.scene import DIGESTS, IMAGES, digests, pages

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
LIMIT = 250_000  # bytes of one picture
MAKE = ".venv/bin/pip install --require-hashes -r tests/pictures/requirements.txt && .venv/bin/python -m tests.pictures"


def stale(texts: dict[str, str]) -> list[str]:
    """Return the names of what the committed pictures were made of and what is another now."""
    committed = DIGESTS.read_text(encoding="utf-8") if DIGESTS.exists() else ""
    return sorted({line.split()[1] for line in set(committed.splitlines()) ^ set(digests(texts).splitlines())})


def main() -> int:
    """0 if the pictures are those of this tree, 1 if they are not or could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="only compare the pages with those that were pictured")
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM", ""), metavar="PROGRAM")
    parser.add_argument("--out", type=Path, default=IMAGES, metavar="FOLDER", help="where to; by default docs/images")
    parser.add_argument("--pages", type=Path, metavar="FOLDER", help="keep the pages as files, too")
    given = parser.parse_args()
    texts = pages()
    if given.pages:
        given.pages.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (given.pages / name).write_text(text, encoding="utf-8")
    if given.check:
        changed = stale(texts)
        print(
            f"Another than in docs/images: {', '.join(changed)}. Run {MAKE}" if changed else "The pictures are current."
        )
        return bool(changed)
    program = given.chromium or next(filter(None, map(shutil.which, NAMES)), None)
    if not program:
        print("No Chromium was found. Install one, or name it with --chromium.", file=sys.stderr)
        return 1
    return _make(texts, program, given.out)


def _make(texts: dict[str, str], program: str, folder: Path) -> int:
    from tests.pictures.shots import take

    folder.mkdir(parents=True, exist_ok=True)
    paths = take(texts, folder, program)
    for path in paths:
        print(f"{path}  {path.stat().st_size:,} bytes")
    large = [path.name for path in paths if path.stat().st_size > LIMIT]
    if large:
        print(f"More than {LIMIT:,} bytes: {', '.join(large)}", file=sys.stderr)
        return 1
    (folder / DIGESTS.name).write_text(digests(texts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
