"""The port through which an operation speaks with the person who waits, and asks them."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from invent_gitops.errors import Interrupted, InventGitopsError, Unsettled
from invent_gitops.model.step import Step

if TYPE_CHECKING:
    from invent_gitops.render.text.style import Style


class Console(Protocol):
    """Shows what happens beside the result, and asks one question. The result itself is returned, never shown here."""

    @property
    def aside(self) -> Style:
        """The style of everything that is shown here."""
        ...

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        ...

    def note(self, text: str) -> None:
        """Show a line."""
        ...

    def remark(self, notes: Sequence[str]) -> None:
        """Show what the author of the definitions may want to know, though nothing is wrong."""
        ...

    def progress(self, text: str, step: Step) -> None:
        """Show what became of one step of many, and how far the run is with it; `text` is "" at the beginning."""
        ...

    def confirm(self, question: str) -> bool:
        """Ask for a yes. Raises `Refused` where nobody can be asked, and `KeyboardInterrupt` for no answer."""
        ...

    def stop(self, text: str) -> None:
        """Hear that nothing new may begin, and why. It may run inside a signal handler: it never blocks."""
        ...


def failure_of(error: BaseException) -> InventGitopsError:
    """Return the error to report for whatever ended a command. A bug has the exit code of the root of the tree."""
    if isinstance(error, InventGitopsError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return Interrupted("Interrupted. The state has the record of everything before that.")
    if isinstance(error, OSError):
        # The machine's fault, at a place where nobody expected it: something may have been under way.
        where = f" ({error.filename})" if error.filename else ""
        message = f"The system refused to go on: {error.strerror or error}{where}."
        return Unsettled(message, "Free space or memory, check permissions, then look: invent-gitops plan")
    frames = traceback.extract_tb(error.__traceback__)
    position = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return InventGitopsError(
        f"This is a bug in invent-gitops: {type(error).__name__} at {position}: {error}",
        "Please report it with this line. The state has the record of everything before it. To see it, run plan.",
    )
