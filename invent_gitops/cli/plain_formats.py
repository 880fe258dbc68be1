"""Writers of text, JSON, SARIF and the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from invent_gitops.cli.delivery import Delivery, Joined, WorkspacePart
from invent_gitops.cli.session import Session
from invent_gitops.errors import Interrupted, InventGitopsError

if TYPE_CHECKING:
    from invent_gitops.model.project import Project

# ---------------------------------------------------------------- text


def write_text(delivery: Delivery) -> None:
    delivery.show_text()


def part_of(delivery: Delivery) -> WorkspacePart:
    return WorkspacePart(delivery.workspace, delivery.result.code)


def write_text_part(delivery: Delivery) -> WorkspacePart:
    delivery.show_text()
    return part_of(delivery)


def begin_text(session: Session, project: Project, first: bool) -> None:
    from invent_gitops.text.clean import clean

    gap = "" if first else "\n"
    session.show(gap + session.style.bold(f"Workspace {project.name} (org {clean(project.org)})"))


def join_text(session: Session, joined: Joined) -> None:
    session.show("\n" + "\n".join(joined.lines))


# ---------------------------------------------------------------- JSON


def write_json(delivery: Delivery) -> None:
    delivery.session.show(delivery.document)


def keep_json(delivery: Delivery) -> WorkspacePart:
    return WorkspacePart(delivery.workspace, delivery.result.code, delivery.document)


def begin_aside(session: Session, project: Project, first: bool) -> None:
    session.note(f"Workspace {project.name}:")


def join_json(session: Session, joined: Joined) -> None:
    import json

    from invent_gitops.render.documents.envelope import document

    workspaces = [
        {
            "workspace": part.workspace,
            "exit_code": None if part.code is None else int(part.code),
            "document": json.loads(part.document) if part.document else None,
        }
        for part in joined.parts
    ]
    session.show(document(joined.kind, joined.code, {"workspaces": workspaces}, problems=joined.problems))


def join_aside(session: Session, joined: Joined) -> None:
    session.note("\n".join(joined.lines))


def write_matrix(delivery: Delivery) -> None:
    if not delivery.result.failed:
        import json

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


def keep_sarif(delivery: Delivery) -> WorkspacePart:
    result = delivery.result
    return WorkspacePart(delivery.workspace, result.code, problems=result.problems, error=result.error)


def join_sarif(session: Session, joined: Joined) -> None:
    from invent_gitops.cli.sarif_log import show_log

    problems = [*joined.problems, *(problem for part in joined.parts for problem in part.problems)]
    show_log(session, problems, joined.code, _failures(joined.parts))
    join_aside(session, joined)


def _failures(parts: Sequence[WorkspacePart]) -> list[InventGitopsError]:
    """Return why there is nothing to know of a workspace, for each such one."""
    failures: list[InventGitopsError] = []
    for part in parts:
        if part.error:
            failures.append(InventGitopsError(f"{part.workspace}: {part.error.message}", part.error.cure))
        elif part.code is None:
            failures.append(Interrupted(f"{part.workspace}: It was not started, since a person stopped the run."))
    return failures
