"""What `apply` adds to one create is the same beside a small state and a large one: lines of a journal, and no more."""

from __future__ import annotations

import gc
import os
import sys
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from invent_gitops.model.state import Intended, Recorded
from invent_gitops.state.document import dump
from invent_gitops.state.file import FileStore
from tests.making import API, ORG, a_record, a_request, a_state, an_intent

SMALL, LARGE = 20, 4_000
# Bytes that a create may take for a moment: far fewer than a second table of all records.
MOMENTARY = 50_000


def store_of(folder: Path, count: int) -> FileStore:
    folder.mkdir()
    records = {f"k{number:06}": a_record(f"bc_{number:06}", a_request(f"N{number}")) for number in range(count)}
    path = folder / "invent.state.json"
    path.write_text(dump(a_state(records)), encoding="utf-8")
    return FileStore(path, label="s", org=ORG, api=API)


def create(store: FileStore, number: int) -> None:
    """Record one create as `apply` does: its intent, made durable before the call, and its result."""
    store.append([Intended(f"n{number}", an_intent(attempt=f"attempt {number}"))])
    store.sync()
    store.append([Recorded(f"n{number}", a_record(f"bc_n{number}", attempt=f"attempt {number}"))])


def instructions(work: Callable[[], object]) -> int:
    """How many instructions of Python run: each turn of a loop counts, also of one inside brackets."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    # What others have asked the collector to call would be counted, too.
    gc.disable()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
        gc.enable()
    return count


def momentary_bytes(work: Callable[[], object]) -> int:
    """How much memory it takes at most: a table that is copied has no steps of its own."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def work_of_one(folder: Path, count: int) -> tuple[int, int, int]:
    """Return the instructions of a create beside so many records, the bytes that it writes, and those of the state."""
    with store_of(folder, count) as store:
        for number in range(29):
            create(store, number + 10)
        size, state = os.path.getsize(store.journal_path), store.path.read_bytes()
        executed = instructions(lambda: create(store, 39))
        written = os.path.getsize(store.journal_path) - size
        assert momentary_bytes(lambda: create(store, 40)) < MOMENTARY
        assert store.path.read_bytes() == state, "The state itself is written at the end of a run only."
        return executed, written, len(state)


def test_recording_a_create_does_not_depend_on_the_size_of_the_state(tmp_path: Path) -> None:
    few_steps, few_bytes, small = work_of_one(tmp_path / "small", SMALL)
    many_steps, many_bytes, large = work_of_one(tmp_path / "large", LARGE)
    assert large > 50 * small
    assert (many_steps, many_bytes) == (few_steps, few_bytes)
    assert 0 < few_bytes < 2_000


def test_recording_a_create_does_not_depend_on_how_many_came_before(tmp_path: Path) -> None:
    with store_of(tmp_path / "p", SMALL) as store:
        work = [instructions(partial(create, store, number)) for number in range(10, 90)]
    assert len(set(work[1:])) == 1
