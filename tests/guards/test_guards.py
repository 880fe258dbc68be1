"""The table of guards: each row can be carried out, and the command tells a guard that is held from one that is not."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.guards.__main__ import judged, main
from tests.guards.rows import Cut, Row, read_rows
from tests.running import ROOT

ROWS = read_rows()


@cache
def functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_guard_has_a_name_of_its_own() -> None:
    names = [row.name for row in ROWS]
    assert len(names) > 100
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_taken_out_stands_once_and_the_tests_are_there(row: Row) -> None:
    for file in {cut.file for cut in row.cuts}:
        source = before = (ROOT / file).read_text(encoding="utf-8")
        for cut in row.cuts:
            if cut.file == file:
                source = cut.applied(source)
        assert source != before
        if file.endswith(".py"):
            ast.parse(source)
    assert row.guard.endswith(".")
    assert row.tests
    for file, _, test in (test.partition("::") for test in row.tests):
        assert test.partition("[")[0] in functions(file)


# ---------------------------------------------------------------- the command, on a small tree with a guard


PROGRAM = """\
def is_open(door: str) -> bool:
    return door == "front" and door != "back"
"""
TESTS = """\
import subprocess, sys
import pytest
from invent_gitops import is_open

@pytest.mark.parametrize("door", ["back", "side"])
def test_other_doors_are_shut(door):
    assert not is_open(door)

@pytest.mark.parametrize("isolated", [["-I"], []])
def test_other_doors_are_shut_for_a_process(isolated):
    asked = "import invent_gitops, sys; sys.exit(invent_gitops.is_open('side'))"
    assert subprocess.run([sys.executable, *isolated, "-c", asked]).returncode == 0

def test_of_nothing():
    pass
"""
FILE = "invent_gitops/__init__.py"


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    for name, text in {
        FILE: PROGRAM,
        "tests/test_doors.py": TESTS,
        # Without it, pytest would find the tests only below a package.
        "pyproject.toml": '[tool.pytest.ini_options]\naddopts = ["--import-mode=importlib"]\n',
    }.items():
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path / "root", check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path / "root", check=True)
    yield tmp_path / "root"
    assert (tmp_path / "root" / FILE).read_text(encoding="utf-8") == PROGRAM


def row(name: str, instead: str, *tests: str, text: str = 'door == "front" and') -> Row:
    return Row(name, "Only the front door is open.", (Cut(FILE, text, instead),), tests)


def test_guard_that_a_test_holds_is_told_from_one_that_none_holds(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    doors = "tests/test_doors.py::test_other_doors_are_shut"
    rows = [
        row("held", "", doors),
        row("held-in-processes", "", f"{doors}_for_a_process[isolated0]", f"{doors}_for_a_process[isolated1]"),
        row("by-another-case", "", f"{doors}[back]"),
        row("by-no-test", "", "tests/test_doors.py::test_of_nothing"),
        row("by-one-of-two", "", doors, "tests/test_doors.py::test_of_nothing"),
        row("not-there", "", doors, text="nothing of the kind"),
        row("no-program", "(", doors),
        row("broken-program", "dor ==", doors),
    ]
    assert judged(tree, rows, 1) == {"caught": 2, "SURVIVED": 6}
    said = dict(line.split(maxsplit=1)[::-1] for line in capsys.readouterr().out.splitlines())
    verdicts = {name.partition(":")[0]: verdict for name, verdict in said.items()}
    assert verdicts == {one.name: "caught" if one.name.startswith("held") else "SURVIVED" for one in rows}


def test_test_that_fails_or_is_missing_with_every_guard_in_place_holds_nothing(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (tree / "tests/test_doors.py").read_text(encoding="utf-8")
    (tree / "tests/test_doors.py").write_text(text.replace("    pass", "    assert False"), encoding="utf-8")
    assert judged(tree, [row("red", "", "tests/test_doors.py::test_of_nothing")], 1) == {"WRONG": 1}
    assert "with its guard in place this does not pass" in capsys.readouterr().out
    assert judged(tree, [row("gone", "", "tests/test_doors.py::test_of_nobody")], 1) == {"WRONG": 1}


def test_name_that_no_guard_has_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no-such-guard"]) == 2
    assert "python -m tests.guards --list" in capsys.readouterr().err
    assert main(["git-ext", "--list"]) == 0
    assert capsys.readouterr().out.startswith("git-ext: ")
