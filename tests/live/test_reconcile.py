"""Reconciling: one match is adopted, and nothing else ever settles an attempt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.cli.session import Session
from invent_gitops.live.reconcile import CLOCK_SKEW, differences, reconcile
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.state import Absence, Candidate, Looked, Record, Recorded, State, Withdrawn
from invent_gitops.operations.reconcile import settle
from invent_gitops.provenance import Origin
from invent_gitops.state.document import dump, parse
from invent_gitops.values import replace
from tests.fakes import Memory
from tests.making import (
    NOW,
    SOON,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    altered,
    an_intent,
    crowded_states,
    few_ids,
    few_requests,
    requests,
)

LATER = a_provenance(NOW + timedelta(hours=1), by="bob", run="run 2")
OTHER = a_request("Another", segments=("seg_b",))
SECOND = timedelta(seconds=1)
IN_DOUBT = a_state(intents={"spring": an_intent()})

DIFFERENT: dict[str, dict[str, object]] = {
    "scheduled_at": {"scheduled_at": SOON + SECOND},
    "segment_ids": {"segment_ids": ("seg_a", "seg_b")},
    "send_to_all": {"send_to_all": True},
}
listed = st.lists(st.builds(a_remote, few_ids, few_requests), max_size=3, unique_by=lambda remote: remote.id)


def look(state: State, *found: Remote) -> State:
    """The state after one look at the list, which is all that the next plan sees of it."""
    return state.after(reconcile(state, found, LATER))


# ---------------------------------------------------------------- one, several, none


def test_exactly_one_match_is_adopted_with_who_adopted_it_and_which_attempt_it_came_of() -> None:
    after = look(IN_DOUBT, a_remote("bc_5", status="SCHEDULED"), a_remote("bc_6", OTHER))
    record = Record("bc_5", a_request(), "SCHEDULED", "adopted", replace(LATER, attempted=NOW), "attempt-1")
    assert after.broadcasts == {"spring": record}
    assert after.intents == {}


def test_two_matches_keep_the_key_blocked_and_name_both() -> None:
    after = look(IN_DOUBT, a_remote("bc_6"), a_remote("bc_5"))
    assert after.broadcasts == {}
    assert after.intents["spring"].candidates == (Candidate(a_remote("bc_5")), Candidate(a_remote("bc_6")))


def test_no_match_keeps_the_key_blocked_and_says_that_somebody_looked() -> None:
    events = reconcile(IN_DOUBT, [a_remote("bc_6", OTHER)], LATER)
    assert events == [Looked("spring", "attempt-1", ())]
    assert IN_DOUBT.after(events).intents["spring"].candidates == ()


@given(crowded_states, listed)
def test_looking_never_frees_a_key(state: State, found: list[Remote]) -> None:
    events = reconcile(state, found, LATER)
    assert not any(isinstance(event, Withdrawn) for event in events)
    after = state.after(events)
    for key in state.intents:
        assert key in after.intents or key in after.broadcasts


def test_nothing_is_said_of_broadcasts_that_no_attempt_can_have_made() -> None:
    assert reconcile(a_state({"old": a_record()}), [a_remote("bc_9")], LATER) == []


def test_attempts_with_different_requests_are_told_apart_in_one_list() -> None:
    intents = {"a": an_intent(a_request(), "t1"), "b": an_intent(OTHER, "t2"), "c": an_intent(a_request("C"), "t3")}
    after = look(a_state(intents=intents), a_remote("bc_2", OTHER), a_remote("bc_1"))
    assert {key: (record.id, record.attempt) for key, record in after.broadcasts.items()} == {
        "a": ("bc_1", "t1"),
        "b": ("bc_2", "t2"),
    }
    assert list(after.intents) == ["c"]


def test_one_broadcast_is_not_taken_for_the_result_of_two_attempts() -> None:
    intents = {"a": an_intent(a_request(), "t1"), "b": an_intent(a_request(), "t2")}
    after = look(a_state(intents=intents), a_remote("bc_1"))
    assert {*after.broadcasts, *after.intents} == {"a", "b"}


# ---------------------------------------------------------------- since when


@pytest.mark.parametrize(
    ("created_at", "adopted"),
    [
        (NOW + timedelta(days=2), True),
        (NOW, True),
        (NOW - CLOCK_SKEW, True),
        (NOW - CLOCK_SKEW - SECOND, False),
        (NOW - timedelta(days=300), False),
    ],
)
def test_match_must_not_be_older_than_the_attempt_by_more_than_clocks_differ(
    created_at: datetime, adopted: bool
) -> None:
    after = look(IN_DOUBT, a_remote("bc_5", created_at=created_at))
    assert ("spring" in after.broadcasts) == adopted
    if not adopted:
        [candidate] = after.intents["spring"].candidates or ()
        assert candidate.differs == ("created_at",)


def test_older_twin_does_not_make_the_new_one_ambiguous() -> None:
    after = look(IN_DOUBT, a_remote("bc_4", created_at=NOW - timedelta(days=7)), a_remote("bc_5"))
    assert after.broadcasts["spring"].id == "bc_5"


def test_match_of_unknown_age_is_shown_and_not_adopted() -> None:
    after = look(IN_DOUBT, a_remote("bc_5", created_at=None))
    assert after.broadcasts == {}
    assert after.intents["spring"].candidates == (Candidate(a_remote("bc_5", created_at=None), ("created_at",)),)


# ---------------------------------------------------------------- whose it is


def test_broadcast_that_another_key_has_is_no_match() -> None:
    state = a_state({"old": a_record("bc_5", OTHER)}, {"spring": an_intent()})
    assert look(state, a_remote("bc_5")).intents["spring"].candidates == ()
    assert look(state, a_remote("bc_5"), a_remote("bc_6")).broadcasts["spring"].id == "bc_6"


def test_broadcast_that_was_removed_from_the_state_is_no_match() -> None:
    state = a_state(intents={"spring": an_intent()}, removed={"old": a_removal("bc_5", OTHER)})
    assert look(state, a_remote("bc_5")).intents["spring"].candidates == ()


def test_match_for_a_key_that_has_a_record_already_is_left_to_a_person() -> None:
    state = a_state({"spring": a_record("bc_1")}, {"spring": an_intent()})
    after = look(state, a_remote("bc_5"))
    assert after.broadcasts["spring"].id == "bc_1"
    assert after.intents["spring"].candidates == (Candidate(a_remote("bc_5")),)


# ---------------------------------------------------------------- what differs


@pytest.mark.parametrize("field", DIFFERENT)
def test_broadcast_of_the_same_name_is_a_candidate_that_names_the_field_that_differs(field: str) -> None:
    remote = altered(a_remote("bc_5"), **DIFFERENT[field])
    after = look(IN_DOUBT, remote)
    assert after.broadcasts == {}
    assert after.intents["spring"].candidates == (Candidate(remote, (field,)),)


def test_broadcast_whose_name_is_spelled_otherwise_is_adopted_as_it_was_asked_for() -> None:
    asked = a_request("Caf\u00e9")
    state = a_state({}, {"spring": an_intent(asked)})
    record = look(state, a_remote("bc_5", a_request("Cafe\u0301"))).broadcasts["spring"]
    assert (record.id, record.request) == ("bc_5", asked)


def test_broadcast_of_another_name_is_no_candidate_however_equal_the_rest() -> None:
    assert look(IN_DOUBT, altered(a_remote("bc_5"), name="Spring sales")).intents["spring"].candidates == ()


@pytest.mark.parametrize(
    "name", ["Spring sale ", "Spring\u00a0sale", "Spring  sale", "\uff33pring sale", "Spring\u200d sale"]
)
def test_broadcast_whose_name_only_looks_the_same_is_shown_and_not_adopted(name: str) -> None:
    remote = altered(a_remote("bc_5"), name=name)
    after = look(IN_DOUBT, remote)
    assert (after.broadcasts, after.intents["spring"].candidates) == ({}, (Candidate(remote, ("name",)),))


def test_near_match_does_not_stand_in_the_way_of_the_exact_one() -> None:
    near = altered(a_remote("bc_4"), scheduled_at=SOON + SECOND)
    assert look(IN_DOUBT, near, a_remote("bc_5")).broadcasts["spring"].id == "bc_5"


def test_candidates_come_in_one_order_the_most_alike_first() -> None:
    found = [altered(a_remote("bc_1"), send_to_all=True), a_remote("bc_3"), a_remote("bc_2")]
    expected = ["bc_2", "bc_3", "bc_1"]
    for order in (found, found[::-1]):
        candidates = look(IN_DOUBT, *order).intents["spring"].candidates
        assert [candidate.remote.id for candidate in candidates or ()] == expected


@given(requests, requests)
def test_differences_are_the_fields_that_differ_and_none_for_what_was_asked_for(one: Request, two: Request) -> None:
    assert differences(one, a_remote(request=one)) == ()
    first, second = one.as_json(), two.as_json()
    assert differences(one, a_remote(request=two)) == tuple(name for name in first if first[name] != second[name])


# ---------------------------------------------------------------- nothing new


@given(crowded_states, listed)
def test_looking_again_at_the_same_list_says_nothing_new(state: State, found: list[Remote]) -> None:
    after = look(state, *found)
    assert reconcile(after, found, LATER) == []


def test_candidate_that_appears_later_is_news() -> None:
    blank = look(IN_DOUBT)
    assert blank.intents["spring"].candidates == ()
    assert look(blank, a_remote("bc_5"), a_remote("bc_6")).intents["spring"].candidates != ()


def test_looking_again_after_the_state_was_written_and_read_says_nothing_new() -> None:
    found = [a_remote("bc_5"), a_remote("bc_6")]
    stored = parse(dump(look(IN_DOUBT, *found)), "state")
    assert reconcile(stored, found, LATER) == []


def test_fractions_of_a_second_from_the_api_are_no_news_after_the_state_was_written_and_read() -> None:
    exact = datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=UTC)
    found = [a_remote("bc_5", created_at=exact), a_remote("bc_6", created_at=exact)]
    stored = parse(dump(look(IN_DOUBT, *found)), "state")
    assert reconcile(stored, found, LATER) == []


def test_events_that_settle_speak_of_the_attempt_that_they_settle() -> None:
    (event,) = reconcile(IN_DOUBT, [a_remote("bc_5")], LATER)
    assert isinstance(event, Recorded)
    newer = a_state(intents={"spring": an_intent(attempt="attempt-2")})
    assert newer.after([event]).intents == newer.intents


@pytest.mark.parametrize(
    ("unread", "field"), [("segments", "segment_ids"), ("send_to_all", "send_to_all"), ("scheduled_at", "scheduled_at")]
)
def test_field_that_invent_does_not_tell_never_counts_as_equal(unread: str, field: str) -> None:
    request = a_request(at=None)
    remote = replace(a_remote("bc_5", request), unread=(unread,))
    assert differences(request, remote) == (field,)
    after = look(a_state(intents={"spring": replace(an_intent(), request=request)}), remote)
    assert (after.broadcasts, list(after.intents)) == ({}, ["spring"])


# ---------------------------------------------------------------- after a person's word, and beside another attempt


@pytest.mark.parametrize(
    ("absence", "adopted"),
    [
        (Absence("spring", "looked", a_provenance()), False),
        (Absence("old-name", "looked", a_provenance(), a_request()), False),
        (Absence("spring", "looked", a_provenance(), OTHER, listed=True), False),
        (Absence("old-name", "looked", a_provenance()), True),
        (Absence("old-name", "looked", a_provenance(), OTHER), True),
    ],
    ids=["its key", "its request", "its key, another request", "another key, of an older version", "another"],
)
def test_nothing_is_adopted_where_somebody_has_said_that_an_attempt_created_nothing(
    absence: Absence, adopted: bool
) -> None:
    after = look(replace(IN_DOUBT, absences={"earlier": absence}), a_remote("bc_5"))
    assert ("spring" in after.broadcasts) == adopted
    if not adopted:
        assert after.intents["spring"].candidates == (Candidate(a_remote("bc_5")),)


def test_an_attempt_that_is_kept_beside_another_one_is_adopted_under_its_own_key() -> None:
    state = a_state(intents={"spring#attempt-1": an_intent()})
    after = look(state, a_remote("bc_5"))
    assert (after.broadcasts["spring"].id, after.intents) == ("bc_5", {})


def test_of_two_attempts_of_one_key_at_most_one_is_adopted() -> None:
    state = a_state(intents={"spring": an_intent(attempt="t1"), "spring#t2": an_intent(OTHER, "t2")})
    after = look(state, a_remote("bc_5"), a_remote("bc_6", OTHER))
    assert {key: record.id for key, record in after.broadcasts.items()} == {"spring": "bc_5"}
    assert after.intents["spring#t2"].candidates == (Candidate(a_remote("bc_6", OTHER)),)


# ---------------------------------------------------------------- a look is about the attempts that were open before it


class Moving(Memory):
    """A store whose state somebody else has moved on by the time it is read again."""

    def __init__(self, before: State, after: State) -> None:
        super().__init__()
        self.state, self.later = before, after

    def refresh(self) -> None:
        self.state = self.later


def test_a_look_says_nothing_of_an_attempt_that_was_made_after_it() -> None:
    newer = a_state(intents={"spring": an_intent(attempt="attempt-2")})
    store = Moving(IN_DOUBT, newer)
    found = settle(Session(), store, [a_remote("bc_5")], Origin("bob", "", ""), IN_DOUBT.intents)  # type: ignore[arg-type]  # a store
    assert (found, store.state) == ((), newer)


def test_a_look_still_speaks_of_an_attempt_that_is_kept_beside_another_one_by_now() -> None:
    both = a_state(intents={"spring": an_intent(OTHER, "attempt-2"), "spring#attempt-1": an_intent()})
    store = Moving(IN_DOUBT, both)
    [outcome] = settle(Session(), store, [a_remote("bc_5")], Origin("bob", "", ""), IN_DOUBT.intents)  # type: ignore[arg-type]  # a store
    assert (outcome.key, outcome.id, list(store.state.intents)) == ("spring", "bc_5", ["spring"])
