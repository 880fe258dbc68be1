"""Keys and words are the same under every locale: file names are bytes, read as UTF-8."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.branch_repository import git
from tests.forked import PATIENCE
from tests.running import STATE, WHEN, Result, environment, ids

LATIN, BARE = "latin-1", "C, uncoerced"
KEYS = ("grün", "sub/日本", "Ölwechsel – Ende")


@pytest.fixture(scope="session")
def latin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of a Latin-1 locale, which few systems have ready."""
    folder = tmp_path_factory.mktemp("locales")
    if not shutil.which("localedef"):
        pytest.skip("localedef is not installed here")
    made = subprocess.run(
        ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(folder / "en_US.ISO-8859-1")],
        capture_output=True,
        check=False,
    )
    if not (folder / "en_US.ISO-8859-1").is_dir():
        pytest.skip(f"localedef cannot make a locale here: {made.stderr.decode(errors='replace')[:200]}")
    return {"LOCPATH": str(folder), "LC_ALL": "en_US.ISO-8859-1"}


@pytest.fixture(params=[LATIN, BARE])
def other(request: pytest.FixtureRequest) -> dict[str, str]:
    if request.param == LATIN:
        return dict(request.getfixturevalue("latin"))
    # Without these two, Python itself takes UTF-8 for the locale C.
    return {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def start(folder: Path, *words: str | bytes, env: dict[str, str], python: tuple[str, ...] = ()) -> Result:
    """The command line with its words as bytes, which is what a shell hands over."""
    given = [os.fsencode(word) for word in (sys.executable, *python, "-m", "invent_gitops", *words)]
    done = subprocess.run(
        given,
        cwd=folder,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    # What is printed must be UTF-8 as well.
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def project(folder: Path, *keys: str) -> Path:
    for key in keys or KEYS:
        path = folder / "broadcasts" / f"{key}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: Über {key}\nschedule: {WHEN}\nsegments: ['id:vip']\n", encoding="utf-8")
    return folder


def plan(folder: Path, env: dict[str, str], *words: str, python: tuple[str, ...] = ()) -> str:
    return re.sub(r'"at": "[^"]*"', "", start(folder, "plan", "--json", *words, env=env, python=python).out, count=1)


UTF8 = {"LC_ALL": "C.UTF-8"}


def test_plan_is_the_same_to_the_byte_under_every_locale(tmp_path: Path, other: dict[str, str]) -> None:
    project(tmp_path)
    usual = plan(tmp_path, UTF8)
    assert usual.count('"action": "create"') == len(KEYS)
    assert plan(tmp_path, other) == usual
    assert plan(tmp_path, other, python=("-X", "utf8=0")) == usual
    assert plan(tmp_path, {**other, "PYTHONUTF8": "0"}) == usual
    assert start(tmp_path, "plan", env=other).out == start(tmp_path, "plan", env=UTF8).out


def test_what_was_created_under_one_locale_is_there_under_the_other(tmp_path: Path, other: dict[str, str]) -> None:
    project(tmp_path)
    assert start(tmp_path, "apply", "--sandbox", "--yes", env=UTF8).code == ExitCode.DONE
    before = ids(tmp_path / ".invent-sandbox")
    # An edited one must not look like a new one.
    path = tmp_path / "broadcasts" / "grün.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("2099", "2098"), encoding="utf-8")
    result = start(tmp_path, "apply", "--sandbox", "--yes", env=other)
    assert "1 changed" in start(tmp_path, "plan", "--sandbox", env=other).out
    assert (result.code, ids(tmp_path / ".invent-sandbox")) == (ExitCode.DONE, before)
    assert set(before) == set(KEYS)


def test_words_of_the_command_line_and_of_the_project_are_utf8_as_well(tmp_path: Path, other: dict[str, str]) -> None:
    folder = tmp_path / "Größe"
    project(folder)
    (folder / "invent.yaml").write_text("definitions: Sendungen für alle\nstate: zustände.json\n", encoding="utf-8")
    (folder / "broadcasts").rename(folder / "Sendungen für alle")
    applied = start(tmp_path, "-C", "Größe", "apply", "--sandbox", "--only", "grün", "--yes", env=other)
    assert (applied.code, set(ids(folder / ".invent-sandbox"))) == (ExitCode.DONE, {"grün"})
    shown = start(tmp_path, "-C", "Größe", "state", "show", "grün", "--sandbox", env=other)
    assert shown.code == ExitCode.DONE
    assert "Über grün" in shown.out
    moved = start(folder, "state", "mv", "grün", "blau–grün", "--sandbox", env=other)
    assert (moved.code, "blau–grün" in start(folder, "state", "list", "--sandbox", env=UTF8).out) == (
        ExitCode.DONE,
        True,
    )
    checked = start(folder, "validate", "--files", "Sendungen für alle/grün.yaml", env=other)
    assert checked.out == "3 definitions are valid.\n"


@pytest.mark.parametrize("name", [b"gr\xfcn.yaml", b"or\xfcder/x.yaml", b"\xff.YAML", b"\xff.txt"])
def test_name_that_is_no_utf8_is_an_error_that_spells_its_bytes(
    tmp_path: Path, other: dict[str, str], name: bytes
) -> None:
    project(tmp_path, "good")
    path = os.path.join(os.fsencode(tmp_path), b"broadcasts", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(f"name: Other\nschedule: {WHEN}\nsegments: ['id:vip']\n".encode())
    shown = b"broadcasts/" + name
    for env in (UTF8, other):
        result = start(tmp_path, "apply", "--sandbox", "--yes", env=env)
        assert result.code == ExitCode.INVALID
        assert shown.decode("utf-8", "backslashreplace") in result.all
        assert start(tmp_path, "validate", "--files", shown, env=env).code == ExitCode.INVALID
    assert not (tmp_path / ".invent-sandbox" / STATE).exists()


@pytest.mark.parametrize("words", [("state", "mv", "grün", b"gr\xfcn"), ("resolve", b"gr\xfcn", "--id", "b_1")])
def test_key_that_is_no_utf8_is_refused(tmp_path: Path, other: dict[str, str], words: tuple[str | bytes, ...]) -> None:
    project(tmp_path)
    assert start(tmp_path, "apply", "--sandbox", "--yes", env=UTF8).code == ExitCode.DONE
    before = (tmp_path / ".invent-sandbox" / STATE).read_bytes()
    result = start(tmp_path, *words, "--sandbox", env=other)
    assert result.code not in (ExitCode.DONE, ExitCode.BUG)
    assert (tmp_path / ".invent-sandbox" / STATE).read_bytes() == before


def test_definitions_of_another_commit_have_the_same_keys(tmp_path: Path, other: dict[str, str]) -> None:
    git(tmp_path, "init", "-q")
    project(tmp_path)
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-qm", "Grün")
    assert start(tmp_path, "apply", "--sandbox", "--yes", env=other).code == ExitCode.DONE
    for command in (["history", "--sandbox"], ["state", "verify", "--sandbox"]):
        under, usual = (start(tmp_path, *command, env=env) for env in (other, UTF8))
        assert (under.code, under.all) == (usual.code, usual.all)


def test_interpreter_that_cannot_be_told_is_refused_and_not_started_for_ever(
    tmp_path: Path, latin: dict[str, str]
) -> None:
    project(tmp_path)
    result = start(tmp_path, "plan", env={**latin, "_INVENT_GITOPS_UTF8": "1"})
    assert (result.code, result.out) == (ExitCode.REFUSED, "")
    assert "Set PYTHONUTF8=1" in result.err
