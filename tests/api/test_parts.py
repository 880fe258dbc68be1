"""What can be read of a list of which a part is away, and what is said of the rest."""

from __future__ import annotations

import random
import ssl
import threading

import pytest

from invent_gitops.api import reading
from invent_gitops.api.client import InventApi
from invent_gitops.errors import Interrupted, Unavailable
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.listing import Listing
from tests.paging import entries, losing, paged
from tests.running import KEY, Fault, Received, Reply, Script, Scripted, http, invent, one_tls_context, scripted


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "create_default_context", one_tls_context)
    # A Retry-After of 0 still waits for a second; without one the pause is as short as this makes it.
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.001)


def read(url: str, tries: int = 1, stop: threading.Event | None = None) -> Listing[Remote]:
    with InventApi(Target(url, "c", url, KEY), rate=1e9, stop=stop or threading.Event(), read_timeout=20) as api:
        return api.readable_broadcasts(tries=tries)


def listed(*replies: Reply | Script, tries: int = 1) -> tuple[Listing[Remote], Scripted]:
    with scripted(*replies) as server:
        return read(server.url, tries), server


def numbers(listing: Listing[Remote]) -> list[int]:
    return sorted(int(remote.id.removeprefix("b_")) for remote in listing.entries)


def asked(server: Scripted) -> list[str]:
    return [one.query["page"] for one in server.received]


def test_a_list_that_can_be_read_is_complete() -> None:
    listing, server = listed(paged(entries(250), lambda page: 250))
    assert listing.complete
    assert numbers(listing) == list(range(250))
    assert asked(server) == ["1", "2", "3"]


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_one_page_that_fails_for_good_costs_its_own_entries_and_no_other(lost: int, counted: bool) -> None:
    pages = paged(entries(250), lambda page: 250 if counted else None)
    listing, _ = listed(losing([lost], pages))
    assert not listing.complete
    assert numbers(listing) == [number for number in range(250) if number // 100 != lost - 1]
    said = f"Page {lost} of the list of broadcasts could not be read. Invent answered 503: Not this page"
    assert listing.gaps == (said,)


def test_a_page_that_fails_is_tried_again_before_it_is_given_up() -> None:
    def fickle(request: Received) -> Reply:
        return Fault.CLOSE if request.query["page"] == "2" else paged(entries(250), lambda page: 250)(request)

    listing, server = listed(fickle, tries=3)
    assert len(listing.entries) == 150
    assert asked(server) == ["1", "2", "2", "2", "3"]


def test_a_page_of_another_shape_is_a_gap_too() -> None:
    pages = paged(entries(250), lambda page: 250)
    listing, _ = listed(pages, http(200, {"data": []}), pages)
    assert len(listing.entries) == 150
    assert "not an array" in listing.gaps[0]


def test_a_page_that_is_larger_than_any_should_be_is_a_gap_too() -> None:
    pages = paged(entries(250), lambda page: 250)
    listing, _ = listed(pages, http(200, b"[" + b" " * (17 << 20) + b"]"), pages)
    assert len(listing.entries) == 150
    assert "larger than 16 MiB" in listing.gaps[0]


def test_an_entry_without_a_usable_id_is_a_gap_too() -> None:
    listing, _ = listed(http(200, [*entries(2), {"name": "x"}], pagination_count=3))
    assert numbers(listing) == [0, 1]
    assert listing.gaps == ("Page 1 of the list of broadcasts holds an entry without a usable id.",)


def test_a_list_that_never_holds_still_is_not_complete() -> None:
    listing, _ = listed(paged(entries(150), lambda page: 150 + page))
    assert len(listing.entries) == 150
    assert "do not agree" in listing.gaps[0]


def test_a_server_that_caps_pages_and_loses_one_is_read_to_its_end() -> None:
    listing, server = listed(losing([2], paged(entries(25), lambda page: 25, cap=10)))
    assert numbers(listing) == [*range(10), *range(20, 25)]
    assert asked(server) == ["1", "2", "3"]


def test_after_three_lost_pages_in_a_row_no_further_one_is_asked_for_and_it_says_so() -> None:
    listing, server = listed(losing(range(2, 100), paged(entries(1000), lambda page: 1000)))
    assert len(listing.entries) == 100
    assert asked(server) == ["1", "2", "3", "4"]
    assert listing.gaps[-1] == "No page of the list of broadcasts after page 4 was asked for."


def test_a_refusal_in_the_middle_ends_the_reading_at_once() -> None:
    listing, server = listed(losing([2], paged(entries(250), lambda page: 250), status=401))
    assert len(listing.entries) == 100
    assert asked(server) == ["1", "2"]
    assert "answered 401" in listing.gaps[0]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_list_that_is_refused_from_the_start_is_unavailable(status: int) -> None:
    with scripted(http(status, {"message": "No"})) as server:
        with pytest.raises(Unavailable, match=f"answered {status}: No"):
            read(server.url)
        assert asked(server) == ["1"]


def test_a_list_of_which_nothing_can_be_read_is_unavailable() -> None:
    with scripted(http(503, b"")) as server:
        with pytest.raises(Unavailable, match="answered 503"):
            read(server.url)
        assert asked(server) == ["1", "2", "3"]


def test_a_last_page_that_is_lost_without_a_count_ends_with_the_empty_one_behind_it() -> None:
    listing, server = listed(losing([3], paged(entries(250))))
    assert (len(listing.entries), len(listing.gaps)) == (200, 1)
    assert asked(server) == ["1", "2", "3", "4"]


def test_a_list_whose_every_page_is_the_first_one_is_not_read_for_ever() -> None:
    with scripted(http(200, entries(20))) as server, pytest.raises(Unavailable, match="every page"):
        read(server.url)


def test_failures_share_one_patience_however_many_pages_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 1.5)
    failing = losing([2, 4, 6, 8], paged(entries(1000), lambda page: 1000))
    listing, server = listed(failing, tries=5)
    assert len(listing.entries) == 600
    assert len(server.received) < 10 + 4, "each failure waits for a second, and there is patience for one"


def test_stop_ends_a_reading_in_parts_too() -> None:
    stop = threading.Event()

    def answer(request: Received) -> bytes:
        stop.set()
        return http(503, b"")

    with scripted(answer) as server, pytest.raises(Interrupted):
        read(server.url, stop=stop)


def test_of_1234_broadcasts_one_lost_page_hides_a_hundred_and_none_is_called_missing() -> None:
    with invent("error-before=503@list:page=7") as server:
        server.sandbox.fill(broadcasts=1234)
        listing = read(server.url)
        assert len(listing.entries) == 1134
        assert len(listing.gaps) == 1
        with InventApi(Target(server.url, "c", server.url, KEY), rate=1e9, stop=threading.Event()) as api:
            with pytest.raises(Unavailable):
                api.broadcasts(tries=2)
            server.faults.clear()
            assert len(api.broadcasts()) == 1234
