"""What the audit credits to a commit and its pull request is what that commit holds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.audit.test_verify import put, written
from tests.branch_repository import APPLY, BRANCH, Hub, applied, commit, definition, git, hub, told
from tests.running import Result, account, call, define, invent, live


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "two")


def verified(clone: Path, server: object) -> Result:
    return told(clone, server, "state", "verify", "--json")  # type: ignore[arg-type]  # a server of the sandbox


def credits(clone: Path, server: object) -> dict[str, tuple[str, int | None]]:
    """By key, the source commit and the pull request that `history` names."""
    rows = told(clone, server, "history", "--json").json["changes"]  # type: ignore[arg-type]  # as above
    return {row["key"]: (row["source_commit"], row["pull_request"]) for row in rows}


@pytest.mark.parametrize(
    "env", [{}, {"GITHUB_SHA": "HEAD", "GITHUB_ACTOR": "mona"}], ids=["a person", "variables of CI"]
)
def test_only_what_the_commit_holds_is_credited_to_its_pull_request(remote: Hub, env: dict[str, str]) -> None:
    clone = remote.clone("clone")
    head = git(clone, "rev-parse", "HEAD")
    (clone / "broadcasts" / "one.yaml").write_text(definition("one", "Edited"), encoding="utf-8")
    define(clone, "untracked")
    with invent() as server:
        done = applied(clone, server, env={name: head if value == "HEAD" else value for name, value in env.items()})
        assert done.code == 0, done.all
        dirty = f"{head}-dirty"
        assert credits(clone, server) == {"one": (dirty, None), "two": (head, 7), "untracked": (dirty, None)}
        found = verified(clone, server)
        assert (found.code, [flaw["missing"] for flaw in found.json["flaws"]]) == (5, [True, True])
        commit(clone, "Afterwards (#9)")
        assert verified(clone, server).code == 5, "and it is never said to be broken"
        assert credits(clone, server)["untracked"] == (dirty, None), "nor of a later pull request"
    trailers = git(remote.bare, "log", "-1", "--format=%(trailers:key=Source-Commit,valueonly)", BRANCH).split()
    assert trailers == [head, dirty]


@pytest.mark.parametrize("place", ["branch", "file"])
def test_the_order_write_apply_commit_ends_well(remote: Hub, place: str) -> None:
    clone = remote.clone("clone")
    if place == "file":
        (clone / "invent.yaml").write_text("{}\n", encoding="utf-8")
        (clone / ".gitignore").write_text("*.lock\n", encoding="utf-8")
        commit(clone, "Keep the state in a file")
    define(clone, "new")
    with invent() as server:
        assert applied(clone, server).code == 0
        commit(clone, "New (#8)")
        found = verified(clone, server)
        assert (found.code, [flaw["missing"] for flaw in found.json["flaws"]]) == (5, [True])
        assert "was not committed then" in found.json["flaws"][0]["message"]
        define(clone, "newer")
        newer = commit(clone, "Newer (#9)")
        assert applied(clone, server).code == 0
        assert credits(clone, server)["newer"] == (newer, 9)
        assert verified(clone, server).code == 5


def test_the_order_of_a_new_repository_ends_well(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    define(tmp_path, "a")
    with invent() as server:
        env = account(server.url)
        assert call(tmp_path, *APPLY, env=env).code == 0
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "--quiet", "-m", "First broadcast (#1)")
        assert call(tmp_path, "state", "verify", env=env).code == 5
        (row,) = call(tmp_path, "history", "--json", env=env).json["changes"]
    assert (row["source_commit"], row["pull_request"]) == (None, None)


@pytest.mark.parametrize("how", ["adopted", "resolved"])
def test_what_a_later_run_settles_is_credited_to_the_commit_from_which_it_was_attempted(remote: Hub, how: str) -> None:
    clone = remote.clone("clone")
    head = git(clone, "rev-parse", "HEAD")
    with invent("close-after@create:1", "error-before=404@list:1-2") as server:
        assert applied(clone, server, "--only", "one").code == 7
        (clone / "broadcasts" / "one.yaml").write_text(definition("one", "Edited since"), encoding="utf-8")
        commit(clone, "Edit (#9)")
        words = ("reconcile",) if how == "adopted" else ("resolve", "one", "--id", live(server)["Campaign one"])
        assert told(clone, server, *words).code == 0
        assert remote.state()["broadcasts"]["one"]["how"] == how
        assert credits(clone, server) == {"one": (head, 7)}
        done = verified(clone, server)
        assert (done.code, done.json["flaws"]) == (0, [])


def test_a_record_that_an_older_version_credited_to_the_commit_of_the_later_run_is_not_broken(remote: Hub) -> None:
    clone = remote.clone("clone")
    head = git(clone, "rev-parse", "HEAD")
    with invent("close-after@create:1", "error-before=404@list:1-2") as server:
        assert applied(clone, server, "--only", "one").code == 7
        (clone / "broadcasts" / "one.yaml").write_text(definition("one", "Edited since"), encoding="utf-8")
        later = commit(clone, "Edit (#9)")
        git(clone, "push", "--quiet", "origin", "main")
        assert told(clone, server, "reconcile").code == 0
        state, message = remote.state(), git(remote.bare, "show", "-s", "--format=%B", BRANCH)
        state["broadcasts"]["one"]["provenance"]["commit"] = later
        put(remote, written(state), f"{BRANCH}~1", message=message)
        fresh = remote.clone("fresh")
        done = verified(fresh, server)
        assert (done.code, done.json["flaws"]) == (0, [])
        assert credits(fresh, server) == {"one": (head, 7)}


def test_other_changes_are_no_pull_requests(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        assert told(clone, server, "state", "rm", "two", "--reason", "a test").code == 0
        rows = told(clone, server, "history", "--json").json["changes"]
    assert [(row["what"], row["pull_request"]) for row in rows] == [("created", 7), ("created", 7), ("removed", None)]


def test_a_commit_in_a_state_that_git_could_take_for_an_option_is_no_option(remote: Hub) -> None:
    from invent_gitops.git.repository import Git
    from invent_gitops.git.subjects import subjects
    from invent_gitops.operations.definitions_at import requests_at

    clone = remote.clone("clone")
    assert subjects(Git(clone), {f"--output={clone}/written", "HEAD"}) == {}
    assert isinstance(requests_at(clone, f"--output={clone}/written", None), str)
    assert not list(clone.glob("written*"))


def test_without_a_folder_for_temporary_files_nothing_is_verified_and_nothing_is_a_bug(
    remote: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        done = verified(clone, server)
        assert (done.code, [flaw["missing"] for flaw in done.json["flaws"]]) == (5, [True, True])
        assert "temporary files" in done.json["flaws"][0]["message"]
        define(clone, "three")
        commit(clone, "Three")
        assert applied(clone, server).code == 0, "an apply needs none"
