"""The feed: another library reads the same instants and texts, whatever people wrote and whatever the machine knows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import tzdata  # type: ignore[import-untyped]  # only its folder is of interest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.calendar import SEND_STATES, Author, Clash, Revision, SendState
from invent_gitops.model.plan import Audience
from invent_gitops.render.ics.calendar import calendar_ics
from invent_gitops.render.ics.observances import observances
from invent_gitops.zonedata import load_zone, zone_names
from tests.feeds import FRIDAY, NOW, a_calendar, a_feed, an_entry, events, instant
from tests.making import NASTY

ROOT = Path(__file__).resolve().parents[3]
HOUR = timedelta(hours=1)


def next_change(zone: str, at: datetime) -> datetime:
    """The hour in which the clocks of a zone change next, within a year; the same moment where they do not."""
    clock = load_zone(zone)
    for hours in range(0, 24 * 366, 12):
        day = at + hours * HOUR
        if day.astimezone(clock).utcoffset() != (day + 12 * HOUR).astimezone(clock).utcoffset():
            later = (day + number * HOUR for number in range(13))
            return next(
                hour for hour in later if hour.astimezone(clock).utcoffset() != day.astimezone(clock).utcoffset()
            )
    return at


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a moment, half of them close to a change of its clocks."""
    zone = draw(st.sampled_from(sorted(zone_names() - {"localtime", "Factory"})))
    at = datetime(2026, 1, 1, tzinfo=UTC) + draw(st.integers(0, 20 * 365 * 86400)) * timedelta(seconds=1)
    if draw(st.booleans()):
        at = next_change(zone, at) + draw(st.integers(-7200, 7200)) * timedelta(seconds=1)
    return zone, at


@given(st.lists(moments(), min_size=1, max_size=3))
def test_another_library_reads_the_instants_of_the_calendar(cases: list[tuple[str, datetime]]) -> None:
    entries = [an_entry(f"send-{number}", at, "scheduled", timezone=zone) for number, (zone, at) in enumerate(cases)]
    read = events(a_feed(*entries))
    assert {name: instant(event) for name, event in read.items()} == {entry.name: entry.at for entry in entries}


@pytest.mark.parametrize(
    ("zone", "at", "line"),
    [
        ("America/New_York", "2028-11-23T14:00", "DTSTART;TZID=America/New_York:20281123T090000"),
        # The clocks of Berlin show 02:30 twice in this night; a local time in a feed would mean the first.
        ("Europe/Berlin", "2028-10-29T00:30", "DTSTART;TZID=Europe/Berlin:20281029T023000"),
        ("Europe/Berlin", "2028-10-29T01:30", "DTSTART:20281029T013000Z"),
        # Gaza leaves its summer time for the month of Ramadan, whose days follow no rule of a weekday.
        ("Asia/Gaza", "2040-08-10T12:00", "DTSTART;TZID=Asia/Gaza:20400810T150000"),
        ("Asia/Gaza", "2040-09-10T12:00", "DTSTART;TZID=Asia/Gaza:20400910T140000"),
        ("Asia/Gaza", "2040-10-24T12:00", "DTSTART;TZID=Asia/Gaza:20401024T150000"),
        ("Asia/Kolkata", "2028-03-10T12:00", "DTSTART;TZID=Asia/Kolkata:20280310T173000"),
        ("", "2028-03-10T12:00", "DTSTART:20280310T120000Z"),
        ("UTC", "2028-03-10T12:00", "DTSTART:20280310T120000Z"),
        ("Mars/Phobos", "2028-03-10T12:00", "DTSTART:20280310T120000Z"),
        ("Europe/Berlin", "9999-12-31T23:30", "DTSTART:99991231T233000Z"),
    ],
)
def test_start_is_written_as_the_clocks_of_its_zone_show_it(zone: str, at: str, line: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    feed = a_feed(an_entry(at=moment, timezone=zone))
    assert line in feed.split("\r\n")
    [event] = events(feed).values()
    assert instant(event) == moment


def test_zone_of_the_author_comes_before_that_of_the_project() -> None:
    feed = a_feed(an_entry("a"), an_entry("b", timezone="Asia/Tokyo"), zone="Europe/Berlin")
    assert "DTSTART;TZID=Europe/Berlin:20281124T150000" in feed
    assert "DTSTART;TZID=Asia/Tokyo:20281124T230000" in feed
    assert feed.count("BEGIN:VTIMEZONE") == 2
    assert "X-WR-TIMEZONE:Europe/Berlin" in feed


def test_zone_with_yearly_changes_is_described_by_rules() -> None:
    """Outlook reads no other description of a zone: it overlooks lists of dates."""
    feed = a_feed(an_entry(timezone="Europe/Berlin"))
    assert "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3" in feed
    assert "RDATE" not in feed


def test_changes_of_a_zone_are_found_to_the_second_even_a_week_apart() -> None:
    clock = load_zone("Asia/Gaza")
    at = datetime(2040, 9, 10, tzinfo=UTC)
    rules = observances("Asia/Gaza", at, at)
    changes = sorted(start.replace(tzinfo=UTC) - rule.offsets.before for rule in rules for start in rule.starts)
    for change in changes:
        before, after = (change - timedelta(seconds=1)).astimezone(clock), change.astimezone(clock)
        assert before.utcoffset() != after.utcoffset()
    assert min(later - earlier for earlier, later in pairwise(changes)) < timedelta(days=8)


MACHINE = """
import sys
from invent_gitops.render.ics.calendar import calendar_ics
from tests.feeds import a_feed, an_entry
zones = ("America/New_York", "Europe/Berlin", "UTC", "Asia/Gaza")
feed = a_feed(*(an_entry(zone, timezone=zone) for zone in zones))
sys.stdout.buffer.write(a_feed(an_entry("UTC", timezone="UTC"), previous=feed).encode())
"""


def test_zone_files_and_clock_of_the_machine_change_no_byte(tmp_path: Path) -> None:
    empty, wrong = tmp_path / "empty", tmp_path / "wrong"
    empty.mkdir()
    tokyo = Path(tzdata.__file__).parent / "zoneinfo" / "Asia" / "Tokyo"
    for name in ("America/New_York", "Europe/Berlin", "UTC", "Etc/UTC", "Asia/Gaza"):
        (wrong / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tokyo, wrong / name)
    feeds = {
        subprocess.run(
            [sys.executable, "-c", MACHINE],
            cwd=ROOT,
            env={**os.environ, "PYTHONTZPATH": path, "TZ": zone, "TZDIR": path, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for path, zone in ((str(empty), "UTC"), (str(wrong), "Asia/Tokyo"), ("", "America/New_York"))
    }
    assert len(feeds) == 1
    assert b"DTSTART;TZID=Asia/Gaza:20281124T160000" in feeds.pop()


HOSTILE = st.one_of(
    st.text(max_size=255),
    st.sampled_from(
        [
            NASTY,
            "x\r\nBEGIN:VEVENT\r\nUID:evil\r\nEND:VEVENT",
            "a, b; c: d \\n \\N \\, %2C \"quoted\" 'x' ^n",
            "ä" * 255,
            "👩‍👩‍👧‍👦" * 60,
            "\ud800 half",
            "\u2028\u2029\x85\x00\x7f\u202e",
        ]
    ),
)


@given(HOSTILE, HOSTILE, HOSTILE)
def test_whatever_people_wrote_is_text_in_its_own_event(name: str, segment: str, owner: str) -> None:
    entry = an_entry(
        name=f"x{name}",
        state="scheduled",
        author=Author(owner=owner, description=name),
        audience=Audience((segment,), everyone=False, contacts=None),
        remarks=(name,),
        clashes=(Clash(owner, name, (segment,), HOUR),),
    )
    feed = a_feed(entry)
    lines = feed.encode().split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is cut
    assert feed.count("\r\nBEGIN:VEVENT\r\n") == 1
    assert "evil" not in {line.partition(b":")[2].decode() for line in lines}
    assert len(events(feed)) == 1
    assert a_feed(entry, previous=feed, at=NOW + HOUR) == feed, "it reads its own texts as they were"


def test_text_arrives_in_another_library_as_it_was_written() -> None:
    name = "Black Friday, VIP; 50% off: C:\\News \\ new %2C “ä” ✨ 世界"
    feed = a_feed(an_entry(name=name, state="scheduled", audience=Audience(("a, b; c", "d"), False, None)))
    event = events(feed)[name]
    assert event.categories.value == ["scheduled", "a, b; c", "d"]
    assert "To: a, b; c, d\n" in event.description.value


def test_description_says_all_that_a_person_should_know() -> None:
    entry = an_entry(
        "vip",
        state="sent",
        id="b-1",
        status="SENT",
        author=Author("growth", "Early access.", "America/New_York", "broadcasts/vip.yaml"),
        audience=Audience(("VIP customers",), everyone=False, contacts=1240, today=True),
        remarks=("The delivered share is low.",),
        results=Counts(recipients=1240, delivered=1200, failed=40),
        clashes=(Clash("spring", "Spring", ("VIP customers",), 3 * HOUR), Clash("", "Twin", (), timedelta())),
    )
    [event] = events(a_feed(entry, workspace="acme")).values()
    assert event.description.value.split("\n") == [
        "State: sent (Invent: SENT)",
        "When: Fri 24 Nov 2028 09:00 America/New_York (14:00 UTC)",
        "To: VIP customers (up to 1,240 contacts)",
        "Owner: growth",
        "Early access.",
        "! Clash: spring also goes to VIP customers, 3 hours apart",
        "! Clash: Twin also goes to everyone, at the same time",
        "! The delivered share is low.",
        "Results: 1,240 recipients, 1,200 delivered (96.8%), 40 failed (3.2%)",
        "Key: vip",
        "Broadcast: b-1",
        "File: broadcasts/vip.yaml",
        "Workspace: acme",
    ]
    assert event.transp.value == "TRANSPARENT"


STATUSES = {
    "planned": "TENTATIVE",
    "refused": "TENTATIVE",
    "blocked": "TENTATIVE",
    "draft": "TENTATIVE",
    "empty draft": "TENTATIVE",
    "scheduled": "CONFIRMED",
    "sending": "CONFIRMED",
    "sent": "CONFIRMED",
    "failed": "CONFIRMED",  # programs hide what is cancelled, and a person has to see it
    "cancelled": "CANCELLED",
    "gone": "CANCELLED",
    "recorded nowhere": "TENTATIVE",
    "unknown": "TENTATIVE",
}


@pytest.mark.parametrize("state", SEND_STATES)
def test_each_state_has_a_status_and_a_name_that_says_it(state: SendState) -> None:
    [event] = events(a_feed(an_entry(name="Launch", state=state))).values()
    assert event.status.value == STATUSES[state]
    said = state.capitalize() in event.summary.value or state in ("scheduled", "sending", "sent", "gone", "unknown")
    assert said
    assert event.categories.value[0] == state


@pytest.mark.parametrize(
    ("status", "expected"), [("SCHEDULED", "CONFIRMED"), ("DRAFT", "TENTATIVE"), ("", "TENTATIVE")]
)
def test_what_no_record_knows_is_as_certain_as_invent_says(status: str, expected: str) -> None:
    [event] = events(a_feed(an_entry("", state="recorded nowhere", name="Bob's", id="b-9", status=status))).values()
    assert event.status.value == expected


@pytest.mark.parametrize(
    ("state", "at", "summary", "expected"),
    [
        ("unknown", FRIDAY, "Removed here, may still go out: Launch", "TENTATIVE"),
        ("unknown", None, "Removed here, may still go out: Launch", "TENTATIVE"),
        ("unknown", NOW - HOUR, "Removed: Launch", "CANCELLED"),
        ("cancelled", FRIDAY, "Removed: Launch", "CANCELLED"),
        ("sent", NOW - HOUR, "Removed, sent: Launch", "CONFIRMED"),
    ],
)
def test_removed_record_is_cancelled_only_where_nothing_can_go_out(
    state: SendState, at: datetime | None, summary: str, expected: str
) -> None:
    entry = an_entry(at=at, state=state, name="Launch", id="b-1", revision=Revision(NOW, removed=True))
    [event] = events(a_feed(entry)).values()
    assert (event.summary.value, event.status.value) == (summary, expected)
    assert "Look in Invent before you rely on it." in event.description.value


def test_feed_says_to_programs_what_it_is_and_when_to_read_it_again() -> None:
    lines = a_feed(zone="Europe/Berlin", workspace="acme").split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert {"VERSION:2.0", "X-WR-CALNAME:Broadcasts: acme", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"} <= set(lines)
    assert not [line for line in lines if line.startswith("METHOD")], "RFC 5546 wants an organizer for each method"


@pytest.mark.parametrize("zone", ["", "UTC", "Europe/Berlin", "Mars/Phobos"])
def test_feed_without_events_is_a_valid_calendar_that_can_be_followed(zone: str) -> None:
    feed = a_feed(zone=zone)
    assert feed.count("BEGIN:VTIMEZONE") == 1, "RFC 5545 wants a component in each calendar"
    assert events(feed) == {}
    assert a_feed(zone=zone, previous=feed, at=NOW + 900 * 24 * HOUR) == feed
    assert len(events(a_feed(an_entry(), zone=zone, previous=feed))) == 1


def test_several_workspaces_share_a_feed_without_sharing_events() -> None:
    entry = an_entry(state="scheduled")
    calendars = [a_calendar(entry, workspace=name, zone=zone) for name, zone in (("acme", ""), ("bolt", "Asia/Tokyo"))]
    feed = calendar_ics(calendars)
    assert feed.count("BEGIN:VEVENT") == 2
    assert len({line for line in feed.split("\r\n") if line.startswith("UID:")}) == 2
    assert "X-WR-CALNAME:Broadcasts\r\n" in feed
    assert calendar_ics(calendars, previous=feed) == feed
