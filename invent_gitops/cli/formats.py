"""The forms that a result can have. A row of `FORMATS` is a format: add a new one there, and its pages to `render/`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from invent_gitops.cli.result import Display, Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, Interrupted, InventGitopsError
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project
from invent_gitops.text.clean import clean

# The results that have a page of Markdown.
REVIEWED = ("plan", "status", "report")


@dataclass(frozen=True)
class Delivery:
    """One result on its way out: `sharing` is how many workspaces share what there is room for, 0 without workspaces.

    `document` is its JSON document, "" where the format needs none.
    """

    session: Session
    form: str
    result: Result
    document: str
    workspace: str = ""
    sharing: int = 0

    @cached_property
    def text(self) -> str:
        """What people read."""
        session = self.session
        return self.result.text(Display(session.style, session.verbose, self.form == "github", session.width))

    def show_text(self) -> None:
        if self.text:
            self.session.show(self.text)

    def room(self, limit: int) -> int:
        """How much of `limit` this result may take: several workspaces share it, each with a heading."""
        return limit // self.sharing - 100 if self.sharing else limit


@dataclass(frozen=True, slots=True)
class Part:
    """What is kept of the result of one workspace for the result of all; without a `code` it was not begun."""

    workspace: str
    code: ExitCode | None
    document: str = ""
    annotations: str = ""
    outputs: Mapping[str, str | int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    error: InventGitopsError | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The results of all workspaces. `problems` and `annotations` are those of the project file, `lines` one for each."""

    kind: str
    code: ExitCode
    parts: Sequence[Part]
    problems: Sequence[Problem]
    annotations: str
    outputs: Mapping[str, str | int]
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Format:
    """One form: `write` delivers a result, and one of several where `write_part` does not; `join` ends those of several.

    `kinds` are the results that have it, and `beside_json` those for which --json as well is no contradiction.
    `begin` is the heading of one workspace; `documented` are the results of which it needs the JSON document.
    """

    kinds: tuple[str, ...]
    write: Callable[[Delivery], None]
    write_part: Callable[[Delivery], Part]
    join: Callable[[Session, Joined], None]
    begin: Callable[[Session, Project, bool], None]
    documented: tuple[str, ...] = ()
    beside_json: tuple[str, ...] = ()


def formats_of(kind: str) -> list[str]:
    """The formats of the results of a kind, the default first."""
    return [name for name, form in FORMATS.items() if kind in form.kinds]


# ---------------------------------------------------------------- text


def write_text(delivery: Delivery) -> None:
    delivery.show_text()


def _part_of(delivery: Delivery) -> Part:
    return Part(delivery.workspace, delivery.result.code)


def _text_part(delivery: Delivery) -> Part:
    delivery.show_text()
    return _part_of(delivery)


def _begin_text(session: Session, project: Project, first: bool) -> None:
    gap = "" if first else "\n"
    session.show(gap + session.style.bold(f"Workspace {project.name} (org {clean(project.org)})"))


def _join_text(session: Session, joined: Joined) -> None:
    session.show("\n" + "\n".join(joined.lines))


# ---------------------------------------------------------------- JSON


def write_json(delivery: Delivery) -> None:
    delivery.session.show(delivery.document)


def _json_part(delivery: Delivery) -> Part:
    return Part(delivery.workspace, delivery.result.code, delivery.document)


def _begin_aside(session: Session, project: Project, first: bool) -> None:
    session.note(f"Workspace {project.name}:")


def _join_json(session: Session, joined: Joined) -> None:
    from invent_gitops.render.documents.machine import document

    workspaces = [
        {
            "workspace": part.workspace,
            "exit_code": None if part.code is None else int(part.code),
            "document": json.loads(part.document) if part.document else None,
        }
        for part in joined.parts
    ]
    session.show(document(joined.kind, joined.code, {"workspaces": workspaces}, problems=joined.problems))


# ---------------------------------------------------------------- Markdown


def write_markdown(delivery: Delivery) -> None:
    from invent_gitops.render.markdown.plan import COMMENT_LIMIT

    # One less, for the line feed at the end.
    delivery.session.show(_page(delivery)(limit=delivery.room(COMMENT_LIMIT) - 1))


def _page(delivery: Delivery) -> Callable[..., str]:
    from invent_gitops.github import step
    from invent_gitops.render.markdown.document import page

    return partial(page, json.loads(delivery.document), files=step.files_address(Path(), commit=_commit()))


def _commit() -> str:
    """The head of a pull request; GitHub merges it for the run, and forgets that commit soon."""
    from invent_gitops.github.event import read_event

    with suppress(InventGitopsError):
        return read_event().commit
    return ""


def _markdown_part(delivery: Delivery) -> Part:
    write_markdown(delivery)
    return _part_of(delivery)


def _begin_markdown(session: Session, project: Project, first: bool) -> None:
    session.show(f"{'' if first else chr(10)}## {project.name}\n")


def _join_aside(session: Session, joined: Joined) -> None:
    session.note("\n".join(joined.lines))


# ---------------------------------------------------------------- a step of a workflow on GitHub


def write_github(delivery: Delivery) -> None:
    """The text, and annotations, summary and outputs of the step. Of a failure, people read the text last."""
    result, session = delivery.result, delivery.session
    if not result.failed:
        delivery.show_text()
    if annotations := _annotations(delivery):
        session.show(annotations)
    _summarise(delivery)
    _set_outputs(session, _outputs(delivery))
    if result.failed:
        delivery.show_text()


def _github_part(delivery: Delivery) -> Part:
    delivery.show_text()
    _summarise(delivery)
    return Part(
        delivery.workspace, delivery.result.code, annotations=_annotations(delivery), outputs=_outputs(delivery)
    )


def _annotations(delivery: Delivery) -> str:
    from invent_gitops.github.step import prefix
    from invent_gitops.render.github.annotations import Annotation, commands

    result = delivery.result
    if result.annotations:
        return result.annotations(prefix(Path()))
    if not (result.failed and result.error and result.kind in REVIEWED):
        return ""
    command = "apply" if result.kind == "report" else result.kind
    where = f" in {delivery.workspace}" if delivery.workspace else ""
    message = f"{result.error.message} {result.error.cure}".strip()
    return commands([Annotation("error", f"invent-gitops {command}{where}", message)], prefix(Path()))


def _summarise(delivery: Delivery) -> None:
    if delivery.result.kind not in REVIEWED:
        return
    from invent_gitops.github import step
    from invent_gitops.render.markdown.fit import in_bytes

    room = min(step.summary_room() - 2, delivery.room(step.SUMMARY_LIMIT))
    if reason := step.write_summary(_page(delivery)(limit=max(0, room), size=in_bytes)):
        delivery.session.note(clean(reason))


def _outputs(delivery: Delivery) -> Mapping[str, str | int]:
    from invent_gitops.render.github.outputs import step_outputs

    result = delivery.result
    return step_outputs(json.loads(delivery.document)) if result.kind in REVIEWED else result.outputs


def _set_outputs(session: Session, outputs: Mapping[str, str | int]) -> None:
    from invent_gitops.github.step import write_outputs

    if outputs and (reason := write_outputs(outputs)):
        session.note(clean(reason))


def _begin_github(session: Session, project: Project, first: bool) -> None:
    from invent_gitops.github.step import write_summary

    write_summary(f"## {project.name}\n")
    _begin_text(session, project, first)


def _join_github(session: Session, joined: Joined) -> None:
    from invent_gitops.render.github.annotations import together

    _set_outputs(session, joined.outputs)
    if annotations := together([joined.annotations, *(part.annotations for part in joined.parts)]):
        session.show(annotations)
    _join_text(session, joined)


def _write_matrix(delivery: Delivery) -> None:
    delivery.session.show(json.dumps(delivery.result.body()["matrix"]))


# ---------------------------------------------------------------- SARIF


def write_sarif(delivery: Delivery) -> None:
    from invent_gitops.cli.sarif_log import show_log
    from invent_gitops.render.sarif import failure_sarif

    result = delivery.result
    if result.failed and result.error:
        delivery.session.show(failure_sarif(result.error, result.code))
    else:
        show_log(delivery.session, result.problems, result.code)


def _sarif_part(delivery: Delivery) -> Part:
    result = delivery.result
    return Part(delivery.workspace, result.code, problems=result.problems, error=result.error)


def _join_sarif(session: Session, joined: Joined) -> None:
    from invent_gitops.cli.sarif_log import show_log

    problems = [*joined.problems, *(problem for part in joined.parts for problem in part.problems)]
    show_log(session, problems, joined.code, _failures(joined.parts))
    _join_aside(session, joined)


def _failures(parts: Sequence[Part]) -> list[InventGitopsError]:
    """Why there is nothing to know of a workspace, for each such one."""
    failures: list[InventGitopsError] = []
    for part in parts:
        if part.error:
            failures.append(InventGitopsError(f"{part.workspace}: {part.error.message}", part.error.cure))
        elif part.code is None:
            failures.append(Interrupted(f"{part.workspace}: It was not begun, since somebody stopped the run."))
    return failures


_PLAN, _STATUS, _REPORT, _CHECK, _LIST = "plan", "status", "report", "validation", "workspaces"

FORMATS = {
    "text": Format((_PLAN, _STATUS, _REPORT, _CHECK, _LIST), write_text, _text_part, _join_text, _begin_text),
    "json": Format(
        (_PLAN, _STATUS, _REPORT, _CHECK, _LIST), write_json, _json_part, _join_json, _begin_aside
    ),
    "markdown": Format((_PLAN, _STATUS), write_markdown, _markdown_part, _join_aside, _begin_markdown, documented=REVIEWED),
    "matrix": Format((_LIST,), _write_matrix, _text_part, _join_text, _begin_text),
    "github": Format(
        (_PLAN, _STATUS, _REPORT, _CHECK, _LIST),
        write_github,
        _github_part,
        _join_github,
        _begin_github,
        documented=REVIEWED,
        beside_json=(_CHECK,),
    ),
    "sarif": Format((_CHECK,), write_sarif, _sarif_part, _join_sarif, _begin_aside),
}
