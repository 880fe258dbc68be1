"""What the tests of the API and of the commands share: real processes, real sockets, a real terminal."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import io
import json
import os
import pty
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from invent_gitops.cli import main
from invent_gitops.sandbox.server import Server, serve
from invent_gitops.sandbox.service import Sandbox
from tests import forked
from tests.forked import PATIENCE, Forked

ROOT, environment = forked.ROOT, forked.environment

COMMAND = [sys.executable, "-m", "invent_gitops"]
KEY = "k-5f0c2b7d9e"
STATE = "invent.state.json"
# Self-signed for localhost, 127.0.0.1 and invent.invalid.
CERTIFICATE = ROOT / "tests" / "certificates" / "valid.pem"
EXPIRED = CERTIFICATE.with_name("expired.pem")
# Far enough ahead of whoever runs the tests.
WHEN = "2099-03-01T09:00:00Z"
# As fast as the machine can: the pace has tests of its own.
FAST = ("--rate", "1000000")
# Reading the machine's certificates takes longer than a request; once is enough for a test run.
one_tls_context = functools.cache(ssl.create_default_context)


@dataclass(frozen=True, slots=True)
class Result:
    """What a call of the command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout, which keeps the schema that it names."""
        found = json.loads(self.out)
        schema = json.loads((ROOT / "schemas" / f"{found['kind']}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(found)
        assert found["exit_code"] == self.code
        return found

    @property
    def all(self) -> str:
        return self.out + self.err


def account(url: str, key: str = KEY) -> dict[str, str]:
    return {"INVENT_BASE_URL": url, "INVENT_API_KEY": key}


def run(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Result:
    """The command line as a process of its own, forked by a warm one and started in `folder`."""
    with started(folder, *words, env=env) as process:
        return ended(process)


def call(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Result:
    """The same within this process, which is ten times as fast, for where a process is not the point."""
    raw = [io.BytesIO(), io.BytesIO()]
    out, err = (io.TextIOWrapper(stream, encoding="utf-8", newline="\n", write_through=True) for stream in raw)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with (
            contextlib.chdir(folder),
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.setattr(ssl, "create_default_context", one_tls_context)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                main(list(words))
    finally:
        signal.signal(signal.SIGTERM, before)
    return Result(int(left.value.code or 0), *(stream.getvalue().decode() for stream in raw))


@contextmanager
def started(
    folder: Path, *words: str, env: Mapping[str, str] | None = None, before: str = "", **streams: Any
) -> Iterator[subprocess.Popen[str]]:
    """A process of the command line while it runs; it is killed at the end, if it is still there.

    `before` is code that the process runs first.
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    process = Forked(
        [*COMMAND, *words],
        "invent_gitops",
        words,
        before=before,
        cwd=folder,
        env=environment(env),
        encoding="utf-8",
        **pipes,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> Result:
    out, err = process.communicate(timeout=PATIENCE)
    return Result(process.returncode, out or "", err or "")


def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds; the test fails if it never does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "this never came true"
        time.sleep(0.005)


def hold_creates(server: Server, first: int) -> threading.Event:
    """Let the creates from this number on wait for their answers until the event that is returned is set."""
    go, strike = threading.Event(), server.faults.strike

    def held(route: Any, page: int | None = None) -> Any:
        struck = strike(route, page)
        if route == "create" and server.faults.seen("create") >= first:
            go.wait(PATIENCE)
        return struck

    server.faults.strike = held  # type: ignore[method-assign]
    return go


def stops(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to an apply, and wait until it says that it stops."""
    assert process.stderr is not None
    process.send_signal(number)
    assert any("Stopping: nothing new is started" in line for line in iter(process.stderr.readline, ""))


def at_deadline(attempt: Callable[[float], Result], begun: Callable[[], object]) -> tuple[Result, float]:
    """The first of some runs whose deadline, in seconds, came after its first create; `begun` says whether it did.

    A busy machine may need longer than any deadline that is short enough to wait for. Then nothing was created, which
    the run says, and the next one has four times as long.
    """
    for seconds in (1.5, 6.0, 24.0, 96.0):
        result = attempt(seconds)
        if begun():
            return result, seconds
        assert f"The deadline of {seconds:g} seconds was over. Nothing was created before that." in result.all
    raise AssertionError("no run of this machine begins to create")


def afterwards(condition: Callable[[], bool], then: Callable[[], None]) -> threading.Thread:
    """Do `then` as soon as `condition` holds, from another thread, which is running already."""

    def watch() -> None:
        until(condition)
        then()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def define(folder: Path, *keys: str, below: str = "broadcasts") -> Path:
    """Write a good definition for each key; they differ in their names."""
    for key in keys:
        path = folder / below / f"{key}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: Campaign {key}\nschedule: {WHEN}\nsegments: [vip]\n", encoding="utf-8")
    return folder / below


def state_of(folder: Path, name: str = STATE) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return found


def ids(folder: Path, name: str = STATE) -> dict[str, str]:
    """The recorded ids by key."""
    return {key: record["id"] for key, record in state_of(folder, name)["broadcasts"].items()}


def aged(folder: Path, name: str = STATE) -> None:
    """Let every open attempt have been made an hour ago, so that its call is over for certain."""
    state = state_of(folder, name)
    for intent in state["intents"].values():
        made = datetime.fromisoformat(intent["provenance"]["at"])
        intent["provenance"]["at"] = f"{(made - timedelta(hours=1)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        intent.pop("settles_at", None)
    (folder / name).write_text(json.dumps(state, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def invent(*faults: str, key: str | None = None) -> Iterator[Server]:
    """A built-in Invent in this process, without a limit on requests."""
    with Sandbox(key=key, limit=0) as sandbox, serve(sandbox) as server:
        for fault in faults:
            server.faults.add(fault)
        yield server


def posted(server: Server) -> list[str]:
    """The names in the creates that reached the server, sorted."""
    return sorted(seen.body["name"] for seen in server.sandbox.requests if seen.method == "POST")


def live(server: Server) -> dict[str, str]:
    """The ids of the broadcasts that exist, by name; each name exists once."""
    found = server.sandbox.broadcasts()
    by_name = {one["name"]: one["id"] for one in found}
    assert len(by_name) == len(found), "something was created twice"
    return by_name


class Fault(Enum):
    """What a scripted server does instead of answering."""

    CLOSE = "close the connection"
    RESET = "reset the connection"
    HANG = "say nothing"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Reply = bytes | Fault
Script = Callable[[Received], Reply]


def http(status: int, body: bytes | object = b"", keep: bool = False, **headers: str | int) -> bytes:
    """An answer in bytes. Anything but bytes is sent as JSON; `retry_after=1` is the header Retry-After."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Length": len(content), "Connection": "keep-alive" if keep else "close"}
    lines |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode("latin-1") + content


@dataclass
class Scripted:
    """A server on loopback that answers with scripted bytes, the last ones again and again.

    With a `certificate`, it speaks TLS; `handshake` is what it waits for before that.
    """

    replies: Sequence[Reply | Script]
    idle: float = 0.0
    certificate: Path | None = None
    handshake: Callable[[], object] = lambda: None
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    closed: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock, self._over = threading.Lock(), threading.Event()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in (self._listener, *self._open):
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._talk(self._secured(connection))
        self.closed += 1

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self.certificate is None:
            return connection
        self.handshake()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        secured = context.wrap_socket(connection, server_side=True)
        self._open.append(secured)
        return secured

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as reader:
            data: Reply = b""
            while request := _read(reader):
                with self._lock:
                    reply = self.replies[min(len(self.received), len(self.replies) - 1)]
                    self.received.append(request)
                data = reply(request) if callable(reply) else reply
                if data is Fault.HANG:
                    self._over.wait(PATIENCE)
                if data is Fault.RESET:
                    # With no time to linger, a close is a reset.
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if isinstance(data, Fault):
                    break
                connection.sendall(data)
                if b"Connection: keep-alive" not in data[:500]:
                    break
                if self.idle:
                    connection.settimeout(self.idle)
            if request and data is not Fault.RESET:
                connection.shutdown(socket.SHUT_WR)


def _read(reader: Any) -> Received | None:
    first = reader.readline().decode("latin-1").split()
    if len(first) != 3 or not first[2].startswith("HTTP/"):
        return None
    headers: dict[str, str] = {}
    while (line := reader.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    url = urlsplit(first[1])
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    return Received(first[0], url.path, query, headers, reader.read(int(headers.get("content-length", 0))))


@contextmanager
def scripted(*replies: Reply | Script, idle: float = 0.0, **tls: Any) -> Iterator[Scripted]:
    """A scripted server while the block lasts; `idle` is how long it keeps an unused connection open."""
    server = Scripted(replies, idle, **tls)
    try:
        yield server
    finally:
        server.close()


_TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


def reads_stdin(pid: int) -> bool:
    """Whether the main thread of a process waits in a read of its stdin."""
    try:
        number, file, *_ = Path(f"/proc/{pid}/syscall").read_text(encoding="utf-8").split()
    except FileNotFoundError:  # a system that does not tell
        time.sleep(0.2)
        return True
    except ValueError:  # it runs
        return False
    return number in ("0", "63") and file == "0x0"  # as x86 and Arm number it


class Terminal:
    """The command line with a terminal as its stdin and stderr; what it prints on stdout is kept apart.

    With a `screen` stdout is that terminal, too. It is so wide that lines are not wrapped, unless `columns` says else.
    """

    def __init__(
        self,
        folder: Path,
        *words: str,
        env: Mapping[str, str] | None = None,
        screen: bool = False,
        columns: int = 200,
    ) -> None:
        self.shown = ""
        self._screen = screen
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, 0x5414, struct.pack("HHHH", 40, columns, 0, 0))  # TIOCSWINSZ
        self.process = Forked(
            [sys.executable, "-c", _TAKE_TERMINAL, *COMMAND, *words],
            "invent_gitops",
            words,
            terminal=True,
            cwd=folder,
            env=environment(env),
            stdin=slave,
            stdout=slave if screen else subprocess.PIPE,
            stderr=slave,
            encoding="utf-8",
            start_new_session=True,
        )
        os.close(slave)

    def until(self, text: str) -> None:
        """Wait until the terminal shows `text`."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < end, f"the terminal never showed {text!r}: {self.shown}"
            if select.select([self._master], [], [], 0.1)[0]:
                self.shown += os.read(self._master, 4096).decode(errors="replace")

    def type(self, text: str) -> None:
        if text == "\x03" and self.shown.rstrip().endswith("[y/N]:"):
            # Python's own prompt loses a Ctrl-C in the instant between showing itself and reading.
            until(lambda: reads_stdin(self.process.pid))
        os.write(self._master, text.encode())

    def end(self) -> Result:
        try:
            if self._screen:
                self._read_all()
            out, _ = self.process.communicate(timeout=PATIENCE)
            with contextlib.suppress(OSError):
                while select.select([self._master], [], [], 0)[0] and (data := os.read(self._master, 4096)):
                    self.shown += data.decode(errors="replace")
            return Result(self.process.returncode, out or "", self.shown)
        finally:
            self.process.kill()
            self.process.communicate()
            os.close(self._master)

    def _read_all(self) -> None:
        """Read until nobody has the terminal open any more, so that a long page does not wait for its reader."""
        end = time.monotonic() + PATIENCE
        with contextlib.suppress(OSError):
            while time.monotonic() < end:
                if select.select([self._master], [], [], 0.1)[0]:
                    self.shown += os.read(self._master, 4096).decode(errors="replace")
