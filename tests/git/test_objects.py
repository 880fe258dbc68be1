"""Objects of git that are read by one process are what git itself lists."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from invent_gitops.git.objects import quick_entries
from invent_gitops.git.repository import Git
from tests.branch_repository import git

NAMES = ["a", "a.yaml", "b", "ü.yaml", "broadcasts", "z z"]


def grown(folder: Path, rng: random.Random, depth: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    for name in rng.sample(NAMES, 3):
        if depth < 3 and rng.random() < 0.5:
            grown(folder / name, rng, depth + 1)
        else:
            (folder / name).write_text(str(rng.randrange(9)), encoding="utf-8")


@pytest.mark.parametrize("below", ["", "b"])
def test_quick_entries_are_those_that_git_lists(tmp_path: Path, below: str) -> None:
    rng = random.Random(7)  # noqa: S311  # made-up names
    git(tmp_path, "init", "--quiet", "--template=")
    for number in range(4):
        folder = tmp_path / str(number)
        grown(folder, rng)
        (folder / "link").symlink_to("a")
        (folder / "b" if not (folder / "b").is_file() else folder / "other").mkdir(exist_ok=True)
    (tmp_path / "b").mkdir()
    grown(tmp_path / "b" / "0", rng)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "--quiet", "-m", "Trees")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    repository = Git(tmp_path / below)
    prefix = f"{below}/" if below else ""
    for paths in (["0"], ["0", "1/a"], ["3", "2", "not-there"], ["0/link"]):
        with repository.reader() as objects:
            entries = quick_entries(objects, commit, prefix, paths)
        assert entries is not None
        assert [(entry.mode, entry.object, entry.name) for entry in entries] == [
            (entry.mode, entry.object, entry.name) for entry in repository.tree(commit, *paths, options=())
        ]


def test_a_commit_that_is_not_there_and_a_way_up_are_left_to_git(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--template=")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "Empty")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    with Git(tmp_path).reader() as objects:
        assert quick_entries(objects, "0" * 40, "", ["a"]) is None
        assert quick_entries(objects, commit, "", ["../a"]) is None
        assert quick_entries(objects, commit, "", ["a"]) == []
