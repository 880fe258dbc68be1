"""A start loads what its command needs, and leaves without taking the interpreter apart."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Runs a command as the console script does. In place of `os._exit` it first reports the code and every loaded module.
_REPORT = """
import os, sys
def report(code):
    with open({file!r}, "w") as file:
        file.write(chr(10).join([str(code), *sys.modules]))
    leave(code)
leave, os._exit = os._exit, report
sys.argv = ["invent-gitops", *{words!r}]
{before}
from invent_gitops.cli import start
start()
"""
_DEFINITION = "name: A\nschedule: 2099-01-05T09:00:00Z\nsegments: [seg_a]\n"
# Rooms that read, talk, decide or word a page, and what a value is made of.
_ROOMS = (
    *("api", "apply", "audit", "compare", "files", "git", "github", "http", "inside", "live", "load", "operations"),
    *("plan", "policy", "provenance", "render", "review", "sandbox", "scaffold", "schemas", "state", "validate"),
    *("values", "zonedata"),
)
# Rooms and libraries that no offline command needs.
_AWAY = ("api", "apply", "audit", "review", "sandbox", "scaffold")
_HEAVY = (
    "asyncio",
    "dataclasses",
    "deepdiff",
    "filelock",
    "httpx",
    "jsonschema",
    "logging",
    "secrets",
    "sqlite3",
    "ssl",
)


def start(
    words: list[str], folder: Path, before: str = ""
) -> tuple[subprocess.CompletedProcess[str], list[str] | None]:
    """Run a command in a fresh process; the modules that it has loaded, or None where it did not leave at once."""
    report, project = folder / "report", folder / "project"
    (project / "broadcasts").mkdir(parents=True, exist_ok=True)
    (project / "broadcasts" / "a.yaml").write_text(_DEFINITION, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("INVENT_", "GITHUB_"))}
    done = subprocess.run(
        [sys.executable, "-c", _REPORT.format(file=str(report), words=words, before=before)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        return done, []
    code, *modules = report.read_text(encoding="utf-8").splitlines()
    assert int(code) == done.returncode
    return done, modules


def own(modules: list[str]) -> list[str]:
    return [name for name in modules if name.split(".")[0] == "invent_gitops"]


def rooms(modules: list[str]) -> set[str]:
    return {name.split(".")[1] for name in own(modules) if "." in name}


@pytest.mark.parametrize(
    ("words", "count"),
    [(["--version"], 13), (["--help"], 13), (["completion", "zsh"], 17), (["completion", "bash"], 17)],
    ids=["version", "help", "zsh", "bash"],
)
def test_start_without_work_loads_no_room_that_works(words: list[str], count: int, tmp_path: Path) -> None:
    done, modules = start(words, tmp_path)
    assert done.returncode == 0, done.stderr
    assert modules
    assert not rooms(modules) & {*_ROOMS}
    assert not {*modules} & {*_HEAVY, "json", "msgspec", "pathlib", "traceback", "urllib.parse", "yaml"}
    assert len(own(modules)) == count, sorted(own(modules))


@pytest.mark.parametrize(("command", "count"), [("validate", 112), ("plan", 203)])
def test_offline_command_loads_nothing_that_talks_or_locks(command: str, count: int, tmp_path: Path) -> None:
    done, modules = start([command], tmp_path)
    assert done.returncode == 0, done.stderr
    assert modules
    assert not rooms(modules) & {*_AWAY}
    assert not {*modules} & {*_HEAVY, "invent_gitops.http.client"}
    # A few may come for good reasons: this is to be noticed, and then written down.
    assert len(own(modules)) <= count, sorted(own(modules))


def test_calendar_loads_the_library_of_a_page_only_for_that_page(tmp_path: Path) -> None:
    for words, libraries in (([], set()), (["--json"], set()), (["--out", "c.html"], {"jinja2"})):
        done, modules = start(["calendar", *words], tmp_path)
        assert done.returncode == 0, done.stderr
        assert modules
        assert {"jinja2", "icalendar"} & {*modules} == libraries
        assert not rooms(modules) & {*_AWAY}
        assert "invent_gitops.http.client" not in modules
        assert len(own(modules)) <= 250, sorted(own(modules))


@pytest.mark.parametrize(
    "before",
    [
        "import atexit; atexit.register(print, 'at the end')",
        "import threading as t; t.Thread(target=lambda: (t.main_thread().join(), print('at the end'))).start()",
        "sys.setprofile(lambda *event: None); print('at the end')",
    ],
    ids=["exit", "thread", "profile"],
)
def test_end_that_something_waits_for_is_the_usual_one(before: str, tmp_path: Path) -> None:
    done, modules = start(["--version"], tmp_path, before)
    assert not modules
    assert done.returncode == 0, done.stderr
    assert "at the end" in done.stdout


def test_exit_code_of_a_failure_survives_leaving_at_once(tmp_path: Path) -> None:
    done, modules = start(["validate", "nowhere"], tmp_path)
    assert modules
    assert done.returncode == 4
    assert "nowhere" in done.stderr
