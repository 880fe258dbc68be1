"""Where requests may go: one checked origin, an org that stays one segment of the path, a key that is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode, InventGitopsError, WrongUsage
from invent_gitops.http.address import DEFAULT_BASE_URL, Target, checked_base_url, checked_key, checked_org
from tests.running import account, call, define

SECRET = "topsecret-4711"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (DEFAULT_BASE_URL, DEFAULT_BASE_URL),
        ("https://API.useinvent.com/", DEFAULT_BASE_URL),
        (" https://api.useinvent.com:443 ", DEFAULT_BASE_URL),
        ("https://invent.example:8443/v1/", "https://invent.example:8443/v1"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://localhost:8765", "http://localhost:8765"),
        ("http://[::1]:8765/", "http://[::1]:8765"),
        ("http://127.9.9.9:1", "http://127.9.9.9:1"),
    ],
)
def test_a_base_url_has_one_normal_form_so_that_a_state_is_bound_to_one_spelling(text: str, normal: str) -> None:
    assert checked_base_url(text) == normal
    assert checked_base_url(normal) == normal


@pytest.mark.parametrize(
    "text",
    [
        "",
        "api.useinvent.com",
        "//api.useinvent.com",
        "ftp://api.useinvent.com",
        "file:///etc/passwd",
        "https://",
        "https:///orgs",
        "https://:443",
        "https://a b",
        "https://ex\u00e4mple.com",
        "https://host:port",
        "https://host:99999",
        "https://[::1",
        "https://user@host",
        "https://user:word@host",
        "https://@host",
        "https://host?x=1",
        "https://host#part",
        "https://host/../other",
        "https://host/%2e%2e/other",
        "https://host/a;b",
        "https://host\\@other",
        "https://host/a b",
    ],
)
def test_a_base_url_that_could_lead_elsewhere_is_refused_as_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        checked_base_url(text)
    assert DEFAULT_BASE_URL in refused.value.cure


@pytest.mark.parametrize(
    "text",
    ["http://api.useinvent.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://localhost.example.com"],
)
def test_a_key_is_never_sent_unencrypted_beyond_this_machine(text: str) -> None:
    with pytest.raises(WrongUsage, match="unencrypted"):
        checked_base_url(text)


@pytest.mark.parametrize("text", [f"https://u:{SECRET}@host", f"http://u:{SECRET}@example.com"])
def test_a_password_in_a_base_url_is_not_shown(text: str) -> None:
    assert SECRET not in _refusal(text)


@pytest.mark.parametrize("text", [f"ftp://u:{SECRET}@host", f"https://u:{SECRET}@", f"https://u:{SECRET}@a b"])
def test_a_password_in_a_base_url_is_not_shown_whatever_else_is_wrong_with_it(text: str) -> None:
    assert SECRET not in _refusal(text)


@pytest.mark.parametrize("text", ["https://a..b", "https://xn--a", f"https://{'a' * 64}.example"])
def test_a_host_that_cannot_be_a_name_is_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage):
        checked_base_url(text)


@pytest.mark.parametrize("org", ["c", "org_1", "0b6f-4c", "a.b", "a~b", "x" * 128])
def test_an_org_is_an_id(org: str) -> None:
    assert checked_org(org) == org


@pytest.mark.parametrize(
    "org", ["", ".", "..", "...", "a/b", "../x", "a b", "a?b", "a#b", "%2e", "ä", "x" * 129, "a\n"]
)
def test_an_org_that_would_leave_its_segment_of_the_path_is_refused(org: str) -> None:
    with pytest.raises(WrongUsage):
        checked_org(org)


def test_white_space_around_a_key_is_a_slip_of_copying_and_is_dropped() -> None:
    assert checked_key(f" {SECRET}\n") == SECRET


@pytest.mark.parametrize("key", ["", " ", f"{SECRET} x", f"{SECRET}\r\nX: y", f"{SECRET}é", f"{SECRET}\0", "x" * 4097])
def test_a_key_that_does_not_fit_in_a_header_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        checked_key(key)
    assert SECRET not in _words(refused.value)


def test_a_target_that_is_printed_does_not_show_its_key() -> None:
    target = Target("https://host", "c", "https://host", SECRET)
    assert SECRET not in repr(target)
    assert SECRET not in repr(target.__rich_repr__())


@pytest.mark.parametrize(
    ("words", "env"),
    [
        ((), account("http://example.com", SECRET)),
        (("--base-url", "nonsense"), account("https://ignored.invalid", SECRET)),
        (("--org", "../x"), account("https://host.invalid", SECRET)),
        ((), {**account("https://host.invalid", SECRET), "INVENT_ORG_ID": "a/b"}),
        ((), account("https://host.invalid", f"{SECRET} with spaces")),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_bad_account_ends_apply_with_2_before_anything_is_written(
    tmp_path: Path, words: tuple[str, ...], env: dict[str, str], form: tuple[str, ...]
) -> None:
    define(tmp_path, "a")
    result = call(tmp_path, "apply", "--yes", *words, *form, env=env)
    assert result.code == ExitCode.USAGE
    assert SECRET not in result.all
    assert not (tmp_path / "invent.state.json").exists()


def _refusal(text: str) -> str:
    with pytest.raises(WrongUsage) as refused:
        checked_base_url(text)
    return _words(refused.value)


def _words(error: InventGitopsError) -> str:
    return f"{error} {error.message} {error.cure}"
