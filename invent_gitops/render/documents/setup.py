"""The body of the document `setup`: every point of a check of a repository, written and read back."""

from __future__ import annotations

from typing import cast, get_args

from invent_gitops.model.setup import PointState, SetupCheck, SetupPoint
from invent_gitops.render.documents.reading import Document, read_objects, read_text, read_texts, text_or


def setup_json(check: SetupCheck) -> dict[str, object]:
    return {
        "repository": check.repository,
        "branch": check.branch,
        "points": [
            {
                "id": point.id,
                "state": point.state,
                "workspace": point.workspace or None,
                "title": point.title,
                "detail": point.detail or None,
                "reason": point.reason,
                "commands": list(point.commands),
            }
            for point in check.points
        ],
        "counts": {state: len(check.of(state)) for state in get_args(PointState)},
    }


def read_setup(document: Document) -> SetupCheck:
    """Raise `LookupError`, `TypeError` or `ValueError` for a damaged document."""
    points = tuple(_read_point(fields) for fields in read_objects(document, "points"))
    return SetupCheck(read_text(document, "repository"), read_text(document, "branch"), points)


def _read_point(fields: Document) -> SetupPoint:
    state = read_text(fields, "state")
    if state not in get_args(PointState):
        raise ValueError(f"state is {state}")
    return SetupPoint(
        read_text(fields, "id"),
        cast("PointState", state),
        read_text(fields, "title"),
        text_or(fields, "detail"),
        read_text(fields, "reason"),
        read_texts(fields, "commands"),
        text_or(fields, "workspace"),
    )
