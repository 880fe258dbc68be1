"""Edits and deletions that will not reach Invent: which are listed, which are calm, and what the policy refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from invent_gitops.live.drift import with_drift
from invent_gitops.model.broadcast import Definition, Remote, Request
from invent_gitops.model.listing import Listing
from invent_gitops.model.local import LocalTime
from invent_gitops.model.note import second_note
from invent_gitops.model.plan import Plan
from invent_gitops.model.problem import Position
from invent_gitops.model.project import BlackoutDays, Policies, QuietHours
from invent_gitops.model.state import Record
from invent_gitops.model.statuses import NOT_TO_COME
from invent_gitops.model.unreachable import UnreachablePolicy, Unreached
from invent_gitops.plan.unreachable import unreachable
from invent_gitops.values import replace
from tests.making import (
    NOW,
    SOON,
    a_catalogue,
    a_definition,
    a_record,
    a_remote,
    a_request,
    a_state,
    an_intent,
    plan_of,
)

MINUTE = timedelta(minutes=1)
AGO = NOW - timedelta(days=3)
SALE = a_request("Spring sale", SOON)
CATALOGUE = a_catalogue(a=1240)
REFUSE = UnreachablePolicy(refuse=True)


def edits_of(plan: Plan, policy: UnreachablePolicy | None = None) -> tuple[Unreached, ...]:
    return unreachable(plan, policy or UnreachablePolicy(), CATALOGUE.by_id(), "invent.yaml")


def of(
    definition: Definition | None,
    record: Record,
    policy: UnreachablePolicy | None = None,
    *,
    live: tuple[Remote, ...] | None = None,
) -> list[Unreached]:
    """What is said of one record and its file; `live` is what `--refresh` showed."""
    state = a_state({"sale": record})
    plan = plan_of([definition] if definition else [], state, catalogue=CATALOGUE)
    if live is not None:
        plan = with_drift(plan, state, Listing(live, ()), before={record.id})
    return list(edits_of(plan, policy))


def a_sale(request: Request = SALE, *, status: str = "SCHEDULED") -> Record:
    return replace(a_record("bc_1", request), status=status)


def moved(request: Request = SALE, by: timedelta = MINUTE) -> Definition:
    assert request.scheduled_at
    return a_definition("sale", replace(request, scheduled_at=request.scheduled_at + by))


# ---------------------------------------------------------------- what is listed


def test_move_by_a_minute_is_listed_with_both_times_and_the_step_in_invent() -> None:
    (edit,) = of(moved(), a_sale())
    assert (edit.kind, edit.key, edit.name, edit.id, edit.at) == ("edit", "sale", "Spring sale", "bc_1", SOON)
    (change,) = edit.changes
    assert (change.field, change.old, change.new) == ("scheduled_at", "2026-11-24T12:00:00Z", "2026-11-24T12:01:00Z")
    assert edit.steps[0].text == "In Invent: move it to Tue 24 Nov 2026 12:01 UTC."
    assert edit.steps[1].command_line(" --org o") == "invent-gitops refresh --org o"
    assert (edit.audience.segments, edit.audience.contacts) == (("a",), 1240)
    assert edit.position == Position("broadcasts/sale.yaml", 2, 1)


def test_deletion_of_what_is_still_to_be_sent_is_listed_at_the_project_file() -> None:
    (edit,) = of(None, a_sale())
    assert (edit.kind, edit.at, edit.changes, edit.position) == ("deletion", SOON, (), Position("invent.yaml"))
    assert edit.steps[0].text == "In Invent: cancel it."
    assert edit.steps[1].command_line("") == "invent-gitops refresh"


@pytest.mark.parametrize(
    ("other", "step"),
    [
        ({"name": "Autumn sale"}, "In Invent: rename it to “Autumn sale”."),
        ({"segment_ids": ("seg_b",)}, "In Invent: send it to seg_b."),
        ({"segment_ids": (), "send_to_all": True}, "In Invent: send it to everyone."),
        ({"scheduled_at": None}, "Do not do this in Invent yet: send it at once. It breaks allow-immediate."),
    ],
)
def test_each_field_of_the_request_has_its_step(other: dict[str, object], step: str) -> None:
    (edit,) = of(a_definition("sale", replace(SALE, **other)), a_sale())  # type: ignore[arg-type]  # a field each
    assert edit.steps[0].text == step


def test_several_are_listed_soonest_first() -> None:
    later = a_record("bc_2", a_request("Later", SOON + timedelta(days=1)))
    plan = plan_of([], a_state({"a-later": later, "sale": a_sale()}))
    assert [edit.key for edit in edits_of(plan)] == ["sale", "a-later"]


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED", "UNKNOWN", ""])
@pytest.mark.parametrize("definition", [None, a_definition("sale", a_request("Renamed", None))])
def test_draft_without_a_time_may_still_be_sent_as_far_as_its_status_tells(
    definition: Definition | None, status: str
) -> None:
    (edit,) = of(definition, a_sale(a_request("Welcome", None), status=status))
    assert edit.at is None


def test_move_of_a_past_one_to_a_time_to_come_says_that_it_is_not_sent_again() -> None:
    past = a_request("Spring sale", AGO)
    (edit,) = of(moved(past, timedelta(days=9)), a_sale(past))
    assert edit.steps[0].text.startswith("Its time in Invent has passed: check there whether it was sent.")


def test_new_rules_of_a_time_zone_are_listed_with_their_own_step() -> None:
    local = LocalTime(datetime(2026, 11, 24, 13, 0), "Europe/Berlin", "2026a")  # noqa: DTZ001  # local on purpose
    record = replace(a_sale(), local=local)
    definition = replace(moved(by=timedelta(hours=1)), local=replace(local, zone_data="2026b"))
    (edit,) = of(definition, record)
    assert edit.steps[0].text.startswith("The time zone rules of Europe/Berlin changed")


def test_file_that_was_renamed_is_left_to_its_refusal() -> None:
    plan = plan_of([a_definition("new", SALE)], a_state({"sale": a_sale()}))
    assert edits_of(plan) == ()
    assert plan.having("refused")[0].refusals[0].policy == "same-request"


def test_file_that_was_perhaps_renamed_and_edited_is_told_the_command_that_moves_its_record() -> None:
    plan = plan_of([a_definition("new", replace(SALE, name="Other"))], a_state({"sale": a_sale()}))
    (edit,) = edits_of(plan)
    assert edit.steps[0].command_line("") == "invent-gitops state mv sale new"
    assert edit.steps[1].text == "If not, in Invent: cancel it."


def test_edit_that_strict_refuses_is_listed_as_well() -> None:
    plan = plan_of([moved()], a_state({"sale": a_sale()}), strict=True)
    assert plan.counts["refused"] == 1
    assert len(edits_of(plan)) == 1


# ---------------------------------------------------------------- what is calm


@pytest.mark.parametrize("status", NOT_TO_COME)
@pytest.mark.parametrize("definition", [None, moved()])
def test_what_was_sent_or_will_not_be_is_calm(definition: Definition | None, status: str) -> None:
    assert of(definition, a_sale(status=status)) == []


@pytest.mark.parametrize("status", NOT_TO_COME)
def test_immediate_one_that_was_sent_is_calm(status: str) -> None:
    assert of(None, a_sale(a_request("Welcome", None), status=status)) == []


def test_what_is_past_is_calm_also_where_its_file_gets_another_name() -> None:
    past = a_request("Spring sale", AGO)
    assert of(None, a_sale(past)) == []
    assert of(a_definition("sale", replace(past, name="Other")), a_sale(past)) == []
    assert of(None, a_sale(replace(past, scheduled_at=NOW))) == [], "its hour is now"


def test_file_as_it_was_recorded_is_calm() -> None:
    assert of(a_definition("sale", SALE), a_sale()) == []


def test_what_is_in_doubt_and_a_second_broadcast_have_pages_of_their_own() -> None:
    assert edits_of(plan_of([moved()], a_state({"sale": a_sale()}, {"sale": an_intent(SALE)}))) == ()
    second = replace(a_sale(), note=second_note("sale", "bc_0"))
    assert edits_of(plan_of([], a_state({"sale#bc_1": second}))) == ()


# ---------------------------------------------------------------- what a look at Invent tells


@pytest.mark.parametrize("status", ["CANCELLED", "SENT", "SENDING", "FAILED"])
def test_status_that_invent_shows_counts_more_than_the_recorded_one(status: str) -> None:
    assert of(None, a_sale(), live=(a_remote("bc_1", SALE, status=status),)) == []


def test_what_is_gone_in_invent_is_calm() -> None:
    assert of(None, a_sale(), live=(a_remote("bc_other"),)) == []


def test_one_that_failed_by_the_record_and_is_scheduled_again_in_invent_is_listed() -> None:
    (edit,) = of(None, a_sale(status="CANCELLED"), live=(a_remote("bc_1", SALE),))
    assert edit.kind == "deletion"


def test_edit_that_somebody_made_in_invent_already_is_calm() -> None:
    definition = moved()
    assert of(definition, a_sale(), live=(a_remote("bc_1", definition.request),)) == []


def test_edit_is_compared_with_what_invent_shows_where_all_three_differ() -> None:
    there = replace(SALE, scheduled_at=SOON + timedelta(hours=2))
    (edit,) = of(moved(), a_sale(), live=(a_remote("bc_1", there),))
    assert (edit.at, edit.changes[0].old) == (there.scheduled_at, "2026-11-24T14:00:00Z")


def test_edit_in_invent_alone_is_drift_and_no_edit_of_the_file() -> None:
    there = replace(SALE, name="Edited there")
    assert of(a_definition("sale", SALE), a_sale(), live=(a_remote("bc_1", there),)) == []


# ---------------------------------------------------------------- the policy


def test_default_warns_and_refuses_nothing() -> None:
    assert [edit.refused for edit in (*of(moved(), a_sale()), *of(None, a_sale()))] == [False, False]


def test_refusing_policy_refuses_until_the_definition_waives_it_with_a_reason() -> None:
    (edit,) = of(moved(), a_sale(), REFUSE)
    assert (edit.refused, edit.waived) == (True, "")
    (edit,) = of(replace(moved(), waive={"unreachable-edits": "Ana moves it"}), a_sale(), REFUSE)
    assert (edit.refused, edit.waived) == (False, "Ana moves it")
    (edit,) = of(replace(moved(), waive={"quiet-hours": "Ana moves it"}), a_sale(), REFUSE)
    assert edit.refused


def test_deletion_is_waived_by_its_key_in_the_project_file() -> None:
    (edit,) = of(None, a_sale(), REFUSE)
    assert edit.refused
    (edit,) = of(None, a_sale(), replace(REFUSE, waived={"sale": "Ana cancels it"}))
    assert (edit.refused, edit.waived) == (False, "Ana cancels it")
    (edit,) = of(None, a_sale(), replace(REFUSE, waived={"sale-2": "Ana cancels it"}))
    assert edit.refused


# ---------------------------------------------------------------- an edit that the project's own rules forbid

QUIET = QuietHours(time(22), time(8), "UTC")
STRICT_RULES = Policies(
    quiet_hours=QUIET,
    blackout_days=BlackoutDays(((date(2026, 12, 25), date(2026, 12, 25)),), "UTC"),
    audience_cap=10,
    send_to_all_needs_reason=True,
)
CHRISTMAS_NIGHT = datetime(2026, 12, 25, 23, 7, tzinfo=UTC)


def of_strict(request: Request, *, waive: dict[str, str] | None = None) -> Unreached:
    definition = a_definition("sale", request, waive=waive or {})
    catalogue = a_catalogue(a=1240, big=900_000)
    state = a_state({"sale": a_sale()})
    plan = plan_of([definition], state, catalogue=catalogue, policies=STRICT_RULES)
    (edit,) = unreachable(plan, UnreachablePolicy(), catalogue.by_id(), "invent.yaml")
    return edit


def test_step_forbids_what_the_policies_forbid_and_names_the_rules_and_the_new_size() -> None:
    edit = of_strict(replace(SALE, scheduled_at=CHRISTMAS_NIGHT, segment_ids=("seg_big",)))
    step, *reasons = edit.steps
    assert step.text == (
        "Do not do this in Invent yet: move it to Fri 25 Dec 2026 23:07 UTC; send it to big (up to 900,000 contacts). "
        "It breaks quiet-hours, blackout-days and audience-cap."
    )
    assert step.breaks == ("quiet-hours", "blackout-days", "audience-cap")
    assert [reason.text.split(":")[0] for reason in reasons[:3]] == list(step.breaks)
    assert "up to 900,000 contacts, and policies.audience_cap allows 10" in reasons[2].text
    assert not any(step.text.startswith("In Invent:") for step in edit.steps)


def test_sending_to_everyone_at_once_is_forbidden_where_a_create_of_it_is() -> None:
    edit = of_strict(replace(SALE, scheduled_at=None, segment_ids=(), send_to_all=True))
    assert {"allow-immediate", "send-to-all"} <= set(edit.steps[0].breaks)


def test_move_to_an_hour_that_has_passed_says_so() -> None:
    edit = of_strict(replace(SALE, scheduled_at=AGO))
    assert "schedule-in-past" in edit.steps[0].breaks
    (reason,) = [step.text for step in edit.steps if step.text.startswith("schedule-in-past:")]
    assert "has passed. Give it a time to come." in reason
    assert "delete the file" not in reason, "a deletion would not reach Invent either"


def test_waived_rule_forbids_nothing_and_an_edit_of_the_name_breaks_no_rule_of_the_audience() -> None:
    reasons = {"quiet-hours": "A night sale", "blackout-days": "A night sale"}
    edit = of_strict(replace(SALE, scheduled_at=CHRISTMAS_NIGHT), waive=reasons)
    assert edit.steps[0].text == "In Invent: move it to Fri 25 Dec 2026 23:07 UTC."
    edit = of_strict(replace(SALE, name="Another name"))
    assert (edit.steps[0].text, edit.steps[0].breaks) == ("In Invent: rename it to “Another name”.", ())
