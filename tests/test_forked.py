"""A forked run is a process as any other: its own number, folder, environment, streams, signals and end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forked import PATIENCE, ROOT, SHELL, Forked, address, environment
from tests.running import Result, ended, until

ABOUT_ITSELF = """
import json, os, signal, sys, time
number = os.open(os.devnull, os.O_RDONLY)
handlers = [str(signal.getsignal(one)) for one in sorted(signal.valid_signals())]
print(json.dumps({
    "words": sys.argv, "all words": sys.orig_argv, "name": __name__, "folder": os.getcwd(), "zone": time.tzname,
    "environment": dict(os.environ), "path": sys.path, "input": sys.stdin.read(), "umask": os.umask(0),
    "streams": [
        (stream.encoding, stream.errors, stream.line_buffering, stream.fileno(), stream.isatty(), stream.name)
        for stream in (sys.stdin, sys.stdout, sys.stderr)
    ],
    "own": [sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__],
    "handlers": handlers, "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])), "next file": number,
    "group": os.getpgid(0) == os.getpgid(os.getppid()), "flags": str(sys.flags),
}))
"""


@contextlib.contextmanager
def code_started(
    folder: Path, code: str, *words: str, env: dict[str, str] | None = None, **options: Any
) -> Iterator[Forked]:
    """The code as a module that is run in `folder`, with "from a file" as its stdin."""
    (folder / "code_of_test.py").write_text(code, encoding="utf-8")
    (folder / "stdin").write_text("from a file", encoding="utf-8")
    with (folder / "stdin").open(encoding="utf-8") as file:
        process = Forked(
            fresh(*words), "code_of_test", words, cwd=folder, env=environment(env), encoding="utf-8",
            stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def fresh(*words: str) -> list[str]:
    return [sys.executable, "-m", "code_of_test", *words]


def both(folder: Path, code: str, *words: str, env: dict[str, str] | None = None) -> tuple[Result, Result]:
    """What the code does in a forked process, and what it does in a fresh one."""
    with code_started(folder, code, *words, env=env) as process:
        forked = ended(process)
        assert process.run is not None
    with (folder / "stdin").open(encoding="utf-8") as file:
        done = subprocess.run(
            fresh(*words),
            cwd=folder,
            env=environment(env),
            stdin=file,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    return forked, Result(done.returncode, done.stdout, done.stderr)


def test_a_forked_run_finds_what_a_fresh_interpreter_finds(tmp_path: Path) -> None:
    forked, other = both(
        tmp_path, ABOUT_ITSELF, "a b", "\u00e4", env={"TZ": "Asia/Tokyo", "COLUMNS": "33", "B": "\udcff"}
    )
    assert json.loads(forked.out) == json.loads(other.out)
    assert json.loads(forked.out)["zone"][0] == "JST"
    assert forked == other


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "import sys; sys.exit(7)",
        "import sys; sys.exit('a text')",
        "import sys; sys.exit()",
        "import os; os._exit(9)",
        "import os; os.abort()",
        "import os; os.kill(os.getpid(), 9)",
        "import atexit; atexit.register(print, 'at the end'); print('before')",
        "import threading, time; threading.Thread(target=lambda: (time.sleep(0.05), print('later'))).start()",
        "import os, sys; os.close(1); sys.stdout = open(os.dup(2), 'w'); print('elsewhere')",
        "import warnings; warnings.warn('once')",
    ],
)
def test_a_forked_run_ends_as_a_fresh_interpreter_ends(tmp_path: Path, code: str) -> None:
    forked, other = both(tmp_path, code)
    assert forked == other


@pytest.mark.parametrize("error", ["ValueError", "KeyboardInterrupt"])
def test_a_forked_run_that_fails_prints_its_traceback_and_has_the_code_of_a_fresh_interpreter(
    tmp_path: Path, error: str
) -> None:
    forked, other = both(tmp_path, f"raise {error}")
    assert (forked.code, forked.out) == (other.code, other.out)
    assert forked.err.splitlines()[-1] == other.err.splitlines()[-1] == error


def test_no_signal_is_lost_however_early_it_comes(tmp_path: Path) -> None:
    for number in [signal.SIGINT, signal.SIGTERM] * 5:
        with code_started(tmp_path, "import time; time.sleep(3600)") as process:
            process.send_signal(number)
            assert ended(process).code == -number


@pytest.mark.parametrize(
    ("name", "value"), [("PYTHONUTF8", "1"), ("LC_ALL", "C"), ("LANG", "de_DE"), ("PYTHONPATH", f"x:{ROOT}")]
)
def test_settings_for_the_interpreter_itself_start_a_fresh_one(tmp_path: Path, name: str, value: str) -> None:
    with code_started(tmp_path, ABOUT_ITSELF, env={name: value}) as process:
        assert process.run is None
        about: dict[str, Any] = json.loads(ended(process).out)
        assert about["environment"][name] == value


def test_a_run_is_the_first_of_a_session_where_that_was_asked_for(tmp_path: Path) -> None:
    with code_started(tmp_path, "import os; print(os.getsid(0) == os.getpid())", start_new_session=True) as process:
        assert (ended(process).out, process.run is not None) == ("True\n", True)


def test_a_run_is_waited_for_as_long_as_was_said(tmp_path: Path) -> None:
    with code_started(tmp_path, "import time; time.sleep(3600)") as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.poll() is None
        process.kill()
        assert process.wait() == process.poll() == -signal.SIGKILL


def test_what_a_shell_starts_becomes_the_run_or_an_interpreter_of_its_own(tmp_path: Path) -> None:
    line = f'"{sys.executable}" -I -S "{SHELL}" "{address()}" schema broadcast | head -c 1; exit "${{PIPESTATUS[0]}}"'
    for extra in ({}, {"PYTHONPATH": f"x:{ROOT}"}):
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=environment(extra),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.stdout == "{", done.stderr


WAITING = f"""
import sys, time
from pathlib import Path
from tests.forked import Forked, address, environment
run = Forked(["none"], "code_of_test", [], cwd=Path(sys.argv[1]), env=environment(), encoding="utf-8")
parent = Path(f"/proc/{{run.pid}}/stat").read_text().rpartition(")")[2].split()[1]
print(run.pid, parent, address(), flush=True)
time.sleep({PATIENCE})
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells the parent of a process like that")
def test_the_server_and_its_runs_end_when_the_process_that_orders_them_is_killed(tmp_path: Path) -> None:
    (tmp_path / "code_of_test.py").write_text("import time; time.sleep(3600)", encoding="utf-8")
    words = [sys.executable, "-c", WAITING, str(tmp_path)]
    with subprocess.Popen(words, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, encoding="utf-8") as owner:
        assert owner.stdout is not None
        pid, parent, _ = owner.stdout.readline().split()
        assert is_living(pid)
        assert is_living(parent)
        owner.kill()
        until(lambda: not is_living(pid) and not is_living(parent))


def is_living(pid: str) -> bool:
    """Whether a process is there, and not only its end that nobody has asked for."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_run_that_nobody_waits_for_any_more_is_killed(tmp_path: Path) -> None:
    with code_started(tmp_path, "import time; time.sleep(3600)") as process:
        assert process.run is not None
        os.kill(process.pid, 0)
        process.run.close()
        until(lambda: not is_living(str(process.pid)))
        process.returncode = -signal.SIGKILL
    forked, _ = both(tmp_path, "print('The server goes on.')")
    assert forked.out == "The server goes on.\n"
