"""Plays scenarios, each in a process of its own, and says of each whether it is so."""

from __future__ import annotations

import inspect
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import GIT_CONFIG, is_foreign
from tests.engine import hostile, scenarios
from tests.engine.act import Engine
from tests.engine.world import Repository, repository


@dataclass(frozen=True)
class Verdict:
    """What became of a scenario; `why` is empty if it is so."""

    name: str
    seconds: float
    why: str


def all_scenarios() -> dict[str, Callable[[Repository], None]]:
    """Each public function of the two modules that takes a repository alone, by its name; the longest come first."""
    found = {
        name: function
        for module in (scenarios, hostile)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and [*inspect.signature(function).parameters] == ["repository"]
    }
    return dict(sorted(found.items(), key=lambda entry: -inspect.getsource(entry[1]).count("repository.run(")))


def played(names: Sequence[str], folder: Path, engine: Engine, jobs: int) -> Iterator[Verdict]:
    """The verdicts, as they come; `folder` holds a folder of each scenario, with the log of each run.

    Whoever stops early, by a signal for example, leaves no process behind.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        try:
            for future in as_completed([pool.submit(_play, name, folder / name, engine) for name in names]):
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _play(name: str, folder: Path, engine: Engine) -> Verdict:
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what act has started is ended in good order
    folder.mkdir()
    _shut_environment(folder)
    why = ""
    try:
        with repository(folder, engine) as made:
            all_scenarios()[name](made)
    except Exception:  # noqa: BLE001  # whatever it is, the sentence is not so, and the others are still to be tried
        why = traceback.format_exc()
    return Verdict(name, time.monotonic() - started, why)


def _shut_environment(folder: Path) -> None:
    """As in the tests: a git with an identity of its own, and none of the caller's settings."""
    for name in [name for name in os.environ if is_foreign(name) and "PROXY" not in name.upper()]:
        del os.environ[name]
    (folder / "gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    os.environ |= {
        "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
