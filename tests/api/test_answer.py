"""Reading what the API says: pure functions from bytes to a verdict."""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from invent_gitops.api.answer import (
    SURELY_NOT_CREATED,
    read_list,
    read_remote,
    read_segment,
    read_total,
    usable_id,
    verdict,
)
from invent_gitops.model.broadcast import Counts, Remote, RemoteSegment, Request
from invent_gitops.model.outcome import Created, NotCreated, Unknown

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_only_a_documented_refusal_is_taken_as_not_created() -> None:
    verdicts = {status: verdict(status, b'{"message": "no"}') for status in range(100, 600)}
    surely_not = {status for status, answer in verdicts.items() if isinstance(answer, NotCreated)}
    assert surely_not == {400, 401, 403, 404, 405, 413, 415, 422}
    assert not any(isinstance(answer, Created) for answer in verdicts.values())


@pytest.mark.parametrize("status", sorted(SURELY_NOT_CREATED))
def test_a_refusal_with_the_body_of_a_broadcast_is_still_a_refusal(status: int) -> None:
    assert isinstance(verdict(status, b'{"id": "b_1"}'), NotCreated)


@pytest.mark.parametrize("status", [301, 307, 408, 409, 500, 503])
def test_an_id_in_an_answer_that_is_no_success_proves_nothing(status: int) -> None:
    assert isinstance(verdict(status, b'{"id": "b_1"}'), Unknown)


def test_the_documented_answer_becomes_a_broadcast() -> None:
    body = {
        "id": "b_1",
        "name": "Hello",
        "status": "DRAFT",
        "scheduled_at": "2026-11-27T14:00:00.000Z",
        "segments": [{"id": "b", "name": "B"}, {"id": "a", "name": "A"}, {"id": "a", "name": "A"}],
        "send_to_all": False,
        "created_at": "2026-11-20T13:00:00+01:00",
        "something_new": {"of": "tomorrow"},
    }
    answer = verdict(200, json.dumps(body).encode())
    assert isinstance(answer, Created)
    remote = answer.broadcast
    assert (remote.id, remote.status) == ("b_1", "DRAFT")
    assert remote.request == Request("Hello", datetime(2026, 11, 27, 14, tzinfo=UTC), ("a", "b"), False)
    assert remote.created_at == NOW


STATISTICS = {
    "contacts_count": 1240,
    "recipients_count": 1200,
    "skipped_count": 40,
    "sent_count": 1190,
    "failed_count": 10,
    "delivered_count": 1180,
    "opened_count": 700.0,
    "played_count": 0,
    "click_count": 90,
    "complained_count": 1,
    "unsubscribed_count": 3,
}
IDENTIFYING: dict[str, object] = {
    "name": "Hello",
    "status": "SENT",
    "scheduled_at": None,
    "segments": [],
    "send_to_all": True,
    "created_at": "2026-11-20T12:00:00Z",
}


def read(**fields: object) -> Remote:
    remote = read_remote({"id": "b_1", **fields})
    assert remote is not None
    return remote


def test_what_became_of_a_broadcast_is_read_as_documented() -> None:
    template = {"id": "t", "broadcast_id": "b_1", "error": "The sender is not verified", "config": {}}
    remote = read(
        **{
            **IDENTIFYING,
            **STATISTICS,
            "segments": [{"id": "b", "name": "B"}, {"id": "a", "name": "A", "contacts_count": 3}, {"id": "c"}],
            "templates": [template, {"id": "u", "error": None}],
            "error_message": "Half of it failed",
            "started_at": "2026-11-20T13:00:00+01:00",
            "completed_at": "2026-11-20T12:05:00Z",
            "updated_at": "2026-11-20T12:06:00Z",
        }
    )
    assert remote.segments == (("a", "A"), ("b", "B"), ("c", ""))
    assert remote.request.segment_ids == ("a", "b", "c")
    assert (remote.sending.templates, remote.sending.template_errors) == (2, ("The sender is not verified",))
    assert remote.sending.error_message == "Half of it failed"
    assert (remote.sending.started_at, remote.sending.completed_at) == (NOW, NOW + timedelta(minutes=5))
    assert remote.sending.updated_at == NOW + timedelta(minutes=6)
    counts = remote.sending.counts
    assert {f"{name}_count": getattr(counts, name) for name in counts.__struct_fields__} == STATISTICS
    assert remote.unread == ()


def test_what_the_api_does_not_tell_is_not_taken_for_none_or_nothing() -> None:
    remote = read(**IDENTIFYING)
    assert remote.sending.templates is None
    assert remote.sending.counts == Counts()
    assert read(templates=[]).sending.templates == 0


@pytest.mark.parametrize("odd", [None, "12", -1, 1.5, True, [], {}, float("nan"), float("inf"), 10**30])
def test_a_count_that_is_no_count_is_not_told(odd: object) -> None:
    assert read(sent_count=odd).sending.counts.sent is None
    segment = read_segment({"id": "s", "name": "S", "contacts_count": odd})
    assert segment == RemoteSegment("s", "S", None)


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("name", None),
        ("status", 3),
        ("scheduled_at", "tomorrow"),
        ("scheduled_at", 12),
        ("segments", None),
        ("segments", [{"id": 4}]),
        ("segments", [None]),
        ("send_to_all", "yes"),
        ("created_at", None),
    ],
)
def test_a_field_that_identifies_a_broadcast_and_cannot_be_read_is_named(name: str, odd: object) -> None:
    assert read(**{**IDENTIFYING, name: odd}).unread == (name,)
    without = {key: value for key, value in IDENTIFYING.items() if key != name}
    assert read(**without).unread == (name,)


def test_what_changes_while_a_broadcast_is_sent_does_not_make_it_another() -> None:
    before, after = read(**IDENTIFYING), read(**IDENTIFYING, **STATISTICS, error_message="x", templates=[])
    assert before == after
    assert hash(before) == hash(after)


@pytest.mark.parametrize("status", ["ACTIVE", "Active", "", "SENDING"])
def test_a_status_that_nobody_documented_is_kept_as_it_came(status: str) -> None:
    assert read(**{**IDENTIFYING, "status": status}).status == status


@pytest.mark.parametrize("wrong", [None, 7, [], {}, {"name": "x"}, {"id": ""}, {"id": 3}])
def test_a_segment_without_a_usable_id_is_no_segment(wrong: object) -> None:
    assert read_segment(wrong) is None


def test_a_hundred_thousand_broadcasts_fit_into_memory() -> None:
    fields = {**IDENTIFYING, **STATISTICS, "segments": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}
    body = json.dumps(fields)
    tracemalloc.start()
    try:
        kept = [read(**{**json.loads(body), "name": f"n{number}"}) for number in range(1000)]
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size / len(kept) < 1500, "bytes for one, of which there may be 100,000"


@pytest.mark.parametrize("text", ["0", "17", "999999999999"])
def test_a_total_is_a_whole_number(text: str) -> None:
    assert read_total(text) == int(text)


@pytest.mark.parametrize("text", [None, "", "many", "-1", "1.0", " 1", "٣", "1" * 13])
def test_a_total_that_is_no_whole_number_is_not_told(text: str | None) -> None:
    assert read_total(text) is None


@pytest.mark.parametrize("wrong", [None, 7, "text", [], {}, {"id": None}, [{"id": "x"}]])
def test_an_entry_of_another_shape_is_no_broadcast(wrong: object) -> None:
    assert read_remote(wrong) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"segments": None},
        {"segments": "a"},
        {"segments": [None, 3, "a", {}, {"id": 4}]},
        {"name": 5, "status": [], "scheduled_at": 12, "created_at": {}, "send_to_all": "yes"},
        {"scheduled_at": "2026-11-27T09:00:00", "created_at": "soon"},
        {"name": "half \ud800 a pair"},
    ],
)
def test_odd_fields_become_empty_and_do_not_cost_the_id(odd: dict[str, object]) -> None:
    remote = read_remote({"id": "b_1", **odd})
    assert remote is not None
    assert remote.id == "b_1"
    assert not remote.request.send_to_all
    assert remote.request.scheduled_at is None
    assert remote.request.segment_ids == ()
    assert f"{remote}".encode(), "everything in it can be written down"


@pytest.mark.parametrize("id", ["b_1", "7", "0b6f4c1e-1111-4222-8333-444455556666", "ä/é?#%", "x" * 512])
def test_an_id_is_opaque_text(id: str) -> None:
    assert usable_id(id)


@pytest.mark.parametrize(
    "id", ["", " ", "a\nb", "a\0", "\x7f", "\x1b[31m", "\ud800", "\u202e", 7, None, True, [], "x" * 513]
)
def test_what_cannot_be_written_down_and_read_back_is_no_id(id: object) -> None:
    assert not usable_id(id)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'"x"', b"[1]", b'[{"id":"a"},null]', b"<html>", b"[" * 100_000])
def test_a_page_that_is_no_array_of_objects_is_no_page(body: bytes) -> None:
    assert read_list(body) is None


def test_an_empty_page_is_a_page() -> None:
    assert read_list(b" [] ") == []


def test_time_is_read_to_the_second_which_is_as_finely_as_a_request_can_say_it() -> None:
    remote = read_remote({"id": "b_1", "scheduled_at": "2026-11-27T14:00:00.987Z"})
    assert remote
    assert remote.request.scheduled_at == datetime(2026, 11, 27, 14, tzinfo=UTC)
    assert "scheduled_at" not in remote.unread


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (None, ()),
        ("", ()),
        ("Too long", ("Too long",)),
        ({"message": "broken"}, ('{"message": "broken"}',)),
        (7, ("7",)),
    ],
)
def test_an_error_of_a_content_is_one_in_whatever_shape_it_comes(error: object, told: tuple[str, ...]) -> None:
    remote = read_remote({"id": "b_1", "templates": [{"error": error}], "error_message": error})
    assert remote is not None
    assert (remote.sending.template_errors, remote.sending.error_message) == (told, "".join(told))


def test_a_time_may_be_spelled_in_small_letters() -> None:
    remote = read_remote({"id": "b_1", "scheduled_at": "2027-03-01t09:00:00z"})
    assert remote is not None
    assert "scheduled_at" not in remote.unread
