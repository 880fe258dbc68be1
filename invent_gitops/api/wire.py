"""One request and its whole answer: paced, bounded in size and in time, never followed and never repeated."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from invent_gitops import __version__
from invent_gitops.api.answer import retry_after, without, words
from invent_gitops.api.pace import Pace
from invent_gitops.api.target import Target
from invent_gitops.errors import WrongUsage

BODY_LIMIT = 16 * 1024 * 1024
# Seconds without a byte after which a read is given up; it may be asked for again.
READ_TIMEOUT = 60.0
# Seconds of waiting for which people want to know the reason.
LONG = 3.0


class Reply(NamedTuple):
    """A whole answer."""

    status: int
    headers: httpx.Headers
    body: bytes


class Wire:
    """The way to one org. Safe to use from several threads; `stop` ends every wait.

    `rate` is in requests a minute over all threads, `create_timeout` how many seconds without a byte a
    create may take. `tell` is told why, when there is something to wait for. Raises `WrongUsage` where the environment
    makes a connection impossible.
    """

    def __init__(
        self, target: Target, *, rate: float, stop: threading.Event, create_timeout: float, tell: Callable[[str], None]
    ) -> None:
        self._target = target
        self._timeouts = {"POST": create_timeout, "GET": min(READ_TIMEOUT, create_timeout)}
        self.stop, self._tell = stop, tell
        self.pace = Pace(rate, stop)
        try:
            self.client = httpx.Client(
                base_url=target.base_url,
                headers={
                    "Authorization": f"Bearer {target.key}",
                    "Accept": "application/json",
                    "User-Agent": f"invent-gitops/{__version__}",
                },
                timeout=httpx.Timeout(10.0, write=30.0, pool=30.0),
                # A connection of its own for each request: one that the server is about to close, or on which it
                # has said something more, would turn a create into an unknown or lend it the answer of another.
                # Reads do without one, too: the handshake costs 2 ms and two round trips, the pace alone 150 ms.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                # A proxy must not see what stays on this machine.
                trust_env=not target.loopback,
            )
        except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
            raise WrongUsage(
                f"The connection cannot be set up: {error}",
                "Check the proxy and certificate variables of the environment (HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE).",
            ) from None

    def close(self) -> None:
        self.client.close()

    def exchange(self, method: str, route: str, *, json: object = None, params: dict[str, str] | None = None) -> Reply:
        """One request to a route of the org and its whole answer, or `httpx.HTTPError`."""
        path = f"/orgs/{self._target.org}/{route}"
        seconds = self._timeouts[method]
        usual = self.client.timeout
        timeout = httpx.Timeout(connect=usual.connect, read=seconds, write=usual.write, pool=usual.pool)
        with self._limited(seconds + 30.0) as trace:
            extensions = {"trace": trace}
            with self.client.stream(
                method, path, json=json, params=params, timeout=timeout, extensions=extensions
            ) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > BODY_LIMIT:
                        raise httpx.DecodingError("the answer is larger than 16 MiB", request=response.request)
                return Reply(response.status_code, response.headers, bytes(body))

    def hold_back(self, headers: httpx.Headers, attempt: int, give_up: float, why: str) -> bool:
        """Hold everyone back as told, or with growing pauses; False if that would last beyond the moment `give_up`."""
        told = retry_after(headers.get("retry-after"), datetime.now(UTC))
        jitter = random.uniform(0.5, 1.0)  # noqa: S311  # spreads retries, keeps no secret
        pause = max(told, 1.0) if told is not None else min(60.0, 2.0 ** (attempt - 1)) * jitter
        if time.monotonic() + pause > give_up or self.stop.is_set():
            return False
        if pause >= LONG:
            self._tell(f"{why} It is asked again in {pause:.0f} seconds.")
        self.pace.hold(pause)
        return True

    def told(self, error: Exception) -> str:
        return without(str(error) or type(error).__name__, self._target.key)

    def words(self, body: bytes) -> str:
        return words(body, self._target.key)

    @contextmanager
    def _limited(self, seconds: float) -> Iterator[Callable[[str, dict[str, Any]], None]]:
        """Hang up when an exchange as a whole takes too long; httpx starts its time-outs anew with every byte."""
        streams: list[Any] = []

        def trace(name: str, info: dict[str, Any]) -> None:
            if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                streams.append(info["return_value"])

        def hang_up() -> None:
            for stream in streams[-1:]:
                with suppress(OSError, AttributeError):
                    stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield trace
        finally:
            timer.cancel()
