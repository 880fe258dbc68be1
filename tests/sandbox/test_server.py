"""The sandbox over HTTP: how it listens, how fast it is, and that no client can break it."""

from __future__ import annotations

import concurrent.futures
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from invent_gitops.sandbox.faults import Faults
from invent_gitops.sandbox.server import Server, serve
from invent_gitops.sandbox.service import Sandbox
from tests.forked import PATIENCE
from tests.running import until

PATH = "/orgs/c/broadcasts"
KEY = {"Authorization": "Bearer k"}
# Nothing here speaks TLS, and loading the certificates for each client would take longer than the tests.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\n"


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def server(lines: list[str]) -> Iterator[Server]:
    with Sandbox(limit=0) as box, serve(box, report=lines.append) as server:
        yield server


def _say(server: Server, text: str | bytes, *, hang_up: bool = False) -> bytes:
    """What the server answers to raw bytes until it closes, or nothing if the client is the one to hang up."""
    data = text.encode() if isinstance(text, str) else text
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENCE) as client:
        client.sendall(data)
        if hang_up:
            # Without lingering the connection is reset, which is the rudest way to go.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return b""
        answer = b""
        while part := client.recv(65536):
            answer += part
        return answer


def _wait_until(come: Callable[[], bool]) -> None:
    until(come)


def _get(server: Server) -> httpx.Response:
    return httpx.get(server.url + PATH, headers=KEY, trust_env=False, verify=NO_TLS)


def _still_serves(server: Server) -> bool:
    return _get(server).status_code == 200


def test_it_listens_on_the_loopback_interface_only(server: Server) -> None:
    assert server.url == f"http://127.0.0.1:{server.server_port}"
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_one_connection_carries_many_requests(server: Server) -> None:
    with httpx.Client(base_url=server.url, headers=KEY, trust_env=False, verify=NO_TLS) as client:
        client.get(PATH)
        streams = set()
        for number in range(50):
            answer = client.post(PATH, json={"name": f"{number}"})
            assert answer.status_code == 200
            streams.add(id(answer.extensions["network_stream"]))
    assert len(streams) == 1


def test_no_packet_of_an_answer_waits_until_the_one_before_has_arrived(server: Server) -> None:
    settings = []

    class Seen(server.RequestHandlerClass):  # type: ignore[name-defined, misc]  # the one that it uses
        def finish(self) -> None:
            settings.append(self.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            super().finish()

    server.RequestHandlerClass = Seen
    assert _still_serves(server)
    until(lambda: settings == [1])


def test_many_clients_at_once_get_one_broadcast_each(server: Server) -> None:
    with (
        httpx.Client(base_url=server.url, headers=KEY, trust_env=False, verify=NO_TLS) as client,
        concurrent.futures.ThreadPoolExecutor(16) as pool,
    ):
        answers = list(pool.map(lambda number: client.post(PATH, json={"name": f"{number}"}), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["id"] for answer in answers} == {one["id"] for one in server.sandbox.broadcasts()}
    assert server.sandbox.create_count == 100


def test_a_chunked_body_is_411_and_the_answer_arrives(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"name": '
        yield b'"x"}'

    answer = httpx.post(server.url + PATH, content=parts(), headers=KEY, trust_env=False, verify=NO_TLS)
    assert (answer.status_code, "Content-Length" in answer.json()["message"]) == (411, True)
    assert server.sandbox.create_count == 0
    assert capfd.readouterr() == ("", "")


def test_a_body_that_is_too_large_is_413_and_the_answer_arrives_although_nobody_read_the_body(server: Server) -> None:
    size = 3 * 1024 * 1024
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENCE) as client:
        client.sendall(f"{HEAD}Content-Length: {size}\r\n\r\n".encode())
        client.recv(1, socket.MSG_PEEK)
        time.sleep(0.05)
        # The answer is there already, and a client that still sends its body must not be cut off before it reads it.
        client.sendall(b" " * size)
        assert client.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("length", ["abc", "-1", "+5", "1_0", "0x10", "5 5", "", "9" * 5000, "²"])
def test_a_bad_content_length_is_400_and_closes(server: Server, length: str, capfd: pytest.CaptureFixture[str]) -> None:
    text = f'{HEAD}Content-Length: {length}\r\n\r\n{{"name": "x"}}'
    answer = _say(server, text.encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answer
    assert server.sandbox.create_count == 0
    assert _still_serves(server)
    assert capfd.readouterr() == ("", "")


def test_two_content_lengths_that_differ_are_400(server: Server) -> None:
    assert _say(server, f"{HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}").startswith(b"HTTP/1.1 400 ")


def test_a_body_without_content_length_is_an_empty_body(server: Server) -> None:
    answer = _say(server, f"{HEAD}Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b'{"message": "The body must be a JSON object."}')


@pytest.mark.parametrize(
    "text",
    [
        "\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1 extra\r\n\r\n",
        f"GET /{'x' * 70_000} HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n" + "X: y\r\n" * 200 + "\r\n",
        "BREW /orgs/c/broadcasts HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 100 + b"\n\n",
    ],
)
def test_what_is_no_request_harms_nobody(
    server: Server, text: str | bytes, capfd: pytest.CaptureFixture[str], lines: list[str]
) -> None:
    data = text.encode() if isinstance(text, str) else text
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=PATIENCE) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(65536):
            answer += part
    if answer:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
        assert list(json.loads(body)) == ["message"]
    assert _still_serves(server)
    assert capfd.readouterr() == ("", "")
    assert not [line for line in lines if "ended with" in line or "bug" in line]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POST /orgs",
        f"{HEAD}Content-Length: 100\r\n\r\n",
        f'{HEAD}Content-Length: 100\r\n\r\n{{"name": "x"}}',
        f'{HEAD}Content-Length: 13\r\n\r\n{{"name": "x"}}',
    ],
)
def test_a_client_that_hangs_up_harms_nobody(
    server: Server, text: str, capfd: pytest.CaptureFixture[str], lines: list[str]
) -> None:
    for _ in range(5):
        _say(server, text, hang_up=True)
    _wait_until(lambda: not server._open)
    assert _still_serves(server)
    assert server.sandbox.create_count in ((0, 1, 2, 3, 4, 5) if text.endswith("}") and " 13" in text else (0,))
    assert capfd.readouterr() == ("", "")
    assert not [line for line in lines if "ended with" in line or "bug" in line]


def test_a_client_that_says_nothing_is_let_go_without_a_word(
    server: Server, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("invent_gitops.sandbox.server._Handler.timeout", 0.05)
    assert _say(server, "") == b""
    assert _say(server, f"{HEAD}Content-Length: 9\r\n\r\n1234") == b""
    assert capfd.readouterr() == ("", "")


def test_a_client_that_says_it_will_close_is_let_go(server: Server) -> None:
    answer = _say(server, f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer k\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    assert body == b"[]"


def test_it_is_quiet_unless_a_line_for_each_request_is_asked_for(
    server: Server, lines: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    server.faults.add("close-after@create:1")
    with httpx.Client(base_url=server.url, headers=KEY, trust_env=False, verify=NO_TLS) as client:
        client.get(PATH, params={"take": 5})
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(PATH, json={"name": "x"})
    _say(server, "GET /##[error]\x1b[31m%0A::error::\xe9 HTTP/1.1\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert len(lines) == 3
    assert lines[0].startswith(f"sandbox: GET {PATH}?take=5 200 (")
    assert lines[0].endswith(" ms)")
    assert lines[1].startswith(f"sandbox: POST {PATH} no answer (")
    assert lines[2].isascii()
    assert lines[2].isprintable()
    assert "##[" not in lines[2]
    assert capfd.readouterr() == ("", "")


def test_a_bug_in_the_sandbox_is_a_500_in_json_and_a_line(
    server: Server, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(server.sandbox, "handle", broken)
    answer = _get(server)
    assert (answer.status_code, list(answer.json())) == (500, ["message"])
    assert any("ZeroDivisionError" in line for line in lines)


def test_a_file_damaged_while_it_is_served_is_a_500_that_says_so(server: Server) -> None:
    with server.sandbox._file.transaction(write=True) as db:
        db.execute("DROP TABLE broadcasts")
    answer = _get(server)
    assert answer.status_code == 500
    assert "damaged" in answer.json()["message"]
    assert "Name another file" in answer.json()["message"]


def test_the_end_comes_at_once_although_clients_hang_on_and_the_port_is_free_again() -> None:
    with Sandbox(limit=0) as box, httpx.Client(headers=KEY, trust_env=False, verify=NO_TLS) as client:
        with serve(box, faults=Faults("hang=600@create:1", "delay=600@create:2")) as server:
            client.get(server.url + PATH)
            threads = [threading.Thread(target=_swallow, args=(server.url + PATH,)) for _ in range(2)]
            for thread in threads:
                thread.start()
            _wait_until(lambda: server.faults.seen("create") == 2)
            started = time.monotonic()
        assert time.monotonic() - started < PATIENCE, "the clients would hang on for twice as long"
        for thread in threads:
            thread.join(PATIENCE)
        assert box.create_count == 1, "the delayed one was not carried out after the end"
        with pytest.raises(httpx.TransportError):
            client.get(server.url + PATH)
        with serve(box, port=server.server_port) as again:
            assert again.url == server.url
            assert _still_serves(again)


def _swallow(url: str) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.post(url, json={"name": "x"}, headers=KEY, trust_env=False, verify=NO_TLS, timeout=PATIENCE)


def test_a_port_in_use_is_an_os_error(server: Server) -> None:
    with pytest.raises(OSError, match="in use"), serve(server.sandbox, port=server.server_port):
        pass
