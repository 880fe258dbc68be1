"""What one of several workspaces has answered, kept for the answer of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.problem import Problem


@dataclass(slots=True)
class Gathered:
    """Its JSON document, a step's outputs and annotations; and for a log of all, its problems or why there are none."""

    document: str = ""
    outputs: dict[str, str | int] = field(default_factory=dict)
    commands: str = ""
    problems: Sequence[Problem] = ()
    failure: InventGitopsError | None = None
