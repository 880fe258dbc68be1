"""Clashes: sends to the same people within the minimum gap, seen from both sides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.live.clashes import MOST_CLASHES, with_clashes
from invent_gitops.model.calendar import CalendarEntry, SendState
from invent_gitops.model.plan import Audience
from tests.making import NOW, a_request
from tests.test_growth import steps

GAP = timedelta(hours=24)


def a_send(
    key: str, hours: float, *segments: str, state: SendState = "planned", status: str = "", everyone: bool = False
) -> CalendarEntry:
    request = a_request(f"Send {key}", NOW + timedelta(hours=hours), segments, everyone)
    at = NOW + timedelta(hours=hours)
    return CalendarEntry(key, request, at, state, Audience(segments, everyone, None), status=status)


def clashes(*sends: CalendarEntry) -> dict[str, list[str]]:
    """The keys that each send clashes with."""
    return {entry.key: [clash.key for clash in entry.clashes] for entry in with_clashes(sends, GAP, {"seg_a": "vip"})}


def test_both_sides_of_a_clash_name_each_other_and_say_how_far_apart() -> None:
    first, second = with_clashes([a_send("a", 0, "seg_a", "x"), a_send("b", 3, "seg_a", "y")], GAP, {"seg_a": "vip"})
    (one,), (other,) = first.clashes, second.clashes
    assert (one.key, one.name, one.segments, one.apart) == ("b", "Send b", ("vip",), timedelta(hours=3))
    assert (other.key, other.segments, other.apart) == ("a", ("vip",), timedelta(hours=3))


def test_exactly_the_gap_is_far_enough() -> None:
    assert clashes(a_send("a", 0, "x"), a_send("b", 24, "x")) == {"a": [], "b": []}
    assert clashes(a_send("a", 0, "x"), a_send("b", 23.9, "x")) == {"a": ["b"], "b": ["a"]}


def test_everyone_is_in_every_segment_and_names_none() -> None:
    sends = [a_send("a", 0, "x"), a_send("all", 1, everyone=True), a_send("b", 2, "y")]
    assert clashes(*sends) == {"a": ["all"], "all": ["a", "b"], "b": ["all"]}
    assert [clash.segments for entry in with_clashes(sends, GAP, {}) for clash in entry.clashes] == [()] * 4


@pytest.mark.parametrize(
    "off",
    [
        a_send("b", 1, "x", state="cancelled"),
        a_send("b", 1, "x", state="failed"),
        a_send("b", 1, "x", state="gone"),
        a_send("b", 1, "x", state="recorded nowhere", status="CANCELLED"),
    ],
    ids=["cancelled", "failed", "gone", "nowhere"],
)
def test_what_is_called_off_clashes_with_nothing(off: CalendarEntry) -> None:
    assert clashes(a_send("a", 0, "x"), off) == {"a": [], "b": []}


def test_refused_send_shows_what_it_would_clash_with() -> None:
    assert clashes(a_send("a", 0, "x", state="refused"), a_send("b", 1, "x"))["a"] == ["b"]


def slowly(sends: Sequence[CalendarEntry]) -> dict[str, list[str]]:
    """The same by comparing each with each."""

    def meet(one: CalendarEntry, other: CalendarEntry) -> bool:
        everyone = one.request.send_to_all or other.request.send_to_all
        shared = everyone or bool({*one.request.segment_ids} & {*other.request.segment_ids})
        return shared and abs(one.at - other.at) < GAP and "cancelled" not in (one.state, other.state)

    return {one.key: [two.key for two in sends if two.key != one.key and meet(one, two)] for one in sends}


some_sends = st.lists(
    st.tuples(
        st.integers(0, 60), st.sets(st.sampled_from("xyz"), max_size=2), st.sampled_from(["planned", "cancelled"])
    ),
    max_size=8,
)


@given(some_sends)
def test_clashes_are_those_of_comparing_each_with_each(rows: list[tuple[int, set[str], SendState]]) -> None:
    rows.sort(key=lambda row: row[0])
    sends = [
        a_send(str(number), hours, *segments, state=state, everyone=not segments)
        for number, (hours, segments, state) in enumerate(rows)
    ]
    assert clashes(*sends) == slowly(sends)


@pytest.mark.parametrize("everyone", [True, False])
def test_crowd_at_one_hour_costs_no_square_and_each_names_the_nearest(everyone: bool) -> None:
    def crowd(count: int) -> list[CalendarEntry]:
        segments = [] if everyone else ["x"]
        return [a_send(str(number), number / 1000, *segments, everyone=everyone) for number in range(count)]

    small, large = crowd(200), crowd(400)
    first = steps(lambda: list(with_clashes(small, GAP, {})))
    assert steps(lambda: list(with_clashes(large, GAP, {}))) < 2.5 * first
    middle = list(with_clashes(large, GAP, {}))[200]
    assert [clash.key for clash in middle.clashes] == [
        str(number) for number in range(200 - MOST_CLASHES, 201 + MOST_CLASHES) if number != 200
    ]
