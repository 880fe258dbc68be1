"""What is left for a person to do after the files of a project on GitHub are written, as values."""

from __future__ import annotations

from invent_gitops.model.setup import SetupTarget
from invent_gitops.values import Struct


class StateMove(Struct, frozen=True):
    """The state of the workspace `name` ("" without workspaces), which is to be on `branch`.

    `file` is the file that it is in now, "" for none. `inserted` is whether the project file names the branch: if not,
    a person has to write it there.
    """

    name: str
    branch: str
    file: str = ""
    inserted: bool = True


class FirstSteps(Struct, frozen=True):
    """The steps are printed in their order from this.

    `action` is what the workflows install where nobody knows its owner, "" where all is known. `example` is the path
    of a new example, `definitions` says where a new file goes. `pushed` is whether the remote has the branch, as far as
    this clone knows. `pages` is whether GitHub Pages has to be switched on.
    """

    target: SetupTarget
    action: str
    example: str
    definitions: str
    moves: tuple[StateMove, ...]
    pushed: bool
    pages: bool = False
