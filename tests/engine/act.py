"""One run of a workflow under act, as a process, and what became of each job and step by act's own log."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.workflows.runner import Job, Step

LIMIT = 480  # seconds: thirty times what a run of ours takes on a machine that does nothing else
_MARK = "ENGINE_RUN"
# What a runner's machine brings along: how to reach the package index, and nothing of whoever started this.
_OURS = ("ACT", "CI", "EMAIL", "ENGINE_", "GIT", "INVENT_", "PYTEST", "PYTHON", "RUNNER_", "VIRTUAL_ENV", "XDG_")


@dataclass(frozen=True)
class Engine:
    """`program` is act; `python` is what jobs install with; `product` holds the action that they use."""

    program: Path
    python: Path
    product: Path


@dataclass(frozen=True)
class Order:
    """One run: a workflow's file, the event, and what GitHub gives to it."""

    workflow: Path
    event: str
    payload: Path
    variables: Mapping[str, str]
    secrets: Mapping[str, str]
    actions: Mapping[str, Path]  # what `uses:` names, and the folder that stands for it
    folder: Path  # of this run: its machine, and its log


@dataclass
class _Told:
    """A step, while its log is read."""

    name: str
    outcome: str = "skipped"
    code: int = 0
    log: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: list[str] = field(default_factory=list)


def run(engine: Engine, order: Order) -> dict[str, Job]:
    """Every job by its workspace, or else by its name in the workflow. Nothing that it started is left behind.

    Fails with the last words of act if it ended before each job had a result.
    """
    order.folder.mkdir(parents=True)
    mark = uuid.uuid4().hex
    log = order.folder / "act.jsonl"
    with log.open("wb") as out, (order.folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            _command(engine, order),
            env=_environment(order.folder, mark),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
        try:
            process.wait(LIMIT)
        finally:
            _end(process, mark)
            shutil.rmtree(order.folder / "machine", ignore_errors=True)
    lines = log.read_text("utf-8").splitlines()
    jobs = read_log(lines)
    if not jobs or not all(job.conclusion for job in jobs.values()):
        last = "\n".join([(order.folder / "errors.txt").read_text("utf-8"), *lines[-20:]])
        raise AssertionError(f"act ended with {process.returncode} within {order.workflow.name}:\n{last}")
    return jobs


def _command(engine: Engine, order: Order) -> list[str]:
    files = {}
    for name in ("env", "input", "var", "secret"):
        files[name] = order.folder / f"{name}.txt"
        files[name].touch(0o600)
    # In a file, since a list of processes and the environment of act are open to the steps.
    files["secret"].write_text("".join(f"{name}={value}\n" for name, value in order.secrets.items()), encoding="utf-8")
    words = [str(engine.program), order.event, "--json", "--no-skip-checkout", "--no-cache-server", "--strict"]
    words += ["--directory", str(order.workflow.parent), "--workflows", str(order.workflow)]
    words += ["--platform", "ubuntu-latest=-self-hosted", "--eventpath", str(order.payload)]
    words += ["--action-cache-path", str(order.folder / "machine"), "--actor", "somebody"]
    # One job after the other: jobs at once share act's table of prepared actions, which it does not lock.
    words += ["--concurrent-jobs", "1"]
    for name, path in files.items():
        words += [f"--{name}-file", str(path)]
    for name, value in {**order.variables, "ENGINE_PYTHON": str(engine.python)}.items():
        words += ["--env", f"{name}={value}"]
    for name, folder in order.actions.items():
        words += ["--local-repository", f"{name}={folder}"]
    return words


def _environment(folder: Path, mark: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    home = folder / "home"
    home.mkdir()
    cache = os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "pip")
    return {**kept, "HOME": str(home), "PIP_CACHE_DIR": cache, _MARK: mark}


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """End act if it still runs, and each process that has the mark of its run in its environment."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
    wanted = f"{_MARK}={mark}".encode()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in entry.read_bytes().split(b"\0"):
                os.kill(int(entry.parent.name), signal.SIGKILL)


def read_log(lines: Iterable[str]) -> dict[str, Job]:
    """What act's JSON log says of each job; its conclusion is empty if act ended before it had one."""
    steps: dict[str, dict[str, _Told]] = {}
    conclusions: dict[str, str] = {}
    for line in lines:
        entry = json.loads(line)
        if "jobID" not in entry:
            continue
        name = (entry.get("matrix") or {}).get("workspace") or entry["jobID"]
        if "jobResult" in entry:
            conclusions[name] = entry["jobResult"]
        own = steps.setdefault(name, {})
        path: Sequence[str] = entry.get("stepID") or ()
        if path and entry.get("stage") == "Main":
            _tell(own.setdefault(path[0], _Told(entry["step"])), entry, own=len(path) == 1)
    return {
        name: Job(conclusions.get(name, ""), tuple(_step(told) for told in own.values())) for name, own in steps.items()
    }


def _tell(told: _Told, entry: Mapping[str, Any], *, own: bool) -> None:
    """One line of the log; `own` is whether it is of the step itself, and not of one inside of it."""
    message, command = str(entry.get("msg", "")), entry.get("command")
    if command == "summary":
        told.summary.append(entry["content"])
    elif command == "set-output" and own:
        told.outputs[entry["name"]] = entry["arg"]
    elif command in ("error", "warning", "notice"):
        told.log.append(message.partition("::")[1] + message.partition("::")[2] + "\n")
    elif entry.get("raw_output"):
        told.log.append(message)
    elif own and "stepResult" in entry:
        told.outcome = entry["stepResult"]
    elif found := re.search(r"exit (?:status|code) '?(\d+)", message) if entry.get("level") == "error" else None:
        told.code = int(found[1])


def _step(told: _Told) -> Step:
    return Step(told.name, told.outcome, told.code, "".join(told.log), told.outputs, "".join(told.summary))
