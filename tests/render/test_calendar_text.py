"""The calendar in a terminal: exact small pages, and lines that fit whatever people wrote."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.calendar import SEND_STATES, Author, Calendar, CalendarRules, Clash, Revision, SendState
from invent_gitops.model.drift import Coverage
from invent_gitops.model.plan import Audience
from invent_gitops.model.project import BlackoutDays, QuietHours
from invent_gitops.render.text.calendar import WEEKS, calendar_text
from invent_gitops.render.text.calendar_week import SHOWN, span_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.width import cells
from invent_gitops.text.clean import clean
from invent_gitops.values import replace
from tests.feeds import FRIDAY, a_calendar, an_entry
from tests.making import NASTY

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
PLAIN = Style()


def page(calendar: Calendar, width: int | None = 80, *, everything: bool = False) -> str:
    return calendar_text(calendar, PLAIN, width, everything=everything)


def week(calendar: Calendar, title: str, width: int | None = 80) -> list[str]:
    """The lines of one week below its title."""
    blocks = [block.split("\n") for block in page(calendar, width).split("\n\n")]
    return next(lines[1:] for lines in blocks if lines[0].startswith(title))


def test_page_shows_the_coming_weeks_and_folds_those_without_a_send() -> None:
    calendar = a_calendar(
        an_entry("weekly", datetime(2028, 11, 2, 9, tzinfo=UTC), "scheduled", name="Weekly letter", id="b-1"),
        an_entry("vip", FRIDAY - DAY, name="VIP early access", author=Author("growth", "", "America/New_York")),
        an_entry("all", FRIDAY, "refused", name="Black Friday", remarks=("The gap is too small.",)),
        zone="Europe/Berlin",
        changed_from="origin/main",
    )
    assert (
        page(calendar)
        == """\
3 broadcasts, from 30 Oct 2028 on: 1 planned, 1 refused, 1 scheduled.
Hours are those of Europe/Berlin.
From files and records; --refresh reads Invent.
Compared with origin/main.
As of Wed 1 Nov 2028 13:00 Europe/Berlin (12:00 UTC), org c at
  https://api.useinvent.com.

30 Oct – 5 Nov 2028: 1 broadcast
  Mon 30    Tue 31    [Wed 1]   Thu 2     Fri 3     Sat 4     Sun 5
  .         .         .         1         .         .         .
  Thu  2  10:00  = scheduled         Weekly letter
                 weekly · to VIP customers, up to 1,240 contacts

6–19 Nov 2028: 2 weeks without a send

20–26 Nov 2028: 2 broadcasts, 1 refused
  Mon 20    Tue 21    Wed 22    Thu 23    Fri 24    Sat 25    Sun 26
  .         .         .         1         1 !       .         .
  Thu 23  15:00  + planned           VIP early access
                 vip · to VIP customers, up to 1,240 contacts · owner growth
                 09:00 America/New_York
  Fri 24  15:00  x refused           Black Friday
                 all · to VIP customers, up to 1,240 contacts
                 ! The gap is too small.

! needs a person: see its state, or its lines with !"""
    )


def test_several_drafts_are_counted_in_the_plural() -> None:
    states: list[SendState] = ["draft", "draft", "empty draft", "empty draft", "empty draft", "gone", "gone"]
    calendar = a_calendar(*(an_entry(f"s{number}", FRIDAY, state) for number, state in enumerate(states)))
    assert page(calendar).startswith("7 broadcasts, from 30 Oct 2028 on: 2 drafts, 3 empty drafts, 2 gone.")
    single = a_calendar(an_entry("a", FRIDAY, "draft"), an_entry("b", FRIDAY, "empty draft"))
    assert ": 1 draft, 1 empty draft." in page(single)


def test_calendar_without_sends_says_so() -> None:
    assert page(a_calendar()).split("\n")[0] == "No broadcasts, from 30 Oct 2028 on."
    november = a_calendar(first=date(2028, 11, 1), last=date(2028, 11, 30))
    assert page(november).split("\n")[0] == "No broadcasts, 1–30 Nov 2028."
    assert page(november).endswith("\n\n1–30 Nov 2028: 30 days without a send")
    assert page(a_calendar(first=FRIDAY.date(), last=FRIDAY.date())).startswith("No broadcasts, on 24 Nov 2028.")


def test_range_that_was_asked_for_says_nothing_of_the_days_around_it() -> None:
    calendar = a_calendar(
        an_entry(at=datetime(2028, 11, 2, 9, tzinfo=UTC)), first=date(2028, 11, 1), last=date(2028, 11, 14)
    )
    assert week(calendar, "30 Oct")[:2] == [
        "  Mon 30    Tue 31    [Wed 1]   Thu 2     Fri 3     Sat 4     Sun 5",
        "                      .         1         .         .         .",
    ]
    assert page(calendar).endswith("6–14 Nov 2028: 9 days without a send")


def test_earlier_sends_are_counted_with_the_command_that_lists_them() -> None:
    october, monday = datetime(2028, 10, 3, 9, tzinfo=UTC), datetime(2028, 10, 30, 9, tzinfo=UTC)
    entries = [an_entry("old", october, "sent"), an_entry("this-week", monday, "sent"), an_entry("next")]
    calendar = a_calendar(*entries)
    assert "1 earlier, not listed here: invent-gitops calendar --from 2028-10-03" in page(calendar).split("\n")
    assert page(calendar).startswith("2 broadcasts,"), "what went out this week is part of it"
    asked = page(a_calendar(*entries, first=date(2028, 10, 3)))
    assert "earlier" not in asked
    assert asked.startswith("3 broadcasts, 3 Oct – 24 Nov 2028:")


def test_printed_commands_name_the_account_and_are_never_cut() -> None:
    flags = " --org acme-international-holding --base-url https://invent.example.com"
    entries = [an_entry(f"send-{number:02}", FRIDAY + number * HOUR) for number in range(SHOWN + 3)]
    calendar = a_calendar(an_entry("old", FRIDAY - 60 * DAY, "sent"), *entries)
    calendar = replace(calendar, context=replace(calendar.context, flags=flags))
    lines = page(calendar).split("\n")
    assert any(line.endswith(f"invent-gitops calendar{flags} --from 2028-09-25") for line in lines)
    assert any(line.endswith(f"invent-gitops calendar{flags} --month 2028-11 -v") for line in lines)


def test_full_week_is_listed_up_to_a_limit_and_everything_shows_all() -> None:
    calendar = a_calendar(*(an_entry(f"send-{number:02}", FRIDAY + number * HOUR / 10) for number in range(SHOWN + 37)))
    lines = week(calendar, "20–26 Nov 2028: 49 broadcasts")
    assert lines[-1] == "  and 37 more: invent-gitops calendar --month 2028-11 -v"
    assert len([line for line in lines if "+ planned" in line]) == SHOWN
    assert page(calendar, everything=True).count("+ planned") == SHOWN + 37
    assert " more: " not in page(calendar, everything=True)


def test_rest_of_a_week_in_two_months_is_named_by_its_days() -> None:
    thursday = datetime(2028, 11, 30, 12, tzinfo=UTC)
    entries = [an_entry(f"send-{number:02}", thursday) for number in range(SHOWN + 1)]
    calendar = a_calendar(*entries, an_entry("friday", thursday + DAY))
    command = "invent-gitops calendar --from 2028-11-30 --to 2028-12-01 -v"
    assert week(calendar, "27 Nov – 3 Dec")[-1] == f"  and 2 more: {command}"


def test_only_the_first_weeks_are_drawn_unless_days_were_asked_for() -> None:
    calendar = a_calendar(*(an_entry(f"send-{number}", FRIDAY + number * WEEK) for number in range(WEEKS + 3)))
    assert page(calendar).count("+ planned") == WEEKS
    assert "And 3 more broadcasts in 3 later weeks: invent-gitops calendar --from 2029-01-15" in page(calendar)
    assert page(calendar, everything=True).count("+ planned") == WEEKS + 3
    asked = replace(calendar, first=date(2028, 11, 1), last=date(2029, 12, 31))
    assert page(asked).count("+ planned") == WEEKS + 3


def test_at_once_has_no_day_until_it_is_created() -> None:
    entries = [an_entry("now", None, name="Incident"), an_entry("done", None, "sent", name="Earlier", id="b-1")]
    text = page(a_calendar(*entries))
    assert "As soon as they are created: 1 broadcast\n  at once        + planned           Incident\n" in text
    assert week(a_calendar(*entries), "30 Oct")[1].split() == [".", ".", "1", ".", ".", ".", "."]
    assert "  Wed  1  12:00  * sent              Earlier" in text
    tried = page(a_calendar(an_entry("tried", None, "blocked", name="Launch")))
    assert "  Wed  1  12:00  ! blocked           Launch" in tried, "it may have gone out then"


@pytest.mark.parametrize("state", SEND_STATES)
def test_each_state_is_a_word_that_needs_no_colour(state: SendState) -> None:
    [line] = [line for line in page(a_calendar(an_entry(state=state, name="Launch"))).split("\n") if "Launch" in line]
    assert re.fullmatch(rf"  Fri 24  14:00  \S {state} +Launch", line)


@pytest.mark.parametrize(
    ("look", "line"),
    [
        (None, "From files and records; --refresh reads Invent."),
        (Coverage(), "Invent was read for this page."),
        (Coverage(gaps=("Page 2: timeout.",)), "Invent could not be read in full."),
    ],
)
def test_page_says_what_it_is_made_from(look: Coverage | None, line: str) -> None:
    lines = page(a_calendar(look=look)).split("\n")
    assert line in lines
    assert ("Not read: Page 2: timeout." in lines) == bool(look and look.gaps)


def test_rules_of_the_project_are_marked_at_the_days_and_at_the_sends() -> None:
    rules = CalendarRules(
        QuietHours(time(21), time(8), "", "Europe/Berlin"),
        BlackoutDays(
            ((date(2028, 11, 24), date(2028, 11, 25)), (date(2028, 11, 25), date(2028, 12, 5))), "Europe/Berlin"
        ),
    )
    night = an_entry("night", datetime(2028, 11, 23, 21, 30, tzinfo=UTC), "scheduled")
    closed = an_entry("closed", FRIDAY, "scheduled")
    sent = an_entry("sent", FRIDAY - 2 * DAY + 8 * HOUR, "sent")
    late = an_entry("late", datetime(2028, 12, 20, 14, tzinfo=UTC))
    calendar = a_calendar(sent, night, closed, late, zone="Europe/Berlin", rules=rules)
    lines = week(calendar, "20–26 Nov")
    assert lines[1] == "  .         .         1         1 !       1 !#      #         #", "what was sent needs nothing"
    assert "                 ! In the quiet hours, 21:00 to 08:00 Europe/Berlin" in lines
    assert "                 ! On a blackout day" in lines
    text = page(calendar)
    assert "Quiet hours: 21:00 to 08:00 on the clocks of each broadcast's own zone." in text
    assert "27 Nov – 17 Dec 2028: 3 weeks without a send, 9 blackout days" in text
    assert text.endswith("! needs a person: see its state, or its lines with !  # blackout day")


@pytest.mark.parametrize(
    ("apart", "text"),
    [(1439 * HOUR / 60, "23 hours 59 minutes"), (DAY, "24 hours"), (HOUR / 3600, "less than a minute")],
)
def test_distance_of_a_clash_is_in_hours_and_minutes(apart: timedelta, text: str) -> None:
    clash = Clash("other", "Other", ("vip",), apart)
    assert f"Clash: other also goes to vip, {text} apart" in page(a_calendar(an_entry("a", FRIDAY, clashes=(clash,))))


def test_send_of_this_change_is_marked_and_any_other_gets_no_alarm() -> None:
    new = an_entry("new", FRIDAY, revision=Revision(None, in_change=True))
    drawn = page(a_calendar(new, an_entry("old", FRIDAY), changed_from="main"))
    assert "new · in this change · to " in drawn
    assert drawn.count("in this change") == 1
    assert "!" not in drawn


def test_empty_draft_needs_a_person_once_a_remark_says_so() -> None:
    assert "!" not in page(a_calendar(an_entry("a", FRIDAY, "empty draft")))
    late = page(a_calendar(an_entry("a", FRIDAY, "empty draft", remarks=("It is due in 2 hours.",))))
    assert "! It is due in 2 hours." in late
    assert late.endswith("! needs a person: see its state, or its lines with !")


def test_reason_of_a_refusal_is_said_once() -> None:
    rules = CalendarRules(QuietHours(time(8), time(20), "", "UTC"))
    remark = "It would go out in the quiet hours."
    refused = a_calendar(an_entry("a", FRIDAY, "refused", remarks=(remark,)), rules=rules)
    assert page(refused).count("quiet hours") == 1
    assert "! In the quiet hours" in page(a_calendar(an_entry("a", FRIDAY, "draft"), rules=rules))


def test_day_and_hour_elsewhere_are_said_where_they_differ() -> None:
    new_york = an_entry("a", datetime(2028, 11, 24, 1, tzinfo=UTC), timezone="America/New_York")
    calendar = a_calendar(new_york, zone="Europe/Berlin")
    assert "Thu 23 Nov 20:00 America/New_York" in page(calendar)
    assert "UTC" not in "\n".join(week(calendar, "20–26 Nov"))
    assert "Thu 23 Nov 23:30 UTC" in page(a_calendar(an_entry(at=FRIDAY - 14.5 * HOUR), zone="Europe/Berlin"))


def test_day_stands_once_before_the_sends_of_it() -> None:
    entries = [an_entry(name, FRIDAY + hours * HOUR) for name, hours in (("a", 0), ("b", 1), ("c", 20))]
    lines = [line[:15] for line in week(a_calendar(*entries), "20–26 Nov") if "+ planned" in line]
    assert lines == ["  Fri 24  14:00", "          15:00", "  Sat 25  10:00"]


def test_clash_and_results_have_lines_of_their_own() -> None:
    entry = an_entry(
        state="sent",
        id="b-1",
        clashes=(Clash("other", "Other", ("VIP customers",), 3 * HOUR),),
        results=Counts(recipients=1240, delivered=1200, failed=40),
    )
    lines = week(a_calendar(entry), "20–26 Nov")
    assert "                 ! Clash: other also goes to VIP customers, 3 hours apart" in lines
    assert "                 1,240 recipients, 1,200 delivered (96.8%), 40 failed (3.2%)" in lines


@pytest.mark.parametrize(
    ("day", "title", "grid"),
    [
        ("2028-12-31", "25–31 Dec 2028", "Mon 25    Tue 26    Wed 27    Thu 28    Fri 29    Sat 30    Sun 31"),
        ("2030-01-01", "31 Dec 2029 – 6 Jan 2030", "Mon 31    Tue 1     Wed 2     Thu 3     Fri 4     Sat 5     Sun 6"),
        ("2032-02-29", "23–29 Feb 2032", "Mon 23    Tue 24    Wed 25    Thu 26    Fri 27    Sat 28    Sun 29"),
        ("2029-03-01", "26 Feb – 4 Mar 2029", "Mon 26    Tue 27    Wed 28    Thu 1     Fri 2     Sat 3     Sun 4"),
        ("9999-12-31", "27–31 Dec 9999", "Mon 27    Tue 28    Wed 29    Thu 30    Fri 31"),
    ],
)
def test_weeks_at_the_ends_of_months_and_years(day: str, title: str, grid: str) -> None:
    at = datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)
    lines = week(a_calendar(an_entry(at=at), zone="Europe/Berlin"), f"{title}: 1 broadcast")
    assert lines[0] == f"  {grid}"
    assert len(lines[1].split()) == len(grid.split()) / 2


@pytest.mark.parametrize(("zone", "sunday"), [("Europe/Berlin", 25), ("Pacific/Auckland", 18), ("UTC", 0), ("", 0)])
def test_week_in_which_the_clocks_change_says_on_which_day(zone: str, sunday: int) -> None:
    entries = [an_entry(f"a{day}", datetime(2029, 3, day, 12, tzinfo=UTC)) for day in (14, 21)]
    text = page(a_calendar(*entries, zone=zone))
    assert re.findall(r"clocks change on (.*)\.", text) == ([f"Sun {sunday}"] if zone == "Europe/Berlin" else [])
    april = page(a_calendar(an_entry(at=datetime(2029, 3, 31, 12, tzinfo=UTC)), zone=zone))
    assert ("clocks change on Sun 1." in april) == (zone == "Pacific/Auckland")


def test_zone_that_this_version_does_not_know_is_read_as_utc() -> None:
    text = page(a_calendar(an_entry(timezone="Mars/Phobos"), zone="Mars/Phobos"))
    assert "Hours are those of UTC." in text
    assert "  Fri 24  14:00  " in text


WRITTEN = st.one_of(
    st.text(max_size=255),
    st.sampled_from([NASTY, "世界" * 100, "👩‍👩‍👧‍👦" * 40, "<img src=x onerror=alert(1)>", "x" * 255, "a b " * 60, ""]),
)


@given(WRITTEN, WRITTEN, WRITTEN, st.sampled_from([40, 60, 79, 80, 120]))
def test_no_line_is_wider_than_the_terminal_and_nothing_unseen_gets_through(
    name: str, segment: str, remark: str, width: int
) -> None:
    entry = an_entry(
        f"k{name}",
        name=f"x{name}",
        author=Author(segment, timezone="America/New_York"),
        audience=Audience((segment, name), everyone=False, contacts=7),
        remarks=(remark,),
        clashes=(Clash(name, segment, (segment,), HOUR),),
    )
    calendar = a_calendar(
        entry, replace(entry, request=replace(entry.request, scheduled_at=None)), zone="Europe/Berlin"
    )
    text = page(replace(calendar, look=Coverage(gaps=(remark,)), changed_from=name), width)
    assert max(map(cells, text.split("\n"))) <= width
    assert all(clean(line) == line for line in text.split("\n"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@given(WRITTEN)
def test_without_a_terminal_nothing_is_cut(name: str) -> None:
    text = page(a_calendar(an_entry("a-key", name=f"x{name}")), None)
    assert clean(f"x{name}").rstrip() in text


def test_key_is_in_full_even_where_the_name_is_cut() -> None:
    key = "black-friday/" + "very-" * 30 + "early"
    lines = week(a_calendar(an_entry(key, name="N" * 100)), "20–26 Nov")
    assert "…" in lines[2]
    assert key in "".join(line.strip() for line in lines[3:]).replace(" ", "")


@given(st.lists(st.sampled_from(SEND_STATES), max_size=5))
def test_colours_add_nothing_but_colours(states: list[SendState]) -> None:
    calendar = a_calendar(*(an_entry(f"k{number}", state=state) for number, state in enumerate(states)))
    coloured = calendar_text(calendar, Style(color=True), 80)
    assert re.sub(r"\x1b\[\d+m", "", coloured) == page(calendar)
    assert "\x1b" not in page(calendar)


@given(st.dates(), st.dates())
def test_span_names_both_days_completely(first: date, last: date) -> None:
    text = span_text(min(first, last), max(first, last))
    start, _, end = text.replace(" – ", "–").rpartition("–")
    parts = end.split()
    assert parts == [str(max(first, last).day), f"{max(first, last):%b}", str(max(first, last).year)]
    if start:
        expected = [str(min(first, last).day), f"{min(first, last):%b}", str(min(first, last).year)]
        assert start.split() + parts[len(start.split()) :] == expected
