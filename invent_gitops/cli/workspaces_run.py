"""Gives each workspace of a project its turn with one command, and makes one answer of all of theirs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from invent_gitops.cli.errors import through_the_door
from invent_gitops.cli.gathered import Gathered
from invent_gitops.cli.output import REVIEW, Review
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, Interrupted, InventGitopsError, WrongUsage, worst
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project
from invent_gitops.operations.project import InvalidDefinitions, SelectedProject, working_in
from invent_gitops.text.clean import clean

# What a command acts on where nobody chose: each workspace, for commands that only look; or it demands a choice. Some
# speak of one key, which is of one workspace. "checks" is "each" for a command that goes on where the input is wrong.
Scope: TypeAlias = Literal["checks", "each", "asked", "one"]
# Options that name a file, which must be another one for each workspace, and the place of the name in it.
_FILES = {"out": "--out", "plan_file": "--plan"}
_NAME = "{workspace}"
# Options that mean one state, or one plan.
_OF_ONE = {"state": "--state", "approved": "--approved"}
KIND = "workspaces-run"
# The document that --out of a command writes.
_WRITTEN = {"plan": "plan", "apply": "report", "status": "status"}
# Outputs of which a workspace that says nothing has surely none.
_NONE_IF_UNSAID = ("creates", "created", "already_created", "adopted", "not_created", "unknown")
_WORDS = {
    ExitCode.DONE: "done",
    ExitCode.USAGE: "wrong usage",
    ExitCode.CHANGES: "there is something to do",
    ExitCode.INVALID: "invalid input",
    ExitCode.REFUSED: "refused",
    ExitCode.UNAVAILABLE: "the API or the network said no",
    ExitCode.UNSETTLED: "something is in doubt: look before you retry",
    ExitCode.BUG: "a bug in this tool",
    ExitCode.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one workspace; without a `code` it was not begun."""

    workspace: str
    code: ExitCode | None
    gathered: Gathered


def for_workspace(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The options of a command for one workspace: with its name in those that name a file."""
    named = {option: values[option].replace(_NAME, name) for option in _FILES if values.get(option)}
    return {**values, **named}


class Turns:
    """One command in each workspace: the worst exit code counts, and none stops the others unless somebody does."""

    def __init__(
        self,
        session: Session,
        function: Callable[..., Any],
        scope: Scope,
        opened: SelectedProject,
        values: Mapping[str, Any],
    ) -> None:
        self._session, self._function, self._scope, self._opened = session, function, scope, opened
        self._values, self._several = values, opened.project.workspaces or {}
        self._form = values.get("form")
        self._began = time.monotonic()

    def each(self) -> ExitCode:
        session = self._session
        session.kind, session.json = KIND, session.json or self._form == "json"
        _refuse_what_is_one(self._values)
        problems = self._problems()
        if problems and self._scope != "checks":
            return self._cannot_begin(problems)
        # A run that is killed must not leave the documents of an older one for those that had no turn.
        self._leave_word(lambda review: review.begin())
        parts: list[Part] = []
        told = self._tell(problems)
        for name, project in self._several.items():
            try:
                parts.append(self._part(name, project))
            except KeyboardInterrupt:
                # Between two of them.
                session.stopping = True
                parts.append(Part(name, None, Gathered()))
        codes = [ExitCode.INTERRUPTED if part.code is None else part.code for part in parts]
        code = worst([ExitCode.INVALID if problems else ExitCode.DONE, *codes])
        self._conclude(code, parts, problems, told)
        return code

    def _problems(self) -> list[Problem]:
        """The faults of the project file; with --files those that concern one of the files."""
        if not (self._values.get("files") and self._opened.problems):
            return self._opened.problems
        from invent_gitops.operations.problems_for_files import concerning

        opened, projects = self._opened, self._several.values()
        return concerning(opened.problems, opened.root, projects, self._session.start, self._values["paths"])

    def _cannot_begin(self, problems: list[Problem]) -> ExitCode:
        """Tell what is wrong with the project file: in the form that was asked for, and in each file of --out."""
        error = InvalidDefinitions(problems)
        self._leave_word(lambda review: review.fail(error))
        if self._form not in REVIEW:
            raise error
        # The command knows the form.
        with working_in(self._opened):
            return ExitCode(self._function(**{**self._values, "out": None}))

    def _leave_word(self, say: Callable[[Review], None]) -> None:
        """Write into the file of --out of every workspace; that it cannot be written is told when it has its turn."""
        out = self._values.get("out")
        if not out:
            return
        for name, project in self._several.items():
            opened = SelectedProject(self._opened.root, project, [], self._several)
            with self._session.part(name, 1), working_in(opened), suppress(InventGitopsError):
                self._session.kind = _WRITTEN[self._function.__name__]
                say(Review(self._session, "text", out.replace(_NAME, name)))

    def _tell(self, problems: list[Problem]) -> str:
        """Show the faults of the project file, once; returns them as annotations."""
        if not problems or self._session.json or self._form == "sarif":
            return ""
        self._session.wrong(problems)
        if self._form != "github":
            return ""
        from invent_gitops.github.step import prefix
        from invent_gitops.render.text.problems import problems_github

        return problems_github(problems, prefix(Path()))

    def _part(self, name: str, project: Project) -> Part:
        values = for_workspace(self._values, name)
        if values.get("deadline"):
            values["deadline"] -= time.monotonic() - self._began
            self._session.stopping = self._session.stopping or values["deadline"] <= 0
        if self._session.stopping:
            return Part(name, None, Gathered())
        # Problems of the file were told already.
        opened = SelectedProject(self._opened.root, project, [], self._several)
        with self._session.part(name, len(self._several)) as gathered, working_in(opened):
            code = through_the_door(self._session, lambda: self._begin(project, values))
        if code is ExitCode.INTERRUPTED:
            self._session.stopping = True
        return Part(name, code, gathered)

    def _begin(self, project: Project, values: Mapping[str, Any]) -> Any:
        session = self._session
        if self._form == "github":
            from invent_gitops.github.step import write_summary

            write_summary(f"## {project.name}\n")
        gap = "" if next(iter(self._several)) == project.name else "\n"
        if session.json or self._form == "sarif":
            session.note(f"Workspace {project.name}:")
        elif self._form == "markdown":
            session.result(f"{gap}## {project.name}\n")
        else:
            session.result(gap + session.style.bold(f"Workspace {project.name} (org {clean(project.org)})"))
        return self._function(**values)

    def _conclude(self, code: ExitCode, parts: list[Part], problems: list[Problem], told: str) -> None:
        session = self._session
        if totals := _totals(parts, code):
            session.outputs(totals)
        if session.json:
            session.answer(KIND, code, {"workspaces": [_part_json(part) for part in parts]}, problems=problems)
            return
        lines = [f"{part.workspace}: {_words(part)}" for part in parts]
        if self._form == "sarif":
            from invent_gitops.cli.sarif_log import show_log

            found = [*problems, *(problem for part in parts for problem in part.gathered.problems)]
            show_log(session, found, code, _failures(parts))
        elif commands := [told, *(part.gathered.commands for part in parts)]:
            from invent_gitops.render.github.annotations import together

            session.commands(together(commands))
        if self._form in ("markdown", "sarif"):
            session.note("\n".join(lines))
        else:
            session.result("\n" + "\n".join(lines))


def _refuse_what_is_one(values: Mapping[str, Any]) -> None:
    """Refuse options that cannot mean all workspaces."""
    for option, flag in _OF_ONE.items():
        if values.get(option):
            raise WrongUsage(f"{flag} is for one workspace.", "Choose it with --workspace NAME.")
    for option, flag in _FILES.items():
        if values.get(option) and _NAME not in values[option]:
            raise WrongUsage(
                f"{flag} names one file for several workspaces.",
                f"Write {_NAME} where the name belongs, such as {_NAME}.json, or choose one with --workspace NAME.",
            )


def _totals(parts: list[Part], code: ExitCode) -> dict[str, str | int]:
    """A step's outputs for all workspaces: the sum of what each one tells; a digest and ids are of one."""
    given = [part.gathered.outputs for part in parts]
    if not any(given):
        return {}
    sums: dict[str, str | int] = {}
    for name in dict.fromkeys(name for outputs in given for name in outputs):
        numbers = [outputs.get(name, 0 if name in _NONE_IF_UNSAID else "") for outputs in given]
        if all(isinstance(number, int) for number in numbers):
            sums[name] = sum(number for number in numbers if isinstance(number, int))
        elif name in ("digest", "ids"):
            sums[name] = ""
    return {**sums, "exit_code": int(code)}


def _failures(parts: Sequence[Part]) -> list[InventGitopsError]:
    """Why there is nothing to know of a workspace, for each such one."""
    found = []
    for part in parts:
        if failure := part.gathered.failure:
            found.append(InventGitopsError(f"{part.workspace}: {failure.message}", failure.cure))
        elif part.code is None:
            found.append(Interrupted(f"{part.workspace}: It was not begun, since somebody stopped the run."))
    return found


def _words(part: Part) -> str:
    if part.code is None:
        return "not begun"
    told = _WORDS[part.code]
    return told if part.code is ExitCode.DONE else f"{told} (exit code {int(part.code)})"


def _part_json(part: Part) -> dict[str, object]:
    import json

    document = json.loads(part.gathered.document) if part.gathered.document else None
    return {
        "workspace": part.workspace,
        "exit_code": None if part.code is None else int(part.code),
        "document": document,
    }
