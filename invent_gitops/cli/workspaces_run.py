"""Runs a command once for each workspace of a project, and joins the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click

from invent_gitops.cli.delivery import Joined, WorkspacePart
from invent_gitops.cli.document_options import (
    NAME,
    FileOption,
    OneWorkspaceOption,
    PageOutOption,
    SharedSecondsOption,
    option_of,
    options_of,
)
from invent_gitops.cli.formats import FORMATS
from invent_gitops.cli.output import Output, Wish, taken_from
from invent_gitops.cli.plain_formats import join_aside, join_json
from invent_gitops.cli.result import Result, failure
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError, WrongUsage, worst
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project
from invent_gitops.operations.project import InvalidDefinitions, SelectedProject, working_in
from invent_gitops.values import replace

if TYPE_CHECKING:
    from invent_gitops.cli.pages import PageFile

# What a command acts on where nobody chose: each workspace, for commands that only look; or it demands a choice. Some
# speak of one key, which is of one workspace. "checks" is "each" for a command that goes on where the input is wrong.
Scope: TypeAlias = Literal["checks", "each", "asked", "one"]
KIND = "workspaces-run"
# Outputs of which a workspace that says nothing has surely none.
_NONE_IF_UNSAID = ("creates", "created", "already_created", "adopted", "not_created", "unknown")
_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.USAGE: "wrong usage",
    ExitCode.CHANGES: "there is something to do",
    ExitCode.BY_HAND: "a person must act in Invent",
    ExitCode.INVALID: "invalid input",
    ExitCode.REFUSED: "refused",
    ExitCode.UNAVAILABLE: "the API or the network said no",
    ExitCode.UNSETTLED: "an outcome is unknown: check it before you retry",
    ExitCode.BUG: "a bug in this tool",
    ExitCode.INTERRUPTED: "interrupted",
}


def for_workspace(command: click.Command, values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the options of a command for one workspace: with its name in those that name a file."""
    options = [option.name or "" for option in options_of(command, FileOption)]
    named = {option: values[option].replace(NAME, name) for option in options if values.get(option)}
    return {**values, **named}


class WorkspacesRun:
    """One command in each workspace: the worst exit code counts, and none stops the others unless somebody does."""

    def __init__(
        self,
        session: Session,
        command: click.Command,
        function: Callable[..., Result],
        scope: Scope,
        opened: SelectedProject,
        values: Mapping[str, Any],
    ) -> None:
        self._session, self._command, self._function = session, command, function
        self._scope, self._opened, self._all_values = scope, opened, values
        self._values = dict(values)
        self._wish = taken_from(command, self._values)
        self._workspaces = opened.project.workspaces or {}
        self._began = time.monotonic()

    @property
    def _form(self) -> str:
        if self._session.json:
            return "json"
        return self._page.form if self._page else self._wish.form

    @property
    def _page(self) -> PageFile | None:
        """The file that holds the page of all workspaces, None where each has its own or nobody asked for one."""
        page = self._wish.page
        return None if page is None or NAME in page.path else page

    def run(self) -> ExitCode:
        """Run it, and deliver what came of all."""
        session = self._session
        session.json = session.json or self._wish.form == "json"
        try:
            _refuse_what_is_one(self._command, self._all_values, shared=self._wish.page is not None)
            problems = self._problems()
            if problems and self._scope != "checks":
                return self._cannot_begin(problems)
            # A run that is killed must not leave the documents of an older one for those that had no turn.
            self._for_each_file(Output.begin)
            return self._run_each(problems)
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # whatever it is, it is a result
            return Output(session).deliver(failure(KIND, error))

    def _run_each(self, problems: Sequence[Problem]) -> ExitCode:
        annotations = self._show_problems(problems)
        parts: list[WorkspacePart] = []
        for name, project in self._workspaces.items():
            try:
                parts.append(self._part(name, project))
            except KeyboardInterrupt:
                # Between two of them.
                self._session.stopping = True
                parts.append(WorkspacePart(name, None))
        codes = [ExitCode.INTERRUPTED if part.code is None else part.code for part in parts]
        code = worst([ExitCode.INVALID if problems else ExitCode.DONE, *codes])
        lines = [f"{part.workspace}: {_meaning(part)}" for part in parts]
        return self._join(Joined(KIND, code, parts, problems, annotations, _totals(parts, code), lines))

    def _join(self, joined: Joined) -> ExitCode:
        """Deliver what all workspaces have together; returns the code."""
        if not self._page:
            FORMATS[self._form].join(self._session, joined)
            return joined.code
        from invent_gitops.cli.page_formats import complete_documents
        from invent_gitops.cli.pages import open_page, write_page
        from invent_gitops.text.clean import clean

        path, unwritten = "", None
        if documents := complete_documents(self._session, joined):
            path, unwritten = write_page(self._session, self._page, documents)
            if not unwritten and not self._session.json:
                self._session.show(clean(path))
        code = worst([joined.code, unwritten.exit_code if unwritten else ExitCode.DONE])
        (join_json if self._session.json else join_aside)(self._session, replace(joined, code=code))
        if self._page.opened and path and not unwritten:
            open_page(self._session, path)
        return code

    def _problems(self) -> list[Problem]:
        """Return the faults of the project file; with --files those that concern one of the files."""
        if not (self._values.get("files") and self._opened.problems):
            return self._opened.problems
        from invent_gitops.operations.problems_for_files import concerning

        opened, projects = self._opened, self._workspaces.values()
        return concerning(opened.problems, opened.root, projects, self._session.start, self._values["paths"])

    def _cannot_begin(self, problems: list[Problem]) -> ExitCode:
        """Tell what is wrong with the project file: in the form that was asked for, and in each file of --out."""
        error = InvalidDefinitions(problems)
        self._for_each_file(lambda output: output.leave(output.failed(error)))
        if self._wish.form not in ("markdown", "github"):
            raise error
        # The command knows what belongs into its pages.
        with working_in(self._opened):
            output = Output(self._session, replace(self._wish, out=""))
            return output.deliver(output.run(self._function, self._values))

    def _for_each_file(self, write: Callable[[Output], None]) -> None:
        """Write into the file of --out of every workspace; that it cannot be written is told when it has its turn."""
        if not self._wish.out:
            return
        for name, project in self._workspaces.items():
            with self._working_in(project), suppress(InventGitopsError):
                write(Output(self._session, self._wish_for(name, form="text"), workspace=name))

    @contextmanager
    def _working_in(self, project: Project) -> Iterator[None]:
        # Problems of the file were told already.
        opened = SelectedProject(self._opened.root, project, [], self._workspaces)
        with self._session.speaking_of(project.name), working_in(opened):
            yield

    def _wish_for(self, name: str, form: str = "") -> Wish:
        page = self._wish.page
        own = replace(page, path=page.path.replace(NAME, name)) if page and not self._page else None
        own_form = self._form if self._page else self._wish.form
        return replace(self._wish, form=form or own_form, out=self._wish.out.replace(NAME, name), page=own)

    def _show_problems(self, problems: Sequence[Problem]) -> str:
        """Show the faults of the project file, once; returns them as annotations."""
        if not problems or self._form in ("json", "sarif"):
            return ""
        from invent_gitops.github.step import prefix
        from invent_gitops.render.text.problems import problems_github, problems_text
        from invent_gitops.render.text.wrap import wrapped

        width = self._session.width
        self._session.show(wrapped(problems_text(problems, self._session.style, width), width))
        return problems_github(problems, prefix(Path())) if self._form == "github" else ""

    def _part(self, name: str, project: Project) -> WorkspacePart:
        session, values = self._session, for_workspace(self._command, self._values, name)
        shared = option_of(self._command, SharedSecondsOption)
        if shared and (deadline := values[shared.name or ""]):
            values[shared.name or ""] = deadline = deadline.after(time.monotonic() - self._began)
            session.stopping = session.stopping or not deadline.remaining
        if session.stopping:
            return WorkspacePart(name, None)
        output = Output(session, self._wish_for(name), workspace=name, sharing=len(self._workspaces))
        with self._working_in(project):
            FORMATS[self._form].begin(session, project, next(iter(self._workspaces)) == name)
            part = output.deliver_part(output.run(self._function, values))
        if part.code is ExitCode.INTERRUPTED:
            session.stopping = True
        return part


def _refuse_what_is_one(command: click.Command, values: Mapping[str, Any], *, shared: bool) -> None:
    """Refuse options that cannot mean all workspaces; `shared` is whether one page holds them all."""
    for option in options_of(command, OneWorkspaceOption):
        if values.get(option.name or ""):
            raise WrongUsage(f"{option.opts[0]} is for one workspace.", "Choose it with --workspace NAME.")
    for file in options_of(command, FileOption):
        if isinstance(file, PageOutOption) and shared:
            continue
        if values.get(file.name or "") and NAME not in values[file.name or ""]:
            raise WrongUsage(
                f"{file.opts[0]} names one file for several workspaces.",
                f"Write {NAME} where the name belongs, such as {NAME}.json, or choose one with --workspace NAME.",
            )


def _totals(parts: Sequence[WorkspacePart], code: ExitCode) -> dict[str, str | int]:
    """Return a step's outputs for all workspaces: the sum of what each one tells; a digest and ids are of one."""
    if not any(part.outputs for part in parts):
        return {}
    sums: dict[str, str | int] = {}
    for name in dict.fromkeys(name for part in parts for name in part.outputs):
        numbers = [part.outputs.get(name, 0 if name in _NONE_IF_UNSAID else "") for part in parts]
        if all(isinstance(number, int) for number in numbers):
            sums[name] = sum(number for number in numbers if isinstance(number, int))
        elif name in ("digest", "ids"):
            sums[name] = ""
    return {**sums, "exit_code": int(code)}


def _meaning(part: WorkspacePart) -> str:
    if part.code is None:
        return "not begun"
    meaning = _MEANINGS[part.code]
    return meaning if part.code is ExitCode.DONE else f"{meaning} (exit code {int(part.code)})"
