"""The text of the state: one spelling on the way out, suspicion and a clear word on the way in."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.model.state import Absence, Candidate, State
from invent_gitops.schemas import read_schema
from invent_gitops.state.document import REFRESHED, VERSION, WITH_COUNTS, dump, parse
from invent_gitops.values import replace
from tests.making import (
    LINEAGE,
    SOON,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    altered,
    an_intent,
    costly,
    states,
)

SCHEMA = Draft202012Validator(read_schema("state"), format_checker=Draft202012Validator.FORMAT_CHECKER)
# Most judges check no format unless they are told to.
PLAIN = Draft202012Validator(read_schema("state"))
FULL = a_state(
    {"spring": a_record("bc_1", note="a note")},
    {"doubt": an_intent(candidates=(Candidate(a_remote("bc_5"), ("scheduled_at",)),))},
    {"gone": a_removal("bc_2")},
    {"t0": Absence("doubt", "looked", a_provenance(commit="abc", run="https://ci/1"))},
)


def refusal(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse(text, "invent.state.json")
    assert caught.value.exit_code is ExitCode.INVALID
    assert "invent.state.json" in caught.value.message
    assert caught.value.cure
    return caught.value


def edited(edit: Callable[[Any], object]) -> str:
    document = json.loads(dump(FULL))
    edit(document)
    return json.dumps(document)


# ---------------------------------------------------------------- there and back


@costly
@given(states)
def test_state_is_read_back_as_it_was_written(state: State) -> None:
    assert parse(dump(state), "state") == state


@costly
@given(states)
def test_text_is_stable_sorted_and_ends_with_one_line_feed(state: State) -> None:
    text = dump(state)
    assert dump(parse(text, "state")) == text
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


@costly
@given(states)
def test_every_state_conforms_to_its_schema(state: State) -> None:
    SCHEMA.validate(json.loads(dump(state)))


def test_order_in_which_things_happened_does_not_show_in_the_text() -> None:
    one = a_state({"a": a_record("bc_1"), "b": a_record("bc_2")})
    other = a_state({"b": a_record("bc_2"), "a": a_record("bc_1")})
    assert dump(one) == dump(other)


def test_text_reads_well_in_a_diff() -> None:
    lines = dump(a_state({"spring": a_record("bc_1", a_request("Grüße 🎉"))})).splitlines()
    assert '    "spring": {' in lines
    assert '      "id": "bc_1",' in lines
    assert '        "name": "Grüße 🎉",' in lines
    assert f'        "scheduled_at": "{SOON:%Y-%m-%dT%H:%M:%SZ}",' in lines
    assert f'  "lineage": "{LINEAGE}",' in lines
    assert f'  "version": {VERSION}' in lines


def test_what_is_not_known_is_not_written() -> None:
    record = json.loads(dump(a_state({"spring": a_record("bc_1")})))["broadcasts"]["spring"]
    assert set(record) == {"id", "request", "status", "how", "provenance", "attempt"}
    assert set(record["provenance"]) == {"at", "by"}


def test_nobody_looked_is_not_the_same_as_nothing_was_found() -> None:
    for candidates in (None, ()):
        state = a_state(intents={"a": an_intent(candidates=candidates)})
        assert parse(dump(state), "state").intents["a"].candidates == candidates


def test_ids_of_segments_are_sorted_when_they_are_read_so_that_requests_compare() -> None:
    text = edited(lambda it: it["broadcasts"]["spring"]["request"].update(segment_ids=["seg_b", "seg_a"]))
    assert parse(text, "state").broadcasts["spring"].request.segment_ids == ("seg_a", "seg_b")


def test_state_with_a_record_whose_answer_had_no_status_is_read_back() -> None:
    state = a_state({"spring": replace(a_record("bc_1"), status="")})
    SCHEMA.validate(json.loads(dump(state)))
    assert parse(dump(state), "state") == state


def test_state_of_an_unknown_actor_is_read_back() -> None:
    state = a_state(intents={"a": an_intent(provenance=a_provenance(by=""))})
    SCHEMA.validate(json.loads(dump(state)))
    assert parse(dump(state), "state") == state


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_name_with_an_odd_separator_is_not_taken_for_a_conflict_marker(separator: str) -> None:
    state = a_state({"spring": a_record("bc_1", a_request(f"one{separator}======= two"))})
    assert parse(dump(state), "state") == state


def test_year_one_that_some_apis_send_for_no_time_is_read_back() -> None:
    candidate = Candidate(altered(a_remote("bc_5"), scheduled_at=datetime(1, 1, 1, tzinfo=UTC)), ("scheduled_at",))
    state = a_state(intents={"a": an_intent(candidates=(candidate,))})
    assert parse(dump(state), "state") == state


# ---------------------------------------------------------------- damage


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base"])
def test_conflict_markers_are_named_with_their_line(marker: str) -> None:
    lines = dump(FULL).splitlines()
    lines.insert(4, marker)
    error = refusal("\n".join(lines))
    assert error.message.startswith("invent.state.json:5:1: ")
    assert "conflict markers" in error.message
    assert "both sides" in error.cure


def test_pointer_of_git_lfs_is_named_as_such() -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    assert "pointer of Git LFS" in refusal(text).message


def test_cut_text_is_named_with_line_and_column_and_not_taken_for_an_empty_state() -> None:
    text = dump(FULL)
    cut = text[: text.index('"doubt"') + 4]
    line = cut.count("\n") + 1
    assert refusal(cut).message.startswith(f"invent.state.json:{line}:")


@pytest.mark.parametrize("length", range(0, len(dump(FULL)) - 2, 37))
def test_text_cut_anywhere_is_refused(length: int) -> None:
    refusal(dump(FULL)[:length])


@pytest.mark.parametrize("text", ["", " ", "hello", "{'a': 1}", "{} {}", "\x00", "\ufeff{}", '{"version": 1'])
def test_text_that_is_no_json_is_refused_with_its_place(text: str) -> None:
    assert "invent.state.json:1:" in refusal(text).message


@pytest.mark.parametrize("text", ["[]", "1", "null", '"text"', "NaN", "[" * 100_000, '{"a":' * 100_000])
def test_json_that_is_no_state_is_refused(text: str) -> None:
    assert "not a state" in refusal(text).message


def test_huge_number_is_refused_and_not_a_bug() -> None:
    refusal('{"version": ' + "9" * 5000 + "}")


def test_key_that_stands_twice_is_refused_since_one_of_its_ids_would_be_lost() -> None:
    one, two = (
        json.dumps(json.loads(dump(a_state({"k": a_record(id)})))["broadcasts"]["k"]) for id in ("bc_1", "bc_2")
    )
    text = edited(lambda it: it.update(broadcasts={"k": 0})).replace('{"k": 0}', f'{{"k": {one}, "k": {two}}}')
    assert "'k' is in one object twice" in refusal(text).message


def test_newer_version_asks_for_an_upgrade_and_not_for_a_repair() -> None:
    error = refusal(edited(lambda it: it.update(version=WITH_COUNTS + 1)))
    assert "newer" in error.message
    assert error.cure.startswith("Upgrade")


def test_state_that_was_refreshed_is_refused_by_a_program_that_would_drop_what_was_sent() -> None:
    record = replace(a_record(), formerly=(a_request("As it was sent"),), refreshed=a_provenance())
    plain, edited_in_invent = a_state({"a": a_record()}), a_state({"a": record})
    removed = a_state(removed={"a": replace(a_removal(), formerly=record.formerly)})
    versions = [json.loads(dump(state))["version"] for state in (plain, edited_in_invent, removed)]
    assert versions == [VERSION, REFRESHED, REFRESHED]


@pytest.mark.parametrize("formerly", [{}, "x", [1], [{}], None])
def test_former_requests_that_cannot_be_read_are_damage_and_not_nothing(formerly: object) -> None:
    def change(state: dict[str, Any]) -> None:
        next(iter(state["broadcasts"].values()))["formerly"] = formerly

    assert "is damaged" in refusal(edited(change)).message


@pytest.mark.parametrize("version", [0, -1, "1", None, [], {}])
def test_unknown_version_is_refused(version: object) -> None:
    assert "version" in refusal(edited(lambda it: it.update(version=version))).message


TOP = ("lineage", "serial", "org", "api", "broadcasts", "intents", "removed", "absences")


@pytest.mark.parametrize("name", [*TOP, "version"])
def test_missing_entry_is_named(name: str) -> None:
    assert name in refusal(edited(lambda it: it.pop(name))).message


@pytest.mark.parametrize("value", [None, True, 1.5, -1, [1], "", {"a": 1}])
@pytest.mark.parametrize("name", TOP)
def test_entry_of_a_wrong_type_is_named(name: str, value: object) -> None:
    assert name in refusal(edited(lambda it: it.update({name: value}))).message


PARTS: dict[str, tuple[str, Callable[[Any], Any], tuple[str, ...]]] = {
    "record": (
        "broadcasts.spring",
        lambda it: it["broadcasts"]["spring"],
        ("id", "request", "status", "how", "provenance"),
    ),
    "note": ("broadcasts.spring", lambda it: it["broadcasts"]["spring"], ("note", "attempt")),
    "request": (
        "broadcasts.spring",
        lambda it: it["broadcasts"]["spring"]["request"],
        ("name", "scheduled_at", "segment_ids", "send_to_all"),
    ),
    "provenance": ("broadcasts.spring", lambda it: it["broadcasts"]["spring"]["provenance"], ("at", "by")),
    "intent": ("intents.doubt", lambda it: it["intents"]["doubt"], ("request", "attempt", "provenance", "candidates")),
    "candidate": ("intents.doubt", lambda it: it["intents"]["doubt"]["candidates"][0], ("id", "name", "status")),
    "removal": ("removed.gone", lambda it: it["removed"]["gone"], ("id", "request", "reason", "provenance")),
    "absence": ("absences.t0", lambda it: it["absences"]["t0"], ("key", "reason", "provenance")),
}
WRONG = [(part, name, value) for part, (_, _, names) in PARTS.items() for name in names for value in (5, [5], {"a": 5})]


@pytest.mark.parametrize(("part", "name", "value"), WRONG)
def test_damage_within_is_named_with_the_key_that_it_concerns(part: str, name: str, value: object) -> None:
    place, find, _ = PARTS[part]
    error = refusal(edited(lambda it: find(it).update({name: value})))
    assert place in error.message
    assert "Do not delete it" in error.cure


@pytest.mark.parametrize("name", ["segment_ids", "differs"])
@pytest.mark.parametrize("value", [5, None, [5]])
def test_damaged_list_of_a_candidate_is_refused_like_any_other_damage(name: str, value: object) -> None:
    refusal(edited(lambda it: it["intents"]["doubt"]["candidates"][0].update({name: value})))


@pytest.mark.parametrize("at", ["2026-11-24T12:00:00", "yesterday", "2026-11-24", "2026-11-24T12:00:00Z\n", ""])
def test_schema_alone_knows_the_form_of_an_instant(at: str) -> None:
    document = json.loads(dump(FULL))
    assert PLAIN.is_valid(document)
    for part in (document["removed"]["gone"]["provenance"], document["broadcasts"]["spring"]["request"]):
        name = "at" if "at" in part else "scheduled_at"
        kept, part[name] = part[name], at
        assert not PLAIN.is_valid(document)
        part[name] = kept


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "2026-11-24T12:00:00.000001Z", "2026-11-24t12:00z", "2026-11-24 12:00:00.5+05:30"]
)
def test_schema_alone_takes_every_instant_that_is_read(at: str) -> None:
    document = json.loads(edited(lambda it: it["removed"]["gone"]["provenance"].update(at=at)))
    assert parse(json.dumps(document), "state").removed
    assert PLAIN.is_valid(document)


@pytest.mark.parametrize("at", ["2026-11-24T12:00:00", "yesterday", "2026-13-01T00:00:00Z", ""])
def test_time_that_is_no_instant_is_refused_and_not_read_as_at_once(at: str) -> None:
    assert (
        "not a time with an offset"
        in refusal(edited(lambda it: it["removed"]["gone"]["request"].update(scheduled_at=at))).message
    )


def test_damage_quotes_no_more_than_it_must() -> None:
    assert len(refusal(edited(lambda it: it["removed"].update(gone=None))).message) < 200
