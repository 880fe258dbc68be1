"""Reads lists page by page: to the end and counted, or with what could not be read beside what could."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from invent_gitops.api.answer import clock_skew, read_list, read_total
from invent_gitops.api.page_walk import PAGE_SIZE, E, Heard, ListPage, PageWalk, unheard
from invent_gitops.api.wire import Wire
from invent_gitops.errors import Interrupted, NotOffered, Unavailable, Unreachable
from invent_gitops.http.answers import server_time
from invent_gitops.http.errors import EncodedAnswer, HttpError, NotSent
from invent_gitops.model.listing import Listing

PAGES = 100_000
# Seconds that the failures of one reading may cost altogether.
PATIENCE = 300.0
# Answers of a server that lacks a route, and answers that the same request may well not get again.
NO_ROUTE = (404, 405, 501)
PASSING = (408, 425, 429)
# How often a list that changes under the reading is read, and how many pages in a row may fail for good.
ROUNDS = 3
LOST_PAGES = 3

_PACKED = "Check the base URL, and whether a proxy on the way compresses answers."


class _Failed(Unavailable):
    """A page could not be read."""

    def __init__(self, route: str, reason: str, cure: str = "Try again later.") -> None:
        super().__init__(f"The list of {route} cannot be read. {reason}", cure)
        self.reason = reason


class _Denied(_Failed):
    """It makes no sense to ask for another page."""


class _NotOffered(_Denied, NotOffered):
    """This Invent has no such list."""


class _Unsent(_Failed, Unreachable):
    """No request got there."""


class _Barred(_Denied, Unreachable):
    """No request gets there, however often it is tried."""


class ListReader:
    """One reading of a list. A page that cannot be read is tried `tries` times; `heard` hears of each that was."""

    def __init__(self, wire: Wire, tries: int, heard: Heard = unheard) -> None:
        self._wire, self._tries, self._heard = wire, tries, heard
        self._patience = PATIENCE
        self._skews: list[timedelta] = []

    def complete(self, route: str, query: Mapping[str, str], read: Callable[[object], E | None]) -> list[E]:
        """Return every entry. Raises `Unavailable`, never a part."""
        listing = self._read(route, query, read, partly=False)
        if listing.gaps:
            raise Unavailable(listing.gaps[0], "Try again in a minute.")
        return list(listing.entries)

    def partly(self, route: str, query: Mapping[str, str], read: Callable[[object], E | None]) -> Listing[E]:
        """Return what can be read. Raises `Unavailable` where that is nothing."""
        return self._read(route, query, read, partly=True)

    def _read(
        self, route: str, query: Mapping[str, str], read: Callable[[object], E | None], *, partly: bool
    ) -> Listing[E]:
        """Return the list, read again if it changed under the reading, unless pages of it are lost anyway."""
        walk = self._walk(route, query, read, partly=partly)
        for _ in range(ROUNDS - 1):
            if walk.gaps or walk.agrees:
                break
            walk = self._walk(route, query, read, partly=partly)
        if not walk.gaps and not walk.agrees:
            walk.gaps.append(f"The list of {route} could not be read to its end: its count and its pages do not agree.")
        self._heard(route, len(walk.entries), len(walk.entries))
        # One answer can come late from somewhere on the way; a clock that is wrong is so for all of them.
        skew = min(self._skews, key=abs, default=None)
        return Listing(tuple(walk.entries.values()), tuple(walk.gaps), skew)

    def _walk(
        self, route: str, query: Mapping[str, str], read: Callable[[object], E | None], *, partly: bool
    ) -> PageWalk[E]:
        walk: PageWalk[E] = PageWalk()
        self._heard(route, 0, None)
        for number in range(1, PAGES + 1):
            try:
                page = self._page(route, {**query, "page": str(number), "take": str(PAGE_SIZE)})
            except _Failed as error:
                if isinstance(error, _Denied) and walk.counted:
                    # Some refuse a page beyond the last one.
                    return walk
                if not partly:
                    raise
                walk.lose(f"Page {number} of the list of {route} could not be read. {error.reason}")
                if isinstance(error, _Denied) or walk.lost_in_a_row == LOST_PAGES:
                    if not walk.entry_count:
                        raise
                    walk.gaps.append(f"No page of the list of {route} after page {number} was asked for.")
                    return walk
            else:
                self._check_moved_on(walk, page, route)
                if page.entries and walk.has(page):
                    # Some answer what is beyond the last page with that one, again and again.
                    if not walk.counted:
                        walk.gaps.append(f"Page {number} of the list of {route} has nothing that was not read before.")
                    return walk
                walk.add(page, read, f"Page {number} of the list of {route} holds an entry without a usable id.")
                self._heard(route, walk.entry_count, walk.total)
                if not page.entries or (walk.gaps and not partly):
                    return walk
            if walk.ended:
                return walk
        raise Unavailable(f"The list of {route} does not end.", "Try again later.")

    def _check_moved_on(self, walk: PageWalk[E], page: ListPage, route: str) -> None:
        """Raise `Unavailable` if the API answers every page with the first one."""
        first = page.entries[0].get("id") if page.entries else None
        if first is not None and first == walk.first:
            raise Unavailable(f"The API answers every page of {route} with the first one.", "Try again later.")
        walk.first = walk.first if walk.first is not None else first

    def _page(self, route: str, query: dict[str, str]) -> ListPage:
        headers, body = self._fetch(route, query)
        entries = read_list(body)
        if entries is None:
            message = self._wire.message(body)
            raise _Failed(route, f"The answer is not an array of objects: {message}")
        return ListPage(entries, read_total(headers.get("pagination-count")))

    def _fetch(self, route: str, query: dict[str, str]) -> tuple[Mapping[str, str], bytes]:
        attempt = 0
        failing: float | None = None
        while True:
            if not self._wire.pace.wait(evenly=False):
                raise Interrupted(f"Stopped while the list of {route} was read.", "Run it again.")
            attempt += 1
            began, asked = time.monotonic(), datetime.now(UTC)
            try:
                status, headers, body = self._wire.exchange("GET", route, params=query)
                if status == 200:
                    self._compare_clocks(asked, headers)
                    self._spend(failing)
                    return headers, body
                failure = self._refusal(route, query, status, body)
            except HttpError as error:
                status, headers, failure = 0, {}, self._failure(route, error)
            if isinstance(failure, _Denied):
                raise failure
            failing = began if failing is None else failing
            if attempt >= self._tries or not self._wire.hold_back(
                headers,
                attempt,
                failing + self._patience,
                f"The list of {route} cannot be read yet. {failure.reason.rstrip('.')}.",
            ):
                if self._wire.stop.is_set():
                    continue
                self._spend(failing)
                if status == 429 and attempt < self._tries:
                    # It wants to be left alone for longer than anybody waits: that holds for every page.
                    raise _Denied(route, failure.reason, "Try again later.")
                raise failure

    def _refusal(self, route: str, query: dict[str, str], status: int, body: bytes) -> _Failed:
        reason = f"Invent answered {status}: {self._wire.message(body)}"
        if status in NO_ROUTE and query["page"] == "1":
            return _NotOffered(route, reason, _cure(status))
        if (status < 500 and status not in PASSING) or status == 501:
            return _Denied(route, reason, _cure(status))
        return _Failed(route, reason)

    def _failure(self, route: str, error: HttpError) -> _Failed:
        reason = self._wire.reason(error)
        if isinstance(error, EncodedAnswer):
            return _Denied(route, reason, _PACKED)
        if not isinstance(error, NotSent):
            return _Failed(route, reason)
        kind = _Barred if error.lasting else _Unsent
        return kind(route, reason, error.cure or "Try again later.")

    def _compare_clocks(self, asked: datetime, headers: Mapping[str, str]) -> None:
        skew = clock_skew(asked, datetime.now(UTC), server_time(headers))
        if skew is not None:
            self._skews.append(skew)

    def _spend(self, since: float | None) -> None:
        """Let failures that began at a moment count against the patience with the whole reading."""
        if since is not None:
            self._patience -= time.monotonic() - since


def _cure(status: int) -> str:
    if status in (401, 403):
        return "Check the API key and the org."
    return "Check the org and the base URL."
