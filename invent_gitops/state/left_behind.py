"""Keeps a branch from being begun empty while the state is still in the file that it was in before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from invent_gitops.errors import Refused


def check_moved(files: Iterable[Path], label: str) -> None:
    """Raise `Refused` where a state is in one of `files`: the new branch `label` would forget it."""
    for file in files:
        if file.is_symlink() or file.is_file():
            raise Refused(
                f"There is a state in the file {file.name}, and none on the branch yet: {label}.",
                "Put it there with: invent-gitops state migrate . If it is that of the sandbox, delete it.",
            )
