"""When a file last changed: by the commits on the way to HEAD, and by nothing where those cannot tell."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invent_gitops.git.changes import last_changes
from invent_gitops.git.repository import Git
from invent_gitops.operations.definition_changes import definition_changes
from invent_gitops.operations.project import open_workspace
from tests.branch_repository import git
from tests.running import define

MONDAY, TUESDAY, FRIDAY = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (23, 24, 27))


def commit(folder: Path, at: datetime, *words: str) -> None:
    git(folder, "add", "-A")
    dates = {"GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z", "GIT_COMMITTER_DATE": at.isoformat()}
    before = {name: os.environ.get(name) for name in dates}
    os.environ.update(dates)
    try:
        git(folder, "-c", "user.name=a", "-c", "user.email=a@b", *(words or ("commit", "-q", "-m", "x")))
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a project in a subfolder: `a` of Monday, `b` of Monday and changed on Tuesday."""
    folder = tmp_path / "repo" / "team"
    define(folder, "a", "b", "größe")
    git(tmp_path / "repo", "init", "-q", "--template=", "-b", "main")
    commit(tmp_path / "repo", MONDAY)
    rewrite(folder / "broadcasts" / "b.yaml")
    commit(tmp_path / "repo", TUESDAY)
    return folder


def rewrite(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "owner: growth\n", encoding="utf-8")


def changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, datetime]:
    monkeypatch.chdir(folder)
    return definition_changes(open_workspace(None))


def test_committer_of_the_last_change_says_when(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert changes(project, monkeypatch) == {"a": MONDAY, "b": TUESDAY, "größe": MONDAY}


def test_file_that_is_not_committed_as_it_is_changed_when_it_was_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(project / "broadcasts" / "a.yaml")
    define(project, "new")
    for name in ("a", "new"):
        os.utime(project / "broadcasts" / f"{name}.yaml", (0, FRIDAY.timestamp()))
    assert changes(project, monkeypatch) == {"a": FRIDAY, "b": TUESDAY, "größe": MONDAY, "new": FRIDAY}


def test_outside_of_a_repository_the_disk_says_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.utime(define(tmp_path, "a") / "a.yaml", (0, FRIDAY.timestamp()))
    assert changes(tmp_path, monkeypatch) == {"a": FRIDAY}


def test_merge_is_the_change_that_it_brings(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(project, "checkout", "-q", "-b", "change")
    rewrite(project / "broadcasts" / "a.yaml")
    commit(project.parent, TUESDAY)
    git(project, "checkout", "-q", "main")
    commit(project.parent, FRIDAY, "merge", "-q", "--no-ff", "--no-edit", "change")
    assert changes(project, monkeypatch)["a"] == FRIDAY


def test_end_of_a_shallow_history_is_no_evidence(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "clone", "-q", "--template=", "--depth=1", f"file://{project.parent}", "shallow")
    assert changes(tmp_path / "shallow" / "team", monkeypatch) == {}


def test_nothing_is_asked_for_no_files(tmp_path: Path) -> None:
    assert last_changes(Git(tmp_path), ()) == {}
    assert last_changes(Git(tmp_path), {"a"}) == {}
