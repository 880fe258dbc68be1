"""Runs inputs in processes of their own, with bounded memory, under a watchdog: a hang and a death are faults."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, NoReturn

from tests.fuzz.bench import Bench, Fault, set_up
from tests.fuzz.commands import Words
from tests.fuzz.targets import Target

# Seconds that one input may take on a machine that has other things to do.
PATIENCE = 60.0
# Bytes of addresses that the inputs of one process may take beside what it starts with, and bytes of one file.
MEMORY = 512 * 1024 * 1024
LONGEST_FILE = 128 * 1024 * 1024
# After so many inputs a process is replaced, so that what one of them left behind reaches few others.
BATCH = 500
# What a process that ended by itself says last.
_END = {"end": True}


@dataclass(frozen=True, slots=True)
class Tried:
    """An input and what is wrong, if anything is."""

    raw: bytes
    fault: Fault | None


Inputs = Callable[[int], bytes]


def search(target: Target, seed: int, *, seconds: float = 0.0, count: int = 0) -> Iterator[Tried]:
    """Try seeded inputs until there were so many, or until the time is over; each is `(seed, number)` alone."""
    until = time.monotonic() + seconds if seconds else float("inf")

    def inputs(number: int) -> bytes:
        return target.input(Random(f"{seed}/{number}"))  # noqa: S311  # chance that can be had again

    number = 0
    while (not count or number < count) and time.monotonic() < until:
        last = min(number + BATCH, count) if count else number + BATCH
        for tried in guarded(target, inputs, range(number, last), until=until):
            number += 1
            yield tried


def search_each(target: Target, step: int) -> Iterator[Tried]:
    """Try every `step`th of the samples with one part of another type."""
    known = list(target.each())[::step]
    return guarded(target, known.__getitem__, range(len(known)))


def try_all(target: Target, raws: Iterable[bytes], readers: Sequence[Words] = ()) -> list[Tried]:
    """Try given inputs, each with all of some commands; without any, with all that read it."""
    known = list(raws)
    return list(guarded(target, known.__getitem__, range(len(known)), readers=readers or target.commands))


def guarded(
    target: Target, inputs: Inputs, numbers: range, *, readers: Sequence[Words] = (), until: float = float("inf")
) -> Iterator[Tried]:
    """Try the inputs of these numbers in processes of their own; one that hangs or dies costs only itself."""
    at = numbers.start
    while at < numbers.stop and time.monotonic() < until:
        # A process that is killed clears nothing away.
        scratch = tempfile.TemporaryDirectory(prefix="fuzz-")
        reader, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if not pid:
            os.close(reader)
            tempfile.tempdir = scratch.name
            _work(target, inputs, range(at, numbers.stop), readers, writer)
        os.close(writer)
        try:
            for report in _reports(reader, pid):
                if report == _END:
                    return
                raw = inputs(at)
                fault = Fault(tuple(report["words"]), report["kind"], report["details"]) if "kind" in report else None
                yield Tried(raw, fault)
                at += 1
                if time.monotonic() >= until:
                    return
        finally:
            os.close(reader)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            scratch.cleanup()


def _reports(reader: int, pid: int) -> Iterator[dict[str, Any]]:
    """What the process says of each input; at its end, or where it says nothing, a fault takes the place of that."""
    text = b""
    while True:
        while b"\n" in text:
            line, text = text.split(b"\n", 1)
            yield json.loads(line)
        if not select.select([reader], [], [], PATIENCE)[0]:
            yield _lost("hang", f"The input was not dealt with within {PATIENCE:.0f} seconds.\n{_stack(pid)}")
            return
        part = os.read(reader, 65_536)
        if not part:
            yield _lost("death", "The process ended in the middle of the input.")
            return
        text += part


def _stack(pid: int) -> str:
    """Where the process is, as far as the system tells."""
    try:
        with open(f"/proc/{pid}/wchan", encoding="utf-8") as file:
            return f"It waits in: {file.read() or '(nothing)'}"
    except OSError:
        return ""


def _lost(kind: str, details: str) -> dict[str, Any]:
    return {"words": [], "kind": kind, "details": details}


def _work(target: Target, inputs: Inputs, numbers: range, readers: Sequence[Words], writer: int) -> NoReturn:
    """The process that meets the inputs. It never returns, whatever happens."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with set_up() as bench:
            limit_resources()
            for number in numbers:
                os.write(writer, _line(_tried(target, bench, inputs(number), readers)))
        os.write(writer, _line(_END))
        code = 0
    except BaseException:  # noqa: BLE001  # nothing may get out into the process that was forked
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _tried(target: Target, bench: Bench, raw: bytes, readers: Sequence[Words]) -> dict[str, Any]:
    fault = target.run(bench, raw, readers)
    if not fault:
        return {}
    return {"words": list(fault.words), "kind": fault.kind, "details": fault.details[-8_000:]}


def _line(report: dict[str, Any]) -> bytes:
    return json.dumps(report).encode() + b"\n"


def limit_resources() -> None:
    """Bound the memory and the files of this process by what it has now."""
    # Only Linux tells it, and holds to it.
    if sys.platform == "linux":
        with open("/proc/self/statm", encoding="utf-8") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LONGEST_FILE, LONGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def shrunk(target: Target, tried: Tried, *, most: int = 100) -> bytes:
    """A shorter input with the same fault: without pieces of it, as long as that is found again."""
    assert tried.fault
    raw, size, tries = tried.raw, max(1, len(tried.raw) // 2), 0
    if tried.fault.kind in ("hang", "death"):
        return raw
    readers = (tried.fault.words,) if target.commands else ()
    while tries < most:
        starts = range(0, len(raw), size)
        less = [raw[:start] + raw[start + size :] for start in starts][: most - tries]
        tries += len(less)
        same = [one.raw for one in try_all(target, less, readers) if one.fault and one.fault.kind == tried.fault.kind]
        if same and len(same[0]) < len(raw):
            raw = same[0]
        elif size == 1:
            break
        else:
            size //= 2
    return raw
