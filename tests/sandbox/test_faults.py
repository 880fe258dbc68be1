"""Each fault as a real client meets it, and what the server has kept meanwhile."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from invent_gitops.sandbox.false_answers import Alteration
from invent_gitops.sandbox.faults import CREATE_FAULTS, KINDS, LIST_FAULTS, Faults, parse_fault
from invent_gitops.sandbox.server import Server, serve
from invent_gitops.sandbox.service import Sandbox
from tests.forked import PATIENCE
from tests.running import until

PATH = "/orgs/c/broadcasts"
WISH = {"name": "x"}
KEY = {"Authorization": "Bearer k"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Sandbox(limit=0) as box, serve(box) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    headers = {"Authorization": "Bearer k"}
    with httpx.Client(
        base_url=server.url, headers=headers, trust_env=False, verify=context, timeout=PATIENCE
    ) as client:
        yield client


def _kept(server: Server) -> list[str]:
    return [one["name"] for one in server.sandbox.broadcasts()]


@pytest.mark.parametrize(
    ("spec", "status", "kept"),
    [
        ("429@create:1", 429, []),
        ("429=7@create:1", 429, []),
        ("error-before@create:1", 503, []),
        ("error-before=408@create:1", 408, []),
        ("error-before=304@create:1", 304, []),
        ("error-after@create:1", 500, ["x"]),
        ("error-after=502@create:1", 502, ["x"]),
        ("html-before@create:1", 200, []),
        ("html-after@create:1", 200, ["x"]),
    ],
)
def test_a_fault_that_answers_is_met_with_its_status(
    client: httpx.Client, server: Server, spec: str, status: int, kept: list[str]
) -> None:
    server.faults.add(spec)
    answer = client.post(PATH, json=WISH)
    assert answer.status_code == status
    assert _kept(server) == kept
    assert answer.headers.get("retry-after") == ("7" if "=7" in spec else None)
    assert answer.headers["content-type"].startswith("text/html" if spec.startswith("html") else "application/json")
    assert "b_" not in answer.text, "the id of what was created does not get out"
    assert client.post(PATH, json=WISH).status_code == 200, "the next request is answered, on the same connection"


@pytest.mark.parametrize(("spec", "kept"), [("close-before@create:1", []), ("close-after@create:1", ["x"])])
def test_a_closed_connection_is_met_as_no_answer(
    client: httpx.Client, server: Server, spec: str, kept: list[str]
) -> None:
    server.faults.add(spec)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.post(PATH, json=WISH)
    assert _kept(server) == kept
    assert client.post(PATH, json=WISH).status_code == 200


def test_a_cut_body_announces_more_than_it_sends(client: httpx.Client, server: Server) -> None:
    server.faults.add("cut-body@create:1")
    with client.stream("POST", PATH, json=WISH) as answer:
        assert answer.status_code == 200
        got: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
            got.extend(answer.iter_raw())
    assert 0 < len(b"".join(got)) < int(answer.headers["content-length"])
    assert _kept(server) == ["x"]


def test_a_hang_is_met_as_a_read_timeout_after_it_was_carried_out(client: httpx.Client, server: Server) -> None:
    server.faults.add("hang=600@create:1")
    with pytest.raises(httpx.ReadTimeout):
        client.post(PATH, json=WISH, timeout=0.2)
    until(lambda: _kept(server) == ["x"])


def test_a_hang_ends_with_a_closed_connection_when_its_time_is_over(client: httpx.Client, server: Server) -> None:
    server.faults.add("hang=0.1@list:1")
    started = time.monotonic()
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(PATH)
    assert time.monotonic() - started >= 0.1


def test_a_delay_comes_before_the_request_is_carried_out_and_adds_to_other_faults(
    client: httpx.Client, server: Server
) -> None:
    server.faults.add("delay=0.15@any:1")
    server.faults.add("error-before@create:1")
    server.faults.add("delay=0.15@create:1")
    started = time.monotonic()
    assert client.post(PATH, json=WISH).status_code == 503
    assert time.monotonic() - started >= 0.3
    assert _kept(server) == []


def test_a_delayed_create_is_carried_out_although_its_client_gave_up(client: httpx.Client, server: Server) -> None:
    server.faults.add("delay=2.0@create:1")
    with pytest.raises(httpx.ReadTimeout):
        client.post(PATH, json=WISH, timeout=0.1)
    assert _kept(server) == []
    until(lambda: _kept(server) == ["x"])


def test_a_redirect_names_a_place_so_that_a_client_which_follows_it_is_caught(
    client: httpx.Client, server: Server
) -> None:
    server.faults.add("error-after=307@create:1")
    assert client.post(PATH, json=WISH, follow_redirects=True).status_code == 200
    assert _kept(server) == ["x", "x"]


def test_a_faulty_create_that_is_against_the_documentation_creates_nothing(
    client: httpx.Client, server: Server
) -> None:
    server.faults.add("error-after@create:*")
    assert client.post(PATH, json={"name": ""}).status_code == 500
    assert _kept(server) == []


@pytest.mark.parametrize(
    ("where", "struck"),
    [
        ("create:2", [4]),
        ("create:2-3", [4, 6]),
        ("create:*", [2, 4, 6]),
        ("list:1", [3]),
        ("segments:1", [5]),
        ("any:2-4", [1, 2, 3]),
        ("any:*", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_fault_strikes_the_requests_it_names_and_no_other(
    client: httpx.Client, server: Server, where: str, struck: list[int]
) -> None:
    server.faults.add(f"error-before=599@{where}")
    requests = ["GET /nowhere", f"PUT {PATH}", f"POST {PATH}", f"GET {PATH}"]
    requests += [f"POST {PATH}", "GET /orgs/c/segments", f"POST /orgs/other{PATH.removeprefix('/orgs/c')}"]
    statuses = [client.request(*request.split(), json=WISH).status_code for request in requests]
    assert [number for number, status in enumerate(statuses) if status == 599] == struck


def test_one_page_of_a_list_fails_each_time_and_the_others_never(client: httpx.Client, server: Server) -> None:
    server.faults.add("error-before@list:page=2")
    server.faults.add("error-before=502@any:page=3")
    asked = [(route, page) for _ in range(2) for route in ("broadcasts", "segments") for page in (1, 2, 3)]
    statuses = [client.get(f"/orgs/c/{route}", params={"page": page}).status_code for route, page in asked]
    assert statuses == [200, 503, 502, 200, 200, 502] * 2
    assert client.get("/orgs/c/contacts?page=3").status_code == 502
    assert client.get(PATH).status_code == 200, "without a number it is the first page"
    assert client.get(f"{PATH}?page=x").status_code == 400
    assert client.post(f"{PATH}?page=2", json=WISH).status_code == 200


def test_faults_come_and_go_while_the_server_runs_and_the_count_goes_on(client: httpx.Client, server: Server) -> None:
    assert client.post(PATH, json=WISH).status_code == 200
    server.faults.add(f"error-before@create:{server.faults.seen('create') + 1}")
    assert client.post(PATH, json=WISH).status_code == 503
    server.faults.add("error-before@create:*")
    assert client.post(PATH, json=WISH).status_code == 503
    server.faults.clear()
    assert client.post(PATH, json=WISH).status_code == 200
    assert (server.faults.seen("create"), server.faults.seen("list"), server.faults.seen()) == (4, 0, 4)


def test_requests_that_were_struck_are_remembered_too(client: httpx.Client, server: Server) -> None:
    for number, kind in enumerate(("429", "close-before", "close-after"), start=1):
        server.faults.add(f"{kind}@create:{number}")
    client.post(PATH, json=WISH)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(PATH, json=WISH)
    assert [(one.body, one.status) for one in server.sandbox.requests] == [(WISH, 429), (WISH, 0), (WISH, 200)]


def _fortune(faults: Faults, times: int = 400) -> list[bool]:
    return [faults.strike("create")[1] is not None for _ in range(times)]


def test_faults_by_chance_are_the_same_for_a_seed_and_others_for_another() -> None:
    first = _fortune(Faults("close-after@create:20%", seed=7))
    assert first == _fortune(Faults("close-after@create:20%", seed=7))
    assert first != _fortune(Faults("close-after@create:20%", seed=8))
    assert 40 < sum(first) < 120
    assert not any(_fortune(Faults("429@create:0%")))
    assert all(_fortune(Faults("429@create:100%")))


def test_chance_is_not_changed_by_other_faults_or_other_routes() -> None:
    faults = Faults("close-after@create:20%", "429@create:*", "429@list:50%", seed=7)
    got = []
    for _ in range(400):
        faults.strike("list")
        faults.strike(None)
        struck = faults.strike("create")[1]
        got.append(struck is not None and struck.kind == "close-after")
    assert got == _fortune(Faults("close-after@create:20%", seed=7))


def test_a_chance_is_used_up_even_where_another_fault_wins() -> None:
    alone = _fortune(Faults("429@list:*", "close-after@create:20%", seed=7))
    behind = _fortune(Faults("429@create:1-200", "close-after@create:20%", seed=7))
    assert behind == [True] * 200 + alone[200:]


def test_of_several_faults_the_first_added_wins() -> None:
    faults = Faults("error-after@create:1", "close-before@any:*")
    kinds = [struck.kind for struck in (faults.strike("create")[1], faults.strike("create")[1]) if struck]
    assert kinds == ["error-after", "close-before"]


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "close",
        "close-after",
        "close-after@",
        "close-after@create",
        "close-after@create:",
        "close-after@create:0",
        "close-after@create:3-2",
        "close-after@create:x",
        "close-after@create:-1",
        "close-after@create:101%",
        "close-after@create:-5%",
        "close-after@create:page=1",
        "close-after@list:page=0",
        "close-after@list:page=",
        "close-after@update:1",
        "close-after=1@create:1",
        "explode@create:1",
        "delay@create:1",
        "delay=@create:1",
        "delay=-1@create:1",
        "delay=nan@create:1",
        "delay=1e9@create:1",
        "hang@create:1",
        "hang=x@create:1",
        "429=soon@create:1",
        "429=1.5@create:1",
        "error-after=200@create:1",
        "error-before=600@create:1",
        "html-after=1@create:1",
        "cut-body=1@create:1",
    ],
)
def test_a_fault_that_cannot_be_read_says_what_is_allowed_with_an_example(spec: str) -> None:
    with pytest.raises(ValueError, match=f'^"{re.escape(spec)}" ') as caught:
        Faults(spec)
    message = str(caught.value)
    assert "close-after@create:3" in message
    assert all(kind in message for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fault_can_be_ordered_for_every_kind_of_request_that_it_fits(kind: str) -> None:
    argument = "=0.5" if kind in ("delay", "hang", "lag") else ""
    only = "list" if kind in LIST_FAULTS else "create" if kind in CREATE_FAULTS else ""
    for target in ("create", "list", "segments", "contacts", "any"):
        for when in ("3", "2-4", "*", "20%", "0.5%"):
            spec = f" {kind}{argument}@{target}:{when} "
            if target == (only or target):
                assert (parse_fault(spec).kind, parse_fault(spec).target) == (kind, target)
            else:
                with pytest.raises(ValueError, match=f"{kind} is for"):
                    parse_fault(spec)


def _listed(client: httpx.Client) -> tuple[list[str], str]:
    answer = client.get(PATH)
    return [one["name"] for one in answer.json()], answer.headers["pagination-count"]


def test_a_list_that_lags_neither_shows_nor_counts_what_is_new_until_its_time_has_come() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    with Sandbox(limit=0, now=lambda: now) as box:

        def listed() -> tuple[list[str], str]:
            answer = box.handle("GET", PATH, headers=KEY, altered=Alteration("lag", 60.0))
            return [one["name"] for one in answer.json()], answer.headers["pagination-count"]

        for name in ("old", "new"):
            now += timedelta(seconds=50)
            box.handle("POST", PATH, headers=KEY, body=json.dumps({"name": name}).encode())
        now += timedelta(seconds=20)
        assert listed() == (["old"], "1")
        now += timedelta(seconds=50)
        assert listed() == (["new", "old"], "2")


def test_lag_can_be_ordered_over_http_and_ends_with_the_fault(client: httpx.Client, server: Server) -> None:
    server.faults.add("lag=3600@list:1-2")
    client.post(PATH, json=WISH)
    assert _listed(client) == ([], "0")
    assert client.get(PATH, params={"page": "1", "take": "1"}).json() == []
    assert _listed(client) == (["x"], "1")


@pytest.mark.parametrize(
    ("kind", "shown", "count"), [("omit", 2, "3"), ("omit-silently", 2, "2"), ("omit-page", 0, "3")]
)
def test_a_list_with_a_gap_leaves_out_another_entry_each_time(
    client: httpx.Client, server: Server, kind: str, shown: int, count: str
) -> None:
    for name in ("a", "b", "c"):
        client.post(PATH, json={"name": name})
    server.faults.add(f"{kind}@list:*")
    lists = [_listed(client) for _ in range(3)]
    assert [(len(names), told) for names, told in lists] == [(shown, count)] * 3
    assert len({tuple(names) for names, _ in lists}) == (1 if kind == "omit-page" else 3)
    server.faults.clear()
    assert _listed(client) == (["c", "b", "a"], "3")


@pytest.mark.parametrize("route", ["segments", "contacts"])
def test_a_gap_in_the_list_of_broadcasts_is_none_in_the_other_lists(
    client: httpx.Client, server: Server, route: str
) -> None:
    client.post(PATH, json={"name": "x", "segment_ids": ["vip"]})
    server.faults.add("omit-page@list:*")
    assert len(client.get(f"/orgs/c/{route}").json()) > 0


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("other-id", {"id"}),
        ("other-name", {"name"}),
        ("other-time", {"scheduled_at"}),
        ("other-audience", {"segments", "send_to_all"}),
    ],
)
def test_a_create_is_answered_with_a_field_of_the_oldest_other_broadcast_and_carried_out_as_asked(
    client: httpx.Client, server: Server, kind: str, fields: set[str]
) -> None:
    wishes = [
        {"name": "one", "scheduled_at": "2099-01-01T09:00:00Z", "segment_ids": ["vip"]},
        {"name": "two", "scheduled_at": "2099-02-02T09:00:00Z", "send_to_all": True},
    ]
    server.faults.add(f"{kind}@create:*")
    first, second = (client.post(PATH, json=wish).json() for wish in wishes)
    kept = {one["name"]: one for one in server.sandbox.broadcasts()}
    assert first == kept["one"], "there is no other yet"
    assert {name for name in second if second[name] != kept["two"][name]} == fields
    assert {name for name in fields if second[name] == first[name]} == fields


def test_a_server_is_quiet_once_its_connections_are_served(client: httpx.Client, server: Server) -> None:
    client.post(PATH, json=WISH)
    assert not server.quiet(patience=0), "the client may ask for more"
    client.close()
    assert server.quiet()
