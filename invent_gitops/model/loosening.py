"""What a change made of the rules: which are weaker than at the base, which are tighter, and what passes only so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from invent_gitops.model.broadcast import Catalogue
from invent_gitops.model.document import Path
from invent_gitops.model.problem import Position
from invent_gitops.model.project import Guard, Project
from invent_gitops.values import Struct, field

# The file that a rule is written in.
Source = Literal["project", "segments", "definition"]
# The rule of a count in the catalogue. A pull changes many of them, so that one refuses only what needs it to pass.
COUNT = "segment-count"


class Rules(Struct, frozen=True):
    """What decides what may be created: settings, segments, and by key the policies that each definition waives."""

    project: Project
    catalogue: Catalogue | None
    waivers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class RuleChange(Struct, frozen=True):
    """One rule that differs from the base.

    `rule` is a stable id in kebab-case, `subject` names the rule as people write it, `old` and `new` are its values for
    people. It is written at `path` of its `source`. `key` is the definition of a waiver or the name of a segment, else
    "".
    """

    rule: str
    subject: str
    old: str
    new: str
    source: Source = "project"
    path: Path = ()
    key: str = ""
    position: Position | None = None


class RuleChanges(Struct, frozen=True):
    """The differences between two sets of rules."""

    weaker: tuple[RuleChange, ...] = ()
    tighter: tuple[RuleChange, ...] = ()


class PassesOnlySo(Struct, frozen=True):
    """A create that the rules of the base would refuse: by which `rule`, and in which words."""

    key: str
    rule: str
    message: str


class Loosening(Struct, frozen=True):
    """The rules beside those of the base, a commit; `reference` is how the base was named.

    `guard` is `policies.loosening` of the base. Where the base cannot be read, it is of the files or of the history of
    the clone; then `fault` says why, and `cure` how to go on.
    """

    reference: str
    base: str
    guard: Guard
    changes: RuleChanges = RuleChanges()
    passing: tuple[PassesOnlySo, ...] = ()
    fault: str = ""
    cure: str = ""

    @property
    def refuses(self) -> bool:
        """Whether nothing may be created: a rule is weaker, or nobody can tell."""
        weaker = any(change.rule != COUNT for change in self.changes.weaker)
        return self.guard == "refuse" and (bool(self.fault or self.passing) or weaker)
