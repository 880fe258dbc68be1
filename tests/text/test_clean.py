"""Making what a person or a server wrote harmless, and times as people say them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.times import distance, moment, stamp
from tests.making import NASTY, NOW, texts

any_text = st.text() | texts | st.lists(st.sampled_from(["#", "[", ":", " ", "\n", "\u3000", "a"])).map("".join)
MORNING = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)


def is_harmless(text: str) -> bool:
    """Nothing in `text` acts on a terminal or a CI runner, or shows it in another order than it is written."""
    acts = any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text)
    turns = re.search("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]", text)
    return not (acts or turns or "##[" in text or text.strip().startswith("::"))


# ---------------------------------------------------------------- clean


@given(any_text)
def test_nothing_that_acts_is_left_in_a_cleaned_text(text: str) -> None:
    assert is_harmless(clean(text))


@given(any_text, any_text)
def test_cleaned_texts_stay_harmless_side_by_side_with_a_space_between(one: str, two: str) -> None:
    assert "##[" not in f"{clean(one)} {clean(two)}"
    assert "##[" not in f"[{clean(one)}] ({clean(two)})"


@given(any_text)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["", "Black Friday – VIP", "Größe 🎉", "a: b", "a::b", "##", "#[", "# [x]", "日本語"])
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\n\tc", "a\\nb\\r\\n\\tc"),
        ("\x1b[31mred\x7f\x85", "\\x1b[31mred\\x7f\\x85"),
        ("\u202eabc\u2028\ufeff\ud800", "\\u202eabc\\u2028\\ufeff\\ud800"),
        ("::error::x", ":\\:error::x"),
        ("  ::error::x", "  :\\:error::x"),
        ("\u3000::error::x", "\u3000:\\:error::x"),
        ("\n::error::x", "\\n::error::x"),
        ("a ##[error]x ##[y", "a ##\\[error]x ##\\[y"),
        ("###[error]", "###\\[error]"),
    ],
)
def test_harmful_characters_are_written_out_so_that_a_reviewer_sees_them(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(any_text, st.integers(1, 30))
def test_cut_text_is_as_short_as_asked_and_harmless(text: str, width: int) -> None:
    assert len(cut(text, width)) <= width
    assert is_harmless(cut(text, width))


@pytest.mark.parametrize(("text", "shown"), [("abcde", "abcde"), ("abcdef", "abcd…"), ("a\nbc", "a\\nbc"), ("", "")])
def test_cut_text_says_that_it_was_cut(text: str, shown: str) -> None:
    assert cut(text, 5) == shown


def test_nasty_text_is_harmless() -> None:
    assert not is_harmless(NASTY)
    assert is_harmless(clean(NASTY))


def test_colours_are_there_only_if_asked_for() -> None:
    for paint in ("bold", "dim", "red", "green", "yellow"):
        assert getattr(Style(), paint)("x") == "x"
        assert re.fullmatch("\x1b\\[\\d+mx\x1b\\[0m", getattr(Style(color=True), paint)("x"))


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (None, "Europe/Berlin", "at once"),
        (MORNING, "", "Fri 27 Nov 2026 14:00 UTC"),
        (MORNING, "UTC", "Fri 27 Nov 2026 14:00 UTC"),
        (MORNING, "America/New_York", "Fri 27 Nov 2026 09:00 America/New_York (14:00 UTC)"),
        (MORNING, "Pacific/Auckland", "Sat 28 Nov 2026 03:00 Pacific/Auckland (Fri 27 Nov 14:00 UTC)"),
        (datetime(2026, 12, 1, 3, tzinfo=UTC), "America/New_York",
         "Mon 30 Nov 2026 22:00 America/New_York (Tue 1 Dec 03:00 UTC)"),
        (datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC), "Europe/Berlin",
         "Wed 1 Jul 2026 14:00:05 Europe/Berlin (12:00:05 UTC)"),
    ],
)  # fmt: skip
def test_moment_is_in_context_the_authors_zone_and_in_utc(at: datetime | None, zone: str, shown: str) -> None:
    assert moment(at, zone) == shown


def test_moment_is_in_context_utc_whatever_offset_it_carries() -> None:
    from zoneinfo import ZoneInfo

    assert moment(MORNING.astimezone(ZoneInfo("Asia/Tokyo"))) == moment(MORNING)


def test_last_moment_of_the_calendar_can_be_in_context_every_zone() -> None:
    assert moment(datetime(9999, 12, 31, 23, 0, tzinfo=UTC), "Asia/Tokyo")
    assert stamp(datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "Europe/Berlin") == "9999-12-31 23:59 UTC"


@pytest.mark.parametrize(
    ("span", "ahead", "ago"),
    [
        (timedelta(), None, "just now"),
        (timedelta(seconds=59), "in less than a minute", "just now"),
        (timedelta(minutes=1), "in 1 minute", "1 minute ago"),
        (timedelta(minutes=119), "in 119 minutes", "119 minutes ago"),
        (timedelta(hours=2), "in 2 hours", "2 hours ago"),
        (timedelta(hours=47, minutes=59), "in 47 hours", "47 hours ago"),
        (timedelta(days=4), "in 4 days", "4 days ago"),
        (timedelta(days=4) - timedelta(seconds=1), "in 3 days", "3 days ago"),
        (timedelta(days=89), "in 89 days", "89 days ago"),
        (timedelta(days=90), "in 3 months", "3 months ago"),
        (timedelta(days=729), "in 24 months", "24 months ago"),
        (timedelta(days=730), "in 2 years", "2 years ago"),
    ],
)
def test_distance_is_in_context_the_unit_that_a_person_would_use(span: timedelta, ahead: str | None, ago: str) -> None:
    if ahead:
        assert distance(NOW + span, NOW) == ahead
    assert distance(NOW - span, NOW) == ago


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=30_000)))
def test_distance_never_takes_the_future_for_the_past(span: timedelta) -> None:
    assert distance(NOW + span, NOW).startswith("in ")
    assert distance(NOW - span, NOW).endswith(("ago", "now"))
