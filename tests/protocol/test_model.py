"""The model's small worlds, each to its end; and the proof that it would notice a broken promise."""

from __future__ import annotations

from dataclasses import fields

import pytest

from tests.protocol.__main__ import explored, main
from tests.protocol.configurations import REGRESSIONS, SMALL, Regression
from tests.protocol.rules import Configuration, Protocol
from tests.protocol.search import begin, search, steps
from tests.protocol.world import Left, World


@pytest.mark.parametrize("configuration", SMALL, ids=lambda configuration: configuration.name)
def test_the_promises_hold_in_every_world_that_can_be_reached(configuration: Configuration) -> None:
    result = search(configuration)
    assert (result.broken, result.trace) == ("", ())
    assert result.complete


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda regression: regression.name)
def test_a_promise_breaks_where_a_rule_is_missing(regression: Regression) -> None:
    result = search(regression.as_before, wanted=regression.broken)
    assert regression.broken
    assert regression.broken in result.broken
    assert result.trace


def test_each_rule_has_a_world_that_breaks_a_promise_without_it() -> None:
    rules = {field.name for field in fields(Protocol)}
    off = {name for one in REGRESSIONS for name in rules if not getattr(one.rules, name)}
    assert off == rules


def replayed(configuration: Configuration, trace: tuple[str, ...]) -> list[World]:
    """The worlds in which a trace can end, going by the names of its steps."""
    worlds = [begin(configuration)]
    for label in trace:
        found = [step.world for world in worlds for step in steps(configuration, world) if step.label == label]
        worlds = list(dict.fromkeys(found))
    return worlds


def test_a_trace_can_be_played_again_step_by_step() -> None:
    as_before = REGRESSIONS[0].as_before
    result = search(as_before)
    *way, last = result.trace
    ends = [step for world in replayed(as_before, tuple(way)) for step in steps(as_before, world)]
    assert result.broken in {step.broken for step in ends if step.label == last}


def seen_labels(configuration: Configuration) -> set[str]:
    """The names of all steps that happen in any history."""
    level, seen, labels = [begin(configuration)], {begin(configuration)}, set()
    while level:
        following = []
        for world in level:
            for step in steps(configuration, world):
                labels.add(step.label)
                if step.world not in seen:
                    seen.add(step.world)
                    following.append(step.world)
        level = following
    return labels


@pytest.mark.parametrize(
    "name", ["the lock file is deleted and another apply runs, mended", "branch: two keys, two kills"]
)
def test_runs_get_through_and_others_are_killed(name: str) -> None:
    [configuration] = [one for one in SMALL if one.name == name]
    labels = seen_labels(configuration)
    assert {"run 1 calls", "run 1 hears the id", "run 2 calls", "Invent creates what run2-1.spring asks for"} <= labels
    assert any(label.endswith("ends with 0") for label in labels)
    assert any(label.endswith("ends with 7") for label in labels)


def test_every_kind_of_fault_may_happen_in_some_small_world() -> None:
    may_happen = {fault for one in SMALL for fault, times in one.left._asdict().items() if times}
    assert may_happen == set(Left._fields)


def test_the_command_fails_where_a_promise_breaks_and_shows_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    as_before = REGRESSIONS[0].as_before
    assert explored([as_before], most=0, jobs=1) == 1
    shown = capsys.readouterr().out
    assert "created a second time" in shown
    assert " 1. run 1 locks and reads the file" in shown


def test_the_command_shows_what_each_rule_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--before", "--only", "repeats the id"]) == 0
    assert "run 1 hears the id of another broadcast" in capsys.readouterr().out
