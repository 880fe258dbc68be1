"""A page of the documentation has an address that can be opened, or the path that it has in the repository."""

from __future__ import annotations

import pytest

from invent_gitops.text.addresses import page_address, repository_in

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ("https://acme.github.io/invent-gitops/", "https://acme.github.io/invent-gitops/policies/"),
        ("https://acme.github.io/invent-gitops", "https://acme.github.io/invent-gitops/policies/"),
        ("https://github.com/acme/tool/tree/main/docs", "https://github.com/acme/tool/blob/main/docs/policies.md"),
    ],
)
def test_a_site_that_the_package_names_has_the_page(site: str, expected: str) -> None:
    assert page_address("policies.md", site=site, origin="https://github.com/other/tool", commit=COMMIT) == expected


def test_a_title_of_a_page_is_kept_on_a_site_and_in_a_repository() -> None:
    assert page_address("policies.md#waiving-one", site="https://docs.acme.test") == (
        "https://docs.acme.test/policies/#waiving-one"
    )
    assert page_address("index.md#start", site="https://docs.acme.test/") == "https://docs.acme.test/#start"
    assert page_address("policies.md#waiving-one", origin="git@github.com:acme/tool.git") == (
        "https://github.com/acme/tool/blob/HEAD/docs/policies.md#waiving-one"
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://github.com/acme/tool",
        "https://github.com/acme/tool.git",
        "https://x:secret@github.com/acme/tool.git/",
        "git@github.com:acme/tool.git",
        "ssh://git@ssh.github.com:443/acme/tool.git",
    ],
)
def test_a_repository_on_github_has_the_page_of_the_installed_commit(origin: str) -> None:
    expected = "https://github.com/acme/tool/blob/0123456789ab/docs/policies.md"
    assert page_address("policies.md", origin=origin, commit=COMMIT) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/srv/git/tool.git",
        "https://evilgithub.com/acme/tool",
        "https://git.acme.test/github.com/acme/tool/more",
        "https://github.com/OWNER/invent-gitops",
        "git@github.com:OWNER/invent-gitops.git",
        "https://github.com/YOUR-ORG/invent-gitops",
        "https://github.com/<owner>/invent-gitops",
    ],
)
def test_an_address_that_nobody_can_open_is_not_printed(address: str) -> None:
    assert repository_in(address) == ""
    assert page_address("policies.md", site=address if "OWNER" in address else "", origin=address) == "docs/policies.md"


@pytest.mark.parametrize("site", ["https://OWNER.github.io/tool/", "https://example.com/tool", "docs/", "{site}"])
def test_a_placeholder_in_the_metadata_is_no_site(site: str) -> None:
    assert page_address("policies.md", site=site) == "docs/policies.md"


def test_an_owner_whose_name_only_resembles_a_placeholder_is_one() -> None:
    assert repository_in("https://github.com/DOWNERS/tool") == "DOWNERS/tool"
    assert repository_in("https://github.com/owner/tool") == "owner/tool"
