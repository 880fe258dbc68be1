"""The REST client: one origin, to the end of a list, patience with limits, and no answer that it cannot bound."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from invent_gitops.errors import Unavailable, WrongUsage
from invent_gitops.github import rest
from invent_gitops.github.refusal import ClosedToAll, Forbidden, NotVisible
from invent_gitops.github.rest import Rest, token_of
from tests.forked import PATIENCE
from tests.github.standin import NEW_API, OLD_API, REPOSITORY, TOKEN, StandIn, standing_in
from tests.proxying import in_turn, proxy, says, tunnel_to
from tests.running import CERTIFICATE, http, scripted

COMMENTS = f"/repos/{REPOSITORY}/issues/7/comments"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(rest, "PAUSE", 0.01)
    monkeypatch.setattr(rest, "LIMIT_PAUSE", 0.01)
    with standing_in() as found:
        yield found


def test_every_request_says_who_asks_and_in_which_version(hub: StandIn) -> None:
    with Rest(hub.url, TOKEN) as api:
        api.post(COMMENTS, {"body": "x"}, lambda: None)
    headers = hub.requests[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["user-agent"].startswith("invent-gitops/")
    assert headers["x-github-api-version"] == "2022-11-28"


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 250])
def test_a_list_is_read_to_its_end_and_never_elsewhere(hub: StandIn, count: int) -> None:
    for number in range(count):
        hub.add_comment(7, str(number))
    with Rest(hub.url, TOKEN) as api:
        found = [one["body"] for page in api.pages(COMMENTS) for one in page]
    assert found == [str(number) for number in range(count)]


@pytest.mark.parametrize(
    "link",
    [
        '<https://elsewhere.invalid/x?page=2>; rel="next"',
        '<http://127.0.0.1:9/x?page=2>; rel="next"',
        "<https://127.0.0.1/x?page=2>; rel=next",
        '</x?page=2>; rel="next"',
        '<HERE/x?page=1>; rel="next"',
        '<HERE/x>; rel="next"',
        'rel="next"',
        '<HERE/x?page=9; rel="prev", rel="next"',
    ],
)
def test_list_that_goes_on_elsewhere_or_nowhere_is_refused_and_no_end(link: str) -> None:
    with scripted(http(200, []), http(200, [{"id": 1}]), http(200, [])) as other:
        told = link.replace("HERE", "http://127.0.0.1:1")
        with (
            scripted(http(200, [{"id": 1}], link=told), http(200, [])) as server,
            Rest(server.url, TOKEN) as api,
        ):
            with pytest.raises(Unavailable, match="GitHub says that a list goes on"):
                list(api.pages("/x"))
            assert len(server.received) == 1
        assert other.received == []


def test_list_is_read_on_where_the_header_says_below_our_own_address(hub: StandIn) -> None:
    """A cursor in place of a number, other relations before it, and an empty page that is not the last one."""
    here = f"{hub.url}/repositories/1/issues/7/comments"
    for body, link in (
        (b'[{"id": 1}]', f'<{here}?page=9>; rel="last", <{here}?state=open&after=Zm9v&page=2>; rel="next"'),
        (b"[]", f'<{here}?after=YmFy>; title="x"; rel="prev next"'),
        (b'[{"id": 2}]', f'<{here}?page=1>; rel="first"'),
    ):
        hub.fault("GET", "comments", 200, body=body, headers={"Link": link})
    with Rest(hub.url, TOKEN) as api:
        assert [one["id"] for page in api.pages(COMMENTS, {"state": "all"}) for one in page] == [1, 2]
    assert [one.path for one in hub.requests] == [COMMENTS] * 3
    queries = [{name: one.query[name] for name in one.query if name != "per_page"} for one in hub.requests]
    assert queries == [
        {"state": "all", "page": "1"},
        {"state": "all", "page": "2", "after": "Zm9v"},
        {"state": "all", "after": "YmFy"},
    ]


def test_list_without_an_end_is_refused(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "PAGES", 2)
    for number in range(250):
        hub.add_comment(7, str(number))
    with Rest(hub.url, TOKEN) as api, pytest.raises(Unavailable, match="does not end"):
        list(api.pages(COMMENTS))


def test_list_that_is_shorter_than_github_says_is_refused() -> None:
    def page(count: int, total: object) -> bytes:
        return http(200, {"total_count": total, "secrets": [{"name": "KEY"}] * count})

    pages = [page(1, 2), page(100, 101), page(0, 101), page(2, 2), page(1, "2")]
    with scripted(*pages) as server, Rest(server.url, TOKEN) as api:
        for _ in range(2):
            with pytest.raises(Unavailable, match="fewer entries than GitHub says"):
                list(api.pages("/x", member="secrets"))
        assert [len(page) for page in api.pages("/x", member="secrets")] == [2]
        assert [len(page) for page in api.pages("/x", member="secrets")] == [1]


def test_a_list_without_the_header_is_read_until_a_page_is_not_full() -> None:
    pages = [http(200, [{"id": 1}] * 100), http(200, [{"id": 2}] * 100), http(200, [])]
    with scripted(*pages) as server, Rest(server.url, TOKEN) as api:
        assert len([one for page in api.pages("/x") for one in page]) == 200
        assert [one.query["page"] for one in server.received] == ["1", "2", "3"]


def test_redirect_is_not_followed_and_the_token_goes_nowhere_else() -> None:
    with (
        scripted(http(200, [])) as other,
        scripted(http(301, b"", location=f"{other.url}/x")) as server,
        Rest(server.url, TOKEN) as api,
    ):
        with pytest.raises(Unavailable, match="GitHub answered 301"):
            api.get("/x")
        assert other.received == []


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"Retry-After": "1"}),
        (429, {"Retry-After": "1"}),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1)}),
        (429, {}),
        (403, {}),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_rate_limit_is_waited_for_and_is_no_missing_permission(
    hub: StandIn, status: int, headers: dict[str, str], method: str
) -> None:
    hub.fault(
        method, "comments", status, headers=headers, body=b'{"message": "You have exceeded a secondary rate limit"}'
    )
    with Rest(hub.url, TOKEN) as api:
        if method == "GET":
            assert api.get(COMMENTS, {"per_page": "1", "page": "1"})[0] == []
        else:
            api.post(COMMENTS, {"body": "x"}, lambda: None)
            assert len(hub.comments(7)) == 1


LIMITS = [
    (403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."),
    (403, "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."),
    (403, "You have triggered an abuse detection mechanism and have been temporarily blocked from content creation."),
    (422, "Validation Failed: was submitted too quickly"),
    (429, "Slow down"),
]


@pytest.mark.parametrize(("status", "message"), LIMITS)
def test_limit_that_names_no_time_is_waited_for_a_minute_and_then_longer_within_the_budget(
    hub: StandIn, status: int, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    body = json.dumps({"message": message}).encode()
    hub.fault("POST", "comments", status, times=2, body=body)
    with Rest(hub.url, TOKEN) as api:
        api.post(COMMENTS, {"body": "x"}, lambda: None)
        assert len(hub.comments(7)) == 1
    assert [pause for pause in pauses if pause] == [60.0, 120.0]
    hub.fault("GET", "comments", status, times=9, body=body)
    pauses.clear()
    with Rest(hub.url, TOKEN) as api, pytest.raises(Unavailable, match=f"GitHub answered {status}") as caught:
        api.get(COMMENTS)
    assert not isinstance(caught.value, Forbidden)
    assert caught.value.cure.startswith("GitHub limits the requests of this token")
    assert [pause for pause in pauses if pause] == [60.0, 120.0], "the budget has no room for a third"


def test_limit_is_not_waited_for_beyond_the_budget(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "LIMIT_PAUSE", 60.0)
    monkeypatch.setattr(rest, "PATIENCE", 59.0)
    hub.fault("GET", "comments", 429, times=9)
    with Rest(hub.url, TOKEN) as api, pytest.raises(Unavailable, match="GitHub answered 429"):
        api.get(COMMENTS)
    assert len(hub.requests) == 1


@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_limit_beyond_the_budget_says_until_when_it_lasts(header: str) -> None:
    now = 1_800_000_000 - 1_800_000_000 % 86400
    told = {"retry_after": "3600"} if header == "Retry-After" else {"x_ratelimit_reset": now + 3600}
    answer = http(403, {}, date=formatdate(now, usegmt=True), x_ratelimit_remaining=0, **told)
    with scripted(answer) as server, Rest(server.url, TOKEN) as api, pytest.raises(Unavailable) as caught:
        api.get(COMMENTS)
    assert "GitHub accepts requests again at 01:00 UTC" in caught.value.cure


@pytest.mark.parametrize(
    "told",
    [
        {"Retry-After": "0"},
        {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"},
        {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000"},
    ],
)
def test_limit_whose_time_is_over_waits_a_minute_also_after_other_faults(
    hub: StandIn, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    hub.fault("GET", "comments", 502, times=1)
    hub.fault("GET", "comments", 403, times=1, headers=told, body=b'{"message": "secondary rate limit"}')
    with Rest(hub.url, TOKEN) as api:
        api.get(COMMENTS, {"per_page": "1", "page": "1"})
    assert [pause for pause in pauses if pause] == [1.0, 60.0]


def test_missing_permission_is_one_also_with_the_last_request_of_the_hour(hub: StandIn) -> None:
    body = b'{"message": "Resource not accessible by integration"}'
    hub.fault("GET", "comments", 403, headers={"X-RateLimit-Remaining": "0"}, body=body)
    with Rest(hub.url, TOKEN) as api, pytest.raises(Forbidden, match="not accessible"):
        api.get(COMMENTS)
    assert len(hub.requests) == 1


def test_list_ends_with_the_budget_of_all_its_pages(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "PATIENCE", 7.0)
    for number in range(250):
        hub.add_comment(7, str(number))
    with Rest(hub.url, TOKEN) as api:
        pages = api.pages(COMMENTS)
        next(pages)
        api._give_up = 0.0
        with pytest.raises(Unavailable, match="everything within 7 seconds"):
            next(pages)


CLOSED = [
    (403, "This installation has been suspended", "unsuspend"),
    (403, "This repository is currently disabled.", "support.github.com"),
    (451, "Unavailable for legal reasons", "support.github.com"),
    (403, "Repository was archived so is read-only.", "Unarchive"),
    (403, "Unable to create comment because issue is locked.", "Unlock"),
    (410, "Issues are disabled for this repo", "Switch on issues"),
    (410, "Issues has been disabled in this repository.", "Switch on issues"),
    (403, "Repository has been locked for migration.", "being moved"),
    (403, "Repository access blocked", "support.github.com"),
    (451, "Repository unavailable due to DMCA takedown.", "support.github.com"),
]


@pytest.mark.parametrize(("status", "message", "cure"), CLOSED)
def test_what_is_closed_to_everybody_is_no_missing_permission_and_has_its_own_cure(
    hub: StandIn, status: int, message: str, cure: str
) -> None:
    hub.fault("POST", "comments", status, body=json.dumps({"message": message}).encode())
    with Rest(hub.url, TOKEN) as api, pytest.raises(ClosedToAll) as caught:
        api.post(COMMENTS, {"body": "x"}, lambda: None)
    assert message.rstrip(".") in caught.value.message
    assert cure in caught.value.cure
    assert len(hub.requests) == 1


@pytest.mark.parametrize(
    ("message", "cure"),
    [
        ("Resource not accessible by integration", "permissions pull-requests: write"),
        ("Resource protected by organization SAML enforcement.", "single sign-on"),
        ("The organization has an IP allow list enabled, and your IP address is not permitted", "IP allow list"),
    ],
)  # fmt: skip
def test_token_that_may_not_is_told_what_it_lacks(hub: StandIn, message: str, cure: str) -> None:
    hub.fault("GET", "comments", 403, body=json.dumps({"message": message}).encode())
    with Rest(hub.url, TOKEN) as api, pytest.raises(Forbidden) as caught:
        api.get(COMMENTS)
    assert not isinstance(caught.value, ClosedToAll)
    assert cure in caught.value.cure


def test_version_that_github_has_retired_is_left_for_the_next_one(hub: StandIn) -> None:
    hub.versions = (NEW_API,)
    with Rest(hub.url, TOKEN) as api:
        api.post(COMMENTS, {"body": "x"}, lambda: None)
        api.get(COMMENTS, {"per_page": "1", "page": "1"})
    assert [one.headers["x-github-api-version"] for one in hub.requests] == [OLD_API, NEW_API, NEW_API]
    assert len(hub.comments(7)) == 1


def test_server_that_knows_neither_version_is_a_refusal(hub: StandIn) -> None:
    hub.versions = ()
    with Rest(hub.url, TOKEN) as api, pytest.raises(NotVisible, match="GitHub answered 410"):
        api.get(COMMENTS)
    assert len(hub.requests) == 2


def test_rate_limit_beyond_the_budget_is_told_at_once(hub: StandIn) -> None:
    hub.fault("GET", "comments", 403, headers={"Retry-After": "3600"})
    began = time.monotonic()
    with Rest(hub.url, TOKEN) as api, pytest.raises(Unavailable, match="GitHub answered 403") as caught:
        api.get(COMMENTS)
    assert not isinstance(caught.value, Forbidden)
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize(
    ("status", "error"), [(403, Forbidden), (404, NotVisible), (410, NotVisible), (401, Unavailable)]
)
def test_refusals_are_told_apart_and_not_repeated(hub: StandIn, status: int, error: type[Exception]) -> None:
    hub.fault("GET", "comments", status, times=9)
    with Rest(hub.url, TOKEN) as api, pytest.raises(error, match=f"GitHub answered {status}: Ordered by the test"):
        api.get(COMMENTS)
    # 410 may also mean that this version of the API is gone.
    assert len(hub.requests) == (2 if status == 410 else 1)


def test_answer_beyond_the_limit_is_not_kept(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "BODY_LIMIT", 1_000)
    hub.fault("GET", "comments", 200, times=9, body=b"[" + b" " * 2_000 + b"]")
    with Rest(hub.url, TOKEN) as api, pytest.raises(Unavailable, match="larger than"):
        api.get(COMMENTS)


def test_drip_of_bytes_ends_with_the_budget(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "PATIENCE", 0.3)
    hub.fault("GET", "comments", 200, times=9, seconds=0.5, body=b"[]")
    with Rest(hub.url, TOKEN) as api, pytest.raises(Unavailable, match="took too long"):
        api.get(COMMENTS)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'{"a": 1}', b"[1]", b"[" * 100_000])
def test_list_of_another_shape_is_told(hub: StandIn, body: bytes) -> None:
    hub.fault("GET", "comments", 200, body=body)
    with Rest(hub.url, TOKEN) as api, pytest.raises(Unavailable, match="GitHub's answer is not"):
        list(api.pages(COMMENTS))


def test_token_that_github_echoes_is_taken_out() -> None:
    with scripted(http(400, {"message": f"No {TOKEN}"})) as server, Rest(server.url, TOKEN) as api:
        with pytest.raises(Unavailable) as caught:
            api.get("/x")
        assert TOKEN not in caught.value.message


@pytest.mark.parametrize("url", ["http://api.github.invalid", "ftp://127.0.0.1", "https://a@b.invalid", "x"])
def test_odd_address_is_refused_by_name(url: str) -> None:
    with pytest.raises(WrongUsage, match="GITHUB_API_URL"):
        Rest(url, TOKEN)


def test_server_of_a_company_has_its_own_path() -> None:
    with scripted(http(200, {})) as server, Rest(f"{server.url}/api/v3", TOKEN) as api:
        api.get("/user")
        assert server.received[0].path == "/api/v3/user"


def test_token_is_found_and_a_bad_one_is_not_shown() -> None:
    assert token_of({"GH_TOKEN": " a-token\n"}) == "a-token"
    assert token_of({"GITHUB_TOKEN": "first", "GH_TOKEN": "second"}) == "first"
    assert token_of({}) == ""
    with pytest.raises(WrongUsage) as caught:
        token_of({"GITHUB_TOKEN": "secret secret"})
    assert "secret" not in caught.value.message


# ---------------------------------------------------------------- proxies, certificates, clocks


def test_proxy_that_opens_no_tunnel_lost_nothing_so_that_a_comment_is_sent_again_without_a_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rest, "PAUSE", 0.01)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with (
        scripted(http(201, {"id": 1}), certificate=CERTIFICATE) as server,
        proxy(in_turn([says(b""), says(http(503)), tunnel_to(server.port)])) as between,
    ):
        monkeypatch.setenv("HTTPS_PROXY", between.url)
        looks: list[str] = []
        with Rest("https://invent.invalid", TOKEN) as api:
            assert api.post(COMMENTS, {"body": "x"}, lambda: looks.append("look")) == {"id": 1}
    assert (len(between.asked), len(server.received), looks) == (3, 1, [])


def test_certificate_that_is_not_trusted_is_asked_for_once_and_names_the_variable() -> None:
    with scripted(http(200, []), certificate=CERTIFICATE) as server, Rest(server.url, TOKEN) as api:
        with pytest.raises(Unavailable, match="certificate") as caught:
            api.get(COMMENTS)
        assert "SSL_CERT_FILE" in caught.value.cure
        assert server.connections == 1


def test_variables_that_cannot_be_used_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "fd00::/8,[::1]")
    Rest("", TOKEN)
    monkeypatch.setenv("HTTPS_PROXY", "ftp://proxy.invalid")
    with pytest.raises(WrongUsage, match="HTTPS_PROXY"):
        Rest("", TOKEN)


@pytest.mark.parametrize("ahead", [-3600, 3600])
@pytest.mark.parametrize("header", ["Retry-After", "X-RateLimit-Reset"])
def test_wait_until_a_moment_is_judged_by_the_clock_of_github(
    ahead: int, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    now = int(time.time()) + ahead
    date, until = (formatdate(at, usegmt=True) for at in (now, now + 7))
    told = {"retry_after": until} if header == "Retry-After" else {"x_ratelimit_reset": now + 7}
    with (
        scripted(http(403, {}, date=date, x_ratelimit_remaining=0, **told), http(200, [])) as server,
        Rest(server.url, TOKEN) as api,
    ):
        assert api.get(COMMENTS)[0] == []
    assert pauses == [7.0]


def test_list_that_is_encoded_is_refused_at_once_and_says_why() -> None:
    with (
        scripted(http(200, gzip.compress(b"[]"), content_encoding="gzip, gzip")) as server,
        Rest(server.url, TOKEN) as api,
    ):
        with pytest.raises(Unavailable, match=r"the answer is encoded \(gzip, gzip\)") as refused:
            list(api.pages("/x"))
        assert "whether a proxy on the way compresses answers" in refused.value.cure
        assert [one.headers["accept-encoding"] for one in server.received] == ["identity"]


def test_list_that_is_encoded_on_its_way_is_refused_at_once() -> None:
    with scripted(http(200, b"[]", transfer_encoding="gzip, chunked")) as server, Rest(server.url, TOKEN) as api:
        with pytest.raises(Unavailable, match=r"the answer is encoded on its way"):
            list(api.pages("/x"))
        assert len(server.received) == 1


def test_encoded_answer_to_a_comment_is_lost_and_is_looked_for() -> None:
    with scripted(http(201, gzip.compress(b"{}"), content_encoding="gzip")) as server, Rest(server.url, TOKEN) as api:
        assert api.post(COMMENTS, {"body": "x"}, lambda: "it is there") == "it is there"
        assert len(server.received) == 1
