"""Which machine, which versions and which commit the figures are of."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.measuring import ROOT, environment

LIBRARIES = ("PyYAML", "jsonschema", "jsonschema-rs", "deepdiff", "httpx", "click")


def facts(bench: Bench) -> Iterator[tuple[str, str]]:
    yield "commit", commit()
    for name, program in bench.programs.items():
        if name != OURS:
            yield name, f"{program_output([str(program), '--version'])}, commit {commit(program.parent)}"
    yield "processor", f"{processor()}, {os.cpu_count()} cores, load {load()} at the end"
    yield "memory", memory()
    yield "file system", file_system(bench.work)
    yield "system", f"{platform.system()} {platform.release()}"
    yield "Python", f"{platform.python_implementation()} {platform.python_version()}"
    yield "libraries", ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    yield "other programs", ", ".join(f"{peer.name} {peer.read_version()}" for peer in bench.peers.every())


def program_output(words: list[str], folder: Path = ROOT) -> str:
    """Return the first line that a program prints, or "unknown" where it fails."""
    try:
        done = subprocess.run(words, cwd=folder, env=environment(), check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip().partition("\n")[0]


def commit(folder: Path = ROOT) -> str:
    """Return the commit of the work tree that a folder is in, and whether something was changed since."""
    head = program_output(["git", "rev-parse", "--short=12", "HEAD"], folder)
    changed = program_output(["git", "status", "--porcelain", "--untracked-files=no"], folder)
    return f"{head}, with changes that are not committed" if changed not in ("", "unknown") else head


def processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (OSError, ValueError, AttributeError):
        return "unknown"


def file_system(folder: Path) -> str:
    """Return the kind of file system that the repositories were on."""
    return program_output(["stat", "--file-system", "--format=%T", str(folder)])
