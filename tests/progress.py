"""Says how long the whole suite takes before it begins, and how far it is while it runs: no thousands of dots."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

# Measured when the machine did nothing else. Two processes for each core: twice the cores take about half of it.
MEASURED_CORES, MEASURED_SECONDS = 2, 446
# What the last run took, with how many cores. Beside the installed libraries, which git ignores.
LAST = Path(".venv") / "last-test-run.json"
STEP = 5  # percent between two lines of a log


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_whole(config: pytest.Config) -> bool:
    """Whether every test is run, by several processes, and the output is neither shortened nor lengthened."""
    option = config.option
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and bool(getattr(option, "numprocesses", None))
        and not hasattr(config, "workerinput")
        and not (option.keyword or option.markexpr or option.collectonly or option.verbose)
    )


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def announcement(count: int, last: str) -> str:
    """The line before the first test; `last` is the text of the file of the last run, "" without one."""
    minutes = max(1, round(MEASURED_SECONDS * MEASURED_CORES / count / 60))
    here = f"{count} core{'' if count == 1 else 's'}"
    basis = "" if count == MEASURED_CORES else f" (measured: {clock(MEASURED_SECONDS)} on {MEASURED_CORES} cores)"
    text = f"the whole suite takes about {minutes} minute{'' if minutes == 1 else 's'} on {here}{basis}"
    try:
        seconds, then = json.loads(last)
        return f"{text}; last time here: {clock(seconds)}" if then == count else text
    except (TypeError, ValueError):
        return text


class Progress:
    """The plugin of the process that has the terminal. On a terminal one line moves; a log gets a line now and then."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.last = config.rootpath / LAST
        self.total, self.ended, self.failed, self.shown = 0, 0, 0, 0
        self.began = self.started = time.monotonic()

    @property
    def reporter(self) -> Any:
        """What writes to the terminal; it is there once the session begins."""
        return self.config.pluginmanager.get_plugin("terminalreporter")

    def pytest_report_header(self) -> str:
        self.reporter._show_progress_info = False  # dots have percents of their own
        return announcement(cores(), self.last.read_text("utf-8") if self.last.exists() else "")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        if not self.total:
            self.total, self.started = len(ids), time.monotonic()

    @pytest.hookimpl(wrapper=True)
    def pytest_report_teststatus(self) -> Generator[None, tuple[str, str, object], tuple[str, str, object]]:
        """Count as before, and print no letter."""
        category, _, word = yield
        return category, "", word

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed += 1
            self.reporter.ensure_newline()
            self.reporter.write_line(f"FAILED {report.nodeid}", red=True)
        if report.when == "teardown" and self.total:
            self.ended += 1
            self._show()

    def _show(self) -> None:
        percent = 100 * self.ended // self.total
        if percent < self.shown + (1 if self.reporter.isatty else STEP):
            return
        self.shown = percent
        gone = time.monotonic() - self.started
        left = gone * (self.total - self.ended) / self.ended
        line = f"{percent:3}%  {self.ended:,} of {self.total:,} tests in {clock(gone)}, about {clock(left)} left"
        line += f", {self.failed} failed" if self.failed else ""
        if self.reporter.isatty:
            self.reporter.rewrite(line, erase=True)
        else:
            self.reporter.write_line(line)

    def pytest_sessionfinish(self) -> None:
        """Keep how long it took, if it came to its end."""
        if self.total and self.ended == self.total and os.access(self.last.parent, os.W_OK):
            seconds = round(time.monotonic() - self.began)
            self.last.write_text(json.dumps([seconds, cores()]), encoding="utf-8")
