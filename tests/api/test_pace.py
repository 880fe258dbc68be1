"""The pace: never above the rate, one wait for everybody, and an end at once. Times are lower bounds only."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from invent_gitops.api.pace import Pace
from tests.forked import PATIENCE

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
