"""Spoils documents: values of another type, fields that are missing or twice, odd characters, deep and long things."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import yaml

LONGEST = 64 * 1024

# What somebody's editor, keyboard, terminal or ill will may put into a text.
ODD_TEXTS = (
    *("", " ", "\t", "\n", "\r", "\r\n", "\0", "\x1b[31m", "\x7f", "\x85", "\x9b", "\xa0", "\xad", "\u2028", "\u2029"),
    *("\u202e", "\u200b", "\ufeff", "\ufffe", "\uffff", "\ud800", "\udfff", "\U0001f600", "\U0010ffff", "e\u0301"),
    *("\u0130", "ß", "\u0661", "---", "...", "#", "%", "::error::x", "##[group]x", "<!-- x -->", "-->", "@all", "a|b"),
    *("```", "<<", "*a", "&a", "null", "true", "~", "0x10", "1e400", ".nan", "..", "../x", "a/../b", "C:\\x", "id:"),
    *("/", "/etc/passwd", "../" * 12, ".git/config", "~/x", "//x", ".", "NUL.json", "//?/C:/x"),
    *("id: ", "_", "-", "\\u0000", "2099-02-30T09:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"),
    *("2099-01-01T24:00:00Z", "Etc/GMT+2", "0001-01-01T00:00:00+14:00", "2024-02-29", "24:00", "9" * 20 + "d", "0%"),
    *("\u0660\u0661:\u0660\u0660", "__class__", "constructor", "${{ x }}", "$(x)", "%s", "{0}", "a" * 300, "é" * 300),
    "x" * 5_000,
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, -0.0, 10**18, -(10**18), 10**400, 1e308, float("inf"), float("nan")),
    *("", "a", [], {}, [None], [[]], [{}], {"": ""}, {"a": None}, ["a", 1, None], {"key": "a"}, ["a"] * 300),
    [{"id": "bc_1"}, {"id": "bc_1"}],
)
# How deep an odd value may be wrapped: deeper than the product allows, and deeper than Python goes.
DEPTHS = (70, 2_000)
# Pieces of YAML and JSON that mean something, dropped into a text anywhere.
PIECES = (
    *(": ", ":", "- ", "\n", "\n  ", " ", "[", "]", "{", "}", ",", "'", '"', "!", "!!str ", "&a ", "*a", "<<: *a"),
    *("|\n", ">\n", "# c", " #c", "\n---\n", "\n...\n", "~", "? ", "@", "`", "%", "=", "\\", "\\ud83d", "\\x00", "\r"),
    *("\t", "0", "\ufeff", "\x85", "\u2028", "\0", "\ud800", "\U0001f600", "<!--", "-->", '{"a":' * 40, "[" * 200),
    "9" * 5_000,
)
BYTES = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x90\x80\x80", b"\0", b"\x80", b"\r", b"\n", b"")


class Repeated(dict[str, Any]):
    """An object that is written with its last field twice."""


def _odd(chance: Random) -> Any:
    value = chance.choice(ODD_VALUES)
    return nested(value, chance.choice(DEPTHS)) if isinstance(value, list | dict) and chance.random() < 0.2 else value


def nested(inner: Any, levels: int) -> Any:
    for _ in range(levels):
        inner = {"a": inner} if isinstance(inner, dict) else [inner]
    return inner


def spoiled(value: Any, chance: Random) -> Any:
    """The value after one to three changes of its shape."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        value = _changed(value, chance)
    return value


# One of each type, and of those that look like one of another.
EACH: tuple[Any, ...] = (None, True, -1, 1.5, 10**400, "", "\u202ea", [], ["a"], {}, {"a": 1})


def each_spoiled(value: Any) -> Iterator[Any]:
    """The value with each of its parts replaced by each type, left out, and written twice."""
    for path in _places(value, ()):
        old = at(value, path)
        for new in EACH:
            if type(new) is not type(old) or new != old:
                yield put(value, path, new)
        if path:
            yield without(value, path)
        if isinstance(old, dict) and old:
            yield put(value, path, Repeated(old))


def _changed(value: Any, chance: Random) -> Any:
    places = list(_places(value, ()))
    path = chance.choice(places)
    old = at(value, path)
    change = chance.randrange(9)
    if change == 0:
        return put(value, path, _odd(chance))
    if change == 1:
        return put(value, path, chance.choice(ODD_TEXTS))
    if change == 2 and isinstance(old, str):
        cut = chance.randint(0, len(old))
        return put(value, path, old[:cut] + chance.choice(ODD_TEXTS) + old[cut:])
    if change == 3:
        return put(value, path, at(value, chance.choice(places)))
    if change == 4 and isinstance(old, dict) and old:
        return put(value, path, Repeated(old))
    if change == 5 and isinstance(old, dict):
        return put(value, path, {**old, chance.choice(ODD_TEXTS): _odd(chance)})
    if change == 6 and isinstance(old, list):
        return put(value, path, [*old, *(old or [_odd(chance)])])
    if change == 7 and isinstance(old, dict) and old:
        name = chance.choice(list(old))
        return put(value, path, {chance.choice(ODD_TEXTS) if one == name else one: old[one] for one in old})
    return without(value, path)


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    if len(path) > 40:
        return
    if isinstance(value, dict):
        for name in value:
            yield from _places(value[name], (*path, name))
    elif isinstance(value, list):
        for index in range(min(len(value), 20)):
            yield from _places(value[index], (*path, index))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A copy of the value with something else at the path."""
    if not path:
        return new
    step, *rest = path
    below = put(value[step], tuple(rest), new)
    if isinstance(value, dict):
        return type(value)({**value, step: below})
    return [*value[:step], below, *value[step + 1 :]]


def without(value: Any, path: tuple[Any, ...]) -> Any:
    """A copy of the value without what is at the path; without anything for the path of the whole."""
    if not path:
        return {}
    *rest, last = path
    parent = at(value, tuple(rest))
    if isinstance(parent, dict):
        less: Any = {name: below for name, below in parent.items() if name != last}
    else:
        less = [*parent[:last], *parent[last + 1 :]]
    return put(value, tuple(rest), less)


def as_json(value: Any, chance: Random) -> str:
    """JSON in one of the ways in which people and programs write it."""
    try:
        text = json.dumps(_marked(value), ensure_ascii=chance.random() < 0.3, indent=chance.choice((None, 2)))
    except (RecursionError, ValueError):
        return "[" * 2_000 + "]" * 2_000
    return text.replace(_AGAIN, "")


# What makes of a name another one for Python and, taken out of the text, the same one for everybody else.
_AGAIN = "#again#"


def _marked(value: Any) -> Any:
    if isinstance(value, dict):
        marked = {name: _marked(below) for name, below in value.items()}
        if isinstance(value, Repeated) and value:
            last = list(value)[-1]
            marked[f"{last}{_AGAIN}"] = marked[last]
        return marked
    return [_marked(one) for one in value] if isinstance(value, list) else value


def as_yaml(value: Any, chance: Random) -> str:
    """YAML in one of the ways in which people and programs write it."""
    if chance.random() < 0.3:
        return as_json(value, chance)
    try:
        text = yaml.safe_dump(
            _marked(value),
            default_flow_style=chance.choice((None, True, False)),
            allow_unicode=chance.random() < 0.7,
            explicit_start=chance.random() < 0.2,
            default_style=chance.choice((None, None, None, "'", '"', "|", ">")),
            width=chance.choice((20, 80, 1_000)),
            line_break=chance.choice((None, None, "\r\n", "\r")),
            sort_keys=False,
        )
    except (RecursionError, yaml.YAMLError, ValueError):
        return as_json(value, chance)
    return text.replace(_AGAIN, "")


def scribbled(text: str, chance: Random) -> str:
    """The text after one to three changes that know nothing of its shape."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice((0, 0, 1, 2, 5, 20, 200)))
        match chance.randrange(5):
            case 0:
                text = text[:start] + text[end:]
            case 1:
                text = text[:start] + chance.choice(PIECES) + text[end:]
            case 2:
                text = text[:end] + text[start:]
            case 3:
                elsewhere = chance.randint(0, len(text))
                text = text[:elsewhere] + text[start:end] + text[elsewhere:]
            case _:
                text = chance.choice(("\ufeff", "\ufeff\ufeff", "---\n", "")) + text[:end]
    return text


def as_bytes(text: str, chance: Random) -> bytes:
    """The text as a file holds it, sometimes in another encoding or with bytes that are no text."""
    text = text[:LONGEST]
    if chance.random() < 0.03:
        return text.encode(chance.choice(("utf-16", "utf-32", "utf-16-le")), "surrogatepass")
    raw = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.05:
        cut = chance.randint(0, len(raw))
        raw = raw[:cut] + chance.choice(BYTES) + raw[cut + chance.choice((0, 1)) :]
    return raw


def values(raw: bytes) -> tuple[bool, Any]:
    """What a text spells, if it is JSON or lines of JSON."""
    try:
        return True, json.loads(raw)
    except (ValueError, RecursionError):
        pass
    try:
        return True, [json.loads(line) for line in raw.splitlines()]
    except (ValueError, RecursionError):
        return False, None


def as_lines(value: Any, chance: Random) -> str:
    """A line for each entry, as a journal has them."""
    entries = value if isinstance(value, list) else [value]
    lines = [json.dumps(one, ensure_ascii=chance.random() < 0.5) for one in entries[:50] if _shallow(one)]
    return "\n".join(lines) + ("\n" if chance.random() < 0.9 else "")


def as_headers(value: Any, chance: Random) -> str:
    """A line for each entry, as HTTP has them."""
    entries = value if isinstance(value, dict) else {"Date": value}
    return "".join(f"{name}: {_word(below)}\r\n" for name, below in entries.items())


def _word(value: Any) -> str:
    try:
        return str(value)
    except (RecursionError, ValueError):
        return "9" * 5_000


def _shallow(value: Any) -> bool:
    try:
        json.dumps(value)
    except (RecursionError, ValueError):
        return False
    return True
