"""A copy of the tree with a Python of its own, in which guards are taken out and tests are run."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal
from xml.etree import ElementTree

from tests.guards.rows import Cut, Unfit

PACKAGE = "invent_gitops"
# Seconds for one test without its guard, and for each further one; some wait for a process or a server then.
PATIENCE, MORE = 120, 20
Outcome = Literal["passed", "failed", "error", "skipped"]
# What a program says that is broken, and not unguarded.
_NO_PROGRAM = re.compile(
    r"\b(?:NameError|UnboundLocalError|SyntaxError|IndentationError|ImportError|ModuleNotFoundError)\b"
)


class Tree:
    """The copy at `folder` of what git tracks at `root`, as it is in the work tree now."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.top, self._venv, self._report = folder / "tree", folder / "venv", folder / "report.xml"
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.split("\0")):
            if os.path.lexists(root / name):
                (self.top / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, self.top / name, follow_symlinks=False)
        self.python = self._made()
        self._check_own()

    def _made(self) -> Path:
        """A Python that finds the package here, and the libraries of this one.

        A folder in a `.pth` file is searched, and its own `.pth` files are not read: so what is installed for
        development here, which is such a file, is out of reach, also for `python -I`.
        """
        subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", str(self._venv)], check=True)
        (libraries,) = self._venv.glob("lib/python*/site-packages")
        there = dict.fromkeys([str(self.top), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
        (libraries / "tree.pth").write_text("".join(f"{path}\n" for path in there), encoding="utf-8")
        python = self._venv / "bin" / "python"
        program = python.with_name("invent-gitops")
        program.write_text(f"#!{python}\nfrom {PACKAGE}.cli import main\n\nmain()\n", encoding="utf-8")
        program.chmod(0o755)
        return python

    def _check_own(self) -> None:
        """Raise `Unfit` unless the package that each way to start it finds is that of the copy."""
        for words in (["-I"], []):
            ask = [str(self.python), *words, "-c", f"import {PACKAGE}; print({PACKAGE}.__file__)"]
            # Elsewhere, since without -I the current folder is searched first.
            done = subprocess.run(
                ask, cwd=self._venv, env=self._environment(), capture_output=True, text=True, check=True
            )
            if not Path(done.stdout.strip()).is_relative_to(self.top):
                raise Unfit(f"The package comes from {done.stdout.strip()}, and not from the copy.")

    def _environment(self) -> dict[str, str]:
        plain = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL_ENV"))
        }
        return plain | {"PATH": f"{self.python.parent}{os.pathsep}{plain.get('PATH', os.defpath)}"}

    @contextmanager
    def without(self, cuts: Sequence[Cut]) -> Iterator[None]:
        """The tree without a guard, for as long as the block lasts. Raises `Unfit` where that is no program."""
        paths = {self.top / cut.file for cut in cuts}
        before = {path: path.read_bytes() for path in paths}
        try:
            for cut in cuts:
                path = self.top / cut.file
                path.write_text(cut.applied(path.read_text(encoding="utf-8")), encoding="utf-8", newline="")
                self._forget(path)
            for cut in cuts:
                self._check_program(cut.file)
            yield
        finally:
            for path, content in before.items():
                path.write_bytes(content)
                self._forget(path)

    def _forget(self, path: Path) -> None:
        """Compiled code is told from newer code by the second and the size, which is not enough here."""
        shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)

    def _check_program(self, file: str) -> None:
        path = PurePosixPath(file)
        if path.suffix != ".py":
            return
        module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        words = [str(self.python), "-B", "-c", f"import {module}"]
        done = subprocess.run(words, cwd=self.top, env=self._environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unfit(f"{file} cannot be imported any more: {done.stderr.strip().splitlines()[-1]}")

    def outcomes(self, tests: Sequence[str], *, jobs: int = 0, cuts: Sequence[Cut] = ()) -> dict[str, Outcome]:
        """What became of each case of these tests, by its id.

        Raises `Unfit` where pytest does not come to an end, and where a test failed since `cuts` have left no program.
        """
        self._report.unlink(missing_ok=True)
        options = ["-q", "-n", str(jobs), f"--junitxml={self._report}", f"--basetemp={self._report.with_name('made')}"]
        process = subprocess.Popen(
            [str(self.python), "-m", "pytest", *options, *tests],
            cwd=self.top,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=PATIENCE + MORE * len(tests))
        except subprocess.TimeoutExpired:
            raise Unfit(f"{' '.join(tests)} does not end.") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        # 0: all passed, 1: some failed. The others mean that there was no test, or none that could be run.
        if process.returncode not in (0, 1) or not self._report.exists():
            raise Unfit(f"pytest ended with {process.returncode}: {said.strip()[-2_000:]}")
        # In other files it is the tests that plant such errors.
        found: dict[str, Outcome] = {}
        for id, outcome in _cases(self._report, any(cut.file.startswith(PACKAGE) for cut in cuts)):
            # One that fails and cannot be cleaned up after that is there twice.
            found[id] = "failed" if "failed" in (outcome, found.get(id)) else outcome
        return found


def _cases(report: Path, watched: bool) -> Iterator[tuple[str, Outcome]]:
    """Id and outcome of each case. If `watched`, raises `Unfit` for one that met a broken program."""
    kinds: dict[str, Outcome] = {"failure": "failed", "error": "error", "skipped": "skipped"}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314  # written by the pytest of this process
        id = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '')}"
        found = [child for child in case if child.tag in kinds]
        for child in found:
            if (
                watched
                and child.tag == "failure"
                and (match := _NO_PROGRAM.search(f"{child.get('message')} {child.text}"))
            ):
                raise Unfit(f"{id} did not judge a program without the guard, but a broken one: {match[0]}")
        yield id, kinds[found[0].tag] if found else "passed"


def of_test(found: Mapping[str, Outcome], test: str) -> list[Outcome]:
    """The outcomes of the cases of one test: of itself, or of each of its parameters."""
    return [outcome for id, outcome in found.items() if id == test or id.startswith(f"{test}[")]
