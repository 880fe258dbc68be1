"""Holds the floors: who may import whom, which library lives where, and that the core does no I/O.

The code is parsed, not imported, so that an import inside a function counts as well.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

NAME = "invent_gitops"
PACKAGE = Path(__file__).parent.parent / NAME

# The floors, from the ground up. A room is a module or a folder directly below the package.
GROUND, MODEL, TEXT, CORE, EDGES, OPERATIONS, CLI = "ground", "model", "text", "core", "edges", "operations", "cli"
HEIGHT = {GROUND: 0, MODEL: 1, TEXT: 2, CORE: 3, EDGES: 3, OPERATIONS: 4, CLI: 5}
FLOORS = {
    GROUND: {"__init__", "errors", "values", "zonedata"},
    MODEL: {"model"},
    TEXT: {"text"},
    CORE: {"validate", "compare", "plan", "policy", "apply", "live", "audit", "review", "render"},
    EDGES: {
        "files",
        "git",
        "inside",
        "load",
        "schemas",
        "state",
        "http",
        "api",
        "sandbox",
        "provenance",
        "github",
        "scaffold",
    },
    OPERATIONS: {"operations"},
    CLI: {"cli", "__main__"},
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}

# One library, one home.
HOMES: dict[str, tuple[str, ...]] = {
    "yaml": ("load",),
    "jsonschema": ("validate",),
    "jsonschema_rs": ("validate",),
    "deepdiff": ("compare",),
    "httpx": ("http",),
    "click": ("cli",),
    "filelock": ("state",),
    # Every room makes values, and takes their base from there. A dataclass would cost each start its definition.
    "msgspec": ("values", "state"),
    "dataclasses": ("values",),
    # No process begins anywhere else, and each of git's with the settings that keep it from running another.
    "subprocess": ("git",),
    "sqlite3": ("sandbox",),
    "http.server": ("sandbox",),
    "jinja2": ("render",),
    "icalendar": ("render",),
    # The zones of the package, never those of the machine, which `zoneinfo` alone would take.
    "tzdata": ("zonedata",),
    "zoneinfo": ("zonedata",),
}
# The folder of a room that alone uses a library.
FOLDERS = {"jinja2": "render/html", "icalendar": "render/ics"}
# What would make `--help` slow. Commands import these when they run.
HEAVY = {
    "deepdiff",
    "filelock",
    "http.server",
    "httpx",
    "icalendar",
    "jinja2",
    "jsonschema",
    "jsonschema_rs",
    "sqlite3",
    "yaml",
    "zoneinfo",
}
# It loads OpenSSL, which a start has no use for.
LARGE = {"secrets"}

# The world outside.
FILES = ("codecs", "dbm", "fileinput", "glob", "io", "mmap", "os", "pathlib", "shelve", "shutil", "tempfile")
CLOCK_AND_CHANCE = ("random", "sched", "secrets", "time", "uuid")
PROCESSES = ("atexit", "ctypes", "fcntl", "msvcrt", "multiprocessing", "pty", "resource", "signal", "subprocess", "sys")
MACHINE = ("getpass", "locale", "platform", "readline", "select", "selectors", "syslog", "termios", "tty", "webbrowser")
NETWORK = ("asyncio", "http.client", "http.server", "socket", "socketserver", "ssl", "urllib.request")
IMPORTS = ("builtins", "importlib", "inspect", "pkgutil", "runpy", "site")
RECORDS = ("logging", "sqlite3", "tracemalloc")
IO_MODULES = FILES + CLOCK_AND_CHANCE + PROCESSES + MACHINE + NETWORK + IMPORTS + RECORDS
PURE = {"pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath"}  # they cannot touch a disk
IO_CALLS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}
CLOCK_CALLS = {"datetime.now", "datetime.today", "datetime.utcnow", "date.today"}

LONGEST = 300
# The way of every word to stdout and stderr.
STREAMS = ("cli/session.py", "cli/__init__.py")


@dataclass(frozen=True)
class Import:
    """One name that is imported: `at_start` if that happens as soon as the module is imported."""

    name: str
    line: int
    at_start: bool


# ---------------------------------------------------------------- reading


def room_of(path: PurePosixPath) -> str:
    """The room of a file, whose path is relative to the package."""
    return path.parts[0].removesuffix(".py")


def room_of_name(name: str) -> str:
    """The room of a dotted name of ours; a name that the package itself defines, like `__version__`, is its own."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOOR_OF else "__init__"


def is_within(name: str, library: str) -> bool:
    return name == library or name.startswith(f"{library}.")


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def walk(node: ast.AST, at_start: bool = True) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below, and whether it runs when the module is imported."""
    for child in ast.iter_child_nodes(node):
        yield child, at_start
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or is_type_checking(child)
        yield from walk(child, at_start and not later)


def names_imported(node: ast.AST, path: PurePosixPath) -> list[str]:
    """The dotted names that a statement imports; `from a import b` may mean the module a.b, so it counts as that."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, names=names, level=level):
            package = (NAME, *path.parent.parts)
            base = ".".join([*package[: len(package) + 1 - level], *([module] if module else [])]) if level else module
            return [f"{base}.{alias.name}" for alias in names]
        case ast.Call(args=[ast.Constant(value=str(name)), *_]) if called(node).endswith(
            ("import_module", "__import__")
        ):
            return [name]
        case _:
            return []


def imports(tree: ast.AST, path: PurePosixPath) -> list[Import]:
    return [
        Import(name, getattr(node, "lineno", 0), at_start)
        for node, at_start in walk(tree)
        for name in names_imported(node, path)
    ]


def called(node: ast.Call) -> str:
    """What a call names, as far as it is written as a dotted name."""
    return ast.unparse(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else ""


# ---------------------------------------------------------------- rules: each yields complaints


def wrong_floor(room: str, found: Import) -> Iterator[str]:
    if not is_within(found.name, NAME):
        return
    other = room_of_name(found.name)
    mine, theirs = FLOOR_OF[room], FLOOR_OF[other]
    if {mine, theirs} == {CORE, EDGES}:
        yield f"{room} ({mine}) imports {other} ({theirs}): core and edges meet in operations only. Pass a value in."
    elif HEIGHT[theirs] > HEIGHT[mine]:
        yield f"{room} ({mine}) imports {other} ({theirs}): imports go down only."


def command_of_command(path: PurePosixPath, found: Import) -> Iterator[str]:
    """What commands share is an operation, or an option in a module beside them."""
    others = f"{NAME}.cli.commands"
    if path.parts[:2] == ("cli", "commands") and is_within(found.name, others):
        yield f"{found.name}: no command imports another. Move what both need to operations."


def of_the_streams(path: PurePosixPath, node: ast.AST) -> Iterator[str]:
    """What a command says leaves through its result or the console, so that each form has one writer."""
    touched = isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"}
    printed = isinstance(node, ast.Call) and called(node) in {"print", "click.echo", "click.secho"}
    if (touched or printed) and path.as_posix() not in STREAMS:
        yield f"{ast.unparse(node)}: only {' and '.join(STREAMS)} write. Return a Result, or use the console."


def wrong_home(room: str, found: Import) -> Iterator[str]:
    if is_within(found.name, NAME) or is_within(found.name, "__future__"):
        return
    home = next((homes for library, homes in HOMES.items() if is_within(found.name, library)), ())
    if home and room not in home:
        yield f"{found.name} is imported in {room}, but its home is {' and '.join(home)}."
    elif not home and found.name.partition(".")[0] not in sys.stdlib_module_names:
        yield f"{found.name} has no home. Give it one in HOMES, and put it into pyproject.toml and constraints.txt."


def wrong_folder(path: PurePosixPath, found: Import) -> Iterator[str]:
    folder = next((folder for library, folder in FOLDERS.items() if is_within(found.name, library)), "")
    if folder and not path.is_relative_to(folder):
        yield f"{found.name} is imported in {path}, but its home is {folder}."


def io_import(room: str, found: Import) -> Iterator[str]:
    if FLOOR_OF[room] not in (TEXT, CORE) or found.name in PURE:
        return
    if any(is_within(found.name, module) for module in IO_MODULES):
        yield f"{found.name} in {room}: the core does no I/O. Do it in an edge and pass the result in."


def slow_start(room: str, found: Import) -> Iterator[str]:
    if HEIGHT[FLOOR_OF[room]] < HEIGHT[OPERATIONS] or not found.at_start:
        return
    if any(is_within(found.name, library) for library in HEAVY):
        yield f"{found.name} at the top of a module makes --help slow. Import it in the function that needs it."


def io_call(room: str, node: ast.Call) -> Iterator[str]:
    if FLOOR_OF[room] not in (TEXT, CORE):
        return
    name = called(node)
    if name in IO_CALLS:
        yield f"{name}() in {room}: the core does no I/O. Return a value and let cli do it."
    elif ".".join(name.split(".")[-2:]) in CLOCK_CALLS:
        yield f"{name}() in {room}: the time comes into the core as an argument."


def no_floor(room: str) -> str:
    return (
        f"{NAME}/{room} is on no floor. Put it into FLOORS of tests/test_architecture.py, on the lowest floor that "
        f"serves, and into the drawing in CONTRIBUTING.md."
    )


def complaints(path: PurePosixPath, source: str) -> list[str]:
    """What is wrong with one file of the package, each as "file:line: what, and what to do"."""
    room = room_of(path)
    if room not in FLOOR_OF:
        return [no_floor(room)]
    tree = ast.parse(source)
    found = []
    for each in imports(tree, path):
        for rule in (wrong_floor, wrong_home, io_import, slow_start):
            found += [f"{NAME}/{path}:{each.line}: {text}" for text in rule(room, each)]
        found += [f"{NAME}/{path}:{each.line}: {text}" for text in wrong_folder(path, each)]
        found += [f"{NAME}/{path}:{each.line}: {text}" for text in command_of_command(path, each)]
    for node, _ in walk(tree):
        if isinstance(node, ast.Call):
            found += [f"{NAME}/{path}:{node.lineno}: {text}" for text in io_call(room, node)]
        found += [f"{NAME}/{path}:{getattr(node, 'lineno', 0)}: {text}" for text in of_the_streams(path, node)]
    lines = source.count("\n")
    if lines > LONGEST:
        found.append(f"{NAME}/{path}: {lines} lines, {LONGEST} are the most. It holds two jobs: give each its module.")
    return found


def circles(uses: dict[str, set[str]]) -> list[str]:
    """Rooms that import each other, directly or around corners; rooms of one floor may use each other one way."""

    def reach(room: str) -> set[str]:
        seen: set[str] = set()
        ahead = [room]
        while ahead:
            new = uses.get(ahead.pop(), set()) - seen
            seen |= new
            ahead += new
        return seen

    return sorted(room for room in uses if room in reach(room))


# ---------------------------------------------------------------- the house as it stands


def modules() -> list[PurePosixPath]:
    return sorted(PurePosixPath(path.relative_to(PACKAGE).as_posix()) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", modules(), ids=str)
def test_module_keeps_the_rules_of_the_house(path: PurePosixPath) -> None:
    found = complaints(path, (PACKAGE / path).read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


def rooms_on_disk(package: Path) -> set[str]:
    skipped = {"__pycache__", "py.typed"}
    return {path.stem for path in package.iterdir() if path.name not in skipped and not path.name.startswith(".")}


def test_every_room_on_disk_is_on_a_floor() -> None:
    homeless = sorted(rooms_on_disk(PACKAGE) - FLOOR_OF.keys())
    assert not homeless, "\n".join(no_floor(room) for room in homeless)


def test_no_two_rooms_import_each_other() -> None:
    uses: dict[str, set[str]] = {}
    for path in modules():
        for found in imports(ast.parse((PACKAGE / path).read_text(encoding="utf-8")), path):
            if is_within(found.name, NAME):
                uses.setdefault(room_of(path), set()).add(room_of_name(found.name))
    inside_out = circles({room: others - {room} for room, others in uses.items()})
    assert not inside_out, f"These rooms import each other: {inside_out}. Move what both need one floor down."


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_start_loads_no_heavy_library(option: str) -> None:
    tell = f"import atexit, sys; atexit.register(lambda: print(*{HEAVY | LARGE} & sys.modules.keys(), file=sys.stderr))"
    run = f"import runpy; sys.argv = ['invent-gitops', {option!r}]; runpy.run_module({NAME!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", f"{tell}; {run}"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "\n")


@pytest.mark.parametrize("words", ["pl", "plan --", "state ", "resolve --", "schema ", "plan --format "])
def test_completing_commands_and_options_loads_no_heavy_library(words: str) -> None:
    tell = f"import atexit, sys; atexit.register(lambda: print(*{HEAVY} & sys.modules.keys(), file=sys.stderr))"
    run = f"import runpy; sys.argv = ['invent-gitops']; runpy.run_module({NAME!r}, run_name='__main__')"
    asked = {"_INVENT_GITOPS_COMPLETE": "bash_complete", "COMP_WORDS": f"invent-gitops {words}"}
    env = {**os.environ, **asked, "COMP_CWORD": str(words.count(" ") + 1)}
    done = subprocess.run(
        [sys.executable, "-c", f"{tell}; {run}"], capture_output=True, text=True, check=False, env=env
    )
    assert (done.returncode, done.stderr) == (0, "\n")
    assert done.stdout


# ---------------------------------------------------------------- each rule can fail


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("errors.py", "from invent_gitops.model import plan", "imports go down only"),
        ("errors.py", "from .model.plan import Plan", "imports go down only"),
        ("model/plan.py", "from invent_gitops import plan", "imports go down only"),
        ("model/plan.py", "from ..cli import main", "imports go down only"),
        ("model/plan.py", "from .. import cli", "imports go down only"),
        ("render/text/plan.py", "import invent_gitops.cli.main", "imports go down only"),
        ("plan/make.py", "from invent_gitops.state import read", "core and edges meet in operations only"),
        ("api/client.py", "from invent_gitops.apply import Api", "core and edges meet in operations only"),
        ("apply.py", "def run():\n    from invent_gitops import api", "core and edges meet in operations only"),
        ("apply.py", "if TYPE_CHECKING:\n    from invent_gitops.api import Client", "core and edges meet"),
        ("apply.py", "importlib.import_module('invent_gitops.api')", "core and edges meet in operations only"),
        ("plan/make.py", "import os", "the core does no I/O"),
        ("plan/make.py", "from pathlib import Path, PurePath", "the core does no I/O"),
        ("plan/make.py", "from os import path", "the core does no I/O"),
        ("plan/make.py", "from urllib import request", "the core does no I/O"),
        ("render/text/plan.py", "def f():\n    import time", "render/text/plan.py:2: time in render"),
        ("policy/hours.py", "import logging.handlers", "the core does no I/O"),
        ("render/text/plan.py", "print('hello')", "print() in render: the core does no I/O"),
        ("plan/make.py", "text = open('file').read()", "open() in plan: the core does no I/O"),
        ("plan/make.py", "at = datetime.now(UTC)", "the time comes into the core as an argument"),
        ("plan/make.py", "at = datetime.date.today()", "the time comes into the core as an argument"),
        ("plan/make.py", "import yaml", "its home is load"),
        ("cli/commands/apply.py", "def run():\n    import httpx", "its home is http"),
        (
            "cli/commands/apply.py",
            "from invent_gitops.cli.commands.plan import plan_code",
            "no command imports another",
        ),
        ("cli/commands/apply.py", "def run():\n    from .plan import plan", "no command imports another"),
        ("operations/plan.py", "from invent_gitops.cli.output import Review", "imports go down only"),
        ("operations/confirmation.py", "import click", "its home is cli"),
        ("operations/plan.py", "sys.stderr.write('Done.')", "Return a Result, or use the console"),
        ("cli/commands/plan.py", "def plan():\n    sys.stdout.isatty()", "Return a Result, or use the console"),
        ("cli/output.py", "print('text')", "Return a Result, or use the console"),
        ("cli/commands/plan.py", "click.echo('text')", "Return a Result, or use the console"),
        ("load.py", "from http.server import HTTPServer", "its home is sandbox"),
        ("load.py", "from http import server", "its home is sandbox"),
        ("load.py", "import requests", "requests has no home"),
        ("model/plan.py", "from msgspec import Struct", "its home is values"),
        ("model/plan.py", "from dataclasses import dataclass", "its home is values"),
        ("scaffold/workflows.py", "import subprocess", "its home is git"),
        ("text/times.py", "from zoneinfo import ZoneInfo", "its home is zonedata"),
        ("cli/commands/apply.py", "import yaml", "makes --help slow"),
        ("cli/commands/apply.py", "try:\n    import sqlite3\nexcept ImportError:\n    pass", "makes --help slow"),
        ("render/text/plan.py", "def page():\n    import jinja2", "but its home is render/html"),
        ("render/html/calendar.py", "def feed():\n    from icalendar import Event", "but its home is render/ics"),
        ("utils.py", "", "invent_gitops/utils is on no floor"),
        ("helpers/text.py", "", "invent_gitops/helpers is on no floor"),
        ("plan/make.py", "x = 1\n" * 301, "301 lines"),
    ],
)
def test_broken_rule_is_reported(path: str, source: str, complaint: str) -> None:
    assert complaint in "\n".join(complaints(PurePosixPath(path), source))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("cli/commands/apply.py", "from invent_gitops import __version__, plan\nfrom invent_gitops.api import Client"),
        ("compare.py", "from invent_gitops.model.plan import Plan\nfrom deepdiff import DeepDiff"),
        ("plan/make.py", "at = clock.now()\nlater = self.open(at)"),
        ("plan/make.py", "from urllib.parse import quote\nfrom concurrent.futures import Future"),
        ("validate/project.py", "from pathlib import PurePosixPath"),
        ("live/drift.py", "from .reconcile import candidates"),
        ("state/file.py", "from .document import dump\nfrom filelock import FileLock"),
        ("git/process.py", "import subprocess"),
        ("render/html/page.py", "def page():\n    import jinja2"),
        ("sandbox/server.py", "import sqlite3\nfrom http.server import ThreadingHTTPServer"),
        ("plan/make.py", "x = 1\n" * 300),
    ],
)
def test_what_the_rules_allow_is_not_reported(path: str, source: str) -> None:
    assert complaints(PurePosixPath(path), source) == []


def test_heavy_library_inside_a_function_does_not_slow_the_start() -> None:
    tree = ast.parse("def run():\n    import yaml\nif TYPE_CHECKING:\n    import httpx\nimport click")
    assert [each.at_start for each in imports(tree, PurePosixPath("cli/commands/plan.py"))] == [False, False, True]


def test_circle_around_a_corner_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]


def test_new_room_on_disk_is_seen_with_or_without_python_in_it(tmp_path: Path) -> None:
    (tmp_path / "py.typed").touch()
    (tmp_path / "errors.py").touch()
    (tmp_path / "data").mkdir()
    (tmp_path / "utils.py").touch()
    assert rooms_on_disk(tmp_path) - FLOOR_OF.keys() == {"data", "utils"}
