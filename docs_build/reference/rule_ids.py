"""Every rule id of the program, by what it is about: read from the code and from the types that the schemas repeat."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import invent_gitops
from invent_gitops.model.audience import AudienceRule
from invent_gitops.model.project import JUDGED_IN_INVENT, WAIVABLE
from invent_gitops.model.status import Rule
from invent_gitops.model.unreachable import KINDS

PACKAGE = Path(invent_gitops.__file__).parent
_ID = re.compile(r"[a-z]+(-[a-z0-9]+)+")


def problem_ids() -> list[str]:
    """Return the rules of `validate`: each text in kebab-case in its two rooms, which use them for nothing else."""
    texts = {text for room in ("load", "validate") for text in _texts(room)}
    return sorted(text for text in texts if _ID.fullmatch(text) and text != "utf-8")


@cache
def refusal_ids() -> list[str]:
    """Return the ids of what refuses a create: what is built as a `Refusal`, and what can be waived."""
    found = {*WAIVABLE, *JUDGED_IN_INVENT}
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = dict(_constants(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant):
                    found.add(str(first.value))
                elif isinstance(first, ast.Name) and first.id in constants:
                    found.add(constants[first.id])
    # It alarms, and refuses nothing.
    return sorted(found - {"poor-result"})


def warning_ids() -> list[str]:
    """Return the ids of what a plan warns of, about an audience."""
    return sorted(get_args(AudienceRule))


def alarm_ids() -> list[str]:
    """Return the ids of what needs a person, in the order of `status`."""
    return list(get_args(Rule))


def unreached_ids() -> list[str]:
    """Return the kinds of what does not reach Invent."""
    return list(KINDS)


def setup_ids() -> list[str]:
    """Return the ids of `github check` that are fixed; others are the first word of one with a name after a colon."""
    texts = {text for path in PACKAGE.joinpath("review").glob("setup_*.py") for text in _texts_of(path)}
    calls = {text for path in PACKAGE.joinpath("review").glob("setup_*.py") for text in _first_of_points(path)}
    return sorted(({text for text in texts if _ID.fullmatch(text)} | calls) - {""})


def _texts(room: str) -> Iterator[str]:
    for path in sorted((PACKAGE / room).glob("*.py")):
        yield from _texts_of(path)


def _texts_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value


def _first_of_points(path: Path) -> Iterator[str]:
    """Yield what the id of a point of the set-up begins with, up to its colon, wherever one is built."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        first: ast.expr | None = None
        if isinstance(node, ast.JoinedStr):
            first = node.values[0]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("SetupPoint", "_id"):
            first = node.args[0]
        text = str(first.value) if isinstance(first, ast.Constant) else ""
        if isinstance(node, ast.Call) or re.fullmatch(r"[a-z-]+:", text):
            yield text.removesuffix(":")
