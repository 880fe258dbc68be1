"""Quiet hours on the calendar's pages: the shade, the legend and the notes follow the rule that refuses a send."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from invent_gitops.model.broadcast import Definition, Request
from invent_gitops.model.calendar import Calendar, CalendarRules
from invent_gitops.model.problem import Position
from invent_gitops.model.project import Policies, QuietHours
from invent_gitops.policy.hours import of_the_clock
from invent_gitops.render.html.calendar import page_of
from invent_gitops.render.html.page import CalendarPage
from invent_gitops.render.text.calendar import calendar_text
from invent_gitops.render.text.style import Style
from tests.calendars import AS_OF, BERLIN, a_calendar, an_entry, an_instant

NEW_YORK, TOKYO = "America/New_York", "Asia/Tokyo"
HOURS = time(20), time(8)


def a_calendar_of(*zones: str, own: str = "", project: str = "") -> Calendar:
    """A calendar whose sends go out at 12:00 on the clocks of these zones; "" is a send without one."""
    entries = [
        an_entry(f"Send {number}", an_instant("2028-11-08T12:00", zone or "UTC"), author={"timezone": zone})
        for number, zone in enumerate(zones)
    ]
    return a_calendar(*entries, zone=project, rules=CalendarRules(QuietHours(*HOURS, own, project)))


def strips_of(page: CalendarPage) -> set[int]:
    return {strip for month in page.months for week in month.weeks for day in week if day for strip in day.strips}


@pytest.mark.parametrize("project", ["", BERLIN])
def test_hours_that_each_send_counts_in_its_own_zone_are_shaded_for_none(project: str) -> None:
    page = page_of([a_calendar_of(BERLIN, NEW_YORK, TOKYO, project=project)])
    assert strips_of(page) == {0}
    assert {day.quiet for month in page.months for day in month.days} == {("", "")}
    assert [note.text for note in page.legend] == [
        "Quiet hours 20:00–08:00 on the clocks of each send's own zone: it may not go out. They are not shaded."
    ]


def test_hours_are_not_shaded_where_the_zone_of_one_send_is_unknown() -> None:
    assert strips_of(page_of([a_calendar_of(BERLIN, "")])) == {0}


@pytest.mark.parametrize("project", ["", BERLIN])
def test_hours_of_the_one_zone_of_all_sends_are_shaded_there_and_not_in_the_projects(project: str) -> None:
    page = page_of([a_calendar_of(NEW_YORK, NEW_YORK, project=project)])
    [day] = [day for month in page.months for day in month.days]
    assert day.quiet == (("02:00–14:00" if project else "01:00–13:00"), "01:00–13:00")
    assert [note.text for note in page.legend] == [
        f"Quiet hours 20:00–08:00 on the clocks of each send's own zone, here {NEW_YORK}: it may not go out."
    ]


def test_hours_with_a_zone_of_their_own_are_shaded_whatever_the_sends_say() -> None:
    page = page_of([a_calendar_of(BERLIN, TOKYO, own=NEW_YORK, project=BERLIN)])
    [day] = [day for month in page.months for day in month.days]
    assert day.quiet == ("02:00–14:00", "01:00–13:00")
    assert page.legend[0].text == f"Quiet hours 20:00–08:00 {NEW_YORK}: nothing may go out."


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("own", ["", TOKYO])
@pytest.mark.parametrize("author", ["", NEW_YORK])
@pytest.mark.parametrize("project", ["", BERLIN])
def test_page_and_terminal_mark_what_the_rule_says_is_in_the_quiet_hours(
    hour: int, own: str, author: str, project: str
) -> None:
    at = an_instant(f"2028-11-08T{hour:02}:30", "UTC")
    quiet = QuietHours(*HOURS, own, project)
    refusals = of_the_clock(a_definition(at, author), AS_OF, Policies(quiet_hours=quiet))
    refused = any(", in the quiet hours from" in refusal.message for refusal in refusals)
    calendar = a_calendar(an_entry(at=at, author={"timezone": author}), zone=project, rules=CalendarRules(quiet))
    [send] = [send for month in page_of([calendar]).months for day in month.days for send in day.sends]
    assert ("in quiet hours" in [mark.word for mark in send.marks]) == refused
    assert ("! In the quiet hours" in calendar_text(calendar, Style(), None)) == refused


def a_definition(at: datetime, zone: str) -> Definition:
    return Definition("spring", Request("Spring sale", at, ("seg_1",), False), Position("spring.yaml"), timezone=zone)
