"""The months of a plan: right days and zone, what changes before what is there, and a crowded month stays short."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.render.markdown.months import MOST_LINES, MOST_MONTHS, Mark, Send, months
from tests.making import texts

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
MARKS: tuple[Mark, ...] = get_args(Mark)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def page(*sends: Send, timezone: str = "", blackout: tuple[tuple[date, date], ...] = ()) -> str:
    return "\n".join(months(sends, now=NOW, timezone=timezone, blackout_days=blackout))


def cells(markdown: str) -> dict[int, str]:
    """The cells of the first month by the day that they begin with."""
    first = markdown.split("</details>", maxsplit=1)[0]
    found = re.findall(r"\| (?:<b>)?(\d{1,2})\b([^|]*)", first)
    return {int(number): text.strip() for number, text in found}


def weeks(markdown: str) -> list[list[str]]:
    first = markdown.split("</details>", maxsplit=1)[0]
    lines = [line for line in first.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_day_stands_below_its_weekday_and_each_send_on_its_day() -> None:
    markdown = page(Send(at("2026-12-02T17:00"), "Launch", "new"))
    assert "| Mon | Tue | Wed | Thu | Fri | Sat | Sun |" in markdown
    table = weeks(markdown)
    assert [len(week) for week in table] == [7] * 5
    numbers = [re.sub(r"\D.*", "", cell.removeprefix("<b>")) for week in table for cell in week]
    assert [number for number in numbers if number] == [str(day) for day in range(1, 32)]
    assert table[0][2] == "<b>2</b><br>🆕\u00a0<b>17:00</b> Launch"


def test_day_and_time_are_those_of_the_projects_zone() -> None:
    send = Send(at("2026-12-31T23:30"), "New year", "new")
    assert "<summary>December 2026, UTC: 1 send</summary>" in page(send)
    berlin = page(send, timezone="Europe/Berlin")
    assert "<summary>January 2027, Europe/Berlin: 1 send</summary>" in berlin
    assert cells(berlin)[1] == "</b><br>🆕\u00a0<b>00:30</b> New year"
    assert "UTC" in page(send, timezone="Mars/Phobos"), "a zone that no list knows is read as UTC"


def test_month_shows_what_is_there_beside_what_the_change_adds_moves_and_cancels() -> None:
    markdown = page(
        Send(at("2026-12-01T09:00"), "There", "scheduled"),
        Send(at("2026-12-01T08:00"), "Added", "new"),
        Send(at("2026-12-03T09:00"), "Moved", "edited", at("2026-12-26T10:00")),
        Send(at("2026-12-04T09:00"), "Later", "edited", at("2026-12-04T10:00")),
        Send(at("2026-12-05T09:00"), "Gone", "deleted"),
        Send(at("2026-12-25T18:00"), "Christmas", "refused"),
        blackout=((date(2026, 12, 24), date(2027, 1, 1)),),
    )
    day = cells(markdown)
    assert day[1] == "</b><br>🆕\u00a0<b>08:00</b> Added<br>📅\u00a0<b>09:00</b> There"
    assert day[3].endswith("✏️\u00a0<b>09:00</b> Moved → 26\u00a0Dec\u00a010:00")
    assert day[4].endswith("Later → 10:00")
    assert "🗑️" in day[5]
    assert day[25].startswith("</b>\u00a0🚫<br>⛔")
    assert (day[23], day[24], day[31]) == ("", "🚫", "🚫")
    assert "5 sends</summary>" in markdown, "what is refused is not sent"
    for meaning in ("to be created", "unchanged in Invent", "refused, not created", "created earlier", "blackout day"):
        assert meaning in markdown
    assert "may exist" not in markdown, "no sign is explained that is not there"


def test_new_time_of_an_edited_file_has_its_own_day_and_is_no_send() -> None:
    edited = Send(at("2026-12-03T09:00"), "Moved", "edited", at("2027-01-15T10:00"))
    markdown = page(edited, Send(at("2027-01-15T10:00"), "Moved", "target"))
    assert markdown.count("<summary>") == 2
    assert "January 2027, UTC: 0 sends" in markdown
    assert "↪️\u00a0<b>10:00</b> Moved" in markdown


def test_what_goes_out_at_once_is_counted_since_no_day_shows_it() -> None:
    lines = months([Send(at("2026-12-03T09:00"), "Later", "new")], now=NOW, timezone="", at_once=2)
    assert lines[-1] == "2 go out as soon as they are created, and are in no month."


def test_nothing_is_drawn_where_nothing_changes() -> None:
    assert page(Send(at("2026-12-01T09:00"), "There", "scheduled")) == ""
    assert page() == ""
    assert page(Send(NOW - timedelta(minutes=1), "Past", "new")) == ""


def test_at_most_three_months_are_drawn_and_the_rest_is_counted() -> None:
    sends = [Send(at(f"2027-{month:02}-10T09:00"), f"Send {month}", "new") for month in range(1, 7)]
    markdown = page(*sends, Send(at("2027-09-01T09:00"), "There", "scheduled"))
    assert markdown.count("<details") == MOST_MONTHS
    assert markdown.count("<details open>") == 1
    assert markdown.endswith("\n\n3 more in 3 later months.")


def test_crowded_day_names_what_changes_first_and_counts_the_rest() -> None:
    there = [Send(at("2026-12-01T06:00"), f"There {number}", "scheduled") for number in range(20)]
    added = [Send(at("2026-12-01T18:00"), f"Added {number}", "new") for number in range(2)]
    day = cells(page(*there, *added))[1]
    assert day.count("Added") == 2
    assert day.count("There") == MOST_LINES - 2
    assert day.endswith("<br>+\u00a0📅\u00a019")


def test_five_hundred_sends_in_a_month_stay_short() -> None:
    first = at("2026-12-01T00:00")
    sends = [Send(first + timedelta(minutes=85 * number), f"Send {number}", "new") for number in range(500)]
    markdown = page(*sends)
    assert "500 sends</summary>" in markdown
    assert len(markdown) < 8_000


def test_ends_of_the_calendar_are_drawn_in_every_zone() -> None:
    last = Send(datetime.max.replace(microsecond=0, tzinfo=UTC), "Last", "new")
    for timezone in ("", "Pacific/Kiritimati", "Pacific/Niue"):
        assert "Last" in page(last, timezone=timezone)


@given(st.lists(st.tuples(st.sampled_from(MARKS), texts, st.integers(0, 40_000)), max_size=40))
def test_tables_stay_even_whatever_the_names_are(entries: list[tuple[Mark, str, int]]) -> None:
    sends = [Send(NOW + timedelta(minutes=7 * minutes), name, mark) for mark, name, minutes in entries]
    lines = [line for line in page(*sends).split("\n") if line.startswith("|")]
    assert {line.count("|") for line in lines} <= {8}
