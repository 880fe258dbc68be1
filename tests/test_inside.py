"""What leaves the project is never opened: links, pipes and second names, also where they appear at the last moment."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from invent_gitops import inside as module
from invent_gitops.errors import ExitCode
from invent_gitops.inside import Inside, NotPlain, Outside, is_link
from tests.forked import PATIENCE
from tests.running import COMMAND, Result, account, call, define, environment, invent

SECRET = "s3cr3t-of-a-neighbour"
STEP = {"GITHUB_REPOSITORY": "acme/campaigns", "GITHUB_SHA": "0" * 40}
LEAK = f"{SECRET}: x\n"

# Writes down each path that Python opens, lists or makes, before the system is asked, and then acts on the project.
WATCHED = """
import os, sys
log, act, outside = open(sys.argv.pop(1), "a", buffering=1), sys.argv.pop(1), sys.argv.pop(1)
done, busy = [], []
def hook(event, given):
    if busy or event not in ("open", "os.listdir", "os.scandir", "os.mkdir", "sqlite3.connect", "import"):
        return
    busy.append(1)
    try:
        # A handle shows where it leads, however it was opened.
        for handle in os.listdir("/proc/self/fd"):
            if os.path.islink(f"/proc/self/fd/{handle}"):
                leads = os.readlink(f"/proc/self/fd/{handle}")
                if leads.startswith(outside):
                    print("handle", leads, file=log)
        place = given[0] if given and event != "import" else None
        if place is not None and not isinstance(place, int):
            print(event, os.path.realpath(place), file=log)
            exec(act, {"event": event, "place": place, "done": done, "os": os})
    finally:
        busy.clear()
sys.addaudithook(hook)
from invent_gitops.cli import main
sys.argv = ["invent-gitops", *sys.argv[1:]]
main()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside a folder of somebody else's."""
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("leak.yaml", "broadcasts.yaml", "invent.state.json", "notes"):
        (outside / name).write_text(LEAK, encoding="utf-8")
    folder = tmp_path / "project"
    define(folder, "good")
    (folder / "invent.yaml").write_text("timezone: UTC\n", encoding="utf-8")
    return folder


def watched(project: Path, *words: str, act: str = "") -> tuple[Result, list[str]]:
    """A command, and what it opened or listed below the neighbour's folder."""
    log = project.parent / "opened.log"
    log.write_text("", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(log), act, str(project.parent / "outside"), *words],
        cwd=project,
        env=environment(STEP),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    lines = log.read_text(encoding="utf-8").splitlines()
    assert lines, "the watch sees what is opened"
    outside = str(project.parent / "outside")
    opened = [line for line in lines if line.partition(" ")[2].startswith(outside)]
    return Result(done.returncode, done.stdout, done.stderr), opened


# ---------------------------------------------------------------- the commands


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("definitions: ../outside", "validate"),
        ("definitions: broadcasts/../../outside", "plan"),
        ("segments: ../outside/leak.yaml", "segments list"),
        ("state: ../outside/invent.state.json", "status"),
        ("state: {branch: b, path: ../outside/invent.state.json}", "history"),
        ("definitions: .git", "import"),
        ("segments: .git/config.yaml", "validate"),
        ("workspaces: {a: {org: o, definitions: ../outside}}", "plan"),
    ],
)
def test_path_of_the_project_file_is_refused_before_anything_there_is_opened(
    project: Path, line: str, command: str
) -> None:
    (project / ".git").mkdir()
    (project / ".git" / "config.yaml").write_text(LEAK, encoding="utf-8")
    (project / "invent.yaml").write_text(f"timezone: UTC\n{line}\n", encoding="utf-8")
    result, opened = watched(project, *command.split(), *(["--workspace", "a"] if "workspaces" in line else []))
    assert result.code in (ExitCode.INVALID, ExitCode.USAGE)
    assert ("invent.yaml:2:" in result.all) or result.code == ExitCode.USAGE
    assert (opened, SECRET in result.all) == ([], False)


LINKS = {
    "broadcasts": "../outside",
    "segments.yaml": "../outside/leak.yaml",
    "invent.state.json": "../outside/invent.state.json",
    "broadcasts/x.yaml": "../../outside/leak.yaml",
    "broadcasts/folder": "../../outside",
    "broadcasts/chain.yaml": "next.yaml",
    "broadcasts/notes": "../../outside/notes",
    "Broadcasts": "../outside",
    ".invent-sandbox/invent.sandbox.sqlite": "../../outside/new.sqlite",
    ".invent-sandbox": "../outside",
}


@pytest.mark.parametrize("link", LINKS)
def test_link_out_of_the_project_is_refused_and_not_followed(project: Path, link: str) -> None:
    place, target = project / link, LINKS[link]
    place.parent.mkdir(exist_ok=True)
    absolute = link in ("segments.yaml", "broadcasts/x.yaml")
    if link == "broadcasts":
        place.rename(project / "away")
    if link.endswith("chain.yaml"):
        (place.parent / "next.yaml").symlink_to("../../outside/leak.yaml")
    place.symlink_to(os.path.abspath(place.parent / target) if absolute else target)
    words = () if link == "invent.state.json" else ("--sandbox",)
    result, opened = watched(project, "apply", *words, "--yes")
    assert (result.code, opened, SECRET in result.all) == (ExitCode.INVALID, [], False), result
    assert not (project.parent / "outside" / "new.sqlite").exists()


def test_project_file_that_leads_into_git_is_not_printed(project: Path) -> None:
    (project / ".git").mkdir()
    (project / ".git" / "config").write_text(f"extraheader = [{SECRET}\n", encoding="utf-8")
    (project / "invent.yaml").unlink()
    (project / "invent.yaml").symlink_to(".git/config")
    result = call(project, "validate")
    assert (result.code, SECRET in result.all) == (ExitCode.INVALID, False)


def test_links_within_the_project_are_followed_as_before(project: Path) -> None:
    (project / "states").mkdir()
    (project / "invent.yaml").rename(project / "settings.yaml")
    (project / "invent.yaml").symlink_to("settings.yaml")
    (project / "broadcasts" / "deep").mkdir()
    (project / "broadcasts" / "deep" / "real.yaml").write_text(
        (project / "broadcasts" / "good.yaml").read_text(encoding="utf-8").replace("good", "real"), encoding="utf-8"
    )
    (project / "broadcasts" / "alias.yaml").symlink_to(project / "broadcasts" / "deep" / "real.yaml")
    result = call(project, "validate")
    # One file twice is the same broadcast twice, so both were read.
    assert "broadcasts/alias.yaml" in result.out, result.all
    (project / "broadcasts" / "alias.yaml").unlink()
    assert call(project, "validate").code == ExitCode.DONE


@pytest.mark.parametrize("name", ["broadcasts/x.yaml", "segments.yaml", "invent.yaml", "invent.state.json"])
def test_second_name_of_a_file_elsewhere_is_not_read(project: Path, name: str) -> None:
    (project / name).unlink(missing_ok=True)
    os.link(project.parent / "outside" / "leak.yaml", project / name)
    result = call(project, "plan")
    assert (result.code, SECRET in result.all) == (ExitCode.INVALID, False)
    assert "hard link" in result.all
    (project / name).unlink()
    (project / name).write_text("", encoding="utf-8")
    assert "hard link" not in call(project, "plan").all


@pytest.mark.parametrize("name", ["broadcasts/x.yaml", "broadcasts/x.txt", "segments.yaml", "invent.state.json"])
@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_special_file_holds_nothing_up(project: Path, name: str, kind: str) -> None:
    import socket

    os.chdir(project)
    try:
        if kind == "pipe":
            os.mkfifo(name)
        else:
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(name)
    finally:
        os.chdir("/")
    for command in ("plan", "history", "state verify"):
        if command == "plan" or name == "invent.state.json":
            code = call(project, *command.split()).code
            assert code == (ExitCode.DONE if name.endswith(".txt") else ExitCode.INVALID)


@pytest.mark.parametrize("option", ["--out", "--plan", "--state", "DEFINITIONS", "github comment"])
def test_link_of_the_project_that_a_person_names_does_not_lead_out_of_it_either(project: Path, option: str) -> None:
    link, target = project / "link.json", project.parent / "outside" / "notes"
    words = {
        "--out": ("plan", "--out", "link.json"),
        "--plan": ("apply", "--sandbox", "--yes", "--plan", "link.json"),
        "--state": ("plan", "--state", "link.json"),
        "DEFINITIONS": ("plan", "link.json"),
        "github comment": ("github", "comment", "link.json"),
    }[option]
    link.symlink_to(target.parent if option == "DEFINITIONS" else target)
    result, opened = watched(project, *words)
    assert result.code in (ExitCode.INVALID, ExitCode.REFUSED, ExitCode.USAGE)
    assert (opened, SECRET in result.all) == ([], False)
    assert target.read_text(encoding="utf-8") == LEAK


def test_places_outside_that_a_person_names_are_used_as_they_are(project: Path) -> None:
    elsewhere = project.parent / "elsewhere"
    define(elsewhere, "other")
    (elsewhere / "real.json").touch()
    (elsewhere / "link.json").symlink_to("real.json")
    words = ("--state", "../elsewhere/s.json", "--out", "../elsewhere/link.json")
    result = call(project, "plan", "../elsewhere/broadcasts", *words)
    assert result.code == ExitCode.DONE, result.all
    assert "other" in (elsewhere / "real.json").read_text(encoding="utf-8")


# ---------------------------------------------------------------- between the look and the opening

SWAPS = {
    "file": ("good.yaml", "broadcasts/good.yaml", "../../outside/leak.yaml"),
    "folder": ("broadcasts", "broadcasts", "../outside"),
    "catalogue": ("segments.yaml", "segments.yaml", "../outside/leak.yaml"),
    "project file": ("invent.yaml", "invent.yaml", "../outside/leak.yaml"),
    "state": ("kept.json", "kept.json", "../outside/invent.state.json"),
}


@pytest.mark.parametrize("what", SWAPS)
def test_link_that_appears_right_before_the_opening_is_not_followed(project: Path, what: str) -> None:
    name, path, target = SWAPS[what]
    words = ("--state", "kept.json") if what == "state" else ()
    if what == "state":
        assert call(project, "apply", "--sandbox", "--yes", *words).code == ExitCode.DONE
    if what == "catalogue":
        (project / path).write_text("vip: seg_1\n", encoding="utf-8")
    place = project / path
    act = f"""
if event == "open" and os.path.basename(os.fspath(place)) == {name!r} and not done:
    done.append(1)
    os.rename({str(place)!r}, {str(place) + ".away"!r})
    os.symlink({target!r}, {str(place)!r})
"""
    result, _ = watched(project, "plan", "--sandbox", *words, act=act)
    assert place.is_symlink(), "the swap took place"
    assert (result.code, SECRET in result.all) == (ExitCode.INVALID, False), result
    assert any(words in result.all for words in ("file-unreadable", "symlink-leaves-folder", "cannot be read")), result


@pytest.mark.parametrize("by_folder", [True, False])
def test_path_is_opened_as_it_was_resolved_or_not_at_all(
    tmp_path: Path, by_folder: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without handles of folders, as on Windows, the path is looked at again after the opening."""
    monkeypatch.setattr(module, "BY_FOLDER", by_folder)
    (tmp_path / "in" / "a").mkdir(parents=True)
    (tmp_path / "in" / "a" / "x").write_text("mine", encoding="utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x").write_text(SECRET, encoding="utf-8")
    with Inside(tmp_path / "in") as place:
        assert place.read("a/x") == b"mine"
        resolved = place.resolve("a/x")
    (tmp_path / "in" / "a").rename(tmp_path / "in" / "b")
    (tmp_path / "in" / "a").symlink_to("../out")
    with Inside(tmp_path / "in") as place:
        with pytest.raises(OSError, match=r"link|directory|folder"):
            place.open_resolved(resolved)
        with pytest.raises(Outside):
            place.read("a/x")
        with pytest.raises(OSError, match=r"link|directory|folder"):
            place.list("a")
        with pytest.raises(OSError, match=r"link|directory|folder"):
            place.make_folders("a/new")
    assert not (tmp_path / "out" / "new").exists()


SWAPPED = """
import os, sys
from pathlib import Path
from invent_gitops import inside
inside.BY_FOLDER, done = False, []
def hook(event, given):
    if event == "open" and str(given[0]).endswith("x") and not done:
        done.append(1)
        os.rename("in/x", "in/y")
        os.symlink("../out/x", "in/x")
sys.addaudithook(hook)
with inside.Inside(Path("in")) as place:
    try:
        print(place.read("x"))
    except inside.Outside:
        print("refused", done)
"""


def test_system_that_follows_links_while_opening_is_asked_again_before_anything_is_read(tmp_path: Path) -> None:
    for name, text in (("in", "mine"), ("out", SECRET)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SWAPPED], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("refused [1]\n", "")


# ---------------------------------------------------------------- the resolver


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("real/x", "real/x"),
        ("../folder/real/x", None),
        ("real/../real/./x", "real/x"),
        ("/", None),
        ("..", None),
        ("real/../../out", None),
        (".git/config", None),
        ("real/.GIT./config", None),
    ],
)
def test_links_lead_where_the_system_follows_them_or_are_refused(
    tmp_path: Path, target: str, leads: str | None
) -> None:
    folder = tmp_path / "folder"
    (folder / "real").mkdir(parents=True)
    (folder / "real" / "x").touch()
    (folder / "link").symlink_to(target)
    with Inside(folder) as place:
        if leads is None:
            with pytest.raises(Outside):
                place.resolve("link")
        else:
            assert place.resolve("link") == leads
            assert place.resolve("link") == os.path.relpath(os.path.realpath(folder / "link"), folder)


def test_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with Inside(tmp_path) as place, pytest.raises(OSError, match="symbolic links"):
        place.resolve("a")


def test_pipe_put_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    with Inside(tmp_path) as place:
        with pytest.raises(NotPlain):
            place.open("x")
        handle = place.open_resolved("x")
    os.close(handle)


def test_junction_of_windows_counts_as_a_link() -> None:
    folder = SimpleNamespace(st_mode=stat.S_IFDIR | 0o755, st_reparse_tag=0xA0000003)
    cloud = SimpleNamespace(st_mode=stat.S_IFDIR | 0o755, st_reparse_tag=0x9000001A)
    assert is_link(cast(Any, folder))
    assert not is_link(cast(Any, cloud)), "a folder that the cloud keeps is a folder"


def test_commands_still_work_through_a_folder_that_is_a_link_itself(project: Path) -> None:
    (project.parent / "alias").symlink_to(project)
    with invent() as server:
        done = subprocess.run(
            [*COMMAND, "-C", "alias", "plan"],
            cwd=project.parent,
            env=environment(account(server.url)),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, "good" in done.stdout) == (ExitCode.DONE, True), done.stderr
