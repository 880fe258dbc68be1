"""The sandbox over HTTP on 127.0.0.1, with faults to order; it outlives whatever its clients do."""

from __future__ import annotations

import os
import re
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from invent_gitops.errors import InventGitopsError
from invent_gitops.sandbox.contract import MAX_BODY, Answer, Rejection, RouteName, find_route, json_answer, page_asked
from invent_gitops.sandbox.control import PREFIX
from invent_gitops.sandbox.false_answers import Alteration
from invent_gitops.sandbox.faults import Fault, Faults
from invent_gitops.sandbox.service import Sandbox

HOST = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """A running sandbox: `url` is its base URL, `sandbox` its data, `faults` what goes wrong from now on."""

    daemon_threads = True
    request_queue_size = 128
    # Elsewhere than on POSIX this would let two servers listen on one port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, sandbox: Sandbox, port: int, faults: Faults, report: Callable[[str], None] | None) -> None:
        self.sandbox, self.faults = sandbox, faults
        self.report: Callable[[str], None] = report or (lambda line: None)
        self.stopping = threading.Event()
        self._open: set[Any] = set()
        self._changed = threading.Condition()
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"

    def server_bind(self) -> None:
        # The inherited one asks the name service who 127.0.0.1 is, which can take seconds and tells nothing.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def quiet(self, patience: float = 5.0) -> bool:
        """Wait until every connection that was made is served to its end; False if that lasts longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._open, timeout=patience)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients hang up whenever they like; a traceback for each would bury what matters.
        error = sys.exception()
        if not isinstance(error, OSError):
            self.report(f"sandbox: a connection ended with {error!r}")

    def stop(self) -> None:
        """End every connection and wait for those who serve them, so that nobody uses the sandbox afterwards."""
        self.stopping.set()
        self.shutdown()
        with self._changed:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.quiet()
        self.server_close()


@contextmanager
def serve(
    sandbox: Sandbox, port: int = 0, faults: Faults | None = None, report: Callable[[str], None] | None = None
) -> Iterator[Server]:
    """Serve a sandbox until the block ends; port 0 takes any free one. `report` gets a line for each request.

    `OSError` where the port cannot be had. The sandbox stays open: it belongs to the caller.
    """
    server = Server(sandbox, port, faults or Faults(), report)
    # The interval is how long an end may take; the default of half a second adds up over a test run.
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # seconds in which a client must say something

    def serve_request(self) -> None:
        started = time.perf_counter()
        try:
            answer = self.respond()
        except OSError:
            answer = None
        # Without a whole answer nobody could tell where the next one starts.
        self.close_connection = self.close_connection or answer is None
        status = answer.status if answer else "no answer"
        took = (time.perf_counter() - started) * 1000
        # Quoting leaves nothing in the line that a terminal or a log of a build could take for a command.
        self.server.report(f"sandbox: {quote(self.command)} {quote(self.path, safe='/%?=&')} {status} ({took:.1f} ms)")

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve_request  # noqa: N815 - so they are looked for

    def respond(self) -> Answer | None:
        """Answer the request that was just read; None if the client got no whole answer."""
        path, _, query = self.path.partition("?")
        try:
            length = self.body_length()
        except Rejection as refusal:
            self.server.sandbox.remember(self.command, path, b"", refusal.answer.status)
            return self.reject(refusal.answer)
        body = self.rfile.read(length)
        if len(body) < length:
            return None
        if path.startswith(PREFIX):
            return self.send(self.handle_safely(path, query, body))
        route = _route_name(self.command, path)
        delay, fault = self.server.faults.strike(route, page_asked(route, query))
        if self.server.stopping.wait(delay):
            return None
        if fault is None or fault.alters:
            altered = fault.alteration(self.server.faults.seen(fault.target)) if fault else None
            return self.send(self.handle_safely(path, query, body, altered))
        instead = fault.answer(path)
        if fault.commits:
            genuine = self.handle_safely(path, query, body)
            return self.spoil(fault, genuine, instead)
        self.server.sandbox.remember(self.command, path, body, instead.status if instead else 0)
        return self.send(instead) if instead else None

    def spoil(self, fault: Fault, genuine: Answer, instead: Answer | None) -> Answer | None:
        """Keep from the client the answer to what was carried out."""
        if instead:
            return self.send(instead)
        if fault.kind == "cut-body":
            return self.send(genuine, cut=True)
        if fault.kind == "clock":
            return self.send(genuine, date=self.date_off_by(fault.argument))
        if fault.kind == "hang":
            self.server.stopping.wait(fault.argument)
        return None

    def handle_safely(self, path: str, query: str, body: bytes, altered: Alteration | None = None) -> Answer:
        try:
            sandbox, headers = self.server.sandbox, dict(self.headers.items())
            if path.startswith(PREFIX):
                return sandbox.control(self.command, path, headers, body)
            return sandbox.handle(self.command, path, query, headers, body, altered)
        except InventGitopsError as error:
            return json_answer(500, {"message": f"{error.message} {error.cure}"})
        except Exception as error:  # noqa: BLE001 - a bug must not end the connection without a word
            self.server.report(f"sandbox: a bug in the sandbox: {error!r}")
            return json_answer(500, {"message": f"A bug in the sandbox: {error!r}"})

    def body_length(self) -> int:
        """Return how many bytes of body follow; `Rejection` where that is not said in a way the sandbox can use."""
        if self.headers["Transfer-Encoding"]:
            raise Rejection(411, "The sandbox needs a Content-Length and reads no chunks.")
        lengths = set(self.headers.get_all("Content-Length", ["0"]))
        text = lengths.pop().strip()
        if lengths or not re.fullmatch(r"[0-9]{1,15}", text):
            raise Rejection(400, "The Content-Length is not a number of bytes.")
        if int(text) > MAX_BODY:
            raise Rejection(413, f"The body is larger than {MAX_BODY} bytes.")
        return int(text)

    def date_off_by(self, seconds: float | None) -> str:
        return "" if seconds is None else self.date_time_string(time.time() + seconds)

    def send(self, answer: Answer, cut: bool = False, date: str | None = None) -> Answer | None:
        """Send an answer. `date` stands in for the true one; "" is none."""
        date = self.date_time_string() if date is None else date
        if cut:
            self.close_connection = True
        body = b"" if answer.status == HTTPStatus.NOT_MODIFIED else answer.body
        headers = {
            **answer.headers,
            "content-length": str(len(body)),
            **({"date": date} if date else {}),
            "connection": "close" if self.close_connection else "keep-alive",
        }
        lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}", *(f"{key}: {headers[key]}" for key in headers)]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        # HEAD promises a body and sends none; the first line may have been unreadable, and then there is no command.
        payload = b"" if getattr(self, "command", None) == "HEAD" else body[: len(body) // 2] if cut else body
        self.wfile.write(head + payload)
        return None if cut else answer

    def reject(self, answer: Answer) -> Answer:
        """Answer a request whose end is unknown, and close."""
        self.close_connection = True
        self.send(answer)
        # Closing with bytes unread resets the connection, and the reset can overtake the answer.
        until = time.monotonic() + 2
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(0.5)
            while time.monotonic() < until and self.rfile.read1(65536):
                pass
        return answer

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request at all, as the standard library calls it."""
        with suppress(OSError):
            self.reject(json_answer(code, {"message": message or _phrase(code)}))

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `report` is the one voice."""


def _route_name(method: str, path: str) -> RouteName | None:
    try:
        return find_route(method, path).name
    except Rejection:
        return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"
