"""The note of a record: its text for people, and the role by which the program decides."""

from __future__ import annotations

import re
from typing import Literal

from invent_gitops.values import Struct

# `second`: another broadcast has the record's key. `restored`: its removal was taken back. `defined`: it was imported
# for a definition that was there before. `plain`: the text says something to people, and nothing to the program.
Role = Literal["plain", "second", "restored", "defined"]

_RESTORED = "Restored:"
_DEFINED = "Its definition was there already."
# What `second_note` writes, from its first character to its last.
_SECOND = re.compile(r"A second broadcast for the key .+, which is recorded as .+\.", re.DOTALL)


class Note(Struct, frozen=True):
    """What a record says of itself. Nothing decides by `text`: a person may have written it."""

    text: str = ""
    role: Role = "plain"

    def __str__(self) -> str:
        return self.text

    def needs_role(self, how: str) -> bool:
        """Return whether a reader of the text alone would take the role for another one."""
        return old_note(self.text, how).role != self.role


NO_NOTE = Note()


def second_note(key: str, id: str) -> Note:
    """Return the note of a broadcast for a key that is recorded as `id` already."""
    return Note(f"A second broadcast for the key {key}, which is recorded as {id}.", "second")


def restored_note(reason: str) -> Note:
    """Return the note of a record whose removal was taken back."""
    return Note(f"{_RESTORED} {reason}", "restored")


def defined_note(reason: str = "") -> Note:
    """Return the note of an imported record whose definition was there before it."""
    return Note(f"{_DEFINED} {reason}".strip(), "defined")


def old_note(text: str, how: str) -> Note:
    """Return the note of a record that names no role, as every older version wrote it.

    Only what such a version wrote itself has a role. It wrote the text of `second` as one sentence without a person's
    words, and the two others for imported records alone, whose reason it put behind its own words.
    """
    if _SECOND.fullmatch(text):
        return Note(text, "second")
    if how == "imported" and text.startswith(_RESTORED):
        return Note(text, "restored")
    if how == "imported" and text.startswith(_DEFINED):
        return Note(text, "defined")
    return Note(text)
