"""What exists twice, or may: as values, with the words for it."""

from __future__ import annotations

from dataclasses import dataclass

from invent_gitops.model.broadcast import Remote
from invent_gitops.text.commands import instead


@dataclass(frozen=True, slots=True)
class Twin:
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

    def cure(self, flags: str) -> str:
        """What a person should do, the command last; `flags` are the options that it needs."""
        command = self.command(flags)
        if self.superfluous:
            then = f" Then: {command}" if command else ""
            return f"Delete {self.superfluous} in Invent: {self.reason}{then}"
        if self.right:
            return f"{self.reason} Record the other one: {command}"
        return f"Look at both in Invent, and delete one of them. If that is {self.recorded}, then: {command}"

    def command(self, flags: str) -> str:
        """The one that makes the record right afterwards; "" where it is right already."""
        return "" if self.right == self.recorded else instead(flags, self.key, self.other.id, self.recorded)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """`doubts` are the names of open attempts, `seconds` the keys of second broadcasts, `twins` those of live ones."""

    doubts: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    twins: tuple[Twin, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.doubts or self.seconds or self.twins)
