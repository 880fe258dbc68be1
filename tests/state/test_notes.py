"""The role of a note: a field says it, a person's words never do, and old states are read and written as before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from invent_gitops.errors import InvalidInput
from invent_gitops.live.unsettled import seconds
from invent_gitops.model.note import Note, Role, defined_note, old_note, restored_note, second_note
from invent_gitops.model.record import How
from invent_gitops.model.state import Corrected, Recorded, State
from invent_gitops.schemas import read_schema
from invent_gitops.state.document import VERSION, WITH_ROLES, dump, parse
from invent_gitops.state.journal import read_event, write_event
from invent_gitops.values import replace
from tests.making import a_record, a_state

SCHEMA = Draft202012Validator(read_schema("state"))
SENTENCE = "A second broadcast for the key spring, which is recorded as bc_0."
# What a person may give as a reason, though it begins as the program's own notes do.
REASONS = [
    "A second broadcast with this name is a test of ours",
    SENTENCE,
    "Restored: from the backup",
    "Its definition was there already. I have looked",
]
NOTES = st.sampled_from(["", "looked", *REASONS]) | st.text(max_size=20)


def noted(note: Note, how: How = "resolved") -> State:
    return a_state({"spring": a_record("bc_0"), "spring#bc_1": replace(a_record("bc_1", how=how), note=note)})


def written(state: State) -> Any:
    return json.loads(dump(state))


def old_text(note: str, how: How) -> str:
    """A state with a note as the versions before the field wrote it."""
    document = written(noted(Note(), how))
    document["broadcasts"]["spring#bc_1"]["note"] = note
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_note(text: str) -> Note:
    return parse(text, "s").broadcasts["spring#bc_1"].note


@pytest.mark.parametrize("how", get_args(How))
@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_that_reads_like_a_note_of_the_program_has_no_role_after_it_was_kept(reason: str, how: How) -> None:
    state = noted(Note(reason), how)
    assert parse(dump(state), "s") == state
    assert seconds(parse(dump(state), "s")) == ()
    record = state.broadcasts["spring#bc_1"]
    for event in (Recorded("spring", record), Corrected("spring", "bc_0", record)):
        assert read_event(json.loads(json.dumps(write_event(event)))) == event
    assert not [*SCHEMA.iter_errors(written(state))]


@pytest.mark.parametrize(
    ("note", "how"),
    [
        (second_note("spring", "bc_0"), "created"),
        (second_note("a\nkey", "bc_0"), "adopted"),
        (restored_note("it was the other one"), "imported"),
        (defined_note(), "imported"),
        (defined_note("I have looked"), "imported"),
    ],
)
def test_a_note_of_the_program_is_written_as_the_older_versions_wrote_it(note: Note, how: How) -> None:
    text = dump(noted(note, how))
    assert text == old_text(note.text, how)
    assert read_note(text) == note


@given(NOTES, st.sampled_from(get_args(How)))
def test_an_old_state_is_written_again_to_the_byte(note: str, how: How) -> None:
    text = old_text(note, how)
    # An older version wrote no empty note.
    if note:
        assert dump(parse(text, "s")) == text


@given(NOTES, st.sampled_from(get_args(Role)), st.sampled_from(get_args(How)))
def test_every_role_of_every_text_is_read_as_it_was_written(note: str, role: Role, how: How) -> None:
    state = noted(Note(note, role), how)
    assert parse(dump(state), "s") == state


def test_only_the_whole_sentence_of_the_program_makes_an_old_record_a_second_one() -> None:
    assert seconds(parse(old_text(SENTENCE, "created"), "s")) == ("spring#bc_1",)
    for note in ("A second broadcast with this name is a test of ours", f"{SENTENCE} Not so", SENTENCE[:-1], ""):
        assert seconds(parse(old_text(note, "resolved"), "s")) == ()


@pytest.mark.parametrize("how", ["created", "adopted", "resolved"])
@pytest.mark.parametrize("reason", REASONS[2:])
def test_an_old_note_about_an_import_says_nothing_of_a_record_that_is_none(reason: str, how: How) -> None:
    assert old_note(reason, how).role == "plain"
    assert old_note(reason, "imported").role != "plain"


def test_a_state_that_names_a_role_is_refused_by_programs_that_would_drop_it() -> None:
    assert written(noted(Note(SENTENCE)))["version"] == WITH_ROLES
    assert written(noted(Note("looked")))["version"] == VERSION
    assert written(noted(second_note("spring", "bc_0")))["version"] == VERSION


@pytest.mark.parametrize("role", ["third", "", 1, None, [], {}, True])
def test_a_role_that_is_none_is_damage(role: object) -> None:
    document = written(noted(Note(SENTENCE)))
    record: Mapping[str, Any] = document["broadcasts"]["spring#bc_1"]
    assert record["role"] == "plain"
    document["broadcasts"]["spring#bc_1"] = {**record, "role": role}
    with pytest.raises(InvalidInput) as caught:
        parse(json.dumps(document), "s")
    assert "role is" in caught.value.message
