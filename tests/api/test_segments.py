"""Segments and their audiences, as Invent tells them."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from invent_gitops.api.client import InventApi
from invent_gitops.errors import Unavailable
from invent_gitops.http.address import Target
from invent_gitops.model.broadcast import RemoteSegment
from tests.running import KEY, http, invent, one_tls_context, scripted


@pytest.fixture(autouse=True)
def quick_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssl, "create_default_context", one_tls_context)


@contextmanager
def api_at(url: str, org: str = "c") -> Iterator[InventApi]:
    with InventApi(Target(url, org, url, KEY), rate=1e9, stop=threading.Event(), read_timeout=20) as api:
        yield api


def test_every_segment_is_read_page_by_page() -> None:
    with invent() as server, api_at(server.url) as api:
        server.sandbox.fill(segments=250)
        found = api.segments()
        assert len({segment.id for segment in found}) == 250
        asked = [one.path for one in server.sandbox.requests]
        assert asked == ["/orgs/c/segments"] * 3


def test_a_segment_is_its_id_its_name_and_its_count() -> None:
    told = [
        {"id": "s_1", "name": "VIP", "contacts_count": 7, "color": "red", "boards": [], "new": 1},
        {"id": "s_2", "name": "VIP"},
        {"id": "s_3", "name": None, "contacts_count": "many"},
    ]
    with scripted(http(200, told, pagination_count=3)) as server, api_at(server.url, "o-1") as api:
        assert api.segments() == [
            RemoteSegment("s_1", "VIP", 7),
            RemoteSegment("s_2", "VIP", None),
            RemoteSegment("s_3", "", None),
        ]
        [request] = server.received
        assert (request.path, request.query) == ("/orgs/o-1/segments", {"page": "1", "take": "100"})


def test_segments_of_which_one_page_is_away_are_unavailable() -> None:
    with invent("error-before=503@segments:page=2") as server, api_at(server.url) as api:
        server.sandbox.fill(segments=250)
        with pytest.raises(Unavailable, match="list of segments cannot be read"):
            api.segments(tries=1)


def test_a_segment_without_a_usable_id_makes_the_list_worthless() -> None:
    with (
        scripted(http(200, [{"name": "x"}])) as server,
        api_at(server.url) as api,
        pytest.raises(Unavailable, match="without a usable id"),
    ):
        api.segments()
