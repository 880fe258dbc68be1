"""What came of a broadcast: when it is poor, and which counts a refresh keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from invent_gitops.live.drift import refreshed
from invent_gitops.live.results import SETTLED, poor_shares
from invent_gitops.model.broadcast import NOT_TOLD, Counts, Remote, Sending
from invent_gitops.model.listing import Listing
from invent_gitops.model.project import DEFAULT_LIMITS, ResultLimits
from invent_gitops.model.state import Provenance, State
from invent_gitops.values import replace
from tests.making import NOW, a_provenance, a_record, a_remote, a_state

GOOD = Counts(contacts=1240, recipients=1240, sent=1240, delivered=1240, failed=0)


def poor(counts: Counts, limits: ResultLimits = DEFAULT_LIMITS) -> list[str]:
    return list(poor_shares(counts, limits))


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        (Counts(recipients=1240, failed=1210), "failed"),
        (Counts(recipients=1000, failed=51), "failed"),
        (Counts(recipients=1000, skipped=201), "skipped"),
        (Counts(delivered=10_000, complained=11), "complained"),
        (Counts(delivered=1000, unsubscribed=11), "unsubscribed"),
        (Counts(delivered=0, complained=1), "complained"),
    ],
)
def test_share_beyond_its_limit_is_poor_and_named(counts: Counts, name: str) -> None:
    [sentence] = poor(counts)
    assert f" {name}" in sentence
    assert f"policies.results.{name}" in sentence


@pytest.mark.parametrize(
    "counts",
    [
        NOT_TOLD,
        GOOD,
        Counts(recipients=1000, failed=50, skipped=200, delivered=10_000, complained=10, unsubscribed=100),
        Counts(failed=1000),
        Counts(recipients=1000),
        Counts(contacts=0, recipients=0, failed=0, delivered=0, complained=0),
    ],
    ids=["not told", "good", "exactly the limits", "no recipients told", "nothing told of what failed", "nobody"],
)
def test_share_at_its_limit_and_what_is_not_told_are_not_poor(counts: Counts) -> None:
    assert poor(counts) == []


def test_worst_share_comes_first_and_percentages_are_exact() -> None:
    sentences = poor(Counts(recipients=1240, failed=1210, delivered=30_000, complained=32))
    assert sentences == [
        "1,210 of 1,240 recipients failed, 97.6% (policies.results.failed allows 5%)",
        "32 of 30,000 messages that were delivered complained, 0.11% (policies.results.complained allows 0.1%)",
    ]


def test_share_is_never_at_the_limit_that_it_passed() -> None:
    (sentence,) = poor(Counts(recipients=1_000_000, failed=50_001))
    assert "failed, 5.1% (policies.results.failed allows 5%)" in sentence


def test_what_was_sent_to_nobody_is_poor() -> None:
    assert poor(Counts(contacts=1240, recipients=0)) == ["Nobody of 1,240 contacts was sent anything"]


@pytest.mark.parametrize("name", ["sent", "failed", "delivered", "opened", "played", "click", "complained"])
def test_nobody_is_said_only_where_no_other_count_contradicts_it(name: str) -> None:
    counts = replace(Counts(contacts=1000, recipients=0, skipped=3), **{name: 990})
    assert not any(sentence.startswith("Nobody") for sentence in poor(counts))
    (sentence,) = poor(Counts(contacts=1000, recipients=0, sent=0, delivered=0, skipped=0))
    assert sentence == "Nobody of 1,000 contacts was sent anything"


def test_share_is_one_of_the_contacts_where_no_recipients_cannot_be_right() -> None:
    (sentence,) = poor(Counts(contacts=1000, recipients=0, sent=24, failed=976))
    assert sentence == "976 of 1,000 contacts failed, 97.6% (policies.results.failed allows 5%)"


def test_limits_of_the_project_hold() -> None:
    counts = Counts(recipients=1000, failed=1000, delivered=1000, complained=1)
    assert poor(counts, replace(DEFAULT_LIMITS, failed=Decimal(100), complained=Decimal("0.1"))) == []
    assert len(poor(counts, replace(DEFAULT_LIMITS, failed=Decimal("99.9"), complained=Decimal(0)))) == 2


# ---------------------------------------------------------------- what is kept


def sent(counts: Counts = GOOD, *, status: str = "SENT", completed: datetime | None = NOW) -> Remote:
    return replace(a_remote("bc_1", status=status), sending=Sending(completed_at=completed, counts=counts))


def refresh(state: State, remote: Remote, at: datetime = NOW) -> State:
    listing = Listing((remote,))
    return state.after(refreshed(state, listing, Provenance(at, "ann"), before=frozenset({"bc_1"})))


CREATED = a_state({"spring": replace(a_record("bc_1"), provenance=a_provenance(NOW - timedelta(days=30)))})


@pytest.mark.parametrize("status", ["SENT", "FAILED"])
def test_counts_are_kept_once_when_it_is_over(status: str) -> None:
    first = refresh(CREATED, sent(status=status))
    assert first.broadcasts["spring"].counts.results == GOOD
    assert refreshed(first, Listing((sent(status=status),)), a_provenance(), before=frozenset()) == []
    # What grows a little each day is not written each day.
    grown = sent(replace(GOOD, opened=12), status=status)
    assert refresh(first, grown, NOW + timedelta(days=1)) == first


@pytest.mark.parametrize("status", ["SCHEDULED", "SENDING", "CANCELLED", "DRAFT"])
def test_counts_of_what_is_not_over_are_not_kept(status: str) -> None:
    assert refresh(CREATED, sent(status=status)).broadcasts["spring"].counts.results is None


def test_counts_are_kept_once_more_when_they_have_settled() -> None:
    first = refresh(CREATED, sent())
    final = replace(GOOD, opened=900)
    settled = refresh(first, sent(final), NOW + SETTLED)
    assert settled.broadcasts["spring"].counts.results == final
    assert refresh(settled, sent(replace(final, opened=901)), NOW + 2 * SETTLED) == settled


def test_counts_that_are_not_told_are_not_kept_and_take_none_away() -> None:
    assert refresh(CREATED, sent(NOT_TOLD)).broadcasts["spring"].counts.results is None
    first = refresh(CREATED, sent())
    assert refresh(first, sent(NOT_TOLD), NOW + SETTLED) == first
