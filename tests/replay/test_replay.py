"""Every scene is played with the program of today, and leaves the bytes that the program of before has left."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replay.player import play
from tests.replay.program import Program, playing
from tests.replay.record import ROOT, difference, empty_folder
from tests.replay.scenes import SCENES

RECORDED = Path(__file__).with_name("recorded")
LINES = 60  # of a difference; the rest seldom says more


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with playing(sys.executable, ROOT) as today:
        assert today.folder == ROOT / "invent_gitops"
        yield today


@pytest.mark.parametrize("name", SCENES)
def test_scene_leaves_what_the_program_of_before_has_left(program: Program, name: str) -> None:
    with empty_folder() as folder:
        steps = play(program, SCENES[name], folder)
    lines = difference(RECORDED / f"{name}.txt", steps)
    assert not lines, "\n".join(
        [*lines[:LINES], f"… and {len(lines) - LINES} lines more"][: LINES + (len(lines) > LINES)]
    )


def test_every_recorded_scene_is_played() -> None:
    assert {path.stem for path in RECORDED.iterdir()} == set(SCENES)
