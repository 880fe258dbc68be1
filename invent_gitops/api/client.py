"""The documented routes of Invent: a create exactly once, a read as often as it needs within limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from invent_gitops.api.answer import read_remote, read_segment, verdict
from invent_gitops.api.limits import SILENCE
from invent_gitops.api.page_walk import Heard, unheard
from invent_gitops.api.reading import ListReader
from invent_gitops.api.wire import Wire
from invent_gitops.http.address import Target
from invent_gitops.http.errors import AnswerLost, NotSent
from invent_gitops.model.broadcast import Remote, RemoteSegment, Request
from invent_gitops.model.listing import Listing
from invent_gitops.model.outcome import Answer, NotCreated, Unknown

PATIENCE = 300.0
# How often a create is tried without a connection, and for how many seconds all of them wait for one to come about.
OPEN_TRIES = 4
OPEN_PATIENCE = 30.0


class InventApi:
    """The documented routes of one org. Safe to use from several threads; `stop` ends every wait.

    `rate` is in requests a minute over all threads. Documented limit: 500 for each IP address. `tell` gets the reason
    for a long wait, `heard` each page of a list: its route, how many entries were read by now, and of how many.
    """

    def __init__(
        self,
        target: Target,
        *,
        rate: float,
        stop: threading.Event,
        read_timeout: float = SILENCE,
        tell: Callable[[str], None] = lambda reason: None,
        heard: Heard = unheard,
    ) -> None:
        self._key, self._heard = target.key, heard
        self._wire = Wire(target, rate=rate, stop=stop, create_timeout=read_timeout, tell=tell)
        # Since when no connection has come about.
        self._closed_since: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wire.close()

    @property
    def longest_exchange(self) -> float:
        """The seconds after the last yes of `fresh` in which a create ends, whatever happens.

        From then on nothing of it leaves this machine. What has reached Invent by then may still be carried out.
        """
        return self._wire.longest("POST")

    def create(self, request: Request, fresh: Callable[[], bool] = lambda: True) -> Answer:
        """`POST /orgs/{org_id}/broadcasts`, sent once. Only what surely created nothing is tried again: a 429, and a
        connection that did not come about.

        `fresh` is asked when the connection is open, as the last thing before the first byte leaves, each time that it
        is sent: an intent that has grown old may have been settled by somebody else.
        """
        give_up = time.monotonic() + PATIENCE
        attempt = 0
        while True:
            if not self._wire.pace.wait():
                return NotCreated("Stopped before it was sent.", stopped=True)
            attempt += 1
            try:
                status, headers, body = self._wire.exchange(
                    "POST", "broadcasts", content=request.as_json(), fresh=fresh
                )
            except NotSent as error:
                if self._opens_later(error, attempt):
                    continue
                return self._not_sent(error)
            except AnswerLost as error:
                return Unknown(f"It was sent, but no complete answer came back: {self._wire.reason(error)}")
            self._closed_since = None
            if status != 429:
                return verdict(status, body, self._key)
            if not self._wire.hold_back(headers, attempt, give_up, "Invent answered 429, too many requests."):
                if self._wire.stop.is_set():
                    return NotCreated("Stopped before it was sent again.", stopped=True)
                return NotCreated(f"Invent answered 429 for too long: {self._wire.message(body)}")

    def _opens_later(self, error: NotSent, attempt: int) -> bool:
        """Return whether another connection is worth a try; then every request is held back for a while."""
        if not error.unopened or error.lasting or attempt >= OPEN_TRIES:
            return False
        if self._closed_since is None:
            self._closed_since = time.monotonic()
        reason = f"No connection to Invent: {self._wire.reason(error)}"
        return self._wire.hold_back({}, attempt, self._closed_since + OPEN_PATIENCE, reason)

    def _not_sent(self, error: NotSent) -> NotCreated:
        if error.stale:
            return NotCreated(str(error), stale=True)
        if error.unopened and self._wire.stop.is_set():
            return NotCreated("Stopped before it was sent.", stopped=True)
        return NotCreated(f"It could not be sent: {self._wire.reason(error)} {error.cure}".rstrip())

    def broadcasts(self, *, tries: int = 5) -> list[Remote]:
        """Return all broadcasts of the org, from `GET /orgs/{org_id}/broadcasts`. Raises `Unavailable`, never a part.

        A page that cannot be read is tried `tries` times.
        """
        return ListReader(self._wire, tries, self._heard).complete("broadcasts", {"status": "ALL"}, read_remote)

    def readable_broadcasts(self, *, tries: int = 5) -> Listing[Remote]:
        """As many of the org's broadcasts as can be read, and what could not be.

        Raises `Unavailable` only where nothing at all could be read.
        """
        return ListReader(self._wire, tries, self._heard).partly("broadcasts", {"status": "ALL"}, read_remote)

    def segments(self, *, tries: int = 5) -> list[RemoteSegment]:
        """Return all segments of the org, from `GET /orgs/{org_id}/segments`, those that are columns of a board
        included.

        Raises `Unavailable`, never a part.
        """
        return ListReader(self._wire, tries, self._heard).complete("segments", {}, read_segment)
