"""What the code of the program may do with its fast paths, so that `--careful` reaches each of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from tests.careful.fast_paths import PREFIXES

ALIKE = re.compile(r"(^|_)(fast|fastpath|quick|quickly|shortcut)(_|$)")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_fast_path(name: str) -> bool:
    return name.startswith(PREFIXES)


def fast_paths_of(tree: ast.Module) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of the module itself that are fast paths, by name."""
    return {node.name: node for node in tree.body if isinstance(node, FUNCTIONS) and is_fast_path(node.name)}


def names_in(tree: ast.AST) -> set[str]:
    """Every name that code uses, and every text that could name an attribute."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.Constant(value=str(name)):
                names.add(name)
            case _:
                pass
    return names


def offences(trees: Mapping[str, ast.Module]) -> list[str]:
    """What modules, given by their paths, do with fast paths that they must not."""
    rules = (wrong_names, wrong_answers, copies, references)
    lines = [f"{path}: {line}" for path, tree in trees.items() for rule in rules for line in rule(tree)]
    called = set().union(*map(called_in, trees.values()))
    uncalled = [(path, name) for path, tree in trees.items() for name in fast_paths_of(tree) if name not in called]
    return lines + [f"{path}: {name}: call it, and go the careful way where it returns None" for path, name in uncalled]


def wrong_names(tree: ast.Module) -> Iterator[str]:
    own = {id(node) for node in fast_paths_of(tree).values()}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if not is_fast_path(name):
                    if ALIKE.search(name):
                        yield f"{name}: a fast path is named quick_… or _quick_…"
                elif id(node) not in own:
                    yield f"{name}: a fast path is a function of the module itself, else --careful does not see it"
            case ast.Name(id=name, ctx=ast.Store()) if is_fast_path(name):
                yield f"{name}: only a function has such a name"
            case _:
                pass


def wrong_answers(tree: ast.Module) -> Iterator[str]:
    for name, function in fast_paths_of(tree).items():
        if not may_be_none(function.returns):
            yield f"{name}: it must be able to return None, and its annotation must say so"
        at_once = not any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
        if isinstance(function, ast.AsyncFunctionDef) or not at_once:
            yield f"{name}: it must return its answer or None at once"


def may_be_none(annotation: ast.expr | None) -> bool:
    """Whether what a function returns may be None, by its annotation: `X | None`, in any order."""
    match annotation:
        case ast.Constant(value=None):
            return True
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return may_be_none(left) or may_be_none(right)
        case _:
            return False


def copies(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in filter(lambda alias: is_fast_path(alias.name), node.names):
                yield f"{alias.name}: call it as an attribute of its module, since an imported name stays the real one"


def references(tree: ast.Module) -> Iterator[str]:
    """The fast paths that are handed on, stored, or used when the module is imported."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    early = {id(node) for node in at_import(tree)}
    for node in ast.walk(tree):
        name = read_by(node)
        if name and (id(node) not in called or id(node) in early):
            yield f"{name}: call it by its name, inside a function, since what is kept of it stays the real one"


def called_in(tree: ast.Module) -> set[str]:
    """The fast paths that are called, by their names or as attributes of a module, but not by themselves alone."""
    return {
        name
        for function in ast.walk(tree)
        if isinstance(function, FUNCTIONS)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and (name := read_by(node.func)) and name != function.name
    }


def read_by(node: ast.AST) -> str:
    """The fast path that an expression is the name of; empty if it is none."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()) if is_fast_path(name):
            return name
        case _:
            return ""


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What is evaluated when the module is imported: all but the insides of functions."""
    yield node
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
        parts = [*node.args.defaults, *filter(None, node.args.kw_defaults), *decorators]
    for part in parts:
        yield from at_import(part)
