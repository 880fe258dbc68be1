"""The list of all broadcasts: read to its end and counted, or not believed at all."""

from __future__ import annotations

import gzip
import random
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from invent_gitops.api import reading
from invent_gitops.api.client import InventApi
from invent_gitops.errors import Interrupted, NotOffered, Unavailable
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.outcome import Created
from tests.paging import entries, losing, paged
from tests.running import (
    KEY,
    Fault,
    Received,
    Reply,
    Script,
    Scripted,
    afterwards,
    http,
    invent,
    one_tls_context,
    scripted,
    until,
)


@pytest.fixture(autouse=True)
def quick_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "create_default_context", one_tls_context)


def read(url: str, stop: threading.Event | None = None, read_timeout: float = 20) -> list[Remote]:
    target = Target(url, "c", url, KEY)
    with InventApi(target, rate=1e9, stop=stop or threading.Event(), read_timeout=read_timeout) as api:
        return api.broadcasts()


def api_at(server: Scripted, read_timeout: float = 20) -> InventApi:
    target = Target(server.url, "c", server.url, KEY)
    return InventApi(target, rate=1e9, stop=threading.Event(), read_timeout=read_timeout)


def listed(*replies: Reply | Script) -> tuple[list[str], Scripted]:
    with scripted(*replies) as server:
        return [remote.id for remote in read(server.url)], server


def unlisted(*replies: Reply | Script, read_timeout: float = 20) -> tuple[Unavailable, Scripted]:
    with scripted(*replies) as server:
        with pytest.raises(Unavailable) as refused:
            read(server.url, read_timeout=read_timeout)
        return refused.value, server


def test_it_asks_for_all_statuses_page_by_page_and_never_for_more_than_the_documented_hundred() -> None:
    found, server = listed(paged(entries(250), lambda page: 250))
    assert found == [f"b_{index}" for index in range(250)]
    assert [one.query for one in server.received] == [
        {"status": "ALL", "page": str(page), "take": "100"} for page in (1, 2, 3)
    ]
    assert {(one.method, one.path) for one in server.received} == {("GET", "/orgs/c/broadcasts")}


def test_the_built_in_invent_is_read_to_its_end() -> None:
    with invent() as server:
        for index in range(230):
            body = b'{"name": "n%d", "segment_ids": ["a"]}' % index
            server.sandbox.handle("POST", "/orgs/c/broadcasts", "", {"authorization": "Bearer x"}, body)
        found = read(server.url)
        assert sorted(remote.id for remote in found) == sorted(one["id"] for one in server.sandbox.broadcasts())


@pytest.mark.parametrize("count", [lambda page: None, lambda page: "many", lambda page: -1, lambda page: "٣"])
def test_without_a_count_it_reads_on_until_a_page_is_empty(count: Callable[[int], object]) -> None:
    def spoken(page: int) -> object:
        text = count(page)
        return text.encode().decode("latin-1") if isinstance(text, str) else text

    found, server = listed(paged(entries(150), spoken))
    assert len(found) == 150
    assert len(server.received) == 3


def test_a_server_that_caps_take_lower_than_asked_is_read_to_its_end() -> None:
    found, server = listed(paged(entries(25), cap=10))
    assert len(found) == 25
    assert len(server.received) == 4
    assert len(listed(paged(entries(25), lambda page: 25, cap=10))[0]) == 25


def test_an_empty_list_is_an_answer() -> None:
    assert listed(http(200, []))[0] == []
    assert listed(http(200, [], pagination_count=0))[0] == []


@pytest.mark.parametrize("count", [1, 149, 151, 1000])
def test_a_count_that_does_not_agree_with_the_pages_is_not_believed(count: int) -> None:
    error, server = unlisted(paged(entries(150), lambda page: count if page > 1 else 150 if count < 150 else count))
    assert "do not agree" in error.message
    assert len(server.received) > 3, "it was read again before it was given up"


def test_a_list_that_grows_while_it_is_read_is_read_again() -> None:
    before, after = entries(150), entries(1, first=900) + entries(150)
    first, second = paged(before, lambda page: 150), paged(after, lambda page: 151)
    found, server = listed(first, second, second)
    assert len(found) == 151
    assert len(server.received) == 4


def test_a_list_that_grows_without_a_count_is_noticed_by_the_entry_that_comes_twice() -> None:
    before, after = paged(entries(150)), paged(entries(1, first=900) + entries(150))
    found, _ = listed(before, after, after)
    assert len(found) == 151


def test_a_list_that_never_holds_still_is_given_up() -> None:
    error, _ = unlisted(paged(entries(150), lambda page: 150 + page))
    assert "do not agree" in error.message


def test_a_server_that_ignores_the_page_is_found_out() -> None:
    error, server = unlisted(http(200, entries(20)))
    assert "every page" in error.message
    assert len(server.received) == 2


def test_a_page_that_fails_once_is_asked_for_again() -> None:
    pages = paged(entries(150), lambda page: 150)
    found, server = listed(pages, http(503, b"", retry_after=0), pages)
    assert len(found) == 150
    assert [one.query["page"] for one in server.received] == ["1", "2", "2"]


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.RESET, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["])
def test_a_page_that_is_lost_once_is_asked_for_again(fault: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)
    found, _ = listed(fault, http(200, entries(3), pagination_count=3))
    assert len(found) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_list_that_stays_away_is_given_up_after_five_tries(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 10.0)
    error, server = unlisted(http(status, {"message": "Not now"}, retry_after=0))
    assert "Not now" in error.message
    assert len(server.received) == 5


def test_a_list_whose_connection_breaks_each_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)
    _, server = unlisted(Fault.CLOSE)
    assert len(server.received) == 5


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 418])
def test_a_list_that_is_refused_is_not_asked_for_again(status: int) -> None:
    with scripted(http(200, [])) as elsewhere:
        error, server = unlisted(http(status, {"message": "No"}, location=f"{elsewhere.url}/orgs/c/broadcasts"))
        assert f"answered {status}: No" in error.message
        assert len(server.received) == 1
        assert elsewhere.connections == 0


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b'{"data": []}', b'["b_1"]', b'[{"id": "b_1"}, null]', b"[" * 50_000]
)
def test_a_page_that_is_no_list_of_objects_is_not_taken_for_an_empty_one(body: bytes) -> None:
    error, _ = unlisted(http(200, body))
    assert "not an array" in error.message


@pytest.mark.parametrize("odd", [{}, {"id": None}, {"id": ""}, {"id": 7}, {"id": "a\nb"}])
def test_one_entry_without_a_usable_id_makes_the_whole_list_worthless(odd: dict[str, object]) -> None:
    error, _ = unlisted(http(200, [*entries(2), {"name": "x", **odd}], pagination_count=3))
    assert "without a usable id" in error.message


def test_the_key_is_in_no_message_of_a_list() -> None:
    error, _ = unlisted(http(403, {"message": f"Key {KEY} may not"}))
    assert KEY not in error.message


@pytest.mark.parametrize("reply", [http(503, b"", retry_after=60), http(429, b"", retry_after=60), Fault.CLOSE])
def test_stop_ends_the_wait_between_two_tries_at_once(reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 60.0)
    stop = threading.Event()
    with scripted(reply) as server:
        afterwards(lambda: len(server.received) == 1, stop.set)
        began = time.monotonic()
        with pytest.raises(Interrupted):
            read(server.url, stop)
        assert time.monotonic() - began < 60
        assert len(server.received) == 1


def test_stop_ends_a_list_that_has_no_end() -> None:
    stop = threading.Event()

    def more(request: Received) -> bytes:
        page = int(request.query["page"])
        if page == 5:
            stop.set()
        return http(200, entries(2, first=page * 10))

    with scripted(more) as server:
        with pytest.raises(Interrupted, match="Stopped"):
            read(server.url, stop)
        assert len(server.received) == 5


@pytest.mark.parametrize("count", [lambda page: 100, lambda page: 100 if page == 1 else 50], ids=["low", "of the page"])
def test_a_count_that_is_too_low_hides_no_page(count: Callable[[int], object]) -> None:
    error, server = unlisted(*[paged(entries(150), count)] * 9)
    assert "do not agree" in error.message
    assert "2" in {request.query["page"] for request in server.received}


def test_a_page_beyond_the_last_one_may_be_refused() -> None:
    found, _ = listed(*[losing([2], paged(entries(100), lambda page: 100), 404)] * 2)
    assert len(found) == 100


@pytest.mark.parametrize(("size", "count"), [(200, lambda page: 200), (250, lambda page: 250)])
def test_a_server_that_repeats_its_last_page_for_ever_is_read_to_its_end(
    size: int, count: Callable[[int], object]
) -> None:
    every = paged(entries(size), count)

    def clamped(request: Received) -> bytes:
        last = -(-size // 100)
        return every(replace(request, query={**request.query, "page": str(min(int(request.query["page"]), last))}))

    found, server = listed(clamped)
    assert len(found) == size
    assert len(server.received) <= 4


def test_a_last_page_that_is_repeated_without_a_count_is_told_and_ends() -> None:
    last = entries(50, first=200)
    error, server = unlisted(
        lambda request: (
            http(200, entries(100, first=100 * int(request.query["page"]) - 100))
            if int(request.query["page"]) < 3
            else http(200, last)
        )
    )
    assert "Page 4 of the list of broadcasts has nothing that was not read before." in error.message
    assert len(server.received) == 4


@pytest.mark.parametrize(
    ("status", "page", "lacks"),
    [
        (404, 1, True),
        (405, 1, True),
        (501, 1, True),
        (404, 2, False),
        (400, 1, False),
        (401, 1, False),
        (302, 1, False),
    ],
)
def test_only_an_invent_without_the_route_has_no_list_to_offer(status: int, page: int, lacks: bool) -> None:
    error, _ = unlisted(losing([page], paged(entries(150)), status))
    assert isinstance(error, NotOffered) == lacks


@pytest.mark.parametrize("status", [408, 425])
def test_an_answer_that_passes_is_no_refusal(status: int) -> None:
    pages = paged(entries(5), lambda page: 5)
    found, _ = listed(http(status, b"", retry_after=0), pages)
    assert len(found) == 5


def test_a_server_that_wants_to_be_left_alone_for_long_is_asked_for_no_other_page() -> None:
    with scripted(paged(entries(100), lambda page: 300), http(429, b"", retry_after=3600)) as server:
        with InventApi(Target(server.url, "c", server.url, KEY), rate=1e9, stop=threading.Event()) as api:
            found = api.readable_broadcasts()
        assert len(server.received) == 2
    assert (len(found.entries), found.complete) == (100, False)


@pytest.mark.parametrize("encoding", ["gzip, chunked", "gzip", "chunked, chunked", "x"])
def test_list_that_is_encoded_on_its_way_is_refused_at_once_and_says_why(encoding: str) -> None:
    with scripted(http(200, gzip.compress(b"[]"), transfer_encoding=encoding)) as server:
        with pytest.raises(Unavailable, match=r"the answer is encoded on its way") as refused:
            read(server.url)
        assert "whether a proxy on the way compresses answers" in refused.value.cure
        assert len(server.received) == 1


def test_list_that_is_encoded_is_refused_at_once_and_says_why() -> None:
    with scripted(http(200, gzip.compress(b"[]"), content_encoding="gzip")) as server:
        with pytest.raises(Unavailable, match=r"the answer is encoded \(gzip\)") as refused:
            read(server.url)
        assert "whether a proxy on the way compresses answers" in refused.value.cure
        assert [one.headers["accept-encoding"] for one in server.received] == ["identity"]


def test_the_pages_of_a_list_share_a_connection_and_a_create_has_its_own() -> None:
    everything = entries(200)
    pages: tuple[list[dict[str, object]], ...] = (everything[:100], everything[100:], [])
    replies = [http(200, page, keep=True, pagination_count=200) for page in pages]
    created = http(200, {"id": "b_9", "name": "n", "status": "DRAFT", "scheduled_at": None}, keep=True)
    with scripted(*replies, created, *replies) as server, api_at(server) as api:
        assert len(api.broadcasts()) == 200
        assert server.connections == 1
        assert isinstance(api.create(Request("n", None, ("a",), False)), Created)
        assert server.connections == 2
        assert len(api.broadcasts()) == 200
        assert server.connections == 2
    assert [request.method for request in server.received] == ["GET"] * 3 + ["POST"] + ["GET"] * 3


def test_a_connection_that_the_server_has_closed_since_is_replaced_before_a_page_is_asked_for() -> None:
    page = http(200, entries(1), keep=True, pagination_count=1)
    with scripted(page, idle=0.05) as server, api_at(server) as api:
        for _ in range(3):
            assert len(api.broadcasts(tries=1)) == 1
            until(lambda: server.closed == server.connections)
    assert server.connections == 3


def test_an_answer_behind_the_answer_is_never_taken_for_that_to_the_next_request() -> None:
    page = http(200, entries(1), keep=True, pagination_count=1)
    left_over = http(200, entries(1, first=7), keep=True, pagination_count=1)
    with scripted(page + left_over, page) as server, api_at(server) as api:
        assert [api.broadcasts(tries=1)[0].id for _ in range(2)] == [entries(1)[0]["id"]] * 2
    assert server.connections == 2


def test_a_page_that_was_cut_leaves_no_connection_to_the_next_one() -> None:
    whole = http(200, entries(1), keep=True, pagination_count=1)
    with scripted(whole[:-5], whole) as server, api_at(server, read_timeout=0.2) as api:
        assert len(api.broadcasts(tries=2)) == 1
    assert server.connections == 2
