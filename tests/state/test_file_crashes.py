"""The state in a file, in other processes: a second writer, writers that are killed, and a full disk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.errors import ExitCode, Refused
from invent_gitops.model.state import Event, Recorded
from invent_gitops.state.document import dump, parse
from invent_gitops.state.file import FileStore
from invent_gitops.state.journal import read_journal
from tests.forked import PATIENCE
from tests.making import API, ORG, a_record, a_state

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills and limits as POSIX has them")

# What each child begins with. `say` prints one line that the parent waits for.
BEGINNING = """
import json, os, resource, signal, sys, time
from pathlib import Path
from invent_gitops.errors import InventGitopsError
from invent_gitops.model.state import Intended, Recorded
from invent_gitops.state.file import FileStore
from tests.making import a_record, a_request, an_intent, API, ORG

path = Path(sys.argv[1])
store = FileStore(path, label=path.name, org=ORG, api=API)

def say(**words):
    print(json.dumps(words), flush=True)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def limit(size):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "invent.state.json"


def child(path: Path, script: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", BEGINNING + script, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def finished(path: Path, script: str, code: int = 0) -> dict[str, Any]:
    """The last line that a child said before it ended with `code`."""
    with child(path, script) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, err
    said: dict[str, Any] = json.loads(out.splitlines()[-1])
    return said


def store(path: Path) -> FileStore:
    return FileStore(path, label=path.name, org=ORG, api=API)


def recorded(path: Path) -> dict[str, str]:
    return {key: record.id for key, record in parse(path.read_text(encoding="utf-8"), "state").broadcasts.items()}


def journal_events(path: Path) -> tuple[Event, ...]:
    journal = read_journal(path.with_name(path.name + ".journal"), "journal")
    return journal.events if journal else ()


# ---------------------------------------------------------------- two writers, and killed ones


def test_second_writer_is_refused_at_once_while_the_first_one_works(path: Path) -> None:
    script = """
try:
    with store:
        say(code=0)
except InventGitopsError as error:
    say(code=int(error.exit_code), message=error.message)
"""
    with store(path):
        said = finished(path, script)
    assert said["code"] == ExitCode.REFUSED
    assert "invent.state.json" in said["message"]
    assert finished(path, script) == {"code": 0}


def test_killed_writer_leaves_no_lock_behind_and_nothing_is_lost(path: Path) -> None:
    script = """
with store:
    store.append([Recorded("a", a_record("bc_1"))])
    say(done=True)
    time.sleep(60)
"""
    with child(path, script) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"done": True}
        with pytest.raises(Refused, match="writing"), store(path):
            pass
        assert store(path).read().broadcasts["a"].id == "bc_1", "a plan may look at any time"
        process.send_signal(signal.SIGKILL)
    with store(path) as one:
        assert one.state.broadcasts["a"].id == "bc_1"
    assert recorded(path) == {"a": "bc_1"}


def test_process_killed_between_append_and_fold_loses_nothing(path: Path) -> None:
    script = """
store.__enter__()
store.append([Intended("a", an_intent(a_request("A"), "t1")), Intended("b", an_intent(a_request("B"), "t2"))])
store.append([Recorded("a", a_record("bc_1", attempt="t1"))])
say(done=True)
die()
"""
    assert finished(path, script, -signal.SIGKILL) == {"done": True}
    assert not path.exists()
    found = store(path).read()
    assert (found.broadcasts["a"].id, list(found.intents)) == ("bc_1", ["b"])
    with store(path):
        pass
    assert recorded(path) == {"a": "bc_1"}
    assert list(parse(path.read_text(encoding="utf-8"), "state").intents) == ["b"]
    assert journal_events(path) == ()


def test_process_killed_while_it_replaces_the_state_leaves_the_old_one_whole(path: Path) -> None:
    path.write_text(dump(a_state({"old": a_record("bc_0")})), encoding="utf-8")
    script = """
real = os.replace
os.replace = lambda *names, **folders: (say(done=True), die())
with store:
    store.append([Recorded("a", a_record("bc_1"))])
"""
    assert finished(path, script, -signal.SIGKILL) == {"done": True}
    assert recorded(path) == {"old": "bc_0"}
    with store(path):
        pass
    assert recorded(path) == {"a": "bc_1", "old": "bc_0"}


# ---------------------------------------------------------------- a full disk


def test_full_disk_while_appending_leaves_no_half_line(path: Path) -> None:
    script = """
store.__enter__()
store.append([Recorded("a", a_record("bc_1"))])
limit(os.path.getsize(store.journal_path) + 40)
try:
    store.append([Recorded("b", a_record("bc_2"))])
except InventGitopsError as error:
    said = error
limit(resource.RLIM_INFINITY)
store.append([Recorded("c", a_record("bc_3"))])
say(code=int(said.exit_code), message=said.message)
die()
"""
    said = finished(path, script, -signal.SIGKILL)
    assert said["code"] == ExitCode.INVALID
    assert "cannot be written" in said["message"]
    assert journal_events(path) == (Recorded("a", a_record("bc_1")), Recorded("c", a_record("bc_3")))


def test_disk_that_was_full_from_the_start_leaves_no_journal_at_all(path: Path) -> None:
    script = """
store.__enter__()
limit(10)
try:
    store.append([Recorded("a", a_record("bc_1"))])
except InventGitopsError as error:
    say(code=int(error.exit_code), left=os.path.exists(store.journal_path))
store.__exit__(None, None, None)
"""
    assert finished(path, script) == {"code": ExitCode.INVALID, "left": False}
    assert not path.exists()


def test_full_disk_at_the_end_keeps_the_old_state_and_the_journal(path: Path) -> None:
    many = a_state({f"b{number}": a_record(f"old_{number}") for number in range(30)})
    path.write_text(dump(many), encoding="utf-8")
    script = """
try:
    with store:
        store.append([Recorded("a", a_record("bc_1"))])
        limit(4000)
except InventGitopsError as error:
    say(code=int(error.exit_code), message=error.message, files=sorted(os.listdir(path.parent)))
"""
    said = finished(path, script)
    assert said["code"] == ExitCode.UNSETTLED
    assert "invent.state.json.journal" in said["message"]
    assert [name for name in said["files"] if name.endswith(".tmp")] == []
    assert path.read_text(encoding="utf-8") == dump(many)
    assert journal_events(path) == (Recorded("a", a_record("bc_1")),)
    assert store(path).read().broadcasts["a"].id == "bc_1"
    with store(path):
        pass
    assert recorded(path)["a"] == "bc_1"
