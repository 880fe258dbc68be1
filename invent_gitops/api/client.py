"""Sends requests to Invent: a create exactly once, a read as often as it needs within limits."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from invent_gitops import __version__
from invent_gitops.api.answer import read_list, read_remote, retry_after, verdict, without, words
from invent_gitops.api.pace import Pace
from invent_gitops.api.target import Target
from invent_gitops.errors import Interrupted, Unavailable, WrongUsage
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.outcome import Answer, NotCreated, Unknown

PAGE = 100
BODY_LIMIT = 16 * 1024 * 1024
PATIENCE = 300.0
PAGES = 100_000

# Raised before a byte of the request has left: nothing can have been created.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)


class InventApi:
    """The documented routes of one org. Safe to use from several threads; `stop` ends every wait.

    `rate` is in requests a minute over all threads. Documented limit: 500 for each IP address.
    """

    def __init__(self, target: Target, *, rate: float, stop: threading.Event, read_timeout: float = 300.0) -> None:
        self._target = target
        self._stop = stop
        self._pace = Pace(rate, stop)
        self._patience = read_timeout
        try:
            self._client = httpx.Client(
                base_url=target.base_url,
                headers={
                    "Authorization": f"Bearer {target.key}",
                    "Accept": "application/json",
                    "User-Agent": f"invent-gitops/{__version__}",
                },
                # A create may take minutes on a large account; giving up early only makes an unknown of it.
                timeout=httpx.Timeout(10.0, read=read_timeout, write=30.0, pool=30.0),
                # A connection of its own for each request: one that the server is about to close, or on which it
                # has said something more, would turn a create into an unknown or lend it the answer of another.
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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def create(self, request: Request, fresh: Callable[[], bool] = lambda: True) -> Answer:
        """`POST /orgs/{org_id}/broadcasts`, sent once. Only a 429, which created nothing, is tried again.

        `fresh` is asked right before it is sent, and once more after each wait: an intent that has
        grown old may have been settled by somebody else.
        """
        give_up = time.monotonic() + PATIENCE
        attempt = 0
        while True:
            if not self._pace.wait():
                return NotCreated("Stopped before it was sent.")
            attempt += 1
            if not fresh():
                return NotCreated("It waited too long to be sent.", stale=True)
            try:
                status, headers, body = self._exchange("POST", "broadcasts", json=request.as_json())
            except NOT_SENT as error:
                return NotCreated(f"It could not be sent: {self._told(error)}")
            except httpx.HTTPError as error:
                return Unknown(f"It was sent, and no whole answer came back: {self._told(error)}")
            if status != 429:
                return verdict(status, body, self._target.key)
            if not self._held_back(headers, attempt, give_up):
                return NotCreated(f"Invent answered 429 for too long: {self._words(body)}")

    def broadcasts(self, *, tries: int = 5) -> list[Remote]:
        """All broadcasts of the org, from `GET /orgs/{org_id}/broadcasts`. Raises `Unavailable`, never a part.

        A page that cannot be read is tried `tries` times.
        """
        entries = self._all("broadcasts", {"status": "ALL"}, tries)
        remotes = [read_remote(entry) for entry in entries]
        if any(remote is None for remote in remotes):
            raise Unavailable("The list of broadcasts holds an entry without a usable id.", "Try again later.")
        return [remote for remote in remotes if remote]

    def _all(self, route: str, query: dict[str, str], tries: int) -> list[dict[str, object]]:
        """Every entry of a paged list; a list that changes under the reading is read again."""
        for _ in range(3):
            entries: dict[str, dict[str, object]] = {}
            expected: set[int] = set()
            repeated = False
            for page, total in self._pages(route, query, tries):
                if total is not None:
                    expected.add(total)
                for entry in page:
                    repeated = repeated or str(entry.get("id")) in entries
                    entries[str(entry.get("id"))] = entry
            if not repeated and expected <= {len(entries)}:
                return list(entries.values())
        raise Unavailable(
            f"The list of {route} could not be read to its end: its count and its pages do not agree.",
            "It changes while it is read, or the API cuts it. Try again in a minute.",
        )

    def _pages(
        self, route: str, query: dict[str, str], tries: int
    ) -> Iterator[tuple[list[dict[str, object]], int | None]]:
        seen, number = 0, 1
        first: object = None
        while True:
            headers, body = self._read(route, query | {"page": str(number), "take": str(PAGE)}, tries)
            page = read_list(body)
            if page is None:
                told = self._words(body)
                raise Unavailable(f"The list of {route} is not an array of objects: {told}", "Try again later.")
            if number > 1 and page and page[0].get("id") == first:
                raise Unavailable(f"The API answers every page of {route} with the first one.", "Try again later.")
            first = first if number > 1 or not page else page[0].get("id")
            total = headers.get("pagination-count", "")
            count = int(total) if total.isascii() and total.isdigit() else None
            yield [dict(entry) for entry in page], count
            seen += len(page)
            # A short page is no proof of the end: the server may cap `take` lower than was asked.
            if not page or (count is not None and seen >= count):
                return
            number += 1
            if number > PAGES:
                raise Unavailable(f"The list of {route} does not end.", "Try again later.")

    def _read(self, route: str, query: dict[str, str], tries: int) -> tuple[httpx.Headers, bytes]:
        give_up = time.monotonic() + PATIENCE
        attempt, reason = 0, ""
        while True:
            if not self._pace.wait():
                raise Interrupted(f"Stopped while the list of {route} was read.", "Run it again.")
            attempt += 1
            try:
                status, headers, body = self._exchange("GET", route, params=query)
                if status == 200:
                    return headers, body
                reason = f"Invent answered {status}: {self._words(body)}"
                if status < 500 and status != 429:
                    raise Unavailable(f"The list of {route} cannot be read. {reason}", _cure(status))
            except httpx.HTTPError as error:
                headers, reason = httpx.Headers(), self._told(error)
            if attempt >= tries or not self._held_back(headers, attempt, give_up):
                if self._stop.is_set():
                    continue
                raise Unavailable(f"The list of {route} cannot be read. {reason}", "Try again later.")

    def _held_back(self, headers: httpx.Headers, attempt: int, give_up: float) -> bool:
        """Hold everyone back as told, or with growing pauses; False if that would take too long."""
        told = retry_after(headers.get("retry-after"), datetime.now(UTC))
        jitter = random.uniform(0.5, 1.0)  # noqa: S311  # spreads retries, keeps no secret
        pause = max(told, 1.0) if told is not None else min(60.0, 2.0 ** (attempt - 1)) * jitter
        if time.monotonic() + pause > give_up or self._stop.is_set():
            return False
        self._pace.hold(pause)
        return True

    def _exchange(
        self, method: str, route: str, *, json: object = None, params: dict[str, str] | None = None
    ) -> tuple[int, httpx.Headers, bytes]:
        """One request and its whole body, or `httpx.HTTPError`. Never follows, never repeats."""
        path = f"/orgs/{self._target.org}/{route}"
        with self._limited() as trace:
            extensions = {"trace": trace}
            with self._client.stream(method, path, json=json, params=params, extensions=extensions) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > BODY_LIMIT:
                        raise httpx.DecodingError("the answer is larger than 16 MiB", request=response.request)
                return response.status_code, response.headers, bytes(body)

    @contextmanager
    def _limited(self) -> Iterator[Callable[[str, dict[str, Any]], None]]:
        """Hang up when an exchange as a whole takes too long; httpx starts its time-outs anew with every byte."""
        streams: list[Any] = []

        def trace(name: str, info: dict[str, Any]) -> None:
            if name in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                streams.append(info["return_value"])

        def hang_up() -> None:
            for stream in streams[-1:]:
                with suppress(OSError, AttributeError):
                    stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._patience + 30.0, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield trace
        finally:
            timer.cancel()

    def _told(self, error: Exception) -> str:
        return without(str(error) or type(error).__name__, self._target.key)

    def _words(self, body: bytes) -> str:
        return words(body, self._target.key)


def _cure(status: int) -> str:
    if status in (401, 403):
        return "Check INVENT_API_KEY and the org."
    return "Check the org and the base URL."
