"""An attempt whose outcome is unknown: what Invent's list shows of it, and the commands that settle it."""

from __future__ import annotations

from invent_gitops.model.context import Context
from invent_gitops.model.record import Candidate, Intent
from invent_gitops.render.cells.spelling import Spelling
from invent_gitops.text.commands import from_when, not_created, quoted, resolving
from invent_gitops.values import Struct

NOT_LISTED = "The list in Invent did not show it. That does not prove anything: lists can lag."


class Settling(Struct, frozen=True):
    """`answer` is what a person has found out; `command` records it, complete but for the reason."""

    answer: str
    command: str


def likeness_text(candidate: Candidate, spelling: Spelling) -> str:
    """Return `as requested`, or the fields in which a candidate differs."""
    fields = ", ".join(spelling.write(field, spelling.value) for field in candidate.differs)
    return f"differs in {fields}" if fields else "as requested"


def settling(key: str, intent: Intent, context: Context, *, dated: bool = True) -> list[Settling]:
    """Return the commands that settle a blocked key; the last one is for a broadcast that Invent surely does not have.

    `dated` is whether the context has the moment of the page; without it, nothing is counted from it.
    """
    candidates = intent.candidates or ()
    ids = [
        f"--id {quoted(candidate.remote.id)}" + (" --anyway" if candidate.differs else "") for candidate in candidates
    ]
    since = from_when(intent.settled_from, context.at if dated else intent.settled_from)
    answers = [("it is there", options) for options in ids or ["--id ID"]]
    answers.append((f"it surely is not there, {since}", not_created([candidate.remote.id for candidate in candidates])))
    return [Settling(answer, resolving(context.flags, key, options)) for answer, options in answers]
