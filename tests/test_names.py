"""Names say what they hold: a ban list, one meaning for each type name, and the most that a signature may ask.

`python -m tests.test_names` prints each offence as "file:line: what, and what to do", and the lists below as they
would have to be now. They hold what is still to be swept: they only get shorter.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import pytest

NAME = "invent_gitops"
PACKAGE = Path(__file__).resolve().parents[1] / NAME

# These fit every value, so they say nothing of the one that they hold.
VAGUE = frozenset(
    [
        "data",
        "each",
        "foo",
        "found",
        "gathered",
        "given",
        "info",
        "known",
        "left",
        "made",
        "obj",
        "one",
        "place",
        "rest",
        "ret",
        "said",
        "seen",
        "shown",
        "stuff",
        "taken",
        "temp",
        "thing",
        "things",
        "tmp",
        "told",
        "val",
        "what",
        "who",
        "whole",
        "whose",
        "why",
        "words",
    ]
)
# How many vague names a room still holds, then what is still too large, as file:name, and still two types. Each list
# only gets shorter.
STILL_VAGUE: dict[str, int] = {}
STILL_LARGE: set[str] = set()
STILL_DOUBLED: set[str] = set()
MOST_PARAMETERS = 8
MOST_FIELDS = 12
# click calls a command with one parameter for each option that it offers.
COMMANDS = ("command", "group")


def names_bound(node: ast.AST) -> list[str]:
    """The variables, parameters and attributes that one node gives a name."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name) | ast.MatchAs(name=str(name)):
            return [name]
        case ast.Attribute(attr=name, ctx=ast.Store()) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.ExceptHandler(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return [name]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [alias.asname for alias in aliases if alias.asname]
        case _:
            return []


def vague_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        for name in names_bound(node):
            if name.strip("_") in VAGUE:
                yield getattr(node, "lineno", 0), f"`{name}` could hold anything. Name it for what it holds."


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether click calls it: it is decorated as a command or a group."""
    calls = [node.func if isinstance(node, ast.Call) else node for node in function.decorator_list]
    return any(isinstance(call, ast.Attribute) and call.attr in COMMANDS for call in calls)


def parameters_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return sum(argument is not None and argument.arg not in ("self", "cls") for argument in named)


def is_class_variable(field: ast.AnnAssign) -> bool:
    return ast.unparse(field.annotation).startswith(("ClassVar", "typing.ClassVar"))


def fields_of(definition: ast.ClassDef) -> int:
    """The annotated fields of a class, and what its `__init__` sets on itself; the larger of the two."""
    declared = [node for node in definition.body if isinstance(node, ast.AnnAssign) and not is_class_variable(node)]
    starts = [node for node in definition.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    attributes = {
        node.attr
        for start in starts
        for node in ast.walk(start)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }
    return max(len(declared), len(attributes))


def too_large(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = parameters_of(node)
            if count > MOST_PARAMETERS and not is_command(node):
                yield node.lineno, f"{node.name} has {count} parameters, {MOST_PARAMETERS} are the most. Pass a value."
        elif isinstance(node, ast.ClassDef) and fields_of(node) > MOST_FIELDS:
            yield node.lineno, f"{node.name} has {fields_of(node)} fields, {MOST_FIELDS} are the most. It is two types."


def types_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every class, and every alias that is marked as one or is a `type` statement."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if "TypeAlias" in ast.unparse(
                annotation
            ):
                yield node.lineno, name
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=call)) if ast.unparse(call) in (
                "NamedTuple",
                "TypedDict",
                "namedtuple",
                "NewType",
            ):
                yield node.lineno, name
            case _ if type(node).__name__ == "TypeAlias":
                yield getattr(node, "lineno", 0), ast.unparse(getattr(node, "name"))  # noqa: B009  # Python 3.12 has it


def offences(path: PurePosixPath, source: str) -> list[str]:
    """What is wrong with the names of one file, and with its sizes."""
    tree = ast.parse(source)
    return [f"{NAME}/{path}:{line}: {text}" for line, text in sorted([*vague_names(tree), *too_large(tree)])]


def doubled_types(sources: Mapping[PurePosixPath, str]) -> dict[str, str]:
    """Names that several types have, each with the complaint, which has every place."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path, source in sources.items():
        for line, name in types_in(ast.parse(source)):
            homes[name].append(f"{NAME}/{path}:{line}")
    return {
        name: f"{places[0]}: {name} is also a type at {', '.join(places[1:])}. Each type name has one meaning."
        for name, places in sorted(homes.items())
        if len(places) > 1
    }


def room_of(path: PurePosixPath) -> str:
    return path.parts[0].removesuffix(".py")


def package_sources() -> dict[PurePosixPath, str]:
    return {
        PurePosixPath(path.relative_to(PACKAGE).as_posix()): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def vague_in(room: str) -> list[str]:
    return [
        f"{NAME}/{path}:{line}: {text}"
        for path, source in package_sources().items()
        if room_of(path) == room
        for line, text in sorted(vague_names(ast.parse(source)))
    ]


def too_large_in_package() -> dict[str, str]:
    """Each function and class that is too large, as file:name, with the complaint."""
    return {
        f"{path}:{text.split()[0]}": f"{NAME}/{path}:{line}: {text}"
        for path, source in package_sources().items()
        for line, text in too_large(ast.parse(source))
    }


ROOMS = sorted({room_of(path) for path in package_sources()} | STILL_VAGUE.keys())


@pytest.mark.parametrize("room", ROOMS)
def test_names_of_a_room_say_what_they_hold(room: str) -> None:
    complaints = vague_in(room)
    listed = STILL_VAGUE.get(room, 0)
    assert len(complaints) <= listed, "\n" + "\n".join(complaints)
    assert len(complaints) == listed, f"{room} has been swept further: write {len(complaints)} into STILL_VAGUE."


def test_no_signature_and_no_class_is_too_large() -> None:
    complaints = too_large_in_package()
    new = [text for name, text in complaints.items() if name not in STILL_LARGE]
    assert not new, "\n" + "\n".join(new)
    assert not STILL_LARGE - complaints.keys(), f"Take out of STILL_LARGE: {sorted(STILL_LARGE - complaints.keys())}"


def test_each_type_name_has_one_meaning() -> None:
    doubled = doubled_types(package_sources())
    new = [text for name, text in doubled.items() if name not in STILL_DOUBLED]
    assert not new, "\n" + "\n".join(new)
    assert not STILL_DOUBLED - doubled.keys(), f"Take out of STILL_DOUBLED: {sorted(STILL_DOUBLED - doubled.keys())}"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("found = 1", "`found` could hold anything"),
        ("def f(made): pass", "`made` could hold anything"),
        ("def f(*rest): pass", "`rest` could hold anything"),
        ("def f(*, told=1): pass", "`told` could hold anything"),
        ("x = lambda one: one", "`one` could hold anything"),
        ("class A:\n    place: str", "a.py:2: `place` could hold anything"),
        ("class A:\n    def __init__(self):\n        self._known = 1", "a.py:3: `_known` could hold anything"),
        ("for each in x: pass", "`each` could hold anything"),
        ("x = [what for what in y]", "`what` could hold anything"),
        ("with f() as tmp: pass", "`tmp` could hold anything"),
        ("import a as stuff", "`stuff` could hold anything"),
        ("try: pass\nexcept E as why: pass", "`why` could hold anything"),
        ("match x:\n    case [given, *left]: pass", "`left` could hold anything"),
        ("match x:\n    case {'a': 1, **rest}: pass", "`rest` could hold anything"),
        ("if (val := 1): pass", "`val` could hold anything"),
        ("def f(a, b, c, d, e, f, *, g, h, i): pass", "f has 9 parameters"),
        ("class A:\n" + "".join(f"    a{n}: int\n" for n in range(13)), "A has 13 fields"),
        (
            "class A:\n    def __init__(self):\n" + "".join(f"        self.a{n} = {n}\n" for n in range(13)),
            "A has 13 fields",
        ),
    ],
)
def test_offence_is_reported_with_its_line(source: str, complaint: str) -> None:
    assert complaint in "\n".join(offences(PurePosixPath("a.py"), source))


@pytest.mark.parametrize(
    "source",
    [
        "founded = one_more = 1",
        "x = found",
        "f(place=1)",
        'document = {"known": 1}',
        "class A:\n    def f(self, a, b, c, d, e, f, g, h): pass",
        "@click.command()\ndef f(a, b, c, d, e, f, g, h, i): pass",
        "@state.command(name='x')\ndef f(a, b, c, d, e, f, g, h, i): pass",
        "class A:\n    z: ClassVar[int]\n" + "".join(f"    a{n}: int\n" for n in range(12)),
    ],
)
def test_clear_name_and_small_signature_are_not_reported(source: str) -> None:
    assert offences(PurePosixPath("a.py"), source) == []


def test_type_with_two_meanings_is_reported_with_both_places() -> None:
    sources = {
        PurePosixPath("a.py"): "class Report: pass\nclass Plan: pass",
        PurePosixPath("b.py"): "\nReport: TypeAlias = str",
    }
    assert doubled_types(sources) == {
        "Report": "invent_gitops/a.py:1: Report is also a type at invent_gitops/b.py:2. Each type name has one meaning."
    }


def main() -> None:
    """Print every offence, then the three lists as they are now."""
    sources = package_sources()
    for path, source in sources.items():
        print(*offences(path, source), sep="\n", end="\n" if offences(path, source) else "")
    doubled, counts = doubled_types(sources), {room: len(vague_in(room)) for room in ROOMS}
    print(*doubled.values(), sep="\n")
    print("STILL_VAGUE: dict[str, int] =", {room: count for room, count in counts.items() if count})
    print("STILL_LARGE: set[str] =", sorted(too_large_in_package()) or "set()")
    print("STILL_DOUBLED: set[str] =", sorted(doubled) or "set()")


if __name__ == "__main__":
    main()
