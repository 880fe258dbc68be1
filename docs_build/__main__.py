"""Make the documentation.

    python -m docs_build reference            write docs/reference/ anew from the program and the schemas
    python -m docs_build reference --check    write nothing; name the stale pages and exit with 1
    python -m docs_build site FOLDER          prepare the site in a new folder, where the builder finds it
    python -m docs_build built FOLDER         check what was built: it loads nothing from another host

`zensical build --strict --config-file FOLDER/zensical.toml` then builds FOLDER/site.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from docs_build.built import faults
from docs_build.site import NotPrepared, prepare

ROOT = Path(__file__).resolve().parents[1]


def main(words: list[str]) -> int:
    """Run what the command line asks for, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs_build", description="Make the documentation.")
    kinds = parser.add_subparsers(dest="kind", required=True)
    site = kinds.add_parser("site", help="Prepare the site in a new folder.")
    site.add_argument("folder", type=Path)
    built = kinds.add_parser("built", help="Check a site that was built.")
    built.add_argument("folder", type=Path)
    reference = kinds.add_parser("reference", help="Write docs/reference/ anew.")
    reference.add_argument("--check", action="store_true", help="Write nothing; name the stale pages.")
    asked = parser.parse_args(words)
    if asked.kind == "reference":
        return _reference(check=asked.check)
    if asked.kind == "built":
        found = list(faults(asked.folder))
        print("\n".join(found) or f"{asked.folder} loads nothing from another host.", file=sys.stderr)
        return int(bool(found))
    try:
        prepare(ROOT, asked.folder, os.environ.get("GITHUB_REPOSITORY", ""))
    except NotPrepared as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{asked.folder} is ready for the builder.")
    return 0


def _reference(*, check: bool) -> int:
    """Write the stale pages of the reference, or only name them; the exit code says whether there were some."""
    from docs_build.reference import FOLDER, stale, write

    names = stale(ROOT) if check else write(ROOT)
    for name in names:
        print(FOLDER / name)
    return int(check and bool(names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
