"""A run against fakes of its two ports: what an answer means, and what happens when the store fails."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from invent_gitops.errors import InvalidInput, InventGitopsError
from invent_gitops.model.broadcast import Request
from invent_gitops.model.outcome import Answer, Created, NotCreated, Outcome, Report, Unknown
from invent_gitops.model.state import Event
from invent_gitops.values import replace
from tests.fakes import DISK_FULL, MOVED, Memory, Scripted, fates, intending, items_named, name, perform, recording
from tests.forked import PATIENCE
from tests.making import NOW, a_remote, a_state, altered, an_item

# ---------------------------------------------------------------- what the answer means for the state


def test_created_broadcast_is_recorded_with_its_id_and_its_intent_is_closed() -> None:
    api = Scripted(Memory())
    report = perform(api, items_named("a"))
    assert report == Report((Outcome("a", "created", name("a"), f"id of {name('a')}"),))
    record = api.store.durable.broadcasts["a"]
    assert (record.id, record.how, record.attempt) == (f"id of {name('a')}", "created", "attempt-0")
    assert (record.request, record.status, record.provenance.at) == (an_item("a").request, "SCHEDULED", NOW)
    assert api.store.durable.intents == {}


def test_refused_broadcast_leaves_nothing_behind_so_that_it_can_be_tried_again() -> None:
    api = Scripted(Memory(), {name("a"): NotCreated("Invent answered 422: bad name")})
    report = perform(api, items_named("a"))
    assert report.outcomes == (Outcome("a", "not-created", name("a"), reason="Invent answered 422: bad name"),)
    assert api.store.durable == a_state()


def test_unknown_outcome_leaves_the_intent_open() -> None:
    api = Scripted(Memory(), {name("a"): Unknown("Invent answered 502.")})
    report = perform(api, items_named("a"))
    assert report.outcomes == (Outcome("a", "unknown", name("a"), reason="Invent answered 502."),)
    assert api.store.durable.intents["a"].attempt == "attempt-0"
    assert api.store.durable.broadcasts == {}


@pytest.mark.parametrize("error", [RuntimeError("oh"), InvalidInput("no"), TimeoutError("late")])
def test_fault_between_call_and_answer_counts_as_unknown(error: Exception) -> None:
    api = Scripted(Memory(), {name("a"): error})
    report = perform(api, items_named("ab"))
    assert fates(report) == {"a": "unknown", "b": "created"}
    assert type(error).__name__ in report.outcomes[0].reason
    assert list(api.store.durable.intents) == ["a"]


def test_run_goes_on_past_failed_broadcasts_and_reports_on_each() -> None:
    api = Scripted(Memory(), {name("a"): NotCreated("no"), name("b"): Unknown("hm"), name("c"): RuntimeError("oh")})
    report = perform(api, items_named("abcd"))
    assert fates(report) == {"a": "not-created", "b": "unknown", "c": "unknown", "d": "created"}
    assert (report.failure, report.stopped, report.unrecorded) == (None, False, ())


def test_answer_that_lacks_fields_is_recorded_and_the_fields_are_named() -> None:
    requested = an_item("a").request
    other = altered(a_remote("bc_9", requested), scheduled_at=None, unread=("scheduled_at",), status="SENT")
    api = Scripted(Memory(), {name("a"): Created(other)})
    report = perform(api, items_named("a"))
    assert report.outcomes[0].differs == ("scheduled_at",)
    record = api.store.durable.broadcasts["a"]
    assert (record.id, record.status, record.request) == ("bc_9", "SENT", requested)


OTHER_BROADCAST = {
    "name": {"name": "Another"},
    "time": {"scheduled_at": NOW},
    "no time": {"scheduled_at": None},
    "segments": {"segment_ids": ("seg_z",)},
    "everyone": {"send_to_all": True},
    "age": {"created_at": NOW - timedelta(minutes=11)},
}


@pytest.mark.parametrize("fields", OTHER_BROADCAST.values(), ids=OTHER_BROADCAST)
def test_answer_that_tells_of_another_broadcast_is_unknown_and_names_its_id(fields: dict[str, Any]) -> None:
    other = altered(a_remote("bc_9", an_item("a").request), **fields)
    api = Scripted(Memory(), {name("a"): Created(other)})
    report = perform(api, items_named("a"))
    assert fates(report) == {"a": "unknown"}
    assert "bc_9" in report.outcomes[0].reason
    assert (list(api.store.durable.intents), api.store.durable.broadcasts) == (["a"], {})


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"scheduled_at": None}, {"scheduled_at": NOW}),
        ({"segment_ids": (), "send_to_all": True}, {"segment_ids": ("seg_a", "seg_b")}),
    ],
    ids=["a time for at once", "segments for everyone"],
)
def test_answer_that_fills_in_what_was_left_open_is_recorded(asked: dict[str, Any], answered: dict[str, Any]) -> None:
    item = an_item("a")
    item = replace(item, request=replace(item.request, **asked))
    api = Scripted(Memory(), {name("a"): Created(altered(a_remote("bc_9", item.request), **answered))})
    assert fates(perform(api, [item])) == {"a": "created"}


def test_answer_with_an_id_that_the_state_knows_proves_nothing() -> None:
    api = Scripted(Memory(), {name("a"): Created(a_remote("bc_1", an_item("a").request))})
    report = perform(api, items_named("a"), known_ids=["bc_0", "bc_1"])
    assert fates(report) == {"a": "unknown"}
    assert "bc_1" in report.outcomes[0].reason
    assert (list(api.store.durable.intents), api.store.durable.broadcasts) == (["a"], {})


def test_second_answer_with_one_id_proves_nothing() -> None:
    api = Scripted(Memory(), {name(key): Created(a_remote("bc_1", an_item(key).request)) for key in "ab"})
    report = perform(api, items_named("ab"))
    assert fates(report) == {"a": "created", "b": "unknown"}
    assert (list(api.store.durable.broadcasts), list(api.store.durable.intents)) == (["a"], ["b"])


def test_nothing_to_create_calls_nobody() -> None:
    api = Scripted(Memory())
    assert perform(api, []) == Report(())
    assert (api.calls, api.store.appends) == ([], [])


def test_outcome_is_told_before_it_is_recorded_so_that_an_id_is_never_lost() -> None:
    api = Scripted(Memory())
    seen: list[tuple[str, str, bool]] = []
    perform(
        api,
        items_named("ab"),
        tell=lambda outcome: seen.append((outcome.key, outcome.id, outcome.key in api.store.state.broadcasts)),
    )
    assert seen == [("a", f"id of {name('a')}", False), ("b", f"id of {name('b')}", False)]


def test_each_call_has_an_attempt_of_its_own() -> None:
    api = Scripted(Memory(), {name(key): Unknown("hm") for key in "abc"})
    perform(api, items_named("abc"), concurrency=3, batch=3)
    assert {intent.attempt for intent in api.store.durable.intents.values()} == {"attempt-0", "attempt-1", "attempt-2"}


# ---------------------------------------------------------------- when the store fails


def test_intent_that_cannot_be_written_means_that_nothing_is_called() -> None:
    api = Scripted(Memory(intending("a", DISK_FULL)))
    report = perform(api, items_named("abc"))
    assert api.calls == []
    assert fates(report) == dict.fromkeys("abc", "not-attempted")
    assert (report.failure, report.stopped) == (DISK_FULL, False)


def test_intent_that_does_not_become_durable_means_that_nothing_is_called() -> None:
    api = Scripted(Memory(refuse_sync=[1]))
    report = perform(api, items_named("ab"), concurrency=2, batch=2)
    assert api.calls == []
    assert fates(report) == dict.fromkeys("ab", "not-attempted")
    assert report.failure is DISK_FULL


def test_failing_intents_stop_their_batch_while_calls_in_flight_are_awaited_and_recorded() -> None:
    # "a" comes back while "b" is still out; then the intent of "c" fails, and "b" must still be recorded.
    store = Memory(intending("c", DISK_FULL))
    arrived = threading.Event()

    class Slow(Scripted):
        def create(self, request: Request, fresh: Callable[[], bool]) -> Answer:
            if request.name == name("b"):
                assert arrived.wait(PATIENCE)
            return super().create(request, fresh)

    api = Slow(store)
    refuse = store.refuse

    def refuse_and_release(events: Sequence[Event]) -> InventGitopsError | None:
        error = refuse(events)
        if error:
            arrived.set()
        return error

    store.refuse = refuse_and_release
    report = perform(api, items_named("abcd"), concurrency=2, batch=1)
    assert fates(report) == {"a": "created", "b": "created", "c": "not-attempted", "d": "not-attempted"}
    assert sorted(store.durable.broadcasts) == ["a", "b"]
    assert report.failure is DISK_FULL


def test_state_that_another_writer_moved_on_is_told_apart_and_nothing_of_that_batch_is_called() -> None:
    api = Scripted(Memory(intending("c", MOVED)))
    report = perform(api, items_named("abcd"), concurrency=2, batch=2)
    assert report.moved
    assert fates(report) == {"a": "created", "b": "created", "c": "not-attempted", "d": "not-attempted"}
    assert sorted(api.calls) == [name("a"), name("b")]


def test_id_that_cannot_be_recorded_is_in_the_report_and_its_key_stays_blocked() -> None:
    api = Scripted(Memory(recording("b")))
    report = perform(api, items_named("abc"))
    assert fates(report) == {"a": "created", "b": "created", "c": "not-attempted"}
    assert report.unrecorded == ("b",)
    assert report.outcomes[1].id == f"id of {name('b')}"
    assert "no space left" in report.outcomes[1].reason
    assert report.failure is DISK_FULL
    assert (list(api.store.durable.broadcasts), list(api.store.durable.intents)) == (["a"], ["b"])


def test_nothing_new_is_started_once_a_result_could_not_be_recorded() -> None:
    api = Scripted(Memory(recording("a")))
    perform(api, items_named("abcd"))
    assert api.calls == [name("a")]


def test_results_that_do_not_become_durable_at_the_end_are_unrecorded() -> None:
    api = Scripted(Memory(refuse_sync=[3]), {name("b"): NotCreated("no")})
    report = perform(api, items_named("ab"))
    assert (report.unrecorded, report.failure) == (("a",), DISK_FULL)
    assert report.outcomes[0].id == f"id of {name('a')}"


def test_broadcast_that_was_not_created_has_no_id_that_could_go_unrecorded() -> None:
    api = Scripted(Memory(recording("a")), {name("a"): NotCreated("no")})
    report = perform(api, items_named("a"))
    assert (fates(report), report.failure) == ({"a": "not-created"}, DISK_FULL)
    assert report.unrecorded == ()


def test_key_is_unrecorded_once_even_if_both_writing_and_syncing_fail() -> None:
    api = Scripted(Memory(recording("a"), refuse_sync=[2]))
    assert perform(api, items_named("a")).unrecorded == ("a",)


# ---------------------------------------------------------------- intents that grow old


class Tired(Scripted):
    """Lets the first calls of a key wait too long, as often as `late` says."""

    def __init__(self, **late: int) -> None:
        super().__init__(Memory())
        self.late = Counter({name(key): times for key, times in late.items()})

    def create(self, request: Request, fresh: Callable[[], bool]) -> Answer:
        if self.late[request.name] > 0:
            self.late[request.name] -= 1
            return NotCreated("It waited too long to be sent.", stale=True)
        return super().create(request, fresh)


def test_intent_that_grew_old_unsent_is_taken_back_and_intended_anew() -> None:
    api = Tired(a=2)
    report = perform(api, items_named("ab"))
    assert fates(report) == {"a": "created", "b": "created"}
    assert api.calls == [name("a"), name("b")], "in its old place: what is due soonest waits for none that is due later"
    assert sorted(api.store.state.broadcasts) == ["a", "b"]
    assert api.store.state.intents == {}
    assert len({record.attempt for record in api.store.state.broadcasts.values()}) == 2


def test_intent_that_grows_old_again_and_again_is_given_up() -> None:
    api = Tired(a=1000)
    report = perform(api, items_named("a"))
    assert fates(report) == {"a": "not-created"}
    assert api.store.state.intents == {}
