"""Whoever runs the whole suite is told at once how long it takes, and then how far it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.progress import LAST, announcement
from tests.running import ROOT

SUITE = """\
import pytest
@pytest.mark.parametrize("number", range(40))
def test_it(number):
    assert number != {failing}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Forty tests, with the plugin and the settings that decide whether it acts."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ntestpaths = ["cases"]\naddopts = ["-n2", "-p", "no:cacheprovider"]\n', "utf-8"
    )
    (tmp_path / "conftest.py").write_text(
        "from tests import progress\n"
        "def pytest_configure(config):\n"
        "    if progress.is_whole(config):\n"
        "        config.pluginmanager.register(progress.Progress(config))\n",
        "utf-8",
    )
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "test_it.py").write_text(SUITE.format(failing=-1), "utf-8")
    (tmp_path / ".venv").mkdir()
    return tmp_path


def run(suite: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=suite,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_the_whole_suite_says_first_how_long_it_takes_and_then_its_percents(suite: Path) -> None:
    text = run(suite)
    beginning, _, rest = text.partition("40 items")
    assert "the whole suite takes about" in beginning
    assert not re.search(r"^\.+", rest, re.MULTILINE), "dots"
    percents = [int(number) for number in re.findall(r"^ *(\d+)%  [\d,]+ of 40 tests in \d+:\d\d", rest, re.MULTILINE)]
    assert percents == sorted(set(percents))
    assert percents[-1] == 100
    assert "40 passed" in text


def test_the_next_run_says_how_long_the_last_one_took_here(suite: Path) -> None:
    run(suite)
    assert len(json.loads((suite / LAST).read_text("utf-8"))) == 2
    assert re.search(r"last time here: \d+:\d\d", run(suite))
    (suite / LAST).write_text("{", "utf-8")
    assert "last time here" not in run(suite)


def test_a_failure_is_shown_when_it_happens_and_counted(suite: Path) -> None:
    (suite / "cases" / "test_it.py").write_text(SUITE.format(failing=0), "utf-8")
    beginning, _, summary = run(suite).partition("= FAILURES =")
    assert "FAILED cases/test_it.py::test_it[0]" in beginning
    assert "100%  40 of 40 tests in" in beginning
    assert ", 1 failed" in beginning
    assert "1 failed, 39 passed" in summary


@pytest.mark.parametrize("words", [("-q",), ("cases/test_it.py",), ("-k", "it", "-n0")])
def test_any_other_run_is_as_pytest_shows_it(suite: Path, words: tuple[str, ...]) -> None:
    text = run(suite, *words)
    assert "40 passed" in text
    assert "the whole suite" not in text
    assert "of 40 tests in" not in text
    assert not (suite / LAST).exists()


def test_the_figure_for_other_machines_says_what_it_was_measured_on() -> None:
    assert announcement(2, "") == "the whole suite takes about 7 minutes on 2 cores"
    assert announcement(8, "") == "the whole suite takes about 2 minutes on 8 cores (measured: 7:26 on 2 cores)"
    assert announcement(1, "[800, 1]").endswith("on 1 core (measured: 7:26 on 2 cores); last time here: 13:20")
    assert announcement(2, "[800, 1]") == announcement(2, "[]") == announcement(2, "null") == announcement(2, "")
