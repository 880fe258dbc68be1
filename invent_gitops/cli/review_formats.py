"""Writers of what reviewers read: Markdown, and everything that a step of a workflow on GitHub can say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from invent_gitops.cli.delivery import REVIEWED, Delivery, Joined, WorkspacePart
from invent_gitops.cli.plain_formats import begin_text, join_text, part_of
from invent_gitops.cli.session import Session
from invent_gitops.errors import InventGitopsError

if TYPE_CHECKING:
    from invent_gitops.model.project import Project

# ---------------------------------------------------------------- Markdown


def write_markdown(delivery: Delivery) -> None:
    from invent_gitops.render.markdown.plan import COMMENT_LIMIT

    # One less, for the line feed at the end.
    delivery.session.show(_page(delivery)(limit=delivery.room(COMMENT_LIMIT) - 1))


def _page(delivery: Delivery) -> Callable[..., str]:
    import json
    from pathlib import Path

    from invent_gitops.github import step
    from invent_gitops.render.markdown.document import page

    return partial(page, json.loads(delivery.document), files=step.files_address(Path(), commit=_commit()))


def _commit() -> str:
    """Return the head of a pull request; GitHub merges it for the run, and forgets that commit soon."""
    from invent_gitops.github.event import read_event

    with suppress(InventGitopsError):
        return read_event().commit
    return ""


def write_markdown_part(delivery: Delivery) -> WorkspacePart:
    write_markdown(delivery)
    return part_of(delivery)


def begin_markdown(session: Session, project: Project, first: bool) -> None:
    session.show(f"{'' if first else chr(10)}## {project.name}\n")


# ---------------------------------------------------------------- a step of a workflow on GitHub


def write_github(delivery: Delivery) -> None:
    """Write the text, and annotations, summary and outputs of the step. Of a failure, people read the text last."""
    result, session = delivery.result, delivery.session
    if not result.failed:
        delivery.show_text()
    if annotations := _annotations(delivery):
        session.show(annotations)
    _summarise(delivery)
    _set_outputs(session, _outputs(delivery))
    if result.failed:
        delivery.show_text()


def write_github_part(delivery: Delivery) -> WorkspacePart:
    delivery.show_text()
    _summarise(delivery)
    return WorkspacePart(
        delivery.workspace, delivery.result.code, annotations=_annotations(delivery), outputs=_outputs(delivery)
    )


def _annotations(delivery: Delivery) -> str:
    from pathlib import Path

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
    from invent_gitops.text.clean import clean

    room = min(step.summary_room() - 2, delivery.room(step.SUMMARY_LIMIT))
    if reason := step.write_summary(_page(delivery)(limit=max(0, room), size=in_bytes)):
        delivery.session.note(clean(reason))


def _outputs(delivery: Delivery) -> Mapping[str, str | int]:
    import json

    from invent_gitops.render.github.outputs import step_outputs

    result = delivery.result
    return step_outputs(json.loads(delivery.document)) if result.kind in REVIEWED else result.outputs


def _set_outputs(session: Session, outputs: Mapping[str, str | int]) -> None:
    from invent_gitops.github.step import write_outputs
    from invent_gitops.text.clean import clean

    if outputs and (reason := write_outputs(outputs)):
        session.note(clean(reason))


def begin_github(session: Session, project: Project, first: bool) -> None:
    from invent_gitops.github.step import write_summary

    write_summary(f"## {project.name}\n")
    begin_text(session, project, first)


def join_github(session: Session, joined: Joined) -> None:
    from invent_gitops.render.github.annotations import together

    _set_outputs(session, joined.outputs)
    if annotations := together([joined.annotations, *(part.annotations for part in joined.parts)]):
        session.show(annotations)
    join_text(session, joined)
