"""The envelope that every document of a command shares, and the small objects that several documents hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.instant import write_instant
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.state import Intent, Provenance

VERSION = 1


def document(
    kind: str,
    exit_code: int,
    body: Mapping[str, object],
    *,
    problems: Sequence[Problem] = (),
    error: InventGitopsError | None = None,
) -> str:
    """A whole document, pretty, in ASCII: what a person wrote cannot act on a terminal or a CI runner."""
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


def problem_json(problem: Problem) -> dict[str, object]:
    return {
        **position_json(problem.position),
        "rule": problem.rule,
        "message": problem.message,
        "cure": problem.cure,
        "source": problem.source,
        "key": problem.key or None,
    }


def position_json(position: Position) -> dict[str, object]:
    return {"file": position.file, "line": position.line or None, "column": position.column or None}


def provenance_json(provenance: Provenance) -> dict[str, object]:
    return {
        "at": write_instant(provenance.at),
        "by": provenance.by,
        "commit": provenance.commit or None,
        "run": provenance.run or None,
    }


def intent_json(intent: Intent) -> dict[str, object]:
    looked = intent.candidates is not None
    return {
        "attempt": intent.attempt,
        **provenance_json(intent.provenance),
        "candidates": [candidate.as_json() for candidate in intent.candidates or ()] if looked else None,
        "settles_at": write_instant(intent.settled_from),
    }
