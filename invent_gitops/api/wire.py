"""One request and its whole answer: paced, bounded in size and in time, never followed and never repeated."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from invent_gitops.api.limits import GRACE
from invent_gitops.api.pace import Pace, recent_at
from invent_gitops.http.address import Target
from invent_gitops.http.answers import message_of, retry_after, server_time, without_secret
from invent_gitops.http.client import Bounds, Connection, Reply

BODY_LIMIT = 16 * 1024 * 1024
# Seconds without a byte after which a read is given up; it may be asked for again.
READ_TIMEOUT = 60.0
# Seconds of waiting for which people want to know the reason.
LONG = 3.0


class Wire:
    """The way to one org. Safe to use from several threads; `stop` ends every wait.

    `rate` is in requests a minute over all threads, `create_timeout` how many seconds without a byte a
    create may take. `tell` gets the reason for a long wait. Raises `WrongUsage` where the environment
    makes a connection impossible.
    """

    def __init__(
        self, target: Target, *, rate: float, stop: threading.Event, create_timeout: float, tell: Callable[[str], None]
    ) -> None:
        self._target = target
        self._silences = {"POST": create_timeout, "GET": min(READ_TIMEOUT, create_timeout)}
        self.stop, self._tell = stop, tell
        self.pace = Pace(rate, stop, recent_at(target.base_url))
        headers = {"Authorization": f"Bearer {target.key}", "Accept": "application/json"}
        self.connection = Connection(target.base_url, headers, address="--base-url and INVENT_BASE_URL")

    def close(self) -> None:
        self.connection.close()

    def longest(self, method: str) -> float:
        """Return the seconds that a request and its answer may take at most, from the moment on in which it leaves."""
        return self._silences[method] + GRACE

    def exchange(
        self,
        method: str,
        route: str,
        *,
        content: object = None,
        params: dict[str, str] | None = None,
        fresh: Callable[[], bool] = lambda: True,
    ) -> Reply:
        """Return one request to a route of the org and its whole answer. Raises `NotSent` or `AnswerLost`.

        The pace has been waited for. `fresh` is asked right before the request leaves.
        """
        body = None if content is None else json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            return self.connection.exchange(
                method,
                f"/orgs/{self._target.org}/{route}",
                params=params,
                body=body,
                bounds=Bounds(self._silences[method], self.longest(method), BODY_LIMIT),
                fresh=fresh,
                repeatable=method == "GET",
            )
        finally:
            self.pace.ended()

    def hold_back(self, headers: Mapping[str, str], attempt: int, give_up: float, reason: str) -> bool:
        """Hold every request back as the answer asks, or with growing pauses; False if that lasts beyond `give_up`."""
        wait = retry_after(headers.get("retry-after"), server_time(headers) or datetime.now(UTC))
        jitter = random.uniform(0.5, 1.0)  # noqa: S311  # spreads retries, keeps no secret
        pause = max(wait, 1.0) if wait is not None else min(60.0, 2.0 ** (attempt - 1)) * jitter
        if time.monotonic() + pause > give_up or self.stop.is_set():
            return False
        if pause >= LONG:
            self._tell(f"{reason} It is asked again in {pause:.0f} seconds.")
        self.pace.hold(pause)
        return True

    def reason(self, error: Exception) -> str:
        """Return why there is no answer, without the key."""
        return without_secret(str(error) or type(error).__name__, self._target.key)

    def message(self, body: bytes) -> str:
        """Return what the API said, short and without the key."""
        return message_of(body, self._target.key)
