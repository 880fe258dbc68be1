"""What --out names and is no file: it gets one whole document, and nothing waits for a reader that is not there."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.forked import PATIENCE
from tests.running import COMMAND, WHEN, ended, environment, run, started, until

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "broadcasts").mkdir()
    text = f"name: Spring\nschedule: {WHEN}\nsend_to_all: true\n"
    (tmp_path / "broadcasts" / "spring.yaml").write_text(text, encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def bash(folder: Path, line: str) -> None:
    line = line.replace("$CLI", shlex.join(COMMAND))
    subprocess.run(["bash", "-c", line], cwd=folder, env=environment({}), check=True, timeout=PATIENCE)


@pytest.mark.parametrize("words", [("plan",), ("apply", "--sandbox", "--yes")], ids=" ".join)
def test_pipe_that_nobody_reads_is_refused_before_anything_is_created(project: Path, words: tuple[str, ...]) -> None:
    with started(project, *words, "--out", "pipe") as process:
        result = ended(process)
    assert result.code == ExitCode.INVALID
    assert "nobody reads this pipe" in result.err
    assert not (project / ".invent-sandbox" / "invent.state.json").exists()


@pytest.mark.parametrize("words", [("plan",), ("apply", "--sandbox", "--yes")], ids=" ".join)
def test_pipe_with_a_reader_gets_the_one_whole_document(project: Path, words: tuple[str, ...]) -> None:
    handle = os.open(project / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        result = run(project, *words, "--out", "pipe")
        assert result.code == ExitCode.DONE, result.err
        assert json.loads(os.read(handle, 1 << 20))["exit_code"] == 0
        assert os.read(handle, 1) == b""
    finally:
        os.close(handle)


def test_reader_that_waits_for_the_end_reads_the_whole_of_a_document(project: Path) -> None:
    bash(project, "cat pipe > read & until $CLI plan -q --out pipe; do :; done; wait")
    assert json.loads((project / "read").read_text(encoding="utf-8"))["kind"] == "plan"


@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/fd/1"])
def test_standard_output_gets_the_document(project: Path, place: str) -> None:
    result = run(project, "plan", "-q", "--out", place)
    assert result.code == ExitCode.DONE, result.err
    assert '"kind": "plan"' in result.out


def test_substitution_of_a_shell_gets_the_document(project: Path) -> None:
    bash(project, "$CLI plan -q --out >(cat > read; touch done)")
    until((project / "done").exists)
    assert json.loads((project / "read").read_text(encoding="utf-8"))["kind"] == "plan"


def test_interrupt_ends_a_run_whose_reader_has_stopped_reading(project: Path) -> None:
    handle = os.open(project / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(project / "pipe", os.O_WRONLY | os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, b" " * 4096)
    except BlockingIOError:
        pass
    try:
        with started(project, "plan", "--out", "pipe", "-v") as process:
            until(lambda: _waits(process.pid, project / "pipe"))
            process.send_signal(signal.SIGTERM)
            assert ended(process).code == ExitCode.INTERRUPTED
    finally:
        os.close(handle)
        os.close(writer)


def _waits(process: int, pipe: Path) -> bool:
    """Whether the process has the pipe open."""
    folder = Path(f"/proc/{process}/fd")
    return any(os.path.realpath(entry) == str(pipe) for entry in folder.iterdir())
