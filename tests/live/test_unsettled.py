"""What exists twice, or may: who is told, and which of two is better deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from invent_gitops.live.unsettled import YOUNG, seconds, twins, unsettled
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.listing import Listing
from invent_gitops.model.state import Record, Recorded, State
from invent_gitops.model.statuses import GONE
from invent_gitops.model.unsettled import Twin
from invent_gitops.values import replace
from tests.making import NOW, a_provenance, a_record, a_remote, a_request, a_state, altered, an_intent

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ATTEMPTED = NOW - timedelta(hours=1)


def adopted(at: datetime = NOW, attempted: datetime | None = ATTEMPTED) -> Record:
    return replace(a_record("mine", how="adopted"), provenance=replace(a_provenance(at), attempted=attempted))


def shown(
    id: str, at: datetime | None = ATTEMPTED + MINUTE, templates: int | None = 0, status: str = "DRAFT"
) -> Remote:
    return altered(a_remote(id, created_at=at, status=status), templates=templates)


def found(
    *remotes: Remote, record: Record | None = None, now: datetime = NOW, gaps: tuple[str, ...] = ()
) -> list[Twin]:
    state = a_state({"spring": record or adopted()})
    return list(twins(state, Listing(remotes, gaps), now))


# ---------------------------------------------------------------- what is a twin


def test_another_one_exactly_like_a_lately_adopted_one_is_a_twin() -> None:
    [twin] = found(shown("mine"), shown("theirs"))
    assert (twin.key, twin.recorded, twin.other.id) == ("spring", "mine", "theirs")
    assert "theirs (DRAFT)" in twin.message


@pytest.mark.parametrize(
    ("other", "record", "now"),
    [
        (altered(shown("theirs"), name="Another"), None, NOW),
        (altered(shown("theirs"), send_to_all=True), None, NOW),
        (replace(shown("theirs"), unread=("segments",)), None, NOW),
        (shown("theirs", at=ATTEMPTED - timedelta(minutes=10, seconds=1)), None, NOW),
        (shown("theirs", at=None), None, NOW),
        (shown("theirs", status="CANCELLED"), None, NOW),
        (shown("theirs", status="FAILED"), None, NOW),
        (shown("theirs"), replace(adopted(), how="resolved"), NOW),
        (shown("theirs"), None, NOW + YOUNG),
    ],
)
def test_what_is_otherwise_or_older_or_called_off_or_no_longer_young_is_no_twin(
    other: Remote, record: Record | None, now: datetime
) -> None:
    assert found(shown("mine"), other, record=record, now=now) == []


def test_another_one_exactly_like_a_created_one_is_a_twin_whatever_its_age() -> None:
    [twin] = found(shown("mine"), shown("theirs"), record=replace(adopted(), how="created"), now=NOW + YOUNG)
    assert (twin.recorded, twin.other.id) == ("mine", "theirs")


def test_a_day_is_nearly_over_and_it_is_still_looked_at() -> None:
    assert found(shown("mine"), shown("theirs"), now=NOW + YOUNG - SECOND)


def test_what_another_key_has_is_no_twin() -> None:
    state = a_state({"spring": adopted(), "other": a_record("theirs", a_request("Edited since"))})
    assert twins(state, Listing((shown("mine"), shown("theirs"))), NOW) == ()


def test_a_record_of_an_older_version_has_twins_of_any_age_and_is_given_no_advice_by_times() -> None:
    [twin] = found(shown("mine"), shown("theirs", at=None), record=adopted(attempted=None))
    assert twin.superfluous == ""


def test_of_two_that_were_sent_nothing_is_said_any_more() -> None:
    assert found(shown("mine", status="SENT"), shown("theirs", status="SENT")) == []
    assert found(shown("mine", status="SENT"), shown("theirs"))


# ---------------------------------------------------------------- which of the two is better deleted


@pytest.mark.parametrize(
    ("mine", "other", "superfluous", "right"),
    [
        # The one with content stays, whatever the times say.
        (shown("mine", templates=1), shown("theirs"), "theirs", "mine"),
        (shown("mine"), shown("theirs", templates=1, at=NOW), "mine", "theirs"),
        # So does the one that is being sent or was sent.
        (shown("mine", status="SENDING"), shown("theirs"), "theirs", "mine"),
        (shown("mine"), shown("theirs", status="SENT"), "mine", "theirs"),
        # Nobody knows whether it has content: then it is not deleted.
        (shown("mine", templates=None), shown("theirs"), "theirs", "mine"),
        (shown("mine"), shown("theirs", templates=None), "mine", "theirs"),
        # Of two that are empty, the one that the attempt can have made stays.
        (shown("mine", at=ATTEMPTED + 9 * MINUTE), shown("theirs", at=ATTEMPTED + SECOND), "mine", "theirs"),
        (shown("mine", at=ATTEMPTED + SECOND), shown("theirs", at=ATTEMPTED + 9 * MINUTE), "theirs", "mine"),
        (shown("mine", at=ATTEMPTED - 9 * MINUTE), shown("theirs", at=ATTEMPTED + 2 * MINUTE), "mine", "theirs"),
        # No advice: both have content, or are sent, or the times do not tell.
        (shown("mine", templates=1), shown("theirs", templates=2), "", ""),
        (shown("mine", templates=None), shown("theirs", templates=None), "", ""),
        (shown("mine", templates=1), shown("theirs", status="SENDING"), "", ""),
        (shown("mine"), shown("theirs"), "", ""),
        # What is called off or gone needs no deleting: the other one is recorded.
        (shown("mine", status="CANCELLED"), shown("theirs"), "", "theirs"),
    ],
)
def test_what_has_content_or_is_being_sent_is_never_advised_to_be_deleted(
    mine: Remote, other: Remote, superfluous: str, right: str
) -> None:
    [twin] = found(mine, other)
    assert (twin.superfluous, twin.right) == (superfluous, right)
    cure = twin.cure.text(" --org o")
    assert (f"Delete {superfluous} in Invent" in cure) == bool(superfluous)
    corrected = "invent-gitops resolve --org o spring --id theirs --instead-of mine --reason"
    assert (corrected in cure) == (right != "mine")


def test_what_the_whole_list_does_not_hold_is_gone_and_what_a_part_does_not_hold_may_be_there() -> None:
    [twin] = found(shown("theirs"))
    assert (twin.right, twin.superfluous) == ("theirs", "")
    [twin] = found(shown("theirs"), gaps=("Page 1 could not be read.",))
    assert (twin.right, twin.superfluous) == ("", "")


# ---------------------------------------------------------------- in the state alone


def a_second(status: str = "DRAFT", first: str = "DRAFT") -> State:
    state = a_state({"spring": replace(a_record("bc_1"), status=first)})
    return state.after([Recorded("spring", replace(a_record("bc_2", attempt="t2"), status=status))])


@pytest.mark.parametrize("status", ["SENT", "CANCELLED", "FAILED", GONE])
def test_a_second_broadcast_for_a_key_is_told_as_long_as_both_are_to_be_sent(status: str) -> None:
    assert seconds(a_second()) == ("spring#bc_2",)
    assert seconds(a_second(status=status)) == ()
    assert seconds(a_second(first=status)) == ()


def test_everything_that_has_to_be_settled_is_told_together() -> None:
    assert not unsettled(a_state({"spring": a_record()}), Listing(()), NOW)
    state = replace(a_second(), intents={"summer": an_intent(a_request("Summer"))})
    told = unsettled(state, Listing(()), NOW)
    assert (told.doubts, told.seconds, told.twins) == (("summer",), ("spring#bc_2",), ())
