"""The envelope that every document of a command shares, and the small objects that several documents hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.instant import write_instant
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.state import Candidate, Intent, Provenance
from invent_gitops.render.documents.reading import (
    Document,
    moment_or_none,
    number_or_none,
    object_or_none,
    objects_or_none,
    read_flag,
    read_moment,
    read_number,
    read_objects,
    read_text,
    read_texts,
    text_or,
)
from invent_gitops.values import Struct

VERSION = 1


class Envelope(Struct, frozen=True):
    """How a command ended: `problems` are faults of its input, `error` is what ended it, or None."""

    exit_code: int
    problems: tuple[Problem, ...]
    error: InventGitopsError | None

    @property
    def failed(self) -> bool:
        """Whether the document has no body."""
        return bool(self.problems or self.error)


def document(
    kind: str,
    exit_code: int,
    body: Mapping[str, object],
    *,
    problems: Sequence[Problem] = (),
    error: InventGitopsError | None = None,
) -> str:
    """Return a whole document, pretty, in ASCII: what a person wrote cannot act on a terminal or a CI runner."""
    fields = {
        "kind": kind,
        "version": VERSION,
        "exit_code": int(exit_code),
        "problems": [problem_json(problem) for problem in problems],
        "error": {"message": error.message, "cure": error.cure} if error else None,
        **body,
    }
    # "##[" can stand only inside a string here, so the escape keeps its meaning.
    return json.dumps(fields, indent=2).replace("##[", "##\\u005b")


def read_envelope(fields: Document) -> Envelope:
    problems = tuple(read_problem(problem) for problem in read_objects(fields, "problems"))
    # Every document has the entry, and null in it where nothing ended the command early.
    error = object_or_none(fields, "error") if fields["error"] is not None else None
    failure = InventGitopsError(read_text(error, "message"), text_or(error, "cure")) if error else None
    return Envelope(read_number(fields, "exit_code"), problems, failure)


def problem_json(problem: Problem) -> dict[str, object]:
    return {
        **position_json(problem.position),
        "rule": problem.rule,
        "message": problem.message,
        "cure": problem.cure,
        "source": problem.source,
        "key": problem.key or None,
    }


def read_problem(fields: Document) -> Problem:
    return Problem(
        read_position(fields),
        read_text(fields, "rule"),
        read_text(fields, "message"),
        text_or(fields, "cure"),
        text_or(fields, "source"),
        key=text_or(fields, "key"),
    )


def position_json(position: Position) -> dict[str, object]:
    return {"file": position.file, "line": position.line or None, "column": position.column or None}


def read_position(fields: Document) -> Position:
    line, column = (number_or_none(fields, name) or 0 for name in ("line", "column"))
    return Position(text_or(fields, "file"), line, column)


def provenance_json(provenance: Provenance) -> dict[str, object]:
    return {
        "at": write_instant(provenance.at),
        "by": provenance.by,
        "commit": provenance.commit or None,
        "run": provenance.run or None,
    }


def read_provenance(fields: Document) -> Provenance:
    return Provenance(
        read_moment(fields, "at"), read_text(fields, "by"), text_or(fields, "commit"), text_or(fields, "run")
    )


def intent_json(intent: Intent) -> dict[str, object]:
    looked = intent.candidates is not None
    return {
        "attempt": intent.attempt,
        **provenance_json(intent.provenance),
        "candidates": [candidate.as_json() for candidate in intent.candidates or ()] if looked else None,
        "settles_at": write_instant(intent.settled_from),
    }


def read_intent(fields: Document, request: Request) -> Intent:
    """`request` is what was attempted: it is not in the document of an intent."""
    candidates = objects_or_none(fields, "candidates")
    return Intent(
        request,
        text_or(fields, "attempt"),
        read_provenance(fields),
        None if candidates is None else tuple(read_candidate(candidate) for candidate in candidates),
        # Older versions did not say when the call is over.
        moment_or_none(fields, "settles_at"),
    )


def read_candidate(fields: Document) -> Candidate:
    return Candidate(
        Remote(
            id=read_text(fields, "id"),
            request=read_request(fields),
            status=text_or(fields, "status"),
            created_at=moment_or_none(fields, "created_at"),
        ),
        read_texts(fields, "differs"),
    )


def read_request(fields: Document) -> Request:
    return Request(
        read_text(fields, "name"),
        moment_or_none(fields, "scheduled_at"),
        read_texts(fields, "segment_ids"),
        read_flag(fields, "send_to_all"),
    )


def with_values(request: Request, values: Mapping[str, object]) -> Request:
    """Return a request with some of its fields as JSON has them."""
    return read_request({**request.as_json(), **values}) if values else request
