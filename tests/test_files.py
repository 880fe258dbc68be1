"""Files are written under names that nobody can guess, in one step, and never through what lies in their way."""

from __future__ import annotations

import ast
import json
import os
import re
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.files import append_to, create_durably, open_regular, replace_durably
from invent_gitops.sandbox.service import Sandbox
from tests.running import STATE, Result, account, call, define, invent, run

PACKAGE = Path(__file__).parent.parent / "invent_gitops"
MINE = "ssh-ed25519 AAAA mine\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project beside a folder that nothing may be written to, and an account of its own."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "mine").write_text(MINE, encoding="utf-8")
    define(tmp_path / "project", "good")
    with invent() as server:
        for name, value in account(server.url).items():
            monkeypatch.setenv(name, value)
        yield tmp_path / "project"


def outside_is_as_it_was(project: Path) -> bool:
    found = {path.name: path.read_text(encoding="utf-8") for path in (project.parent / "outside").iterdir()}
    return found == {"mine": MINE}


def apply(project: Path, *words: str) -> Result:
    return call(project, "apply", "--yes", *words)


# ---------------------------------------------------------------- one place

# What opens, makes or moves files, with those rooms that may, and why.
ALLOWED = {
    "files.py": "the place itself",
    "inside.py": "the place of reading, and of folders",
    "scaffold/project.py": "writes what inside.py has opened",
    "state/journal.py": "appends with the flags of files.py",
    "state/lock.py": "the folder of the lock, and the lock itself, after files.py has looked",
    "state/run_journal.py": "removes its own journal, and no link is followed by that",
    "state/file.py": "removes its own journal, and no link is followed by that",
    "state/memory.py": "its own folder in .git",
    "git/repository.py": "a private folder for an index, and one for what a commit holds",
    "operations/definitions_at.py": "a private folder",
    "operations/base_rule.py": "a private folder",
    "sandbox/storage.py": "begins the file with the flags of files.py, and SQLite opens it",
    "cli/out_file.py": "the removal of a document",
    "cli/streams.py": "a stream that a person named: it is written to, and never begun",
    "cli/__init__.py": "the null device",
}
WRITES = {"write_text", "write_bytes", "touch", "mkdir", "makedirs", "symlink_to", "hardlink_to", "unlink", "rename"}


def writes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="os" | "shutil" | "sqlite3"))):
                if name in {*WRITES, "open", "replace", "link", "remove", "chmod", "connect", "copyfile", "move"}:
                    yield name
            case ast.Call(func=ast.Attribute(attr=name)) if name in WRITES:
                yield name
            case (
                ast.Call(func=ast.Name(id="open" | "FileLock" as name))
                | ast.Call(func=ast.Attribute(attr="TemporaryDirectory" | "NamedTemporaryFile" | "mkstemp" as name))
            ):
                yield name
            case _:
                pass


def test_files_are_opened_and_written_in_the_rooms_that_are_made_for_it() -> None:
    found = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if any(writes(path))}
    assert found <= ALLOWED.keys(), "use invent_gitops.files, which follows no link, or say here why not"
    assert ALLOWED.keys() <= found, "and the list names nobody who does not write any more"


def test_lock_library_is_one_that_follows_no_link() -> None:
    root = PACKAGE.parent
    needs = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert [line for line in needs if line.startswith("filelock")] == ["filelock>=3.20.1"]
    for name in ("constraints.txt", "requirements.txt"):
        locked = re.search(r"^filelock==(\d+)\.(\d+)\.(\d+)", (root / name).read_text("utf-8"), re.MULTILINE)
        assert locked is not None
        assert tuple(map(int, locked.groups())) >= (3, 20, 1)


# ---------------------------------------------------------------- the primitives


def test_names_beside_a_file_cannot_be_guessed_and_leave_nothing(tmp_path: Path) -> None:
    seen: set[str] = set()
    for _ in range(3):
        replace_durably(tmp_path / "x", "new", check=lambda fresh: seen.add(fresh.name))
    assert len(seen) == 3
    assert all(re.fullmatch(r"\.invent-gitops\.x\.[0-9a-f]{16}\.tmp", name) for name in seen)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.skipif(os.name == "nt", reason="modes as POSIX has them")
def test_file_that_is_replaced_keeps_its_permissions_and_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old", encoding="utf-8")
    if os.geteuid() == 0:
        os.chown(path, 12_345, 23_456)
    path.chmod(0o640)
    before = path.stat()
    replace_durably(path, "new")
    after = path.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert path.read_text(encoding="utf-8") == "new"


def test_link_in_place_of_a_file_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(MINE, encoding="utf-8")
    (tmp_path / "x").symlink_to("mine")
    replace_durably(tmp_path / "x", "new")
    assert ((tmp_path / "x").is_symlink(), (tmp_path / "mine").read_text(encoding="utf-8")) == (False, MINE)
    (tmp_path / "y").symlink_to("nowhere")
    assert not create_durably(tmp_path / "y", "new")
    assert not (tmp_path / "nowhere").exists()


def test_nothing_changes_where_the_new_file_does_not_pass(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old", encoding="utf-8")

    def refuse(fresh: Path) -> None:
        assert fresh.read_text(encoding="utf-8") == "new"
        raise InvalidInput("no")

    with pytest.raises(InvalidInput):
        replace_durably(tmp_path / "x", "new", refuse)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("x", "old")]


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_nothing_is_appended_to_what_is_no_file_of_its_own(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "output"
    (tmp_path / "mine").write_text(MINE, encoding="utf-8")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("mine" if kind == "link" else "nowhere")
    with pytest.raises(OSError, match=r".+"):
        append_to(path, b"x=1\n")
    assert (tmp_path / "mine").read_text(encoding="utf-8") == MINE
    assert not (tmp_path / "nowhere").exists()


def test_appending_begins_a_file_and_ends_the_last_line(tmp_path: Path) -> None:
    append_to(tmp_path / "output", b"a=1")
    append_to(tmp_path / "output", b"b=2\n")
    assert (tmp_path / "output").read_bytes() == b"a=1\nb=2\n"


@pytest.mark.parametrize("kind", ["link", "second name", "pipe"])
def test_file_is_read_by_its_own_name_only(tmp_path: Path, kind: str) -> None:
    (tmp_path / "mine").write_text(MINE, encoding="utf-8")
    path = tmp_path / "x"
    match kind:
        case "link":
            path.symlink_to("mine")
        case "second name":
            os.link(tmp_path / "mine", path)
        case _:
            os.mkfifo(path)
    with pytest.raises(OSError, match=r"link|regular"):
        open_regular(path)
    path.unlink()
    path.touch()
    os.close(open_regular(path))


# ---------------------------------------------------------------- the commands


@pytest.mark.parametrize("ending", ["", ".lock", ".journal"])
@pytest.mark.parametrize("there", [True, False])
def test_link_in_place_of_the_state_or_of_a_file_beside_it_is_refused(project: Path, ending: str, there: bool) -> None:
    (project / f"{STATE}{ending}").symlink_to("../outside/mine" if there else "../outside/new")
    result = apply(project)
    assert (result.code, outside_is_as_it_was(project)) == (ExitCode.INVALID, True), result.all
    (project / f"{STATE}{ending}").unlink()
    assert apply(project).code == ExitCode.DONE


def test_lock_is_not_taken_on_a_file_that_has_another_name(project: Path) -> None:
    """The library opens no link, but it would open this one."""
    os.link(project.parent / "outside" / "mine", project / f"{STATE}.lock")
    result = apply(project)
    assert (result.code, "cannot be locked" in result.err) == (ExitCode.INVALID, True), result.all
    assert outside_is_as_it_was(project)


def test_link_from_the_state_into_hidden_places_is_refused_within_the_project_too(project: Path) -> None:
    (project / ".github" / "workflows").mkdir(parents=True)
    (project / ".github" / "workflows" / "on.json").write_text("{}", encoding="utf-8")
    (project / STATE).symlink_to(".github/workflows/on.json")
    result = apply(project)
    assert (result.code, "hidden places" in result.err) == (ExitCode.INVALID, True)
    (project / STATE).unlink()
    (project / "states").mkdir()
    apply(project, "--state", "states/kept.json")
    (project / STATE).symlink_to("states/kept.json")
    assert apply(project).code == ExitCode.DONE, "another file of the project may keep it"
    assert (project / STATE).is_symlink()


@pytest.mark.parametrize("ending", ["", "-journal", "-wal", "-shm"])
@pytest.mark.parametrize("there", [True, False])
def test_sandbox_writes_through_no_link(project: Path, ending: str, there: bool) -> None:
    own = project / ".invent-sandbox"
    own.mkdir()
    (own / f"invent.sandbox.sqlite{ending}").symlink_to("../../outside/mine" if there else "../../outside/new")
    result = apply(project, "--sandbox")
    assert (result.code, outside_is_as_it_was(project)) == (ExitCode.INVALID, True), result.all
    with pytest.raises(InvalidInput, match="cannot be opened or written"):
        Sandbox(own / "invent.sandbox.sqlite")


@pytest.mark.parametrize(
    "link",
    ["broadcasts", "schemas", ".vscode", ".gitignore", "schemas/broadcast.schema.json", ".vscode/settings.json"],
)
def test_init_writes_through_no_link(tmp_path: Path, link: str) -> None:
    project = tmp_path / "project"
    (project / link).parent.mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "mine").write_text(MINE, encoding="utf-8")
    up = "../" * (1 + link.count("/"))
    (project / link).symlink_to(f"{up}outside" + ("" if "." not in Path(link).name[1:] else "/new"))
    result = call(project, "init")
    assert outside_is_as_it_was(project)
    # A file that is there is kept, whatever it is; a folder that leads elsewhere can hold none of ours.
    kept = "." in Path(link).name[1:] or link == ".gitignore"
    assert result.code == (ExitCode.DONE if kept else ExitCode.INVALID), result.all


def test_document_is_not_written_through_a_link_of_the_repository(project: Path) -> None:
    (project / "plan.json").symlink_to("../outside/new")
    result = call(project, "plan", "--out", "plan.json")
    assert (result.code, outside_is_as_it_was(project)) == (ExitCode.INVALID, True)
    (project / "plan.json").unlink()
    # The name that it had: whoever knows the process could have been there first.
    os.chdir("/")
    done = run(project, "plan", "--out", "plan.json")
    assert (done.code, json.loads((project / "plan.json").read_text(encoding="utf-8"))["kind"]) == (0, "plan")
    assert not [path.name for path in project.iterdir() if path.name.endswith((".new", ".tmp"))]


def test_catalogue_is_not_written_where_others_obey(project: Path) -> None:
    (project / ".github" / "workflows").mkdir(parents=True)
    (project / ".github" / "workflows" / "ci.yml").write_text("a: seg_1\n", encoding="utf-8")
    (project / "segments.yaml").symlink_to(".github/workflows/ci.yml")
    result = call(project, "segments", "pull", "--sandbox")
    assert (result.code, "hidden places" in result.err) == (ExitCode.INVALID, True)
    assert (project / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8") == "a: seg_1\n"


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_state_and_document_keep_the_permissions_that_they_have(project: Path, mode: int) -> None:
    apply(project, "--out", "report.json")
    define(project, "more")
    for name in (STATE, "report.json"):
        (project / name).chmod(mode)
    apply(project, "--out", "report.json")
    assert [stat.S_IMODE((project / name).stat().st_mode) for name in (STATE, "report.json")] == [mode, mode]


# ---------------------------------------------------------------- branches


@pytest.fixture
def clone(project: Path) -> Path:
    remote = project.parent / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    for words in (
        ("init", "-q"),
        ("remote", "add", "origin", str(remote)),
        ("add", "."),
        ("commit", "-qm", "x"),
        ("push", "-q", "origin", "main"),
    ):
        subprocess.run(["git", *words], cwd=project, check=True)
    return project


def test_state_is_kept_off_the_branch_that_is_checked_out(clone: Path) -> None:
    (clone / "invent.yaml").write_text("state: {branch: main}\n", encoding="utf-8")
    result = apply(clone)
    assert (result.code, "checked out here" in result.err) == (ExitCode.INVALID, True)
    (clone / "invent.yaml").write_text("state: {branch: states}\n", encoding="utf-8")
    assert apply(clone).code == ExitCode.DONE


def test_state_is_kept_off_the_default_branch_of_the_remote(clone: Path) -> None:
    for words in (("checkout", "-q", "--detach"), ("remote", "set-head", "origin", "main")):
        subprocess.run(["git", *words], cwd=clone, check=True)
    (clone / "invent.yaml").write_text("state: {branch: main}\n", encoding="utf-8")
    result = call(clone, "plan")
    assert (result.code, "people merge to" in result.err) == (ExitCode.INVALID, True)


def test_state_is_kept_off_the_branch_that_broadcasts_are_applied_from(clone: Path) -> None:
    (clone / "invent.yaml").write_text("applies_from: live\nstate: {branch: live}\n", encoding="utf-8")
    result = call(clone, "plan")
    assert (result.code, "invent.yaml:2:17  git-name" in result.out) == (ExitCode.INVALID, True), result.all


def test_name_that_git_takes_for_something_else_is_no_branch(clone: Path) -> None:
    (clone / "invent.yaml").write_text("state: {branch: HEAD}\n", encoding="utf-8")
    assert "invent.yaml:1:17  git-name" in call(clone, "plan").out
