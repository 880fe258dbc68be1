"""Quiet hours and blackout days: to the second, past midnight, in each zone, and where no zone is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.plan import Refusal
from invent_gitops.model.project import BlackoutDays, Policies, QuietHours
from tests.making import NOW, a_definition, instants, refusals_of

SECOND = timedelta(seconds=1)
BERLIN, TOKYO, NEW_YORK = "Europe/Berlin", "Asia/Tokyo", "America/New_York"
NIGHT = QuietHours(time(21), time(8), BERLIN)
NOON = QuietHours(time(12), time(13, 30), BERLIN)
HOLIDAYS = BlackoutDays(((date(2026, 12, 6), date(2026, 12, 6)), (date(2026, 12, 24), date(2027, 1, 1))), BERLIN)


def in_zone(text: str, zone: str = BERLIN) -> datetime:
    """The instant of a local time, whose fold and offset may be written as `+02:00`."""
    local = datetime.fromisoformat(text)
    return (local if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def said(policies: Policies, at: datetime | None, timezone: str = "", now: datetime = NOW) -> list[Refusal]:
    """What the two policies say, whatever the others do."""
    found = refusals_of(a_definition(at=at, timezone=timezone), policies=policies, now=now)
    return [refusal for refusal in found if refusal.policy in ("quiet-hours", "blackout-days")]


def quiet(hours: QuietHours, at: datetime | None, timezone: str = "", now: datetime = NOW) -> bool:
    return bool(said(Policies(quiet_hours=hours), at, timezone, now))


def blacked_out(days: BlackoutDays, at: datetime | None, timezone: str = "", now: datetime = NOW) -> bool:
    return bool(said(Policies(blackout_days=days), at, timezone, now))


# ---------------------------------------------------------------- quiet hours


@pytest.mark.parametrize(
    ("hours", "local", "refused"),
    [
        (NIGHT, "2026-11-26T20:59:59", False),
        (NIGHT, "2026-11-26T21:00:00", True),
        (NIGHT, "2026-11-26T23:59:59", True),
        (NIGHT, "2026-11-27T00:00:00", True),
        (NIGHT, "2026-11-27T07:59:59", True),
        (NIGHT, "2026-11-27T08:00:00", False),
        (NOON, "2026-11-27T11:59:59", False),
        (NOON, "2026-11-27T12:00:00", True),
        (NOON, "2026-11-27T13:29:59", True),
        (NOON, "2026-11-27T13:30:00", False),
        (NOON, "2026-11-27T00:00:00", False),
        (QuietHours(time(20), time(0), BERLIN), "2026-11-26T23:59:59", True),
        (QuietHours(time(20), time(0), BERLIN), "2026-11-27T00:00:00", False),
        (QuietHours(time(0), time(6), BERLIN), "2026-11-26T23:59:59", False),
        (QuietHours(time(0), time(6), BERLIN), "2026-11-27T00:00:00", True),
    ],
)
def test_quiet_hours_begin_and_end_to_the_second(hours: QuietHours, local: str, refused: bool) -> None:
    assert quiet(hours, in_zone(local)) == refused


@pytest.mark.parametrize(
    ("written", "refused"),
    [
        # 25 October 2026: at 03:00 summer time the clocks are turned back to 02:00.
        ("2026-10-25T01:59:59+02:00", False),
        ("2026-10-25T02:00:00+02:00", True),
        ("2026-10-25T02:59:59+02:00", True),
        ("2026-10-25T02:00:00+01:00", True),
        ("2026-10-25T02:59:59+01:00", True),
        ("2026-10-25T03:00:00+01:00", False),
        # 29 March 2026: at 02:00 they are turned forward to 03:00, so two o'clock does not come.
        ("2026-03-29T01:59:59+01:00", False),
        ("2026-03-29T03:00:00+02:00", False),
        # The same clock time stands for another instant in summer.
        ("2026-07-01T02:30:00+02:00", True),
        ("2026-07-01T03:00:00+02:00", False),
    ],
)
def test_quiet_hours_follow_the_clocks_through_their_changes(written: str, refused: bool) -> None:
    assert quiet(QuietHours(time(2), time(3), BERLIN), in_zone(written), now=in_zone("2026-01-01T00:00")) == refused


@pytest.mark.parametrize(
    ("own", "definition", "project", "decides"),
    [
        (BERLIN, TOKYO, NEW_YORK, BERLIN),
        ("", TOKYO, NEW_YORK, TOKYO),
        ("", "", NEW_YORK, NEW_YORK),
        (BERLIN, "", "", BERLIN),
        ("", TOKYO, "", TOKYO),
    ],
)
def test_zone_of_the_quiet_hours_then_of_the_definition_then_of_the_project_decides(
    own: str, definition: str, project: str, decides: str
) -> None:
    hours = QuietHours(time(21), time(8), own, project)
    assert quiet(hours, in_zone("2026-11-26T21:00:00", decides), definition)
    assert not quiet(hours, in_zone("2026-11-26T20:59:59", decides), definition)
    assert f"20:59 {decides}" not in str(said(Policies(quiet_hours=hours), in_zone("2026-11-26T12:00"), definition))


def test_quiet_hours_refuse_what_has_no_zone_whatever_the_time() -> None:
    for hour in range(24):
        (refusal,) = said(Policies(quiet_hours=QuietHours(time(21), time(8))), NOW + timedelta(days=1, hours=hour))
        assert (refusal.policy, "is not known" in refusal.message) == ("quiet-hours", True)


@pytest.mark.parametrize(("now", "refused"), [("2026-11-26T20:59:59", False), ("2026-11-26T21:00:00", True)])
def test_what_goes_out_at_once_goes_out_at_the_moment_of_planning(now: str, refused: bool) -> None:
    assert quiet(NIGHT, None, now=in_zone(now)) == refused
    assert quiet(QuietHours(time(21), time(8), "", BERLIN), None, now=in_zone(now)) == refused
    assert quiet(QuietHours(time(21), time(8)), None, now=in_zone(now))


def test_quiet_hours_say_the_local_time_and_the_cure() -> None:
    (refusal,) = said(Policies(quiet_hours=NIGHT), in_zone("2026-11-27T22:30"))
    assert refusal.message == (
        "It would go out on Fri 27 Nov 2026 22:30 Europe/Berlin, in the quiet hours from 21:00 to 08:00, "
        "when nobody may be messaged."
    )
    assert refusal.cure == "Give it a time from 08:00 on and before 21:00, or waive quiet-hours with a reason."
    (refusal,) = said(Policies(quiet_hours=NIGHT), None, now=in_zone("2026-11-27T22:30:05"))
    assert refusal.message.startswith("It would go out at once, on Fri 27 Nov 2026 22:30:05 Europe/Berlin, in the")


def test_year_that_the_clocks_cannot_show_is_refused_and_breaks_nothing() -> None:
    last = datetime(9999, 12, 31, 20, tzinfo=UTC)
    policies = Policies(quiet_hours=QuietHours(time(21), time(8), TOKYO), blackout_days=HOLIDAYS)
    assert [refusal.policy for refusal in said(policies, last, TOKYO)] == ["quiet-hours", "blackout-days"]


@given(instants, st.times(), st.times(), st.sampled_from([BERLIN, TOKYO, NEW_YORK, "UTC"]))
def test_every_moment_is_either_in_quiet_hours_or_in_those_turned_around(
    at: datetime, start: time, end: time, zone: str
) -> None:
    if start != end:
        one, other = QuietHours(start, end, zone), QuietHours(end, start, zone)
        assert quiet(one, at) != quiet(other, at)


# ---------------------------------------------------------------- blackout days


@pytest.mark.parametrize(
    ("local", "refused"),
    [
        ("2026-12-05T23:59:59", False),
        ("2026-12-06T00:00:00", True),
        ("2026-12-06T23:59:59", True),
        ("2026-12-07T00:00:00", False),
        ("2026-12-23T23:59:59", False),
        ("2026-12-24T00:00:00", True),
        ("2026-12-28T12:00:00", True),
        ("2027-01-01T23:59:59", True),
        ("2027-01-02T00:00:00", False),
        ("2027-12-24T00:00:00", False),
    ],
)
def test_blackout_days_include_their_first_and_last_second(local: str, refused: bool) -> None:
    assert blacked_out(HOLIDAYS, in_zone(local)) == refused


def test_blackout_day_is_that_of_the_definition_before_that_of_the_project() -> None:
    eve = in_zone("2026-12-24T00:30", TOKYO)
    assert blacked_out(HOLIDAYS, eve, TOKYO)
    assert not blacked_out(HOLIDAYS, eve)
    assert blacked_out(BlackoutDays(HOLIDAYS.spans), eve, TOKYO)


def test_day_on_which_the_clocks_change_is_whole() -> None:
    day = BlackoutDays(((date(2026, 10, 25), date(2026, 10, 25)),), BERLIN)
    start = in_zone("2026-10-25T00:00")
    early = start - timedelta(days=30)
    assert [blacked_out(day, start + timedelta(hours=hours), now=early) for hours in (0, 24)] == [True, True]
    assert not blacked_out(day, start - SECOND, now=early)
    assert not blacked_out(day, start + timedelta(hours=25), now=early)


def test_blackout_days_refuse_what_has_no_zone_even_in_summer() -> None:
    (refusal,) = said(Policies(blackout_days=BlackoutDays(HOLIDAYS.spans)), in_zone("2027-07-01T12:00"))
    assert (refusal.policy, "is not known" in refusal.message) == ("blackout-days", True)


def test_what_goes_out_at_once_goes_out_today() -> None:
    assert blacked_out(HOLIDAYS, None, now=in_zone("2026-12-24T00:00"))
    assert not blacked_out(HOLIDAYS, None, now=in_zone("2026-12-23T23:59:59"))


def test_blackout_day_is_named_as_it_was_written_and_only_once() -> None:
    overlapping = BlackoutDays((*HOLIDAYS.spans, (date(2026, 12, 25), date(2026, 12, 25))), BERLIN)
    (refusal,) = said(Policies(blackout_days=overlapping), in_zone("2026-12-25T09:00"))
    assert refusal.message == (
        "It would go out on Fri 25 Dec 2026 09:00 Europe/Berlin, on a blackout day (2026-12-24..2027-01-01), "
        "when nobody may be messaged."
    )
    (refusal,) = said(Policies(blackout_days=overlapping), in_zone("2026-12-06T09:00"))
    assert "(2026-12-06)" in refusal.message
