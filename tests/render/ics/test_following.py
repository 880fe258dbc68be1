"""How a feed goes on: UIDs stay, sequences grow, and what is gone is cancelled; all else keeps its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import InvalidInput
from invent_gitops.model.calendar import SEND_STATES, CalendarEntry, Revision, SendState
from invent_gitops.model.drift import Coverage
from invent_gitops.values import replace
from tests.feeds import FRIDAY, NOW, a_feed, an_entry, events

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def only(feed: str) -> tuple[str, int, str, str]:
    """UID, sequence, status and summary of the one event of a feed."""
    [event] = events(feed).values()
    return event.uid.value, int(event.sequence.value), event.status.value, event.summary.value


def test_edit_keeps_the_uid_and_raises_the_sequence_without_an_earlier_feed() -> None:
    before = only(a_feed(an_entry(changed_at=NOW)))
    after = only(a_feed(an_entry(at=FRIDAY + DAY, name="Renamed", changed_at=NOW + SECOND)))
    assert after[0] == before[0]
    assert after[1] == before[1] + 1
    assert before[1] == (NOW - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds()


@given(
    st.lists(
        st.tuples(st.sampled_from(SEND_STATES), st.integers(-3, 3), st.sampled_from([None, -DAY, DAY])), max_size=6
    )
)
def test_sequence_never_shrinks_and_grows_with_each_difference(
    versions: list[tuple[SendState, int, timedelta | None]],
) -> None:
    feed = a_feed(an_entry())
    for number, (state, days, age) in enumerate(versions):
        entry = an_entry(at=FRIDAY + days * DAY, state=state, changed_at=None if age is None else NOW + age)
        following = a_feed(entry, previous=feed, at=NOW + number * DAY)
        old, new = only(feed), only(following)
        assert new[0] == old[0]
        assert (new[1] > old[1]) == (following != feed)
        assert new[1] >= old[1]
        feed = following


def test_feed_of_the_same_sends_is_equal_byte_for_byte_whenever_it_is_made() -> None:
    entries = [an_entry("a", changed_at=NOW), an_entry("b", state="draft"), an_entry("c", None), an_entry("d", id="7")]
    feed = a_feed(*entries)
    assert a_feed(*entries) == feed
    later = [replace(entry, at=NOW + DAY) if entry.at_once else entry for entry in entries]
    assert a_feed(*reversed(later), previous=feed, at=NOW + DAY) == feed
    # A file that was read with other line ends is the same feed.
    assert a_feed(*later, previous=feed.replace("\r\n", "\n"), at=NOW + DAY) == feed


def test_send_that_is_to_go_out_at_once_from_now_on_leaves_its_former_day() -> None:
    feed = a_feed(an_entry(name="Launch"))
    following = a_feed(an_entry(at=None, name="Launch"), previous=feed)
    assert f"DTSTART:{NOW:%Y%m%dT%H%M%SZ}" in following
    assert only(following)[1] == only(feed)[1] + 1


def test_blocked_send_at_once_keeps_the_moment_of_its_attempt() -> None:
    blocked = an_entry(at=None, state="blocked", name="Launch")
    feed = a_feed(an_entry(at=None, name="Launch"), at=NOW - DAY)
    following = a_feed(replace(blocked, at=NOW + DAY), previous=feed, at=NOW + 2 * DAY)
    assert f"DTSTART:{NOW + DAY:%Y%m%dT%H%M%SZ}" in following
    assert "When: Thu 2 Nov 2028 12:00 UTC" in following


def test_event_that_did_not_change_keeps_its_stamp_beside_one_that_did() -> None:
    feed = a_feed(an_entry("a"), an_entry("b"))
    following = a_feed(an_entry("a"), an_entry("b", FRIDAY + DAY), previous=feed, at=NOW + DAY)
    stamps = {name: event.dtstamp.value for name, event in events(following).items()}
    assert stamps == {"Planned: a": NOW, "Planned: b": NOW + DAY}
    assert {event.last_modified.value for event in events(following).values()} == {NOW, NOW + DAY}


def test_definition_that_is_gone_is_cancelled_until_a_year_after_its_time() -> None:
    feed = a_feed(an_entry(name="Launch"))
    uid, sequence, *_ = only(feed)
    cancelled = a_feed(previous=feed, at=NOW + DAY)
    assert only(cancelled) == (uid, sequence + 1, "CANCELLED", "No longer planned: Launch")
    assert a_feed(previous=cancelled, at=NOW + 2 * DAY) == cancelled
    assert a_feed(previous=cancelled, at=FRIDAY + 365 * DAY) == cancelled
    assert events(a_feed(previous=cancelled, at=FRIDAY + 366 * DAY)) == {}


def test_definition_that_comes_back_has_its_old_uid_and_a_higher_sequence() -> None:
    feed = a_feed(an_entry(name="Launch"))
    cancelled = a_feed(previous=feed)
    uid, sequence, status, name = only(a_feed(an_entry(name="Launch"), previous=cancelled))
    assert (uid, status, name) == (only(feed)[0], "TENTATIVE", "Planned: Launch")
    assert sequence == only(cancelled)[1] + 1


def test_cancelled_event_keeps_its_zone_and_its_hour() -> None:
    feed = a_feed(an_entry(timezone="America/New_York"))
    cancelled = a_feed(previous=feed)
    assert "DTSTART;TZID=America/New_York:20281124T090000" in cancelled
    assert "BEGIN:VTIMEZONE" in cancelled


def test_send_outside_the_days_that_were_asked_for_is_not_called_cancelled() -> None:
    feed = a_feed(an_entry("october", FRIDAY - 40 * DAY), an_entry("november"))
    narrow = a_feed(previous=feed, first=date(2028, 11, 1), last=date(2028, 11, 30))
    assert list(events(narrow)) == ["No longer planned: november"]


NOVEMBER: Mapping[str, Any] = {"first": date(2028, 11, 1), "last": date(2028, 11, 30)}


def test_send_that_moves_out_of_the_days_is_not_cancelled_and_keeps_its_uid() -> None:
    feed = a_feed(an_entry(name="Launch"), **NOVEMBER)
    december = an_entry(at=FRIDAY + 10 * DAY, name="Launch")
    moved = a_feed(previous=feed, outside=(december, an_entry("new", FRIDAY + 10 * DAY)), **NOVEMBER)
    uid, sequence, status, name = only(moved)
    assert (uid, status, name) == (only(feed)[0], "TENTATIVE", "Planned: Launch")
    assert sequence == only(feed)[1] + 1
    assert f"DTSTART:{FRIDAY + 10 * DAY:%Y%m%dT%H%M%SZ}" in moved
    assert a_feed(previous=moved, outside=(december,), **NOVEMBER) == moved, "it goes on to say so"
    assert only(a_feed(an_entry(name="Launch"), previous=moved, **NOVEMBER))[0] == uid
    assert events(a_feed(outside=(december,), **NOVEMBER)) == {}


def test_range_ends_at_midnight_of_the_projects_zone() -> None:
    late = an_entry("late", datetime(2028, 11, 30, 23, 30, tzinfo=UTC))
    feed = a_feed(late, zone="Europe/Berlin")
    november = {"first": date(2028, 11, 1), "last": date(2028, 11, 30)}
    assert events(a_feed(previous=feed, zone="Europe/Berlin", **november)) == {}, "it is December there"
    assert list(events(a_feed(previous=feed, **november))) == ["No longer planned: late"]


BOB = an_entry("", state="recorded nowhere", name="Bob's", id="b-9", status="SCHEDULED")


@pytest.mark.parametrize("look", [None, Coverage(gaps=("Page 2 could not be read.",))])
def test_only_a_complete_list_shows_that_what_no_record_knows_is_gone(look: Coverage | None) -> None:
    feed = a_feed(BOB, look=Coverage())
    assert a_feed(look=look, previous=feed) == feed
    assert only(a_feed(look=Coverage(), previous=feed))[2:] == ("CANCELLED", "No longer recorded: Bob's")


def test_created_send_whose_record_is_gone_is_not_cancelled_before_its_hour_or_a_complete_list() -> None:
    created = an_entry(state="scheduled", name="Launch", id="b-1")
    feed = a_feed(created)
    lost = a_feed(previous=feed)
    assert only(lost)[2:] == ("TENTATIVE", "No longer recorded, may still go out: Launch")
    assert a_feed(previous=lost, at=NOW + DAY) == lost
    partly = a_feed(previous=lost, look=Coverage(gaps=("Page 2 could not be read.",)))
    assert partly == lost
    for cancelled in (a_feed(previous=lost, look=Coverage()), a_feed(previous=lost, at=FRIDAY + DAY)):
        assert only(cancelled)[2:] == ("CANCELLED", "No longer recorded: Launch")
        assert cancelled.count("Earlier it was:") == 1
        assert a_feed(previous=cancelled, at=FRIDAY + 2 * DAY) == cancelled
    assert only(a_feed(created, previous=lost))[2:] == ("CONFIRMED", "Launch")


def test_broadcast_that_is_imported_keeps_its_uid() -> None:
    feed = a_feed(BOB)
    imported = a_feed(replace(BOB, key="bobs", state="scheduled"), previous=feed)
    assert only(imported)[0] == only(feed)[0]
    assert only(imported)[1] == only(feed)[1] + 1


def test_created_broadcast_keeps_the_uid_of_its_plan_and_of_its_key_that_was_renamed() -> None:
    planned = a_feed(an_entry("a", name="Launch"))
    created = a_feed(an_entry("a", state="scheduled", name="Launch", id="b-1"), previous=planned)
    renamed = a_feed(an_entry("b", state="scheduled", name="Launch", id="b-1"), previous=created)
    assert only(planned)[0] == only(created)[0] == only(renamed)[0]
    # The old key is used for another send now, which must not take over the event of the first.
    both = a_feed(
        an_entry("b", state="scheduled", name="Launch", id="b-1"), an_entry("a", name="Other"), previous=renamed
    )
    uids = {name: event.uid.value for name, event in events(both).items()}
    assert uids["Launch"] == only(planned)[0]
    assert uids["Planned: Other"] != uids["Launch"]
    after = a_feed(
        an_entry("b", state="scheduled", name="Launch", id="b-1"), an_entry("a", name="Other"), previous=both
    )
    assert after == both


def removed(entry: CalendarEntry) -> CalendarEntry:
    return replace(entry, revision=Revision(NOW, removed=True))


@pytest.mark.parametrize("with_previous", [False, True])
def test_key_that_is_used_again_after_a_removal_is_another_event(with_previous: bool) -> None:
    first = an_entry("a", state="scheduled", name="First", id="b-1")
    entries = [removed(replace(first, state="unknown")), an_entry("a", FRIDAY + DAY, name="Second")]
    previous = a_feed(first) if with_previous else ""
    feed = a_feed(*entries, previous=previous)
    uids = {name: event.uid.value for name, event in events(feed).items()}
    assert len(set(uids.values())) == 2
    assert a_feed(*reversed(entries), previous=previous) == feed
    # Who saw the first sees that it was removed; without its feed, the key is that of the living one.
    assert (uids["Removed here, may still go out: First"] == only(a_feed(first))[0]) == with_previous


def test_two_accounts_never_share_a_uid_nor_cancel_each_others_events() -> None:
    acme = a_feed(an_entry(), workspace="acme")
    bolt = a_feed(workspace="bolt", previous=acme)
    assert only(bolt)[2:] == ("TENTATIVE", "Not followed any more: spring")
    assert only(bolt)[1] == only(acme)[1] + 1
    assert a_feed(workspace="bolt", previous=bolt, at=NOW + DAY) == bolt
    again = only(a_feed(an_entry(), workspace="acme", previous=bolt))
    assert again == (only(acme)[0], only(bolt)[1] + 1, "TENTATIVE", "Planned: spring")
    assert only(a_feed(workspace="acme", previous=bolt))[2:] == ("CANCELLED", "No longer planned: spring")
    assert events(a_feed(workspace="bolt", previous=bolt, at=FRIDAY + 366 * DAY)) == {}
    assert only(acme)[0] != only(a_feed(an_entry(), workspace="bolt"))[0]


FEED = a_feed(an_entry(timezone="Europe/Berlin"), an_entry("b"))
FOREIGN = FEED.replace("-//invent-gitops//calendar//EN", "-//Google Inc//Google Calendar 70.9054//EN")
DAMAGED = {
    "foreign": FOREIGN,
    "cut": FEED[: len(FEED) // 2],
    "cut within an event": FEED[: FEED.rindex("END:VEVENT")] + "END:VCALENDAR\r\n",
    "prose": "Not a calendar.",
    "a blank": " ",
    "html": "<!DOCTYPE html><title>404</title>",
    "twice": FEED + FEED,
    "same uid": FEED.replace("END:VCALENDAR", FEED[FEED.index("BEGIN:VEVENT") : FEED.index("END:VCALENDAR")])
    + "END:VCALENDAR\r\n",
    "rule": FEED.replace("TRANSP:TRANSPARENT", "RRULE:FREQ=SECONDLY", 1),
    "sequence": FEED.replace("SEQUENCE:0", "SEQUENCE:99999999999"),
    "largest": FEED.replace("SEQUENCE:0", "SEQUENCE:2147483647"),
    "word": FEED.replace("SEQUENCE:0", "SEQUENCE:many"),
    "negative": FEED.replace("SEQUENCE:0", "SEQUENCE:-5"),
    "status": FEED.replace("STATUS:TENTATIVE", "STATUS:MAYBE"),
    "zone": FEED.replace("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=Mars/Phobos"),
    "path": FEED.replace("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=../../etc/passwd"),
    "day": FEED.replace("20281124T150000", "20281399T150000"),
    "no start": FEED.replace("DTSTART;TZID=Europe/Berlin:20281124T150000\r\n", ""),
    "nested": FEED.replace("BEGIN:VEVENT", "BEGIN:VEVENT\r\nBEGIN:VEVENT", 1),
    "no account": FEED.replace(".invent-gitops", "").replace("@", "-"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_or_foreign_feed_is_refused_with_the_fix(damage: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        a_feed(an_entry(), previous=DAMAGED[damage])
    assert "earlier feed" in caught.value.message
    assert "Delete the file" in caught.value.cure


@given(st.text(), st.integers(0, len(FEED)), st.integers(0, 40))
def test_scribbled_feed_is_refused_or_followed_but_never_a_crash(scribble: str, start: int, cut: int) -> None:
    try:
        a_feed(an_entry(), previous=FEED[:start] + scribble + FEED[start + cut :])
    except InvalidInput:
        return


def test_sequence_at_its_end_neither_shrinks_nor_overflows() -> None:
    feed = a_feed(an_entry()).replace("SEQUENCE:0", f"SEQUENCE:{2**31 - 2}")
    following = a_feed(an_entry(name="Renamed"), previous=feed)
    assert only(following)[1] == 2**31 - 2
    assert only(a_feed(an_entry(changed_at=datetime(2500, 1, 1, tzinfo=UTC))))[1] == 2**31 - 2
    assert only(a_feed(an_entry(changed_at=datetime(1999, 1, 1, tzinfo=UTC))))[1] == 0
