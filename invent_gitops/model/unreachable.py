"""Edits and deletions of broadcasts that are still to be sent: the API has neither, so a person must act in Invent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from invent_gitops.model.command import Command
from invent_gitops.model.problem import Position
from invent_gitops.values import Struct, field

if TYPE_CHECKING:
    from invent_gitops.model.plan import Audience, FieldChange

# Of an edit nobody made, new rules of its time zone moved the local time that the file names.
Kind = Literal["edit", "deletion", "zone-change"]
KINDS: tuple[Kind, ...] = ("edit", "deletion", "zone-change")
# The id of the policy, and the page that explains the ways out.
POLICY = "unreachable-edits"
GUIDE = "docs/change-or-cancel.md"


class ManualStep(Struct, frozen=True):
    """One step of a person: a sentence, and the command that it ends with, "" for none.

    `instead` marks another way out, which is no further step. `breaks` are the policies that forbid what it describes:
    it says what not to do.
    """

    text: str
    command: Command | str = ""
    instead: bool = False
    breaks: tuple[str, ...] = ()

    def command_line(self, flags: str) -> str:
        """Return the whole command; `flags` are the options that it needs, with a space before each."""
        return self.command.text(flags) if isinstance(self.command, Command) else self.command


class Unreached(Struct, frozen=True):
    """A broadcast that Invent has otherwise than the files say.

    `name`, `at` (None for "at once" or no time yet) and `audience` are as Invent has them. `changes` lead from there to
    the file; a deletion has none. `timezone` is the zone that the author wrote, "" for none. `position` is that of the
    edited field, or the project file without a line. `waived` is the reason of a waiver, `refused` whether the policy
    refuses it.
    """

    key: str
    kind: Kind
    name: str
    id: str
    at: datetime | None
    audience: Audience
    changes: tuple[FieldChange, ...] = ()
    steps: tuple[ManualStep, ...] = ()
    timezone: str = ""
    position: Position | None = None
    waived: str = ""
    refused: bool = False


class UnreachablePolicy(Struct, frozen=True):
    """Whether such edits are refused; `waived` holds the reasons for broadcasts whose file is gone, by key."""

    refuse: bool = False
    waived: Mapping[str, str] = field(default_factory=dict)


WARN_ONLY = UnreachablePolicy()


def count(edits: Sequence[Unreached], kind: Kind) -> int:
    return sum(1 for edit in edits if edit.kind == kind)


def awaiting(edits: Sequence[Unreached]) -> tuple[Unreached, ...]:
    """Return those that nobody has waived: a person must act in Invent."""
    return tuple(edit for edit in edits if not edit.waived)
