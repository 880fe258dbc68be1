"""What the workflows cannot do on a server, or beside the other workflows of the repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from invent_gitops.errors import Refused
from invent_gitops.scaffold.workflows import PUBLISH, Wording, lets_runs_wait, remote_default, workflow_path
from invent_gitops.text.clean import clean

# No workflow that people write is larger.
_LARGEST = 1024 * 1024


def check_publishing(server: str, *, queue: bool | None) -> None:
    """Raise `Refused` where the server cannot run the workflow `publish`.

    `queue` is what --queue says of the server: True also for a github.com that goes by another name here.
    """
    if not lets_runs_wait(server) and queue is not True:
        name = "a server that the remote origin does not name" if server == "?" else clean(server)
        raise Refused(
            f"--publish needs github.com, and this repository is on {name}. GitHub Enterprise Server does not know "
            "the actions that upload the calendar.",
            "Leave --publish out. If that is github.com under another name, add --queue.",
        )


def limits(folder: Path, wording: Wording) -> Iterator[str]:
    """Yield what the workflows lack on this server, on this branch, and beside other workflows; `folder` is the
    project's.
    """
    if not wording.queue:
        yield (
            "The workflow apply has no queue: of several merges while one is applied, GitHub runs the last one only. "
            "Then run the cancelled ones again, oldest first. If this server knows `queue: max`, delete the workflows "
            "and run init with --queue."
        )
    default = remote_default(folder)
    if default and default != wording.branch:
        waiting = "drift and publish" if wording.publish else "drift"
        yield (
            f"GitHub starts {waiting} by {'themselves' if wording.publish else 'itself'} only from the default branch, "
            f"{clean(default)}, and merges to {wording.branch} are applied here. Make {wording.branch} the default "
            "branch of the repository. Until then, nothing reports what was edited in Invent or was not created."
        )
    if others := _other_sites(folder, wording):
        yield (
            f"Warning: a repository has one GitHub Pages site, and other workflows deploy it: {', '.join(others)}. "
            "Each would replace what the other has published. Delete one of them, or publish this project with "
            "--publish artifact."
        )


def _other_sites(folder: Path, wording: Wording) -> list[str]:
    """Return the other workflows of the repository that deploy GitHub Pages, if this project does."""
    if wording.publish != "pages":
        return []
    root = folder.joinpath(*[".."] * len(Path(wording.folder).parts))
    own = workflow_path(wording, PUBLISH)
    workflows = root / os.path.dirname(own)
    try:
        paths = sorted(path for path in workflows.iterdir() if path.suffix in (".yml", ".yaml"))
    except OSError:
        return []
    names = [f"{os.path.dirname(own)}/{path.name}" for path in paths if _deploys(path)]
    return [clean(name) for name in names if name != own]


def _deploys(path: Path) -> bool:
    try:
        return path.stat().st_size <= _LARGEST and b"actions/deploy-pages@" in path.read_bytes()
    except OSError:
        return False
