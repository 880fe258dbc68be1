"""The store on a git branch: what it reads, what it writes, and everything in the clone that it leaves alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from invent_gitops.model.state import Intended, Recorded
from tests.branch_repository import BRANCH, STATE, Hub, a_store, applied, git, hub, told
from tests.making import a_record, an_intent
from tests.running import define, invent, posted


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "two")


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_the_first_intent_creates_the_branch_on_the_remote_before_anything_is_called(remote: Hub, scheme: str) -> None:
    clone = remote.clone("clone", address=f"{scheme}{remote.bare}")
    with a_store(clone) as store:
        assert remote.tip == "", "taking the store in hand writes nothing"
        store.append([Intended("spring", an_intent())])
        assert remote.tip == ""
        store.sync()
        assert remote.intents == ["spring"]
        assert remote.state()["serial"] == 1
    assert git(remote.bare, "rev-list", "--parents", BRANCH) == remote.tip, "one commit without a parent"


def test_a_store_in_which_nothing_happens_makes_no_commit(remote: Hub) -> None:
    clone = remote.clone("clone")
    with a_store(clone) as store:
        store.sync()
    assert remote.tip == ""
    with a_store(clone) as store:
        store.append([Intended("spring", an_intent())])
    before = remote.tip
    with a_store(clone) as store:
        store.append([Intended("spring", an_intent())])
    assert remote.tip == before


def test_what_one_clone_wrote_is_what_another_reads(remote: Hub) -> None:
    record = a_record(attempt="attempt-1")
    with a_store(remote.clone("first")) as store:
        store.append([Intended("spring", an_intent())])
        store.sync()
        store.append([Recorded("spring", record)])
    found = a_store(remote.clone("second")).read()
    assert found.broadcasts == {"spring": record}
    assert not found.intents
    assert remote.linear


def test_the_state_is_that_of_the_remote_and_not_what_the_work_tree_or_a_local_branch_says(remote: Hub) -> None:
    clone, other = remote.clone("clone"), remote.clone("other")
    with a_store(other) as store:
        store.append([Intended("spring", an_intent())])
    (clone / STATE).write_text("not even JSON", encoding="utf-8")
    git(clone, "branch", BRANCH, "main")
    git(clone, "update-ref", f"refs/remotes/origin/{BRANCH}", "main")
    assert set(a_store(clone).read().intents) == {"spring"}
    assert git(clone, "rev-parse", BRANCH) == git(clone, "rev-parse", "main")


def _as_it_is(clone: Path) -> Path:
    return clone


def _dirty(clone: Path) -> Path:
    define(clone, "one", below="staged")
    git(clone, "add", "staged")
    (clone / "broadcasts/two.yaml").write_text("half an edit", encoding="utf-8")
    (clone / "untracked").write_text("x", encoding="utf-8")
    return clone


def _detached(clone: Path) -> Path:
    git(clone, "checkout", "--quiet", "--detach")
    return clone


def _linked(clone: Path) -> Path:
    git(clone, "worktree", "add", "--quiet", "-b", "side", str(clone.parent / "linked"))
    return clone.parent / "linked"


def _on_the_branch_itself(clone: Path) -> Path:
    git(clone, "checkout", "--quiet", "-b", BRANCH)
    return clone


def _fetched(clone: Path) -> Path:
    git(clone, "fetch", "--quiet", "origin", "main")
    return clone


def _snapshot(folder: Path) -> dict[str, str]:
    """Everything in a work tree and its repository that belongs to the person and not to the tool."""
    private = Path(git(folder, "rev-parse", "--path-format=absolute", "--git-dir"))
    shared = Path(git(folder, "rev-parse", "--path-format=absolute", "--git-common-dir"))

    def content(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"

    # What git itself notes of the remote with each push is no business of the person either.
    own = ("refs/invent-gitops/", f"refs/remotes/origin/{BRANCH} ")
    refs = git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and ".git" not in path.relative_to(folder).parts
    )
    return {
        "index": content(private / "index"),
        "HEAD": (private / "HEAD").read_text(encoding="utf-8"),
        "FETCH_HEAD": content(private / "FETCH_HEAD"),
        "reflog": content(private / "logs" / "HEAD"),
        "settings": content(shared / "config"),
        "refs": "\n".join(ref for ref in refs if not ref.startswith(own)),
        "files": "\n".join(f"{path} {content(path)}" for path in files),
        "status": git(folder, "--no-optional-locks", "status", "--porcelain=v2", "--branch"),
    }


@pytest.mark.parametrize(
    ("place", "options"),
    [
        *((place, ()) for place in (_as_it_is, _dirty, _detached, _linked, _on_the_branch_itself, _fetched)),
        *((place, ("--depth", "1")) for place in (_as_it_is, _dirty)),
    ],
)
def test_nothing_of_the_clone_is_touched_by_an_apply(
    remote: Hub, place: Callable[[Path], Path], options: tuple[str, ...]
) -> None:
    clone = place(remote.clone("clone", *options, address=f"file://{remote.bare}"))
    folder = remote.clone("definitions") / "broadcasts"  # the same, whatever the clone's own look like
    before = _snapshot(clone)
    with invent() as server:
        done = applied(clone, server, str(folder))
        assert done.code == 0, done.all
        assert applied(clone, server, str(folder)).code == 0
        assert len(posted(server)) == 2
    assert _snapshot(clone) == before
    assert set(remote.ids) == {"one", "two"}
    assert remote.linear


def test_two_work_trees_of_one_clone_share_what_a_killed_run_left_behind(remote: Hub) -> None:
    clone = remote.clone("clone")
    linked = _linked(clone)
    with a_store(clone) as store:
        store.append([Intended("spring", an_intent())])
        store.sync()
        store.append([Recorded("spring", a_record(attempt="attempt-1"))])
        assert remote.intents == ["spring"], "the result is not pushed yet"
        assert set(a_store(linked).read().broadcasts) == {"spring"}
        assert not a_store(remote.clone("other")).read().broadcasts


def test_a_protected_main_is_no_obstacle(remote: Hub) -> None:
    remote.hook("pre-receive", 'while read old new ref; do [ "$ref" != refs/heads/main ] || exit 1; done')
    with invent() as server:
        assert applied(remote.clone("clone"), server).code == 0
    assert set(remote.ids) == {"one", "two"}


def test_other_files_on_the_branch_are_kept_and_the_path_may_be_nested(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", path="records/of/invent.json")
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        other = remote.clone("other", "--branch", BRANCH)
        (other / "README.md").write_text("Do not edit by hand.", encoding="utf-8")
        (other / "records" / "notes").write_text("x", encoding="utf-8")
        git(other, "add", ".")
        git(other, "commit", "--quiet", "-m", "Say what this branch is")
        git(other, "push", "--quiet", "origin", BRANCH)
        assert told(clone, server, "state", "rm", "one", "--reason", "a test").code == 0
    assert git(remote.bare, "ls-tree", "-r", "--name-only", BRANCH).split() == [
        "README.md",
        "records/notes",
        "records/of/invent.json",
    ]
    assert set(remote.state(path="records/of/invent.json")["removed"]) == {"one"}


def test_a_project_in_a_folder_of_a_larger_repository_can_have_its_state_on_a_branch(tmp_path: Path) -> None:
    remote = hub(tmp_path)
    clone = remote.clone("clone")
    project = clone / "marketing"
    define(project, "one")
    (project / "invent.yaml").write_text(f"state: {{branch: {BRANCH}}}\n", encoding="utf-8")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "Move in")
    with invent() as server:
        assert applied(project, server).code == 0
        assert told(project, server, "state", "verify").code == 0
    assert set(remote.ids) == {"one"}


def test_commits_are_made_where_git_knows_no_identity(remote: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = remote.clone("clone")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    with a_store(clone, by="<alice>\n") as store:
        store.append([Intended("spring", an_intent())])
    assert git(remote.bare, "log", "--format=%an %ae", BRANCH) == "alice invent-gitops@localhost"


def test_a_dead_owner_of_the_lock_does_not_block_the_next_run(remote: Hub) -> None:
    clone = remote.clone("clone")
    with a_store(clone):
        lock = next((clone / ".git" / "invent-gitops").glob("*.lock"))
    lock.write_text("12345", encoding="utf-8")
    with a_store(clone) as store:
        store.append([Intended("spring", an_intent())])
    assert remote.intents == ["spring"]
    git(clone, "fsck", "--strict")
