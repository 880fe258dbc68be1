"""A connection that does not come about: nothing has left, so it is tried again for a while, and sent once."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from invent_gitops.api import client
from invent_gitops.api.client import InventApi
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import Request
from invent_gitops.model.outcome import Created, NotCreated
from tests.running import KEY, Scripted, http

REQUEST = Request("Spring", datetime(2099, 3, 1, 9, tzinfo=UTC), ("a",), False)
GOOD = http(200, {"id": "b_1", "name": REQUEST.name, "status": "DRAFT", "scheduled_at": "2099-03-01T09:00:00Z"})


class Late(Scripted):
    """A server whose port is taken and refuses connections until `listen` is called."""

    def __post_init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._lock, self._over, self._open = threading.Lock(), threading.Event(), []

    def listen(self) -> None:
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.01)


def api_at(
    url: str, stop: threading.Event | None = None, tell: Callable[[str], None] = lambda reason: None
) -> InventApi:
    return InventApi(Target(url, "c", url, KEY), rate=1e9, stop=stop or threading.Event(), read_timeout=20, tell=tell)


def in_pauses(api: InventApi, monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object]) -> list[float]:
    """Take the next of the steps whenever requests are held back; return the pauses."""
    pauses: list[float] = []
    waiting, hold = list(steps), api._wire.pace.hold

    def step(seconds: float) -> None:
        pauses.append(seconds)
        if waiting:
            waiting.pop(0)()
        hold(seconds)

    monkeypatch.setattr(api._wire.pace, "hold", step)
    return pauses


def test_a_server_that_refuses_connections_for_a_moment_gets_the_create_once(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Late([GOOD])
    with api_at(server.url) as api:
        pauses = in_pauses(api, monkeypatch, lambda: None, server.listen)
        assert isinstance(api.create(REQUEST), Created)
    server.close()
    assert len(pauses) == 2
    assert len(server.received) == server.connections == 1


def test_a_full_queue_of_connections_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Late([GOOD])
    server._listener.listen(0)
    waiting = [socket.socket() for _ in range(8)]
    for one in waiting:
        one.setblocking(False)
        one.connect_ex(("127.0.0.1", server.port))

    def make_room() -> None:
        for one in waiting:
            one.close()
        api._wire.connection.timeout = httpx.Timeout(20)
        server.listen()

    with api_at(server.url) as api:
        api._wire.connection.timeout = httpx.Timeout(0.2)
        in_pauses(api, monkeypatch, make_room)
        assert isinstance(api.create(REQUEST), Created)
    server.close()
    assert len(server.received) == 1


def test_tries_without_a_connection_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Late([GOOD])
    with api_at(server.url) as api:
        pauses = in_pauses(api, monkeypatch)
        answer = api.create(REQUEST)
        assert isinstance(answer, NotCreated)
        assert answer.reason.startswith("It could not be sent: ")
        assert len(pauses) == client.OPEN_TRIES - 1
    server.close()


def test_all_creates_share_the_time_of_waiting_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Late([GOOD])
    with api_at(server.url) as api:
        pauses = in_pauses(api, monkeypatch)
        assert isinstance(api.create(REQUEST), NotCreated)
        monkeypatch.setattr(client, "OPEN_PATIENCE", 0.0)
        before = len(pauses)
        assert isinstance(api.create(REQUEST), NotCreated)
        assert len(pauses) == before
        # A connection that comes about ends the wait, so that the next trouble has a time of its own.
        server.listen()
        assert isinstance(api.create(REQUEST), Created)
        assert api._closed_since is None
    server.close()


def test_an_intent_that_grew_old_without_a_connection_is_not_acted_upon(monkeypatch: pytest.MonkeyPatch) -> None:
    server, is_fresh = Late([GOOD]), True

    def grow_old() -> None:
        nonlocal is_fresh
        is_fresh = False
        server.listen()

    with api_at(server.url) as api:
        in_pauses(api, monkeypatch, grow_old)
        assert api.create(REQUEST, lambda: is_fresh) == NotCreated("It waited too long to be sent.", stale=True)
    server.close()
    assert server.received == []


def test_stop_ends_the_wait_for_a_connection_and_nothing_was_attempted(monkeypatch: pytest.MonkeyPatch) -> None:
    server, stop = Late([GOOD]), threading.Event()
    with api_at(server.url, stop) as api:
        in_pauses(api, monkeypatch, stop.set)
        assert api.create(REQUEST) == NotCreated("Stopped before it was sent.", stopped=True)
    server.close()


def test_a_long_wait_for_a_connection_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 1.0)
    server, reasons = Late([GOOD]), list[str]()
    with api_at(server.url, tell=reasons.append) as api:
        monkeypatch.setattr(api._wire.pace, "hold", lambda seconds: None)
        assert isinstance(api.create(REQUEST), NotCreated)
    server.close()
    assert [reason.endswith("It is asked again in 4 seconds.") for reason in reasons] == [True]
    assert reasons[0].startswith("No connection to Invent: ")


FEW_PORTS = """
import fcntl, random, socket, struct, threading
with socket.socket() as one:  # a new network has its loopback switched off
    fcntl.ioctl(one, 0x8914, struct.pack("16sh22x", b"lo", 0x41))
with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
    file.write("40000 40003")
from invent_gitops.model.outcome import Created
from tests.api.test_unopened import GOOD, REQUEST, api_at
from tests.running import Scripted
random.uniform = lambda low, high: 0.01
server = Scripted([GOOD])
held, reasons = [], []
for _ in range(8):
    try:
        held.append(socket.create_connection(("127.0.0.1", server.port)))
    except OSError as error:
        reasons.append(error.strerror)
assert reasons
with api_at(server.url) as api:
    hold = api._wire.pace.hold
    def free(seconds):
        while held:
            taken = held.pop()
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            taken.close()
        hold(seconds)
        print("held back")
    api._wire.pace.hold = free
    assert isinstance(api.create(REQUEST), Created)
assert len(server.received) == 1
"""


def _has_own_networks() -> bool:
    try:
        return subprocess.run(["unshare", "-rn", "true"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not _has_own_networks(), reason="the system gives no network of its own to a process")
def test_a_machine_without_a_free_port_creates_once_it_has_one() -> None:
    words = ["unshare", "-rn", sys.executable, "-c", FEW_PORTS]
    finished = subprocess.run(words, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    assert (finished.stdout, finished.stderr) == ("held back\n", "")
