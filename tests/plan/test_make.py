"""The planner: what it says of each key, and that it never proposes what was sent before."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.compare import field_changes
from invent_gitops.model.broadcast import Definition, Request
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.digest import Claim, Destination, digest, is_old_digest, read_digest
from invent_gitops.model.listing import Reach
from invent_gitops.model.note import NO_NOTE, defined_note, restored_note
from invent_gitops.model.plan import ACTIONS, Audience
from invent_gitops.model.project import WAIVABLE, BlackoutDays, Policies, QuietHours
from invent_gitops.model.state import Absence, Record, Recorded, State
from invent_gitops.model.statuses import GONE
from invent_gitops.values import replace
from tests.making import (
    API,
    LINEAGE,
    NOW,
    ORG,
    SOON,
    a_catalogue,
    a_definition,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    actions,
    altered,
    an_intent,
    costly,
    crowded_states,
    few_keys,
    few_requests,
    in_context,
    plan_of,
    requests,
)

OPEN = Policies(minimum_lead_time=timedelta(), allow_immediate=True, max_creates=1000)
OTHER = a_request("Another", SOON + timedelta(days=1), ("seg_b",))

# One edit of each field, and the same broadcast with nothing of it left.
EDITS = {
    "name": {"name": "Spring sale, second try"},
    "scheduled_at": {"scheduled_at": SOON + timedelta(seconds=1)},
    "segment_ids": {"segment_ids": ("seg_a", "seg_b")},
    "send_to_all": {"send_to_all": True},
}


def of(key: str, request: Request) -> Definition:
    return a_definition(key, request)


# ---------------------------------------------------------------- the six actions


def test_definition_without_a_record_is_created() -> None:
    plan = plan_of([a_definition("spring")])
    assert actions(plan) == {"spring": "create"}
    assert plan.items[0].request == a_definition("spring").request
    assert plan.items[0].record is None


def test_definition_as_recorded_is_unchanged() -> None:
    record = a_record("bc_7", a_definition("spring").request)
    plan = plan_of([a_definition("spring")], a_state({"spring": record}))
    assert actions(plan) == {"spring": "unchanged"}
    assert plan.items[0].record == record


def test_record_without_a_definition_is_undefined_and_kept() -> None:
    plan = plan_of([], a_state({"spring": a_record("bc_7")}))
    assert actions(plan) == {"spring": "undefined"}
    assert plan.items[0].record == a_record("bc_7")
    assert plan.items[0].definition is None


def test_open_intent_blocks_its_key() -> None:
    intent = an_intent(a_definition("spring").request)
    plan = plan_of([a_definition("spring")], a_state(intents={"spring": intent}))
    assert actions(plan) == {"spring": "blocked"}
    assert plan.items[0].intent == intent


def test_open_intent_blocks_its_key_even_without_a_definition() -> None:
    intent = an_intent(OTHER)
    plan = plan_of([], a_state(intents={"spring": intent}))
    assert actions(plan) == {"spring": "blocked"}
    assert (plan.items[0].request, plan.items[0].intent, plan.items[0].definition) == (OTHER, intent, None)


@pytest.mark.parametrize("recorded", [a_definition("spring").request, OTHER], ids=["unchanged", "changed"])
def test_open_intent_outweighs_a_record_whether_it_is_equal_or_edited(recorded: Request) -> None:
    state = a_state({"spring": a_record("bc_1", recorded)}, {"spring": an_intent(recorded)})
    assert actions(plan_of([a_definition("spring")], state)) == {"spring": "blocked"}
    assert actions(plan_of([], state)) == {"spring": "blocked"}


def test_blocked_key_blocks_only_itself() -> None:
    plan = plan_of([a_definition("a"), a_definition("b")], a_state(intents={"a": an_intent(a_definition("a").request)}))
    assert actions(plan) == {"a": "blocked", "b": "create"}


def test_edit_after_the_creation_is_shown_and_never_sent() -> None:
    plan = plan_of([of("spring", OTHER)], a_state({"spring": a_record("bc_1")}))
    assert actions(plan) == {"spring": "changed"}
    assert {change.field for change in plan.items[0].changes} == {"name", "scheduled_at", "segment_ids"}
    assert plan.digest == plan_of([]).digest


def test_guard_turns_a_create_into_a_refusal() -> None:
    plan = plan_of([a_definition("spring", at=NOW - timedelta(seconds=1))])
    assert actions(plan) == {"spring": "refused"}
    assert [refusal.policy for refusal in plan.items[0].refusals] == ["schedule-in-past"]


def test_guards_say_nothing_about_what_exists_already() -> None:
    past = a_definition("spring", at=NOW - timedelta(days=300))
    assert actions(plan_of([past], a_state({"spring": a_record("bc_1", past.request)}))) == {"spring": "unchanged"}


def test_plan_carries_what_it_was_made_from() -> None:
    plan = plan_of([a_definition()], replace(a_state(), serial=7), catalogue=a_catalogue(a=3))
    assert plan.context == Context(NOW, ORG, API, names={"seg_a": "a"})
    assert (plan.lineage, plan.serial) == (LINEAGE, 7)


def test_counts_name_every_action_and_add_up() -> None:
    state = a_state({"gone": a_record("bc_1", OTHER)}, {"doubt": an_intent(a_request("Doubt"))})
    plan = plan_of([a_definition("a"), a_definition("b"), a_definition("late", at=NOW)], state)
    assert set(plan.counts) == set(ACTIONS)
    expected = {"create": 2, "undefined": 1, "blocked": 1, "refused": 1, "changed": 0, "unchanged": 0}
    assert plan.counts == expected


# ---------------------------------------------------------------- never twice


def test_removed_key_is_refused_whatever_its_request_is_now() -> None:
    state = a_state(removed={"spring": a_removal("bc_9", OTHER, "sent by mistake")})
    plan = plan_of([a_definition("spring")], state)
    assert actions(plan) == {"spring": "refused"}
    (refusal,) = plan.items[0].refusals
    assert refusal.policy == "removed"
    assert "bc_9" in refusal.message
    assert "sent by mistake" in refusal.message


HOLDERS = {
    "recorded": a_state({"old": a_record("bc_1", OTHER)}),
    "intended": a_state(intents={"old": an_intent(OTHER)}),
    "removed": a_state(removed={"old": a_removal("bc_1", OTHER)}),
}


@pytest.mark.parametrize("how", HOLDERS)
@pytest.mark.parametrize("defined", [True, False], ids=["both defined", "renamed"])
def test_same_request_under_another_key_is_refused(how: str, defined: bool) -> None:
    definitions = [of("new", OTHER), *([of("old", OTHER)] if defined else [])]
    plan = plan_of(definitions, HOLDERS[how], policies=OPEN)
    item = next(item for item in plan.items if item.key == "new")
    assert item.action == "refused"
    assert [refusal.policy for refusal in item.refusals] == ["same-request"]
    assert "old" in item.refusals[0].message
    assert plan.counts["create"] == 0


def test_renamed_file_is_told_the_command_that_renames_its_record() -> None:
    plan = plan_of([of("it's new", OTHER)], HOLDERS["recorded"])
    refusal = next(item for item in plan.items if item.key == "it's new").refusals[0]
    assert "state mv old 'it'\"'\"'s new'" in cure_text(refusal.cure, "")


def test_waiver_cannot_lift_the_rule_that_nothing_is_sent_twice() -> None:
    every = dict.fromkeys(("removed", "same-request", "recorded", "max-creates", "strict"), "please")
    waiving = replace(of("new", OTHER), waive=every)
    for state in HOLDERS.values():
        assert plan_of([waiving], state).counts["create"] == 0
    assert plan_of([waiving], a_state(removed={"new": a_removal()})).counts["create"] == 0
    assert plan_of([waiving], policies=Policies(max_creates=0)).counts["create"] == 0


def test_edited_broadcast_still_holds_the_request_that_was_sent() -> None:
    state = a_state({"old": a_record("bc_1", OTHER)})
    assert actions(plan_of([of("old", a_request("Edited")), of("new", OTHER)], state)) == {
        "new": "refused",
        "old": "changed",
    }


EVERY_POLICY = Policies(
    minimum_lead_time=timedelta(days=5),
    quiet_hours=QuietHours(time(12), time(13)),
    blackout_days=BlackoutDays(((SOON.date(), SOON.date()),), "UTC"),
    minimum_gap=timedelta(days=1),
    audience_cap=5,
    send_to_all_needs_reason=True,
    max_creates=1000,
)


@given(st.dictionaries(few_keys, few_requests), crowded_states, few_keys, st.sampled_from(WAIVABLE))
def test_another_waiver_takes_its_own_refusals_out_of_the_plan_and_adds_none(
    found: dict[str, Request], state: State, key: str, waived: str
) -> None:
    definitions = [of(each, request) for each, request in found.items()]
    more = [replace(each, waive={waived: "agreed"}) if each.key == key else each for each in definitions]
    before, after = (
        {
            (item.key, each.policy)
            for item in plan_of(every, state, policies=EVERY_POLICY).items
            for each in item.refusals
        }
        for every in (definitions, more)
    )
    assert after == before - {(key, waived)}


definition_sets = st.dictionaries(few_keys, few_requests).map(
    lambda found: [of(key, request) for key, request in found.items()]
)


@given(definition_sets, crowded_states, st.booleans())
def test_planner_never_creates_a_key_or_a_request_that_the_state_knows(
    definitions: list[Definition], state: State, strict: bool
) -> None:
    plan = plan_of(definitions, state, policies=OPEN, strict=strict)
    known_keys = {*state.broadcasts, *state.intents, *state.removed}
    known_requests = {request for record in state.broadcasts.values() for request in record.requests}
    known_requests |= {intent.request for intent in state.intents.values()}
    known_requests |= {request for removal in state.removed.values() for request in removal.requests}
    for item in plan.having("create"):
        assert item.key not in known_keys
        assert item.request not in known_requests
    assert [item.key for item in plan.items] == sorted(
        {definition.key for definition in definitions} | state.broadcasts.keys() | state.intents.keys()
    )


@costly
@given(st.dictionaries(few_keys, requests), crowded_states)
def test_plan_after_everything_was_created_has_nothing_to_create(found: dict[str, Request], state: State) -> None:
    definitions = list({request: of(key, request) for key, request in found.items()}.values())
    before = plan_of(definitions, state, policies=OPEN, now=datetime(1999, 1, 1, tzinfo=UTC))
    events = [
        Recorded(item.key, a_record(f"new_{number}", item.request))
        for number, item in enumerate(before.having("create"))
    ]
    after = plan_of(definitions, state.after(events), policies=OPEN, now=datetime(1999, 1, 1, tzinfo=UTC))
    expected = {key: "unchanged" if action == "create" else action for key, action in actions(before).items()}
    assert actions(after) == expected


# ---------------------------------------------------------------- what changed


@pytest.mark.parametrize("field", EDITS)
def test_edit_of_one_field_is_shown_as_that_field_alone(field: str) -> None:
    old = a_request()
    new = replace(old, **EDITS[field])  # type: ignore[arg-type]  # each value fits its field
    (change,) = field_changes(old, new)
    assert (change.field, change.old, change.new) == (field, old.as_json()[field], new.as_json()[field])


@pytest.mark.parametrize(("old", "new"), [(SOON, None), (None, SOON)], ids=["to at once", "from at once"])
def test_change_between_a_time_and_at_once_is_shown(old: datetime | None, new: datetime | None) -> None:
    (change,) = field_changes(a_request(at=old), a_request(at=new))
    assert change.field == "scheduled_at"
    assert (change.old is None, change.new is None) == (old is None, new is None)


@given(requests, requests)
def test_changes_are_exactly_the_fields_that_differ_in_the_order_of_the_request(old: Request, new: Request) -> None:
    before, after = old.as_json(), new.as_json()
    expected = [(name, before[name], after[name]) for name in before if before[name] != after[name]]
    assert [(change.field, change.old, change.new) for change in field_changes(old, new)] == expected


def test_strict_refuses_an_edit_and_still_shows_what_was_edited() -> None:
    state = a_state({"spring": a_record("bc_1")})
    plan = plan_of([of("spring", replace(a_request(), name="Edited"))], state, strict=True)
    assert actions(plan) == {"spring": "refused"}
    assert [change.field for change in plan.items[0].changes] == ["name"]
    assert [refusal.policy for refusal in plan.items[0].refusals] == ["strict"]


def test_strict_has_no_objection_to_anything_else() -> None:
    state = a_state({"same": a_record("bc_1", a_definition("same").request), "gone": a_record("bc_2", OTHER)})
    definitions = [a_definition("same"), a_definition("new")]
    assert actions(plan_of(definitions, state, strict=True)) == actions(plan_of(definitions, state))


# ---------------------------------------------------------------- how much at once, and which


def creates(count: int) -> list[Definition]:
    return [a_definition(f"b{number:03}") for number in range(count)]


def test_as_many_creates_as_allowed_are_allowed() -> None:
    assert plan_of(creates(3), policies=Policies(max_creates=3)).counts["create"] == 3
    assert plan_of(creates(50)).counts["create"] == 50


def test_one_create_more_than_allowed_refuses_every_one_of_them() -> None:
    plan = plan_of(creates(4), policies=Policies(max_creates=3))
    assert plan.counts["refused"] == 4
    assert {refusal.policy for item in plan.items for refusal in item.refusals} == {"max-creates"}
    assert plan.digest == plan_of([]).digest
    assert plan_of(creates(51)).counts["create"] == 0


def test_what_is_not_created_does_not_count_against_the_bound() -> None:
    late = [a_definition(f"late{number}", at=NOW) for number in range(5)]
    plan = plan_of([*creates(2), *late], policies=Policies(max_creates=2))
    assert (plan.counts["create"], plan.counts["refused"]) == (2, 5)


def test_only_narrows_the_plan_so_that_a_large_set_can_be_created_in_parts() -> None:
    plan = plan_of(creates(4), policies=Policies(max_creates=3), only=lambda key: key < "b003")
    assert actions(plan) == dict.fromkeys(["b000", "b001", "b002"], "create")


@pytest.mark.parametrize("how", HOLDERS)
def test_only_narrows_what_is_shown_but_not_what_the_guards_look_at(how: str) -> None:
    plan = plan_of([of("new", OTHER), of("old", OTHER)], HOLDERS[how], only=lambda key: key == "new")
    assert actions(plan) == {"new": "refused"}


def test_only_hides_undefined_and_blocked_keys_that_do_not_match() -> None:
    state = a_state({"gone": a_record("bc_1", OTHER)}, {"doubt": an_intent(a_request("Doubt"))})
    assert actions(plan_of([a_definition("a")], state, only=lambda key: key == "a")) == {"a": "create"}


def test_key_that_is_filtered_out_is_not_taken_for_undefined() -> None:
    state = a_state({"spring": a_record("bc_1", a_definition("spring").request)})
    assert plan_of([a_definition("spring")], state, only=lambda key: key == "other").items == ()


# ---------------------------------------------------------------- the audience


def test_audience_is_named_after_the_catalogue_and_summed_up() -> None:
    definition = of("spring", a_request(segments=("seg_b", "seg_a")))
    plan = plan_of([definition], catalogue=a_catalogue(a=1200, b=40))
    assert plan.items[0].audience == Audience(("a", "b"), False, 1240)


def test_audience_of_which_a_part_was_never_read_has_no_number() -> None:
    definition = of("spring", a_request(segments=("seg_a", "seg_b", "seg_x")))
    assert plan_of([definition], catalogue=a_catalogue(a=5, b=None)).items[0].audience == Audience(
        ("a", "b", "seg_x"), False, None
    )
    assert plan_of([definition]).items[0].audience == Audience(("seg_a", "seg_b", "seg_x"), False, None)


def test_audience_of_everyone_is_everyone() -> None:
    plan = plan_of([of("spring", a_request(everyone=True))], catalogue=a_catalogue(a=5))
    assert plan.items[0].audience == Audience((), True, None)


# ---------------------------------------------------------------- the digest


HERE = Destination("c", "https://api.example", "acme")


def test_digest_is_the_hash_of_the_destination_and_the_requests_in_one_spelling() -> None:
    content = (
        '[[2,"c","https://api.example","acme"],[{"key":"spring","request":{"name":"Gr\\u00fc\\u00dfe",'
        '"scheduled_at":"2026-11-24T12:00:00Z","segment_ids":["seg_a","seg_b"],"send_to_all":false}}]]'
    )
    mark = hashlib.sha256(b'["c","https://api.example","acme"]').hexdigest()[:16]
    expected = f"v2:1:{mark}:" + hashlib.sha256(content.encode()).hexdigest()
    made = plan_of([of("spring", a_request("Grüße", segments=("seg_b", "seg_a")))])
    assert in_context(made, org="c", api="https://api.example", workspace="acme").digest == expected


@pytest.mark.parametrize("field", ["org", "api", "workspace"])
def test_digest_and_its_mark_depend_on_the_destination(field: str) -> None:
    elsewhere = replace(HERE, **{field: "other"})
    one, other = (digest(where, [("a", a_request("A"))]) for where in (HERE, elsewhere))
    assert [part == another for part, another in zip(one.split(":"), other.split(":"), strict=True)] == [
        True, True, False, False,
    ]  # fmt: skip
    assert read_digest(one) == Claim(1, HERE.mark)


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_parts_of_a_destination_cannot_run_into_each_other(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (digest(Destination(*one), []) == digest(Destination(*other), [])) == (one == other)


@pytest.mark.parametrize("text", ["", "v2:", "sha256:" + "0" * 64, "v3:1:" + "0" * 16 + ":" + "0" * 64])
def test_what_is_no_digest_of_this_version_is_not_read(text: str) -> None:
    assert read_digest(text) is None
    assert is_old_digest(text) == text.startswith("sha256:")


@given(st.permutations(creates(5)))
def test_order_of_the_definitions_does_not_matter(definitions: list[Definition]) -> None:
    assert plan_of(definitions) == plan_of(creates(5))


def test_digest_does_not_depend_on_the_order_in_which_it_is_given_the_requests() -> None:
    pairs = [("a", a_request("A")), ("b", a_request("B"))]
    assert digest(HERE, pairs) == digest(HERE, pairs[::-1])


def test_digest_outlives_time_wording_that_is_not_sent_and_other_actions() -> None:
    plain = plan_of([a_definition("spring")])
    reworded = replace(
        a_definition("spring"),
        description="other",
        owner="other",
        timezone="Asia/Tokyo",
        segments=("a",),
        waive={"minimum-lead-time": "agreed"},
    )
    beside = [a_definition("late", at=NOW), a_definition("same")]
    state = replace(a_state({"same": a_record("bc_1", a_definition("same").request)}), serial=9)
    again = plan_of([reworded, *beside], state, now=NOW + timedelta(hours=3), catalogue=a_catalogue(a=1))
    assert again.digest == plain.digest


@pytest.mark.parametrize("field", [*EDITS, "key"])
def test_digest_depends_on_every_field_of_the_request_and_on_the_key(field: str) -> None:
    key = "summer" if field == "key" else "spring"
    request = a_request() if field == "key" else replace(a_request(), **EDITS[field])  # type: ignore[arg-type]  # each value fits its field
    assert digest(HERE, [(key, request)]) != digest(HERE, [("spring", a_request())])


@given(st.dictionaries(few_keys, requests), st.dictionaries(few_keys, requests))
def test_digests_are_equal_exactly_if_the_requests_are(one: dict[str, Request], other: dict[str, Request]) -> None:
    spelled = [json.dumps({key: it.as_json() for key, it in found.items()}, sort_keys=True) for found in (one, other)]
    assert (digest(HERE, one.items()) == digest(HERE, other.items())) == (spelled[0] == spelled[1])


# ---------------------------------------------------------------- what the state does not know


def test_broadcast_that_invent_has_already_is_not_created_a_second_time() -> None:
    definition = a_definition()
    [item] = plan_of([definition], live=[a_remote("bc_live", definition.request)]).items
    assert item.action == "refused"
    assert [refusal.policy for refusal in item.refusals] == ["exists-already"]
    assert f"resolve {definition.key} --id bc_live" in cure_text(item.refusals[0].cure, "")


@pytest.mark.parametrize(
    "other",
    [a_request(name="Other", segments=("seg_z",)), a_request(at=None, segments=("seg_z",)), a_request("Other", None)],
)
def test_live_broadcast_that_shares_one_trait_is_another_one(other: Request) -> None:
    definition = a_definition(request=a_request())
    assert [item.action for item in plan_of([definition], live=[a_remote("bc_live", other)]).items] == ["create"]


@pytest.mark.parametrize(
    "edited", [a_request(name="Other"), a_request(at=NOW + timedelta(days=9)), a_request(segments=("seg_z",))]
)
def test_what_was_edited_in_invent_after_the_state_was_lost_is_not_created_without_a_word(edited: Request) -> None:
    live = [a_remote("bc_live", edited)]
    definition = a_definition(request=a_request())
    (item,) = plan_of([definition], live=live).items
    assert [refusal.policy for refusal in item.refusals] == ["possible-rename"]
    assert f"resolve {item.key} --id bc_live --anyway" in cure_text(item.refusals[0].cure, "")
    waived = replace(definition, waive={"possible-rename": "the second one of a series"})
    assert [item.action for item in plan_of([waived], live=live).items] == ["create"]
    for status in ("CANCELLED", "SENT"):
        over = [replace(live[0], status=status)]
        assert [item.action for item in plan_of([definition], live=over).items] == ["create"]
    exactly = a_definition("other", edited)
    assert plan_of([definition, exactly], live=live).counts["create"] == 1, "it is the other's"


def test_what_was_sent_at_once_is_known_by_its_name_and_audience_after_the_state_was_lost() -> None:
    policies = Policies(allow_immediate=True)
    definition = a_definition(request=a_request("Spring sale", None))
    sent = replace(a_remote("bc_live", a_request(at=NOW - timedelta(days=1))), status="SENT")
    (item,) = plan_of([definition], live=[sent], policies=policies).items
    assert [refusal.policy for refusal in item.refusals] == ["possible-rename"]
    other = replace(a_remote("bc_live", a_request("Other", NOW - timedelta(days=1))), status="SENT")
    assert [item.action for item in plan_of([definition], live=[other], policies=policies).items] == ["create"]


@pytest.mark.parametrize(
    ("untold", "refused"),
    [
        (("segments",), True),
        (("name",), True),
        (("scheduled_at",), True),
        (("send_to_all",), True),
        (("name", "scheduled_at"), False),
        (("segments", "scheduled_at"), False),
    ],
)
def test_what_invent_does_not_tell_in_full_is_no_other_broadcast(untold: tuple[str, ...], refused: bool) -> None:
    definition = a_definition()
    empty: dict[str, Any] = {"name": "", "scheduled_at": None, "segment_ids": (), "send_to_all": False}
    missing = {
        field: value for field, value in empty.items() if field in untold or ("segments" in untold and "seg" in field)
    }
    live = altered(a_remote("bc_live", definition.request), unread=untold, **missing)
    (item,) = plan_of([definition], live=[live]).items
    assert [refusal.policy for refusal in item.refusals] == (["exists-already"] if refused else [])
    told = altered(live, name="Another", unread=tuple(field for field in untold if field != "name"))
    (item,) = plan_of([definition], live=[told]).items
    assert "exists-already" not in [refusal.policy for refusal in item.refusals]


def test_all_of_several_that_are_exactly_so_are_named() -> None:
    definition = a_definition()
    live = [a_remote(id, definition.request) for id in ("bc_1", "bc_2", "bc_3")]
    (item,) = plan_of([definition], live=live).items
    assert all(id in item.refusals[0].message for id in ("bc_1", "bc_2", "bc_3"))
    (item,) = plan_of([definition], live=live[:1]).items
    assert "more of them" not in item.refusals[0].message


def test_a_name_that_invent_spells_otherwise_is_the_same() -> None:
    definition = a_definition(request=a_request("Caf\u00e9"))
    (item,) = plan_of([definition], live=[a_remote("bc_live", a_request("Cafe\u0301"))]).items
    assert [refusal.policy for refusal in item.refusals] == ["exists-already"]


def test_live_broadcast_that_is_recorded_under_another_key_is_judged_by_its_record() -> None:
    definition = a_definition()
    state = a_state({"other": a_record("bc_live", request=definition.request)})
    found = {
        item.key: item for item in plan_of([definition], state, live=[a_remote("bc_live", definition.request)]).items
    }
    assert [refusal.policy for refusal in found[definition.key].refusals] == ["same-request"]


def test_live_broadcast_of_another_key_that_was_edited_into_this_one_is_not_created_a_second_time() -> None:
    definition = a_definition(key="new")
    state = a_state({"other": a_record("bc_live", request=a_request(name="Before the edit in Invent"))})
    found = {
        item.key: item for item in plan_of([definition], state, live=[a_remote("bc_live", definition.request)]).items
    }
    assert [refusal.policy for refusal in found["new"].refusals] == ["exists-already"]
    assert "state mv other new" in cure_text(found["new"].refusals[0].cure, "")


def edited_in_invent(sent: Request, live: Request) -> Record:
    return a_record("bc_1", sent).seen(live, "SCHEDULED", a_provenance(NOW))


@pytest.mark.parametrize("late", [timedelta(days=1), timedelta(days=-5)], ids=["still to be sent", "sent by now"])
def test_request_that_was_sent_is_not_sent_again_under_another_key_after_an_edit_in_invent(late: timedelta) -> None:
    sent = a_request()
    state = a_state({"old": edited_in_invent(sent, a_request(at=SOON + late))})
    found = {item.key: item for item in plan_of([a_definition(key="new", request=sent)], state).items}
    assert [refusal.policy for refusal in found["new"].refusals] == ["same-request"]
    assert "state mv old new" in cure_text(found["new"].refusals[0].cure, "")


def test_request_that_a_removed_broadcast_once_had_stays_refused() -> None:
    sent = a_request()
    removed = replace(a_removal("bc_1", a_request(name="After the edit")), formerly=(sent,))
    [item] = plan_of([a_definition(key="new", request=sent)], a_state(removed={"old": removed})).items
    assert [refusal.policy for refusal in item.refusals] == ["same-request"]


def test_file_that_still_says_what_was_sent_is_an_edit_and_no_new_broadcast() -> None:
    sent = a_request()
    state = a_state({"spring": edited_in_invent(sent, a_request(name="After the edit"))})
    assert actions(plan_of([a_definition(key="spring", request=sent)], state)) == {"spring": "changed"}


def test_renamed_file_that_says_about_what_was_sent_is_no_new_broadcast_although_it_was_sent_early() -> None:
    state = a_state({"old": edited_in_invent(a_request(name="Spring sael"), a_request(at=NOW - timedelta(hours=1)))})
    found = plan_of([a_definition(key="new", request=a_request(name="Spring sale"))], state)
    assert [refusal.policy for refusal in found.items[0].refusals] == ["possible-rename"]


def test_file_that_was_renamed_and_edited_at_once_is_not_a_new_broadcast() -> None:
    old = a_request(name="Spring sael")
    state = a_state({"old": a_record("bc_1", request=old)})
    definition = a_definition(key="new", request=a_request(name="Spring sale"))
    found = {item.key: item for item in plan_of([definition], state).items}
    assert [refusal.policy for refusal in found["new"].refusals] == ["possible-rename"]
    assert "state mv old new" in cure_text(found["new"].refusals[0].cure, "")
    waived = replace(definition, waive={"possible-rename": "a second mailing"})
    assert {item.key: item.action for item in plan_of([waived], state).items}["new"] == "create"


def test_what_looks_like_a_rename_hides_no_policy() -> None:
    state = a_state({"old": a_record("bc_1", request=a_request(name="Spring sael"))})
    definition = a_definition(key="new", request=a_request(name="Spring sale"))
    found = {item.key: item for item in plan_of([definition], state, policies=Policies(audience_cap=5)).items}
    assert [refusal.policy for refusal in found["new"].refusals] == ["possible-rename", "audience-cap"]


def test_record_without_a_file_that_was_sent_long_ago_is_no_rename() -> None:
    old = a_request(name="Weekly", at=NOW - timedelta(days=7))
    state = a_state({"last-week": a_record("bc_1", request=old)})
    definition = a_definition(key="this-week", request=a_request(name="Weekly"))
    assert {item.key: item.action for item in plan_of([definition], state).items}["this-week"] == "create"


IMPORTED = a_record("bc_1", request=a_request("Spring sale"), how="imported")


@pytest.mark.parametrize(
    "request_",
    [a_request("Spring sael"), a_request("Spring sale", SOON + timedelta(days=1))],
    ids=["same time", "same name"],
)
def test_what_looks_like_an_imported_broadcast_is_refused_although_that_one_has_a_file(request_: Request) -> None:
    definitions = [of("spring-sale", IMPORTED.request), of("vip", request_)]
    state = a_state({"spring-sale": IMPORTED})
    found = {item.key: item for item in plan_of(definitions, state).items}
    assert [refusal.policy for refusal in found["vip"].refusals] == ["possible-rename"]
    assert "imported from Invent" in found["vip"].refusals[0].message
    assert "delete the file of spring-sale, then invent-gitops state mv spring-sale vip" in cure_text(
        found["vip"].refusals[0].cure, ""
    )
    definitions[1] = replace(definitions[1], waive={"possible-rename": "a second mailing"})
    assert actions(plan_of(definitions, state))["vip"] == "create"


@pytest.mark.parametrize(
    "record",
    [
        replace(IMPORTED, how="created"),
        replace(IMPORTED, request=a_request("Spring sale", NOW - timedelta(days=1))),
        replace(IMPORTED, request=a_request("Spring sale", segments=("seg_z",))),
        replace(IMPORTED, request=a_request("Other", SOON + timedelta(days=2))),
    ],
    ids=["created here", "sent", "another audience", "another name and time"],
)
def test_what_looks_like_no_imported_broadcast_that_is_still_coming_is_created(record: Record) -> None:
    definitions = [of("spring-sale", record.request), of("vip", a_request("Spring sale", SOON + timedelta(days=1)))]
    assert actions(plan_of(definitions, a_state({"spring-sale": record})))["vip"] == "create"


def test_of_two_that_it_looks_like_the_one_without_a_file_is_named() -> None:
    state = a_state({"kept": IMPORTED, "gone": a_record("bc_2", request=a_request("Sale"))})
    found = {item.key: item for item in plan_of([of("kept", IMPORTED.request), of("vip", a_request("V"))], state).items}
    assert "state mv" in cure_text(found["vip"].refusals[0].cure, "")
    assert "no file here" in found["vip"].refusals[0].message


def test_a_waiver_is_needed_exactly_if_the_plan_would_refuse_without_it() -> None:
    policies = Policies(audience_cap=10)
    waive = {"audience-cap": "agreed", "quiet-hours": "just in case"}
    (item,) = plan_of([a_definition(waive=waive)], policies=policies).items
    assert (item.action, item.remarks.unneeded_waivers) == ("create", ("quiet-hours",))
    (without,) = plan_of([a_definition(waive={"quiet-hours": "just in case"})], policies=policies).items
    assert [refusal.policy for refusal in without.refusals] == ["audience-cap"]
    assert without.remarks.unneeded_waivers == ("quiet-hours",)


@pytest.mark.parametrize("status", ["CANCELLED", "FAILED", "SENT", GONE])
def test_what_is_not_to_be_sent_any_more_is_no_rename(status: str) -> None:
    over = a_state({"old": replace(a_record("bc_1", a_request()), status=status)})
    new = a_definition("new", a_request(at=SOON + timedelta(days=7)))
    assert actions(plan_of([new], over))["new"] == "create"
    coming = a_state({"old": a_record("bc_1", a_request())})
    assert actions(plan_of([new], coming))["new"] == "refused"


def test_what_invent_fills_in_for_at_once_is_known_also_before_it_is_sent() -> None:
    policies = Policies(allow_immediate=True)
    definition = a_definition(request=a_request("Spring sale", None))
    filled = a_remote("bc_live", a_request("Spring sale", NOW), status="SCHEDULED", created_at=NOW)
    (item,) = plan_of([definition], live=[filled], policies=policies).items
    assert [refusal.policy for refusal in item.refusals] == ["possible-rename"]


def test_what_an_attempt_may_have_made_refuses_no_sibling_that_invent_does_not_tell_from_it() -> None:
    mine = a_request()
    sibling = a_definition("sibling", a_request(segments=("seg_z",)))
    live = altered(a_remote("bc_live", mine), segment_ids=(), unread=("segments",))
    found = plan_of([a_definition("mine", mine), sibling], a_state({}, {"mine": an_intent(mine)}), live=[live])
    assert actions(found) == {"mine": "blocked", "sibling": "create"}


def test_what_was_removed_and_edited_into_this_one_is_refused_with_a_cure_that_works() -> None:
    state = a_state(removed={"gone": a_removal()})
    definition = a_definition("new", a_request("Edited into this one"))
    (item,) = plan_of([definition], state, live=[a_remote(a_removal().id, definition.request)]).items
    (refusal,) = item.refusals
    assert refusal.policy == "exists-already"
    assert "gone was removed" in refusal.message
    assert "resolve" not in cure_text(refusal.cure, "")


@pytest.mark.parametrize("kept", ["recorded", "intended", "removed"])
def test_a_request_is_one_however_its_name_is_spelled_and_stays_refused_under_another_key(kept: str) -> None:
    spelled, other = a_request("Cafe\u0301"), a_request("Caf\u00e9")
    state = {
        "recorded": a_state({"old": a_record("bc_1", spelled)}),
        "intended": a_state({}, {"old": an_intent(spelled)}),
        "removed": a_state(removed={"old": a_removal("bc_1", spelled)}),
    }[kept]
    (item,) = [item for item in plan_of([a_definition("new", other)], state).items if item.key == "new"]
    assert [refusal.policy for refusal in item.refusals] == ["same-request"]


def test_what_is_not_in_context_full_and_was_sent_may_be_what_was_to_be_sent_at_once() -> None:
    sent = replace(a_remote("bc_live", a_request("Now", None), status="SENT"), unread=("send_to_all",))
    at_once, later = a_definition("now", a_request("Now", None)), a_definition("later", a_request("Now"))
    made = plan_of([at_once, later], live=[sent], policies=Policies(allow_immediate=True))
    assert actions(made) == {"now": "refused", "later": "create"}


def test_sibling_of_an_imported_broadcast_is_refused_only_where_the_import_made_the_file() -> None:
    first, second = a_definition("w1", a_request()), a_definition("w2", a_request(at=SOON + timedelta(days=7)))
    imported = replace(a_record("bc_1", first.request), how="imported")
    for note, action in ((NO_NOTE, "refused"), (restored_note("x"), "refused"), (defined_note(), "create")):
        state = a_state({"w1": replace(imported, note=note)})
        assert actions(plan_of([first, second], state)) == {"w1": "unchanged", "w2": action}
    assert actions(plan_of([second], a_state({"w1": replace(imported, note=defined_note())})))["w2"] == "refused"


# ---------------------------------------------------------------- after a person's word that nothing was created


@pytest.mark.parametrize(
    ("reach", "listed", "action"),
    [
        ("", True, "create"),
        ("", False, "create"),
        ("whole", True, "create"),
        ("whole", False, "create"),
        ("partly", True, "refused"),
        ("partly", False, "refused"),
        ("not-offered", True, "refused"),
        ("not-offered", False, "create"),
    ],
)
@pytest.mark.parametrize("how", ["its key", "its request"])
def test_what_was_declared_absent_is_created_only_after_the_whole_list_was_read(
    reach: Reach, listed: bool, action: str, how: str
) -> None:
    definition = a_definition("spring")
    key = "spring" if how == "its key" else "old-name"
    absence = Absence(key, "looked", a_provenance(), definition.request if key != "spring" else None, listed)
    state = a_state(absences={"t1": absence})
    [item] = plan_of([definition], state, reach=reach).items
    assert (item.action, item.remarks.absence) == (action, absence)
    assert [refusal.policy for refusal in item.refusals] == (["unread-list"] if action == "refused" else [])
    [free] = plan_of([a_definition("other")], state, reach="partly").items
    assert (free.action, free.remarks.absence) == ("create", None)


def test_key_with_an_attempt_that_is_kept_beside_another_one_is_not_created() -> None:
    state = a_state(intents={"spring#t2": an_intent(a_request("Before the edit"), "t2")})
    plan = plan_of([a_definition("spring")], state)
    assert actions(plan) == {"spring": "refused", "spring#t2": "blocked"}
    [refusal] = plan.having("refused")[0].refusals
    assert "resolve 'spring#t2'" in cure_text(refusal.cure, "")
