"""The table of "never twice", row by row, over a real socket: which verdict an answer gets, from one POST alone."""

from __future__ import annotations

import gzip
import json
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from httpcore import HTTPConnection, Origin
from httpcore._sync.http11 import HTTP11Connection

from invent_gitops.api import client
from invent_gitops.api.client import InventApi
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import Request
from invent_gitops.model.outcome import Answer, Created, NotCreated, Unknown
from tests.forked import PATIENCE
from tests.running import (
    KEY,
    Fault,
    Reply,
    Script,
    Scripted,
    afterwards,
    environment,
    http,
    invent,
    one_tls_context,
    scripted,
    until,
)

AT = datetime(2099, 3, 1, 9, tzinfo=UTC)
REQUEST = Request("Héllo – „world“", AT, ("a", "b"), False)
GOOD = {"id": "b_1", "name": REQUEST.name, "status": "DRAFT", "scheduled_at": "2099-03-01T09:00:00Z"}


@pytest.fixture(autouse=True)
def quick_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "create_default_context", one_tls_context)


@contextmanager
def api_at(url: str, *, key: str = KEY, read_timeout: float = 20, rate: float = 1e9) -> Iterator[InventApi]:
    with InventApi(Target(url, "c", url, key), rate=rate, stop=threading.Event(), read_timeout=read_timeout) as api:
        yield api


def answer_to(*replies: Reply | Script, key: str = KEY, read_timeout: float = 20) -> tuple[Answer, Scripted]:
    """What a create makes of the replies, and the server that gave them."""
    with scripted(*replies) as server, api_at(server.url, key=key, read_timeout=read_timeout) as api:
        return api.create(REQUEST), server


def held(api: InventApi) -> float:
    """For how many seconds nobody will be let through."""
    return api._wire.pace.held_until - time.monotonic()


def nothing_listens() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_body_is_the_four_documented_fields_and_the_time_is_in_utc() -> None:
    local = datetime(2099, 3, 1, 10, tzinfo=timezone(timedelta(hours=1)))
    with scripted(http(200, GOOD)) as server, api_at(server.url) as api:
        api.create(Request("Héllo", local, ("a", "b"), False))
    [request] = server.received
    assert (request.method, request.path, request.query) == ("POST", "/orgs/c/broadcasts", {})
    assert request.json() == {
        "name": "Héllo",
        "scheduled_at": "2099-03-01T09:00:00Z",
        "segment_ids": ["a", "b"],
        "send_to_all": False,
    }
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"


def test_at_once_and_to_everyone_are_written_out() -> None:
    with scripted(http(200, GOOD)) as server, api_at(server.url) as api:
        api.create(Request("Now", None, (), True))
    body = server.received[0].json()
    assert body == {"name": "Now", "scheduled_at": None, "segment_ids": [], "send_to_all": True}


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_with_a_usable_id_is_created(status: int) -> None:
    answer, server = answer_to(http(status, GOOD))
    assert isinstance(answer, Created)
    assert (answer.broadcast.id, answer.broadcast.request.scheduled_at) == ("b_1", AT)
    assert len(server.received) == 1


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)


def test_a_name_that_does_not_resolve_is_not_created(short_pauses: None) -> None:
    with api_at("https://invent.invalid") as api:
        assert isinstance(api.create(REQUEST), NotCreated)


def test_a_refused_connection_is_not_created(short_pauses: None) -> None:
    with api_at(f"http://127.0.0.1:{nothing_listens()}") as api:
        answer = api.create(REQUEST)
    assert isinstance(answer, NotCreated)
    assert "could not be sent" in answer.reason


def test_a_failed_tls_handshake_is_not_created_and_nothing_was_readable() -> None:
    with scripted(http(200, GOOD)) as server, api_at(server.url.replace("http:", "https:")) as api:
        assert isinstance(api.create(REQUEST), NotCreated)
    assert server.connections == 1
    assert server.received == []


def test_a_connection_that_never_comes_about_is_not_created() -> None:
    # A server that accepts and then says nothing keeps a TLS handshake waiting.
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        api_at(f"https://127.0.0.1:{silent.getsockname()[1]}") as api,
    ):
        api._wire.connection.timeout = httpx.Timeout(0.2)  # the ten seconds of everyday use are too long for a test
        assert isinstance(api.create(REQUEST), NotCreated)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422])
def test_a_documented_refusal_is_not_created_and_shows_the_words_of_the_api(status: int) -> None:
    answer, server = answer_to(http(status, {"message": "Name is too long"}))
    assert answer == NotCreated(f"Invent answered {status}: Name is too long")
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [402, 406, 408, 409, 410, 418, 451, 500, 501, 502, 503, 504, 599])
def test_any_other_status_is_unknown_and_is_not_sent_again(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 2.0)
    answer, server = answer_to(http(status, {"message": "Hm", "id": "b_1"}, retry_after=0))
    assert answer == Unknown(f"Invent answered {status}: Hm")
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_unknown_and_neither_the_request_nor_the_key_follows_it(status: int) -> None:
    with scripted(http(200, GOOD)) as elsewhere:
        answer, server = answer_to(http(status, GOOD, location=f"{elsewhere.url}/orgs/c/broadcasts"))
        assert isinstance(answer, Unknown)
        assert len(server.received) == 1
        assert elsewhere.connections == 0


WHOLE = http(200, GOOD)
LOST: dict[str, Reply] = {
    "closed after sending": Fault.CLOSE,
    "reset after sending": Fault.RESET,
    "cut in the status line": b"HTTP/1.1 2",
    "cut in the headers": WHOLE[:40],
    "cut before the body": WHOLE[: WHOLE.index(b"\r\n\r\n") + 4],
    "cut in the body": WHOLE[:-10],
    "cut in a chunk": b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{"id":',
    "no http": b"220 mail.example ESMTP\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "gzip garbage": http(200, b"no gzip at all", content_encoding="gzip"),
    "gzip cut": http(200, gzip.compress(json.dumps(GOOD).encode() * 50)[:-30], content_encoding="gzip"),
    "20 MiB": http(200, b'{"id": "' + b"x" * (20 << 20) + b'"}'),
    "20 MiB unpacked": http(200, gzip.compress(b" " * (20 << 20) + b'{"id": "b_1"}'), content_encoding="gzip"),
}


@pytest.mark.parametrize("reply", LOST.values(), ids=LOST.keys())
def test_a_lost_or_broken_answer_is_unknown_and_is_not_asked_for_again(reply: Reply) -> None:
    answer, server = answer_to(reply)
    assert isinstance(answer, Unknown)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "gzip, gzip, gzip", "x"]
)
@pytest.mark.parametrize("status", [200, 400, 401, 404, 422, 429, 500])
def test_an_encoded_answer_is_unknown_whatever_its_status_says(status: int, encoding: str) -> None:
    answer, server = answer_to(http(status, gzip.compress(json.dumps(GOOD).encode()), content_encoding=encoding))
    assert isinstance(answer, Unknown)
    assert f"the answer is encoded ({encoding.lower().removeprefix('identity, ')})" in answer.reason
    assert [one.headers["accept-encoding"] for one in server.received] == ["identity"]


@pytest.mark.parametrize("encoding", ["identity", "", "identity, identity"])
def test_an_answer_that_says_it_is_plain_is_read(encoding: str) -> None:
    answer, _ = answer_to(http(200, GOOD, content_encoding=encoding))
    assert isinstance(answer, Created)


def test_an_answer_that_announces_too_much_is_given_up_before_it_comes() -> None:
    huge = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nConnection: keep-alive\r\n\r\n{"
    answer, server = answer_to(huge)
    assert isinstance(answer, Unknown)
    assert "larger than 16 MiB" in answer.reason
    assert len(server.received) == 1


def test_an_answer_that_unpacks_to_gigabytes_takes_no_memory(tmp_path: Path) -> None:
    zeros = gzip.compress(b"\0" * (64 << 20), 9) * 16
    stacked = gzip.compress(gzip.compress(zeros, 9), 9)
    with scripted(http(200, stacked, content_encoding="gzip, gzip, gzip")) as server:
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, server.url], env=environment(), capture_output=True, text=True, check=True
        )
    before, after = map(int, done.stdout.split())
    # In kilobytes, of which reading the certificates has had its part before.
    assert after - before < 20_000


MEASURED = """
import resource, sys, threading
from invent_gitops.api.client import InventApi
from invent_gitops.http.address import Target
from invent_gitops.errors import Unavailable
from invent_gitops.model.broadcast import Request

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

url = sys.argv[1]
with InventApi(Target(url, "c", url, "k-12345678"), rate=1e9, stop=threading.Event(), read_timeout=20) as api:
    before = peak()
    api.create(Request("x", None, ("a",), False))
    try:
        api.broadcasts(tries=1)
    except Unavailable:
        print(before, peak())
"""


def test_an_answer_that_does_not_come_in_time_is_unknown() -> None:
    answer, server = answer_to(Fault.HANG, read_timeout=0.2)
    assert isinstance(answer, Unknown)
    assert len(server.received) == 1


def test_a_body_that_stops_coming_is_unknown() -> None:
    def stall(_: object) -> bytes:
        return WHOLE[:-10].replace(b"Connection: close", b"Connection: keep-alive")

    answer, server = answer_to(stall, read_timeout=0.2)
    assert isinstance(answer, Unknown)
    assert len(server.received) == 1


NO_ID: dict[str, bytes] = {
    "empty": b"",
    "html": b"<!doctype html><p>Just a moment",
    "text": b"OK",
    "null": b"null",
    "a list": b'[{"id": "b_1"}]',
    "no id": b'{"name": "x"}',
    "null id": b'{"id": null}',
    "empty id": b'{"id": ""}',
    "blank id": b'{"id": " "}',
    "numeric id": b'{"id": 7}',
    "true id": b'{"id": true}',
    "nested id": b'{"data": {"id": "b_1"}}',
    "half a pair": b'{"id": "\\ud800"}',
    "control characters": b'{"id": "b\\u0000_\\u001b[31m"}',
    "line feed": b'{"id": "b_1\\n"}',
    "deep": b'{"id": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "a number without end": b'{"id": ' + b"9" * 50_000 + b"}",
    "not utf-8": b'{"id": "\xff\xfe"}',
    "cut json": b'{"id": "b_1"',
}


@pytest.mark.parametrize("body", NO_ID.values(), ids=NO_ID.keys())
def test_a_success_without_a_usable_id_is_unknown(body: bytes) -> None:
    answer, server = answer_to(http(200, body))
    assert isinstance(answer, Unknown)
    assert len(server.received) == 1


HOSTILE = ["-5", "soon", "99999999999999999999", "Fri, 99 Nov 2026 12:00:00 GMT", "1e9", ""]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_429_with_a_retry_after_that_says_nothing_waits_by_itself_and_tries_again(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)
    answer, server = answer_to(http(429, b"slow", retry_after=value), http(200, GOOD))
    assert isinstance(answer, Created)
    assert len(server.received) == 2


def test_a_429_without_retry_after_waits_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.02)
    began = time.monotonic()
    answer, server = answer_to(*[http(429, b"slow")] * 4, http(200, GOOD))
    assert isinstance(answer, Created)
    assert len(server.received) == 5
    assert time.monotonic() - began >= 0.02 * (1 + 2 + 4 + 8) - 0.005


def test_a_429_with_seconds_is_obeyed() -> None:
    began = time.monotonic()
    answer, server = answer_to(http(429, b"slow", retry_after=1), http(200, GOOD))
    assert isinstance(answer, Created)
    assert len(server.received) == 2
    assert time.monotonic() - began >= 0.99


def test_a_429_with_a_date_is_obeyed() -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    answer, server = answer_to(http(429, b"slow", retry_after=format_datetime(until, usegmt=True)), http(200, GOOD))
    assert datetime.now(UTC) >= until - timedelta(milliseconds=20)
    assert isinstance(answer, Created)
    assert len(server.received) == 2


def test_a_429_that_asks_for_too_long_a_wait_is_given_up_at_once() -> None:
    answer, server = answer_to(http(429, {"message": "Come back tomorrow"}, retry_after=86_400))
    assert answer == NotCreated("Invent answered 429 for too long: Come back tomorrow")
    assert len(server.received) == 1


def test_a_429_without_end_is_given_up_within_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    # The pauses grow, so that the next one would reach beyond the limit sooner or later.
    chances = iter([0.0, 0.0, 0.0, client.PATIENCE])
    monkeypatch.setattr(random, "uniform", lambda low, high: next(chances))
    answer, server = answer_to(http(429, b"slow"))
    assert isinstance(answer, NotCreated)
    assert len(server.received) == 4


def test_an_unknown_after_a_429_ends_the_tries() -> None:
    answer, server = answer_to(http(429, b"", retry_after=0), http(503, b""), http(200, GOOD))
    assert isinstance(answer, Unknown)
    assert len(server.received) == 2


def test_stop_ends_the_wait_of_a_429_at_once_and_nothing_was_created() -> None:
    stop = threading.Event()
    with (
        scripted(http(429, b"", retry_after=120)) as server,
        InventApi(Target(server.url, "c", server.url, KEY), rate=1e9, stop=stop) as api,
    ):
        afterwards(lambda: held(api) > 60, stop.set)
        assert api.create(REQUEST) == NotCreated("Stopped before it was sent.", stopped=True)
        assert len(server.received) == 1


def test_a_429_holds_back_those_who_were_not_told() -> None:
    with scripted(http(429, b"", retry_after=1), http(200, GOOD)) as server, api_at(server.url) as api:
        before = time.monotonic()
        first = threading.Thread(target=api.create, args=(REQUEST,))
        first.start()
        # The pace of this client is never a second, but for the hold.
        until(lambda: api._wire.pace._next > before + 0.9)
        until_when = api._wire.pace._next
        api.create(REQUEST)
        assert time.monotonic() >= until_when - 0.005
        first.join()


@pytest.mark.parametrize("status", [200, 302, 400, 401, 500])
@pytest.mark.parametrize("body", ['{"message": "The key %s is wrong"}', "<p>%s</p>", '{"errors": ["%s"]}'])
def test_a_key_that_the_server_echoes_is_in_no_message(status: int, body: str) -> None:
    answer, _ = answer_to(http(status, (body % KEY).encode()))
    assert KEY not in repr(answer)
    assert "***" in repr(answer)


def test_a_key_that_is_echoed_in_another_spelling_is_in_no_message() -> None:
    answer, _ = answer_to(http(400, rb'{"message": "Bad key abc\/def\/4711"}'), key="abc/def/4711")
    assert "abc/def/4711" not in repr(answer)


@pytest.mark.parametrize(
    "body", [b"x" * 293 + b"abc/def/4711", rb'{"errors": ["abc\/def\/4711"]}', rb'{"errors": ["abc\u002fdef/4711"]}']
)
def test_no_part_of_a_key_is_in_a_message_either(body: bytes) -> None:
    answer, _ = answer_to(http(400, body), key="abc/def/4711")
    assert isinstance(answer, NotCreated)
    assert "abc" not in answer.reason


def test_what_looks_like_the_key_is_left_alone_in_an_id() -> None:
    answer, _ = answer_to(http(200, GOOD | {"id": f"b_{KEY}"}))
    assert isinstance(answer, Created)
    assert answer.broadcast.id == f"b_{KEY}"


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_never_sees_what_stays_on_this_machine(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(http(502)) as proxy:
        monkeypatch.setenv(name, proxy.url)
        answer, server = answer_to(http(200, GOOD))
        assert isinstance(answer, Created)
        assert len(server.received) == 1
        assert proxy.connections == 0


def test_every_create_has_a_connection_of_its_own() -> None:
    with scripted(http(200, GOOD, keep=True)) as server, api_at(server.url) as api:
        assert [type(api.create(REQUEST)) for _ in range(3)] == [Created] * 3
    assert server.connections == 3


def test_a_connection_that_the_server_closed_while_idle_is_not_used_again() -> None:
    with scripted(http(200, GOOD, keep=True), idle=0.05) as server, api_at(server.url) as api:
        assert isinstance(api.create(REQUEST), Created)
        until(lambda: server.closed == 1)
        assert isinstance(api.create(REQUEST), Created)
    assert server.connections == 2
    assert len(server.received) == 2


def test_many_threads_create_as_many_broadcasts_as_they_ask_for() -> None:
    with invent() as server, api_at(server.url) as api:
        answers: list[Answer] = []
        requests = [Request(f"n{number}", AT, ("a",), False) for number in range(40)]
        threads = [threading.Thread(target=lambda one=one: answers.append(api.create(one))) for one in requests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        created = {answer.broadcast.request.name for answer in answers if isinstance(answer, Created)}
        assert created == {one.name for one in requests}
        assert server.sandbox.create_count == 40


def test_an_intent_that_grew_old_during_a_429_is_not_acted_upon() -> None:
    moments = iter([True, False])
    with scripted(http(429, headers="Retry-After: 1\r\n"), http(200, GOOD)) as server, api_at(server.url) as api:
        answer = api.create(REQUEST, lambda: next(moments))
    assert answer == NotCreated("It waited too long to be sent.", stale=True)
    assert len(server.received) == 1


def test_a_connection_is_lent_to_nobody_in_the_moment_between_its_answer_and_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending, asked, idle = threading.Event(), threading.Event(), threading.Event()
    end, can_handle = HTTP11Connection._response_closed, HTTPConnection.can_handle_request

    def end_when_asked(connection: HTTP11Connection) -> None:
        if not ending.is_set():
            ending.set()
            assert asked.wait(PATIENCE)
        end(connection)
        idle.set()

    def ask(connection: HTTPConnection, origin: Origin) -> bool:
        if ending.is_set():
            asked.set()
            assert idle.wait(PATIENCE)
        return can_handle(connection, origin)

    monkeypatch.setattr(HTTP11Connection, "_response_closed", end_when_asked)
    monkeypatch.setattr(HTTPConnection, "can_handle_request", ask)
    with scripted(http(200, GOOD, keep=True)) as server, api_at(server.url) as api, ThreadPoolExecutor() as pool:
        first = pool.submit(api.create, REQUEST)
        assert ending.wait(PATIENCE)
        answers = [api.create(REQUEST), first.result()]
    assert [type(answer) for answer in answers] == [Created, Created]
    assert server.connections == len(server.received) == 2
