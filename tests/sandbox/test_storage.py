"""The sandbox's file: it outlives its process, takes several users at once, and is never somebody else's."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import invent_gitops
from invent_gitops.errors import InvalidInput, Unavailable
from invent_gitops.sandbox.contract import Answer
from invent_gitops.sandbox.service import Sandbox
from tests.careful.fast_paths import python_path

ROOT = Path(invent_gitops.__file__).parents[1]
KEY = {"Authorization": "Bearer k"}
WRITER = """
import json, sys
from invent_gitops.sandbox.service import Sandbox
with Sandbox(sys.argv[1], limit=0) as box:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[2])):
        body = json.dumps({"name": f"{sys.argv[3]} {number}", "segment_ids": ["common", sys.argv[3]]}).encode()
        answer = box.handle("POST", "/orgs/c/broadcasts", headers={"Authorization": "Bearer k"}, body=body)
        print(answer.status, answer.json()["id"], flush=True)
"""


def _create(box: Sandbox, name: str = "x", **fields: Any) -> Answer:
    body = json.dumps({"name": name, **fields}).encode()
    return box.handle("POST", "/orgs/c/broadcasts", headers=KEY, body=body)


def _start_writer(file: Path, number: int, name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), str(number), name],
        env={**os.environ, "PYTHONPATH": python_path()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_what_was_created_is_there_after_the_file_is_opened_again(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "box.sqlite") as box:
        created = _create(box, segment_ids=["a"]).json()
        box.seed([("s", "Named", 5)])
    with Sandbox(str(tmp_path / "box.sqlite")) as box:
        assert box.broadcasts() == [created]
        assert box.create_count == 1
        names = [one["name"] for one in box.handle("GET", "/orgs/c/segments", headers=KEY).json()]
        assert names == ["a", "Named"]
    assert os.listdir(tmp_path) == ["box.sqlite"], "nothing is left beside the file"


def test_memory_is_empty_each_time_and_takes_many_threads() -> None:
    with Sandbox(limit=0) as box, concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: _create(box, str(number), segment_ids=["a"]), range(200)))
        assert {answer.status for answer in answers} == {200}
        found = box.broadcasts()
        assert len({one["id"] for one in found}) == len(found) == box.create_count == 200
    with Sandbox() as box:
        assert box.broadcasts() == []


def test_two_processes_on_one_file_lose_nothing_and_see_each_other(tmp_path: Path) -> None:
    file = tmp_path / "box.sqlite"
    writers = [_start_writer(file, 100, name) for name in ("one", "two")]
    with Sandbox(file, limit=0) as box:
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        for _ in range(20):
            assert _create(box, "three").status == 200
        answered = [line.split() for writer in writers for line in writer.communicate()[0].splitlines()]
        assert {status for status, _ in answered} == {"200"}
        mine = [one["id"] for one in box.broadcasts() if one["name"] == "three"]
        assert sorted(one["id"] for one in box.broadcasts()) == sorted([id for _, id in answered] + mine)
        assert len(mine) == 20
        assert len(answered) == 200
        assert box.create_count == 220
        segments = [one["id"] for one in box.handle("GET", "/orgs/c/segments", headers=KEY).json()]
        assert sorted(segments) == ["common", "one", "two"]
    assert [writer.returncode for writer in writers] == [0, 0]


def test_a_process_killed_in_the_middle_keeps_every_broadcast_it_answered(tmp_path: Path) -> None:
    file = tmp_path / "box.sqlite"
    writer = _start_writer(file, 100_000, "doomed")
    assert writer.stdin is not None
    assert writer.stdout is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()
    answered = [writer.stdout.readline().split()[1] for _ in range(50)]
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    with Sandbox(file) as box:
        kept = [one["id"] for one in box.broadcasts()]
        assert kept[:50] == answered
        assert _create(box).status == 200


def test_many_processes_may_make_the_file_at_the_same_time(tmp_path: Path) -> None:
    file, start = tmp_path / "box.sqlite", threading.Barrier(8)

    def open_it() -> Sandbox:
        start.wait()
        return Sandbox(file)

    # Each has a connection of its own, which is all that tells processes apart here.
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        opening = [pool.submit(open_it) for _ in range(8)]
    boxes = [future.result() for future in opening]
    for box in boxes:
        _create(box)
    counts = {box.create_count for box in boxes}
    for box in boxes:
        box.close()
    assert counts == {8}


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("The minutes of the meeting.\n" * 100)
    with pytest.raises(InvalidInput, match=r"notes\.txt is damaged or is not a sandbox's") as caught:
        Sandbox(file)
    assert caught.value.cure.startswith("Name another file.")
    assert file.read_text() == "The minutes of the meeting.\n" * 100


def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "other.sqlite"
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE broadcasts (mine TEXT)")
    db.close()
    before = file.read_bytes()
    with pytest.raises(InvalidInput, match="another program"):
        Sandbox(file)
    assert file.read_bytes() == before


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "box.sqlite"
    Sandbox(file).close()
    db = sqlite3.connect(file)
    db.execute("PRAGMA user_version = 2")
    db.close()
    with pytest.raises(InvalidInput, match="format 2"):
        Sandbox(file)


@pytest.mark.parametrize("harm", ["cut", "overwrite", "drop", "spoil"])
def test_a_damaged_file_is_invalid_input_when_opened_or_used_and_never_another_error(tmp_path: Path, harm: str) -> None:
    file = tmp_path / "box.sqlite"
    with Sandbox(file, limit=0) as box:
        for _ in range(20):
            _create(box)
    good = file.read_bytes()
    if harm == "cut":
        file.write_bytes(good[: len(good) // 2])
    elif harm == "overwrite":
        file.write_bytes(good[:4096] + b"\xff" * (len(good) - 4096))
    else:
        db = sqlite3.connect(file)
        db.execute("DROP TABLE broadcasts" if harm == "drop" else "UPDATE broadcasts SET body = '{'")
        db.commit()
        db.close()
    with pytest.raises(InvalidInput) as caught, Sandbox(file) as box:
        box.broadcasts()
    assert str(file) in caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize("name", ["nowhere/box.sqlite", ".", ""])
def test_a_path_where_no_file_can_be_is_invalid_input(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="cannot be opened") as caught:
        Sandbox(name)
    assert "folder" in caught.value.cure


def test_a_file_kept_locked_says_that_surely_nothing_was_created(tmp_path: Path) -> None:
    file = tmp_path / "box.sqlite"
    with Sandbox(file) as box:
        box._file.db.execute("PRAGMA busy_timeout = 20")
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Unavailable, match="locked"):
            _create(box)
        other.close()
        assert box.broadcasts() == []
        assert _create(box).status == 200
