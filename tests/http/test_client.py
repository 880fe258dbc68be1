"""The way to Invent: what a proxy or a certificate does to a request, and whether anything of it has left."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from invent_gitops.api import wire
from invent_gitops.api.client import InventApi
from invent_gitops.api.limits import LONGEST_EXCHANGE
from invent_gitops.errors import ExitCode, Unavailable, Unreachable
from invent_gitops.http import line
from invent_gitops.http.address import Target
from invent_gitops.http.watch import Watch
from invent_gitops.model.broadcast import Request
from invent_gitops.model.outcome import Answer, Created, NotCreated, Unknown
from tests.proxying import OPENED, Behaviour, in_turn, proxy, says, tunnel_to
from tests.running import (
    CERTIFICATE,
    EXPIRED,
    KEY,
    Fault,
    Scripted,
    account,
    call,
    define,
    http,
    one_tls_context,
    scripted,
    until,
)

REQUEST = Request("Spring", datetime(2099, 3, 1, 9, tzinfo=UTC), ("a",), False)
GOOD = http(200, {"id": "b_1", "name": REQUEST.name, "status": "DRAFT", "scheduled_at": "2099-03-01T09:00:00Z"})
ORIGIN = "https://invent.invalid"
STALE = NotCreated("It waited too long to be sent.", stale=True)


@pytest.fixture(autouse=True)
def quick_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "create_default_context", one_tls_context)


@contextmanager
def api_at(url: str, read_timeout: float = 20) -> Iterator[InventApi]:
    with InventApi(Target(url, "c", url, KEY), rate=1e9, stop=threading.Event(), read_timeout=read_timeout) as api:
        yield api


def create_at(url: str, fresh: Callable[[], bool] = lambda: True, read_timeout: float = 20) -> Answer:
    with api_at(url, read_timeout) as api:
        return api.create(REQUEST, fresh)


def list_at(url: str) -> Unavailable:
    with api_at(url) as api, pytest.raises(Unavailable) as caught:
        api.broadcasts(tries=2)
    return caught.value


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.fixture
def secure(trusted: None) -> Iterator[Scripted]:
    """An origin that speaks TLS and is trusted."""
    with scripted(GOOD, certificate=CERTIFICATE) as server:
        yield server


# ---------------------------------------------------------------- a proxy that opens no tunnel


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def listens(connection: socket.socket) -> None:
    connection.recv(1)


NO_TUNNEL: dict[str, Behaviour] = {
    "hangs up": says(b""),
    "resets": resets,
    "is cut off in its status line": says(b"HTTP/1.1 2"),
    "is cut off in its headers": says(OPENED[:-2]),
    "speaks another protocol": says(b"220 mail.example ESMTP\r\n"),
    "says 407": says(http(407)),
    "says 403": says(http(403, b"Blocked by policy")),
    "says 502": says(http(502)),
    "says 503": says(http(503, retry_after=0)),
    "redirects": says(http(302, location="https://login.invalid/")),
    "opens and hangs up": says(OPENED),
    "opens and speaks plain text": says(OPENED + http(200)),
}


@pytest.mark.parametrize("then", NO_TUNNEL.values(), ids=NO_TUNNEL.keys())
@pytest.mark.parametrize("certificate", [None, CERTIFICATE], ids=["http", "https"])
def test_nothing_is_created_where_a_proxy_opens_no_tunnel(
    then: Behaviour, certificate: Path | None, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(then, certificate) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        answer = create_at(ORIGIN)
    assert isinstance(answer, NotCreated)
    assert "(HTTPS_PROXY)" in answer.reason
    assert [head.split()[0] for head in between.asked] == [b"CONNECT"]
    assert KEY.encode() not in between.asked[0]


def test_nothing_is_created_where_a_proxy_says_nothing(trusted: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(listens) as between:
        monkeypatch.setenv("ALL_PROXY", between.url)
        answer = create_at(ORIGIN, read_timeout=0.2)
    assert isinstance(answer, NotCreated)
    assert "(ALL_PROXY)" in answer.reason


def test_a_proxy_that_is_not_there_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"user:secret@127.0.0.1:{port}")
    answer = create_at(ORIGIN)
    assert isinstance(answer, NotCreated)
    assert f"The proxy 127.0.0.1:{port} (https_proxy)" in answer.reason
    assert "secret" not in answer.reason


@pytest.mark.parametrize(("status", "word"), [(407, "USER:PASSWORD"), (403, "NO_PROXY")])
def test_a_list_is_asked_for_once_where_the_proxy_refuses(
    status: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(says(http(status))) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        error = list_at(ORIGIN)
    assert isinstance(error, Unreachable)
    assert word in error.cure
    assert len(between.asked) == 1


def test_a_list_is_asked_for_again_where_the_proxy_was_in_trouble(
    secure: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure.replies = [http(200, [])]
    behaviours = [says(http(503)), says(b""), tunnel_to(secure.port)]
    with (
        proxy(in_turn(behaviours)) as between,
        api_at_proxy(monkeypatch, between.url) as api,
    ):
        assert api.broadcasts() == []
    assert len(between.asked) == 3


@contextmanager
def api_at_proxy(monkeypatch: pytest.MonkeyPatch, url: str, read_timeout: float = 20) -> Iterator[InventApi]:
    monkeypatch.setenv("HTTPS_PROXY", url)
    monkeypatch.setattr("random.uniform", lambda low, high: 0.01)
    with api_at(ORIGIN, read_timeout) as api:
        yield api


@pytest.mark.parametrize("certificate", [None, CERTIFICATE], ids=["http", "https"])
def test_a_create_goes_through_a_tunnel_once(
    certificate: Path | None, secure: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxy(tunnel_to(secure.port), certificate) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        assert isinstance(create_at(ORIGIN), Created)
    assert len(secure.received) == 1


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.RESET, http(502)])
def test_what_is_lost_behind_an_open_tunnel_is_unknown(
    fault: bytes | Fault, secure: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure.replies = [fault]
    with proxy(tunnel_to(secure.port)) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        assert isinstance(create_at(ORIGIN), Unknown)
    assert len(secure.received) == 1


@pytest.mark.parametrize("reply", [Fault.CLOSE, Fault.RESET, http(502), http(407)])
def test_what_a_proxy_without_a_tunnel_was_given_is_unknown(
    reply: bytes | Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(reply) as between:
        monkeypatch.setenv("HTTP_PROXY", between.url)
        assert isinstance(create_at("http://invent.invalid"), Unknown)
    assert [request.method for request in between.received] == ["POST"]


# ---------------------------------------------------------------- asked right before it leaves


def test_it_is_asked_when_the_connection_stands_whether_to_send() -> None:
    with scripted(GOOD) as server:
        # The connection is there, and no byte has come.
        assert create_at(server.url, lambda: server.received == []) == create_at(server.url)


def test_nothing_is_sent_when_the_handshake_took_too_long(trusted: None) -> None:
    late = threading.Event()
    with scripted(GOOD, certificate=CERTIFICATE, handshake=late.set) as server:
        assert create_at(server.url, lambda: not late.is_set()) == STALE
        assert server.connections == 1
    assert server.received == []


def test_nothing_is_sent_when_the_tunnel_took_too_long(secure: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    late = threading.Event()
    with proxy(tunnel_to(secure.port, first=late.set)) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        assert create_at(ORIGIN, lambda: not late.is_set()) == STALE
    assert len(between.asked) == 1
    assert secure.received == []


def test_nothing_is_sent_to_a_proxy_without_a_tunnel_either(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(GOOD) as between:
        monkeypatch.setenv("HTTP_PROXY", between.url)
        assert create_at("http://invent.invalid", lambda: False) == STALE
    assert between.received == []


def test_nothing_is_sent_when_the_name_service_took_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    late, real = threading.Event(), socket.getaddrinfo

    def slow(*args: Any, **kwargs: Any) -> Any:
        late.set()
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with scripted(GOOD) as server:
        assert create_at(server.url, lambda: not late.is_set()) == STALE
    assert server.received == []


def test_nothing_is_sent_where_the_library_does_not_say_when_it_begins() -> None:
    class Silent(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.extensions.pop("trace")
            return super().handle_request(request)

    with scripted(GOOD) as server, api_at(server.url) as api:
        api._wire.connection._client = httpx.Client(base_url=server.url, transport=Silent())
        answer = api.create(REQUEST)
        assert isinstance(answer, NotCreated)
        assert "did not say when the request begins" in answer.reason
    assert all(request.body == b"" for request in server.received)


@pytest.mark.parametrize(
    "fault", [OSError(errno.EBADF, "odd"), RuntimeError(), ValueError("odd"), httpx.InvalidURL("")]
)
def test_a_fault_that_the_library_does_not_know_leaves_the_outcome_unknown_once_the_request_has_begun(
    fault: Exception,
) -> None:
    class Odd(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            super().handle_request(request).close()
            raise fault

    with scripted(GOOD) as server, api_at(server.url) as api:
        api._wire.connection._client = httpx.Client(base_url=server.url, transport=Odd())
        answer = api.create(REQUEST)
    assert answer == Unknown(f"It was sent, but no complete answer came back: {str(fault) or type(fault).__name__}")
    assert len(server.received) == 1


# ---------------------------------------------------------------- the end of an exchange


def drips(connection: socket.socket) -> None:
    """A byte now and then, for as long as anybody listens."""
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(8_000):
            connection.sendall(b"X-%d: x\r\n" % number)
            threading.Event().wait(0.005)
        connection.sendall(GOOD.partition(b"\r\n")[2])


def test_the_longest_exchange_is_told() -> None:
    with InventApi(Target("http://127.0.0.1:1", "c", "", KEY), rate=1, stop=threading.Event()) as api:
        assert api.longest_exchange == LONGEST_EXCHANGE == 330


def test_an_answer_that_drips_ends_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "GRACE", 0.0)
    with proxy(drips) as server:
        answer = create_at(server.url, read_timeout=0.5)
    assert isinstance(answer, Unknown)
    assert "took too long" in answer.reason


@pytest.mark.parametrize("certificate", [None, CERTIFICATE], ids=["http", "https"])
def test_an_answer_that_drips_through_a_tunnel_ends_with_the_limit(
    certificate: Path | None, trusted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "GRACE", 0.0)
    with proxy(drips, CERTIFICATE) as origin:
        port = int(origin.url.rpartition(":")[2])
        with proxy(tunnel_to(port), certificate) as between, api_at_proxy(monkeypatch, between.url, 0.5) as api:
            answer = api.create(REQUEST)
    assert len(origin.asked) == 1
    assert isinstance(answer, Unknown)
    assert "took too long" in answer.reason


def test_a_proxy_that_drips_before_the_tunnel_ends_with_the_limit_and_nothing_is_created(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(line, "OPENING", 0.5)
    with proxy(drips) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        assert isinstance(create_at(ORIGIN), NotCreated)


def test_a_name_service_beyond_the_limit_ends_the_exchange_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def slow(*args: Any, **kwargs: Any) -> Any:
        threading.Event().wait(0.5)
        return real(*args, **kwargs)

    monkeypatch.setattr(line, "OPENING", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with scripted(GOOD) as server:
        answer = create_at(server.url)
    assert isinstance(answer, NotCreated)
    assert not answer.stale
    assert server.received == []


def test_a_request_that_nobody_takes_ends_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "GRACE", 0.0)
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        api_at(f"http://127.0.0.1:{deaf.getsockname()[1]}", 0.5) as api,
    ):
        answer = api.create(Request("x" * (32 << 20), None, ("a",), False))
    assert isinstance(answer, Unknown)


def test_what_was_given_up_is_not_delivered_afterwards() -> None:
    with socket.socket() as listener:
        # Room for a part of the request: the rest waits in the system of the one who sends.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with api_at(f"http://127.0.0.1:{listener.getsockname()[1]}", 0.2) as api:
            answer = api.create(Request("x" * 12_000, None, ("a",), False))
        assert isinstance(answer, Unknown)
        connection, _ = listener.accept()
        came = b""
        with connection, contextlib.suppress(ConnectionResetError):
            while data := connection.recv(65536):
                came += data
    assert b"send_to_all" not in came


def test_after_a_whole_answer_the_connection_ends_in_good_order() -> None:
    ends: list[bytes] = []

    def answers(connection: socket.socket) -> None:
        connection.sendall(GOOD)
        while data := connection.recv(65536):
            pass
        ends.append(data)

    with proxy(answers) as server:
        assert isinstance(create_at(server.url), Created)
        until(lambda: ends == [b""])


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux ends a connection by itself")
def test_a_process_that_is_stopped_sends_nothing_after_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        one = socket.create_connection(deaf.getsockname())
        watch = Watch()
        way = line.Line(lambda: True, 0.5, watch)
        way.trace("connection.connect_tcp.complete", {"return_value": SimpleNamespace(get_extra_info=lambda name: one)})
        way.trace("http11.send_request_headers.started", {"request": SimpleNamespace(method=b"POST")})
        # As if the process stood still: nothing of its own cuts the connection.
        watch.close()
        one.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                one.send(b"x" * 65536)
        until(lambda: one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ETIMEDOUT)
        way.close()
        one.close()


def test_nothing_is_sent_where_the_system_has_no_thread_to_watch_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Thread.start

    def none(thread: threading.Thread) -> None:
        if thread.name == "watch-http":
            raise RuntimeError("can't start new thread")
        start(thread)

    with scripted(GOOD) as server, monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none)
        assert isinstance(create_at(server.url), NotCreated)
    assert server.received == []


def test_one_thread_watches_over_all_requests_and_ends_with_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def note(thread: threading.Thread) -> None:
        if threading.current_thread() is threading.main_thread():
            started.append(thread)
        start(thread)

    with scripted(GOOD) as server:
        monkeypatch.setattr(threading.Thread, "start", note)
        with api_at(server.url) as api:
            assert [type(api.create(REQUEST)) for _ in range(5)] == [Created] * 5
    assert [thread.name for thread in started] == ["watch-http"]
    until(lambda: not started[0].is_alive())


def test_what_goes_on_longer_is_cut_at_its_later_end_alone() -> None:
    class Timed:
        def __init__(self, seconds: float) -> None:
            self.ends, self.cuts = time.monotonic() + seconds, list[float]()

        def cut(self) -> None:
            self.cuts.append(time.monotonic())

    watch, longest, short, dropped = Watch(), Timed(3600), Timed(0.1), Timed(0.1)
    for one in (longest, short, dropped):
        watch.add(one)
    watch.drop(dropped)
    longest.ends = time.monotonic() + 0.3
    # A new end counts from here on.
    watch.add(longest)
    until(lambda: bool(longest.cuts))
    watch.close()
    assert [len(one.cuts) for one in (longest, short, dropped)] == [1, 1, 0]
    assert min(one.cuts[0] - one.ends for one in (longest, short)) >= 0


# ---------------------------------------------------------------- certificates


def test_a_certificate_that_is_not_trusted_is_asked_for_once_and_names_the_variable(tmp_path: Path) -> None:
    with scripted(GOOD, certificate=CERTIFICATE) as server:
        error = list_at(server.url)
        assert isinstance(error, Unreachable)
        assert "certificate" in error.message
        assert "SSL_CERT_FILE" in error.cure
        assert server.connections == 1
        answer = create_at(server.url)
        assert isinstance(answer, NotCreated)
        assert "SSL_CERT_FILE" in answer.reason
        assert server.connections == 2
    assert server.received == []


def test_a_certificate_that_the_variable_names_is_trusted_also_on_this_machine(secure: Scripted) -> None:
    assert isinstance(create_at(secure.url), Created)


def test_a_certificate_that_has_expired_points_at_the_clock_and_at_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(EXPIRED))
    with scripted(GOOD, certificate=EXPIRED) as server:
        error = list_at(server.url)
    assert "clock" in error.cure
    assert "SSL_CERT_FILE" not in error.cure


def test_a_certificate_of_another_host_points_at_the_address(secure: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(tunnel_to(secure.port)) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        error = list_at("https://other.invalid")
    assert "--base-url" in error.cure
    assert "SSL_CERT_FILE" not in error.cure
    assert secure.received == []


def test_a_certificate_of_a_proxy_is_told_from_that_of_invent(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(says(http(502)), CERTIFICATE) as between:
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        error = list_at(ORIGIN)
        assert f"of the proxy {between.url.removeprefix('https://')} was refused" in error.message
    assert between.asked == []


def test_apply_with_a_new_state_never_offers_to_create_blindly_past_a_certificate(tmp_path: Path) -> None:
    define(tmp_path, "spring")
    with scripted(GOOD, certificate=CERTIFICATE) as server:
        done = call(tmp_path, "apply", "--yes", env=account(server.url))
    assert done.code == ExitCode.UNAVAILABLE
    assert "SSL_CERT_FILE" in done.all
    assert "--blind" not in done.all
    assert server.received == []
