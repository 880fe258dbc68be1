"""Each fast path may say that it is not sure, and a run with `--careful` takes that answer from all of them.

The rules are read off the code: what breaks one of them would escape `--careful`, or could not be proved by it.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.careful.fast_paths import FOLDER, PACKAGE, ROOT, is_on, python_path, unsure
from tests.careful.rules import fast_paths_of, names_in, offences
from tests.forked import PATIENCE, Run, Server, environment

TREE = ROOT / PACKAGE

# ---------------------------------------------------------------- the rules


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    paths = sorted(TREE.rglob("*.py"))
    return {path.relative_to(TREE).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def test_every_fast_path_can_be_switched_off(trees: dict[str, ast.Module]) -> None:
    assert offences(trees) == []


def test_every_fast_path_is_compared_with_the_careful_way_by_a_test(trees: dict[str, ast.Module]) -> None:
    fast_paths = [name for tree in trees.values() for name in fast_paths_of(tree)]
    tests = [path for path in sorted((ROOT / "tests").rglob("test_*.py")) if FOLDER not in path.parents]
    texts = (path.read_text(encoding="utf-8") for path in tests)
    named = set().union(*(names_in(ast.parse(text)) for text in texts if "quick_" in text))
    assert [name for name in fast_paths if name not in named] == []
    assert sorted(set(fast_paths)) == sorted(fast_paths), "each has a name of its own"


GOOD = """
import functools
from invent_gitops.load import times

@functools.cache
def quick_sum(text: str) -> int | None:
    return int(text) if text.isdigit() else None

def total(text: str) -> int:
    answer = quick_sum(text)
    other = times.quick_time(text)
    return careful(text) if answer is None else answer
"""


def test_fast_path_as_it_should_be_is_no_offence() -> None:
    assert offences({"a.py": ast.parse(GOOD)}) == []


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("quick_sum", "fast_sum", "is named quick_"),
        ("quick_sum", "_sum_quickly", "is named quick_"),
        ("int | None", "int", "able to return None"),
        (" -> int | None", "", "able to return None"),
        ("int | None", "list[int | None]", "able to return None"),
        ("return int(text) if", "yield int(text) if", "at once"),
        ("answer = quick_sum(text)", "answer = None", "call it, and go"),
        ("other = times.quick_time(text)", "other = map(times.quick_time, text)", "what is kept"),
        ("answer = quick_sum(text)", "answer = next(map(quick_sum, text))", "what is kept"),
        ("def total(text: str)", "def total(text: str, first=quick_sum)", "what is kept"),
        ("def total(text: str)", "def total(text: str, first=quick_sum('1'))", "what is kept"),
        (
            "import functools",
            "from invent_gitops.load.times import quick_time",
            "attribute of its module",
        ),
        ("import functools", "from .times import quick_time as usual", "attribute of its module"),
        ("import functools", "class A:\n    def quick_part(self) -> int | None: return None", "the module itself"),
        ("    answer =", "    def quick_part() -> int | None: return quick_part()\n    answer =", "the module itself"),
        ("import functools", "quick_part = total", "only a function"),
        ("import functools", "class quick_part: pass", "the module itself"),
        ("@functools.cache\ndef", "async def", "at once"),
    ],
)
def test_what_would_escape_is_found(before: str, after: str, complaint: str) -> None:
    assert before in GOOD
    found = offences({"a.py": ast.parse(GOOD.replace(before, after))})
    assert any(complaint in line for line in found), found


# ---------------------------------------------------------------- the switch

MADE_UP = """
import functools

QUICK = {"quick_answers": 0}

def _quick_digit(text: str) -> int | None:
    return int(text) if text in "0123456789" else None

@functools.cache
def quick_sum(text: str) -> int | None:
    parts = [_quick_digit(part) for part in text.split("+")]
    return None if None in parts else sum(parts)

def total(text: str) -> tuple[str, int]:
    answer = quick_sum(text)
    return ("careful", sum(int(part) for part in text.split("+"))) if answer is None else ("quick", answer)
"""
ASK = """
import sys
import invent_gitops.load
invent_gitops.load.__path__.append(sys.argv[-1])
import invent_gitops.load.made_up as made_up
print(*made_up.total("1+2"), made_up.quick_sum("3+4"), made_up.quick_sum("x"))
"""
CAREFUL, QUICK = "careful 3 7 None\n", "quick 3 7 None\n"


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A folder with a module that a room of the program could have."""
    (tmp_path / "made_up.py").write_text(MADE_UP, encoding="utf-8")
    return tmp_path


def paths(careful: bool) -> dict[str, str]:
    return {"PYTHONPATH": f"{FOLDER}:{ROOT}" if careful else str(ROOT)}


@pytest.mark.parametrize(("careful", "answer"), [(True, CAREFUL), (False, QUICK)])
def test_fresh_process_is_as_careful_as_its_path_says(made_up: Path, careful: bool, answer: str) -> None:
    words = [sys.executable, "-c", ASK, str(made_up)]
    done = subprocess.run(words, env=environment(paths(careful)), capture_output=True, text=True, check=True)
    assert done.stdout == answer


@pytest.mark.parametrize(("careful", "answer"), [(True, CAREFUL), (False, QUICK)])
def test_forked_process_is_as_careful_as_the_one_that_forks_it(made_up: Path, careful: bool, answer: str) -> None:
    variables = environment(paths(careful))
    server = Server([sys.executable, "-m", "tests.forking"], variables)
    try:
        with (made_up / "out").open("wb") as out, open("/dev/null", "rb") as nothing:
            streams = (nothing.fileno(), out.fileno(), out.fileno())
            run = Run("this", [str(made_up)], made_up, variables, streams, before=ASK, server=server.address)
            while run.code is None:
                run.hear(PATIENCE)
    finally:
        server.close()
    # There is no module `this_` to run; what came before it has printed.
    assert (made_up / "out").read_text(encoding="utf-8").startswith(answer)


ASKED = """
import invent_gitops.load, sys
from tests.careful.fast_paths import FOLDER, python_path

def test_asks():
    invent_gitops.load.__path__.append({folder!r})
    from invent_gitops.load import made_up
    assert made_up.total("1+2") == ({answer!r}, 3)
    assert made_up.quick_sum("3+4") == 7
    assert (str(FOLDER) in python_path()) == ({answer!r} == "careful")
"""


@pytest.mark.parametrize(("option", "answer"), [(["--careful"], "careful"), ([], "quick")])
def test_option_of_pytest_switches_the_fast_paths_off(made_up: Path, option: list[str], answer: str) -> None:
    (made_up / "test_asked.py").write_text(ASKED.format(folder=str(made_up), answer=answer), encoding="utf-8")
    words = ["-q", "-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest", "--numprocesses=0", *option]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, str(made_up / "test_asked.py")],
        env=environment(paths(careful=False)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_this_run_tells_its_processes_whether_it_is_careful() -> None:
    assert (str(FOLDER) in python_path().split(":")) == is_on()
    assert environment()["PYTHONPATH"] == python_path()


def test_answer_is_none_for_the_program_and_real_for_a_test() -> None:
    answer = unsure(lambda: 7)
    program = {"__name__": "invent_gitops.load.usual", "answer": answer}
    assert (answer(), eval("answer()", program), answer()) == (7, None, 7)  # noqa: S307  as code of the program
