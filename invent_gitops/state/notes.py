"""The note of a record, with the role that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from invent_gitops.model.fields import Damaged, read_text, shown
from invent_gitops.model.note import Note, Role, old_note
from invent_gitops.model.record import How


def read_note(value: Mapping[str, Any], how: How) -> Note:
    """Return the note with its role. A record that names no role has the one that its whole text stands for."""
    text = read_text(value, "note", "")
    if "role" not in value:
        return old_note(text, how)
    role = value["role"]
    if role not in get_args(Role):
        raise Damaged(f"role is {shown(role)}, and should be one of {', '.join(get_args(Role))}")
    return Note(text, cast("Role", role))
