"""Switches every fast path of the program off: a function `quick_…` or `_quick_…` then answers None.

`pytest --careful` calls `install` in its own processes. Each Python that a test starts does so by `sitecustomize` in
this folder, which `python_path` puts first. A test that calls a fast path itself still gets the real one, since only
what the program asks is answered with None.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "invent_gitops"
PREFIXES = ("quick_", "_quick_")
FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent

_inside = threading.local()


def is_on() -> bool:
    """Whether the fast paths of this process are switched off."""
    return any(isinstance(finder, Finder) for finder in sys.meta_path)


def python_path() -> str:
    """What PYTHONPATH has to be, so that a new Python finds this tree, and is as careful as this one."""
    return os.pathsep.join([*([str(FOLDER)] if is_on() else []), str(ROOT)])


def install() -> None:
    """Switch them off in what is imported already, and in what will be."""
    if is_on():
        return
    sys.meta_path.insert(0, Finder())
    for name, module in list(sys.modules.items()):
        if is_of_program(name):
            replace(module)


def is_of_program(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def replace(module: ModuleType) -> None:
    """Let each fast path that the module defines answer None to the program."""
    for name, value in list(vars(module).items()):
        if name.startswith(PREFIXES) and callable(value):
            setattr(module, name, unsure(value))


def unsure(real: Callable[..., Any]) -> Callable[..., Any]:
    """None for the program, and the real answer for a test; what the real one asks on its way is real, too."""

    @functools.wraps(real)
    def answer(*values: Any, **more: Any) -> Any:
        if getattr(_inside, "real", False):
            return real(*values, **more)
        if is_of_program(sys._getframe(1).f_globals.get("__name__", "")):
            return None
        _inside.real = True
        try:
            return real(*values, **more)
        finally:
            _inside.real = False

    return answer


class Finder:
    """Finds a module as the other finders do, and replaces its fast paths as soon as it has run."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not is_of_program(name):
            return None
        others = (finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec"))
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def run_and_replace(module: ModuleType) -> None:
                run(module)
                replace(module)

            spec.loader.exec_module = run_and_replace  # type: ignore[method-assign]
        return spec
