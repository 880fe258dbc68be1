"""The calendar: each send with the state that evidence tells, and never more cheerful than what will happen."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given

from invent_gitops.live.alarms import GRACE
from invent_gitops.live.calendar import NO_CHANGES, FileChanges, calendar_of, within_days
from invent_gitops.live.status import NOT_ASKED, status_of
from invent_gitops.model.broadcast import Counts, Definition, Remote
from invent_gitops.model.calendar import Calendar, CalendarEntry
from invent_gitops.model.listing import Listing
from invent_gitops.model.loosening import Loosening, RuleChange, RuleChanges
from invent_gitops.model.project import Policies
from invent_gitops.model.record import Provenance, RecordedCounts
from invent_gitops.model.state import State
from invent_gitops.model.statuses import GONE
from invent_gitops.model.unreachable import WARN_ONLY
from invent_gitops.plan.unreachable import unreachable
from invent_gitops.values import replace
from tests.making import (
    NOW,
    SOON,
    a_catalogue,
    a_definition,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    altered,
    an_intent,
    crowded_states,
    definitions_of_any_kind,
    plan_of,
)

HOUR = timedelta(hours=1)


def calendar(
    *definitions: Definition,
    state: State | None = None,
    live: Sequence[Remote] | None = None,
    gaps: tuple[str, ...] = (),
    policies: Policies | None = None,
    changes: FileChanges = NO_CHANGES,
    loosening: Loosening | None = None,
) -> Calendar:
    """The calendar of some files and a state; `live` is what Invent lists, None where nobody asked."""
    recorded, rules = state or a_state(), policies or Policies()
    listing = NOT_ASKED if live is None else Listing(tuple(live), gaps)
    plan = plan_of(
        definitions,
        recorded,
        policies=rules,
        catalogue=a_catalogue(a=7),
        live=live or (),
        reach="" if live is None else "whole",
    )
    plan = replace(plan, loosening=loosening, unreachable=unreachable(plan, WARN_ONLY, {}))
    status = status_of(
        definitions,
        recorded,
        listing,
        before=frozenset(recorded.ids()) if live is not None else frozenset(),
        catalogue=a_catalogue(a=7),
        context=plan.context,
        soon=timedelta(hours=24),
    )
    return calendar_of(status, plan, recorded, rules, listing=listing, changes=changes)


def only(drawn: Calendar) -> CalendarEntry:
    (entry,) = drawn.entries
    return entry


def remark(entry: CalendarEntry) -> str:
    return " ".join(entry.remarks)


def recorded(status: str = "SCHEDULED", at: datetime | None = SOON) -> State:
    record = replace(a_record("bc_1", a_request(at=at)), status=status, provenance=a_provenance(NOW - 2 * HOUR))
    return a_state({"spring": record})


def created(at: datetime, status: str = "SCHEDULED", refreshed: Provenance | None = None) -> State:
    record = replace(a_record("bc_1"), status=status, provenance=a_provenance(at), refreshed=refreshed)
    return a_state({"spring": record})


SPRING = a_definition("spring", a_request())


# ---------------------------------------------------------------- from files and records


def test_definition_without_a_record_is_planned() -> None:
    entry = only(calendar(replace(SPRING, owner="growth", description="Why.", timezone="Europe/Berlin")))
    assert (entry.state, entry.id, entry.status, entry.at, entry.remarks) == ("planned", "", "", SOON, ())
    assert (entry.author.owner, entry.author.file) == ("growth", "broadcasts/spring.yaml")
    assert (entry.audience.segments, entry.audience.contacts) == (("a",), 7)


def test_what_a_policy_refuses_is_refused_with_the_reason_and_the_fix() -> None:
    entry = only(calendar(a_definition("spring", a_request(at=NOW - HOUR))))
    assert entry.state == "refused"
    assert "has passed. Give it a time to come." in remark(entry)


def test_nothing_is_planned_where_a_weaker_rule_holds_the_whole_plan_back() -> None:
    weaker = RuleChanges((RuleChange("max_creates", "", "1", "2"),))
    for loosening, reason in (
        (Loosening("main", "", "refuse", fault="it is gone"), "The rules of main cannot be read"),
        (Loosening("main", "c0ffee", "refuse", weaker), "Rules are weaker than at main"),
    ):
        entry = only(calendar(SPRING, loosening=loosening))
        assert entry.state == "refused"
        assert reason in remark(entry)
        assert only(calendar(SPRING, loosening=replace(loosening, guard="warn"))).state == "planned"


def test_open_attempt_is_blocked_and_says_how_to_settle_it() -> None:
    entry = only(calendar(SPRING, state=a_state(intents={"spring": an_intent()})))
    assert (entry.state, entry.id) == ("blocked", "")
    assert "invent-gitops reconcile" in remark(entry)


def test_remarks_name_instants_so_that_a_page_that_is_read_later_is_still_true() -> None:
    early, late = (an_intent(provenance=a_provenance(NOW - age)) for age in (HOUR, timedelta()))
    for intent in (early, late):
        text = remark(only(calendar(SPRING, state=a_state(intents={"spring": intent}))))
        assert f"or from {intent.settled_from:%Y-%m-%d %H:%M} UTC on, if it is not there" in text
        assert " minutes" not in text


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("DRAFT", "draft"),
        ("SCHEDULED", "scheduled"),
        ("SENDING", "sending"),
        ("SENT", "sent"),
        ("FAILED", "failed"),
        ("CANCELLED", "cancelled"),
        (GONE, "gone"),
        ("ARCHIVED", "unknown"),
    ],
)
def test_record_is_shown_by_the_status_that_invent_had_last(status: str, expected: str) -> None:
    entry = only(calendar(SPRING, state=recorded(status)))
    assert (entry.state, entry.id, entry.status) == (expected, "bc_1", status)


def test_record_alone_does_not_say_that_a_passed_hour_was_kept() -> None:
    entry = only(calendar(SPRING, state=recorded(at=NOW - HOUR)))
    assert entry.state == "scheduled"
    assert "the record still says SCHEDULED. Read Invent: invent-gitops calendar --refresh" in remark(entry)


def test_draft_is_called_empty_only_where_invent_says_so() -> None:
    state, remote = recorded("DRAFT"), a_remote(status="DRAFT")
    assert only(calendar(SPRING, state=state)).state == "draft"
    assert only(calendar(SPRING, state=state, live=[remote])).state == "draft"
    assert only(calendar(SPRING, state=state, live=[altered(remote, templates=0)])).state == "empty draft"
    assert only(calendar(SPRING, state=state, live=[altered(remote, templates=1)])).state == "draft"


def test_edit_after_the_create_is_shown_as_invent_has_it_and_says_so() -> None:
    edited = a_definition("spring", a_request("Summer sale", SOON + HOUR))
    for live in (None, [a_remote()]):
        entry = only(calendar(edited, state=recorded(), live=live))
        assert (entry.name, entry.at, entry.state) == ("Spring sale", SOON, "scheduled")
        assert "the edit does not reach Invent" in remark(entry)


def test_deleted_file_cancels_nothing_and_says_so() -> None:
    entry = only(calendar(state=recorded()))
    assert entry.state == "scheduled"
    assert "Its file is gone, and that does not cancel it in Invent." in remark(entry)
    assert re.search(r"invent-gitops refresh[^.]*\. Or put its file back\.$", remark(entry))


def test_send_at_once_stands_at_its_create_or_before_that_at_the_moment_of_the_calendar() -> None:
    at_once = a_definition("spring", a_request(at=None))
    planned = only(calendar(at_once, policies=Policies(allow_immediate=True)))
    assert (planned.at, planned.at_once, planned.request.scheduled_at) == (NOW, True, None)
    record = replace(a_record("bc_1", a_request(at=None)), provenance=a_provenance(NOW - HOUR))
    assert only(calendar(at_once, state=a_state({"spring": record}))).at == NOW - HOUR
    intent = an_intent(a_request(at=None), provenance=a_provenance(NOW - 2 * HOUR))
    assert only(calendar(at_once, state=a_state(intents={"spring": intent}))).at == NOW - 2 * HOUR


def test_counts_of_a_record_are_the_results_without_a_look() -> None:
    counts = Counts(recipients=10, delivered=9)
    record = replace(a_record(), status="SENT", counts=RecordedCounts(results=counts))
    assert only(calendar(SPRING, state=a_state({"spring": record}))).results == counts


# ---------------------------------------------------------------- what was removed


def test_removal_alone_never_says_that_a_send_does_not_go_out() -> None:
    entry = only(calendar(state=a_state(removed={"spring": a_removal()})))
    assert (entry.state, entry.revision.removed, entry.id) == ("unknown", True, "bc_gone")
    assert entry.remarks[0].startswith("It may still go out: its record was removed, which cancels nothing")
    assert entry.remarks[0].endswith("Read Invent: invent-gitops calendar --refresh")
    assert "sent by mistake" in remark(entry)


def test_removed_send_whose_hour_has_passed_may_have_gone_out() -> None:
    entry = only(calendar(state=a_state(removed={"spring": a_removal(request=a_request(at=NOW - HOUR))})))
    assert entry.state == "unknown"
    assert entry.remarks[0].startswith("It may have gone out")


def test_removed_send_is_cancelled_only_where_a_complete_list_shows_so() -> None:
    early = replace(a_removal(), provenance=a_provenance(NOW - 2 * HOUR))
    lately = replace(early, provenance=a_provenance(NOW - HOUR / 2))
    for removal, gaps, expected, said in (
        (early, (), "cancelled", "Invent does not list it any more."),
        (early, ("No.",), "unknown", "Invent was not read for it."),
        (lately, (), "unknown", "lists can lag"),
    ):
        entry = only(calendar(state=a_state(removed={"spring": removal}), live=[], gaps=gaps))
        assert entry.state == expected
        assert said in entry.remarks[0]
    cancelled = a_remote("bc_gone", status="CANCELLED")
    assert only(calendar(state=a_state(removed={"spring": lately}), live=[cancelled])).state == "cancelled"


def test_removed_send_that_may_go_out_takes_part_in_clashes() -> None:
    removed = a_removal(request=a_request(at=SOON + HOUR))
    drawn = calendar(SPRING, state=a_state(removed={"old": removed}), policies=Policies(minimum_gap=2 * HOUR))
    assert {entry.key: [clash.key for clash in entry.clashes] for entry in drawn.entries} == {
        "spring": ["old"], "old": ["spring"],
    }  # fmt: skip


def test_file_of_a_tombstone_adds_no_second_entry() -> None:
    entry = only(calendar(SPRING, state=a_state(removed={"spring": a_removal()})))
    assert (entry.state, entry.author.file) == ("unknown", "broadcasts/spring.yaml")
    assert "apply refuses its key" in remark(entry)


def test_removed_broadcast_that_invent_will_still_send_is_not_called_cancelled() -> None:
    entry = only(calendar(state=a_state(removed={"spring": a_removal("bc_1")}), live=[a_remote()]))
    assert (entry.state, entry.revision.removed) == ("scheduled", False)
    assert "Invent still has it" in remark(entry)


def test_removed_broadcast_that_invent_has_sent_is_sent() -> None:
    entry = only(calendar(state=a_state(removed={"spring": a_removal("bc_1")}), live=[a_remote(status="SENT")]))
    assert (entry.state, entry.revision.removed) == ("sent", True)


def test_restored_record_says_that_invent_was_not_read_since() -> None:
    entry = only(calendar(SPRING, state=recorded("UNKNOWN")))
    assert entry.state == "unknown"
    lead = "Its record was restored, and Invent was not read for it since. "
    assert f"{lead}Read Invent: invent-gitops calendar --refresh" in entry.remarks
    assert lead not in remark(only(calendar(SPRING, state=recorded("UNKNOWN"), live=[a_remote()])))
    assert lead not in remark(only(calendar(SPRING, state=recorded("ARCHIVED"))))


# ---------------------------------------------------------------- what Invent shows


def test_live_broadcast_without_a_record_is_recorded_nowhere() -> None:
    entry = only(calendar(live=[a_remote("bc_9", a_request("By hand"))]))
    assert (entry.state, entry.key, entry.id, entry.name) == ("recorded nowhere", "", "bc_9", "By hand")
    assert "invent-gitops import" in remark(entry)


def test_what_an_attempt_in_doubt_may_have_made_is_not_shown_twice() -> None:
    entry = only(calendar(SPRING, state=a_state(intents={"spring": an_intent()}), live=[a_remote("bc_9")]))
    assert (entry.state, entry.key) == ("blocked", "spring")


def test_nothing_is_gone_unless_all_of_the_list_was_read() -> None:
    state = created(NOW - 2 * HOUR)
    whole, partly = (
        calendar(SPRING, state=state, live=[]),
        calendar(SPRING, state=state, live=[], gaps=("No.",)),
    )
    assert (only(whole).state, only(partly).state) == ("gone", "scheduled")
    assert "shown as it is recorded" in remark(only(partly))
    assert (whole.look is not None, partly.look is not None and partly.look.complete) == (True, False)
    assert calendar(SPRING).look is None


@pytest.mark.parametrize(
    ("status", "age", "expected"),
    [
        ("DRAFT", HOUR / 2, "draft"),
        ("SCHEDULED", HOUR / 2, "unknown"),
        ("DRAFT", HOUR, "gone"),
        ("CANCELLED", HOUR / 2, "cancelled"),
    ],
)
def test_list_that_may_lag_behind_a_create_does_not_make_it_gone(status: str, age: timedelta, expected: str) -> None:
    entry = only(calendar(SPRING, state=created(NOW - age, status), live=[]))
    assert entry.state == expected
    lead = "Invent's list did not show it within the hour after its create, and lists can lag. Read Invent again: "
    assert entry.remarks[0].startswith(lead) == (expected != "gone")
    assert ("does not hold it any more" in remark(entry)) == (expected == "gone")


@pytest.mark.parametrize(("age", "expected"), [(HOUR / 2, "unknown"), (HOUR, "gone")])
def test_refresh_within_the_hour_after_the_create_did_not_make_it_gone(age: timedelta, expected: str) -> None:
    made_at = NOW - timedelta(days=1)
    state = created(made_at, GONE, refreshed=a_provenance(made_at + age))
    assert only(calendar(SPRING, state=state)).state == expected
    assert only(calendar(SPRING, state=state, live=[])).state == "gone", "by now, no list lags behind that create"


def test_sent_broadcast_that_left_the_list_is_still_sent() -> None:
    assert only(calendar(SPRING, state=recorded("SENT", NOW - HOUR), live=[])).state == "sent"


def test_time_that_a_person_changed_in_invent_is_the_time_of_the_entry() -> None:
    moved = altered(a_remote(), scheduled_at=SOON + HOUR)
    entry = only(calendar(SPRING, state=recorded(), live=[moved]))
    assert entry.at == SOON + HOUR
    assert "Invent shows something else than is recorded: schedule." in remark(entry)


@pytest.mark.parametrize("status", ["SENDING", "SENT", "FAILED"])
def test_send_that_began_before_its_hour_is_at_the_hour_at_which_it_began(status: str) -> None:
    begun = altered(a_remote(status=status), started_at=NOW - HOUR)
    removed = a_state(removed={"spring": a_removal("bc_1")})
    for state in (recorded(), a_state(), removed):
        entry = only(calendar(state=state, live=[begun]))
        assert (entry.at, entry.request.scheduled_at) == (NOW - HOUR, SOON)


def test_send_that_began_seconds_after_its_hour_keeps_its_hour() -> None:
    remote = altered(a_remote(request=a_request(at=NOW - HOUR), status="SENT"), started_at=NOW - HOUR + GRACE / 2)
    assert only(calendar(SPRING, state=recorded(at=NOW - HOUR), live=[remote])).at == NOW - HOUR


def test_record_of_a_send_that_began_before_its_hour_is_not_in_the_future() -> None:
    state = recorded("SENT")
    assert only(calendar(SPRING, state=state)).at == NOW - 2 * HOUR
    refreshed = replace(state.broadcasts["spring"], refreshed=a_provenance(NOW - HOUR))
    assert only(calendar(SPRING, state=a_state({"spring": refreshed}))).at == NOW - HOUR
    assert only(calendar(SPRING, state=state, live=[a_remote(status="SENT")])).at == NOW


# ---------------------------------------------------------------- since a base, and when


def test_deleted_file_of_a_created_send_is_part_of_the_change() -> None:
    base = {"spring": a_request("Spring sale")}
    deleted = only(calendar(state=recorded(), changes=FileChanges(reference="main", base=base)))
    assert deleted.revision.in_change
    long_gone = only(calendar(state=recorded(), changes=FileChanges(reference="main", base={})))
    assert not long_gone.revision.in_change


def test_planned_in_this_change_is_what_the_base_does_not_define_so() -> None:
    base = {"old": a_definition("old").request, "edited": a_request("Other")}
    files = [a_definition(key) for key in ("old", "edited", "new")]
    drawn = calendar(*files, changes=FileChanges(reference="main", base=base))
    assert {entry.key: entry.revision.in_change for entry in drawn.entries} == {
        "old": False, "edited": True, "new": True,
    }  # fmt: skip
    assert drawn.changed_from == "main"
    assert [remark(entry) for entry in drawn.entries] == [""] * 3, "what is not new needs nobody"
    assert not any(entry.revision.in_change for entry in calendar(*files).entries)


@pytest.mark.parametrize(
    ("changed_at", "expected"),
    [({}, NOW - HOUR), ({"spring": NOW - 2 * HOUR}, NOW - HOUR), ({"spring": NOW - HOUR / 2}, NOW - HOUR / 2)],
)
def test_send_last_changed_with_its_record_or_its_file(changed_at: Mapping[str, datetime], expected: datetime) -> None:
    record = replace(a_record(), provenance=a_provenance(NOW - 3 * HOUR), refreshed=a_provenance(NOW - HOUR))
    drawn = calendar(SPRING, state=a_state({"spring": record}), changes=FileChanges(changed_at))
    assert only(drawn).revision.changed_at == expected


def test_clock_that_is_ahead_changes_nothing_in_the_future_and_no_evidence_is_no_time() -> None:
    assert only(calendar(SPRING, changes=FileChanges({"spring": NOW + HOUR}))).revision.changed_at == NOW
    assert only(calendar(SPRING)).revision.changed_at is None


# ---------------------------------------------------------------- days, and everything


def test_days_are_those_of_the_project_and_both_ends_count() -> None:
    at = datetime(2028, 11, 23, 23, 30, tzinfo=UTC)
    drawn = calendar(a_definition("spring", a_request(at=at)))
    berlin = replace(drawn, context=replace(drawn.context, zone="Europe/Berlin"))
    day = date(2028, 11, 24)
    assert len(within_days(berlin, day, day).entries) == 1
    assert not within_days(drawn, day, day).entries
    assert [entry.key for entry in within_days(drawn, day, day).outside] == ["spring"]
    assert not within_days(berlin, day, day).outside
    assert not within_days(berlin, day + timedelta(days=1), None).entries
    assert len(within_days(berlin, None, day).entries) == 1
    assert (within_days(berlin, day, None).first, within_days(berlin, day, None).last) == (day, None)


def test_last_day_of_the_calendar_has_a_day_in_every_zone() -> None:
    drawn = calendar(a_definition("spring", a_request(at=datetime.max.replace(microsecond=0, tzinfo=UTC))))
    kiritimati = replace(drawn, context=replace(drawn.context, zone="Pacific/Kiritimati"))
    assert len(within_days(kiritimati, date(9999, 12, 31), None).entries) == 1


@given(definitions_of_any_kind, crowded_states)
def test_every_key_has_one_entry_and_every_id_is_named(definitions: list[Definition], state: State) -> None:
    drawn = calendar(*definitions, state=state)
    keys = {definition.key for definition in definitions} | state.broadcasts.keys() | state.intents.keys()
    assert sorted(entry.key for entry in drawn.entries) == sorted(keys | state.removed.keys())
    shown = {entry.id for entry in drawn.entries}
    assert {record.id for key, record in state.broadcasts.items() if key not in state.intents} <= shown
    assert list(drawn.entries) == sorted(drawn.entries, key=lambda entry: (entry.at, entry.key))
