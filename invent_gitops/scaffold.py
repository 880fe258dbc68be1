"""The files of a new project, and how to lay them down without ever writing over one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from invent_gitops.errors import InvalidInput

_PROJECT = """\
# yaml-language-server: $schema=schemas/project.schema.json
# The settings of invent-gitops. Every entry is optional. The API key and the API's address are
# never read from here, only from INVENT_API_KEY and INVENT_BASE_URL.

# Local times in definitions that name no zone of their own are in this one.
timezone: {timezone}

policies:
  minimum_lead_time: 15m # refuse what would be sent sooner than this
  max_creates: 50 # refuse a run that would create more than this
"""

_EXAMPLE = """\
# yaml-language-server: $schema=../schemas/broadcast.schema.json
# One broadcast. Its key is its file name: welcome.
name: Welcome to our newsletter
schedule: {at} # in the time zone of invent.yaml; or RFC 3339 with an offset; or immediately
segments: [example-segment] # ids of segments in Invent; or send_to_all: true
description: The first broadcast of this repository # for reviewers; not sent
owner: marketing # for reviewers; not sent
"""

_IGNORED = """\
# invent-gitops: what a run needs for itself. The state, invent.state.json, belongs in git.
*.state.json.lock
*.state.json.journal
.*.state.json.*.tmp
*.sandbox.sqlite*
"""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file of a new project; `exists` says that there is one already, which stays as it is."""

    path: str
    text: str
    exists: bool


def project_files(folder: Path, *, now: datetime, timezone: str, schemas: dict[str, str]) -> list[NewFile]:
    """What `init` writes into `folder`. `schemas` maps a file name to its text."""
    # A Tuesday morning about a month ahead: far enough to be tried out, and not in the past tomorrow.
    day = now + timedelta(days=28)
    day += timedelta(days=(1 - day.weekday()) % 7)
    texts = {
        "invent.yaml": _PROJECT.format(timezone=timezone),
        "broadcasts/welcome.yaml": _EXAMPLE.format(at=f"{day:%Y-%m-%d}T09:00"),
        ".gitignore": _IGNORED,
        **{f"schemas/{name}": text for name, text in schemas.items()},
    }
    return [NewFile(path, text, os.path.lexists(folder / path)) for path, text in texts.items()]


def write_files(folder: Path, files: list[NewFile]) -> None:
    """Write those that are not there yet. Raises `InvalidInput` where a folder cannot be written to."""
    for file in files:
        if file.exists:
            continue
        path = folder / file.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(file, error) from None
        try:
            with open(path, "x", encoding="utf-8") as out:
                out.write(file.text)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(file, error) from None


def _unwritable(file: NewFile, error: OSError) -> InvalidInput:
    return InvalidInput(f"{file.path} cannot be written: {error.strerror}.", "Choose a folder that you may write to.")
