"""Values are frozen, are compared by what they hold, and are changed by making another one."""

from __future__ import annotations

import pickle
from copy import deepcopy

import pytest

from invent_gitops.model.local import LocalTime
from invent_gitops.model.problem import Position
from invent_gitops.validate.schedule import Schedule
from invent_gitops.values import replace
from tests.making import NOW, SOON, a_plan, a_remote, a_request, an_item


def test_value_refuses_a_change_and_a_field_that_it_does_not_have() -> None:
    request = a_request("a")
    for name in ("name", "extra"):
        with pytest.raises(AttributeError):
            setattr(request, name, "b")
    assert request == a_request("a")


def test_replace_refuses_a_field_that_the_value_does_not_have() -> None:
    with pytest.raises(TypeError, match="nothing"):
        replace(a_request("a"), nothing=1)  # type: ignore[call-arg]


def test_changed_copy_of_a_plan_counts_anew() -> None:
    plan = a_plan(an_item("a"), an_item("b"))
    assert plan.counts["create"] == 2
    assert replace(plan, items=plan.items[:1]).counts["create"] == 1


def test_remotes_are_equal_and_hash_equal_by_what_identifies_a_broadcast() -> None:
    remote = a_remote("bc_1", a_request("a"))
    other = replace(remote, unread=("segments",), segments=(("s", "S"),))
    assert (remote, hash(remote)) == (other, hash(other))
    assert remote != replace(remote, status="SENT")
    assert remote != (remote.id, remote.request, remote.status, remote.created_at)


def test_schedules_are_equal_and_hash_equal_however_they_were_written() -> None:
    local = LocalTime(NOW.replace(tzinfo=None), "UTC", "2026.6")
    assert {Schedule(NOW, "UTC"), Schedule(NOW, "UTC", local)} == {Schedule(NOW, "UTC", local)}
    assert Schedule(NOW, "UTC") != Schedule(SOON, "UTC")


def test_positions_are_ordered_as_they_are_in_a_file() -> None:
    positions = [Position("a.yaml", 2, 1), Position("a.yaml", 1, 9), Position("a.yaml", 1, 2)]
    assert sorted(positions) == positions[::-1]


def test_value_survives_a_copy_and_a_journey_to_another_process() -> None:
    remote = a_remote("bc_1", a_request("a"))
    assert pickle.loads(pickle.dumps(remote)) == deepcopy(remote) == remote  # noqa: S301
