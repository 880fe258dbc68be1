"""On which server a repository is, and whether runs may wait there."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.scaffold.workflows import lets_runs_wait, server_of


@pytest.mark.parametrize(
    ("address", "waits"),
    [
        ("https://github.com", True),
        ("git+ssh://git@github.com/a/b", True),
        ("ssh://git@github.com:22/a/b", True),
        ("git@github.com:a/b", True),
        ("", True),
        ("ghe.acme.com", False),
        ("git+ssh://git@ghe.acme.com/a/b", False),
        ("ssh+git://git@ghe.acme.com/a/b", False),
        ("svn://x/y", False),
    ],
)
def test_server_that_cannot_be_read_is_not_taken_for_github_com(tmp_path: Path, address: str, waits: bool) -> None:
    assert lets_runs_wait(server_of(tmp_path, {"GITHUB_SERVER_URL": address})) is waits
