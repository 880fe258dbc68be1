"""The command `sandbox`, as a process of its own where it serves, and in this one where it refuses to."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

import invent_gitops
from invent_gitops.cli.commands.sandbox import sandbox
from invent_gitops.cli.result import Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import InvalidInput, InventGitopsError, WrongUsage
from invent_gitops.sandbox.service import Sandbox
from tests.careful.fast_paths import python_path
from tests.forked import PATIENCE

ROOT = Path(invent_gitops.__file__).parents[1]
RUN = [sys.executable, "-m", "invent_gitops", "sandbox"]
PATH = "/orgs/c/broadcasts"


@contextmanager
def _started(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """The process, and the URL and key that it printed."""
    process = subprocess.Popen(
        [*RUN, "--port", "0", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": python_path()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        first, second = process.stdout.readline(), process.stdout.readline()
        url = re.fullmatch(r"export INVENT_BASE_URL=(http://127\.0\.0\.1:[1-9]\d*)\n", first)
        key = re.fullmatch(r"export INVENT_API_KEY=(.+)\n", second)
        assert url is not None, first
        assert key is not None, second
        yield process, url[1], shlex.split(key[1])[0]
    finally:
        process.kill()
        process.communicate()


def _ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def test_it_prints_two_lines_to_paste_serves_and_ends_with_0_on_ctrl_c(tmp_path: Path) -> None:
    with _started(tmp_path) as (process, url, key):
        assert key == "sandbox"
        headers = {"Authorization": f"Bearer {key}"}
        created = httpx.post(url + PATH, json={"name": "x"}, headers=headers, trust_env=False).json()
        code, out, err = _ended(process, signal.SIGINT)
    assert (code, out) == (0, "")
    assert "until Ctrl-C" in err
    assert "nothing leaves this machine" in err
    assert err.count("\n") == 1, "quiet unless -v"
    with Sandbox(tmp_path / "invent.sandbox.sqlite") as box:
        assert box.broadcasts() == [created]


def test_every_option_reaches_the_server_and_it_ends_with_0_on_sigterm(tmp_path: Path) -> None:
    options = ["--file", "my.sqlite", "--key", "it's", "--limit", "3", "-v", "--seed", "4"]
    options += ["--fault", "close-after@create:1", "--fault", "error-before=502@list:2"]
    with (
        _started(tmp_path, *options) as (process, url, key),
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client,
    ):
        assert key == "it's"
        assert client.get(PATH, headers={"Authorization": "Bearer other"}).status_code == 401
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(PATH, json={"name": "x"})
        assert client.get(PATH).status_code == 502
        assert [one["name"] for one in client.get(PATH).json()] == ["x"]
        assert client.get(PATH).status_code == 429
        code, out, err = _ended(process, signal.SIGTERM)
    assert (code, out) == (0, "")
    statuses = re.findall(r"^sandbox: \w+ \S+ (.+) \([\d.]+ ms\)$", err, re.M)
    assert statuses == ["401", "no answer", "502", "200", "429"]
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["my.sqlite"]


def refused(arguments: list[str]) -> InventGitopsError:
    """Why the command cannot serve, by the result that it returns."""
    done = CliRunner().invoke(sandbox, arguments, obj=Session(), standalone_mode=False)
    result = done.return_value
    assert isinstance(result, Result)
    assert result.failed
    assert done.stdout == ""
    assert result.error
    assert result.error.exit_code is result.code
    return result.error


def test_a_port_in_use_is_wrong_usage_with_a_cure(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = refused(["--port", str(port), "--file", str(tmp_path / "box.sqlite")])
    assert isinstance(error, WrongUsage)
    assert f"127.0.0.1:{port}" in error.message
    assert "--port 0" in error.cure


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--fault", "explode@create:1"], "close-after@create:3"),
        (["--key", ""], "key"),
        (["--key", "two words"], "key"),
        (["--key", "schlüssel"], "key"),
    ],
)
def test_a_setting_that_cannot_work_is_wrong_usage(tmp_path: Path, arguments: list[str], word: str) -> None:
    error = refused(["--file", str(tmp_path / "box.sqlite"), *arguments])
    assert isinstance(error, WrongUsage)
    assert word in error.message
    assert error.cure
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_sandbox_is_invalid_input(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("notes " * 1000)
    assert isinstance(refused(["--port", "0", "--file", str(file)]), InvalidInput)


def test_signals_mean_what_they_meant_before_once_the_command_is_over(tmp_path: Path) -> None:
    before = [signal.default_int_handler, signal.SIG_DFL]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    with socket.create_server(("127.0.0.1", 0)) as taken:
        CliRunner().invoke(
            sandbox, ["--port", str(taken.getsockname()[1]), "--file", str(tmp_path / "box.sqlite")], obj=Session()
        )
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_help_loads_neither_the_database_nor_the_server() -> None:
    check = "import sys; assert not {'sqlite3', 'http.server', 'socketserver'} & set(sys.modules), sys.modules"
    code = (
        f"from invent_gitops.cli.commands.sandbox import sandbox; sandbox(['--help'], standalone_mode=False); {check}"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--port", "--file", "--fault", "--seed", "--key", "--limit", "--verbose"):
        assert option in done.stdout
