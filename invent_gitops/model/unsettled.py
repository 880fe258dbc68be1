"""What exists twice, or may: as values, with the words for it."""

from __future__ import annotations

from invent_gitops.model.broadcast import Remote
from invent_gitops.model.command import Command, Cure, instead
from invent_gitops.values import Struct


class Twin(Struct, frozen=True):
    """A live broadcast that no record knows, exactly like the one that was adopted for an attempt.

    `right` is the id that the key should stand for, `superfluous` the one that is better deleted in Invent, and `why`
    says so in a sentence; each is "" where a person has to look.
    """

    key: str
    recorded: str
    other: Remote
    right: str = ""
    superfluous: str = ""
    reason: str = ""

    @property
    def message(self) -> str:
        return (
            f"{self.key} is recorded as {self.recorded}, and Invent has another one exactly like "
            f"it, which no record knows: {self.other.id} ({self.other.status})."
        )

    @property
    def cure(self) -> Cure:
        """What a person should do, the command last."""
        if self.superfluous:
            then: tuple[str | Command, ...] = (" Then: ", self.command) if self.command else ()
            return Cure((f"Delete {self.superfluous} in Invent: {self.reason}", *then))
        if self.right:
            return Cure((f"{self.reason} Record the other one: ", self.command or ""))
        look = f"Look at both in Invent, and delete one of them. If that is {self.recorded}, then: "
        return Cure((look, self.command or ""))

    @property
    def command(self) -> Command | None:
        """The one that makes the record right afterwards; None where it is right already."""
        return None if self.right == self.recorded else instead(self.key, self.other.id, self.recorded)


class Leftovers(Struct, frozen=True):
    """`doubts` are the names of open attempts, `seconds` the keys of second broadcasts, `twins` those of live ones."""

    doubts: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    twins: tuple[Twin, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.doubts or self.seconds or self.twins)
