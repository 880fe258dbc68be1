"""Who acts and who commits is what git knows of the person, and commits are signed where git is told to sign."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from invent_gitops.model.state import Intended
from invent_gitops.provenance import find_origin
from tests.branch_repository import BRANCH, Hub, a_store, applied, git, hub, told
from tests.forked import PATIENCE
from tests.making import an_intent
from tests.running import invent, posted


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "two")


def people(remote: Hub) -> str:
    return git(remote.bare, "log", "-1", "--format=%an <%ae>, %cn <%ce>", BRANCH)


PERSON = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.test"}
MACHINE = {"GIT_COMMITTER_NAME": "Robot", "GIT_COMMITTER_EMAIL": "robot@example.test"}


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, "Test Author <author@example.test>, Test Author <author@example.test>"),
        (PERSON, "Ada <ada@example.test>, Test Author <author@example.test>"),
        (MACHINE, "Test Author <author@example.test>, Robot <robot@example.test>"),
        (PERSON | MACHINE, "Ada <ada@example.test>, Robot <robot@example.test>"),
        (PERSON | {"GITHUB_ACTOR": "mona"}, "mona <ada@example.test>, Test Author <author@example.test>"),
    ],
)
def test_author_and_committer_are_those_that_git_itself_would_take(
    remote: Hub, env: dict[str, str], expected: str
) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server, env=env).code == 0
        assert people(remote) == expected
        (row, _) = told(clone, server, "history", "--json").json["changes"]
        assert row["by"] == expected.partition(" <")[0]


def test_names_in_gits_settings_count_each_in_its_role(remote: Hub) -> None:
    clone = remote.clone("clone")
    git(clone, "config", "author.name", "Grace")
    git(clone, "config", "committer.email", "desk@example.test")
    with invent() as server:
        assert applied(clone, server).code == 0
    assert people(remote) == "Grace <author@example.test>, Test Author <desk@example.test>"


def test_where_git_knows_only_a_committer_that_is_who_acts(remote: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    clone = remote.clone("clone")
    assert find_origin(clone, MACHINE).by == "Robot"
    assert find_origin(clone, MACHINE | PERSON).by == "Ada"
    assert find_origin(clone, MACHINE | {"GITHUB_ACTOR": "mona"}).by == "mona"


# ---------------------------------------------------------------- signatures


@pytest.fixture
def signing(remote: Hub, tmp_path: Path) -> Path:
    """A clone that signs with a key of ssh."""
    clone, key = remote.clone("clone"), tmp_path / "key"
    try:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True, timeout=PATIENCE)
    except FileNotFoundError:
        pytest.skip("this machine has no ssh-keygen")
    allowed = tmp_path / "allowed"
    allowed.write_text(f"author@example.test {key.with_suffix('.pub').read_text(encoding='utf-8')}", encoding="utf-8")
    for name, value in {
        "commit.gpgSign": "true",
        "gpg.format": "ssh",
        "user.signingKey": str(key),
        "gpg.ssh.allowedSignersFile": str(allowed),
    }.items():
        git(clone, "config", name, value)
    return clone


def signatures(clone: Path, remote: Hub) -> set[str]:
    """G for a good signature, N for none, of every state commit."""
    git(clone, "fetch", "--quiet", "origin")
    return set(git(clone, "log", "--format=%G?", f"origin/{BRANCH}").split())


def test_state_commits_are_signed_where_git_is_told_to_sign(remote: Hub, signing: Path) -> None:
    with invent() as server:
        done = applied(signing, server)
        assert done.code == 0, done.all
        assert signatures(signing, remote) == {"G"}
        assert told(signing, server, "state", "mv", "one", "first").code == 0
        assert signatures(signing, remote) == {"G"}
        assert told(signing, server, "state", "verify").code == 0
    assert len(remote.states) == 3


def test_a_signature_that_cannot_be_made_is_refused_before_the_first_call_with_two_ways_out(
    remote: Hub, signing: Path
) -> None:
    git(signing, "config", "user.signingKey", "/nowhere/key")
    with invent() as server:
        done = applied(signing, server)
        assert (done.code, posted(server), remote.tip) == (5, [], ""), done.all
        assert "commit.gpgSign" in done.all
        command = re.search(r"git config invent-gitops\.gpgSign false", done.all)
        assert command, done.all
        git(signing, *shlex.split(command[0])[1:])
        assert applied(signing, server).code == 0
        assert len(posted(server)) == 2
    assert signatures(signing, remote) == {"N"}


def test_a_signature_that_fails_after_the_call_loses_no_id(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    program = tmp_path / "gpg"
    # The first commit is signed, and none after it.
    program.write_text(
        f'#!/bin/sh\necho x >> "{tmp_path}/count"\n[ "$(wc -l < "{tmp_path}/count")" -le 1 ] || exit 1\n'
        'cat > /dev/null\necho "[GNUPG:] SIG_CREATED D" >&2\necho -----BEGIN PGP SIGNATURE-----\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    for name, value in {"commit.gpgSign": "true", "gpg.program": str(program), "user.signingKey": "x"}.items():
        git(clone, "config", name, value)
    with invent() as server:
        done = applied(clone, server)
        assert done.code == 7, done.all
        assert ".journal" in done.all
        assert remote.intents == ["one", "two"]
        git(clone, "config", "invent-gitops.gpgSign", "false")
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 2
    assert remote.intents == []
    assert set(remote.ids) == {"one", "two"}


def test_no_signature_is_asked_for_where_git_is_not_told_to_sign(remote: Hub) -> None:
    clone = remote.clone("clone")
    git(clone, "config", "gpg.program", "false")
    with a_store(clone) as store:
        store.append([Intended("spring", an_intent())])
    assert remote.intents == ["spring"]
    assert "gpgsig" not in git(remote.bare, "cat-file", "commit", BRANCH)
    assert os.environ.get("GIT_AUTHOR_NAME") is None
