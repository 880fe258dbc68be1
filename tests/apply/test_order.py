"""A run against fakes of its two ports: stopping, many calls at once, and the law that holds whatever happens."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.outcome import Answer, Created, NotCreated, Outcome, Report, Unknown
from invent_gitops.model.state import Intended, Recorded, State
from tests.fakes import DISK_FULL, MOVED, Memory, Scripted, fates, intending, items_named, name, perform
from tests.making import SOON, a_remote, an_item

# ---------------------------------------------------------------- stopping


def test_stop_mid_way_attempts_nothing_more_and_records_what_was_in_flight() -> None:
    api = Scripted(Memory())
    report = perform(api, items_named("abcd"), stop=lambda: len(api.calls) >= 2)
    assert fates(report) == {"a": "created", "b": "created", "c": "not-attempted", "d": "not-attempted"}
    assert report.stopped
    assert sorted(api.store.durable.broadcasts) == ["a", "b"]
    assert api.store.durable.intents == {}


def test_stop_before_the_beginning_calls_nobody() -> None:
    api = Scripted(Memory())
    report = perform(api, items_named("ab"), stop=lambda: True)
    assert (fates(report), report.stopped) == (dict.fromkeys("ab", "not-attempted"), True)
    assert (api.calls, api.store.appends) == ([], [])


def test_stop_after_the_last_one_stopped_nothing() -> None:
    api = Scripted(Memory())
    assert not perform(api, items_named("ab"), stop=lambda: len(api.calls) >= 2).stopped


# ---------------------------------------------------------------- how many at once


def test_as_many_calls_fly_as_allowed_and_never_more() -> None:
    api = Scripted(Memory(), together=threading.Barrier(3))
    report = perform(api, items_named("abcdefghi"), concurrency=3, batch=3)
    assert set(fates(report).values()) == {"created"}
    assert api.most == 3


def test_calls_go_one_by_one_in_the_order_of_the_plan_without_concurrency() -> None:
    api = Scripted(Memory())
    perform(api, items_named("abcde"))
    assert api.calls == [name(key) for key in "abcde"]
    assert api.most == 1


@pytest.mark.parametrize(
    ("count", "concurrency", "batch", "intents"),
    [(5, 1, 1, 5), (5, 4, 1, 2), (8, 4, 4, 2), (10, 4, 4, 3), (3, 4, 4, 1), (4, 2, 99, 2)],
)
def test_one_sync_covers_one_batch_of_intents_and_a_last_one_the_results(
    count: int, concurrency: int, batch: int, intents: int
) -> None:
    api = Scripted(Memory())
    perform(api, items_named("abcdefghij"[:count]), concurrency=concurrency, batch=batch)
    intended = ([event for event in one if isinstance(event, Intended)] for one in api.store.appends)
    appended = [events for events in intended if events]
    assert len(appended) == intents
    assert sum(map(len, appended)) == count
    assert api.store.syncs == intents + 1


def test_a_result_and_the_next_intent_are_written_at_once_unless_a_push_waits_between_them() -> None:
    api = Scripted(Memory())
    perform(api, items_named("abc"))
    assert [[type(event) for event in one] for one in api.store.appends] == [
        [Intended],
        [Recorded, Intended],
        [Recorded, Intended],
        [Recorded],
    ]
    pushed = Scripted(Memory())
    perform(pushed, items_named("abcd"), concurrency=2, batch=2)
    assert all(len({type(event) for event in one}) == 1 for one in pushed.store.appends)


def test_a_result_is_recorded_where_the_next_intent_is_refused() -> None:
    api = Scripted(Memory(refuse=intending("b", MOVED)))
    report = perform(api, items_named("ab"))
    assert fates(report) == {"a": "created", "b": "not-attempted"}
    assert (report.failure, report.unrecorded) == (MOVED, ())
    assert list(api.store.durable.broadcasts) == ["a"]
    assert api.store.durable.intents == {}


def test_every_id_that_came_with_others_is_in_the_report_where_none_of_them_can_be_recorded() -> None:
    refused = [Recorded]
    store = Memory(refuse=lambda events: DISK_FULL if type(events[0]) in refused else None)
    api = Scripted(store, together=threading.Barrier(3))
    report = perform(api, items_named("abcdef"), concurrency=3)
    assert sorted(report.unrecorded) == ["a", "b", "c"]
    assert fates(report) == dict.fromkeys("abc", "created") | dict.fromkeys("def", "not-attempted")
    assert {outcome.reason for outcome in report.outcomes[:3]} == {DISK_FULL.message}
    assert list(store.durable.intents) == ["a", "b", "c"]


# ---------------------------------------------------------------- the law

answers: st.SearchStrategy[Answer | Exception | None] = st.sampled_from(
    [None, None, NotCreated("no"), Unknown("hm"), RuntimeError("oh"), Created(a_remote("one id for all"))]
)


@given(
    script=st.lists(answers, max_size=7),
    concurrency=st.integers(1, 4),
    batch=st.integers(1, 4),
    stop_after=st.integers(0, 8),
    fail_at=st.integers(0, 16),
    error=st.sampled_from([DISK_FULL, MOVED]),
    lost_sync=st.integers(0, 12),
)
def test_whatever_happens_every_key_has_one_outcome_at_most_one_call_and_nothing_in_doubt_is_forgotten(
    script: list[Answer | Exception | None],
    concurrency: int,
    batch: int,
    stop_after: int,
    fail_at: int,
    error: InventGitopsError,
    lost_sync: int,
) -> None:
    keys = "abcdefg"[: len(script)]
    store = Memory(refuse=lambda events: error if len(store.appends) == fail_at else None, refuse_sync=[lost_sync])
    api = Scripted(store, {name(key): answer for key, answer in zip(keys, script, strict=True) if answer})
    told: list[str] = []
    report = perform(
        api,
        items_named(keys),
        stop=lambda: len(api.calls) >= stop_after,
        tell=lambda outcome: told.append(outcome.key),
        concurrency=concurrency,
        batch=batch,
    )
    assert [outcome.key for outcome in report.outcomes] == list(keys)
    assert len(api.calls) == len(set(api.calls))
    assert api.most <= concurrency
    called = {key for key in keys if name(key) in api.calls}
    assert sorted(told) == sorted(called)
    created = [outcome.id for outcome in report.having("created")]
    assert len(created) == len(set(created))
    for outcome in report.outcomes:
        assert (outcome.fate == "not-attempted") == (outcome.key not in called)
        _check_durable(outcome, report, store.durable)


def _check_durable(outcome: Outcome, report: Report, durable: State) -> None:
    """What the next run would find of one key, if the power failed as soon as the run was over."""
    key = outcome.key
    match outcome.fate:
        case "created":
            assert outcome.id
            assert key in durable.broadcasts or key in report.unrecorded
            assert key in durable.broadcasts or key in durable.intents
        case "unknown":
            assert key in durable.intents
        case _:
            assert key not in durable.broadcasts


def test_request_that_goes_out_is_the_one_of_the_plan() -> None:
    api = Scripted(Memory(), {name("a"): Unknown("hm")})
    perform(api, items_named("a"))
    assert api.store.durable.intents["a"].request == an_item("a").request
    assert an_item("a").request.scheduled_at == SOON
