"""A request is spelled in one way, read in one way, and its fields are named in one place."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from invent_gitops.model.broadcast import LIVE_FIELDS, REQUEST_FIELDS, Request, read_request
from invent_gitops.model.fields import Damaged
from tests.making import a_remote, a_request, altered, requests


@given(requests)
def test_request_is_read_back_as_it_was_written(request: Request) -> None:
    assert read_request(json.loads(json.dumps(request.as_json()))) == request


def test_every_field_of_a_request_is_sent_and_nothing_else() -> None:
    assert tuple(a_request().as_json()) == REQUEST_FIELDS == Request.__struct_fields__


def test_segments_are_read_in_one_order() -> None:
    unordered = {**a_request().as_json(), "segment_ids": ["seg_b", "seg_a"]}
    assert read_request(unordered) == a_request(segments=("seg_a", "seg_b"))


@pytest.mark.parametrize("field", ["name", "segment_ids", "send_to_all"])
def test_request_that_lacks_a_field_is_damaged_and_named(field: str) -> None:
    value = a_request().as_json()
    del value[field]
    with pytest.raises(Damaged, match=field):
        read_request(value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 7),
        ("name", None),
        ("scheduled_at", "tomorrow"),
        ("scheduled_at", 0),
        ("scheduled_at", False),
        ("segment_ids", "seg_a"),
        ("segment_ids", [1]),
        ("segment_ids", None),
        ("send_to_all", "true"),
        ("send_to_all", 1),
        ("send_to_all", None),
    ],
)
def test_field_of_another_type_is_damaged_and_never_a_default(field: str, value: object) -> None:
    with pytest.raises(Damaged, match=field):
        read_request({**a_request().as_json(), field: value})


@pytest.mark.parametrize("value", [None, [], "name", 3])
def test_what_is_no_object_is_no_request(value: Any) -> None:
    with pytest.raises(Damaged, match="should be an object"):
        read_request(value)


def test_request_without_a_name_is_refused_only_where_one_was_created() -> None:
    nameless = a_request("").as_json()
    assert read_request(nameless) == a_request("")
    with pytest.raises(Damaged, match="name is ''"):
        read_request(nameless, named=True)


@pytest.mark.parametrize(("field", "live"), list(zip(REQUEST_FIELDS, LIVE_FIELDS, strict=True)))
def test_field_that_invent_does_not_tell_is_untold_under_the_name_of_the_request(field: str, live: str) -> None:
    assert altered(a_remote(), unread=("status", live, "created_at")).untold == (field,)


# ---------------------------------------------------------------- one enumeration

PACKAGE = Path(__file__).resolve().parents[2] / "invent_gitops"
# Invent's side of the wire: what it answers, and how the sandbox plays it.
OF_INVENT = ("api/answer.py", "sandbox/")


def lists_of_fields(source: str) -> list[int]:
    """The lines on which a literal holds the name, the time and the audience of a request."""
    literals = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict)
    ]
    texts = {
        node.lineno: {
            entry.value
            for entry in (node.keys if isinstance(node, ast.Dict) else node.elts)
            if isinstance(entry, ast.Constant)
        }
        for node in literals
    }
    return [line for line, entries in texts.items() if entries >= {"name", "scheduled_at", "send_to_all"}]


def test_fields_of_a_request_are_listed_in_one_place() -> None:
    listing = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if lists_of_fields(path.read_text(encoding="utf-8"))
    ]
    assert [path for path in listing if not path.startswith(OF_INVENT)] == ["model/broadcast.py"]


@pytest.mark.parametrize(
    "source",
    ['x = ("name", "scheduled_at", "segments", "send_to_all")', '{"name": 1, "scheduled_at": 2, "send_to_all": 3}'],
)
def test_list_by_hand_is_noticed(source: str) -> None:
    assert lists_of_fields(f"\n{source}") == [2]
