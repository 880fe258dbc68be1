"""Drift: live beside recorded beside defined, what is an alarm, and what a refresh may take over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.live.drift import drift_of, live_request, refreshed, with_drift
from invent_gitops.model.broadcast import Catalogue, Remote, RemoteSegment, Request, Segment
from invent_gitops.model.command import cure_text
from invent_gitops.model.drift import Drift
from invent_gitops.model.listing import Listing
from invent_gitops.model.record import Record
from invent_gitops.model.state import State
from invent_gitops.model.statuses import GONE
from invent_gitops.plan.audience import with_audiences
from invent_gitops.values import replace
from tests.making import (
    NOW,
    SOON,
    a_catalogue,
    a_definition,
    a_provenance,
    a_record,
    a_remote,
    a_request,
    a_state,
    altered,
    an_intent,
    few_ids,
    few_keys,
    few_records,
    few_requests,
    plan_of,
    up_to,
)

A, B, C = (a_request(at=SOON + timedelta(days=days)) for days in range(3))
RECORD = a_record("bc_1", A)


def drift(remote: Remote | None, defined: Request | None = A, record: Record = RECORD) -> Drift | None:
    return drift_of("spring", record, remote, defined)


def found(remote: Remote | None, defined: Request | None = A, record: Record = RECORD) -> Drift:
    made = drift(remote, defined, record)
    assert made is not None
    return made


# ---------------------------------------------------------------- three ways


@pytest.mark.parametrize(
    ("live", "defined", "case", "cure"),
    [
        (B, B, "record behind", "only the record is behind: invent-gitops refresh"),
        (B, A, "edited in Invent", "undo it in Invent"),
        (B, C, "all differ", "three different things"),
        (B, None, "no file", "no file defines it"),
    ],
)
def test_each_of_the_three_way_cases_has_its_own_cure(
    live: Request, defined: Request | None, case: str, cure: str
) -> None:
    made = found(a_remote("bc_1", live), defined)
    assert (made.case, made.kinds, made.alarming) == (case, ("rescheduled",), True)
    assert cure in cure_text(made.cure, "")


def test_what_is_live_as_it_is_recorded_has_not_drifted_whatever_the_file_says() -> None:
    assert drift(a_remote("bc_1", A), defined=B) is None


def test_both_values_of_each_field_that_differs_are_told_and_no_other_field() -> None:
    [change] = found(a_remote("bc_1", replace(A, name="By hand"))).changes
    assert (change.field, change.old, change.new) == ("name", A.name, "By hand")


# ---------------------------------------------------------------- words and alarms


@pytest.mark.parametrize(
    ("recorded", "live", "words", "alarming"),
    [
        ("DRAFT", "SCHEDULED", ("scheduled",), False),
        ("SCHEDULED", "SENDING", ("sending",), False),
        ("SCHEDULED", "SENT", ("sent",), False),
        ("SCHEDULED", "ACTIVE", ("unknown status",), False),
        ("SCHEDULED", "DRAFT", ("unscheduled",), True),
        ("SCHEDULED", "CANCELLED", ("cancelled",), True),
        ("SENDING", "FAILED", ("failed",), True),
        (GONE, "DRAFT", ("back",), False),
        ("UNKNOWN", "DRAFT", (), False),
    ],
)
def test_status_that_moved_on_by_itself_is_no_alarm(
    recorded: str, live: str, words: tuple[str, ...], alarming: bool
) -> None:
    made = found(a_remote("bc_1", A, status=live), record=replace(RECORD, status=recorded))
    assert (made.kinds, made.alarming, made.status) == (words, alarming, live)


def test_failure_brings_the_words_of_invent() -> None:
    remote = altered(a_remote("bc_1", A, status="FAILED"), error_message="No sender")
    assert found(remote).error_message == "No sender"


def test_broadcast_that_is_gone_is_an_alarm_unless_it_was_sent_or_is_recorded_as_gone() -> None:
    assert found(None).alarming
    assert "state rm spring" in cure_text(found(None).cure, "")
    assert not found(None, record=replace(RECORD, status="SENT")).alarming
    assert drift(None, record=replace(RECORD, status=GONE)) is None


@pytest.mark.parametrize("field", ["name", "scheduled_at", "segments", "send_to_all", "status"])
def test_field_that_invent_does_not_tell_has_not_drifted(field: str) -> None:
    # Each with the value that a missing field gets.
    missing: dict[str, dict[str, Any]] = {
        "name": {"name": ""},
        "scheduled_at": {"scheduled_at": None},
        "segments": {"segment_ids": ()},
        "send_to_all": {"send_to_all": False},
        "status": {"status": ""},
    }
    untold = altered(a_remote("bc_1", A, status="SCHEDULED"), **missing[field], unread=(field,))
    assert drift(untold) is None


def test_name_or_segment_that_no_record_can_hold_is_left_alone() -> None:
    assert live_request(A, altered(a_remote("bc_1", A), name="")) == A
    assert live_request(A, altered(a_remote("bc_1", A), segment_ids=("half a pair \ud800",))) == A


@pytest.mark.parametrize(
    ("status", "at", "drifted"),
    [
        ("SENT", NOW + timedelta(hours=1), False),
        ("SENDING", NOW + timedelta(hours=1), False),
        ("SCHEDULED", NOW + timedelta(minutes=1), False),
        ("SCHEDULED", NOW + timedelta(hours=1), True),
    ],
)
def test_time_that_is_filled_in_for_what_was_sent_at_once_is_no_edit(status: str, at: datetime, drifted: bool) -> None:
    at_once = a_request(at=None)
    remote = a_remote("bc_1", a_request(at=at), status=status, created_at=NOW)
    made = drift(remote, at_once, a_record("bc_1", at_once))
    assert bool(made and made.changes) is drifted


# ---------------------------------------------------------------- a whole plan


def test_plan_says_what_drifted_and_decides_as_before() -> None:
    definitions = [a_definition("spring", A), a_definition("new", replace(B, name="New"))]
    state = a_state({"spring": RECORD, "old": a_record("bc_2", replace(C, name="Old"))})
    plain = plan_of(definitions, state)
    listing = Listing((a_remote("bc_1", B), a_remote("bc_3", replace(C, name="By hand"))))
    made = with_drift(plain, state, listing, before={"bc_1", "bc_2"})
    assert {item.key: item.drift.kinds for item in made.items if item.drift} == {
        "spring": ("rescheduled",),
        "old": ("gone",),
    }
    assert made.look is not None
    assert (made.look.complete, made.look.unread, made.look.unrecorded) == (True, (), 1)
    assert (made.digest, [item.action for item in made.items]) == (plain.digest, [item.action for item in plain.items])


def test_what_a_cut_off_list_does_not_hold_is_unread_and_never_gone() -> None:
    state = a_state({"spring": RECORD, "old": a_record("bc_2", B)})
    listing = Listing((a_remote("bc_1", B),), ("Page 2 could not be read.",))
    made = with_drift(plan_of([], state), state, listing, before={"bc_1", "bc_2"})
    assert {item.key: item.drift.kinds for item in made.items if item.drift} == {"spring": ("rescheduled",)}
    assert made.look is not None
    assert (made.look.complete, made.look.unread) == (False, ("old",))


def test_what_was_recorded_after_the_list_was_read_is_not_gone() -> None:
    state = a_state({"spring": RECORD})
    made = with_drift(plan_of([], state), state, Listing(()), before=set())
    assert made.items[0].drift is None
    assert refreshed(state, Listing(()), a_provenance(), before=set()) == []


# ---------------------------------------------------------------- today's audience


SEGMENTS = (RemoteSegment("seg_a", "a", 0), RemoteSegment("seg_b", "b", 30))


def test_todays_audience_takes_the_place_of_the_catalogues_and_warns() -> None:
    plan = plan_of([a_definition("spring", A)], catalogue=a_catalogue(a=5))
    [item] = with_audiences(plan, SEGMENTS, a_catalogue(a=5), 50, ()).items
    assert item.audience is not None
    assert (item.audience.contacts, item.audience.today, item.audience.segments) == (0, True, ("a",))
    assert [warning.rule for warning in item.remarks.warnings] == ["audience-empty"]


@pytest.mark.parametrize(
    ("live", "rules"),
    [
        ((RemoteSegment("seg_a", "a", 5),), []),
        ((RemoteSegment("seg_a", "Do not message", 5),), ["audience-renamed"]),
        ((RemoteSegment("seg_a", "Do not message", 5), RemoteSegment("seg_9", "a", 900)), ["audience-retaken"]),
        ((RemoteSegment("seg_a", "a", 5), RemoteSegment("seg_9", "a", 900)), []),
        ((RemoteSegment("seg_a", "", 5),), []),
    ],
    ids=["same", "renamed", "its name is another's", "two of that name", "not told"],
)
def test_a_segment_that_is_called_otherwise_now_is_told_before_anybody_is_messaged(
    live: tuple[RemoteSegment, ...], rules: list[str]
) -> None:
    plan = plan_of([a_definition("spring", A)], catalogue=a_catalogue(a=5))
    [item] = with_audiences(plan, live, a_catalogue(a=5), 50, ()).items
    assert [warning.rule for warning in item.remarks.warnings] == rules
    if "audience-retaken" in rules:
        assert item.remarks.warnings[0].message == (
            "The segment a (seg_a) is named Do not message in Invent, and a is seg_9 there now."
        )
    [without] = with_audiences(plan, live, None, 50, ()).items
    assert without.remarks.warnings == (), "nobody has read a name there"


def test_a_former_name_that_is_another_segments_by_now_is_told_with_a_cure_that_keeps_the_audience() -> None:
    known = Catalogue({"VIP 27": Segment("VIP 27", "seg_a", 5, ("VIP",))})
    plan = plan_of([replace(a_definition("spring", A), segments=("VIP",))], catalogue=known)
    live = (RemoteSegment("seg_a", "VIP 28", 5), RemoteSegment("seg_9", "VIP", 900))
    [item] = with_audiences(plan, live, known, 50, ()).items
    assert [warning.rule for warning in item.remarks.warnings] == ["audience-retaken"]
    assert "VIP is seg_9 there now" in item.remarks.warnings[0].message
    assert item.remarks.warnings[0].cure.startswith("Write id:seg_a if that one is meant")


def test_segments_of_another_account_are_a_gap_and_none_of_them_is_called_gone() -> None:
    plan = plan_of([a_definition("spring", A), a_definition("summer", replace(A, segment_ids=("seg_b",)))])
    made = with_audiences(plan, (RemoteSegment("seg_x", "x", 1),), None, 50, ())
    assert made.look is not None
    assert "this looks like another account" in made.look.gaps[0]
    assert [item.remarks.warnings for item in made.items] == [(), ()]


@pytest.mark.parametrize("status", ["SENT", "CANCELLED", "FAILED", GONE])
def test_audience_of_what_is_not_to_be_sent_any_more_is_nobodys_concern(status: str) -> None:
    state = a_state({"spring": replace(RECORD, status=status)})
    [item] = with_audiences(plan_of([a_definition("spring", A)], state), SEGMENTS, None, 50, ()).items
    assert (item.audience, item.remarks.warnings) == (None, ())


def test_segments_that_could_not_be_read_are_a_gap_and_no_warning() -> None:
    plan = with_audiences(plan_of([a_definition("spring", A)]), None, None, 50, ("No segments.",))
    assert plan.look is not None
    assert plan.look.gaps == ("No segments.",)
    assert plan.items[0].remarks.warnings == ()


# ---------------------------------------------------------------- what a refresh takes over


def after(state: State, listing: Listing[Remote]) -> State:
    return state.after(refreshed(state, listing, a_provenance(), before=state.ids()))


def test_refresh_leaves_keys_in_doubt_alone() -> None:
    state = a_state({"spring": RECORD}, {"spring": an_intent()})
    assert after(state, Listing((a_remote("bc_1", B),))) == state


def test_refresh_calls_gone_only_what_a_whole_list_does_not_hold() -> None:
    state = a_state({"spring": RECORD})
    assert after(state, Listing(())).broadcasts["spring"].status == GONE
    assert after(state, Listing((), ("A gap.",))) == state


def test_refresh_works_on_a_machine_whose_clock_is_behind() -> None:
    ahead = a_state({"spring": RECORD.seen(B, "SCHEDULED", a_provenance(NOW + timedelta(days=9)))})
    assert after(ahead, Listing((a_remote("bc_1", C),))).broadcasts["spring"].request == C


listings = st.builds(
    lambda remotes, gaps: Listing(tuple({remote.id: remote for remote in remotes}.values()), gaps),
    st.lists(st.builds(a_remote, few_ids, few_requests, status=st.sampled_from(["DRAFT", "SENT"])), max_size=3),
    st.sampled_from([(), ("A gap.",)]),
)


@given(up_to(3, few_records, few_keys), listings)
def test_after_a_refresh_nothing_drifts_and_a_second_one_has_nothing_to_do(
    records: dict[str, Record], listing: Listing[Remote]
) -> None:
    state = a_state(records)
    once = after(state, listing)
    assert refreshed(once, listing, a_provenance(), before=once.ids()) == []
    made = with_drift(plan_of([], once), once, listing, before=once.ids())
    assert [item.drift for item in made.items] == [None] * len(made.items)


@given(up_to(3, few_records, few_keys), listings)
def test_refresh_and_the_same_edit_in_the_file_end_as_unchanged(
    records: dict[str, Record], listing: Listing[Remote]
) -> None:
    once = after(a_state(records), listing)
    definitions = [a_definition(key, record.request) for key, record in once.broadcasts.items()]
    assert {item.action for item in plan_of(definitions, once).items} <= {"unchanged"}
