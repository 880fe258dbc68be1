"""Whose clock counts: ours is measured by Invent's, and a wait is judged by the clock of whoever asks for it."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.api.answer import clock_skew
from invent_gitops.api.client import InventApi
from invent_gitops.errors import ExitCode, Refused
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import Request
from invent_gitops.model.listing import Listing
from invent_gitops.model.outcome import Created
from invent_gitops.policy.clock import check_clock, clock_fault
from tests.running import KEY, Reply, Script, account, call, define, http, invent, posted, scripted

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
REQUEST = Request("Spring", datetime(2099, 3, 1, 9, tzinfo=UTC), ("a",), False)
GOOD = http(200, {"id": "b_1", "name": REQUEST.name, "status": "DRAFT", "scheduled_at": "2099-03-01T09:00:00Z"})


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def listed(*replies: Reply | Script) -> Listing[object]:
    with (
        scripted(*replies) as server,
        InventApi(Target(server.url, "c", server.url, KEY), rate=1e9, stop=threading.Event()) as api,
    ):
        found = api.readable_broadcasts()
        return Listing(found.entries, found.gaps, found.clock_skew)


# ---------------------------------------------------------------- what is measured


@pytest.mark.parametrize(
    ("answered", "skew"),
    [
        (NOW, timedelta(0)),
        (NOW + 20 * SECOND, timedelta(0)),
        (NOW + 30 * SECOND, timedelta(0)),
        (NOW + 90 * SECOND, -60 * SECOND),
        (NOW - 61 * SECOND, 60 * SECOND),
        (NOW - SECOND, timedelta(0)),
        (None, None),
    ],
)
def test_only_what_the_time_of_the_exchange_cannot_explain_is_a_skew(
    answered: datetime | None, skew: timedelta | None
) -> None:
    assert clock_skew(NOW, NOW + 30 * SECOND, answered) == skew


def test_a_clock_that_was_set_back_meanwhile_measures_nothing() -> None:
    assert clock_skew(NOW, NOW - HOUR, NOW) is None


@given(
    ours=st.timedeltas(min_value=-100 * HOUR, max_value=100 * HOUR),
    there=st.timedeltas(min_value=timedelta(0), max_value=HOUR),
    back=st.timedeltas(min_value=timedelta(0), max_value=HOUR),
)
def test_a_skew_is_never_said_to_be_greater_than_it_is(ours: timedelta, there: timedelta, back: timedelta) -> None:
    answered = (NOW + there).replace(microsecond=0)
    found = clock_skew(NOW + ours, NOW + ours + there + back, answered)
    assert found is not None
    assert abs(found) <= abs(ours)
    assert abs(ours - found) <= there + back + SECOND


def test_a_list_carries_how_far_the_clocks_differ() -> None:
    behind = listed(lambda request: http(200, [], date=http_date(datetime.now(UTC) + HOUR))).clock_skew
    assert behind is not None
    assert -HOUR - 2 * SECOND < behind < -HOUR + 60 * SECOND


def test_a_list_without_a_date_carries_no_skew() -> None:
    assert listed(http(200, [])).clock_skew is None


def test_one_answer_with_an_old_date_among_others_is_no_skew() -> None:
    entries = [{"id": f"b_{number}"} for number in range(100)]
    old = http(200, entries, date=http_date(NOW - 1000 * HOUR), pagination_count=100)
    assert listed(old, lambda request: http(200, [], date=http_date(datetime.now(UTC)))).clock_skew == timedelta(0)


# ---------------------------------------------------------------- what is decided


@pytest.mark.parametrize("skew", [None, timedelta(0), timedelta(minutes=5), -timedelta(minutes=5)])
def test_a_clock_that_may_be_right_is_believed(skew: timedelta | None) -> None:
    assert clock_fault(Listing((), (), skew), NOW) == ""
    check_clock(Listing((), (), skew), NOW)


@pytest.mark.parametrize(("skew", "theirs"), [(HOUR, "08:00"), (-HOUR, "10:00"), (timedelta(minutes=6), "08:54")])
def test_a_clock_that_is_wrong_is_refused_with_both_times_and_the_cure(skew: timedelta, theirs: str) -> None:
    with pytest.raises(Refused, match=f"Fri 27 Nov 2026 09:00 UTC; in Invent it is Fri 27 Nov 2026 {theirs} UTC") as no:
        check_clock(Listing((), (), skew), NOW)
    assert "Set the clock" in no.value.cure


def test_a_clock_beyond_any_calendar_is_refused_as_well() -> None:
    with pytest.raises(Refused):
        check_clock(Listing((), (), -timedelta(days=3_500_000)), NOW)


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_apply_creates_nothing_while_the_clock_is_wrong(seconds: int, tmp_path: Path) -> None:
    define(tmp_path, "spring")
    with invent(f"clock={seconds}@list:*") as server:
        done = call(tmp_path, "apply", "--yes", env=account(server.url))
        blind = call(tmp_path, "apply", "--yes", "--blind", env=account(server.url))
        assert (done.code, blind.code) == (ExitCode.REFUSED, ExitCode.REFUSED)
        assert "clock is wrong" in done.err
        assert posted(server) == []


def test_apply_goes_on_where_no_answer_has_a_date(tmp_path: Path) -> None:
    define(tmp_path, "spring")
    with invent("clock@list:*") as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == ExitCode.DONE
        assert len(posted(server)) == 1


@pytest.mark.parametrize("words", [("plan", "--refresh"), ("status",), ("refresh",)])
def test_commands_that_only_look_warn_of_a_wrong_clock(words: tuple[str, ...], tmp_path: Path) -> None:
    define(tmp_path, "spring")
    with invent("clock=-3600@list:*") as server:
        done = call(tmp_path, *words, env=account(server.url))
    assert done.code == ExitCode.DONE
    assert "Warning: This machine's clock is wrong" in done.err


# ---------------------------------------------------------------- by whose clock to wait


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_wait_until_a_date_is_judged_by_the_clock_of_the_server(
    ahead: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)
    theirs = datetime.now(UTC) + ahead
    told = http(429, b"slow", date=http_date(theirs), retry_after=http_date(theirs + 2 * SECOND))
    with (
        scripted(told, GOOD) as server,
        InventApi(Target(server.url, "c", server.url, KEY), rate=1e9, stop=threading.Event()) as api,
    ):
        pace = api._wire.pace
        waits: list[float] = []
        monkeypatch.setattr(pace, "hold", waits.append)
        assert isinstance(api.create(REQUEST), Created)
    assert waits == [2.0]
