"""The sandbox answers as the description of Invent's API says, with which a judge from outside holds the commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from invent_gitops.model.instant import read_instant
from invent_gitops.sandbox.contract import STATUSES, Rejection, find_route
from invent_gitops.sandbox.service import Sandbox

DESCRIPTION = yaml.safe_load((Path(__file__).parents[1] / "prism" / "openapi.yaml").read_text(encoding="utf-8"))
HEADERS = {"authorization": "Bearer k"}
ROUTES = [(path, method) for path, verbs in DESCRIPTION["paths"].items() for method in verbs if method != "parameters"]
FORMATS = jsonschema.FormatChecker(formats=[])


@FORMATS.checks("date-time")
def is_moment(value: object) -> bool:
    return not isinstance(value, str) or read_instant(value) is not None


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(limit=0) as box:
        yield box


def check(path: str, method: str, value: object) -> None:
    """Whether `value` is the answer that is described for a route."""
    content = DESCRIPTION["paths"][path][method]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": DESCRIPTION["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(value)


def answered(box: Sandbox, path: str, method: str = "get", query: str = "", body: object = None) -> Any:
    data = b"" if body is None else json.dumps(body).encode()
    answer = box.handle(method.upper(), path.replace("{org_id}", "c"), query, HEADERS, data)
    assert answer.status == 200
    check(path, method, answer.json())
    return answer.json()


BROADCASTS, SEGMENTS, CONTACTS = (f"/orgs/{{org_id}}/{thing}" for thing in ("broadcasts", "segments", "contacts"))


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_the_examples_of_the_description_are_as_it_describes(path: str, method: str) -> None:
    check(
        path, method, DESCRIPTION["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"]
    )


def test_the_sandbox_has_the_routes_that_are_described_and_no_other() -> None:
    for path in DESCRIPTION["paths"]:
        for method in ("get", "post", "put", "patch", "delete"):
            try:
                found = find_route(method.upper(), path.replace("{org_id}", "c")).name
            except Rejection:
                assert (path, method) not in ROUTES
            else:
                assert found == DESCRIPTION["paths"][path][method]["operationId"]


def test_the_sandbox_knows_the_statuses_that_are_described() -> None:
    assert DESCRIPTION["components"]["schemas"]["Broadcast"]["properties"]["status"]["enum"] == list(STATUSES)


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "x"},
        {"name": "x", "scheduled_at": None, "segment_ids": [], "send_to_all": True},
        {"name": "x", "scheduled_at": "2099-03-01T09:00:00+01:00", "segment_ids": ["a", "b"], "send_to_all": False},
    ],
)
def test_a_created_broadcast_is_as_described_there_and_in_the_list(box: Sandbox, wish: dict[str, Any]) -> None:
    created = answered(box, BROADCASTS, "post", body=wish)
    assert answered(box, BROADCASTS, query="status=ALL&page=1&take=100") == [created]


@pytest.mark.parametrize("status", STATUSES)
def test_a_broadcast_that_was_changed_by_hand_is_as_described(box: Sandbox, status: str) -> None:
    id = answered(box, BROADCASTS, "post", body={"name": "x", "segment_ids": ["a"]})["id"]
    change = {"status": status, "templates": [{}, {"error": "Too long"}]}
    assert box.control("POST", f"/_sandbox/orgs/c/broadcasts/{id}", HEADERS, json.dumps(change).encode()).status == 200
    [found] = answered(box, BROADCASTS)
    assert (found["status"], len(found["templates"])) == (status, 2)


def test_segments_and_contacts_are_as_described(box: Sandbox) -> None:
    box.fill(broadcasts=3, segments=30)
    assert len(answered(box, SEGMENTS, query="take=100")) == 30
    assert len(answered(box, CONTACTS, query="segment_id=s_1&status=UNSUBSCRIBED&take=5")) == 5
    assert len(answered(box, BROADCASTS)) == 3


@pytest.mark.parametrize(
    ("path", "method", "spoiled"),
    [
        (BROADCASTS, "get", {"status": "ACTIVE"}),
        (BROADCASTS, "post", {"created_at": "soon"}),
        (SEGMENTS, "get", {"color": "mauve"}),
        (CONTACTS, "get", {"blocked": None}),
    ],
)
def test_what_is_not_as_described_is_found_out(path: str, method: str, spoiled: dict[str, Any]) -> None:
    good = DESCRIPTION["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"]
    bad = {**good, **spoiled} if isinstance(good, dict) else [{**good[0], **spoiled}]
    with pytest.raises(jsonschema.ValidationError):
        check(path, method, bad)
