"""A person's hand in the dashboard, over a real socket: what it changes shows in the documented routes."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from invent_gitops.sandbox.server import Server, serve
from invent_gitops.sandbox.service import Sandbox
from tests.forked import PATIENCE

BROADCASTS, SEGMENTS, CONTACTS = "/orgs/c/broadcasts", "/orgs/c/segments", "/orgs/c/contacts"
KEY = {"Authorization": "Bearer k"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Sandbox(limit=0) as sandbox, serve(sandbox) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    # Nothing here speaks TLS, and loading the certificates for each client would take longer than the tests.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with httpx.Client(base_url=server.url, headers=KEY, trust_env=False, verify=context, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def made(client: httpx.Client) -> dict[str, Any]:
    """A broadcast to one segment of 100 contacts."""
    client.post(f"/_sandbox{SEGMENTS}/vip", json={"name": "VIP", "contacts_count": 100})
    wish = {"name": "Spring", "scheduled_at": "2099-03-01T09:00:00Z", "segment_ids": ["vip"]}
    created: dict[str, Any] = client.post(BROADCASTS, json=wish).json()
    return created


def change(client: httpx.Client, id: str, /, **fields: Any) -> httpx.Response:
    return client.post(f"/_sandbox{BROADCASTS}/{id}", json=fields)


def shown(client: httpx.Client) -> dict[str, Any]:
    [found] = client.get(BROADCASTS).json()
    assert isinstance(found, dict)
    return found


def test_a_broadcast_is_renamed_and_put_off_and_nothing_else_changes(
    client: httpx.Client, made: dict[str, Any]
) -> None:
    answer = change(client, made["id"], name="Summer", scheduled_at="2099-06-01T10:00:00+02:00")
    assert answer.status_code == 200
    found = shown(client)
    assert found == answer.json()
    assert {name for name in made if made[name] != found[name]} <= {"name", "scheduled_at", "updated_at"}
    assert (found["name"], found["scheduled_at"]) == ("Summer", "2099-06-01T08:00:00.000Z")


def test_an_audience_is_changed(client: httpx.Client, made: dict[str, Any]) -> None:
    change(client, made["id"], segment_ids=["vip", "others"])
    assert [segment["id"] for segment in shown(client)["segments"]] == ["vip", "others"]
    change(client, made["id"], segment_ids=[], send_to_all=True)
    assert (shown(client)["segments"], shown(client)["send_to_all"]) == ([], True)


def test_a_broadcast_that_is_sent_shows_when_it_was_and_what_became_of_it(
    client: httpx.Client, made: dict[str, Any]
) -> None:
    change(client, made["id"], status="SENDING")
    sending = shown(client)
    assert (sending["status"], sending["completed_at"]) == ("SENDING", None)
    assert sending["started_at"] is not None
    change(client, made["id"], status="SENT")
    sent = shown(client)
    assert sent["started_at"] == sending["started_at"]
    assert sent["completed_at"] is not None
    assert [sent[f"{name}_count"] for name in ("contacts", "recipients", "sent", "delivered", "failed")] == [
        *(100, 100, 100, 100),
        0,
    ]
    assert [one["id"] for one in client.get(BROADCASTS, params={"status": "SENT"}).json()] == [made["id"]]


def test_what_is_said_of_a_sent_broadcast_comes_before_what_is_made_up(
    client: httpx.Client, made: dict[str, Any]
) -> None:
    change(client, made["id"], status="SENT", sent_count=90, failed_count=10, completed_at="2099-03-01T09:05:00Z")
    found = shown(client)
    assert (found["sent_count"], found["failed_count"], found["delivered_count"]) == (90, 10, 0)
    assert found["completed_at"] == "2099-03-01T09:05:00.000Z"


def test_a_broadcast_that_failed_says_why(client: httpx.Client, made: dict[str, Any]) -> None:
    change(client, made["id"], status="FAILED")
    assert shown(client)["error_message"]
    change(client, made["id"], status="FAILED", error_message="The sender is not verified")
    assert shown(client)["error_message"] == "The sender is not verified"
    change(client, made["id"], status="CANCELLED", error_message=None)
    assert (shown(client)["status"], shown(client)["error_message"]) == ("CANCELLED", None)


def test_a_broadcast_is_given_content(client: httpx.Client, made: dict[str, Any]) -> None:
    assert shown(client)["templates"] == []
    change(client, made["id"], templates=[{}, {"error": "Too long"}])
    templates = shown(client)["templates"]
    assert [template["error"] for template in templates] == [None, "Too long"]
    assert {template["broadcast_id"] for template in templates} == {made["id"]}
    assert len({template["id"] for template in templates}) == 2


def test_a_broadcast_is_deleted(client: httpx.Client, made: dict[str, Any]) -> None:
    assert client.delete(f"/_sandbox{BROADCASTS}/{made['id']}").json() == {"deleted": made["id"]}
    assert client.get(BROADCASTS).json() == []
    assert client.delete(f"/_sandbox{BROADCASTS}/{made['id']}").status_code == 404


def test_a_segment_is_added_renamed_and_resized_and_its_broadcasts_show_it(
    client: httpx.Client, made: dict[str, Any]
) -> None:
    assert made["segments"][0]["name"] == "VIP"
    client.post(f"/_sandbox{SEGMENTS}/vip", json={"name": "Very important"})
    [segment] = client.get(SEGMENTS).json()
    assert (segment["name"], segment["contacts_count"]) == ("Very important", 100)
    assert shown(client)["segments"] == [segment]
    answer = client.post(f"/_sandbox{SEGMENTS}/vip", json={"contacts_count": 7})
    assert answer.json() == client.get(SEGMENTS).json()[0]
    assert (answer.json()["name"], answer.json()["contacts_count"]) == ("Very important", 7)
    client.post(f"/_sandbox{SEGMENTS}/new", json={})
    assert [one["name"] for one in client.get(SEGMENTS).json()] == ["Very important", "new"]


def test_a_deleted_segment_is_gone_from_its_broadcasts_too(client: httpx.Client, made: dict[str, Any]) -> None:
    assert client.delete(f"/_sandbox{SEGMENTS}/vip").json() == {"deleted": "vip"}
    assert client.get(SEGMENTS).json() == []
    assert shown(client)["segments"] == []
    assert shown(client)["id"] == made["id"]
    assert client.delete(f"/_sandbox{SEGMENTS}/vip").status_code == 404


def test_each_org_is_changed_by_itself(client: httpx.Client, made: dict[str, Any]) -> None:
    answer = client.post(f"/_sandbox/orgs/other/broadcasts/{made['id']}", json={"name": "x"})
    assert answer.status_code == 404
    assert "no broadcast" in answer.json()["message"]
    client.post("/_sandbox/orgs/a%2Fb%20%C3%A9/segments/s%2F1", json={"name": "Théirs"})
    assert [one["id"] for one in client.get("/orgs/a%2Fb%20%C3%A9/segments").json()] == ["s/1"]
    assert [one["id"] for one in client.get(SEGMENTS).json()] == ["vip"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"status": "ACTIVE"}, "SENDING"),
        ({"status": None}, "SENDING"),
        ({"name": ""}, "name"),
        ({"scheduled_at": "tomorrow"}, "scheduled_at"),
        ({"started_at": "2099-03-01"}, "started_at"),
        ({"completed_at": 3}, "completed_at"),
        ({"sent_count": -1}, "sent_count"),
        ({"sent_count": 1.5}, "sent_count"),
        ({"contacts_count": True}, "contacts_count"),
        ({"error_message": 3}, "error_message"),
        ({"error_message": ""}, "error_message"),
        ({"templates": 1}, "templates"),
        ({"templates": [1]}, "templates"),
        ({"templates": [{"error": None}]}, "templates"),
        ({"templates": [{"text": "Hi"}]}, "templates"),
        ({"segment_ids": "vip"}, "segment_ids"),
        ({"send_to_all": "yes"}, "send_to_all"),
        ({"id": "b_2"}, "id"),
        ({"created_at": None}, "created_at"),
    ],
)
def test_what_invent_would_never_show_is_400_and_changes_nothing(
    client: httpx.Client, made: dict[str, Any], fields: dict[str, Any], word: str
) -> None:
    answer = change(client, made["id"], **fields)
    assert answer.status_code == 400
    assert word in answer.json()["message"]
    assert shown(client) == made


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": "x" * 129}, {"name": 3}, {"contacts_count": -1}, {"color": "red"}]
)
def test_a_segment_that_cannot_be_is_400(client: httpx.Client, fields: dict[str, Any]) -> None:
    assert client.post(f"/_sandbox{SEGMENTS}/vip", json=fields).status_code == 400
    assert client.get(SEGMENTS).json() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null"])
def test_a_body_that_is_no_object_is_400(client: httpx.Client, made: dict[str, Any], body: bytes) -> None:
    assert client.post(f"/_sandbox{BROADCASTS}/{made['id']}", content=body).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/_sandbox{BROADCASTS}/b_1", 405),
        ("PATCH", f"/_sandbox{BROADCASTS}/b_1", 405),
        ("POST", f"/_sandbox{BROADCASTS}/b_1", 404),
        ("POST", f"/_sandbox{BROADCASTS}", 404),
        ("POST", "/_sandbox/", 404),
        ("POST", "/_sandbox/faults", 404),
        ("POST", f"/_sandbox{CONTACTS}/c_1", 404),
    ],
)
def test_another_control_does_not_exist(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, json={})
    assert (answer.status_code, list(answer.json())) == (status, ["message"])


def test_a_control_needs_the_key_like_everything_else() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with Sandbox(key="right") as box, serve(box) as server:
        for header, status in ((None, 401), ("Bearer wrong", 401), ("Bearer right", 200)):
            headers = {} if header is None else {"Authorization": header}
            url = f"{server.url}/_sandbox{SEGMENTS}/vip"
            answer = httpx.post(url, json={}, headers=headers, trust_env=False, verify=context)
            assert answer.status_code == status


def test_a_control_is_neither_counted_nor_limited_nor_struck_by_a_fault() -> None:
    with Sandbox(limit=1) as box, serve(box) as server:
        server.faults.add("error-before@any:*")
        path, body = f"/_sandbox{SEGMENTS}/vip", json.dumps({}).encode()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        with httpx.Client(base_url=server.url, headers=KEY, trust_env=False, verify=context) as client:
            assert [client.post(path, content=body).status_code for _ in range(3)] == [200, 200, 200]
        assert (server.faults.seen(), box.requests) == (0, [])


def test_a_control_is_no_route_of_the_api(server: Server) -> None:
    assert server.sandbox.handle("POST", f"/_sandbox{SEGMENTS}/vip", headers=KEY, body=b"{}").status == 404


def test_many_things_are_made_at_once(client: httpx.Client, server: Server) -> None:
    server.sandbox.fill(broadcasts=1234, segments=250)
    answer = client.get(BROADCASTS, params={"page": 13, "take": 100})
    assert (len(answer.json()), answer.headers["pagination-count"]) == (34, "1234")
    assert client.get(SEGMENTS).headers["pagination-count"] == "250"
    found = server.sandbox.broadcasts()
    assert len({one["id"] for one in found}) == len({one["name"] for one in found}) == 1234
    assert {len(one["segments"]) for one in found} == {1}
    server.sandbox.fill(broadcasts=1, segments=1, org="other")
    assert len(server.sandbox.broadcasts("other")) == 1
