"""The program of today goes on from the very files that the program of before wrote: states, journals, plans, reports,
comments and issues with their marks, a sandbox, and branches.

Every step after such a moment ends with the same code, and leaves the same broadcasts in Invent, as in a whole scene of
today's program; `resumed/` holds all that it says. To record that anew: python -m tests.replay.record --resumed OUT.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.replay.player import resume
from tests.replay.program import Program, playing
from tests.replay.record import ROOT, changed_lines, empty_folder
from tests.replay.scenes import MOMENTS, SCENES
from tests.replay.transcript import Step, load

HERE = Path(__file__).parent
LINES = 60  # of a difference; the rest seldom says more


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with playing(sys.executable, ROOT) as today:
        yield today


@pytest.fixture
def resumed(program: Program, request: pytest.FixtureRequest) -> tuple[int, list[Step]]:
    with empty_folder() as folder:
        return resume(program, SCENES[MOMENTS[request.param]], folder, HERE / "kept", request.param)


def effects(steps: Sequence[Step]) -> list[tuple[str, int, list[str]]]:
    """What each step did: its command, its exit code, and which broadcasts are in Invent after it.

    Without ids and order, in which the program of before created by the alphabet.
    """
    invent: list[str] = []
    listed = []
    for step in steps:
        text = step.parts.get("broadcasts in Invent")
        invent = invent if text is None else sorted(line.split(" ", 2)[-1] for line in text.splitlines())
        listed.append((re.sub(r"\bb_[0-9a-f]{24}\b", "ID", step.title), step.code, invent))
    return listed


def step_of(steps: list[Step], command: str) -> Step:
    """The first step of this command."""
    return next(step for step in steps if step.title.startswith(f"invent-gitops {command}"))


@pytest.mark.parametrize(("name", "resumed"), [(name, name) for name in MOMENTS], indirect=["resumed"])
def test_files_of_before_are_gone_on_from_as_from_our_own(name: str, resumed: tuple[int, list[Step]]) -> None:
    before, steps = resumed
    scene = load((HERE / "recorded" / f"{MOMENTS[name]}.txt").read_text(encoding="utf-8"))
    since = effects(scene)[before:]
    assert since
    # What is in Invent shows where a step changes it: before the first change it is as it was kept.
    assert effects([*scene[:before], *steps])[before:] == since
    # The texts follow from what the files of before hold; these are what was recorded of them.
    recorded = load((HERE / "resumed" / f"{name}.txt").read_text(encoding="utf-8"))
    lines = changed_lines(recorded, steps, name)
    assert not lines, "\n".join(lines[:LINES])


def test_every_moment_is_kept_and_resumed() -> None:
    assert {path.name for path in (HERE / "kept").iterdir()} == set(MOMENTS)


@pytest.mark.parametrize("resumed", ["killed"], indirect=True)
def test_journal_of_a_killed_run_of_before_lets_nothing_be_created_twice(resumed: tuple[int, list[Step]]) -> None:
    _, steps = resumed
    by_title = {step.title.split("  [")[0]: step for step in steps}
    assert by_title["invent-gitops plan"].code == 7
    assert by_title["invent-gitops reconcile --json"].code == 0
    report = json.loads(
        str(by_title["invent-gitops apply --yes --concurrency 1 --rate 1000000 --json"].parts["stdout"])
    )
    assert [outcome["key"] for outcome in report["outcomes"] if outcome["outcome"] == "created"] == ["c"]
    assert by_title["invent-gitops plan --exit-code"].code == 0


@pytest.mark.parametrize("resumed", ["to-be-approved"], indirect=True)
def test_comment_of_before_is_the_evidence_for_the_plan_that_is_applied(resumed: tuple[int, list[Step]]) -> None:
    _, steps = resumed
    approved, applied = (step_of(steps, command) for command in ("github approved --out", "apply"))
    assert str(approved.parts["stdout"]).startswith("v2:3:")
    assert (approved.code, applied.code) == (0, 0)
    assert str(applied.parts["broadcasts in Invent"]).count("\n") == 3


@pytest.mark.parametrize("resumed", ["reported"], indirect=True)
def test_comment_of_before_is_written_over_by_the_outcome_and_no_second_one_is_made(
    resumed: tuple[int, list[Step]],
) -> None:
    _, steps = resumed
    comment = step_of(steps, "github comment")
    assert comment.code == 0
    assert [name for name in comment.parts if name.startswith("comment ")] == ["comment 1001 on #7"]


@pytest.mark.parametrize("resumed", ["planned"], indirect=True)
def test_plan_of_before_is_what_may_be_created_and_nothing_else(resumed: tuple[int, list[Step]]) -> None:
    _, steps = resumed
    codes = [step.code for step in steps if "--plan plan.json" in step.title]
    assert codes == [5, 5, 5, 0]


@pytest.mark.parametrize("resumed", ["on-a-branch"], indirect=True)
def test_branch_of_before_has_its_history_and_its_proof(resumed: tuple[int, list[Step]]) -> None:
    _, steps = resumed
    assert step_of(steps, "state verify  ").code == 0
    assert str(step_of(steps, "state verify  ").parts["stdout"]).startswith("The chain of ")
    changes = json.loads(str(step_of(steps, "history --json").parts["stdout"]))["changes"]
    assert [(change["what"], change["key"], change["pull_request"]) for change in changes][:2] == [
        ("created", "a", 7),
        ("created", "b", 7),
    ]
