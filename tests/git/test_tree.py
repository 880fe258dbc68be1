"""Names that a commit holds are somebody's words: none becomes a path outside, and nothing but a file is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import Refused
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.git.tree import entries, fault_of_name
from invent_gitops.state.checkout import held
from tests.branch_repository import BRANCH, STATE, Hub, applied, definition, git, hub, told
from tests.running import invent, posted

OUTSIDE = (
    "..",
    "../a.yaml",
    "a/../../b.yaml",
    "./a",
    "a//b",
    "a/",
    "/etc/passwd",
    "C:/x",
    "c:x",
    "a\\b",
    "..\\a",
    "a\0b",
    "a\nb",
    "a\x1bb",
    "a\x7fb",
    "a\x85b",
    "",
)
GIT = (".git", "a/.git/config", ".GIT/config", ".git.", ".git ", "git~1", "GIT~2/x", ".git::$INDEX_ALLOCATION/x")
IGNORED = (".g\u200cit", "\u200e.git/x", ".gi\u206at", ".git\ufeff")
FINE = ("a.yaml", "broadcasts/a.yaml", ".gitignore", ".github/x", "git", "..a", "a..", "…", "é/ü.yaml", "a b", "gity~1")


@pytest.mark.parametrize("name", [*OUTSIDE, *GIT, *IGNORED])
def test_name_that_would_lead_elsewhere_has_a_fault(name: str) -> None:
    assert fault_of_name(name)


@pytest.mark.parametrize("name", FINE)
def test_ordinary_name_has_none(name: str) -> None:
    assert fault_of_name(name) == ""


@given(st.lists(st.sampled_from(["..", ".", "", "/", "a", "\\", "C:", ".git", "\0", "é"]), max_size=6).map("/".join))
def test_name_without_a_fault_stays_below_its_folder(name: str) -> None:
    base = Path("/base")
    if not fault_of_name(name):
        assert (base / name).resolve().is_relative_to(base)
        assert (base / name) != base


def test_listing_is_read_as_git_prints_it() -> None:
    listed = f"100644 blob {'1' * 40}\ta\tb\n\x00160000 commit {'2' * 40}\tc\0"
    assert [(one.mode, one.object[0], one.name, one.is_file) for one in entries(listed)] == [
        ("100644", "1", "a\tb\n", True),
        ("160000", "2", "c", False),
    ]
    assert entries("") == []


# ---------------------------------------------------------------- in a real repository


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one")


def _tree(bare: Path, lines: dict[str, str]) -> str:
    """A tree with these entries (name → `mode object`), as nobody's git would make it but a person can."""
    data = b""
    for name, entry in lines.items():
        mode, object = entry.split()
        data += f"{mode} {name}\0".encode() + bytes.fromhex(object)
    path = bare / "crafted"
    path.write_bytes(data)
    return git(bare, "hash-object", "-t", "tree", "-w", "--literally", str(path))


def _crafted(remote: Hub, entry: str, name: str) -> None:
    """One commit more on the remote's main: its definitions hold an entry of this name."""
    bare = remote.bare
    blob = git(bare, "hash-object", "-w", "--stdin", data=definition("two"))
    made = {"file": f"100644 {blob}", "link": f"120000 {blob}", "module": f"160000 {git(bare, 'rev-parse', 'main')}"}
    target = made[entry]
    for part in reversed(name.split("/")[1:]):
        target = f"40000 {_tree(bare, {part: target})}"
    top = {line.split("\t")[1]: line for line in git(bare, "ls-tree", "main").splitlines()}
    old = {line.split("\t")[1]: line.split() for line in git(bare, "ls-tree", "main:broadcasts").splitlines()}
    below = {one: f"{words[0]} {words[2]}" for one, words in old.items()} | {name.partition("/")[0]: target}
    whole = {one: f"{line.split()[0]} {line.split()[2]}".replace("040000", "40000") for one, line in top.items()}
    tree = _tree(bare, whole | {"broadcasts": f"40000 {_tree(bare, below)}"})
    words = ("-c", "user.name=x", "-c", "user.email=x@x.test", "commit-tree", "-p", "main", "-m", "Go on", tree)
    git(bare, "update-ref", "refs/heads/main", git(bare, *words))


@pytest.mark.parametrize(
    ("entry", "name", "why"),
    [
        ("file", "../escaped.yaml", "leads out of its folder"),
        ("file", "../../../escaped.yaml", "leads out of its folder"),
        ("file", "./escaped.yaml", "leads out of its folder"),
        ("file", ".git/config", "taken for .git"),
        ("file", "a\\b.yaml", "backslash"),
        ("file", "a\x1b.yaml", "control character"),
        ("link", "two.yaml", "a symbolic link"),
        ("module", "two", "a submodule"),
    ],
)
def test_entry_of_the_newest_commit_that_is_no_plain_file_is_refused_and_nothing_is_written(
    remote: Hub, tmp_path: Path, entry: str, name: str, why: str
) -> None:
    clone = remote.clone("clone")
    (tmp_path / "scratch" / "deep").mkdir(parents=True)
    _crafted(remote, entry, name)
    with invent() as server:
        done = applied(clone, server, env={"CI": "true", "TMPDIR": str(tmp_path / "scratch" / "deep")})
        assert posted(server) == []
    assert done.code == 5, done.all
    assert why in done.all
    assert not [*tmp_path.rglob("*escaped*")]
    assert [*(tmp_path / "scratch").rglob("*")] == [tmp_path / "scratch" / "deep"]


def test_export_writes_the_files_of_a_commit_as_they_are(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    for name in ("é ü.yaml", '"quoted".yaml', "a' b.yaml"):
        (clone / "broadcasts" / name).write_text(f"{name}\n", encoding="utf-8")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "Odd names")
    Git(clone).export("HEAD", ["broadcasts", "invent.yaml"], tmp_path / "out")
    for path in (*(clone / "broadcasts").iterdir(), clone / "invent.yaml"):
        assert (tmp_path / "out" / path.relative_to(clone)).read_bytes() == path.read_bytes()


def _state_as(remote: Hub, mode: str) -> None:
    """The state branch holds the state under another mode."""
    bare = remote.bare
    object = git(bare, "rev-parse", f"{BRANCH}:{STATE}")
    if mode == "40000":
        object = _tree(bare, {"x": f"100644 {object}"})
    words = ("-c", "user.name=x", "-c", "user.email=x@x.test", "commit-tree", "-p", BRANCH, "-m", "Odd")
    git(bare, "update-ref", f"refs/heads/{BRANCH}", git(bare, *words, _tree(bare, {STATE: f"{mode} {object}"})))


@pytest.mark.parametrize(("mode", "what"), [("120000", "a symbolic link"), ("40000", "a folder")])
def test_state_that_is_no_file_on_its_branch_is_refused(remote: Hub, mode: str, what: str) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        _state_as(remote, mode)
        for words in (("plan",), ("apply", "--yes"), ("state", "list")):
            done = told(clone, server, *words)
            assert done.code == 5, done.all
            assert what in done.err
        assert posted(server) == ["Campaign one"]


def test_branch_whose_name_only_ends_alike_is_not_taken_for_the_state(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        other = git(remote.bare, "rev-parse", "main")
        # Listed before the branch itself.
        git(remote.bare, "update-ref", f"refs/aaa/refs/heads/{BRANCH}", other)
        assert git(clone, "ls-remote", "origin", f"refs/heads/{BRANCH}").startswith(other)
        assert Git(clone).remote_tip("origin", BRANCH) == remote.tip
        git(remote.bare, "update-ref", "-d", f"refs/heads/{BRANCH}")
        assert Git(clone).remote_tip("origin", BRANCH) == ""


def test_objects_are_read_by_their_kind_and_one_name_cannot_stand_for_another(remote: Hub) -> None:
    clone = Git(remote.clone("clone"))
    names = ["HEAD:invent.yaml", "HEAD:broadcasts", "HEAD:not there", "HEAD:x missing", "HEAD", "HEAD:invent.yaml"]
    entries = list(clone.objects(names))
    assert [entry and entry.kind for entry in entries] == ["blob", "tree", None, None, "commit", "blob"]
    assert entries[0] == entries[-1]
    assert entries[0] is not None
    assert BRANCH.encode() in entries[0].content
    with pytest.raises(GitFailed, match="line break"):
        list(clone.objects(["HEAD:a\nHEAD:invent.yaml", "HEAD:b"]))


def test_read_of_a_path_that_is_a_folder_says_so(remote: Hub) -> None:
    clone = Git(remote.clone("clone"))
    assert clone.read("HEAD", "not/there") is None
    with pytest.raises(Refused, match="a folder"):
        clone.read("HEAD", "broadcasts")


def test_file_whose_name_git_would_unquote_is_not_taken_for_another(remote: Hub) -> None:
    clone = remote.clone("clone")
    odd, plain = clone / '"one.yaml"', clone / "one.yaml"
    for path in (odd, plain):
        path.write_text(definition("one"), encoding="utf-8")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "Odd name")
    odd.write_text(definition("edited"), encoding="utf-8")
    assert held(Git(clone), "HEAD", {"odd": odd, "plain": plain}, []) == {"odd": False, "plain": True}
