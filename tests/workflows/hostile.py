"""A folder full of names that some program runs or reads by itself. Each leaves a mark if one does.

Python looks for modules, a shell for programs and start files, pip, uv and git for settings: in the current folder,
beside a script, or where a variable leads. A pull request can commit each of these names.
For a shell script: python -m tests.workflows.hostile FOLDER MARK
`python -m tests.workflows.hostile FOLDER MARK` writes the names for a shell script.
"""

from __future__ import annotations

import importlib.metadata
import shlex
import sys
from pathlib import Path

# Packages that somebody starts with `python -m`; all other modules are files.
PACKAGES = ("build", "ensurepip", "hatchling", "invent_gitops", "pip", "setuptools", "uv", "venv", "zipapp", "zoneinfo")
MODULES = ("setup", "conftest", "noxfile", "hatch_build", "sitecustomize", "usercustomize", "_distutils_hack", "tzdata")
# What scripts and programs start by name. A folder `pip` is there already.
PROGRAMS = (
    *("bash", "cat", "chmod", "cp", "curl", "cygpath", "dirname", "env", "gh", "git", "git-remote-ext", "gpg", "grep"),
    *("git-remote-http", "git-remote-https", "hatch", "invent-gitops", "ln", "mkdir", "mktemp", "mv", "node", "pip3"),
    *("python", "python3", "readlink", "realpath", "rm", "sed", "sh", "ssh", "ssh-askpass", "uname", "uvx"),
)
WINDOWS = tuple(f"{name}.{suffix}" for name in ("git", "python", "pip", "ssh") for suffix in ("bat", "cmd", "exe"))
SHELL_FILES = (".bash_env", ".bash_login", ".bash_logout", ".bash_profile", ".bashrc", ".env", ".envrc", ".profile")
PIP_FILES = ("pip.conf", "pip.ini", ".pip/pip.conf", ".config/pip/pip.conf", "pip/pip.conf", "pip/pip.ini")


def write_hostile_names(folder: Path, mark: Path) -> None:
    """Fill `folder` with hostile names. What is run or obeyed appends its name to `mark`; see `marks`.

    A file that is there already stays. Several folders can share one `mark`, which lies outside of them.
    """
    texts = {**_python_files(mark), **_settings(mark)}
    scripts = {name: f"#!/bin/sh\n{_shell(name, mark)}\n" for name in (*PROGRAMS, *WINDOWS)}
    texts |= {name: f"{_shell(name, mark)}\n" for name in SHELL_FILES}
    for name, text in {**texts, **scripts}.items():
        path = folder / name
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if name in scripts else 0o644)


def marks(mark: Path) -> list[str]:
    """The hostile names that were run or obeyed, in their order; [] is what a test wants."""
    return mark.read_text(encoding="utf-8", errors="replace").splitlines() if mark.exists() else []


def _python_files(mark: Path) -> dict[str, str]:
    """Every module that Python or an installed package could import, as a file that is found before it."""
    installed = importlib.metadata.packages_distributions()
    modules = {*sys.stdlib_module_names, *installed, *MODULES} - {*PACKAGES, "__main__"}
    names = [f"{name}.py" for name in sorted(modules) if name.isidentifier()]
    names += [f"{package}/{file}.py" for package in PACKAGES for file in ("__init__", "__main__")]
    texts = {name: f"{_python(name, mark)}\n" for name in names}
    return texts | {"hostile.pth": f"import os; {_python('pth', mark)}\n"}


def _settings(mark: Path) -> dict[str, str]:
    """Files of settings, by their name: where the program has a way to run or write something, they use it."""
    run = _shell("gitconfig", mark).replace('"', '\\"')
    backend = '[build-system]\nrequires = []\nbuild-backend = "hatch_build"\nbackend-path = ["."]\n'
    return dict.fromkeys(PIP_FILES, f"[global]\nlog = {mark}\n") | {
        ".python-version": "pypy3.11\n",
        "pyproject.toml": f'{backend}[tool.uv]\nindex-url = "http://hostile.invalid/"\n',
        "uv.toml": 'index-url = "http://hostile.invalid/"\n',
        "setup.cfg": "[metadata]\nname = hostile\n",
        "pyvenv.cfg": "home = /hostile\ninclude-system-site-packages = true\n",
        "requirements.txt": "hostile\n",
        ".netrc": "default login hostile password hostile\n",
        ".curlrc": 'url = "http://hostile.invalid/"\n',
        ".ssh/config": f"Host *\n  ProxyCommand {_shell('ssh config', mark)}\n",
        ".gitconfig": f'[core]\n\tfsmonitor = "{run}"\n\tsshCommand = "{run}"\n\tpager = "{run}"\n',
        ".gitattributes": "* filter=hostile diff=hostile merge=hostile\n",
        ".gitmodules": f'[submodule "h"]\n\tpath = h\n\turl = ext::sh {mark}\n',
        ".lfsconfig": '[lfs]\n\turl = "http://hostile.invalid/"\n',
    }


def _python(name: str, mark: Path) -> str:
    """One line that needs no import: the module may stand in for one that an import would need."""
    return f"open({str(mark)!r}, 'a').write({name + chr(10)!r})"


def _shell(name: str, mark: Path) -> str:
    """One line that needs no program: the script may stand in for one."""
    return f"echo {shlex.quote(name)} >> {shlex.quote(str(mark))}"


if __name__ == "__main__":
    write_hostile_names(*map(Path, sys.argv[1:]))
