"""Runs the jobs of a workflow as GitHub's runner does: real bash, real checkouts, the files of each step.

It knows what our workflows use, and refuses what it does not know.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.careful.fast_paths import python_path
from tests.forked import PATIENCE, SHELL, address
from tests.running import environment
from tests.steps import read_outputs

Context = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """What became of a step: its log holds both streams, in their order."""

    name: str
    outcome: str
    code: int = 0
    log: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""


@dataclass(frozen=True)
class Job:
    conclusion: str
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)

    @property
    def log(self) -> str:
        return "\n".join(f"--- {step.name}: {step.outcome} {step.code}\n{step.log}" for step in self.steps)

    @property
    def summary(self) -> str:
        return "".join(step.summary for step in self.steps)


def load(path: Path) -> dict[str, Any]:
    """A workflow; `on` stays the word that it is."""
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # ours
    return found


@dataclass(frozen=True)
class Runner:
    """One machine. `remote` is the bare repository that is checked out, `variables` what GitHub sets for every step."""

    folder: Path
    remote: Path
    variables: Mapping[str, str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    vars: Mapping[str, str] = field(default_factory=dict)

    def run(self, workflow: Path, event: str, sha: str, *, inputs: Mapping[str, str] | None = None) -> Job:
        """The only job of a workflow, for one event at one commit. The event must be one that starts the workflow."""
        document = load(workflow)
        assert event in document["on"], f"{workflow.name} does not start on {event}"
        assert document["permissions"] in ({}, "{}")
        (job,) = document["jobs"].values()
        workspace = self.folder / "workspace"
        temporary = self.folder / "temporary"
        for folder in (workspace, temporary):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        variables = dict(self.variables) | {
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_EVENT_NAME": event,
            "GITHUB_SHA": sha,
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(temporary),
        }
        secrets = self.secrets if "environment" in job else {}
        context: dict[str, Any] = {
            "github": {
                "token": variables.get("TOKEN", "token"),
                "ref": variables.get("GITHUB_REF", ""),
                "event_name": event,
                "event": {"workflow_run": {"event": "push"}} if event == "workflow_run" else {},
                "run_id": variables.get("GITHUB_RUN_ID", ""),
                "run_attempt": "1",
            },
            "secrets": secrets,
            "vars": self.vars,
            "inputs": dict(inputs or {}),
            "runner": {"temp": str(temporary)},
            "steps": {},
        }
        variables.pop("TOKEN", None)
        variables |= {name: text(value, context) for name, value in job.get("env", {}).items()}
        if "if" in job and not truth(job["if"], context):
            return Job("skipped", ())
        return self._steps(job, context, variables, workspace, sha)

    def _steps(
        self, job: Mapping[str, Any], context: dict[str, Any], variables: dict[str, str], workspace: Path, sha: str
    ) -> Job:
        done: list[Step] = []
        failed = False
        path = os.environ["PATH"]
        for number, step in enumerate(job["steps"]):
            name = step.get("name", step.get("uses", ""))
            context["failed"] = failed
            wanted = truth(step["if"], context) if "if" in step else not failed
            # Without a function that asks for it, a step after a failed one is left out.
            if failed and not re.search(r"always\(\)|cancelled\(\)|failure\(\)", step.get("if", "")):
                wanted = False
            if not wanted:
                made = Step(name, "skipped")
            elif "uses" in step:
                given = {key: text(value, context) for key, value in step.get("with", {}).items()}
                made, path = self._use({**step, "with": given}, workspace, sha, path)
            else:
                given = {key: text(value, context) for key, value in step.get("env", {}).items()}
                made = self._script(name, step["run"], workspace, variables | given | {"PATH": path}, number)
            done.append(made)
            if "id" in step:
                context["steps"][step["id"]] = {"outputs": made.outputs, "outcome": made.outcome}
            failed = failed or (made.outcome == "failure" and step.get("continue-on-error") != "true")
        for step in job["steps"]:
            if not failed and step.get("uses", "").startswith("actions/cache@"):
                path_of = Path(text(step["with"]["path"], context))
                self._cached(path_of).parent.mkdir(exist_ok=True)
                shutil.copy(path_of, self._cached(path_of))
        return Job("failure" if failed else "success", tuple(done))

    def _use(self, step: Mapping[str, Any], workspace: Path, sha: str, path: str) -> tuple[Step, str]:
        action = step["uses"].partition("@")[0]
        if action == "actions/checkout":
            given = dict(step["with"])
            assert given.pop("persist-credentials") == "false"
            wanted = f"refs/heads/{given.pop('ref')}" if "ref" in given else sha
            whole = given.pop("fetch-depth", "1") == "0"
            assert not given
            # One commit and nothing else, as the action does it; without a depth also every branch, with its history.
            every = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"] if whole else []
            depth = [] if whole else ["--depth=1"]
            for words in (
                ["init", "--quiet", "--template="],
                ["remote", "add", "origin", self.variables.get("ORIGIN", str(self.remote))],
                ["fetch", "--quiet", *depth, str(self.remote), wanted, *every],
                ["checkout", "--quiet", "--detach", "FETCH_HEAD"],
            ):
                subprocess.run(["git", "-C", str(workspace), *words], check=True, capture_output=True, timeout=PATIENCE)
            return Step(step["uses"], "success"), path
        if action == "actions/cache":
            target = Path(step["with"]["path"])
            if self._cached(target).exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self._cached(target), target)
            return Step(step.get("name", action), "success"), path
        if action == "actions/upload-artifact":
            return self._upload(step), path
        assert action == "./" or action.endswith("/invent-gitops"), f"an action that nobody knows: {action}"
        bin_folder = self.folder / "bin"
        bin_folder.mkdir(exist_ok=True)
        program = bin_folder / "invent-gitops"
        # Stands for what the action writes: exec python -I -m invent_gitops "$@"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{SHELL}" "{address()}" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        return Step(step["uses"], "success"), f"{bin_folder}{os.pathsep}{path}"

    def _cached(self, path: Path) -> Path:
        """Where a file of a cache is kept between two runs."""
        return self.folder / "cache" / path.name

    def _upload(self, step: Mapping[str, Any]) -> Step:
        """Keep the files of an artifact, of which each run has a folder, and say where GitHub would show it."""
        given = dict(step["with"])
        target = self.folder / "artifacts" / given.pop("name")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for path in given.pop("path").split():
            (shutil.copytree if Path(path).is_dir() else shutil.copy)(path, target / Path(path).name)
        assert given.keys() <= {"if-no-files-found", "overwrite", "retention-days"}
        server, repository, run = (self.variables[f"GITHUB_{name}"] for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
        address = f"{server}/{repository}/actions/runs/{run}/artifacts/1"
        return Step(step.get("name", step["uses"]), "success", outputs={"artifact-url": address})

    def _script(self, name: str, script: str, where: Path, variables: Mapping[str, str], number: int) -> Step:
        assert "${{" not in script, "an expression inside of a script is code that somebody else may write"
        files = {
            variable: self.folder / f"{variable}-{number}" for variable in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        }
        for file in files.values():
            file.write_text("", encoding="utf-8")
        path = self.folder / f"script-{number}.sh"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            ["bash", "-e", str(path)],
            cwd=where,
            env=environment(
                {"PYTHONPATH": python_path()} | dict(variables) | {key: str(one) for key, one in files.items()}
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        outputs = read_outputs(files["GITHUB_OUTPUT"].read_text("utf-8"))
        outcome = "failure" if done.returncode else "success"
        return Step(
            name, outcome, done.returncode, done.stdout, outputs, files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
        )


# ---------------------------------------------------------------- expressions


def text(value: str, context: Context) -> str:
    """A value with its expressions filled in."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: shown(evaluate(match[1], context)), value)


def truth(value: str, context: Context) -> bool:
    return bool(evaluate(re.sub(r"^\$\{\{(.*)\}\}$", r"\1", value.strip()), context))


def shown(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def evaluate(expression: str, context: Context) -> Any:
    """The value of an expression: names, texts, functions of a step's fate, `!`, `==`, `!=`, `&&` and `||`."""
    words = re.findall(r"\s*(&&|\|\||==|!=|!|[()]|'[^']*'|[\w.-]+)", expression)
    assert "".join(words).replace(" ", "") == expression.replace(" ", ""), (
        f"an expression that nobody knows: {expression}"
    )
    value, rest = _either(words, context)
    assert not rest, f"an expression that nobody knows: {expression}"
    return value


def _either(words: list[str], context: Context) -> tuple[Any, list[str]]:
    value, words = _both(words, context)
    while words[:1] == ["||"]:
        other, words = _both(words[1:], context)
        value = value or other
    return value, words


def _both(words: list[str], context: Context) -> tuple[Any, list[str]]:
    value, words = _compared(words, context)
    while words[:1] == ["&&"]:
        other, words = _compared(words[1:], context)
        value = value and other
    return value, words


def _compared(words: list[str], context: Context) -> tuple[Any, list[str]]:
    value, words = _one(words, context)
    if words[:1] in (["=="], ["!="]):
        sign = words[0]
        other, words = _one(words[1:], context)
        value = (shown(value) == shown(other)) == (sign == "==")
    return value, words


def _one(words: list[str], context: Context) -> tuple[Any, list[str]]:
    word, *words = words
    if word == "!":
        value, words = _one(words, context)
        return not value, words
    if word == "(":
        value, words = _either(words, context)
        return value, words[1:]
    if word.startswith("'"):
        return word[1:-1], words
    if words[:2] == ["(", ")"]:
        functions: dict[str, Callable[[], bool]] = {
            "always": lambda: True,
            "cancelled": lambda: False,
            "failure": lambda: bool(context["failed"]),
        }
        return functions[word](), words[2:]
    found: Any = context
    for part in word.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found, words
