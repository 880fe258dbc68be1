"""A list in pages, as a scripted server answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tests.running import Received, http


def entries(number: int, first: int = 0) -> list[dict[str, Any]]:
    """Broadcasts with hardly more than an id; `first` is the number of the first."""
    return [{"id": f"b_{index}", "name": f"n{index}", "status": "DRAFT"} for index in range(first, first + number)]


def paged(
    every: list[dict[str, Any]], count: Callable[[int], object] = lambda page: None, cap: int = 100
) -> Callable[[Received], bytes]:
    """A server with these entries; `count` gives the header of a page, None leaves it out; `cap` bounds take."""

    def answer(request: Received) -> bytes:
        page, take = int(request.query["page"]), min(int(request.query["take"]), cap)
        total = count(page)
        part = every[(page - 1) * take : page * take]
        return http(200, part) if total is None else http(200, part, pagination_count=str(total))

    return answer


def losing(pages: Sequence[int], answer: Callable[[Received], bytes], status: int = 503) -> Callable[[Received], bytes]:
    """The same server, but these pages fail for good."""

    def spoiled(request: Received) -> bytes:
        if int(request.query["page"]) in pages:
            return http(status, {"message": "Not this page"}, retry_after=0)
        return answer(request)

    return spoiled
