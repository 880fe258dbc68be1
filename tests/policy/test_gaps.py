"""The minimum gap: against definitions, records and doubts, to the second, in any order, and fast."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.broadcast import Definition
from invent_gitops.model.plan import Plan, Refusal
from invent_gitops.model.project import Policies
from invent_gitops.model.state import State
from invent_gitops.values import replace
from tests.making import (
    NOW,
    SOON,
    a_catalogue,
    a_definition,
    a_provenance,
    a_record,
    a_removal,
    a_request,
    a_state,
    actions,
    an_intent,
    plan_of,
    refusals_of,
)
from tests.test_growth import steps

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
DAILY = Policies(minimum_gap=DAY, allow_immediate=True, minimum_lead_time=timedelta(), max_creates=100_000)


def of(
    key: str, at: datetime | None = SOON, *segments: str, everyone: bool = False, waived: bool = False
) -> Definition:
    request = a_request(f"Broadcast {key}", at, segments or ("seg_a",), everyone)
    return a_definition(key, request, waive={"minimum-gap": "a correction"} if waived else {})


def too_close(definition: Definition, *others: Definition, state: State | None = None) -> list[Refusal]:
    return [
        refusal
        for refusal in refusals_of(definition, policies=DAILY, others=others, state=state)
        if refusal.policy == "minimum-gap"
    ]


def recorded(at: datetime | None, *segments: str, everyone: bool = False, when: datetime = NOW) -> State:
    request = a_request("Recorded", at, segments or ("seg_a",), everyone)
    return a_state({"old": replace(a_record("bc_1", request), provenance=a_provenance(when))})


def intended(at: datetime | None, *segments: str, everyone: bool = False, when: datetime = NOW) -> State:
    request = a_request("Intended", at, segments or ("seg_a",), everyone)
    return a_state(intents={"old": an_intent(request, provenance=a_provenance(when))})


# ---------------------------------------------------------------- how close


@pytest.mark.parametrize("side", [1, -1], ids=["after", "before"])
@pytest.mark.parametrize(("apart", "refused"), [(timedelta(), True), (DAY - SECOND, True), (DAY, False)])
def test_gap_is_measured_to_the_second_and_may_be_reached(apart: timedelta, refused: bool, side: int) -> None:
    neighbour = of("neighbour", SOON + side * apart)
    assert bool(too_close(of("spring"), neighbour)) == refused
    assert bool(too_close(of("spring"), state=recorded(SOON + side * apart))) == refused
    assert bool(too_close(of("spring"), state=intended(SOON + side * apart))) == refused


def test_broadcast_alone_is_far_enough_from_itself() -> None:
    assert too_close(of("spring")) == []
    assert actions(plan_of([of("spring")], policies=DAILY)) == {"spring": "create"}


def test_other_segments_are_nobodys_business() -> None:
    assert too_close(of("spring", SOON, "seg_a"), of("other", SOON, "seg_b")) == []
    assert too_close(of("spring", SOON, "seg_a", "seg_b"), of("other", SOON, "seg_b", "seg_c")) != []


@pytest.mark.parametrize("state", [recorded, intended])
def test_everyone_is_in_every_segment(state: Callable[..., State]) -> None:
    everyone, some = of("everyone", everyone=True), of("some", SOON + HOUR)
    assert too_close(everyone, some) != []
    assert too_close(some, everyone) != []
    assert too_close(everyone, of("all-too", SOON, everyone=True)) != []
    assert too_close(some, state=state(SOON, everyone=True)) != []
    assert too_close(everyone, state=state(SOON, "seg_z")) != []


def test_of_two_new_ones_both_are_refused_whatever_only_says() -> None:
    both = [of("a"), of("b", SOON + HOUR)]
    assert actions(plan_of(both, policies=DAILY)) == {"a": "refused", "b": "refused"}
    assert actions(plan_of(both, policies=DAILY, only=lambda key: key == "a")) == {"a": "refused"}


def test_waiver_of_one_lets_only_that_one_through() -> None:
    plan = plan_of([of("a", waived=True), of("b", SOON + HOUR)], policies=DAILY)
    assert actions(plan) == {"a": "create", "b": "refused"}


def test_no_gap_asks_for_nothing() -> None:
    plan = plan_of([of("a"), of("b")], recorded(SOON + HOUR), policies=replace(DAILY, minimum_gap=timedelta()))
    assert plan.counts["create"] == 2


# ---------------------------------------------------------------- at once, long ago, edited, removed


def test_what_goes_out_at_once_goes_out_now() -> None:
    assert too_close(of("spring", None), of("other", NOW + DAY - SECOND)) != []
    assert too_close(of("spring", None), of("other", NOW + DAY)) == []
    assert too_close(of("spring", NOW + DAY - SECOND), of("other", None)) != []
    assert too_close(of("spring", None), of("other", None)) != []


@pytest.mark.parametrize("state", [recorded, intended])
def test_what_went_out_at_once_counts_from_when_it_did(state: Callable[..., State]) -> None:
    soon = of("spring", NOW + HOUR)
    assert too_close(soon, state=state(None, when=NOW - 22 * HOUR)) != []
    assert too_close(soon, state=state(None, when=NOW - 23 * HOUR)) == []
    # Its file is still there, and does not mean that it goes out again now.
    done = state(None, when=NOW - 30 * DAY)
    assert actions(plan_of([of("old", None), soon], done, policies=DAILY))["spring"] == "create"


def test_what_was_sent_matters_as_long_as_the_gap_and_no_longer() -> None:
    assert too_close(of("spring", NOW + HOUR), state=recorded(NOW - 22 * HOUR)) != []
    assert too_close(of("spring", NOW + HOUR), state=recorded(NOW - 23 * HOUR)) == []
    assert too_close(of("spring", NOW + HOUR), state=recorded(NOW - 400 * DAY)) == []


def test_edit_after_the_creation_counts_as_it_was_created() -> None:
    state = recorded(SOON)
    edited = of("old", SOON + 10 * DAY)
    assert too_close(of("spring", SOON + HOUR), edited, state=state) != []
    assert too_close(of("spring", SOON + 10 * DAY), edited, state=state) == []


def test_removed_broadcast_does_not_count_even_if_its_file_is_still_there() -> None:
    state = a_state(removed={"gone": a_removal(request=of("gone").request)})
    assert too_close(of("spring"), of("gone"), state=state) == []


# ---------------------------------------------------------------- what it says


def test_refusal_names_the_other_key_its_time_and_the_shared_segments() -> None:
    spring = a_definition("spring", a_request("S", SOON, ("seg_a", "seg_b", "seg_c")), timezone="Europe/Berlin")
    other = of("other", SOON + 90 * timedelta(minutes=1), "seg_c", "seg_a", "seg_x")
    (refusal,) = [
        each
        for each in refusals_of(spring, policies=DAILY, others=[other], catalogue=a_catalogue(a=1))
        if each.policy == "minimum-gap"
    ]
    assert refusal.message == (
        "It would go out on Tue 24 Nov 2026 13:00 Europe/Berlin, and other on Tue 24 Nov 2026 14:30 Europe/Berlin, "
        "both to a and seg_c: 90 minutes apart. policies.minimum_gap asks for 24 hours between two broadcasts to one "
        "segment."
    )
    assert refusal.cure == "Move one of the two, or waive minimum-gap with a reason."


@pytest.mark.parametrize(
    ("state", "words"),
    [(recorded(SOON), "old, which was created already, on"), (intended(SOON), "old, which may have been created, on")],
)
def test_refusal_says_that_the_other_one_exists_or_may_exist(state: State, words: str) -> None:
    (refusal,) = too_close(of("spring"), state=state)
    assert words in refusal.message
    assert refusal.cure == "Move this one, or waive minimum-gap with a reason."


@pytest.mark.parametrize(
    ("mine", "theirs", "words"),
    [
        (True, True, "both to everyone:"),
        (True, False, "this one to everyone:"),
        (False, True, "that one to everyone:"),
    ],
)
def test_refusal_says_which_of_the_two_goes_to_everyone(mine: bool, theirs: bool, words: str) -> None:
    (refusal,) = too_close(of("spring", everyone=mine), of("other", everyone=theirs))
    assert words in refusal.message


def test_nearest_of_many_is_named() -> None:
    others = [of("far", SOON - 5 * HOUR), of("near", SOON + HOUR), of("farther", SOON + 9 * HOUR)]
    (refusal,) = too_close(of("spring"), *others)
    assert ", and near on" in refusal.message


# ---------------------------------------------------------------- laws

moments = st.none() | st.integers(-50, 50).map(lambda hours: SOON + hours * HOUR)
crowds = st.lists(
    st.tuples(moments, st.sets(st.sampled_from(["seg_a", "seg_b", "seg_c"])), st.booleans()), max_size=8
).map(
    lambda found: [
        of(f"b{number}", at, *sorted(segments), everyone=not segments, waived=waived)
        for number, (at, segments, waived) in enumerate(found)
    ]
)


def naively(definitions: list[Definition]) -> set[str]:
    """Who has a neighbour that is too close, found by comparing everybody with everybody."""

    def meet(one: Definition, other: Definition) -> bool:
        first, second = one.request, other.request
        near = abs((first.scheduled_at or NOW) - (second.scheduled_at or NOW)) < DAY
        shared = first.send_to_all or second.send_to_all or set(first.segment_ids) & set(second.segment_ids)
        return bool(near and shared)

    return {
        one.key
        for one in definitions
        if "minimum-gap" not in one.waive and any(one is not other and meet(one, other) for other in definitions)
    }


def refused(plan: Plan) -> set[str]:
    return {item.key for item in plan.items if any(each.policy == "minimum-gap" for each in item.refusals)}


@given(crowds)
def test_search_finds_what_a_comparison_of_all_with_all_finds(definitions: list[Definition]) -> None:
    assert refused(plan_of(definitions, policies=DAILY)) == naively(definitions)


@given(crowds, st.randoms(use_true_random=False))
def test_order_of_the_definitions_does_not_matter(definitions: list[Definition], shuffler: random.Random) -> None:
    shuffled = definitions[:]
    shuffler.shuffle(shuffled)
    assert plan_of(shuffled, policies=DAILY) == plan_of(definitions, policies=DAILY)


@given(crowds, st.integers(0, 7))
def test_another_waiver_adds_no_refusal_to_any_plan(definitions: list[Definition], which: int) -> None:
    waived = [
        replace(each, waive={"minimum-gap": "a correction"}) if number == which else each
        for number, each in enumerate(definitions)
    ]
    assert refused(plan_of(waived, policies=DAILY)) <= refused(plan_of(definitions, policies=DAILY))


def test_ten_thousand_broadcasts_to_one_segment_at_one_time_are_judged_quickly() -> None:
    def crowd(size: int) -> list[Definition]:
        return [of(f"b{number:05}", SOON, *(f"seg_{index}" for index in range(10))) for number in range(size)]

    plan_of(crowd(10), policies=DAILY)  # what is made ready once
    # Each against each would be four times as many comparisons, and a hundred million in the end.
    assert steps(partial(plan_of, crowd(800), policies=DAILY)) < 3 * steps(partial(plan_of, crowd(400), policies=DAILY))
    assert plan_of(crowd(10_000), policies=DAILY).counts["refused"] == 10_000
