"""A clone in which people work does not gather loose states without end, and nothing else of it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.model.state import Intended, Recorded
from invent_gitops.state.packing import CI
from tests.branch_repository import a_store, git, hub
from tests.making import a_record, an_intent

TURNS = 6


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in CI:
        monkeypatch.delenv(name, raising=False)
    clone = hub(tmp_path, "one").clone("clone")
    # The tests have no upkeep otherwise.
    git(clone, "config", "maintenance.auto", "true")
    git(clone, "config", "gc.auto", "6700")
    # Git's own default is 100.
    git(clone, "config", "maintenance.loose-objects.auto", "5")
    return clone


def loose_after(clone: Path, turns: int = TURNS) -> int:
    """Write so many times, and return how many loose objects there are then."""
    for number in range(turns):
        with a_store(clone) as store:
            store.append([Intended(f"k{number}", an_intent(attempt=f"t{number}"))])
            store.sync()
            store.append([Recorded(f"k{number}", a_record(f"bc_{number}", attempt=f"t{number}"))])
            store.sync()
    return int(git(clone, "count-objects", "-v").splitlines()[0].removeprefix("count: "))


def test_loose_objects_of_many_writes_are_packed_and_all_of_them_stay(clone: Path) -> None:
    # Of each write 3: what was packed is deleted by the next turn.
    assert loose_after(clone) <= 2 * 6
    assert git(clone, "fsck", "--strict", "--no-dangling") == ""
    assert len(list(a_store(clone).chain().links)) == 2 * TURNS
    assert not list(clone.glob(".git/objects/**/*.lock"))


@pytest.mark.parametrize("name", CI)
def test_clone_of_a_ci_is_left_as_it_is(clone: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "true")
    assert loose_after(clone, 2) >= 2 * 6


@pytest.mark.parametrize(("name", "value"), [("gc.auto", "0"), ("maintenance.auto", "false")])
def test_owner_who_wants_no_upkeep_has_none(clone: Path, name: str, value: str) -> None:
    git(clone, "config", name, value)
    assert loose_after(clone, 2) >= 2 * 6


def test_packing_that_cannot_be_done_fails_no_write(clone: Path) -> None:
    (clone / ".git" / "objects" / "maintenance.lock").touch()
    assert loose_after(clone, 2) >= 2 * 6
    assert len(list(a_store(clone).chain().links)) == 4
