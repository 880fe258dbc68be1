"""A proxy on loopback, and what it may do when it is asked for a tunnel."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

Behaviour = Callable[[socket.socket], None]
OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass
class Proxy:
    """Reads the head of what is asked, keeps it in `asked`, and does what `then` says. It may have a `certificate`."""

    then: Behaviour
    certificate: Path | None = None
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in (self._listener, *self._open):
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(self.certificate)
                connection = context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            with connection:
                head = b""
                while not head.endswith(b"\r\n\r\n") and (byte := connection.recv(1)):
                    head += byte
                self.asked.append(head)
                self.then(connection)


def says(data: bytes) -> Behaviour:
    return lambda connection: connection.sendall(data)


def in_turn(behaviours: Sequence[Behaviour]) -> Behaviour:
    """One after the other, for one connection each."""
    left = iter(behaviours)

    def act(connection: socket.socket) -> None:
        next(left)(connection)

    return act


def tunnel_to(port: int, *, first: Callable[[], object] = lambda: None) -> Behaviour:
    """Opens the tunnel, once `first` has returned, and carries both ways until one end is closed."""

    def carry(connection: socket.socket) -> None:
        first()
        with socket.create_connection(("127.0.0.1", port)) as origin:
            connection.sendall(OPENED)
            back = threading.Thread(target=_pump, args=(origin, connection), daemon=True)
            back.start()
            _pump(connection, origin)
            back.join()

    return carry


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    # The ends are shut, not closed: the other thread may be reading from them.
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy(then: Behaviour, certificate: Path | None = None) -> Iterator[Proxy]:
    server = Proxy(then, certificate)
    try:
        yield server
    finally:
        server.close()
