"""What any answer may hold: a message for people, the time of the server, the pause that it asks for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.http.answers import message_of, retry_after, server_time

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "Name is too long"}', "Name is too long"),
        (b'{"error": "Bad key"}', "Bad key"),
        (b'{"detail": "No such org"}', "No such org"),
        (b'{"message": {"text": "x"}}', '{"message": {"text": "x"}}'),
        (b"  two\n\n lines ", "two lines"),
        (b"", "(no words)"),
        (b"  <!DOCTYPE html><p>Sorry", "(an HTML page)"),
        (b"<html lang=en>", "(an HTML page)"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_the_words_of_the_api_are_shown_on_one_line(body: bytes, said: str) -> None:
    assert message_of(body) == said


def test_long_words_are_cut() -> None:
    said = message_of(json.dumps({"message": "word " * 1000}).encode())
    assert len(said) == 300
    assert said.endswith("…")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 7 ", 7.0),
        ("999999999", 999_999_999.0),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 12:00:30", 30.0),
        ("Fri, 20 Nov 2026 13:00:30 +0100", 30.0),
        ("Fri, 20 Nov 2020 12:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_a_number_or_as_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "-5",
        "1.5",
        "1e3",
        "99999999999999999999",
        "soon",
        "NaN",
        "Fri, 99 Nov 2026 12:00:00 GMT",
        "Fri, 20 Nov 99999 12:00:00 GMT",
        "Fri, 20 Nov 2026 12:00:00 +99999999999",
        "\x00",
    ],
)
def test_a_retry_after_that_says_nothing_usable_is_left_alone(value: str | None) -> None:
    assert retry_after(value, NOW) is None


def test_the_end_of_time_is_a_long_wait_and_no_fault() -> None:
    wait = retry_after("Fri, 31 Dec 9999 23:59:59 -2359", NOW)
    assert wait is not None
    assert wait > timedelta(days=365_000).total_seconds()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"date": ""},
        {"date": "yesterday"},
        {"date": "Fri, 99 Nov 2026 12:00:00 GMT"},
        {"date": http_date(NOW), "age": "old"},
        {"date": http_date(datetime(9999, 12, 31, tzinfo=UTC)), "age": "999999999"},
    ],
)
def test_a_date_that_says_nothing_is_no_evidence(headers: dict[str, str]) -> None:
    assert server_time(headers) is None


def test_the_age_of_an_answer_that_was_kept_is_no_skew() -> None:
    assert server_time({"date": http_date(NOW - HOUR), "age": "3600"}) == NOW


@given(st.text(max_size=60))
def test_no_text_in_a_header_is_a_fault(text: str) -> None:
    server_time({"date": text, "age": text})
    retry_after(text, NOW)
