"""The hidden line of a comment that holds what its plan creates: it reads back exactly, and nothing else is read."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.plan.approval import approved_plan
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.review.evidence import LINE_LIMIT, PACKED_LIMIT, approved_in, approved_line, read_approved
from invent_gitops.values import replace
from tests.making import API, NASTY, NOW, ORG, a_plan, a_request, an_item, costly

BEGIN, END = "<!-- invent-gitops: approved ", " -->"
names = st.text(max_size=30) | st.just(NASTY)


def saved(*keys: str, names: list[str] | None = None) -> dict[str, Any]:
    """The document of a plan that creates these keys."""
    items = [an_item(key, request=a_request(name)) for key, name in zip(keys, names or keys, strict=True)]
    found = a_plan(*items)
    whole: dict[str, Any] = json.loads(document("plan", 0, plan_json(found)))
    return whole


def packed(data: object) -> str:
    return f"{BEGIN}{base64.b64encode(zlib.compress(json.dumps(data).encode())).decode()}{END}"


def unpacked(line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(line[len(BEGIN) : -len(END)])))
    return found


@costly
@given(st.dictionaries(st.text(min_size=1, max_size=20), names, max_size=8))
def test_requests_read_back_as_they_were_approved_and_make_a_plan_for_apply(requests: dict[str, str]) -> None:
    plan = saved(*requests, names=list(requests.values()))
    line = approved_line(plan)
    found = read_approved(line)
    assert found
    assert (found.digest, found.org, found.api, found.at) == (plan["digest"], ORG, API, NOW)
    # How many it was to reach does not travel in the line: the catalogue of the reviewed commit says it.
    assert approved_plan(json.loads(found.as_document())) == replace(approved_plan(plan), contacts={})
    assert found.requests == approved_plan(plan).requests
    assert line.isascii()
    assert line.count("--") == 2, "nothing in it can end the HTML comment"


def test_line_is_the_second_one_of_a_body_and_no_other() -> None:
    line = approved_line(saved("a"))
    for body in (f"marker\n{line}\nmore", f"marker\r\n{line}\r\nmore", f"marker\n{line}"):
        assert approved_in(body) == line
    for body in ("", line, f"marker\n\n{line}", f"marker\n> {line}"):
        assert approved_in(body) == ""


def test_plan_that_creates_too_much_for_a_line_has_none() -> None:
    keys = [f"k{number}" for number in range(2_000)]
    words = [f"{number * 7919 * 104729:x}{number * 15485863**3 % 10**18:x}" for number in range(2_000)]
    assert approved_line(saved(*keys, names=words)) == ""
    # What packs well is bounded by what it unpacks to.
    assert approved_line(saved("a", names=["x" * PACKED_LIMIT])) == ""
    assert 0 < len(approved_line(saved("a", names=["x" * (PACKED_LIMIT // 2)]))) < LINE_LIMIT


@pytest.mark.parametrize(
    "change", [{"digest": "sha256:" + "0" * 64}, {"kind": "report"}, {"items": None}, {"at": None}, {"org": 7}]
)
def test_document_that_is_no_whole_plan_has_no_line(change: dict[str, Any]) -> None:
    assert approved_line(saved("a")) != ""
    assert approved_line(saved("a") | change) == ""


def test_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(b" " * (PACKED_LIMIT * 10), 9)).decode()
    assert len(bomb) < LINE_LIMIT
    tracemalloc.start()
    try:
        assert read_approved(f"{BEGIN}{bomb}{END}") is None
        assert tracemalloc.get_traced_memory()[1] < PACKED_LIMIT * 4
    finally:
        tracemalloc.stop()
    deep = f"{BEGIN}{base64.b64encode(zlib.compress(b'[' * PACKED_LIMIT, 9)).decode()}{END}"
    assert read_approved(deep) is None


GOOD = approved_line(saved("a"))
ABOUT = unpacked(GOOD)
REQUEST = ABOUT["requests"]["a"]


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        GOOD[:-1],
        f" {GOOD}",
        f"{GOOD}\n",
        GOOD.replace(" -->", " --> -->"),
        GOOD.replace("approved ", "approved  "),
        f"{BEGIN}{END}",
        f"{BEGIN}AAAA{END}",
        f"{BEGIN}{GOOD[len(BEGIN) : -len(END) - 8]}{END}",
        f"{BEGIN}{base64.b64encode(base64.b64decode(GOOD[len(BEGIN) : -len(END)]) + b'more').decode()}{END}",
        GOOD[: len(BEGIN)] + "A" * LINE_LIMIT + END,
        packed([]),
        packed({**ABOUT, "more": 1}),
        packed({**ABOUT, "at": "today"}),
        packed({**ABOUT, "org": None}),
        packed({**ABOUT, "requests": ["a"]}),
        packed({**ABOUT, "requests": {"a": None}}),
        packed({**ABOUT, "requests": {"a": {**REQUEST, "scheduled_at": "soon"}}}),
        packed({name: value for name, value in ABOUT.items() if name != "api"}),
    ],
)
def test_line_that_nobody_wrote_so_is_none(wrong: str) -> None:
    assert read_approved(GOOD)
    assert read_approved(wrong) is None
