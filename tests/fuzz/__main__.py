"""The command line: `python -m tests.fuzz [TARGET …]`, for a person and for the nightly run.

    python -m tests.fuzz                               every target, a minute altogether
    python -m tests.fuzz state journal --seconds 600   two of them, ten minutes
    python -m tests.fuzz --each 1                      every part of every sample, replaced by each type
    python -m tests.fuzz yaml --guided --seconds 600   led by what it reaches (needs tests/fuzz/requirements.txt)
    python -m tests.fuzz state --replay FILE           one input again, with every command that reads it; or a folder's

An input that finds a fault is printed, and kept in `tests/fuzz/kept/TARGET/` (or below `--keep`), where it is a test.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

KEPT = Path(__file__).parent / "kept"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit with 1 if a fault was found."""
    asked = _asked(arguments)
    if asked.guided and len(asked.targets) > 1:
        return _each_by_itself(asked)
    if asked.guided:
        from tests.fuzz.guided import instrument

        # Before anything else imports the product.
        instrument()
    from tests.fuzz.targets import TARGETS

    unknown = [name for name in asked.targets if name not in TARGETS]
    if unknown:
        print(f"There is no target {unknown[0]}. The targets are: {', '.join(TARGETS)}.", file=sys.stderr)
        return 2
    names = asked.targets or list(TARGETS)
    if asked.replay:
        return _replay(names, asked.replay)
    seconds = asked.seconds / len(names) if not asked.count else 0.0
    if asked.guided:
        from tests.fuzz.guided import explore

        return explore(TARGETS[names[0]], seconds=asked.seconds, seed=asked.seed, keep=asked.keep / names[0])
    print(f"The seed is {asked.seed}.")
    return max([_search(name, asked, seconds) for name in names])


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="What to spoil; without one, everything in turn.")
    parser.add_argument("--seconds", type=float, default=60.0, help="For how long, over all targets.")
    parser.add_argument("--count", type=int, default=0, help="So many inputs for each target, however long that takes.")
    parser.add_argument("--each", type=int, default=0, metavar="N", help="Every Nth sample with another type.")
    parser.add_argument("--seed", type=int, default=1, help="Where the chance begins; the same seed, the same inputs.")
    parser.add_argument("--guided", action="store_true", help="Let atheris look for inputs that reach new code.")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="Try an input again, or all of a folder.")
    parser.add_argument("--keep", type=Path, default=KEPT, metavar="FOLDER", help="Where inputs with a fault are kept.")
    asked = parser.parse_args(arguments)
    if (asked.guided and not asked.targets) or (asked.replay and len(asked.targets) != 1):
        parser.error("--guided needs a TARGET, and --replay exactly one.")
    return asked


def _each_by_itself(asked: argparse.Namespace) -> int:
    """A process for each target, since libFuzzer ends the one that it was in."""
    options = ["--guided", "--seconds", str(asked.seconds / len(asked.targets)), "--seed", str(asked.seed)]
    options += ["--keep", str(asked.keep)]
    runs = [[sys.executable, "-m", "tests.fuzz", name, *options] for name in asked.targets]
    codes = [subprocess.run(run, check=False).returncode for run in runs]
    return 1 if any(codes) else 0


def _replay(names: Iterable[str], path: Path) -> int:
    from tests.fuzz.guard import try_all
    from tests.fuzz.targets import TARGETS

    (name,) = names
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    code = 0
    for one, tried in zip(paths, try_all(TARGETS[name], [one.read_bytes() for one in paths]), strict=True):
        if tried.fault:
            print(f"{one}: {' '.join(tried.fault.words)}: {tried.fault.kind}\n{tried.fault.details}")
            code = 1
        else:
            print(f"{one}: no command that reads it has a fault.")
    return code


def _search(name: str, asked: argparse.Namespace, seconds: float) -> int:
    from tests.fuzz.guard import search, search_each, shrunk
    from tests.fuzz.targets import TARGETS

    target, began = TARGETS[name], time.monotonic()
    executions = size = 0
    kinds: set[str] = set()
    chosen = search(target, asked.seed, seconds=seconds, count=asked.count)
    for tried in search_each(target, asked.each) if asked.each else chosen:
        executions += 1
        size += len(tried.raw)
        if tried.fault and tried.fault.kind not in kinds:
            kinds.add(tried.fault.kind)
            keep(shrunk(target, tried), name, asked.keep / name, tried.fault.kind, tried.fault.details)
    spent = time.monotonic() - began
    print(f"{name}: {executions} inputs, {size:,} bytes, {spent:.0f} s, {len(kinds)} faults", flush=True)
    return 1 if kinds else 0


def keep(raw: bytes, name: str, folder: Path, kind: str, details: str) -> Path:
    """Write an input down as a test of its own, and print it so that it can be had from a log as well."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(raw).hexdigest()[:16]
    path.write_bytes(raw)
    print(f"\n{name}: {kind}\n{details}\nThe input ({len(raw)} bytes) is in {path}: {raw[:2_000]!r}")
    print(f"  as base64: {base64.b64encode(raw[:20_000]).decode()}")
    print(f"  again: python -m tests.fuzz {name} --replay {path}\n", flush=True)
    return path


if __name__ == "__main__":
    sys.exit(main())
