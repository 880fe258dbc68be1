"""Who wrote and who approved it, in a state and in the message of its commit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from invent_gitops.errors import InvalidInput
from invent_gitops.model.review import SignedOff, Signoff
from invent_gitops.model.state import Event, Intended, Provenance, Recorded
from invent_gitops.provenance import Origin
from invent_gitops.state.document import dump, parse
from invent_gitops.state.message import commit_message
from invent_gitops.values import replace
from tests.making import a_provenance, a_record, a_state, an_intent

SIGNOFF = Signoff("https://github.com/acme/campaigns/pull/7", "carol", ("alice", "bob"))
SIGNED = replace(a_provenance(), signoff=SIGNOFF)


def test_state_with_approvals_is_read_as_it_was_written() -> None:
    state = a_state(broadcasts={"a": replace(a_record(), provenance=SIGNED)})
    assert parse(dump(state), "x") == state
    assert '"reviewers": [' in dump(state)


def test_state_without_approvals_has_no_word_of_them() -> None:
    assert "signoff" not in dump(a_state(broadcasts={"a": a_record()}))


@pytest.mark.parametrize("damage", ['"reviewers": 7', '"reviewers": [7]'])
def test_damaged_approvals_are_refused(damage: str) -> None:
    state = a_state(broadcasts={"a": replace(a_record(), provenance=replace(SIGNED, signoff=Signoff("x")))})
    with pytest.raises(InvalidInput, match="is damaged"):
        parse(dump(state).replace('"reviewers": []', damage), "x")


def test_commit_names_the_pull_request_its_author_and_its_reviewers_once() -> None:
    other = replace(SIGNED, signoff=Signoff("https://github.com/acme/campaigns/pull/8", "", ("alice",)))
    events: list[Event] = [
        Intended("a", replace(an_intent(), provenance=SIGNED)),
        Intended("b", replace(an_intent(), provenance=other)),
        Recorded("c", a_record()),
    ]
    lines = commit_message(events, 1, a_provenance()).split("\n")
    assert [line for line in lines if line.startswith(("Pull-Request", "Written-By", "Reviewed-By"))] == [
        "Pull-Request: https://github.com/acme/campaigns/pull/7",
        "Pull-Request: https://github.com/acme/campaigns/pull/8",
        "Written-By: carol",
        "Reviewed-By: alice",
        "Reviewed-By: bob",
    ]


def test_origin_gives_each_key_its_own_approval_and_none_where_two_claim_it() -> None:
    first, second = SignedOff(SIGNOFF, ("a", "c")), SignedOff(Signoff("x"), ("b", "c"))
    origin = Origin("jo", "", "", approvals=(first, second))
    assert [origin.now(key).signoff for key in ("a", "b", "c", "d", "")] == [SIGNOFF, Signoff("x"), None, None, None]


def test_provenance_without_approval_is_as_before() -> None:
    assert Provenance(datetime(2026, 1, 1, tzinfo=UTC), "jo").signoff is None
