"""The state as a fold over events: what each event does, and that a replay does nothing more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.broadcast import Request
from invent_gitops.model.note import Note, restored_note
from invent_gitops.model.state import (
    Absence,
    Candidate,
    Corrected,
    DeclaredAbsent,
    Event,
    Intended,
    Looked,
    Recorded,
    Refreshed,
    Removed,
    State,
    Withdrawn,
)
from invent_gitops.values import replace
from tests.making import (
    NOW,
    SOON,
    a_correction,
    a_move,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    an_intent,
    crowded_states,
    few_keys,
    run_events,
)

CANDIDATES = (Candidate(a_remote("bc_5"), ("scheduled_at",)),)
ABSENCE = Absence("spring", "looked in Invent", a_provenance())
IN_DOUBT = a_state(intents={"spring": an_intent(attempt="t1")})
RECORDED = a_state({"spring": a_record("bc_1")})


# ---------------------------------------------------------------- each event


def test_intent_opens_its_key() -> None:
    assert a_state().after([Intended("spring", an_intent(attempt="t1"))]) == IN_DOUBT


@pytest.mark.parametrize(
    "state",
    [
        a_state({"summer": a_record("bc_1", attempt="t1")}),
        a_state(removed={"spring": replace(a_removal("bc_1"), attempt="t1")}),
        a_state(absences={"t1": ABSENCE}),
    ],
    ids=["recorded", "removed", "declared absent"],
)
def test_intent_of_an_attempt_that_is_settled_opens_nothing_again(state: State) -> None:
    assert state.after([Intended("spring", an_intent(attempt="t1"))]) == state


def test_record_closes_the_intent_that_it_came_of() -> None:
    record = a_record("bc_1", attempt="t1")
    assert IN_DOUBT.after([Recorded("spring", record)]) == a_state({"spring": record})


def test_record_of_another_attempt_leaves_the_intent_open() -> None:
    after = IN_DOUBT.after([Recorded("spring", a_record("bc_1", attempt="t0"))])
    assert (list(after.broadcasts), list(after.intents)) == (["spring"], ["spring"])


def test_withdrawal_closes_the_intent_of_its_own_attempt() -> None:
    assert IN_DOUBT.after([Withdrawn("spring", "t1")]) == a_state()


@pytest.mark.parametrize("event", [Withdrawn("spring", "t0"), Withdrawn("summer", "t1")], ids=["attempt", "key"])
def test_withdrawal_of_another_attempt_or_key_does_nothing(event: Event) -> None:
    assert IN_DOUBT.after([event]) == IN_DOUBT


def test_look_leaves_its_candidates_with_the_attempt_that_it_was_about() -> None:
    after = IN_DOUBT.after([Looked("spring", "t1", CANDIDATES)])
    assert after.intents["spring"].candidates == CANDIDATES
    assert IN_DOUBT.after([Looked("spring", "t0", CANDIDATES), Looked("summer", "t1", CANDIDATES)]) == IN_DOUBT


def test_declared_absence_frees_the_key_and_is_kept_for_the_audit() -> None:
    assert IN_DOUBT.after([DeclaredAbsent("t1", ABSENCE)]) == a_state(absences={"t1": ABSENCE})


def test_declared_absence_of_another_attempt_frees_nothing() -> None:
    assert IN_DOUBT.after([DeclaredAbsent("t0", ABSENCE)]).intents == IN_DOUBT.intents


def test_correction_puts_the_right_id_in_place_and_remembers_the_wrong_one_as_free() -> None:
    right = a_correction("spring", "bc_1", "bc_2", a_request(), "attempt of bc_1")
    after = RECORDED.after([right])
    assert (after.broadcasts["spring"].id, after.ids(), after.corrected()) == ("bc_2", {"bc_2"}, {"bc_1"})
    assert after.after([right]) == after, "a replay changes nothing"
    assert after.after([Recorded("spring", RECORDED.broadcasts["spring"])]) == after, "nor does an old record"
    theirs = Recorded("theirs", a_record("bc_1", how="imported", attempt="another"))
    assert after.after([theirs]).broadcasts["theirs"].id == "bc_1", "it may be somebody's own"
    back = after.after([a_correction("spring", "bc_2", "bc_1", a_request(), "attempt of bc_1")])
    assert (back.broadcasts["spring"].id, back.corrected()) == ("bc_1", {"bc_2"})


def test_correction_of_what_was_settled_otherwise_meanwhile_changes_nothing() -> None:
    wrong = a_correction("spring", "bc_9", "bc_2", a_request(), "t")
    assert RECORDED.after([wrong]) == RECORDED
    both = a_state({"spring": a_record("bc_1"), "summer": a_record("bc_2", a_request("Other"))})
    assert both.after([a_correction("spring", "bc_1", "bc_2", a_request(), "t")]) == both
    later = a_correction("spring", "bc_1", "bc_2", a_request(), "t")
    older = replace(later, record=replace(later.record, provenance=a_provenance(NOW - timedelta(hours=1))))
    assert RECORDED.after([older]) == RECORDED


def test_correction_to_the_second_broadcast_of_the_same_key_takes_it_in() -> None:
    second = Recorded("spring", a_record("bc_2", attempt="t2"))
    state = RECORDED.after([second])
    assert set(state.broadcasts) == {"spring", "spring#bc_2"}
    after = state.after([a_correction("spring", "bc_1", "bc_2", a_request(), "attempt of bc_1")])
    assert {key: record.id for key, record in after.broadcasts.items()} == {"spring": "bc_2"}


def test_move_gives_the_record_another_key_and_changes_nothing_of_it() -> None:
    assert RECORDED.after([a_move("spring", "summer")]) == a_state({"summer": a_record("bc_1")})


@pytest.mark.parametrize("key", ["spring", "unknown"])
def test_move_onto_a_taken_key_or_of_an_unknown_one_loses_nothing(key: str) -> None:
    state = a_state({"spring": a_record("bc_1"), "summer": a_record("bc_2")})
    assert state.after([a_move(key, "summer")]) == state


def test_a_removal_can_be_taken_back_and_an_older_word_takes_no_later_one_back() -> None:
    removal = replace(a_removal("bc_1"), attempt="attempt of bc_1")
    state = a_state({"spring": a_record("bc_1")}).after([Removed("spring", removal)])
    back = Recorded("spring", replace(a_record("bc_1", how="imported"), note=restored_note("a mistake")))
    later = Removed("spring", replace(removal, provenance=replace(removal.provenance, at=NOW + timedelta(days=1))))
    restored = state.after([back])
    assert (restored.broadcasts["spring"].id, dict(restored.removed)) == ("bc_1", {})
    assert restored.after([back]) == restored, "a replay changes nothing"
    assert state.after([back, later]).after([back]).removed.keys() == {"spring"}, "nor does one after a later removal"
    assert restored.after([Removed("spring", removal)]) == restored, "nor does the old removal, replayed late"
    assert restored.after([later]).removed.keys() == {"spring"}
    seen = restored.after(
        [Refreshed("spring", "bc_1", a_request("Edited"), "SENT", a_provenance(NOW + timedelta(hours=1)))]
    )
    assert seen.after([Removed("spring", removal)]) == seen, "also where it was refreshed since"
    changes: list[dict[str, Any]] = [{"note": Note("x")}, {"id": "bc_2"}, {"how": "created"}, {"attempt": "x"}]
    for change in [*changes, {"request": a_request("Another")}]:
        forged = Recorded("spring", replace(back.record, **change))
        assert "spring" in state.after([forged]).removed


def test_removal_leaves_a_tombstone_in_place_of_the_record() -> None:
    removal = a_removal("bc_1")
    assert RECORDED.after([Removed("spring", removal)]) == a_state(removed={"spring": removal})


def refreshed(request: Request, hours: int = 0, status: str = "SCHEDULED", id: str = "bc_1") -> Refreshed:
    return Refreshed("a", id, request, status, a_provenance(NOW + timedelta(hours=hours)))


def test_refresh_replaces_request_and_status_and_keeps_what_was_sent_and_who_created_it() -> None:
    before, later = a_record("bc_1"), a_request(at=SOON + timedelta(hours=2))
    found = a_state({"a": before}).after([refreshed(later, status="DRAFT")]).broadcasts["a"]
    assert (found.request, found.status, found.sent) == (later, "DRAFT", before.request)
    assert (found.provenance, found.attempt, found.id) == (before.provenance, before.attempt, before.id)
    assert found.refreshed == a_provenance(NOW)


def test_every_request_that_a_broadcast_ever_had_is_kept_once_and_the_one_that_was_sent_first() -> None:
    one, two, three = (a_request(name) for name in ("One", "Two", "Three"))
    events = [refreshed(request, hours) for hours, request in enumerate([two, three, two, one, two])]
    found = a_state({"a": a_record("bc_1", one)}).after(events).broadcasts["a"]
    assert found.request == two
    assert (found.sent, set(found.requests)) == (one, {one, two, three})
    assert len(found.formerly) == len(set(found.formerly))


def test_older_look_does_not_undo_a_newer_one() -> None:
    newer, older = refreshed(a_request("Newer"), hours=2), refreshed(a_request("Older"), hours=1)
    state = a_state({"a": a_record("bc_1")}).after([newer])
    assert state.after([older]) == state


def test_refresh_of_another_broadcast_or_key_does_nothing() -> None:
    state = a_state({"a": a_record("bc_1"), "b": a_record("bc_2")})
    assert state.after([refreshed(a_request("New"), id="bc_2")]) == state


def test_refresh_closes_no_intent() -> None:
    state = a_state({"a": a_record("bc_1")}, {"a": an_intent(attempt="t1")})
    assert state.after([refreshed(a_request("New"))]).intents == state.intents


def test_serial_lineage_and_binding_are_not_the_folds_to_change() -> None:
    after = RECORDED.after([Intended("a", an_intent()), Removed("spring", a_removal("bc_1"))])
    assert (after.serial, after.lineage, after.org, after.api) == (1, RECORDED.lineage, "c", RECORDED.api)


def test_fold_leaves_the_state_that_it_started_from_alone() -> None:
    before = replace(IN_DOUBT, broadcasts={"a": a_record("bc_2")})
    copy = replace(before, broadcasts=dict(before.broadcasts), intents=dict(before.intents))
    before.after([Recorded("spring", a_record("bc_1", attempt="t1")), Removed("a", a_removal("bc_2"))])
    assert before == copy


# ---------------------------------------------------------------- nothing is lost


def test_second_id_for_a_key_keeps_both_and_says_so() -> None:
    after = RECORDED.after([Recorded("spring", a_record("bc_2"))])
    assert after.broadcasts["spring"] == a_record("bc_1")
    second = after.broadcasts["spring#bc_2"]
    assert second.id == "bc_2"
    assert "bc_1" in second.note.text


def test_id_that_is_known_already_is_not_recorded_a_second_time() -> None:
    state = a_state({"spring": a_record("bc_1")}, removed={"gone": a_removal("bc_2")})
    events = [Recorded("summer", a_record("bc_1")), Recorded("summer", a_record("bc_2"))]
    assert state.after(events) == state


@pytest.mark.parametrize(
    "elsewhere",
    [
        a_state({"old": a_record("bc_1", a_request("Old"))}, {"spring": an_intent(attempt="t1")}),
        a_state(None, {"spring": an_intent(attempt="t1")}, {"old": a_removal("bc_1", a_request("Old"))}),
    ],
    ids=["recorded", "removed"],
)
def test_answer_with_an_id_that_another_key_has_leaves_the_attempt_in_doubt(elsewhere: State) -> None:
    after = elsewhere.after([Recorded("spring", a_record("bc_1", attempt="t1"))])
    assert "spring" in {*after.broadcasts, *after.intents}


@given(crowded_states, st.lists(run_events, max_size=8))
def test_no_id_is_ever_lost_by_what_a_run_writes(state: State, events: list[Event]) -> None:
    after = state.after(events)
    before_ids = [record.id for record in state.broadcasts.values()]
    brought = [event.record.id for event in events if isinstance(event, Recorded)]
    known = {record.id for record in after.broadcasts.values()} | {gone.id for gone in after.removed.values()}
    assert known | after.corrected() >= {*before_ids, *brought}
    corrected = {event.key for event in events if isinstance(event, Corrected)}
    for key, record in state.broadcasts.items():
        if key in corrected:
            continue
        found = after.broadcasts[key]
        shown = replace(record, request=found.request, status=found.status)
        assert replace(shown, formerly=found.formerly, refreshed=found.refreshed) == found
        assert set(record.requests) <= set(found.requests)
        assert found.sent == record.sent
    assert after.removed == state.removed


# ---------------------------------------------------------------- replays


@st.composite
def journals(draw: st.DrawFn) -> tuple[State, list[Event]]:
    """A state, and what commands write one after another, each looking at the state that it finds."""
    start = now = draw(st.sampled_from([a_state(), a_state({"a": a_record("bc_0")}, {"b": an_intent(attempt="t0")})]))
    events: list[Event] = []
    for number in range(draw(st.integers(0, 8))):
        key, to = draw(few_keys), draw(few_keys)
        event = draw(st.sampled_from(_possible(now, key, to, number)))
        events.append(event)
        now = now.after([event])
    return start, events


def _possible(now: State, key: str, to: str, number: int) -> list[Event]:
    fresh, attempt = f"bc_{number + 1}", f"t{number + 1}"
    if key in now.intents:
        open_attempt = now.intents[key].attempt
        known = sorted(now.ids() | {fresh})
        return [
            *(Recorded(key, a_record(id, attempt=open_attempt)) for id in (fresh, known[0])),
            Withdrawn(key, open_attempt),
            Looked(key, open_attempt, CANDIDATES),
            DeclaredAbsent(open_attempt, replace(ABSENCE, key=key)),
        ]
    if key in now.broadcasts:
        record = now.broadcasts[key]
        removal = replace(a_removal(record.id), attempt=record.attempt)
        taken = to in now.broadcasts or to in now.intents or to in now.removed
        seen = Refreshed(key, record.id, a_request(f"Edit {number % 3}"), "SENT", a_provenance(NOW + timedelta(number)))
        return [Removed(key, removal), seen, *([] if taken else [a_move(key, to, record.id)])]
    if key in now.removed:
        return [Withdrawn(key, attempt)]
    return [Intended(key, an_intent(attempt=attempt)), Recorded(key, a_record(fresh, how="imported"))]


@given(journals())
def test_replaying_a_journal_changes_nothing_wherever_the_fold_was_cut_off(found: tuple[State, list[Event]]) -> None:
    state, events = found
    once = state.after(events)
    assert once.after(events) == once
    for length in range(len(events)):
        assert state.after(events[:length]).after(events) == once


@pytest.mark.parametrize(
    "events",
    [
        [Recorded("a", a_record("bc_1")), Removed("a", a_removal("bc_1")), Recorded("a", a_record("bc_2"))],
        [
            Recorded("a", a_record("bc_1")),
            a_move("a", "b"),
            Recorded("a", a_record("bc_2")),
            a_move("b", "c"),
        ],
    ],
    ids=["removed and recorded again", "moved on"],
)
def test_replaying_any_journal_whatever_changes_nothing_as_the_fold_promises(events: list[Event]) -> None:
    once = a_state().after(events)
    assert once.after(events) == once


# ---------------------------------------------------------------- a part of it


def test_part_of_one_key_holds_all_of_that_key_and_nothing_of_others() -> None:
    other = replace(ABSENCE, key="other")
    state = a_state(
        {"spring": a_record("bc_1"), "other": a_record("bc_2")},
        {"spring": an_intent(), "other": an_intent()},
        {"spring": a_removal("bc_3"), "other": a_removal("bc_4")},
        {"t1": ABSENCE, "t2": other},
    )
    expected = a_state(
        {"spring": a_record("bc_1")}, {"spring": an_intent()}, {"spring": a_removal("bc_3")}, {"t1": ABSENCE}
    )
    assert state.only("spring") == expected
    assert state.only("unknown") == a_state()
