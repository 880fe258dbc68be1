"""What the writers of each format get: one result, or what was kept of the results of all workspaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from invent_gitops.cli.result import Display, Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError
from invent_gitops.values import Struct, field

if TYPE_CHECKING:
    from invent_gitops.model.problem import Problem

# The results that have a page of Markdown.
REVIEWED = ("plan", "status", "report")


# The results whose text is wrapped at the width of a terminal. The others are tables, or are to be pasted.
WRAPPED = (*REVIEWED, "validation", "refresh", "import", "history", "verification")


def display_of(session: Session, *, log: bool = False) -> Display:
    """Return what the text of a result on stdout depends on."""
    return Display(session.style, session.verbose, log, session.width, joined=session.joined)


class Delivery(Struct, frozen=True):
    """One result on its way out: `sharing` is how many workspaces share what there is room for, 0 without workspaces.

    `document` is its JSON document, "" where the format needs none.
    """

    session: Session
    form: str
    result: Result
    document: str
    workspace: str = ""
    sharing: int = 0

    def show_text(self) -> None:
        """Print what people read of it, if anything."""
        session = self.session
        text = self.result.text(display_of(session, log=self.form == "github"))
        if text and self.result.kind in WRAPPED:
            from invent_gitops.render.text.wrap import wrapped

            text = wrapped(text, session.width)
        if text is not None:
            session.show(text)

    def room(self, limit: int) -> int:
        """Return how much of `limit` this result may take: several workspaces share it, each with a heading."""
        return limit // self.sharing - 100 if self.sharing else limit


class WorkspacePart(Struct, frozen=True):
    """What is kept of the result of one workspace for the result of all; without a `code` it was not begun."""

    workspace: str
    code: ExitCode | None
    document: str = ""
    annotations: str = ""
    outputs: Mapping[str, str | int] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    error: InventGitopsError | None = None


class Joined(Struct, frozen=True):
    """The results of all workspaces, a line for each. `problems` and `annotations` are those of the project file."""

    kind: str
    code: ExitCode
    parts: Sequence[WorkspacePart]
    problems: Sequence[Problem]
    annotations: str
    outputs: Mapping[str, str | int]
    lines: Sequence[str]
