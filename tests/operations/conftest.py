"""A stand-in for GitHub with one open pull request, and a project in a folder of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from invent_gitops.github import rest
from invent_gitops.operations import find_approval as approving
from tests.github.reviewed_project import HEAD, Desk
from tests.github.standin import standing_in
from tests.running import invent


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # The waits are real, and shorter.
    monkeypatch.setattr(rest, "PAUSE", 0.01)
    monkeypatch.setattr(rest, "LIMIT_PAUSE", 0.01)
    monkeypatch.setattr(approving, "LONG_WAITS", (0.01, 0.02, 0.03))
    monkeypatch.setattr(approving, "SHORT_WAITS", (0.01,))
    folder = tmp_path / "repository" / "my-campaigns"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    with standing_in() as hub, invent() as server:
        hub.add_pull(7, HEAD)
        yield Desk(hub, folder, server)
