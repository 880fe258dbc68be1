"""An import writes each file once, and syncs a folder once for all of them."""

from __future__ import annotations

import os
import stat
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.model.project import Project
from invent_gitops.operations.definition_files import DefinitionFiles
from invent_gitops.operations.project import LoadedProject
from tests.making import NOW, a_request
from tests.running import account, call, invent
from tests.test_growth import steps


def syncs(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a file and how often a folder is made durable from now on."""
    counts, sync = Counter[str](), os.fsync

    def counted(handle: int) -> None:
        counts["folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"] += 1
        sync(handle)

    monkeypatch.setattr(os, "fsync", counted)
    return counts


def written(folder: Path, count: int) -> None:
    loaded = LoadedProject(folder, Project(), None, [], [])
    with DefinitionFiles(loaded, {}, set()) as writer:
        for number in range(count):
            request = a_request(f"N{number}", NOW + timedelta(days=number))
            assert writer.write(f"k{number}", request, "From Invent.").endswith(f"k{number}.yaml")


def test_folder_of_many_definitions_is_made_durable_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = syncs(monkeypatch)
    written(tmp_path, 20)
    assert counts == {"file": 20, "folder": 1}


def test_folder_is_made_durable_when_the_writing_ends_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = syncs(monkeypatch)
    (tmp_path / "broadcasts").mkdir()
    (tmp_path / "broadcasts" / "k1.yaml").symlink_to("/nowhere/else")
    with pytest.raises(InvalidInput, match="is a link that leaves the project"):
        written(tmp_path, 5)
    assert counts == {"file": 1, "folder": 1}


def test_four_times_as_many_definitions_cost_four_times_as_much(tmp_path: Path) -> None:
    written(tmp_path / "warm", 1)
    small, large = (steps(partial(written, tmp_path / str(count), count)) for count in (40, 160))
    assert large < 4.6 * small


def test_import_lists_its_folder_as_often_for_many_as_for_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listings: list[Path] = []
    listdir = os.listdir

    def listed(path: Path) -> list[str]:
        listings.append(path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", listed)
    numbers = []
    for count in (5, 60):
        folder = tmp_path / str(count)
        folder.mkdir()
        with invent() as server:
            server.sandbox.fill(broadcasts=count, segments=2)
            listings.clear()
            result = call(folder, "import", "--all", env=account(server.url))
        assert result.code == ExitCode.DONE
        assert len([*(folder / "broadcasts").iterdir()]) == count
        numbers.append(len(listings))
    assert numbers[0] == numbers[1] > 0
