"""The documented routes of Invent: a create exactly once, a read as often as it needs within limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from invent_gitops.api.answer import read_remote, read_segment, verdict
from invent_gitops.api.reading import Reading
from invent_gitops.api.target import Target
from invent_gitops.api.wire import Wire
from invent_gitops.model.broadcast import Remote, RemoteSegment, Request
from invent_gitops.model.listing import Listing
from invent_gitops.model.outcome import Answer, NotCreated, Unknown

PATIENCE = 300.0

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

    `rate` is in requests a minute over all threads. Documented limit: 500 for each IP address. `tell` is told why, when
    there is long to wait.
    """

    def __init__(
        self,
        target: Target,
        *,
        rate: float,
        stop: threading.Event,
        read_timeout: float = 300.0,
        tell: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._key = target.key
        # A create may take minutes on a large account; giving up early only makes an unknown of it.
        self._wire = Wire(target, rate=rate, stop=stop, create_timeout=read_timeout, tell=tell)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    def create(self, request: Request, fresh: Callable[[], bool] = lambda: True) -> Answer:
        """`POST /orgs/{org_id}/broadcasts`, sent once. Only a 429, which created nothing, is tried again.

        `fresh` is asked right before it is sent, and once more after each wait: an intent that has
        grown old may have been settled by somebody else.
        """
        give_up = time.monotonic() + PATIENCE
        attempt = 0
        while True:
            if not self._wire.pace.wait():
                return NotCreated("Stopped before it was sent.")
            attempt += 1
            if not fresh():
                return NotCreated("It waited too long to be sent.", stale=True)
            try:
                status, headers, body = self._wire.exchange("POST", "broadcasts", json=request.as_json())
            except NOT_SENT as error:
                return NotCreated(f"It could not be sent: {self._wire.told(error)}")
            except httpx.HTTPError as error:
                return Unknown(f"It was sent, and no whole answer came back: {self._wire.told(error)}")
            if status != 429:
                return verdict(status, body, self._key)
            if not self._wire.hold_back(headers, attempt, give_up, "Invent answered 429, too many requests."):
                return NotCreated(f"Invent answered 429 for too long: {self._wire.words(body)}")

    def broadcasts(self, *, tries: int = 5) -> list[Remote]:
        """All broadcasts of the org, from `GET /orgs/{org_id}/broadcasts`. Raises `Unavailable`, never a part.

        A page that cannot be read is tried `tries` times.
        """
        return Reading(self._wire, tries).whole("broadcasts", {"status": "ALL"}, read_remote)

    def readable_broadcasts(self, *, tries: int = 5) -> Listing[Remote]:
        """As many of the org's broadcasts as can be read, and what could not be.

        Raises `Unavailable` only where nothing at all could be read.
        """
        return Reading(self._wire, tries).partly("broadcasts", {"status": "ALL"}, read_remote)

    def segments(self, *, tries: int = 5) -> list[RemoteSegment]:
        """All segments of the org, from `GET /orgs/{org_id}/segments`, those that are columns of a board included.

        Raises `Unavailable`, never a part.
        """
        return Reading(self._wire, tries).whole("segments", {}, read_segment)
