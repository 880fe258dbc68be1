"""Schedules: what each spelling means, and why some mean nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from invent_gitops.validate import Schedule, ScheduleFault, parse_schedule
from invent_gitops.validate.zones import find_zone
from invent_gitops.zonedata import load_zone, zone_names

AREAS = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/")
ZONES = sorted(name for name in zone_names() if name.startswith((*AREAS, "Pacific/")))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def rule(value: object, project_timezone: str = "") -> str:
    parsed = parse_schedule(value, project_timezone)
    assert isinstance(parsed, ScheduleFault), parsed
    return parsed.rule


def test_immediately_is_no_time() -> None:
    assert parse_schedule("immediately", "Europe/Berlin") == Schedule(None, "")


@pytest.mark.parametrize(
    "text",
    ["2027-03-01T09:00:00Z", "2027-03-01t09:00z", "2027-03-01 09:00:00.000Z", "2027-03-01T10:00+01:00",
     "2027-02-28T19:00-14:00", "2027-03-01T23:00:00+14:00", "2027-03-01T09:00:00-00:00"],
)  # fmt: skip
def test_spellings_of_one_instant(text: str) -> None:
    assert parse_schedule(text, "America/New_York") == Schedule(instant("2027-03-01T09:00:00+00:00"), "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-01", "schedule-form"),
        ("2027-3-1T09:00Z", "schedule-form"),
        ("2027-03-01T09Z", "schedule-form"),
        ("2027-03-01T0900Z", "schedule-form"),
        ("2027-W09-1T09:00Z", "schedule-form"),
        ("2027-03-01T09:00:00,0Z", "schedule-form"),
        ("2027-03-01T09:00 Z", "schedule-form"),
        (" 2027-03-01T09:00Z", "schedule-form"),
        ("2027-03-01T09:00Z\n", "schedule-form"),
        ("\u0662027-03-01T09:00Z", "schedule-form"),
        ("2027-03-01T09:00+1:00", "schedule-form"),
        ("2027-03-01T09:00+01:00:30", "schedule-form"),
        ("2027-03-01T09:00:00.001Z", "schedule-fraction"),
        ("2027-03-01T09:00:60Z", "schedule-impossible"),
        ("2027-03-01T24:00:00Z", "schedule-impossible"),
        ("2027-03-01T09:61Z", "schedule-impossible"),
        ("2027-02-29T09:00Z", "schedule-impossible"),
        ("0000-01-01T00:00Z", "schedule-impossible"),
        ("2027-03-01T09:00+14:01", "schedule-offset"),
        ("2027-03-01T09:00-23:59", "schedule-offset"),
        ("2027-03-01T09:00+01:60", "schedule-offset"),
        ("0001-01-01T00:00+00:01", "schedule-range"),
        ("9999-12-31T23:59:59-00:01", "schedule-range"),
        ("2027-03-01T09:00", "schedule-no-zone"),
    ],
)
def test_text_that_is_no_instant_is_refused(text: str, expected: str) -> None:
    assert rule(text) == expected


@pytest.mark.parametrize("value", [None, 3, True, [], {}, {"at": 3}, {"timezone": "UTC"}])
def test_value_of_another_kind_is_refused_rather_than_raised(value: object) -> None:
    assert rule(value) == "schedule-form"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("EST", "zone-ambiguous"),
        ("CET", "zone-ambiguous"),
        ("GMT", "zone-ambiguous"),
        ("EST5EDT", "zone-ambiguous"),
        ("US/Eastern", "zone-ambiguous"),
        ("Etc/GMT+2", "zone-inverted"),
        ("Etc/GMT-14", "zone-inverted"),
        ("Etc/GMT", "zone-unknown"),
        ("posix/Europe/Berlin", "zone-unknown"),
        ("right/Europe/Berlin", "zone-unknown"),
        ("europe/berlin", "zone-unknown"),
        ("Europe/BERLIN", "zone-unknown"),
        ("Europe/Berlim", "zone-unknown"),
        ("America/Argentina", "zone-unknown"),
        ("../Europe/Berlin", "zone-unknown"),
        ("Europe/../Europe/Berlin", "zone-unknown"),
        ("/etc/localtime", "zone-unknown"),
        ("Europe/Berlin\x00", "zone-unknown"),
        ("localtime", "zone-unknown"),
        ("utc", "zone-unknown"),
    ],
)
def test_zone_whose_meaning_is_not_sure_is_refused(zone: str, expected: str) -> None:
    parsed = parse_schedule({"at": "2027-03-01T09:00", "timezone": zone}, "")
    assert isinstance(parsed, ScheduleFault)
    assert (parsed.rule, parsed.path) == (expected, ("timezone",))


def test_inverted_zone_is_explained_with_the_offset_that_was_meant() -> None:
    parsed = parse_schedule({"at": "2027-03-01T09:00", "timezone": "Etc/GMT+2"}, "")
    assert isinstance(parsed, ScheduleFault)
    assert "UTC-2" in parsed.message
    assert "-02:00" in parsed.cure


def cure_of(zone: str, at: str = "2027-03-01T09:00") -> str:
    parsed = parse_schedule({"at": at, "timezone": zone}, "")
    assert isinstance(parsed, ScheduleFault)
    return parsed.cure


@pytest.mark.parametrize(
    ("zone", "offset"),
    [("UTC+8", "+08:00"), ("GMT-3:30", "-03:30"), ("utc +05", "+05:00"), ("+0530", "+05:30"), ("UTC\u22125", "-05:00"),
     ("UTC+14", "+14:00")],
)  # fmt: skip
def test_offset_in_place_of_a_zone_is_written_into_the_very_time(zone: str, offset: str) -> None:
    cure = f"Write the offset into the time, without `timezone`: `schedule: 2027-03-01T09:00:00{offset}`."
    assert cure_of(zone) == cure
    assert isinstance(parse_schedule(f"2027-03-01T09:00:00{offset}", ""), Schedule)


@pytest.mark.parametrize(
    ("at", "meant"),
    [("2027-03-01T09:00+8", "+08:00"), ("2027-03-01T09:00 UTC+8", "+08:00"), ("2027-03-01 09:00 gmt-3:30", "-03:30")],
)
def test_loose_offset_in_a_time_is_written_out(at: str, meant: str) -> None:
    parsed = parse_schedule(at, "")
    assert isinstance(parsed, ScheduleFault)
    assert f"{at[:16]}{meant}`" in parsed.cure


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        # Well-known cities, by the last part of their zone.
        ("Berlin", "Europe/Berlin"), ("New York", "America/New_York"), ("new-york", "America/New_York"),
        ("TOKYO", "Asia/Tokyo"), ("S\u00e3o Paulo", "America/Sao_Paulo"), ("Z\u00fcrich", "Europe/Zurich"),
        ("Singapore", "Asia/Singapore"), ("Port-au-Prince", "America/Port-au-Prince"),
        # Case and separators.
        ("europe/berlin", "Europe/Berlin"), ("America/Los Angeles", "America/Los_Angeles"),
        ("america\\new_york", "America/New_York"), ("Europe/Berlin ", "Europe/Berlin"), ("utc", "UTC"),
        # One slip, or two in a long word.
        ("Europe/Berlim", "Europe/Berlin"), ("Eurpoe/Berlin", "Europe/Berlin"), ("Europe/Rom", "Europe/Rome"),
        ("Asia/Omks", "Asia/Omsk"), ("Australia/Sidney", "Australia/Sydney"), ("Pacific/Aukland", "Pacific/Auckland"),
        ("America/LosAngeles", "America/Los_Angeles"), ("Europe/Stokcholn", "Europe/Stockholm"),
        # Habits.
        ("CET", "Europe/Paris"), ("PST", "America/Los_Angeles"),
    ],
)  # fmt: skip
def test_zone_is_guessed_from_a_city_or_a_slip(written: str, meant: str) -> None:
    assert cure_of(written).endswith(f"Did you mean `{meant}`?")


@pytest.mark.parametrize(
    "written",
    [
        # Other places, as near in letters as they are far in hours.
        "Asia/Aral", "Europe/Munich", "Asia/Beijing", "America/Melbourne", "America/London", "America/Athens",
        "Europe/Wien", "Asia/Tomks/Omsk", "Etc/Berlin", "Japan", "Munich", "Aral", "Omks", "Roma",
        # Ambiguous, or nothing at all.
        "Europe/Ber", "America", "Area/City", "UTC+15", "UTC+8:99", "", "/", "Europe/", "1",
    ],
)  # fmt: skip
def test_another_place_is_never_guessed(written: str) -> None:
    found = find_zone(written)
    assert isinstance(found, tuple)
    assert "Did you mean" not in found[2], found


@pytest.mark.parametrize(
    ("written", "zones"),
    [
        ("CST", {"America/Chicago", "Asia/Shanghai"}),
        ("ist", {"Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"}),
        ("BST", {"Europe/London", "Asia/Dhaka"}),
    ],
)
def test_abbreviation_of_several_places_leads_to_none_of_them_alone(written: str, zones: set[str]) -> None:
    cure = cure_of(written)
    assert set(re.findall(r"`([^`]+)`", cure)) == zones
    assert all(zone in ZONES for zone in zones)


def test_city_with_two_names_has_both_which_mean_the_same() -> None:
    cure = cure_of("Buenos Aires")
    assert cure == "Did you mean `America/Argentina/Buenos_Aires` or `America/Buenos_Aires`?"


def test_every_city_leads_to_zones_of_that_name_only() -> None:
    for city in {zone.rpartition("/")[2] for zone in ZONES}:
        for written in (city, city.replace("_", " ").lower()):
            found = find_zone(written)
            assert isinstance(found, tuple)
            assert {guess.rpartition("/")[2] for guess in re.findall(r"`([^`]+)`", found[2])} == {city}


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC"])
def test_utc_is_a_zone(zone: str) -> None:
    parsed = parse_schedule({"at": "2027-03-01T09:00", "timezone": zone}, "Europe/Berlin")
    assert parsed == Schedule(instant("2027-03-01T09:00:00+00:00"), zone)


def test_offset_and_zone_together_are_refused_even_where_they_agree() -> None:
    assert rule({"at": "2027-03-01T09:00+01:00", "timezone": "Europe/Berlin"}) == "schedule-two-zones"


def test_offset_wins_over_the_zone_of_the_project() -> None:
    parsed = parse_schedule({"at": "2027-03-01T09:00+01:00"}, "America/New_York")
    assert parsed == Schedule(instant("2027-03-01T08:00:00+00:00"), "")


@pytest.mark.parametrize(
    ("at", "zone", "expected", "neighbours"),
    [
        ("2026-03-08T02:30", "America/New_York", "schedule-skipped",
         ("2026-03-08T01:30:00-05:00", "2026-03-08T03:30:00-04:00")),
        ("2026-11-01T01:30", "America/New_York", "schedule-repeated",
         ("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00")),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "schedule-skipped",
         ("2026-10-04T01:45:00+10:30", "2026-10-04T02:45:00+11:00")),
        ("2011-12-30T12:00", "Pacific/Apia", "schedule-skipped",
         ("2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00")),
    ],
)  # fmt: skip
def test_change_of_the_clocks_names_both_neighbours_ready_to_paste(
    at: str, zone: str, expected: str, neighbours: tuple[str, str]
) -> None:
    parsed = parse_schedule({"at": at, "timezone": zone}, "")
    assert isinstance(parsed, ScheduleFault)
    assert parsed.rule == expected
    for neighbour in neighbours:
        assert f"`{neighbour}`" in parsed.cure
        assert isinstance(parse_schedule(neighbour, ""), Schedule)


@pytest.mark.parametrize("at", ["2026-03-08T01:59:59", "2026-03-08T03:00", "2026-11-01T00:59:59", "2026-11-01T02:00"])
def test_times_at_the_edge_of_a_change_are_fine(at: str) -> None:
    assert isinstance(parse_schedule({"at": at, "timezone": "America/New_York"}, ""), Schedule)


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_ends_of_the_calendar_give_a_time_or_a_problem(at: str, zone: str) -> None:
    parsed = parse_schedule({"at": at, "timezone": zone}, "")
    assert isinstance(parsed, Schedule) or parsed.rule == "schedule-range"


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001 local times
def test_local_time_comes_back_from_its_instant(local: datetime, zone: str) -> None:
    local = local.replace(microsecond=0)
    parsed = parse_schedule({"at": local.isoformat(), "timezone": zone}, "")
    if isinstance(parsed, ScheduleFault):
        assert parsed.rule in ("schedule-skipped", "schedule-repeated")
        return
    assert parsed.scheduled_at is not None
    assert parsed.scheduled_at.tzinfo is UTC
    assert parsed.scheduled_at.astimezone(load_zone(zone)).replace(tzinfo=None) == local


@given(st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001 read as UTC
def test_only_times_beside_a_change_of_offset_are_refused(moment: datetime, zone: str) -> None:
    before = moment.replace(tzinfo=UTC, microsecond=0)
    place = load_zone(zone)
    day = timedelta(days=1)
    assume(len({(before + step * day).astimezone(place).utcoffset() for step in (-1, 0, 1)}) == 1)
    local = before.astimezone(place).replace(tzinfo=None)
    assert parse_schedule({"at": local.isoformat(), "timezone": zone}, "") == Schedule(before, zone)


@given(st.text() | st.text(alphabet="0123456789-:TtZz+. ", max_size=30), st.text(max_size=20) | st.sampled_from(ZONES))
def test_no_text_whatever_raises(at: str, zone: str) -> None:
    for value in (at, {"at": at, "timezone": zone}, {"at": "2027-03-01T09:00", "timezone": zone}):
        assert isinstance(parse_schedule(value, zone), Schedule | ScheduleFault)
