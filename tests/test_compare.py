"""Comparing: every field that was added, removed or changed is named, in one order, whatever else is equal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.compare import field_changes, unequal_fields
from invent_gitops.model.note import Note
from invent_gitops.values import replace
from tests.making import SOON, a_record, a_request

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just("not present"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "__b", "c"]), inner, max_size=2),
    max_leaves=5,
)
sides = st.dictionaries(st.sampled_from(["name", "status", "__hidden", "segments", "a.b", "['x']"]), values, max_size=5)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"ids": ["a", "b"]}, {"ids": ["a", "c"]}, ("ids",)),
        ({"ids": ["a", "b"], "all": False}, {"ids": [], "all": True}, ("ids", "all")),
        ({"at": None, "name": "A"}, {"at": "2027-01-01T00:00:00Z", "name": "A"}, ("at",)),
        ({"at": "2027-01-01T00:00:00Z"}, {"at": None}, ("at",)),
        ({"a": 1, "b": 2}, {"a": 1}, ("b",)),
        ({"a": 1}, {"a": 1, "b": None}, ("b",)),
        ({"a": None}, {}, ("a",)),
        ({"a": 1}, {"b": 1}, ("a", "b")),
        ({"c": 1, "b": 1, "a": 1}, {"a": 2, "b": 2, "c": 2, "d": 2}, ("c", "b", "a", "d")),
        ({"__a": 1, "x": 1}, {"__a": 2, "x": 1}, ("__a",)),
        ({"a": {"__b": 1}}, {"a": {"__b": 2}}, ("a",)),
        ({"a": "1"}, {"a": 1}, ("a",)),
    ],
)
def test_what_was_added_removed_or_changed_is_named(before: Any, after: Any, expected: tuple[str, ...]) -> None:
    assert unequal_fields(before, after) == expected


@given(sides, sides)
def test_fields_of_an_unequal_pair_are_those_that_json_would_write_otherwise(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    def written(side: dict[str, Any], name: str) -> str:
        return json.dumps(side[name], sort_keys=True) if name in side else "missing"

    names = [*before, *(name for name in after if name not in before)]
    expected = [name for name in names if written(before, name) != written(after, name)]
    assert list(unequal_fields(before, after)) == ([] if before == after else expected)


def test_edit_of_every_field_of_a_request_is_shown_in_the_order_of_the_api() -> None:
    old = a_request(at=None)
    new = replace(old, name="Other", scheduled_at=SOON, segment_ids=(*old.segment_ids[1:], "seg_z"), send_to_all=True)
    assert [change.field for change in field_changes(old, new)] == [*old.__struct_fields__]
    assert field_changes(old, replace(old)) == ()


def test_fields_of_a_record_are_compared_as_the_values_that_they_are() -> None:
    before = a_record("bc_1")
    after = replace(before, note=Note("by hand"), provenance=replace(before.provenance, by="somebody"), status="SENT")
    names = [*before.__struct_fields__]
    sides = ({name: getattr(side, name) for name in names} for side in (before, after))
    assert set(unequal_fields(*sides)) == {"status", "provenance", "note"}
