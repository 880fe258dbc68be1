"""One scene of each thing that can happen between "looked" and "called": at most one create, and nothing unknown."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.history import Hold
from tests.chaos.others import APPLY
from tests.chaos.project import Place
from tests.chaos.scenes import FEW, Scene, count_steps, one_scene
from tests.chaos.world import Death, Refusal

QUESTION: Hold = "a question"
SEEN: Hold = "a push that others can see"
UNSEEN: Hold = "a push that is not received yet"

FILE = [
    Scene("file", QUESTION, ("pull",)),
    Scene("file", QUESTION, ("without_lock",)),
    Scene("file", QUESTION, ("older", "without_lock"), before=True, faults=("lag=60@list:*",)),
    Scene("file", "a step", ("insist",)),
    Scene("file", "a step", ("older",), before=True, words=(*APPLY, "--only", "two")),
    Scene("file", "a step", ("without_lock", "journal_gone"), killed=True),
    Scene("file", faults=("other-id@create:2",), before=True),
    Scene("file", faults=("other-name@create:2", "other-time@create:3", "other-audience@create:4"), before=True),
    Scene("file", faults=("close-after@create:2", "lag=60@list:*")),
    Scene("file", faults=("error-after@create:2", "omit-silently@list:*")),
    Scene("file", refusal=Refusal("flock", 2, "ENOLCK", lasting=True)),
    Scene("file", refusal=Refusal("write", 2, "ENOSPC", lasting=True)),
    Scene("file", refusal=Refusal("rename", 1, "EROFS", lasting=True)),
]
BRANCH = [
    Scene("branch", QUESTION, ("apply",)),
    Scene("branch", QUESTION, ("move", "remove"), before=True),
    Scene("branch", SEEN, ("declare", "apply")),
    Scene("branch", UNSEEN, ("apply",)),
    Scene("branch", "a step", ("insist", "apply"), faults=("close-after@create:1",)),
    Scene("branch", SEEN, ("rewind",), before=True, faults=("close-before@list:*",)),
    Scene("branch", SEEN, ("apply",), words=(*APPLY, "--concurrency", "2")),
    Scene("branch", faults=("error-before@create:2", "omit@list:*", "omit-page@list:*")),
    Scene("branch", refusal=Refusal("start", 9, "EAGAIN", lasting=True)),
    Scene("branch", refusal=Refusal("fsync", 1, "EIO", lasting=False)),
    Scene("branch", refusal=Refusal("open", 3, "EDQUOT", lasting=True)),
]


@functools.cache
def _sending(place: Place, folder: Path) -> Death:
    """The moment right before the first create is sent."""
    names = count_steps(folder / "count", place, FEW, 1)
    # The first connection is the look at the list.
    return Death(names.index("connect", names.index("connect") + 1) + 2, "before", "STOP")


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("steps")


@pytest.mark.parametrize("scene", [*FILE, *BRANCH], ids=str)
def test_what_happens_between_looking_and_calling_creates_nothing_twice_and_loses_nothing(
    tmp_path: Path, counted: Path, scene: Scene
) -> None:
    if scene.hold == "a step":
        scene = replace(scene, at=_sending(scene.place, counted))
    row = one_scene(scene, tmp_path / "world")
    assert row.broken == ""
