"""The pace: never above the rate, one wait for everybody, and an end at once. Times are lower bounds only."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invent_gitops.api.client import InventApi
from invent_gitops.api.pace import Pace, recent_at
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import Request
from invent_gitops.model.outcome import Created
from tests.forked import PATIENCE
from tests.running import KEY, Received, http, scripted

# What a clock may be off by between two readings.
GRAIN = 0.002


def _starts(pace: Pace, number: int, threads: int = 8) -> list[float]:
    """When each of `number` requests was let through, in order."""

    def start(_: int) -> float:
        assert pace.wait()
        return time.monotonic()

    with ThreadPoolExecutor(threads) as pool:
        return sorted(pool.map(start, range(number)))


def test_no_window_holds_more_requests_than_the_rate_and_one_late_one_allow() -> None:
    interval = 0.004
    pace = Pace(60 / interval, threading.Event())
    before, after = [], []
    for _ in range(120):
        before.append(time.monotonic())
        assert pace.wait()
        after.append(time.monotonic())
    for first in range(len(before)):
        for last in range(first + 2, len(after)):
            # A wake-up that was late is caught up with, so the first of these steps may be as short as nothing.
            assert after[last] - before[first] >= (last - first - 1) * interval - GRAIN


def test_a_thousand_requests_a_second_take_their_second_and_no_three_percent_less() -> None:
    began = time.monotonic()
    _starts(Pace(60_000, threading.Event()), 1000, threads=2)
    assert time.monotonic() - began >= 0.97


def test_idle_time_is_not_saved_up_for_a_burst() -> None:
    pace = Pace(60 / 0.05, threading.Event())
    assert pace.wait()
    time.sleep(0.3)
    began = time.monotonic()
    _starts(pace, 4)
    assert time.monotonic() - began >= 3 * 0.05 - GRAIN


def test_the_first_request_does_not_wait() -> None:
    began = time.monotonic()
    assert Pace(0.001, threading.Event()).wait()
    assert time.monotonic() - began < PATIENCE


def test_a_hold_holds_everybody_back_also_those_who_wait_already() -> None:
    pace = Pace(60_000, threading.Event())
    began = time.monotonic()
    pace.hold(0.2)
    assert _starts(pace, 8)[0] - began >= 0.2 - GRAIN


def test_a_shorter_hold_does_not_shorten_a_longer_one() -> None:
    pace = Pace(60_000, threading.Event())
    began = time.monotonic()
    pace.hold(0.2)
    pace.hold(0.01)
    assert pace.wait()
    assert time.monotonic() - began >= 0.2 - GRAIN


def test_stop_ends_every_wait_at_once_and_lets_nobody_through() -> None:
    stop = threading.Event()
    pace = Pace(0.001, stop)
    assert pace.wait()
    pace.hold(3600)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(pace.wait) for _ in range(8)]
        time.sleep(0.05)
        assert not any(future.done() for future in waiting)
        stop.set()
        assert [future.result(timeout=PATIENCE) for future in waiting] == [False] * 8
    assert not pace.wait()


# ---------------------------------------------------------------- in a window


class Moments(threading.Event):
    """A stop that is never set, and a clock that only its waits move on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert timeout > 0
        self.now += timeout
        return False

    def __call__(self) -> float:
        return self.now


def most_within(moments: Sequence[float], window: float) -> int:
    """How many of the moments lie within any window, whose end does not belong to it."""
    ordered = sorted(moments)
    return max(
        (bisect_left(ordered, first + window) - number for number, first in enumerate(ordered)),
        default=0,
    )


@given(
    rate=st.sampled_from([0.5, 1, 7, 60, 400]),
    steps=st.lists(st.tuples(st.booleans(), st.floats(0, 30), st.floats(0, 1)), max_size=60),
)
def test_no_minute_of_the_server_has_more_requests_than_the_rate(
    rate: float, steps: list[tuple[bool, float, float]]
) -> None:
    clock = Moments()
    pace = Pace(rate, clock, clock=clock)
    arrivals: list[float] = []
    for evenly, lasts, arrives in steps:
        assert pace.wait(evenly=evenly)
        arrivals.append(clock.now + lasts * arrives)
        clock.now += lasts
        pace.ended()
    window = max(60.0, 60.0 / rate)
    # A hair less: sums of fractions are off by as much.
    assert most_within(arrivals, window - 1e-6) <= max(1, int(rate))


@given(data=st.data(), workers=st.integers(1, 8))
@settings(max_examples=25)
def test_requests_that_overlap_keep_to_the_rate_wherever_they_are_held_up(data: st.DataObject, workers: int) -> None:
    clock, flying, arrivals = Moments(), list[float](), list[float]()
    pace = Pace(30, clock, clock=clock)
    for _ in range(80):
        if len(flying) == workers or (flying and data.draw(st.booleans())):
            clock.now += data.draw(st.floats(0, 5))
            began = flying.pop(data.draw(st.integers(0, len(flying) - 1)))
            arrivals.append(data.draw(st.floats(began, clock.now)))
            pace.ended()
        elif pace.wait(evenly=data.draw(st.booleans())):
            flying.append(clock.now)
    assert most_within(arrivals, 60 - 1e-6) <= 30


def test_few_reads_begin_at_once_and_many_go_on_evenly_with_no_long_rest() -> None:
    clock = Moments()
    pace, starts = Pace(400, clock, clock=clock), list[float]()
    for _ in range(1000):
        assert pace.wait(evenly=False)
        starts.append(clock.now)
        pace.ended()
    assert starts[119] == 1000.0
    assert max(later - earlier for earlier, later in pairwise(starts)) <= 60 / (360 - 120) + 1e-6
    assert most_within(starts, 60 - 1e-6) <= 360
    # Four commands in one minute that read ten thousand broadcasts each stay below the documented 500.
    assert 4 * starts.count(1000.0) < 500


@pytest.mark.parametrize(("pages", "rate"), [(0, 400), (0, 6000), (100, 400), (360, 400), (9, 10)])
def test_creates_after_reads_are_spread_and_lose_no_more_than_the_reads_have_used(pages: int, rate: int) -> None:
    clock = Moments()
    pace, starts = Pace(rate, clock, clock=clock), list[float]()
    for _ in range(pages):
        assert pace.wait(evenly=False)
        pace.ended()
    for _ in range(3 * rate):
        assert pace.wait()
        starts.append(clock.now)
        clock.now += min(0.05, 30 / rate)
        pace.ended()
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    # A create that was late takes the next one nearer; two of them are two intervals.
    assert min(later - earlier for earlier, later in zip(starts, starts[2:], strict=False)) >= 60 / rate - 1e-6
    # Nobody waits for longer than the reads left room: no intent grows old.
    assert max(gaps) <= 60 / max(1, rate - pages) + 0.1
    assert starts[-1] - 1000.0 <= (3 * rate + pages) * 60 / rate * 1.03


def test_all_connections_to_one_origin_share_a_window_and_those_to_another_have_their_own() -> None:
    origin = "https://one.invalid"
    assert recent_at(origin) is recent_at(origin)
    assert recent_at(origin) is not recent_at("https://other.invalid")
    clock = Moments()
    first, second = (Pace(10, clock, recent_at(origin), clock=clock) for _ in range(2))
    for _ in range(3):
        assert first.wait(evenly=False)
        first.ended()
    assert clock.now == 1000.0
    for _ in range(2):
        assert second.wait(evenly=False)
        second.ended()
    assert clock.now == 1010.0


def test_a_server_sees_no_more_requests_in_any_window_of_its_own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invent_gitops.api.pace.WINDOW", 0.5)
    arrivals: list[float] = []

    def answer(request: Received) -> bytes:
        arrivals.append(time.monotonic())
        if request.method == "GET":
            return http(200, [], pagination_count=0)
        return http(200, {"id": f"b_{len(arrivals)}", "name": "x", "status": "DRAFT", "scheduled_at": None})

    request = Request("x", None, ("a",), False)
    with scripted(answer) as server, ThreadPoolExecutor(8) as pool:
        target = Target(server.url, "c", server.url, KEY)
        apis = [InventApi(target, rate=40 * 120, stop=threading.Event(), read_timeout=60) for _ in range(2)]
        with apis[0], apis[1]:
            reads = [pool.submit(apis[number % 2].broadcasts) for number in range(80)]
            creates = [pool.submit(apis[number % 2].create, request) for number in range(60)]
            assert {len(future.result()) for future in reads} == {0}
            assert {type(future.result()) for future in creates} == {Created}
    assert len(arrivals) == 140
    assert most_within(arrivals, 0.5) <= 40
