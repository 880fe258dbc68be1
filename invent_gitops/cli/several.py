"""Runs a command in the workspace that somebody chose, or in each of them in turn, where a project has several."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import click

from invent_gitops.cli.door import through_the_door
from invent_gitops.cli.session import Gathered, Session, not_empty
from invent_gitops.cli.workspace import InvalidDefinitions, Opened, find_root, none_chosen, read_project, working_in
from invent_gitops.errors import ExitCode, InventGitopsError, WrongUsage, worst
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project
from invent_gitops.render.clean import clean

Function = TypeVar("Function", bound=Callable[..., Any])
# What a command acts on where nobody chose: each workspace, for commands that only look; or it demands a choice. Some
# speak of one key, which is of one workspace. "checks" is "each" for a command that goes on where the input is wrong.
Scope: TypeAlias = Literal["checks", "each", "asked", "one"]
# Options that name a file, which must be another one for each workspace, and the place of the name in it.
_FILES = {"out": "--out", "plan_file": "--plan"}
_NAME = "{workspace}"
# Options that mean one state, or one plan.
_OF_ONE = {"state": "--state", "approved": "--approved"}
KIND = "workspaces-run"
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


def workspace_options(scope: Scope) -> Callable[[Function], Function]:
    """--workspace and, unless the scope is one, --all: the function runs in what they choose."""

    def decorate(function: Function) -> Function:
        def choose(**values: Any) -> Any:
            return _run(scope, function, values, values.pop("workspace"), values.pop("every", False))

        choose.__name__, choose.__doc__ = function.__name__, function.__doc__
        choose.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
        wrapped: Any = choose
        by_default = "  [default, where there are several]" if scope in ("checks", "each") else ""
        if scope != "one":
            wrapped = click.option(
                "--all", "every", is_flag=True, help=f"Each workspace of the project in turn.{by_default}"
            )(wrapped)
        found: Function = click.option(
            "--workspace", metavar="NAME", callback=not_empty, help="One of the project's workspaces."
        )(wrapped)
        return found

    return decorate


def _run(scope: Scope, function: Callable[..., Any], values: dict[str, Any], name: str | None, every: bool) -> Any:
    if name and every:
        raise WrongUsage("--workspace and --all contradict each other.", "Give one of them.")
    try:
        opened = read_project(find_root())
    except InventGitopsError:
        if name or every:
            raise
        # The command finds the same, and says it in its own form.
        return function(**values)
    several = opened.project.workspaces
    if several is None:
        if (name or every) and not opened.problems:
            raise WrongUsage(
                f"There are no workspaces in {opened.project.file or 'this project'}.",
                f"Leave {'--all' if every else '--workspace'} out, or add workspaces: to the project file.",
            )
        with working_in(opened):
            return function(**values)
    if values.get("definitions") is not None or (values.get("paths") and not values.get("files")):
        raise WrongUsage(
            "DEFINITIONS is for a project without workspaces: each workspace has its own folder.",
            "Leave it out, and choose with --workspace NAME.",
        )
    if every or (not name and scope in ("checks", "each")):
        session = click.get_current_context().find_object(Session)
        assert session is not None
        return _Run(session, function, scope, opened, values).each()
    with working_in(_chosen(opened, name, several)):
        return function(**_for_workspace(values, name or ""))


def _chosen(opened: Opened, name: str | None, several: Mapping[str, Project]) -> Opened:
    """The workspace of that name. Where the file is wrong, the command says so in its own form."""
    if name and name in several:
        return replace(opened, project=several[name], several=several)
    if opened.problems:
        return opened
    if not name:
        raise none_chosen(opened.project)
    raise WrongUsage(f"There is no workspace {name!r}.", f"There are: {', '.join(several)}")


def _for_workspace(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    named = {option: values[option].replace(_NAME, name) for option in _FILES if values.get(option)}
    return {**values, **named}


class _Run:
    """One command in each workspace: the worst exit code counts, and none stops the others unless somebody does."""

    def __init__(
        self, session: Session, function: Callable[..., Any], scope: Scope, opened: Opened, values: Mapping[str, Any]
    ) -> None:
        self._session, self._function, self._scope, self._opened = session, function, scope, opened
        self._values, self._several = values, opened.project.workspaces or {}
        self._began = time.monotonic()

    def each(self) -> ExitCode:
        session, form = self._session, self._values.get("form")
        session.kind, session.json = KIND, session.json or form == "json"
        _refuse_what_is_one(self._values)
        problems = self._opened.problems
        if problems and form in ("markdown", "github") and self._scope != "checks":
            # Reviewers are told in the form that they asked for, which the command knows.
            with working_in(self._opened):
                return ExitCode(self._function(**self._values))
        if problems:
            self._tell(problems)
        parts: list[Part] = []
        for name, project in self._several.items():
            try:
                parts.append(self._part(name, project))
            except KeyboardInterrupt:
                # Between two of them.
                session.stopping = True
                parts.append(Part(name, None, Gathered()))
        codes = [ExitCode.INTERRUPTED if part.code is None else part.code for part in parts]
        code = worst([ExitCode.INVALID if problems else ExitCode.DONE, *codes])
        self._conclude(code, parts)
        return code

    def _tell(self, problems: list[Problem]) -> None:
        """The faults of the project file, once; only a command that checks goes on after that."""
        if self._scope != "checks":
            raise InvalidDefinitions(problems)
        if self._session.json:
            return
        self._session.wrong(problems)
        if self._values.get("form") == "github":
            from invent_gitops.github.step import prefix
            from invent_gitops.render.problems import problems_github

            self._session.result(problems_github(problems, prefix(Path())))

    def _part(self, name: str, project: Project) -> Part:
        values = _for_workspace(self._values, name)
        if values.get("deadline"):
            values["deadline"] -= time.monotonic() - self._began
            self._session.stopping = self._session.stopping or values["deadline"] <= 0
        if self._session.stopping:
            return Part(name, None, Gathered())
        # Problems of the file were told already.
        opened = Opened(self._opened.root, project, [], self._several)
        with self._session.part(name, len(self._several)) as gathered, working_in(opened):
            code = through_the_door(self._session, lambda: self._begin(project, values))
        if code is ExitCode.INTERRUPTED:
            self._session.stopping = True
        return Part(name, code, gathered)

    def _begin(self, project: Project, values: Mapping[str, Any]) -> Any:
        session, form = self._session, values.get("form")
        if form == "github":
            from invent_gitops.github.step import write_summary

            write_summary(f"## {project.name}\n")
        gap = "" if next(iter(self._several)) == project.name else "\n"
        if session.json:
            session.note(f"Workspace {project.name}:")
        elif form == "markdown":
            session.result(f"{gap}## {project.name}\n")
        else:
            session.result(gap + session.style.bold(f"Workspace {project.name} (org {clean(project.org)})"))
        return self._function(**values)

    def _conclude(self, code: ExitCode, parts: list[Part]) -> None:
        session = self._session
        totals = _totals(parts, code)
        if totals:
            session.outputs(totals)
        if session.json:
            session.answer(
                KIND, code, {"workspaces": [_part_json(part) for part in parts]}, problems=self._opened.problems
            )
            return
        lines = [f"{part.workspace}: {_words(part)}" for part in parts]
        if self._values.get("form") == "markdown":
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
    """A step's outputs for all workspaces: the sum of what each one tells; a digest is of one plan only."""
    given = [part.gathered.outputs for part in parts]
    if not any(given):
        return {}
    sums: dict[str, str | int] = {"creates": 0}
    for name in given[0]:
        numbers = [outputs.get(name) for outputs in given]
        if all(isinstance(number, int) for number in numbers):
            sums[name] = sum(number for number in numbers if isinstance(number, int))
    return {**sums, "digest": "", "exit_code": int(code)}


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
