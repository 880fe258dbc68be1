"""Speaks with GitHub's REST API: one origin, no redirects, bounded answers, and patience within a budget."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from invent_gitops.errors import Unavailable, WrongUsage
from invent_gitops.github.paging import next_page
from invent_gitops.github.refusal import LATER, is_held_back, is_retired, limited, refusal, wait_of
from invent_gitops.http.address import checked_base_url
from invent_gitops.http.answers import message_of, without_secret
from invent_gitops.http.client import Bounds, Connection, Reply
from invent_gitops.http.errors import AnswerLost, EncodedAnswer, NotSent

DEFAULT_API = "https://api.github.com"
# The first is known to every supported server; GitHub answers 410 once it is retired, and then the next one is used.
VERSIONS = ("2022-11-28", "2026-03-10")
# A hundred comments of the greatest length, as JSON spells them.
BODY_LIMIT = 64 * 1024 * 1024
PAGE = 100
PAGES = 1_000
TRIES = 5
# Seconds before the second try; it doubles with each further one.
PAUSE = 1.0
# The same after a limit that names no time. GitHub asks for a minute at least, and ever longer.
LIMIT_PAUSE = 60.0
# Seconds for all requests of one command together, its waits included.
PATIENCE = 200.0
# Seconds without a byte, and seconds for one request altogether.
SILENCE = 30.0
LONGEST = 120.0
_PACKED = "Check GITHUB_API_URL, and whether a proxy on the way compresses answers."


class PostLost(Unavailable):
    """The answer to something that must not be sent twice was lost; only a look can tell what became of it."""


JsonReply = tuple[Any, Mapping[str, str]]


def token_of(environment: Mapping[str, str] = os.environ) -> str:
    """Return the token of this run, or "". Raises `WrongUsage` for one that no header can hold, without showing it."""
    token = (environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "").strip()
    if token and not re.fullmatch(r"[!-~]{1,4096}", token):
        raise WrongUsage(
            "GITHUB_TOKEN holds spaces, line feeds or characters that a token cannot have.",
            "In a workflow set it to the expression github.token.",
        )
    return token


class Rest:
    """The REST API below `api_url`, spoken to with `token`, which no other origin ever gets."""

    def __init__(self, api_url: str, token: str) -> None:
        self._base_url = checked_base_url(api_url or DEFAULT_API, "GITHUB_API_URL", DEFAULT_API)
        self._token = token
        self._give_up = time.monotonic() + PATIENCE
        self._versions = list(VERSIONS)
        self._connection = self._connected()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> JsonReply:
        return self._patient("GET", path, query=query)

    def pages(
        self, path: str, query: Mapping[str, str] | None = None, *, numbered: bool = True, member: str = ""
    ) -> Iterator[list[Mapping[str, Any]]]:
        """Yield every page of a list, to its end. Raises `Unavailable` where the end cannot be reached, and for a list
        that is shorter than GitHub says.

        The addresses are built here: what a header says cannot lead elsewhere. Pages that are not `numbered` go on only
        where a header says so. With `member` the list is that one of an object.
        """
        asked = {**(query or {}), "per_page": str(PAGE), **({"page": "1"} if numbered else {})}
        count = 0
        for number in range(1, PAGES + 1):
            content, headers = self.get(path, asked)
            entries = content.get(member) if member and isinstance(content, dict) else None if member else content
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise Unavailable("GitHub's answer is not a list.", LATER)
            yield entries
            count += len(entries)
            full = numbered and len(entries) >= PAGE
            following = next_page(headers.get("link", ""), self._base_url, asked, number, full=full)
            if following is None:
                if member and count < _total(content):
                    raise Unavailable("GitHub's list has fewer entries than GitHub says.", LATER)
                return
            asked = following
        raise Unavailable("The list at GitHub does not end.", LATER)

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """Sent again until an answer comes: twice the same is once."""
        return self._patient("PATCH", path, body=body)[0]

    def post(self, path: str, body: Mapping[str, object], arrived: Callable[[], Any]) -> Any:
        """Sent again only if `arrived`, asked after an answer was lost, does not find what became of it."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._patient("POST", path, body=body)[0]
            except PostLost as error:
                if attempt >= TRIES or not self._pause(attempt, None, PAUSE):
                    raise Unavailable(error.message, LATER) from None
            if arrival := arrived():
                return arrival

    def _patient(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> JsonReply:
        attempt = limits = 0
        while True:
            attempt += 1
            if time.monotonic() >= self._give_up:
                raise Unavailable(f"GitHub did not answer everything within {PATIENCE:.0f} seconds.", LATER)
            headers: Mapping[str, str] | None = None
            held = False
            try:
                status, headers, content = self._exchange(method, path, query, body)
                reason = f"GitHub answered {status}: {message_of(content, self._token)}"
                if 200 <= status < 300:
                    return _json(content), headers
                held = is_held_back(status, headers, content)
                if not held and status < 500:
                    if self._next_version(status, content):
                        attempt -= 1
                        continue
                    raise refusal(status, content, f"{reason} ({method} {path}).")
                lost = status >= 500
            except NotSent as error:
                reason, lost = f"GitHub cannot be reached: {without_secret(str(error), self._token)}", False
                if error.lasting:
                    raise Unavailable(f"{reason} ({method} {path}).", error.cure) from None
            except AnswerLost as error:
                reason, lost = f"GitHub did not answer: {without_secret(str(error), self._token)}", True
                if isinstance(error, EncodedAnswer) and method == "GET":
                    # It would be so again.
                    raise Unavailable(f"{reason} ({method} {path}).", _PACKED) from None
            if lost and method == "POST":
                raise PostLost(f"{reason} ({method} {path}).", LATER)
            limits += held
            times, first = (limits, LIMIT_PAUSE) if held else (attempt, PAUSE)
            if attempt >= TRIES or not self._pause(times, headers, first):
                raise Unavailable(f"{reason} ({method} {path}).", limited(headers) if held else LATER)

    def _next_version(self, status: int, content: bytes) -> bool:
        """Go on to the next version of the API, if this answer may mean that the present one is not served."""
        if len(self._versions) == 1 or not is_retired(status, content):
            return False
        del self._versions[0]
        self._connection.close()
        self._connection = self._connected()
        return True

    def _connected(self) -> Connection:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": self._versions[0],
        }
        return Connection(self._base_url, headers, address="GITHUB_API_URL")

    def _pause(self, attempt: int, headers: Mapping[str, str] | None, first: float) -> bool:
        """Wait as GitHub asks, or ever longer from `first` seconds on; False if the budget does not hold it."""
        wait = wait_of(headers) if headers is not None else None
        # A time that is over says nothing: the limit still lasts.
        pause = max(wait, 1.0) if wait else first * 2.0 ** (attempt - 1)
        if time.monotonic() + pause > self._give_up:
            return False
        time.sleep(pause)
        return True

    def _exchange(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, object] | None
    ) -> Reply:
        """Return one request and its whole body. Raises `NotSent`, or `AnswerLost`."""
        seconds = min(LONGEST, max(0.1, self._give_up - time.monotonic()))
        return self._connection.exchange(
            method,
            path,
            params=query,
            body=None if body is None else json.dumps(body).encode(),
            bounds=Bounds(SILENCE, seconds, BODY_LIMIT),
        )


def _total(content: Mapping[str, Any]) -> int:
    """Return how many entries a list has by GitHub's own word; 0 where that says nothing."""
    total = content.get("total_count")
    return total if isinstance(total, int) else 0


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Unavailable("GitHub's answer is not JSON.", LATER) from None
