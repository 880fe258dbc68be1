"""One connection for one request: when the request began to leave, and the end of its time."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from invent_gitops.http.errors import NotSent
from invent_gitops.http.transport import Kept
from invent_gitops.http.watch import Watch

# Seconds in which the way must be open: name look-up, connection, a proxy's tunnel and TLS together.
OPENING = 60.0
_LINGER = "hh" if os.name == "nt" else "ii"


class Line:
    """The way of one request. `trace` hears from the HTTP library what happens on it.

    Right before the first byte of the request, `fresh` is asked; after a no, nothing is sent. From a yes on, the
    request and its answer have `seconds`. Then the connection is cut, and what has not left by then never does.
    `begun` is whether anything can have left, `over` whether a limit cut it, `complete` whether the answer came.
    `ends` is when the `watch` cuts it: the library's own time-outs begin anew with every byte. What is `kept` has a
    connection already, or gets one that stays after a complete answer.
    """

    def __init__(self, fresh: Callable[[], bool], seconds: float, watch: Watch, kept: Kept | None = None) -> None:
        self.begun = self.complete = self.over = False
        # What the library does at the moment, such as "connection.start_tls".
        self.stage = ""
        self._fresh, self._seconds, self._watch = fresh, seconds, watch
        self._lock = threading.Lock()
        self._kept = kept
        self._socket = kept.socket if kept else None
        self._last(OPENING)

    def trace(self, name: str, details: dict[str, Any]) -> None:
        if name.endswith(".started"):
            self.stage = name.removesuffix(".started")
        if name.endswith("connect_tcp.complete"):
            # A socket of its own for the same connection: TLS and tunnels wrap the other one beyond recognition.
            connected = details["return_value"].get_extra_info("socket").dup()
            with self._lock:
                if self._socket is not None:
                    self._socket.close()
                self._socket = connected
        elif name.endswith("send_request_headers.started") and details["request"].method != b"CONNECT":
            self._begin()

    def body(self, content: bytes) -> Iterator[bytes]:
        """Yield the body of the request, which is let go only if its beginning was heard of: else nothing was asked."""
        if not self.begun:
            raise NotSent(_UNHEARD, lasting=True, cure=_LOCKED)
        yield content

    def _begin(self) -> None:
        with self._lock:
            if self.over:
                raise NotSent(f"The connection took longer than {OPENING:.0f} seconds.")
            if self._socket is None:
                raise NotSent(_UNHEARD, lasting=True, cure=_LOCKED)
            self._last(self._seconds)
            try:
                self._forget_at_the_end(self._socket)
            except OSError as error:
                raise NotSent(f"The connection was lost: {error}.", unopened=True) from error
            if not self._fresh():
                raise NotSent("It waited too long to be sent.", stale=True)
            self.begun = True

    def close(self) -> None:
        """Give up what is left. After a `complete` answer that is an ordinary end, else the connection is reset.

        What is kept stays open after a complete answer, for the next request.
        """
        self._watch.drop(self)
        if self._socket is None:
            return
        with suppress(OSError):
            if self.complete:
                self._linger(False)
        if self._kept and self.complete:
            self._kept.socket = self._socket
            return
        self._socket.close()
        if self._kept:
            self._kept.socket = None

    def _forget_at_the_end(self, connection: socket.socket) -> None:
        """Let the system send nothing late of what waits there, neither after a close nor while we are stopped."""
        # Without time to linger, a close takes it back.
        self._linger(True)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            milliseconds = max(1, int(self._seconds * 1000))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)

    def _linger(self, reset: bool) -> None:
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, reset, 0))

    def cut(self) -> None:
        """End it if its time is over."""
        with self._lock:
            if time.monotonic() < self.ends:
                return
            self.over = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _last(self, seconds: float) -> None:
        """Be cut after `seconds` from now on."""
        self.ends = time.monotonic() + seconds
        try:
            self._watch.add(self)
        except RuntimeError as error:
            raise NotSent(f"The system has no thread to watch over it: {error}.") from error


_UNHEARD = "The HTTP library did not say when the request begins to leave, so it was not let go."
_LOCKED = "Install other versions of the library: pip install httpx==0.28.1 httpcore==1.0.9"
