"""Speaks with GitHub's REST API: one origin, no redirects, bounded answers, and patience within a budget."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx

from invent_gitops.api.answer import retry_after, server_time, without, words
from invent_gitops.api.connection import Connection, EncodedError, Reply
from invent_gitops.api.line import NotSent
from invent_gitops.api.target import checked_base_url
from invent_gitops.errors import Unavailable, WrongUsage

DEFAULT_API = "https://api.github.com"
# A hundred comments of the greatest length, as JSON spells them.
BODY_LIMIT = 64 * 1024 * 1024
PAGE = 100
PAGES = 1_000
TRIES = 5
# Seconds before the second try; it doubles with each further one.
PAUSE = 1.0
# Seconds for all requests of one command together, its waits included.
PATIENCE = 120.0
# Seconds without a byte, and seconds for one request altogether.
SILENCE = 30.0
LONGEST = 120.0
_PERMISSIONS = "Give the job the permissions pull-requests: write for the comment, and issues: write for the issue."
_PACKED = "Check GITHUB_API_URL, and whether a proxy on the way compresses answers."
_LATER = "See https://www.githubstatus.com, and run this again."


class Forbidden(Unavailable):
    """The token may not do this: on a pull request from a fork it can only read."""


class Missing(Unavailable):
    """GitHub does not show this: it is not there, or the token may not see it."""


class Lost(Unavailable):
    """The answer to something that must not be sent twice was lost; only a look can tell what became of it."""


Answer = tuple[Any, httpx.Headers]


def token_of(environment: Mapping[str, str] = os.environ) -> str:
    """The token of this run, or "". Raises `WrongUsage` for one that cannot stand in a header, without showing it."""
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
        base_url = checked_base_url(api_url or DEFAULT_API, "GITHUB_API_URL", DEFAULT_API)
        self._token = token
        self._give_up = time.monotonic() + PATIENCE
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._connection = Connection(base_url, headers, address="GITHUB_API_URL")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        return self._patient("GET", path, query=query)

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[list[Mapping[str, Any]]]:
        """Every page of a list, to its end. The addresses are built here: what a header says cannot lead elsewhere."""
        for number in range(1, PAGES + 1):
            found, headers = self.get(path, {**(query or {}), "per_page": str(PAGE), "page": str(number)})
            if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
                raise Unavailable("GitHub answered with something else than a list.", _LATER)
            yield found
            link = headers.get("link")
            # Without the header only a page that is not full is surely the last one.
            more = 'rel="next"' in link if link else len(found) >= PAGE
            if not found or not more:
                return
        raise Unavailable("The list at GitHub does not end.", _LATER)

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
            except Lost as error:
                if attempt >= TRIES or not self._pause(attempt, None):
                    raise Unavailable(error.message, _LATER) from None
            if found := arrived():
                return found

    def _patient(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        attempt = 0
        while True:
            attempt += 1
            headers: httpx.Headers | None = None
            try:
                status, headers, data = self._exchange(method, path, query, body)
                reason = f"GitHub answered {status}: {words(data, self._token)}"
                if 200 <= status < 300:
                    return _json(data), headers
                if not _is_held_back(status, headers, data) and status < 500:
                    raise _refusal(status, f"{reason} ({method} {path}).")
                lost = status >= 500
            except NotSent as error:
                reason, lost = f"GitHub cannot be reached: {without(str(error), self._token)}", False
                if error.lasting:
                    raise Unavailable(f"{reason} ({method} {path}).", error.cure) from None
            except httpx.HTTPError as error:
                told = without(str(error) or type(error).__name__, self._token)
                reason, lost = f"GitHub did not answer: {told}", True
                if isinstance(error, EncodedError) and method == "GET":
                    # It would be so again.
                    raise Unavailable(f"{reason} ({method} {path}).", _PACKED) from None
            if lost and method == "POST":
                raise Lost(f"{reason} ({method} {path}).", _LATER)
            if attempt >= TRIES or not self._pause(attempt, headers):
                raise Unavailable(f"{reason} ({method} {path}).", _LATER)

    def _pause(self, attempt: int, headers: httpx.Headers | None) -> bool:
        """Wait as told, or ever longer; False if the budget does not hold it."""
        told = _told_to_wait(headers) if headers is not None else None
        pause = max(told, 1.0) if told is not None else PAUSE * 2.0 ** (attempt - 1)
        if time.monotonic() + pause > self._give_up:
            return False
        time.sleep(pause)
        return True

    def _exchange(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, object] | None
    ) -> Reply:
        """One request and its whole body. Raises `NotSent`, or another `httpx.HTTPError`."""
        return self._connection.exchange(
            method,
            path,
            params=query,
            body=None if body is None else json.dumps(body).encode(),
            silence=SILENCE,
            seconds=min(LONGEST, max(0.1, self._give_up - time.monotonic())),
            limit=BODY_LIMIT,
        )


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Unavailable("GitHub answered with something else than JSON.", _LATER) from None


def _is_held_back(status: int, headers: httpx.Headers, data: bytes) -> bool:
    """Whether this is a limit on requests: GitHub says so with 429, or with 403 and a header or its words."""
    return status == 429 or (
        status == 403
        and ("retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or b"rate limit" in data[:2_000])
    )


def _told_to_wait(headers: httpx.Headers) -> float | None:
    now = server_time(headers) or datetime.now(UTC)
    told = retry_after(headers.get("retry-after"), now)
    reset = headers.get("x-ratelimit-reset", "")
    if told is None and headers.get("x-ratelimit-remaining") == "0" and re.fullmatch(r"[0-9]{1,12}", reset):
        return max(0.0, int(reset) - now.timestamp())
    return told


def _refusal(status: int, reason: str) -> Unavailable:
    if status == 401:
        return Unavailable(reason, "GITHUB_TOKEN is wrong or has expired. In a workflow set it to github.token.")
    if status == 403:
        return Forbidden(reason, _PERMISSIONS)
    if status in (404, 410):
        return Missing(reason, "Check GITHUB_REPOSITORY and the permissions of the token.")
    if 300 <= status < 400:
        return Unavailable(reason, "The repository was renamed or moved; run the workflow anew.")
    return Unavailable(reason, "This is no answer that a repeat would change.")
