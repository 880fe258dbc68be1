"""The documented routes, each asked over a real socket."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from invent_gitops.sandbox.server import serve
from invent_gitops.sandbox.service import Sandbox
from tests.forked import PATIENCE

BROADCASTS, SEGMENTS, CONTACTS = "/orgs/c/broadcasts", "/orgs/c/segments", "/orgs/c/contacts"
DOCUMENTED = [
    "id",
    "name",
    "status",
    "scheduled_at",
    "started_at",
    "completed_at",
    "contacts_count",
    "recipients_count",
    "skipped_count",
    "sent_count",
    "failed_count",
    "delivered_count",
    "opened_count",
    "played_count",
    "click_count",
    "complained_count",
    "unsubscribed_count",
    "error_message",
    "segments",
    "send_to_all",
    "templates",
    "created_at",
    "updated_at",
]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(limit=0) as sandbox:
        yield sandbox


@pytest.fixture
def client(box: Sandbox) -> Iterator[httpx.Client]:
    with serve(box) as server, _client(server.url) as client:
        yield client


def _client(url: str, key: str = "anything") -> httpx.Client:
    # Nothing here speaks TLS, and loading the certificates for each client would take longer than the tests.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=url, headers=headers, trust_env=False, verify=context, timeout=PATIENCE)


def test_create_answers_with_every_documented_field_of_a_draft(client: httpx.Client) -> None:
    wish = {"name": "Hi", "scheduled_at": "2026-11-27T09:00:00-05:00", "segment_ids": ["a", "b"], "send_to_all": False}
    answer = client.post(BROADCASTS, json=wish)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    broadcast = answer.json()
    assert list(broadcast) == DOCUMENTED
    assert broadcast["id"].startswith("b_")
    assert broadcast["status"] == "DRAFT"
    assert broadcast["scheduled_at"] == "2026-11-27T14:00:00.000Z"
    assert [segment["id"] for segment in broadcast["segments"]] == ["a", "b"]
    assert broadcast["contacts_count"] == sum(segment["contacts_count"] for segment in broadcast["segments"])
    assert broadcast["templates"] == []
    assert broadcast["send_to_all"] is False
    counts = {name: broadcast[name] for name in DOCUMENTED if name.endswith("_count") and name != "contacts_count"}
    assert set(counts.values()) == {0}


def test_a_name_alone_is_enough_and_the_rest_has_defaults(client: httpx.Client) -> None:
    broadcast = client.post(BROADCASTS, json={"name": "Hi"}).json()
    assert broadcast["scheduled_at"] is None
    assert broadcast["segments"] == []
    assert broadcast["send_to_all"] is False
    assert broadcast["contacts_count"] == 0


@pytest.mark.parametrize("name", ["x", "x" * 255, "Späti – 早 🎉", "\n::error::", " "])
def test_a_name_of_1_to_255_characters_comes_back_as_it_was_sent(client: httpx.Client, name: str) -> None:
    assert client.post(BROADCASTS, json={"name": name}).json()["name"] == name
    assert client.get(BROADCASTS).json()[0]["name"] == name


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-11-27T09:00:00Z", "2026-11-27T09:00:00.000Z"),
        ("2026-11-27t09:00:00.25z", "2026-11-27T09:00:00.250Z"),
        ("2026-11-27 09:00:00.123456789+05:30", "2026-11-27T03:30:00.123Z"),
        ("2024-02-29T23:30:00-01:00", "2024-03-01T00:30:00.000Z"),
    ],
)
def test_an_instant_with_any_offset_is_kept_in_utc(client: httpx.Client, written: str, instant: str) -> None:
    assert client.post(BROADCASTS, json={"name": "x", "scheduled_at": written}).json()["scheduled_at"] == instant


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "half a pair \ud83d"}, "name"),
        ({"name": "x", "scheduled_at": "2026-11-27"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": "2026-11-27T09:00:00"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": "2026-11-27T09:00Z"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": "20261127T090000Z"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": "2026-02-29T09:00:00Z"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": "2026-11-27T24:00:00Z"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": "2026-11-27T09:00:00+99:00"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": "0001-01-01T00:00:00+01:00"}, "scheduled_at"),
        ({"name": "x", "scheduled_at": 1795770000}, "scheduled_at"),
        ({"name": "x", "segment_ids": [str(number) for number in range(11)]}, "segment_ids"),
        ({"name": "x", "segment_ids": "a"}, "segment_ids"),
        ({"name": "x", "segment_ids": [1]}, "segment_ids"),
        ({"name": "x", "segment_ids": [""]}, "segment_ids"),
        ({"name": "x", "segment_ids": None}, "segment_ids"),
        ({"name": "x", "send_to_all": "true"}, "send_to_all"),
        ({"name": "x", "send_to_all": None}, "send_to_all"),
        ({"name": "x", "scheduledAt": None}, "scheduledAt"),
        ({"name": "x", "half a pair \ud83d": None}, "half a pair"),
    ],
)
def test_a_field_against_the_documentation_is_400_and_creates_nothing(
    client: httpx.Client, box: Sandbox, wish: dict[str, Any], word: str
) -> None:
    answer = client.post(BROADCASTS, content=json.dumps(wish))
    assert answer.status_code == 400
    assert word in answer.json()["message"]
    assert box.create_count == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b'{"name": "\xff"}', b"[" * 100_000, b"9" * 9_999])
def test_a_body_that_is_no_json_object_is_400(client: httpx.Client, box: Sandbox, body: bytes) -> None:
    answer = client.post(BROADCASTS, content=body)
    assert (answer.status_code, answer.json()["message"]) == (400, "The body must be a JSON object.")
    assert box.create_count == 0


def test_a_body_over_one_mebibyte_is_413_and_is_heard_in_full(client: httpx.Client, box: Sandbox) -> None:
    body = json.dumps({"name": "x" * 3 * 1024 * 1024}).encode()
    assert client.post(BROADCASTS, content=body).status_code == 413
    assert box.handle("POST", BROADCASTS, headers={"Authorization": "Bearer k"}, body=body).status == 413
    assert box.create_count == 0


def test_an_unknown_segment_is_learnt_with_its_id_as_name_and_an_invented_count(client: httpx.Client) -> None:
    first = client.post(BROADCASTS, json={"name": "x", "segment_ids": ["vip"]}).json()["segments"]
    assert set(first[0]) == {"id", "name", "color", "contacts_count", "boards", "created_at", "updated_at"}
    assert first[0]["name"] == "vip"
    assert first[0]["boards"] == []
    assert 100 <= first[0]["contacts_count"] <= 50_000
    again = client.post("/orgs/another/broadcasts", json={"name": "x", "segment_ids": ["vip"]}).json()["segments"]
    assert again[0]["contacts_count"] == first[0]["contacts_count"]
    assert client.get(SEGMENTS).json() == first


def test_a_segment_named_twice_counts_once(client: httpx.Client) -> None:
    broadcast = client.post(BROADCASTS, json={"name": "x", "segment_ids": ["a", "b", "a"]}).json()
    assert [segment["id"] for segment in broadcast["segments"]] == ["a", "b"]


def test_seeded_segments_have_the_names_and_counts_given_and_can_be_seeded_again(
    client: httpx.Client, box: Sandbox
) -> None:
    box.seed([("s1", "VIP customers", 42), ("s2", "Newsletter", None)])
    box.seed([("s1", "VIPs", None), ("s2", "Newsletter", 7)])
    found = client.get(SEGMENTS).json()
    assert [(one["id"], one["name"], one["contacts_count"]) for one in found] == [
        ("s1", "VIPs", 42),
        ("s2", "Newsletter", 7),
    ]
    everyone = client.post(BROADCASTS, json={"name": "x", "send_to_all": True}).json()
    assert everyone["contacts_count"] == 49
    assert everyone["segments"] == []


def test_segments_are_searched_by_a_part_of_their_name_in_any_case(client: httpx.Client, box: Sandbox) -> None:
    box.seed([("s1", "VIP Österreich", 1), ("s2", "Newsletter", 1), ("s3", "100% vip", 1)])
    answer = client.get(SEGMENTS, params={"search": "vip"})
    assert [one["id"] for one in answer.json()] == ["s1", "s3"]
    assert answer.headers["pagination-count"] == "2"
    assert [one["id"] for one in client.get(SEGMENTS, params={"search": "öster"}).json()] == ["s1"]
    assert [one["id"] for one in client.get(SEGMENTS, params={"search": "100%"}).json()] == ["s3"]
    assert client.get(SEGMENTS, params={"search": "nobody"}).json() == []


def test_pages_lead_to_the_end_newest_first_and_the_page_after_it_is_empty(client: httpx.Client) -> None:
    created = [client.post(BROADCASTS, json={"name": f"{number}"}).json()["id"] for number in range(7)]
    found: list[str] = []
    for page, size in ((1, 3), (2, 3), (3, 1), (4, 0)):
        answer = client.get(BROADCASTS, params={"page": page, "take": 3})
        assert len(answer.json()) == size
        totals = [answer.headers[f"pagination-{name}"] for name in ("count", "page", "take")]
        assert totals == ["7", str(page), "3"]
        found += [broadcast["id"] for broadcast in answer.json()]
    assert found == created[::-1]


def test_segments_are_paged_like_broadcasts(client: httpx.Client, box: Sandbox) -> None:
    box.seed((f"s{number}", f"S{number}", number) for number in range(45))
    sizes = [len(client.get(SEGMENTS, params={"page": page}).json()) for page in (1, 2, 3, 4)]
    assert sizes == [20, 20, 5, 0]
    assert client.get(SEGMENTS, params={"take": 100}).headers["pagination-count"] == "45"


def test_the_contacts_of_a_segment_are_as_many_as_it_counts_and_are_paged(client: httpx.Client, box: Sandbox) -> None:
    box.seed([("s1", "One", 45), ("s2", "Two", 60)])
    found: list[str] = []
    for page, size in ((1, 20), (2, 20), (3, 5), (4, 0)):
        answer = client.get(CONTACTS, params={"segment_id": "s1", "page": page})
        assert len(answer.json()) == size
        assert answer.headers["pagination-count"] == "45"
        assert {segment["id"] for contact in answer.json() for segment in contact["segments"]} <= {"s1"}
        found += [contact["id"] for contact in answer.json()]
    assert len(set(found)) == 45
    everyone = [
        contact["id"] for page in (1, 2) for contact in client.get(CONTACTS, params={"take": 100, "page": page}).json()
    ]
    assert len(set(everyone)) == 105
    assert client.get(CONTACTS, params={"segment_id": "s3"}).headers["pagination-count"] == "0"


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 45, 400])
def test_contacts_are_subscribed_or_not_and_never_both(client: httpx.Client, box: Sandbox, count: int) -> None:
    box.seed([("s0", "Before", 33), ("s1", "One", count), ("s2", "After", 77)])

    def contacts(**query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = len(found) // 7 + 1
            answer = client.get(CONTACTS, params={**query, "take": 7, "page": page})
            found += answer.json()
            if len(answer.json()) < 7:
                assert answer.headers["pagination-count"] == str(len(found))
                return found

    for query in ({"segment_id": "s1"}, {}):
        whole = {one["id"]: one["unsubscribed"] for one in contacts(**query)}
        subscribed = [one["id"] for one in contacts(**query, status="SUBSCRIBED")]
        gone = [one["id"] for one in contacts(**query, status="UNSUBSCRIBED")]
        assert sorted([*subscribed, *gone]) == sorted(whole)
        assert {whole[id] for id in gone} <= {True}
        assert {whole[id] for id in subscribed} <= {False}
        assert contacts(**query, status="BLOCKED") == []
    assert len(contacts(segment_id="s1", status="UNSUBSCRIBED")) == count // 20


@pytest.mark.parametrize("query", ["status=DRAFT", "status=", "take=101", "page=0", "search=x"])
def test_contacts_refuse_what_they_do_not_know(client: httpx.Client, query: str) -> None:
    assert client.get(f"{CONTACTS}?{query}").status_code == 400


def test_the_list_is_a_bare_array_with_what_create_answered(client: httpx.Client) -> None:
    assert client.get(BROADCASTS).json() == []
    created = client.post(BROADCASTS, json={"name": "x", "segment_ids": ["a"]}).json()
    assert client.get(BROADCASTS).json() == [created]


def test_the_status_filter_shows_that_status_only_and_all_shows_everything(client: httpx.Client, box: Sandbox) -> None:
    first, second = (client.post(BROADCASTS, json={"name": name}).json()["id"] for name in "ab")
    box.update("c", first, status="SENT")
    shown = {
        status: [one["id"] for one in client.get(BROADCASTS, params={"status": status}).json()]
        for status in ("ALL", "DRAFT", "SENT", "FAILED")
    }
    assert shown == {"ALL": [second, first], "DRAFT": [second], "SENT": [first], "FAILED": []}
    assert client.get(BROADCASTS, params={"status": "SENT"}).headers["pagination-count"] == "1"


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=x",
        "page=1.0",
        "page=",
        "page=%C2%B2",
        "page=9999999999",
        "take=0",
        "take=101",
        "take=all",
        "page=1&page=2",
        "status=draft",
        "status=ACTIVE",
        "status=",
        "next=abc",
        "offset=3",
    ],
)
def test_a_query_against_the_documentation_is_400(client: httpx.Client, query: str) -> None:
    answer = client.get(f"{BROADCASTS}?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["message"]


@pytest.mark.parametrize("query", ["status=ALL", "take=0", "page=0"])
def test_segments_refuse_what_only_broadcasts_know_and_bad_pages(client: httpx.Client, query: str) -> None:
    assert client.get(f"{SEGMENTS}?{query}").status_code == 400


@pytest.mark.parametrize("path", ["/", "/orgs", "/orgs/c", "/orgs//broadcasts", f"{BROADCASTS}/", f"{BROADCASTS}/b_1"])
def test_another_path_is_404(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["message"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", BROADCASTS, "POST, GET"),
        ("PUT", BROADCASTS, "POST, GET"),
        ("PATCH", BROADCASTS, "POST, GET"),
        ("HEAD", BROADCASTS, "POST, GET"),
        ("POST", SEGMENTS, "GET"),
        ("POST", CONTACTS, "GET"),
    ],
)
def test_a_known_path_with_another_method_is_405(client: httpx.Client, method: str, path: str, allowed: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert client.get(BROADCASTS).status_code == 200, "the connection stays usable"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "secret", "Bearersecret"])
def test_without_a_bearer_key_every_route_is_401(client: httpx.Client, box: Sandbox, header: str | None) -> None:
    client.headers.pop("Authorization")
    headers = {} if header is None else {"Authorization": header}
    answers = [
        client.post(BROADCASTS, json={"name": "x"}, headers=headers),
        client.get(BROADCASTS, headers=headers),
        client.get(SEGMENTS, headers=headers),
        client.get(CONTACTS, headers=headers),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert box.create_count == 0


def test_a_configured_key_is_the_only_one_let_in() -> None:
    with Sandbox(key="right") as box, serve(box) as server:
        for key, status in (("wrong", 401), ("right", 200), ("right2", 401)):
            with _client(server.url, key) as client:
                assert client.get(BROADCASTS).status_code == status


def test_each_org_keeps_its_own_broadcasts_and_segments(client: httpx.Client, box: Sandbox) -> None:
    strange = "acme%2Feu%20%C3%A9"
    client.post(f"/orgs/{strange}/broadcasts", json={"name": "theirs", "segment_ids": ["a"]})
    client.post(BROADCASTS, json={"name": "ours"})
    assert [one["name"] for one in client.get(f"/orgs/{strange}/broadcasts").json()] == ["theirs"]
    assert [one["name"] for one in box.broadcasts("acme/eu é")] == ["theirs"]
    assert [one["name"] for one in box.broadcasts()] == ["ours"]
    assert client.get(SEGMENTS).json() == []


def test_beyond_the_limit_of_a_sliding_minute_the_answer_is_429_with_the_wait() -> None:
    seconds = [1000.0]
    with (
        Sandbox(limit=3, clock=lambda: seconds[0]) as box,
        serve(box) as server,
        _client(server.url) as client,
    ):
        for second in (0, 10, 20):
            seconds[0] = 1000.0 + second
            assert client.get(BROADCASTS).status_code == 200
        seconds[0] = 1030.5
        answer = client.post(BROADCASTS, json={"name": "x"})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
        assert box.create_count == 0
        seconds[0] = 1059.9
        assert client.get(BROADCASTS).status_code == 429, "the first of the three is not yet a minute old"
        seconds[0] = 1060.0
        assert client.get(BROADCASTS).status_code == 200, "the first of the three is a minute old"
        assert client.get(BROADCASTS).status_code == 429, "the second is not"


def test_the_limit_is_500_unless_told_and_0_switches_it_off() -> None:
    def statuses(box: Sandbox) -> set[int]:
        return {box.handle("GET", "/orgs/c/segments", headers={"authorization": "Bearer k"}).status for _ in range(500)}

    with Sandbox(clock=lambda: 0.0) as box:
        assert statuses(box) == {200}
        assert statuses(box) == {429}
    with Sandbox(clock=lambda: 0.0, limit=0) as box:
        assert statuses(box) | statuses(box) == {200}


def test_requests_are_remembered_with_body_and_status(client: httpx.Client, box: Sandbox) -> None:
    client.post(BROADCASTS, json={"name": "x"})
    client.post(BROADCASTS, content=b"{")
    client.get(BROADCASTS, params={"take": 1})
    seen = [(one.method, one.path, one.body, one.status) for one in box.requests]
    assert seen == [
        ("POST", BROADCASTS, {"name": "x"}, 200),
        ("POST", BROADCASTS, None, 400),
        ("GET", BROADCASTS, None, 200),
    ]


def test_a_change_in_the_dashboard_shows_in_the_list(client: httpx.Client, box: Sandbox) -> None:
    created = client.post(BROADCASTS, json={"name": "x", "segment_ids": ["a"]}).json()
    box.update("c", created["id"], name="y", status="Active", scheduled_at=None, segment_ids=["b"], invented=[1])
    shown = client.get(BROADCASTS).json()[0]
    assert (shown["name"], shown["status"], shown["invented"]) == ("y", "Active", [1])
    assert [segment["id"] for segment in shown["segments"]] == ["b"]
    assert shown["created_at"] == created["created_at"]
    box.delete("c", created["id"])
    assert client.get(BROADCASTS).json() == []
    assert box.create_count == 1, "what was created stays counted"
    for change in (box.delete, box.update):
        with pytest.raises(KeyError, match="no broadcast"):
            change("c", created["id"])
