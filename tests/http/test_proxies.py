"""Which proxy leads to Invent: what the variables say, in every form in which people write them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import ExitCode, WrongUsage
from invent_gitops.http.client import Connection
from invent_gitops.http.proxies import is_exempt, proxy_for
from tests.running import call, define

INVENT = "https://api.useinvent.com"
PROXY = "http://proxy.example:3128"
ENV = {"INVENT_API_KEY": "k-5f0c2b7d9e"}


def exempt(no_proxy: str, url: str = INVENT) -> bool:
    return is_exempt(urlsplit(url), no_proxy)


@pytest.mark.parametrize(
    "no_proxy",
    [
        "*",
        "localhost, *",
        "api.useinvent.com",
        "API.UseInvent.com",
        "useinvent.com",
        ".useinvent.com",
        "*.useinvent.com",
        "api.useinvent.com.",
        " localhost ,\tuseinvent.com ",
        "localhost useinvent.com",
        "useinvent.com:443",
        "https://api.useinvent.com",
        "https://api.useinvent.com/",
        "all://useinvent.com",
        "fd00::/8,[::1],useinvent.com",
    ],
)
def test_no_proxy_names_invent_in_every_usual_form(no_proxy: str) -> None:
    assert exempt(no_proxy)


@pytest.mark.parametrize(
    "no_proxy",
    [
        "",
        " , ,",
        "fd00::/8",
        "[::1]",
        "[::1]:443",
        "::1",
        "10.0.0.0/8",
        "useinvent.com:8443",
        "http://api.useinvent.com",
        "invent.com",
        "nt.com",
        "www.api.useinvent.com",
        ".",
        "*.",
        ":443",
        "://",
        "https://",
        "[",
        "%",
        "<local>",
        "api.useinvent.com:http",
    ],
)
def test_what_does_not_name_invent_in_no_proxy_leaves_the_proxy_and_breaks_nothing(
    no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not exempt(no_proxy)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    Connection(INVENT, {}, address="--base-url").close()
    chosen = proxy_for(INVENT)
    assert chosen is not None
    assert (chosen.url, chosen.variable, chosen.address) == (PROXY, "HTTPS_PROXY", "proxy.example:3128")


@pytest.mark.parametrize(
    ("no_proxy", "url"),
    [
        ("fd00::/8", "https://[fd12::7]"),
        ("[fd00::]/8", "https://[fd12::7]"),
        ("[fd12::7]:8443", "https://[fd12::7]:8443"),
        ("fd12::7", "https://[fd12::7]:8443"),
        ("10.0.0.0/8", "https://10.1.2.3"),
        ("10.0.0.7/8", "https://10.1.2.3"),
        ("10.1.2.3", "https://10.1.2.3"),
        ("10.1.2.3:443", "https://10.1.2.3"),
        ("<local>", "https://invent"),
    ],
)
def test_addresses_and_networks_name_addresses(no_proxy: str, url: str) -> None:
    assert exempt(no_proxy, url)
    assert not exempt(no_proxy)


@given(st.text(max_size=40))
def test_no_text_in_no_proxy_is_a_fault(no_proxy: str) -> None:
    for url in (INVENT, "https://[fd12::7]:8443", "https://10.1.2.3"):
        exempt(no_proxy, url)


@pytest.mark.parametrize(
    ("variables", "variable"),
    [
        ({"HTTPS_PROXY": PROXY}, "HTTPS_PROXY"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other.example"}, "https_proxy"),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": f" {PROXY} "}, "HTTPS_PROXY"),
        ({"ALL_PROXY": PROXY, "HTTP_PROXY": "http://other.example"}, "ALL_PROXY"),
        ({"HTTPS_PROXY": "http://user:p%40ss@proxy.example:3128"}, "HTTPS_PROXY"),
    ],
)
def test_the_variable_that_counts_is_known(
    variables: dict[str, str], variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    chosen = proxy_for(INVENT)
    assert chosen is not None
    assert (chosen.variable, chosen.address) == (variable, "proxy.example:3128")


@pytest.mark.parametrize("variables", [{}, {"HTTP_PROXY": PROXY}, {"HTTPS_PROXY": ""}, {"HTTPS_PROXY": "  "}])
def test_without_a_proxy_for_https_the_way_is_straight(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(INVENT) is None


@pytest.mark.parametrize(
    "value",
    [
        "ftp://proxy.example",
        "http://",
        "http://proxy.example:port",
        "http://proxy.example:99999",
        "http://[::1",
        "http://pro xy.example",
        "http://a..b:3128",
        "http://proxy.example:3128\nX: y",
        "http://user:secret@",
        "user:secret@pro xy:1",
        "socks5://user:secret@proxy.example",
        "wss://user:sec@ret@proxy.example",
    ],
)
def test_a_proxy_of_no_use_is_told_with_its_variable_and_without_its_password(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", value)
    monkeypatch.setenv("NO_PROXY", "fd00::/8")
    with pytest.raises(WrongUsage) as caught:
        Connection(INVENT, {}, address="--base-url")
    told = f"{caught.value.message} {caught.value.cure}"
    assert "ALL_PROXY" in caught.value.message
    assert "secret" not in told
    assert "sec@ret" not in told
    assert caught.value.cure


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_a_command_names_the_variable_that_it_cannot_use(variable: str, tmp_path: Path) -> None:
    define(tmp_path, "spring")
    done = call(tmp_path, "plan", "--refresh", env={**ENV, variable: "proxy.example:web"})
    assert done.code == ExitCode.USAGE
    assert f"{variable} holds 'proxy.example:web'" in done.err
    assert f"{variable}=http://HOST:PORT" in done.err


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_a_file_of_certificates_of_no_use_is_named_with_its_variable(content: str | None, tmp_path: Path) -> None:
    define(tmp_path, "spring")
    path = tmp_path / "company.pem"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = call(tmp_path, "plan", "--refresh", env={**ENV, "SSL_CERT_FILE": str(path)})
    assert done.code == ExitCode.USAGE
    assert f"SSL_CERT_FILE is '{path}'" in done.err
    assert "PROXY" not in done.err


def test_a_file_of_certificates_of_no_use_does_not_matter_where_no_tls_is_spoken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    define(tmp_path, "spring")
    assert call(tmp_path, "plan", "--refresh", "--sandbox").code == ExitCode.DONE
