"""Who approved what, on its way from `github approved` to `apply`: written plainly, read with suspicion."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import WrongUsage
from invent_gitops.model.broadcast import Request
from invent_gitops.model.pull_request import Post, PullRequest
from invent_gitops.model.review import SignedOff, Signoff
from invent_gitops.review.approval import PlanComment
from invent_gitops.review.evidence import ReviewedPlan
from invent_gitops.review.signoff import LIMIT, read_signoffs, unnamed_reviewers, write_signoffs
from invent_gitops.state.document import dump, parse
from invent_gitops.values import replace
from tests.making import a_provenance, a_record, a_state

AT = datetime(2026, 11, 20, tzinfo=UTC)
ADDRESS = "https://github.com/acme/campaigns/pull/"
ENTRY: dict[str, Any] = {"pull_request": f"{ADDRESS}7", "author": "carol", "reviewers": ["alice"]}


def comment(number: int, *keys: str, author: str = "carol", reviewers: tuple[str, ...] = ("alice",)) -> PlanComment:
    pull = PullRequest(number, "b" * 40, "main", AT, "", author)
    requests = {key: Request(key, None, (), send_to_all=True) for key in keys}
    plan = ReviewedPlan(AT, "c", "api", "", requests)
    return PlanComment(pull, Post(1, "bot", "", "", AT), plan.digest, plan, reviewers)


def test_one_pull_request_approved_everything() -> None:
    [signed] = read_signoffs(write_signoffs([comment(7, "a", "b")], ADDRESS))
    assert signed == SignedOff(Signoff(f"{ADDRESS}7", "carol", ("alice",)))
    assert signed.covers("anything")


def test_of_several_pull_requests_each_approved_its_own_keys() -> None:
    first, second = read_signoffs(write_signoffs([comment(7, "a"), comment(8, "b", reviewers=("bob",))], ADDRESS))
    assert (first.covers("a"), first.covers("b"), second.covers("a"), second.covers("b")) == (True, False, False, True)
    assert second.signoff.reviewers == ("bob",)


def test_nothing_is_said_where_nobody_can_tell_which_approval_was_for_which_broadcast() -> None:
    assert write_signoffs([comment(7, "a"), replace(comment(8, "b"), plan=None)], ADDRESS) == ""
    assert write_signoffs([comment(7, "a" * LIMIT), comment(8, "b")], ADDRESS) == ""
    assert write_signoffs([comment(7, "a")], "") == ""
    assert write_signoffs([], ADDRESS) == ""
    assert read_signoffs(" \n") == ()


def test_author_with_an_odd_name_is_left_out_so_that_the_text_can_be_read() -> None:
    [signed] = read_signoffs(write_signoffs([comment(7, "a", author="x\nReviewed-By: boss")], ADDRESS))
    assert signed.signoff.author == ""


@pytest.mark.parametrize(
    "change",
    [
        {"pull_request": "javascript:alert(1)"},
        {"pull_request": f"{ADDRESS}7\nReviewed-By: boss"},
        {"pull_request": None},
        {"author": "boss\nReviewed-By: boss"},
        {"author": 0},
        {"author": False},
        {"author": []},
        {"author": None},
        {"author": {}},
        {"author": ["carol"]},
        {"pull_request": [f"{ADDRESS}7"]},
        {"reviewers": None},
        {"reviewers": {}},
        {"reviewers": {"alice": 1}},
        {"reviewers": 0},
        {"reviewers": [[]]},
        {"reviewers": [""]},
        {"keys": None},
        {"keys": {}},
        {"keys": 0},
        {"keys": ""},
        {"reviewers": ["al ice"]},
        {"reviewers": ["alice\n"]},
        {"reviewers": "alice"},
        {"reviewers": [7]},
        {"reviewers": ["alice"] * 101},
        {"keys": "a"},
        {"keys": [1]},
        {"more": 1},
    ],
)
def test_text_of_another_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(WrongUsage, match="INVENT_APPROVALS is not what github approved writes"):
        read_signoffs(json.dumps([ENTRY | change]))


@pytest.mark.parametrize(
    "text", ["x", "{}", "[1]", "[[]]", "null", "[" * 5000, json.dumps([ENTRY] * 101), " " + "1" * LIMIT]
)
def test_text_that_is_no_list_of_approvals_is_refused(text: str) -> None:
    with pytest.raises(WrongUsage):
        read_signoffs(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["carol", f"{ADDRESS}7"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["pull_request", "author", "reviewers", "keys"]), VALUES)
def test_any_value_in_any_field_is_read_exactly_or_refused_and_the_state_can_be_read_again(
    field: str, value: Any
) -> None:
    entry = ENTRY | {field: value}
    try:
        [signed] = read_signoffs(json.dumps([entry]))
    except WrongUsage:
        return
    signoff = signed.signoff
    read = {"pull_request": signoff.pull_request, "author": signoff.author, "reviewers": list(signoff.reviewers)}
    assert read | ({} if signed.keys is None else {"keys": list(signed.keys)}) == entry
    state = a_state(broadcasts={"a": replace(a_record(), provenance=replace(a_provenance(), signoff=signoff))})
    assert parse(dump(state), "x") == state


def test_more_reviewers_than_can_be_read_are_cut_and_counted() -> None:
    crowd = comment(7, "a", reviewers=tuple(f"person-{number}" for number in range(101)))
    [signed] = read_signoffs(write_signoffs([crowd], ADDRESS))
    assert signed.signoff.reviewers == crowd.reviewers[:100]
    assert unnamed_reviewers(crowd) == 1
    assert unnamed_reviewers(comment(7, "a")) == 0


def test_what_could_not_be_read_is_not_written() -> None:
    assert write_signoffs([comment(number, f"key-{number}") for number in range(101)], ADDRESS) == ""
    assert write_signoffs([comment(7, "a")], "https://github.com/a b/pull/") == ""
