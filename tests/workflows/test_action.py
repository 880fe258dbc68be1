"""The action's own scripts, run as a runner runs them: in a checkout that does its worst."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forked import PATIENCE
from tests.running import ROOT, environment
from tests.steps import read_outputs
from tests.workflows.hostile import marks, write_hostile_names
from tests.workflows.runner import load

CPYTHON = str(getattr(sys, "_base_executable", sys.executable))
# What stood here first. It runs code of the checkout, and the tests below would see it.
BEFORE = """\
set -euo pipefail
home="$RUNNER_TEMP/invent-gitops"
"$CPYTHON" -m venv "$home/venv"
bin="$home/venv/bin"
"$bin/python" -m pip install --quiet --require-hashes -r "$GITHUB_ACTION_PATH/requirements.txt"
"$bin/python" -m pip install --quiet --no-deps --no-build-isolation "$GITHUB_ACTION_PATH"
"$bin/invent-gitops" --version
"""
# In the place of hatchling, since nothing can be downloaded here: it hands out a wheel that is there already.
BACKEND = """\
import pathlib, shutil
def build_wheel(folder, settings=None, metadata=None):
    found, = pathlib.Path.cwd().glob("*.whl")
    return pathlib.Path(shutil.copy(found, folder)).name
"""
PROGRAM = "import sys\nprint('invent-gitops 1.2.3')\nassert sys.flags.isolated, 'a variable leads to modules'\n"


def script(id: str) -> str:
    """The script of one step of the action."""
    steps = load(ROOT / "action.yml")["runs"]["steps"]
    return str(next(step["run"] for step in steps if step.get("id") == id))


def wheel(folder: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """A wheel with these files."""
    info = f"{name}-{version}.dist-info"
    every = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    every[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*every, f"{info}/RECORD"])
    made = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in every.items():
            archive.writestr(path, text)
    return made


@dataclass(frozen=True)
class Machine:
    """A runner with a hostile checkout, and an action that needs one library and no network."""

    folder: Path

    @property
    def checkout(self) -> Path:
        return self.folder / "work" / "campaigns"

    @property
    def mark(self) -> Path:
        return self.folder / "mark"

    @property
    def action(self) -> Path:
        return self.folder / "action"

    def prepare(self) -> None:
        for folder in (self.checkout, self.action, self.folder / "wheels", self.folder / "temporary"):
            folder.mkdir(parents=True)
        library = wheel(self.folder / "wheels", "library", "1.0", {"library.py": BACKEND})
        digest = hashlib.sha256(library.read_bytes()).hexdigest()
        (self.action / "requirements.txt").write_text(f"library==1.0 --hash=sha256:{digest}\n", encoding="utf-8")
        wheel(
            self.action,
            "invent_gitops",
            "1.2.3",
            {"invent_gitops/__init__.py": "", "invent_gitops/__main__.py": PROGRAM},
        )
        project = '[build-system]\nrequires = ["library"]\nbuild-backend = "library"\n'
        (self.action / "pyproject.toml").write_text(project, encoding="utf-8")
        write_hostile_names(self.checkout, self.mark)

    def run(self, text: str, extra: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """One script, in the checkout, as `shell: bash` starts it."""
        given = {
            "CPYTHON": CPYTHON,
            "GITHUB_ACTION_PATH": str(self.action),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_PATH": str(self.folder / "path"),
            "GITHUB_WORKSPACE": str(self.checkout),
            "PIP_FIND_LINKS": str(self.folder / "wheels"),
            "PIP_NO_INDEX": "1",
            "RUNNER_TEMP": str(self.folder / "temporary"),
        }
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
        variables = {name: value for name, value in environment(given | dict(extra or {})).items() if value}
        return subprocess.run(
            words,
            cwd=self.checkout,
            env=variables,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )

    @property
    def outputs(self) -> dict[str, str]:
        return read_outputs((self.folder / "output").read_text("utf-8"))

    @property
    def program(self) -> str:
        return str(Path((self.folder / "path").read_text("utf-8").strip()) / "invent-gitops")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.prepare()
    return made


def leading_into(checkout: str) -> dict[str, str]:
    """Variables that a workflow sets for other tools, each of which leads Python or pip into the checkout."""
    return {
        "HOME": checkout,
        "PIP_CONFIG_FILE": f"{checkout}/pip.conf",
        "PYTHONPATH": checkout,
        "PYTHONSTARTUP": f"{checkout}/setup.py",
        "PYTHONUSERBASE": checkout,
        "XDG_CONFIG_DIRS": checkout,
        "XDG_CONFIG_HOME": f"{checkout}/.config",
    }


@pytest.mark.parametrize("leads", ["nowhere", "by full path", "by relative path", "to another Python", "by home alone"])
def test_the_action_runs_nothing_and_obeys_nothing_of_the_checkout(machine: Machine, leads: str) -> None:
    extra = {
        "nowhere": {"PYTHONPATH": ""},
        "by full path": leading_into(str(machine.checkout)),
        "by relative path": leading_into("."),
        "to another Python": {"PIP_PYTHON": f"{machine.checkout}/python", "PYTHONHOME": str(machine.checkout)},
        "by home alone": {"HOME": str(machine.checkout), "PYTHONPATH": "", "XDG_CONFIG_HOME": ""},
    }[leads]
    done = machine.run(script("install"), extra)
    assert (done.returncode, marks(machine.mark)) == (0, []), done.stdout + done.stderr
    assert machine.outputs == {"version": "1.2.3"}
    # What it has put on the path, too, takes no module from where a step or its variables lead.
    done = machine.run(f'exec "{machine.program}" --version', {"PYTHONPATH": f".:{machine.checkout}"})
    assert (done.returncode, done.stdout, marks(machine.mark)) == (0, "invent-gitops 1.2.3\n", []), done.stderr


def test_the_action_runs_nothing_that_lies_beside_its_own_source(machine: Machine) -> None:
    # `uses: ./` has both in one folder.
    write_hostile_names(machine.action, machine.mark)
    done = machine.run(script("install"), {"PYTHONPATH": ""})
    assert (done.returncode, marks(machine.mark)) == (0, []), done.stdout + done.stderr


def test_the_script_that_stood_here_first_ran_code_of_the_checkout(machine: Machine) -> None:
    machine.run(BEFORE, {"PYTHONPATH": ""})
    assert marks(machine.mark)[:1] == ["venv/__init__.py"]
    # Where nothing but pip is replaced, everything else of the script works.
    machine.mark.unlink()
    for path in machine.checkout.iterdir():
        if path.is_dir() and path.name != "pip":
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()
    machine.run(BEFORE, {"PYTHONPATH": ""})
    assert "pip/__main__.py" in marks(machine.mark)


def test_the_build_of_the_action_looks_for_modules_in_no_folder_of_the_source() -> None:
    # `backend-path` is what would put one on the path; without it, the test above holds for hatchling, too.
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["build-system"].keys() == {"requires", "build-backend"}
    assert "hooks" not in project["tool"]["hatch"]["build"], "a hook is code of the source"


def test_the_settings_of_pip_that_the_owner_of_the_runner_chose_stay(machine: Machine) -> None:
    log = machine.folder / "log of the owner"
    (machine.folder / "pip.conf").write_text(f"[global]\nlog = {log}\n", encoding="utf-8")
    chosen = {"PYTHONPATH": "", "PIP_CONFIG_FILE": str(machine.folder / "pip.conf")}
    done = machine.run(script("install"), chosen)
    assert done.returncode == 0, done.stderr
    assert "library" in log.read_text("utf-8")


def test_a_library_with_another_hash_is_not_installed(machine: Machine) -> None:
    digest = base64.b16encode(bytes(32)).decode().lower()
    (machine.action / "requirements.txt").write_text(f"library==1.0 --hash=sha256:{digest}\n", encoding="utf-8")
    done = machine.run(script("install"), {"PYTHONPATH": ""})
    assert (done.returncode, (machine.folder / "path").exists()) == (1, False)
    assert "HASHES" in done.stderr


@pytest.mark.parametrize("wanted", ["3.13", "3.x", "3.11.9", "3.14t", "3.15-dev", ">=3.11 <3.14", "3.11 - 3.13"])
def test_every_form_of_a_version_of_cpython_is_passed_on(machine: Machine, wanted: str) -> None:
    done = machine.run(script("wanted"), {"WANTED": wanted})
    assert (done.returncode, machine.outputs) == (0, {"version": wanted})


@pytest.mark.parametrize("wanted", ["pypy3.11", "PyPy-3.11", "graalpy-24", "3.13\nversion=pypy3.11", "3.13 pypy3.11"])
def test_a_python_whose_set_up_runs_code_of_the_checkout_is_refused(machine: Machine, wanted: str) -> None:
    done = machine.run(script("wanted"), {"WANTED": wanted})
    assert (done.returncode, (machine.folder / "output").exists()) == (2, False)
    assert "CPython" in done.stdout


def test_an_empty_version_is_ours_and_never_the_one_that_the_checkout_names(machine: Machine) -> None:
    done = machine.run(script("wanted"))
    default = load(ROOT / "action.yml")["inputs"]["python-version"]["default"]
    assert (done.returncode, machine.outputs) == (0, {"version": default})
    (step,) = [step for step in load(ROOT / "action.yml")["runs"]["steps"] if "uses" in step]
    assert step["with"] == {"python-version": "${{ steps.wanted.outputs.version }}", "update-environment": "false"}
